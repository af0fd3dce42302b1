import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import type { Operation, SessionResult } from '../../../src/contract/session.ts';
import {
  type Granted, leaseLockService, LeaseLockService, ownershipChanges,
} from '../../../src/services/lease-lock.ts';
import { leaseServiceVariants, RenewsWhatIsOver } from '../../../src/services/lease-lock-variants.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';
import { listStore } from '../../../src/services/kv.ts';
import { describeDigestAndSnapshot, ok, type Command } from '../../support/services/store.ts';

const refused = (error: string, value: Plain = null): SessionResult => ({ kind: 'refused', error, value });

/** Leases of one lock, at times that the test says. */
function bench(service = new LeaseLockService()) {
  const state = service.initial();
  const apply = (f: string, value: Plain, atUs: number, key = 'k0'): SessionResult =>
    service.apply(state, { f, key, value }, 0, atUs);
  return {
    state, service, apply,
    acquire: (owner: string, atUs: number, { ttlUs = 100, lockDelayUs = 0, key = 'k0' } = {}) =>
      apply('acquire', { owner, ttlUs, lockDelayUs }, atUs, key),
    extend: (owner: string, atUs: number, ttlUs = 100) => apply('extend', { owner, ttlUs }, atUs),
    release: (owner: string, atUs: number) => apply('release', { owner }, atUs),
    digest: () => service.digest(state),
  };
}

const granted = (token: number, untilUs: number, ended: string | null = null): Plain => ok({ token, untilUs, ended });

describe('a lease lock', () => {
  it('is granted to one owner at a time, lock by lock, until its lease is over', () => {
    const { acquire } = bench();
    expect([acquire('a', 10), acquire('b', 20), acquire('b', 20, { key: 'k1' })]).toEqual(
      [granted(1, 110), refused('held', 110), granted(1, 120)]);
    expect([acquire('b', 109), acquire('b', 110)]).toEqual([refused('held', 110), granted(2, 210, 'a')]);
  });

  it('answers the holder that asks again alike, and makes its lease no longer', () => {
    const { acquire, digest } = bench();
    acquire('a', 10);
    const before = digest();
    expect([acquire('a', 50), digest()]).toEqual([granted(1, 110), before]);
  });

  it('is extended by its holder alone, as long as the lease lasts', () => {
    const { acquire, extend } = bench();
    acquire('a', 0);
    expect([extend('b', 10), extend('a', 99), extend('a', 198)]).toEqual(
      [refused('not held'), ok(199), ok(298)]);
    expect([extend('a', 298), acquire('b', 298)]).toEqual([refused('expired', 298), granted(2, 398, 'a')]);
  });

  it('is not made shorter by an extension that another one has overtaken', () => {
    const { acquire, extend } = bench();
    acquire('a', 0);
    expect([extend('a', 10, 500), extend('a', 20, 50)]).toEqual([ok(510), ok(510)]);
  });

  it('does not come back to life once its lease is over, though nobody else has it', () => {
    const { acquire, extend, digest } = bench();
    acquire('a', 0);
    const before = digest();
    expect([extend('a', 100), extend('a', 5_000), digest()]).toEqual(
      [refused('expired', 100), refused('expired', 100), before]);
  });

  it('is released by its holder alone, as long as the lease lasts, and is free at once', () => {
    const { acquire, release } = bench();
    acquire('a', 0, { lockDelayUs: 1_000 });
    expect([release('b', 1), release('a', 2), release('a', 3)]).toEqual(
      [refused('not held'), ok(null), refused('not held')]);
    expect(acquire('b', 4)).toEqual(granted(2, 104));
  });

  it('is granted to nobody for its lock-delay after its lease has run out, whatever release comes late', () => {
    const { acquire, release } = bench();
    acquire('a', 0, { lockDelayUs: 30 });
    expect([release('a', 100), acquire('b', 101), acquire('b', 129), acquire('b', 130)]).toEqual(
      [refused('expired', 100), refused('lock-delay', 130), refused('lock-delay', 130), granted(2, 230, 'a')]);
  });

  it('has no other operation, and answers nothing without being applied', () => {
    const { apply, service } = bench();
    expect(() => apply('read', null, 0)).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
    expect(service.query()).toBeNull();
  });

  describe('has a digest that', () => {
    const lock = fc.constantFrom('x', 'y');
    const owner = fc.constantFrom('a', 'b', 'null');
    const ttlUs = fc.integer({ min: 1, max: 20 });
    const rest = [fc.constant(0), fc.integer({ min: 0, max: 9 })] as const;
    describeDigestAndSnapshot(leaseLockService, fc.oneof(
      fc.tuple(fc.constant('acquire'), lock, fc.record({ owner, ttlUs, lockDelayUs: fc.nat(3) }), ...rest),
      fc.tuple(fc.constant('extend'), lock, fc.record({ owner, ttlUs }), ...rest),
      fc.tuple(fc.constant('release'), lock, fc.record({ owner }), ...rest),
    ) as fc.Arbitrary<Command>, []);
  });
});

