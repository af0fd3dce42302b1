import type { Options, OptionTable } from '../contract/options.ts';
import { type DurationUs, US_PER_MS, US_PER_S } from '../kernel/time.ts';

const MILLION = 1_000_000;
/** Beyond the rates of clocks: all of them show whole microseconds, and the cluster's is rounded at each leader. */
const ROUNDING_US: DurationUs = 1 * US_PER_MS;

/** Tunables of a lease lock's clients. What services call by these names is meant by them. */
export const leaseLockOptions: OptionTable = {
  ttl: {
    kind: 'duration',
    doc: 'how long a lease is asked for, by the time of the log',
    default: 10 * US_PER_S,
    min: 10 * US_PER_MS,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'log-uniform', min: 500 * US_PER_MS, max: 8 * US_PER_S },
  },
  driftFactor: {
    kind: 'integer',
    doc: 'by how many parts per million the rates of two clocks may differ, that of a client and that of a leader: a '
      + 'client takes that part of ttl, and 1 ms, off what it was granted',
    default: 10_000,
    min: 0,
    max: 1_000_000,
  },
  clock: {
    kind: 'choice',
    doc: 'by which of its clocks a client counts; the wall clock may jump',
    default: 'monotonic',
    of: ['monotonic', 'wall'],
  },
  extendAt: {
    kind: 'duration',
    doc: 'a lease is extended when so much of its validity is left, two thirds in etcd and Redisson; 0: never',
    default: 0,
    min: 0,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'choice', of: [[0, 1], [300 * US_PER_MS, 1]] },
  },
  lockDelay: {
    kind: 'duration',
    doc: 'after a lease has run out, and was not released, nobody is granted the lock for so long: what its holder had '
      + 'sent may still arrive (Chubby; 15 s in Consul)',
    default: 0,
    min: 0,
    max: 3_600 * US_PER_S,
  },
  retryDelay: {
    kind: 'duration',
    doc: 'who is refused asks again after this, and a random part of retryJitter, as long as its operation may take',
    default: 200 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 3_600 * US_PER_S,
    swarm: { kind: 'log-uniform', min: 10 * US_PER_MS, max: 200 * US_PER_MS },
  },
  retryJitter: {
    kind: 'duration',
    doc: 'see retryDelay',
    default: 100 * US_PER_MS,
    min: 0,
    max: 3_600 * US_PER_S,
  },
};

/** The options, read. */
export interface LeaseLockSettings {
  readonly ttlUs: DurationUs;
  readonly driftUs: DurationUs;
  readonly clock: 'monotonic' | 'wall';
  /** 0: no extension. */
  readonly extendAtUs: DurationUs;
  readonly lockDelayUs: DurationUs;
  readonly retryDelayUs: DurationUs;
  readonly retryJitterUs: DurationUs;
}

export function readLeaseLockSettings(options: Options): LeaseLockSettings {
  const ttlUs = options['ttl'] as number;
  return {
    ttlUs,
    driftUs: Math.ceil((ttlUs * (options['driftFactor'] as number)) / MILLION) + ROUNDING_US,
    clock: options['clock'] as LeaseLockSettings['clock'],
    extendAtUs: options['extendAt'] as number,
    lockDelayUs: options['lockDelay'] as number,
    retryDelayUs: options['retryDelay'] as number,
    retryJitterUs: options['retryJitter'] as number,
  };
}

/** What is wrong with options that are each within their limits. */
export function leaseLockProblem(options: Options): { readonly option: string; readonly message: string } | null {
  const { ttlUs, driftUs, extendAtUs } = readLeaseLockSettings(options);
  if (driftUs >= ttlUs) return { option: 'driftFactor', message: 'driftFactor leaves nothing of ttl' };
  if (extendAtUs < ttlUs - driftUs) return null;
  return { option: 'extendAt', message: 'extendAt is no less than ttl: a lease would be extended all the time' };
}
