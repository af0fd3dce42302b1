import { defaultOptions } from '../../src/contract/options.ts';
import { raft } from '../../src/protocols/raft/module.ts';
import { run } from '../../src/run/run.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { Scenario } from '../../src/scenario/scenario.ts';

/** Raft with nothing but a profile: what the catalogue of defects is measured on. */
export function profileScenario(profile: 'swarm' | 'gentle', defect: string | null): Scenario {
  return {
    name: `raft under the ${profile} profile`,
    why: 'calibration',
    system: { protocol: 'raft', nodes: 5, options: defaultOptions(raft.options) },
    clients: { count: 4, timeoutUs: 1_000_000, attemptTimeoutUs: 300_000 },
    workload: { kind: 'append', keys: 2, readPerMillion: 400_000, thinkUs: { min: 0, max: 40_000 } },
    network: {
      latencyUsMin: 500, latencyUsMax: 5_000, lossPerMillion: 0, duplicatePerMillion: 0,
      slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
    },
    disk: { syncUs: { min: 500, max: 10_000 } },
    clocks: { driftPerMillion: 0, offsetUs: 0 },
    durationUs: 20_000_000,
    limits: { events: 5_000_000, sameInstantEvents: 100_000 },
    profile,
    defect,
    faults: [],
    checks: [
      { checker: 'linearizable', name: 'linearizable' },
      { checker: 'progress', name: 'progress', window: null },
    ],
    expect: {},
    seeds: { first: 1, count: 1 },
  };
}

/** Runs {@link profileScenario} with one seed. */
export function runProfile(profile: 'swarm' | 'gentle', defect: string | null, seed: string): RunResult {
  return run({ scenario: profileScenario(profile, defect), file: null, slug: profile, seed }).result;
}

/**
 * Invariants that look at the attestation of one step, not at its consequence. They fire first and are counted apart:
 * published rates of finding a defect are of consequences.
 */
const WHITE_BOX = ['R8', 'R9', 'R13', 'R15', 'R16'];

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
