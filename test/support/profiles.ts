import { run } from '../../src/run/run.ts';
import type { RunResult } from '../../src/run/result.ts';
import { scenarioIn, type Settings } from './scenario-file.ts';

export type Profile = 'swarm' | 'gentle';

/** A system whose defects are looked for under profiles. */
export type ProfiledSystem =
  'raft' | 'multi-paxos' | 'zab' | 'zookeeper' | 'paxos' | 'paxos-cas' | 'redlock' | 'redis-lock' | 'raft-lock'
  | 'zookeeper-lock' | 'zookeeper-recipes' | 'zookeeper-double-barrier' | 'zookeeper-barrier';

/** A system with nothing but a profile, which is what the catalogue of defects is measured on, with one seed. */
export function runProfile(
  profile: Profile, defect: string | null, seed: string, settings: Settings = {}, system: ProfiledSystem = 'raft',
): RunResult {
  const fileName = `test/defects/profiles/${system}-under-the-${profile}-profile.yaml`;
  const scenario = { ...scenarioIn(fileName, settings), defect };
  return run({ scenario, file: null, slug: profile, seed }).result;
}

/**
 * Invariants that look at the attestation of one step, not at its consequence. They fire first and are counted apart:
 * published rates of finding a defect are of consequences.
 */
const WHITE_BOX = [
  'R6', 'R8', 'R9', 'R10', 'R13', 'R14', 'R15', 'R16', 'R17', 'R18', 'R19', 'R21', 'R24', 'L2', 'L3', 'L4', 'L9',
  'P3', 'P4', 'P5', 'P6', 'P7', 'P8', 'P9', 'P10', 'P11', 'P13', 'P14', 'P15', 'P16',
  'Z1', 'Z10', 'Z11', 'Z12', 'Z14', 'Z15', 'Z16', 'Z17',
];

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
