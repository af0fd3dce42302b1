import type { Options, OptionTable } from '../../../contract/options.ts';
import { type DurationUs, US_PER_MS } from '../../../kernel/time.ts';

/** Tunables of the clients of a lock on ZooKeeper. */
export const lockOptions: OptionTable = {
  sessionTimeout: {
    kind: 'duration',
    doc: 'length of the session that a client asks for, from 2 to 20 ticks; its locks go with it',
    default: 1_000 * US_PER_MS,
    min: 4 * US_PER_MS,
    max: 1_200_000 * US_PER_MS,
    swarm: { kind: 'log-uniform', min: 400 * US_PER_MS, max: 2_000 * US_PER_MS },
  },
  onSuspended: {
    kind: 'choice',
    doc: 'a holder that has lost its connection stops to believe that it holds the lock; or goes on until it is told '
      + 'that its session is over',
    default: 'stop',
    of: ['stop', 'go-on'],
  },
  watches: {
    kind: 'choice',
    doc: 'whom a waiter watches: the one before it in the queue, so that a release wakes one; or the holder, so that '
      + 'it wakes all',
    default: 'predecessor',
    of: ['predecessor', 'holder'],
    swarm: { kind: 'choice', of: [['predecessor', 3], ['holder', 1]] },
  },
};

/** The options, read. */
export interface LockSettings {
  readonly sessionTimeoutUs: DurationUs;
  readonly stopsWhenSuspended: boolean;
  readonly watchesHolder: boolean;
}

export function readLockSettings(options: Options): LockSettings {
  return {
    sessionTimeoutUs: options['sessionTimeout'] as number,
    stopsWhenSuspended: options['onSuspended'] === 'stop',
    watchesHolder: options['watches'] === 'holder',
  };
}

/** What is wrong with options that are each within their limits. */
export function lockProblem(options: Options): { readonly option: string; readonly message: string } | null {
  const ticks = (options['sessionTimeout'] as number) / (options['tickTime'] as number);
  if (ticks >= 2 && ticks <= 20) return null;
  return { option: 'sessionTimeout', message: 'sessionTimeout is not within 2 to 20 ticks: servers would bound it' };
}
