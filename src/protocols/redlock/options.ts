import type { Options, OptionTable } from '../../contract/options.ts';
import { type DurationUs, US_PER_MS, US_PER_S } from '../../kernel/time.ts';

/** What the page adds to the drift of clocks for short lengths: the precision of expiry in Redis, and one more. */
const DRIFT_BASE_US: DurationUs = 2 * US_PER_MS;
const MILLION = 1_000_000;

/** Tunables of a Redlock client; names and defaults of node-redlock where it has them. */
export const redlockOptions: OptionTable = {
  ttl: {
    kind: 'duration',
    doc: 'length that a lock is asked for: an entry lives so long at a node, unless it is extended',
    default: 10 * US_PER_S,
    min: 1 * US_PER_MS,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'log-uniform', min: 1 * US_PER_S, max: 10 * US_PER_S },
  },
  clock: {
    kind: 'choice',
    doc: "the client's clock by which it measures how long an acquisition took, and how long it holds: a wall clock "
      + 'may jump meanwhile',
    default: 'monotonic',
    of: ['monotonic', 'wall'],
  },
  driftFactor: {
    kind: 'integer',
    doc: 'by how many parts per million the rates of two clocks may differ: a validity time is that part of ttl, and '
      + '2 ms, shorter',
    default: 10_000,
    min: 0,
    max: 1_000_000,
  },
  acquisition: {
    kind: 'choice',
    doc: 'whether all nodes are asked at once for a lock, or one after the other',
    default: 'parallel',
    of: ['parallel', 'sequential'],
    swarm: { kind: 'choice', of: [['parallel', 2], ['sequential', 1]] },
  },
  nodeTimeout: {
    kind: 'duration',
    doc: 'how long a node is waited for; well below ttl',
    default: 50 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 3_600 * US_PER_S,
    // Not shorter: with one that a round trip and two syncs of a slow disk can exceed, no attempt ever ends well.
    swarm: { kind: 'log-uniform', min: 250 * US_PER_MS, max: 600 * US_PER_MS },
  },
  retryCount: {
    kind: 'integer',
    doc: 'how often an acquisition is attempted again after the first time, while the time of the operation lasts',
    default: 10,
    min: 0,
    max: 1_000_000,
  },
  retryDelay: {
    kind: 'duration',
    doc: 'shortest pause between two attempts',
    default: 200 * US_PER_MS,
    min: 0,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'log-uniform', min: 20 * US_PER_MS, max: 200 * US_PER_MS },
  },
  retryJitter: {
    kind: 'duration',
    doc: 'the pause is longer by a random part of this; 0: clients that collided once collide again',
    default: 100 * US_PER_MS,
    min: 0,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'log-uniform', min: 50 * US_PER_MS, max: 200 * US_PER_MS },
  },
  extendAt: {
    kind: 'duration',
    doc: 'a lock that is held is extended when so much of its validity time is left; 0: never',
    default: 0,
    min: 0,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'choice', of: [[0, 1], [500 * US_PER_MS, 1]] },
  },
  extensions: {
    kind: 'integer',
    doc: 'how often one acquisition is extended at most',
    default: 10,
    min: 0,
    max: 1_000_000,
  },
  counter: {
    kind: 'choice',
    doc: 'per-node: each node counts the grants of a lock by itself, and the highest count of a quorum is the token. '
      + 'It is no fencing token: two quorums can have counted apart',
    default: 'none',
    of: ['none', 'per-node'],
  },
};

/** The options, read. */
export interface RedlockSettings {
  readonly ttlUs: DurationUs;
  /** What nodes are asked for, in whole milliseconds: never less. */
  readonly ttlMs: number;
  readonly driftUs: DurationUs;
  readonly clock: 'monotonic' | 'wall';
  readonly isSequential: boolean;
  readonly nodeTimeoutUs: DurationUs;
  readonly retryCount: number;
  readonly retryDelayUs: DurationUs;
  readonly retryJitterUs: DurationUs;
  /** 0 for never. */
  readonly extendAtUs: DurationUs;
  readonly extensions: number;
  readonly countsPerNode: boolean;
}

export function readSettings(options: Options): RedlockSettings {
  const ttlUs = options['ttl'] as number;
  return {
    ttlUs,
    ttlMs: Math.ceil(ttlUs / US_PER_MS),
    driftUs: Math.ceil((ttlUs * (options['driftFactor'] as number)) / MILLION) + DRIFT_BASE_US,
    clock: options['clock'] as RedlockSettings['clock'],
    isSequential: options['acquisition'] === 'sequential',
    nodeTimeoutUs: options['nodeTimeout'] as number,
    retryCount: options['retryCount'] as number,
    retryDelayUs: options['retryDelay'] as number,
    retryJitterUs: options['retryJitter'] as number,
    extendAtUs: options['extendAt'] as number,
    extensions: options['extensions'] as number,
    countsPerNode: options['counter'] === 'per-node',
  };
}
