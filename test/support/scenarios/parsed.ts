import { parseScenario, type Problem } from '../../../src/scenario/file/parse.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import { catalogue } from './catalogue.ts';

/** The scenario of a text that must be one. */
export function parsed(text: string): Scenario {
  const result = parseScenario(text, { fileName: 'a.yaml', catalogue });
  if (!result.ok) throw new Error(result.problems.map(({ line, message }) => `${line}: ${message}`).join('; '));
  return result.scenario;
}

/** What is wrong with a text. */
export function problemsOf(content: string | Uint8Array): readonly Problem[] {
  const result = parseScenario(content, { fileName: 'a.yaml', catalogue });
  return result.ok ? [] : result.problems;
}
