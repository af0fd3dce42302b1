import { describe, expect, it } from 'vitest';
import { leaseLockAssumptions } from '../../../src/clients/lease-lock.ts';
import type { LockSystem } from '../../../src/contract/lock.ts';
import type { Assumption } from '../../../src/contract/module.ts';
import type { OptionValue } from '../../../src/contract/options.ts';
import { type AppliedFault, noEffect } from '../../../src/faults/applied.ts';
import { redis } from '../../../src/protocols/redis/module.ts';
import { brokenBy, type Claimed } from '../../../src/run/ledger.ts';
import { reliedOn } from '../../../src/scenario/assumptions.ts';
import { redisLockAssumptions, redlockAssumptions } from '../../../src/scenario/lock-assumptions.ts';
import { noStrength } from '../../support/faults/strength.ts';

const MS = 1_000;
const S = 1_000_000;
/** Ten seconds, of which a client takes off one per cent and 2 ms. */
const locks = { ttlUs: () => 10 * S, driftUs: () => 102 * MS } as Partial<LockSystem> as LockSystem;

interface Given {
  readonly options?: Readonly<Record<string, OptionValue>>;
  readonly checksTokens?: boolean;
  readonly driftPerMillion?: number;
}

type Fault = Partial<AppliedFault> & Pick<AppliedFault, 'kind' | 'target'>;

/** A fault from 1 s to 1.02 s, if not said otherwise; the breach is at 30 s. */
function fault(more: Fault): Omit<AppliedFault, 'index' | 'line'> {
  return { ...noStrength, atUs: S, untilUs: S + 20 * MS, effect: noEffect(), ...more };
}

/** Which assumption of a property a fault breaks, by its id. */
function brokenOf(
  assumptions: readonly Assumption[], property: string, more: Fault | null, given: Given = {},
): string | null {
  const { options = {}, checksTokens = false, driftPerMillion = 0 } = given;
  const claimed: Claimed = {
    nodes: 5, options: { appendfsync: 'off', startDelay: 0, clock: 'monotonic', sentinels: 0, maxmemoryKeys: 0,
      ...options },
    checksTokens, driftPerMillion,
  };
  const broken = brokenBy(property, 30 * S, more === null ? [] : [fault(more)], assumptions, claimed);
  return reliedOn(property, assumptions).find(({ text }) => text === broken?.assumption)?.id ?? null;
}

const redlock = redlockAssumptions(locks);
const RESTARTS = 'restarts-forget-no-lock';

type Case = [string, string | null, Fault | null, Given?];

