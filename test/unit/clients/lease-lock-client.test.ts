import { describe, expect, it } from 'vitest';
import { leaseLock } from '../../../src/clients/lease-lock.ts';
import { leaseLockOptions, leaseLockProblem } from '../../../src/clients/lease-lock-options.ts';
import { leaseLockVariants } from '../../../src/clients/lease-lock-variants.ts';
import { defaultOptions } from '../../../src/contract/options.ts';
import type { SessionResult } from '../../../src/contract/session.ts';
import { leaseBench } from '../../support/clients/lease-bench.ts';

const MS = 1_000;
const held: SessionResult = { kind: 'refused', error: 'held', value: 5 };
const ok: SessionResult = { kind: 'ok', value: null };
const expired: SessionResult = { kind: 'expired' };

/** A bench whose client holds `k0` as 7.1, granted 100 ms after it asked at 0. */
function holding(changes = {}, make?: Parameters<typeof leaseBench>[1]) {
  const bench = leaseBench(changes, make);
  bench.ask();
  bench.pass(100);
  bench.grant();
  return bench;
}

describe('an acquisition', () => {
  it('names itself by its session and sequence, before it asks', () => {
    const { ask, told, command, kinds } = leaseBench({ lockDelay: 30 * MS });
    ask();
    expect([told, kinds()]).toEqual([['attempt k0 7.1'], ['register', 'acquire 1']]);
    expect(command()).toEqual({
      kind: 'execute', session: 7, sequence: 1, acknowledged: 1,
      operation: { f: 'acquire', key: 'k0', value: { owner: '7.1', ttlUs: 1_000 * MS, lockDelayUs: 30 * MS } },
    });
  });

  it('is valid from before it was asked for, less the drift, and carries its token', () => {
    const { told, timers } = holding();
    expect(told).toEqual(['attempt k0 7.1', 'granted k0 7.1 token 1 until 900']);
    expect([...timers.keys()]).toEqual([]);
  });

  it('counts from its first copy, whichever is answered', () => {
    const { ask, pass, fire, grant, told, sent } = leaseBench();
    ask();
    pass(150);
    fire('lock/attempt');
    pass(20);
    grant();
    expect(sent[2]?.request.command).toEqual(sent[1]?.request.command);
    expect(told.at(-1)).toBe('granted k0 7.1 token 1 until 900');
  });

  it('counts by the wall clock, if it is told to', () => {
    expect(holding({ clock: 'wall' }).told.at(-1)).toBe('granted k0 7.1 token 1 until 1000900');
  });

  it('asks again, as another one, when it is refused, until its time is over', () => {
    const { ask, answer, fire, pass, told, timers, kinds, state, client, ctx } = leaseBench();
    ask();
    answer(held);
    expect([timers.get('lock/retry'), timers.get('lock/timeout')]).toEqual([200, 400]);
    pass(200);
    fire('lock/retry');
    answer(held);
    fire('lock/timeout');
    expect(told).toEqual(['attempt k0 7.1', 'attempt k0 7.2', 'refused held']);
    expect([kinds().slice(1), [...timers.keys()], state.leftovers]).toEqual([['acquire 1', 'acquire 2'], [], []]);
    client.acquire(ctx, 'k1');
    expect(told.at(-1)).toBe('attempt k1 7.3');
  });

  it('is refused where no node has heard of it, and waits for the session that it asked for', () => {
    const { client, ctx, fire, told, kinds, answer } = leaseBench();
    client.acquire(ctx, 'k0');
    fire('lock/timeout');
    expect(told).toEqual(['refused no-session']);
    client.acquire(ctx, 'k1');
    expect(kinds()).toEqual(['register']);
    answer({ kind: 'registered', session: 9 });
    expect(told.at(-1)).toBe('attempt k1 9.1');
  });

  it('is refused, and given back, when its lease was over before it was answered', () => {
    const { ask, pass, grant, told, command, notes, answer, state } = leaseBench();
    ask();
    pass(900);
    grant();
    expect(told.at(-1)).toBe('refused the lease was over when the answer came');
    expect(notes).toEqual(['acquire-asked', 'granted-too-late']);
    expect(command().operation).toEqual({ f: 'release', key: 'k0', value: { owner: '7.1' } });
    answer(ok);
    expect(state.leftovers).toEqual([]);
  });

  it('is granted a microsecond before that', () => {
    const { ask, pass, grant, told } = leaseBench();
    ask();
    pass(899.999);
    grant();
    expect(told.at(-1)).toBe('granted k0 7.1 token 1 until 900');
  });

  it('is unsure without an answer, and the session takes no late copy of it once its owner was released', () => {
    const { ask, fire, told, command, kinds, grant, state } = leaseBench();
    ask();
    fire('lock/timeout');
    expect(told.at(-1)).toBe('unsure timeout');
    expect(command()).toEqual({
      kind: 'execute', session: 7, sequence: 2, acknowledged: 2,
      operation: { f: 'release', key: 'k0', value: { owner: '7.1' } },
    });
    expect([kinds().length, state.phase.kind]).toEqual([3, 'idle']);
    grant();
    expect([told.length, state.leftovers]).toEqual([2, []]);
  });

  it('is not granted by an answer that comes after it was given up, or twice', () => {
    const { ask, fire, told, answer } = leaseBench();
    ask();
    fire('lock/timeout');
    answer({ kind: 'ok', value: { token: 1, untilUs: 0, ended: null } }, 1);
    expect(told.at(-1)).toBe('unsure timeout');
    const twice = holding();
    twice.answer({ kind: 'ok', value: { token: 1, untilUs: 0, ended: null } }, 1);
    expect(twice.told).toHaveLength(2);
  });

  it('is unsure where its session was forgotten, which may have been after it was granted', () => {
    const { ask, answer, told, kinds, command } = leaseBench();
    ask();
    answer(expired);
    expect([told.at(-1), kinds().at(-1)]).toEqual(['unsure expired', 'register']);
    answer({ kind: 'registered', session: 8 });
    expect(command()).toMatchObject({ session: 8, sequence: 1, operation: { f: 'release', value: { owner: '7.1' } } });
  });
});

