import type { ClientProtocol } from '../contract/client.ts';
import type { LockSystem } from '../contract/lock.ts';
import type { Assumption, Strike } from '../contract/module.ts';
import type { Options } from '../contract/options.ts';
import type { DurationUs } from '../kernel/time.ts';
import { LeaseLockClient } from './lease-lock-client.ts';
import { leaseLockOptions, leaseLockProblem, readLeaseLockSettings } from './lease-lock-options.ts';

const MILLION = 1_000_000;

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
    blockedUs,
    // What is asked of the lock, and the release of what an earlier acquisition has left.
    sessionCommands: 2,
    givesTokens: () => true,
  };
}

const EXCLUSION: readonly string[] = ['mutual-exclusion', 'lock-ownership', 'L2', 'L9'];

/** The clocks of a client and of a leader count one lease, and one of them may be slow as the other one is fast. */
function clocksAgree({ apartPerMillion }: Strike, { driftFactor }: Options): boolean {
  return apartPerMillion <= (driftFactor as number);
}

/** Only a client that counts by its wall clock minds where that jumps. */
function clockStays({ struck }: Strike, { clock }: Options): boolean {
  return clock !== 'wall' || !struck.some((name) => name.startsWith('c'));
}

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
    withstands: (strike, { options }) => clocksAgree(strike, options),
  },
  {
    // A leader may be: the time of its log stands still, and leases last longer.
    id: 'clocks-count-what-clients-sleep',
    text: "no client's machine is suspended with its clocks",
    properties: EXCLUSION,
    brokenBy: ['pause'],
    of: 'clients',
    withstands: ({ perMillion }) => perMillion === null,
  },
  {
    id: 'no-jump-of-the-clock-that-counts',
    text: "with clock: wall, no client's wall clock jumps",
    properties: [...EXCLUSION, 'L4'],
    brokenBy: ['clock-jump'],
    withstands: (strike, { options }) => clockStays(strike, options),
  },
  {
    id: 'writes-arrive-within-the-validity',
    text: 'where the resource checks no tokens, what is sent within a lease, and its lock-delay, arrives within it',
    properties: ['fencing'],
    brokenBy: ['pause', 'hold', 'link', 'clock-drift', 'clock-jump'],
    withstands: (strike, { options, checksTokens }) => checksTokens || arrivesInTime(strike, options),
  },
];

/**
 * What is left of a lease when a holder is stopped, or its write, is not known here. What is surely left after it is
 * the lock-delay, and what the client has taken off for the drift of clocks, as far as those have not used it up.
 */
function arrivesInTime(strike: Strike, options: Options): boolean {
  const { kind, struck, lastedUs, delayUs, apartPerMillion } = strike;
  if (kind === 'clock-drift') return clocksAgree(strike, options);
  if (kind === 'clock-jump') return clockStays(strike, options);
  const victim = kind === 'pause' ? 'c' : 'r';
  if (!struck.some((name) => name.startsWith(victim))) return true;
  const { ttlUs, driftUs, lockDelayUs } = readLeaseLockSettings(options);
  const slackUs = lockDelayUs + driftUs - (apartPerMillion * ttlUs) / MILLION;
  return (kind === 'link' ? delayUs ?? 0 : lastedUs) <= slackUs;
}

/**
 * How long somebody may have to wait for a lock once the protocol serves again: a lease of one who is gone, which
 * nothing has made shorter, its lock-delay, and the next attempt. The time of the log stood still before.
 */
function blockedUs(options: Options): DurationUs {
  const { ttlUs, driftUs, lockDelayUs, retryDelayUs, retryJitterUs } = readLeaseLockSettings(options);
  return ttlUs + driftUs + lockDelayUs + retryDelayUs + retryJitterUs;
}