const exclusion: readonly Case[] = [
  ['no fault', null, null],
  ['clocks 1 % apart', null, { kind: 'clock-drift', target: 'n1', perMillion: 10_000 }],
  ['clocks 2 % apart', 'clock-rates-within-the-drift', { kind: 'clock-drift', target: 'n1', perMillion: 20_000 }],
  ['a client that is 2 % slow', 'clock-rates-within-the-drift',
    { kind: 'clock-drift', target: 'c1', perMillion: -20_000 }],
  ['1 % on top of clocks that are 1 % apart', 'clock-rates-within-the-drift',
    { kind: 'clock-drift', target: 'n1', perMillion: 10_000 }, { driftPerMillion: 5_000 }],
  ['clocks that are drawn 1 % apart', null, null, { driftPerMillion: 5_000 }],
  ['clocks that are drawn 2 % apart', 'clock-rates-within-the-drift', null, { driftPerMillion: 10_000 }],
  ['a jump ahead of a server', 'no-server-clock-jumps', { kind: 'clock-jump', target: 'n3', byUs: 11 * S }],
  ['a jump back of a server', null, { kind: 'clock-jump', target: 'n3', byUs: -11 * S }],
  ['a jump back of a client that measures by it', 'no-client-clock-jumps-back',
    { kind: 'clock-jump', target: 'c1', byUs: -11 * S }, { options: { clock: 'wall' } }],
  ['a jump ahead of such a client', null,
    { kind: 'clock-jump', target: 'c1', byUs: 11 * S }, { options: { clock: 'wall' } }],
  ['a jump back of a client that does not', null, { kind: 'clock-jump', target: 'c1', byUs: -11 * S }],
  ['a restart without any file', RESTARTS, { kind: 'crash', target: 'n3', flavour: 'process' }],
  ['a restart of a process, everysec', null,
    { kind: 'crash', target: 'n3', flavour: 'process' }, { options: { appendfsync: 'everysec' } }],
  ['a restart of a machine, everysec', RESTARTS,
    { kind: 'crash', target: 'n3', flavour: 'machine' }, { options: { appendfsync: 'everysec' } }],
  ['a restart of a machine, always', null,
    { kind: 'crash', target: 'n3', flavour: 'machine' }, { options: { appendfsync: 'always' } }],
  ['a restart that stays out', null,
    { kind: 'crash', target: 'n3', flavour: 'machine' }, { options: { startDelay: 10 * S } }],
  ['a restart that stays out too short', RESTARTS,
    { kind: 'crash', target: 'n3', flavour: 'machine' }, { options: { startDelay: 10 * S - 1 } }],
  ['a crash that lasts as long as a lock', null,
    { kind: 'crash', target: 'n3', flavour: 'machine', untilUs: 11 * S }],
  ['a crash that is not over yet', null, { kind: 'crash', target: 'n3', flavour: 'machine', untilUs: null }],
  ['a crash of a client', null, { kind: 'crash', target: 'c1', flavour: 'machine' }],
  ['a disk that is wiped', RESTARTS, { kind: 'wipe-disk', target: 'n3' }, { options: { appendfsync: 'always' } }],
  ['a wiped disk of a server that stays out', null,
    { kind: 'wipe-disk', target: 'n3' }, { options: { startDelay: 10 * S } }],
  ['a disk that lies', RESTARTS, { kind: 'lying-sync', target: 'n3' }, { options: { appendfsync: 'always' } }],
  ['a pause of a client', null, { kind: 'pause', target: 'c1', untilUs: 16 * S }],
  ['a client that is suspended with its clocks', 'clocks-count-what-clients-sleep',
    { kind: 'pause', target: 'c1', untilUs: 16 * S, perMillion: -1_000_000 }],
  ['a server that is', null, { kind: 'pause', target: 'n1', untilUs: 16 * S, perMillion: -1_000_000 }],
  ['a partition', null, { kind: 'partition', target: 'n1 n2 | n3 n4 n5' }],
];

describe('that two hold a lock of Redlock is outside of the contract, or not, after', () => {
  it.each<Case>(exclusion)('%s: %s', (_what, id, more = null, given = {}) => {
    for (const property of ['mutual-exclusion', 'lock-ownership', 'L2', 'L9']) {
      expect(brokenOf(redlock, property, more, given)).toBe(id);
    }
    // Who believes wrongly also writes wrongly, but where the resource finds that out.
    const isStopped = more?.kind === 'pause' && more.target === 'c1' && id === null;
    expect(brokenOf(redlock, 'fencing', more, given)).toBe(isStopped ? 'writes-in-time' : id && `${id}-or-tokens`);
    expect(brokenOf(redlock, 'fencing', more, { ...given, checksTokens: true })).toBeNull();
    for (const property of ['L3', 'assertion']) expect(brokenOf(redlock, property, more, given)).toBeNull();
  });
});

describe('that an old holder writes is outside of the contract, or not, after', () => {
  it.each<Case>([
    ['a pause of a client', 'writes-in-time', { kind: 'pause', target: 'c1', untilUs: 16 * S }],
    ['one that is shorter than what is taken off for drift', null,
      { kind: 'pause', target: 'c1', untilUs: S + 102 * MS }],
    ['one that is not, as clocks differ', 'writes-in-time',
      { kind: 'pause', target: 'c1', untilUs: S + 102 * MS }, { driftPerMillion: 1 }],
    ['a pause of a server', null, { kind: 'pause', target: 'n1', untilUs: 16 * S }],
    ['writes that are held back', 'writes-in-time', { kind: 'hold', target: 'c1 > r1', untilUs: 16 * S }],
    ['answers that are held back', null, { kind: 'hold', target: 'r1 > c1', untilUs: 16 * S }],
    ['requests to servers that are held back', null, { kind: 'hold', target: 'c1 > n1', untilUs: 16 * S }],
    ['a slow link to the resource', 'writes-in-time', { kind: 'link', target: 'c1 > r1', delayUs: 12 * S }],
    ['one that is fast enough', null, { kind: 'link', target: 'c1 > r1', delayUs: 102 * MS }],
    ['a write that is lost', null, { kind: 'cut', target: 'c1 > r1' }],
  ])('%s: %s', (_what, id, more = null, given = {}) => {
    expect(brokenOf(redlock, 'fencing', more, given)).toBe(id);
    expect(brokenOf(redlock, 'fencing', more, { ...given, checksTokens: true })).toBeNull();
    expect(brokenOf(redlock, 'mutual-exclusion', more)).toBeNull();
  });
});

