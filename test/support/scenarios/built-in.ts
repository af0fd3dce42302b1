import { catalogueWith } from '../../../src/scenario/catalogue.ts';
import { parseScenario } from '../../../src/scenario/file/parse.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';

/** The scenario of a text that must be one, about a protocol that is built in. */
export function builtIn(text: string): Scenario {
  const result = parseScenario(text, { fileName: 'a.yaml', catalogue: catalogueWith() });
  if (!result.ok) throw new Error(result.problems.map(({ line, message }) => `${line}: ${message}`).join('; '));
  return result.scenario;
}