// ── Laws, of any sequence of operations ────────────────────────────────────

interface Line {
  readonly operation: Operation;
  readonly atUs: number;
  readonly result: SessionResult;
}

interface Step {
  readonly f: string;
  readonly owner: string;
  readonly ttlUs: number;
  readonly lockDelayUs: number;
  readonly afterUs: number;
  readonly isSaved: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  f: fc.constantFrom('acquire', 'acquire', 'extend', 'release'),
  owner: fc.constantFrom('a', 'b', 'c'),
  ttlUs: fc.integer({ min: 1, max: 30 }),
  lockDelayUs: fc.constantFrom(0, 0, 10),
  afterUs: fc.integer({ min: 0, max: 15 }),
  isSaved: fc.boolean(),
});

/** Runs a random sequence; now and then the state goes through a snapshot. */
function played(steps: readonly Step[], service: LeaseLockService): Line[] {
  let state = service.initial();
  let atUs = 0;
  return steps.map(({ f, owner, ttlUs, lockDelayUs, afterUs, isSaved }) => {
    atUs += afterUs;
    if (isSaved) state = service.load(service.save(state));
    const operation = { f, key: 'k0', value: { owner, ttlUs, lockDelayUs } };
    return { operation, atUs, result: service.apply(state, operation, 0, atUs) };
  });
}

function checkLaws(service: LeaseLockService): void {
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    let holder: { owner: string; token: number; untilUs: number; freeUs: number } | null = null;
    let lastToken = 0;
    for (const { operation, atUs, result } of played(steps, service)) {
      const { owner, ttlUs, lockDelayUs } = operation.value as { owner: string; ttlUs: number; lockDelayUs: number };
      if (result.kind !== 'ok') continue;
      const isAlive: boolean = holder !== null && atUs < holder.untilUs;
      const isHolder: boolean = isAlive && holder?.owner === owner;
      if (operation.f === 'acquire') {
        const { token } = result.value as unknown as Granted;
        if (isHolder) {
          expect(token).toBe(holder?.token);
          continue;
        }
        expect(isAlive, 'one holder at a time').toBe(false);
        expect(atUs, 'nobody within the lock-delay').toBeGreaterThanOrEqual(holder?.freeUs ?? 0);
        expect(token, 'tokens grow').toBeGreaterThan(lastToken);
        lastToken = token;
        holder = { owner, token, untilUs: atUs + ttlUs, freeUs: atUs + ttlUs + lockDelayUs };
        continue;
      }
      expect(isHolder, `${operation.f} at ${atUs} by who holds it`).toBe(true);
      if (holder === null) throw new Error('somebody holds it');
      if (operation.f === 'release') {
        holder = null;
      } else {
        const delayUs: number = holder.freeUs - holder.untilUs;
        holder.untilUs = Math.max(holder.untilUs, atUs + ttlUs);
        holder.freeUs = holder.untilUs + delayUs;
      }
    }
  }), { seed: 11, numRuns: 1_000 });
}

describe('whatever is asked, and whenever,', () => {
  it('tokens grow, one holds it at a time, and no lease comes back to life', () => {
    checkLaws(new LeaseLockService());
  });

  it('ownership goes from one to the next without an overlap', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let owner: string | null = null;
      for (const { operation, result } of played(steps, new LeaseLockService())) {
        for (const change of ownershipChanges(operation, result)) {
          if (change.kind === 'released') {
            expect(change.owner).toBe(owner);
            owner = null;
          } else {
            expect([null, change.owner], 'free, or asked for again').toContain(owner);
            owner = change.owner;
          }
        }
      }
    }), { seed: 12, numRuns: 500 });
  });
});

describe('lease/renew-race', () => {
  const service = (fired: () => void = () => undefined) => bench(new RenewsWhatIsOver(fired));

  it('says that an expired lease is extended, and grants the lock to the next one all the same', () => {
    let firings = 0;
    const { acquire, extend } = service(() => { firings += 1; });
    acquire('a', 0);
    expect([extend('a', 50), firings]).toEqual([ok(150), 0]);
    expect([extend('a', 150), firings]).toEqual([ok(250), 1]);
    expect([acquire('b', 151), extend('a', 152), firings]).toEqual([granted(2, 251, 'a'), refused('not held'), 1]);
  });

  it('breaks the law', () => {
    expect(() => checkLaws(service().service)).toThrow('"f":"extend"');
  });

  it('bends no other service', () => {
    const [variant] = leaseServiceVariants;
    if (variant?.in !== 'machine') throw new Error('it is a machine');
    const limits = { timeoutUs: 100, max: 10 };
    const fired = (): void => undefined;
    expect(variant.machine(listStore, fired, limits).name).toBe(new SessionMachine(listStore, limits).name);
    expect(variant.machine(leaseLockService, fired, limits).name).toContain('lease-lock');
  });
});
