import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { catalogueWith } from '../../src/scenario/catalogue.ts';
import { parseScenario } from '../../src/scenario/file/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

/** A part of a scenario file: what it says stands in the place of what the file says, or beside it. */
export interface Settings {
  readonly [key: string]: Setting;
}

type Setting = string | number | boolean | null | Settings | readonly Setting[];

const parsed = new Map<string, Scenario>();

/** The scenario of a file, but for the settings. Throws what is wrong with it. */
export function scenarioIn(fileName: string, settings: Settings = {}): Scenario {
  const key = `${fileName} ${JSON.stringify(settings)}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const text = stringify(merged(parse(readFileSync(fileName, 'utf8')) as Settings, settings));
  const result = parseScenario(text, { fileName, catalogue: catalogueWith() });
  if (!result.ok) throw new Error(`${fileName}: ${result.problems.map(({ message }) => message).join('; ')}`);
  parsed.set(key, result.scenario);
  return result.scenario;
}

/** Maps are merged, everything else is replaced. */
function merged(base: Settings, settings: Settings): Settings {
  const both: Record<string, Setting> = { ...base };
  for (const [key, value] of Object.entries(settings)) {
    const known = both[key];
    both[key] = isMap(known) && isMap(value) ? merged(known, value) : value;
  }
  return both;
}

function isMap(value: Setting | undefined): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
