import type { Options, OptionTable } from '../../../contract/options.ts';
import { type DurationUs, US_PER_MS, US_PER_S } from '../../../kernel/time.ts';

/** Tunables of the clients of a single-instance lock, beside those of the servers. */
export const lockOptions: OptionTable = {
  ttl: {
    kind: 'duration',
    doc: 'the length that a lock is asked for, in whole milliseconds; those of a watchdog are renewed at a third of it',
    default: 30 * US_PER_S,
    min: 1 * US_PER_MS,
    max: 86_400 * US_PER_S,
    swarm: { kind: 'log-uniform', min: 1 * US_PER_S, max: 10 * US_PER_S },
  },
  driftFactor: {
    kind: 'integer',
    doc: 'by how many parts per million the rates of two clocks may differ: a lock is held for that part of its ttl, '
      + 'and 2 ms, less',
    default: 10_000,
    min: 0,
    max: 1_000_000,
  },
  clock: {
    kind: 'choice',
    doc: 'the clock by which a client measures how long it has had a lock; the wall clock may be set back meanwhile',
    default: 'monotonic',
    of: ['monotonic', 'wall'],
  },
  retryCount: {
    kind: 'integer',
    doc: 'how often a client asks again for a lock that it did not get; the timeout of clients ends that, too',
    default: 10,
    min: 0,
    max: 1_000_000,
  },
  retryDelay: {
    kind: 'duration',
    doc: 'how long it waits before that',
    default: 200 * US_PER_MS,
    min: 0,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'log-uniform', min: 20 * US_PER_MS, max: 200 * US_PER_MS },
  },
  retryJitter: {
    kind: 'duration',
    doc: 'up to how much longer, drawn each time, so that clients do not ask in step',
    default: 100 * US_PER_MS,
    min: 0,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'log-uniform', min: 50 * US_PER_MS, max: 200 * US_PER_MS },
  },
  watchdog: {
    kind: 'boolean',
    doc: 'a lock that is held is renewed each third of its ttl, until it is released',
    default: false,
    swarm: { kind: 'choice', of: [[false, 1], [true, 1]] },
  },
  reentrant: {
    kind: 'boolean',
    doc: 'a lock is a hash with the number of holds of its holder, as in Redisson, who may take it again',
    default: false,
  },
  entries: {
    kind: 'integer',
    doc: 'how often a holder of a reentrant lock takes it again while it holds it, and gives that back, as code does '
      + 'that it calls',
    default: 0,
    min: 0,
    max: 100,
  },
  wait: {
    kind: 'choice',
    doc: 'who finds a lock taken asks again after a delay; or subscribes, is told of the release, of a reentrant lock, '
      + 'and asks by itself when the lock should be over; or that in a queue, in the order in which they came',
    default: 'poll',
    of: ['poll', 'notify', 'queue'],
  },
  place: {
    kind: 'duration',
    doc: 'for how long a place in the queue is kept for who does not ask again; waiters do so in half that time',
    default: 5 * US_PER_S,
    min: 2 * US_PER_MS,
    max: 3_600 * US_PER_S,
  },
  lockWait: {
    kind: 'integer',
    doc: 'a lock counts as held once so many replicas have acknowledged it (WAIT)',
    default: 0,
    min: 0,
    max: 100,
  },
  lockWaitTimeout: {
    kind: 'duration',
    doc: 'how long that may take; a lock that fewer have acknowledged by then is released again',
    default: 1 * US_PER_S,
    min: 1 * US_PER_MS,
    max: 3_600 * US_PER_S,
  },
  askSentinels: {
    kind: 'choice',
    doc: 'where there are Sentinels, when a client asks one for the primary: for each lock, or only when the primary '
      + 'that it knows is silent or turns out to be a replica',
    default: 'each-lock',
    of: ['each-lock', 'on-failure'],
    swarm: { kind: 'choice', of: [['each-lock', 1], ['on-failure', 1]] },
  },
};

/** The options, read. */
export interface LockSettings {
  readonly ttlMs: number;
  readonly ttlUs: DurationUs;
  readonly driftUs: DurationUs;
  readonly clock: 'monotonic' | 'wall';
  readonly retryCount: number;
  readonly retryDelayUs: DurationUs;
  readonly retryJitterUs: DurationUs;
  readonly hasWatchdog: boolean;
  /** How long after it was renewed, or granted, a lock is renewed. */
  readonly renewAfterUs: DurationUs;
  readonly isReentrant: boolean;
  readonly entries: number;
  readonly waitsForNews: boolean;
  readonly waitsInTurn: boolean;
  readonly placeMs: number;
  readonly replicas: number;
  readonly replicasTimeoutUs: DurationUs;
  readonly asksForEachLock: boolean;
}

/** What Redlock allows for as well: expiry is counted in milliseconds, at both ends. */
const DRIFT_US_MIN = 2 * US_PER_MS;

export function readLockSettings(options: Options): LockSettings {
  const ttlMs = Math.floor((options['ttl'] as number) / US_PER_MS);
  return {
    ttlMs,
    ttlUs: ttlMs * US_PER_MS,
    driftUs: Math.ceil((ttlMs * (options['driftFactor'] as number)) / 1_000) + DRIFT_US_MIN,
    clock: options['clock'] as LockSettings['clock'],
    retryCount: options['retryCount'] as number,
    retryDelayUs: options['retryDelay'] as number,
    retryJitterUs: options['retryJitter'] as number,
    hasWatchdog: options['watchdog'] as boolean,
    renewAfterUs: Math.floor((ttlMs * US_PER_MS) / 3),
    isReentrant: options['reentrant'] as boolean,
    entries: options['entries'] as number,
    waitsForNews: options['wait'] !== 'poll',
    waitsInTurn: options['wait'] === 'queue',
    placeMs: Math.floor((options['place'] as number) / US_PER_MS),
    replicas: options['lockWait'] as number,
    replicasTimeoutUs: options['lockWaitTimeout'] as number,
    asksForEachLock: options['askSentinels'] === 'each-lock',
  };
}

/** What is wrong with options that are each within their limits. */
export function lockProblem(options: Options): { readonly option: string; readonly message: string } | null {
  const { isReentrant, entries, waitsForNews } = readLockSettings(options);
  if (isReentrant) return null;
  if (entries > 0) return { option: 'entries', message: 'entries are of a reentrant lock: it counts them' };
  if (waitsForNews) return { option: 'wait', message: 'waiters are told, or queue, for a reentrant lock alone' };
  return null;
}
