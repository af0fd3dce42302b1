import { readFileSync } from 'node:fs';
import { run } from '../../src/run/run.ts';
import type { RunResult } from '../../src/run/result.ts';
import { catalogueWith } from '../../src/scenario/catalogue.ts';
import { parseScenario } from '../../src/scenario/file/parse.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

const folder = 'test/defects/profiles';

/** Raft with nothing but a profile: what the catalogue of defects is measured on. */
function profileScenario(profile: 'swarm' | 'gentle', defect: string | null): Scenario {
  const fileName = `${folder}/raft-under-the-${profile}-profile.yaml`;
  const parsed = parseScenario(readFileSync(fileName), { fileName, catalogue: catalogueWith() });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return { ...parsed.scenario, defect };
}

/** Runs {@link profileScenario} with one seed. */
export function runProfile(profile: 'swarm' | 'gentle', defect: string | null, seed: string): RunResult {
  return run({ scenario: profileScenario(profile, defect), file: null, slug: profile, seed }).result;
}

/**
 * Invariants that look at the attestation of one step, not at its consequence. They fire first and are counted apart:
 * published rates of finding a defect are of consequences.
 */
const WHITE_BOX = ['R6', 'R8', 'R9', 'R13', 'R15', 'R16'];

/** Names of what was found in a run, the earliest first. `progress` alone is no find: it is not a safety property. */
export function safetyFinds(result: RunResult): string[] {
  return result.verdicts
    .filter(({ verdict, checker }) => verdict === 'invalid' && checker !== 'progress')
    .sort((a, b) => (a.atUs ?? 0) - (b.atUs ?? 0))
    .map(({ checker }) => checker);
}

/** Whether a run shows a consequence that a user would see or that breaks a property of the paper. */
export function isEndToEnd(result: RunResult): boolean {
  return safetyFinds(result).some((checker) => !WHITE_BOX.includes(checker));
}
