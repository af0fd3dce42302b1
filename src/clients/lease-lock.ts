import type { ClientProtocol } from '../contract/client.ts';
import type { LockSystem } from '../contract/lock.ts';
import type { Assumption } from '../contract/module.ts';
import type { Options } from '../contract/options.ts';
import type { DurationUs } from '../kernel/time.ts';
import { LeaseLockClient } from './lease-lock-client.ts';
import { leaseLockOptions, leaseLockProblem, readLeaseLockSettings } from './lease-lock-options.ts';

/** A lock with leases and fencing tokens on whatever protocol replicates the service, and orders it by a time. */
export function leaseLock(protocol: ClientProtocol): LockSystem {
  return {
    options: leaseLockOptions,
    optionsProblem: leaseLockProblem,
    create: (init) => new LeaseLockClient(init, protocol),
    events: ['acquire-asked', 'extension-asked', 'granted-too-late'],
    servers: null,
    ttlUs: (options) => readLeaseLockSettings(options).ttlUs,
    driftUs: (options) => readLeaseLockSettings(options).driftUs,
    givesTokens: () => true,
  };
}

/** Half of it for the clock of a client that is slow, half of it for that of a leader that is fast. */
function toleratedDrift(options: Options): number {
  return (options['driftFactor'] as number) / 2;
}

const EXCLUSION: readonly string[] = ['mutual-exclusion', 'lock-ownership', 'L2', 'L9'];

/**
 * What a lease lock relies on, besides what its protocol does. That tokens grow relies on the protocol alone: a
 * resource that checks them refuses every stale write, whatever clocks do.
 */
export const leaseLockAssumptions: readonly Assumption[] = [
  {
    id: 'clock-rates-within-the-drift-factor',
    text: "the rates of a client's clock and of a leader's differ by no more than driftFactor",
    properties: EXCLUSION,
    brokenBy: ['clock-drift'],
    toleratedDrift,
  },
  {
    id: 'no-jump-of-the-clock-that-counts',
    text: "with clock: wall, no client's wall clock jumps",
    properties: [...EXCLUSION, 'L4'],
    brokenBy: ['clock-jump'],
  },
  {
    id: 'writes-arrive-within-the-validity',
    text: 'where the resource checks no tokens, what is sent within a lease, and its lock-delay, arrives within it',
    properties: ['fencing'],
    brokenBy: ['pause', 'hold', 'link', 'clock-drift', 'clock-jump'],
  },
];

/**
 * How long somebody may have to wait for a lock once the protocol serves again: a lease of one who is gone, which
 * nothing has made shorter, its lock-delay, and the next attempt. The time of the log stood still before.
 */
export function leaseLockProgressUs(options: Options): DurationUs {
  const { ttlUs, driftUs, lockDelayUs, retryDelayUs, retryJitterUs } = readLeaseLockSettings(options);
  return ttlUs + driftUs + lockDelayUs + retryDelayUs + retryJitterUs;
}