describe('that nobody is served is outside of the contract, or not, under', () => {
  it.each<Case>([
    ['a crash of two of five servers', null, { kind: 'crash', target: 'n1 n2', flavour: 'machine', untilUs: null }],
    ['a crash of three', 'majority-connected',
      { kind: 'crash', target: 'n1 n2 n3', flavour: 'machine', untilUs: null }],
    ['a crash of three that is over', null, { kind: 'crash', target: 'n1 n2 n3', flavour: 'machine' }],
    ['clients that are cut off', 'majority-connected', { kind: 'cut', target: 'c1 c2 > n1 n2 n3', untilUs: null }],
    ['a jump back of a server', 'entries-expire-in-time',
      { kind: 'clock-jump', target: 'n1', byUs: -S, untilUs: null }],
    ['a jump ahead', null, { kind: 'clock-jump', target: 'n1', byUs: S, untilUs: null }],
    ['a client that is gone', null, { kind: 'crash', target: 'c1', flavour: 'machine', untilUs: null }],
  ])('%s: %s', (_what, id, more) => {
    expect(brokenOf(redlock, 'progress', more)).toBe(id);
  });
});

describe('a lock at a single Redis', () => {
  const assumptions = redisLockAssumptions(locks, redis.assumptions);

  it.each<Case>([
    ['forgets it in a restart without any file', 'a-restart-loses-nothing',
      { kind: 'crash', target: 'n1', flavour: 'process' }],
    ['keeps it on a disk that was synced', null,
      { kind: 'crash', target: 'n1', flavour: 'machine' }, { options: { appendfsync: 'always' } }],
    ['loses it to a failover', 'nobody-fails-over',
      { kind: 'crash', target: 'n1', flavour: 'machine' }, { options: { appendfsync: 'always', sentinels: 3 } }],
    ['loses none in a restart that stays out', null,
      { kind: 'crash', target: 'n1', flavour: 'process' }, { options: { startDelay: 10 * S } }],
    ['is held for longer by a client that is slow', 'clock-rates-within-the-drift',
      { kind: 'clock-drift', target: 'c1', perMillion: -20_000 }],
    ['is lost to an operator', 'nobody-fails-over', { kind: 'order', target: 'n2' }],
    ['is not lost by a pause of its server alone', null, { kind: 'pause', target: 'n1' }],
    ['is not lost by a pause of a client', null, { kind: 'pause', target: 'c1' }, { options: { sentinels: 3 } }],
  ])('%s: %s', (_what, id, more = null, given = {}) => {
    expect(brokenOf(assumptions, 'mutual-exclusion', more, given)).toBe(id);
  });

  it('is evicted where memory runs out and the policy says so', () => {
    const evicting = { options: { maxmemoryKeys: 9, maxmemoryPolicy: 'volatile-ttl' } };
    for (const property of ['mutual-exclusion', 'L2', 'L3']) {
      expect(brokenOf(assumptions, property, null, evicting)).toBe('nothing-is-evicted');
      for (const calm of [{ maxmemoryKeys: 0 }, { maxmemoryPolicy: 'noeviction' }]) {
        expect(brokenOf(assumptions, property, null, { options: { ...evicting.options, ...calm } })).toBeNull();
      }
    }
    expect(brokenOf(assumptions, 'fencing', null, evicting)).toBe('nothing-is-evicted-or-tokens');
    expect(brokenOf(assumptions, 'fencing', null, { ...evicting, checksTokens: true })).toBeNull();
  });

  it('keeps what its servers say of their own properties, and says nothing twice', () => {
    expect(brokenOf(assumptions, 'S1', { kind: 'wipe-disk', target: 'n4' })).toBe('sentinels-keep-what-they-synced');
    expect(brokenOf(assumptions, 'progress', { kind: 'pause', target: 'n1', untilUs: null })).toBe('all-connected');
    const ids = assumptions.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('a lease lock on a replicated service', () => {
  const options = { ttl: 10 * S, driftFactor: 10_000, clock: 'wall', lockDelay: 0 };
  const drift = (perMillion: number): Fault => ({ kind: 'clock-drift', target: 'c1', perMillion });
  const jump = (target: string): Fault => ({ kind: 'clock-jump', target, byUs: S });

  it.each<[string, string | null, Fault, Given?]>([
    ['mutual-exclusion', 'clock-rates-within-the-drift-factor', drift(-10_001)],
    ['mutual-exclusion', null, drift(-10_000)],
    ['L4', 'no-jump-of-the-clock-that-counts', jump('c2')],
    ['mutual-exclusion', null, jump('n1')],
    ['mutual-exclusion', null, jump('c2'), { options: { ...options, clock: 'monotonic' } }],
    ['mutual-exclusion', null, { kind: 'crash', target: 'n1', flavour: 'machine' }],
    ['mutual-exclusion', null, { kind: 'pause', target: 'c1', untilUs: 16 * S }],
    ['mutual-exclusion', 'clocks-count-what-clients-sleep',
      { kind: 'pause', target: 'c1', perMillion: -1_000_000, untilUs: 16 * S }],
    ['mutual-exclusion', null, { kind: 'pause', target: 'n1', perMillion: -1_000_000, untilUs: 16 * S }],
    ['fencing', 'writes-arrive-within-the-validity', { kind: 'pause', target: 'c1', untilUs: 16 * S }],
    ['fencing', null, { kind: 'pause', target: 'n1', untilUs: 16 * S }],
    ['fencing', null, { kind: 'pause', target: 'c1', untilUs: 16 * S }, { options: { ...options, lockDelay: 15 * S } }],
    ['fencing', 'writes-arrive-within-the-validity', { kind: 'link', target: 'c1 > r1', delayUs: S }],
    ['fencing', null, { kind: 'link', target: 'c1 > n1', delayUs: S }],
    ['fencing', 'writes-arrive-within-the-validity', drift(-10_001)],
    ['fencing', null, jump('n1')],
  ])('where %s is breached stands outside, by %s, of %j', (property, id, more, given = { options }) => {
    expect(brokenOf(leaseLockAssumptions, property, more, given)).toBe(id);
    expect(brokenOf(leaseLockAssumptions, 'fencing', more, { ...given, checksTokens: true })).toBeNull();
  });
});

describe('Redis itself', () => {
  it.each<[string | null, Fault, Given?]>([
    ['a-restart-loses-nothing', { kind: 'crash', target: 'n1', flavour: 'process' }],
    [null, { kind: 'crash', target: 'n1', flavour: 'process' }, { options: { appendfsync: 'everysec' } }],
    ['a-restart-loses-nothing', { kind: 'crash', target: 'n1', flavour: 'machine' },
      { options: { appendfsync: 'everysec' } }],
    [null, { kind: 'crash', target: 'n1', flavour: 'machine' }, { options: { appendfsync: 'always' } }],
    ['nobody-fails-over', { kind: 'crash', target: 'n1', flavour: 'machine' },
      { options: { appendfsync: 'always', sentinels: 3 } }],
    [null, { kind: 'pause', target: 'n1' }],
    ['nobody-fails-over', { kind: 'pause', target: 'n1' }, { options: { sentinels: 1 } }],
    [null, { kind: 'pause', target: 'c1' }, { options: { sentinels: 1 } }],
  ])('breaks %s, where answers are wrong, after %j with %j', (id, more, given) => {
    expect(brokenOf(redis.assumptions, 'linearizable', more, given)).toBe(id);
  });
});