describe('what is left behind', () => {
  it('is given back one after the other, beside what is asked for next', () => {
    const { ask, fire, kinds, state, answer, command } = leaseBench();
    ask();
    fire('lock/timeout');
    ask();
    fire('lock/timeout');
    expect([kinds(), state.leftovers.length]).toEqual([['register', 'acquire 1', 'release 2', 'acquire 3'], 2]);
    answer(ok, 2);
    expect(command()).toMatchObject({ sequence: 4, operation: { f: 'release', value: { owner: '7.3' } } });
    expect(command().acknowledged).toBe(4);
  });

  it('does not say that nobody waits for what is still asked', () => {
    const { ask, fire, command } = leaseBench();
    ask();
    fire('lock/timeout');
    ask();
    expect(command()).toMatchObject({ sequence: 3, acknowledged: 2, operation: { f: 'acquire' } });
  });

  it('is left to run out when nobody answers for so long', () => {
    const { ask, fire, timers, state } = leaseBench();
    ask();
    fire('lock/timeout');
    expect(timers.get('lock/leftover')).toBe(1_100);
    fire('lock/leftover');
    expect([state.leftovers, [...timers.keys()]]).toEqual([[], []]);
  });
});

describe('a lease that is held', () => {
  const extending = { extendAt: 300 * MS };

  it('is extended in time, from when that was asked for', () => {
    const { timers, pass, fire, command, answer, told } = holding(extending);
    expect(timers.get('lock/extend')).toBe(500);
    pass(500);
    fire('lock/extend');
    expect(command().operation).toEqual({ f: 'extend', key: 'k0', value: { owner: '7.1', ttlUs: 1_000 * MS } });
    pass(40);
    answer(ok);
    expect([told.at(-1), timers.get('lock/extend')]).toEqual(['extended 7.1 until 1500', 560]);
  });

  it('is not extended unless asked to', () => {
    expect(holding().timers.has('lock/extend')).toBe(false);
  });

  it('is lost when the service says so, and not when the clock has said so before', () => {
    for (const [ms, last] of [[50, 'lost 7.1'], [400, 'granted k0 7.1 token 1 until 900']] as const) {
      const { pass, fire, answer, told, timers } = holding(extending);
      pass(500);
      fire('lock/extend');
      pass(ms);
      answer({ kind: 'refused', error: 'expired', value: 1 });
      expect([told.at(-1), timers.has('lock/extend')]).toEqual([last, false]);
    }
  });

  it('is extended where the answer comes late, as long as the new lease lasts', () => {
    const { pass, fire, answer, told, kinds } = holding(extending);
    pass(500);
    fire('lock/extend');
    pass(899);
    answer(ok);
    expect(told.at(-1)).toBe('extended 7.1 until 1500');
    fire('lock/extend');
    pass(900);
    answer(ok);
    expect([told.at(-1), kinds().at(-1)]).toEqual(['extended 7.1 until 1500', 'extend 4']);
  });

  it('asks in another session where its own is gone', () => {
    const { pass, fire, answer, kinds, command } = holding(extending);
    pass(500);
    fire('lock/extend');
    answer(expired);
    answer({ kind: 'registered', session: 8 });
    expect(kinds().slice(2)).toEqual(['extend 2', 'register', 'extend 1']);
    expect(command().session).toBe(8);
  });
});

