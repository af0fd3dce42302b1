import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { run } from '../../src/run/run.ts';
import type { RunResult } from '../../src/run/result.ts';
import { catalogueWith } from '../../src/scenario/catalogue.ts';
import { parseScenario } from '../../src/scenario/file/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

export type Profile = 'swarm' | 'gentle';

/** A part of a scenario file: what it says stands in the place of what the file of the profile says, or beside it. */
export interface Settings {
  readonly [key: string]: Setting;
}

type Setting = string | number | boolean | null | Settings | readonly Setting[];

const folder = 'test/defects/profiles';
const parsed = new Map<string, Scenario>();

/** Raft with nothing but a profile: what the catalogue of defects is measured on. */
function profileScenario(profile: Profile, settings: Settings): Scenario {
  const key = `${profile} ${JSON.stringify(settings)}`;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const fileName = `${folder}/raft-under-the-${profile}-profile.yaml`;
  const text = stringify(merged(parse(readFileSync(fileName, 'utf8')) as Settings, settings));
  const result = parseScenario(text, { fileName, catalogue: catalogueWith() });
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '));
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

/** Runs a profile with one seed. */
export function runProfile(
  profile: Profile, defect: string | null, seed: string, settings: Settings = {},
): RunResult {
  const scenario = { ...profileScenario(profile, settings), defect };
  return run({ scenario, file: null, slug: profile, seed }).result;
}

/**
 * Invariants that look at the attestation of one step, not at its consequence. They fire first and are counted apart:
 * published rates of finding a defect are of consequences.
 */
const WHITE_BOX = ['R6', 'R8', 'R9', 'R10', 'R13', 'R14', 'R15', 'R16', 'R17', 'R18', 'R19', 'R21', 'R24'];

/** Names of what was found in a run, the earliest first; checks without an instant, such as `progress`, come last. */
export function findsOf(result: RunResult): string[] {
  return result.verdicts
    .filter(({ verdict }) => verdict === 'invalid')
    .sort((a, b) => (a.atUs ?? Infinity) - (b.atUs ?? Infinity))
    .map(({ checker }) => checker);
}

/** The same without `progress`, which is no property of safety. */
export function safetyFinds(result: RunResult): string[] {
  return findsOf(result).filter((checker) => checker !== 'progress');
}

/** Whether a run shows a consequence that a user would see or that breaks a property of the paper. */
export function isEndToEnd(result: RunResult): boolean {
  return safetyFinds(result).some((checker) => !WHITE_BOX.includes(checker));
}
