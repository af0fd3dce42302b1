import { defaultOptions } from '../../src/contract/options.ts';
import type { ProtocolModule } from '../../src/contract/module.ts';
import { raft } from '../../src/protocols/raft/module.ts';
import type { FaultLine, Scenario } from '../../src/scenario/scenario.ts';

/** What of the standard scenario a measurement changes. */
export interface StandardChanges {
  /** Raft, if nothing is said. */
  readonly system?: ProtocolModule;
  readonly nodes?: number;
  readonly clients?: number;
  readonly syncUs?: number;
  readonly seconds?: number;
  /** Pause between two operations of a client, at most. */
  readonly thinkUsMax?: number;
  readonly faults?: boolean;
}

const crashLeader: FaultLine = {
  trigger: { kind: 'random', everyUs: { min: 1_500_000, max: 2_500_000 }, fromUs: 0, untilUs: 3_600_000_000 },
  action: {
    kind: 'one-of',
    choices: [
      { weight: 1, action: { kind: 'crash', target: 'leader', flavour: 'machine', forUs: 500_000 }, forUs: null },
      { weight: 1, action: { kind: 'pause', target: 'leader', forUs: 400_000 }, forUs: null },
      {
        weight: 1, forUs: null,
        action: { kind: 'partition', shape: { kind: 'halves' }, inFlight: 'lost', forUs: 700_000 },
      },
    ],
  },
  allowVacuous: true,
};

/**
 * The scenario that all figures of protocols are measured on: five nodes, five closed-loop clients without think time
 * on ten compare-and-set registers, latency 1 to 5 ms, 1 % loss, heartbeat 50 ms, election timeout 150 to 300 ms.
 */
export function standard(changes: StandardChanges = {}): Scenario {
  const {
    system = raft, nodes = 5, clients = 5, syncUs = 2_000, seconds = 30, thinkUsMax = 0, faults = false,
  } = changes;
  return {
    name: 'standard',
    why: 'measurement',
    system: { protocol: system.name, nodes, options: defaultOptions(system.options) },
    clients: {
      count: clients, timeoutUs: 1_000_000, attemptTimeoutUs: 300_000, sessionTimeoutUs: 60_000_000, inFlight: 1,
      readFrom: 'leader',
    },
    workload: {
      kind: 'cas-register', keys: 10, readPerMillion: 500_000, persistentWatchPerMillion: null,
      thinkUs: { min: 0, max: thinkUsMax }, script: [],
    },
    locking: null,
    network: {
      latencyUsMin: 1_000, latencyUsMax: 5_000, lossPerMillion: 10_000, duplicatePerMillion: 0,
      slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
    },
    disk: { syncUs: { min: syncUs, max: syncUs } },
    clocks: { driftPerMillion: 0, offsetUs: 0 },
    initial: null,
    durationUs: seconds * 1_000_000,
    limits: { events: 1_000_000_000, sameInstantEvents: 100_000 },
    within: null,
    profile: 'none',
    defect: null,
    faults: faults ? [crashLeader] : [],
    checks: [{ checker: 'linearizable', name: 'linearizable' }],
    expect: {},
    seeds: { first: 1, count: 1 },
  };
}