describe('a release', () => {
  it.each<[SessionResult, string]>([
    [ok, 'released released'], [{ kind: 'refused', error: 'expired', value: 1 }, 'released not-held'],
  ])('is answered by %j', (result, last) => {
    const { client, ctx, answer, told, command, timers } = holding();
    client.release(ctx);
    expect(command()).toMatchObject({ sequence: 2, acknowledged: 2 });
    expect(command().operation).toEqual({ f: 'release', key: 'k0', value: { owner: '7.1' } });
    answer(result);
    expect([told.at(-1), [...timers.keys()]]).toEqual([last, []]);
  });

  it('is unsure without an answer, and goes on behind', () => {
    const { client, ctx, fire, told, kinds } = holding();
    client.release(ctx);
    fire('lock/timeout');
    expect([told.at(-1), kinds().at(-1)]).toEqual(['released unsure', 'release 3']);
  });

  it('goes on in another session where its own is gone', () => {
    const { client, ctx, answer, told } = holding();
    client.release(ctx);
    answer(expired);
    answer({ kind: 'registered', session: 8 });
    answer(ok);
    expect(told.at(-1)).toBe('released released');
  });

  it('ends an extension: an answer to it is news no more', () => {
    const { client, ctx, pass, fire, answer, told, command } = holding({ extendAt: 300 * MS });
    pass(500);
    fire('lock/extend');
    client.release(ctx);
    expect(command()).toMatchObject({ sequence: 3, acknowledged: 3 });
    answer(ok, 2);
    expect(told).toHaveLength(2);
  });

  it('is asked once, and of what is held', () => {
    const { client, ctx } = leaseBench();
    expect(() => { client.release(ctx); }).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
    const other = holding();
    expect(() => { other.client.acquire(other.ctx, 'k1'); }).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });
});

it('does not give up a session for the word that an earlier one is gone', () => {
  const { pass, fire, answer, kinds, state } = holding({ extendAt: 300 * MS });
  pass(500);
  fire('lock/extend');
  state.session = 8;
  answer(expired);
  expect([state.session, kinds().at(-1)]).toEqual([8, 'extend 3']);
});

describe('every defect of the client', () => {
  function variantBench(row: string, fired: () => void, changes = {}) {
    return leaseBench(changes, (init, protocol) => {
      const variant = leaseLockVariants(protocol).find((each) => each.row === row);
      if (variant?.in !== 'lock') throw new Error(`${row} is a lock client`);
      return variant.lock(init, fired);
    });
  }

  it('lease/lock-without-lease-recheck takes a lock for held whose lease was over, and is the reference before', () => {
    let firings = 0;
    const { ask, pass, grant, told, client, ctx, answer } = variantBench('LC-02', () => { firings += 1; });
    ask();
    pass(899);
    grant();
    expect([told.at(-1), firings]).toEqual(['granted k0 7.1 token 1 until 900', 0]);
    client.release(ctx);
    answer(ok);
    ask();
    pass(900);
    grant();
    expect([told.at(-1), firings]).toEqual(['granted k0 7.3 token 1 until 2699', 1]);
  });

  it('lease/drift-bound-ignored is valid for the whole length', () => {
    let firings = 0;
    const { ask, grant, told } = variantBench('LC-08', () => { firings += 1; });
    ask();
    grant();
    expect([told.at(-1), firings]).toEqual(['granted k0 7.1 token 1 until 1000', 1]);
  });
});

describe('the lock system', () => {
  const options = { ...defaultOptions(leaseLockOptions), ttl: 1_000 * MS };
  const system = leaseLock({ classify: () => ({ kind: 'unsure' }) });

  it('tells what leases are', () => {
    expect([system.ttlUs(options), system.driftUs(options), system.givesTokens(options), system.servers]).toEqual(
      [1_000 * MS, 11 * MS, true, null]);
    expect(system.blockedUs(options)).toBe((1_000 + 11 + 200 + 100) * MS);
  });

  it.each([
    [{}, null],
    [{ extendAt: 988_999 }, null],
    [{ extendAt: 989_000 }, 'extendAt'],
    [{ driftFactor: 999_000 }, 'driftFactor'],
    [{ driftFactor: 998_000 }, null],
  ])('finds what is wrong with %j', (changes, option) => {
    expect(leaseLockProblem({ ...options, ...changes })?.option ?? null).toBe(option);
  });
});
