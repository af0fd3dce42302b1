import { describe, expect, it } from 'vitest';
import { defaultOptions, type Options } from '../../../../../src/contract/options.ts';
import { noEffect } from '../../../../../src/faults/applied.ts';
import { execute } from '../../../../../src/protocols/redis/commands.ts';
import { lockOptions, lockProblem } from '../../../../../src/protocols/redis/lock/options.ts';
import { ENTER_HOLD, LEAVE_HOLD, TAKE_HOLD } from '../../../../../src/protocols/redis/messages.ts';
import type { RedisState } from '../../../../../src/protocols/redis/state.ts';
import { emptyStore } from '../../../../../src/protocols/redis/store.ts';
import { said } from '../../../../support/redis/cluster.ts';
import { lockClients, type LockClients } from '../../../../support/redis/lock-clients.ts';

const reentrant = { reentrant: true, ttl: 2_000_000, retryCount: 20, retryDelay: 100_000, retryJitter: 0 };
const one = { nodes: 1, clients: 3 };

const serverOf = ({ world, id }: LockClients): RedisState => world.process(id('n1')).node?.state as RedisState;

/** Field and value of the hash of `k0`; `null` where there is none. */
function holds(locks: LockClients): readonly (readonly [string, string])[] | null {
  const value = serverOf(locks).store.entries.get('k0')?.value;
  return typeof value === 'object' && value.kind === 'hash' ? value.fields : null;
}

const count = (locks: LockClients): string | undefined => holds(locks)?.[0]?.[1];
const subscribers = (locks: LockClients): number => serverOf(locks).store.subscribers.get('released:k0')?.length ?? 0;

/** What the server sends to this client is lost, until the answer is called. */
function cut({ control, id }: LockClients, client: string): () => void {
  const effect = noEffect();
  control.cut(id('n1'), id(client), 'lost', effect);
  return () => control.mend(id('n1'), id(client), effect);
}

function acquired(options: Options = {}): LockClients {
  const locks = lockClients(one, { ...reentrant, ...options });
  locks.acquire('c1');
  locks.wait(5);
  return locks;
}

describe('a reentrant lock', () => {
  it('is one hold of its holder, whom the watch finds, and is free when that was given back', () => {
    const locks = acquired();
    expect(locks.last('c1')).toBe('granted');
    expect(holds(locks)).toEqual([[locks.holder('n1'), '1']]);
    expect(locks.holder('n1')).toBe(locks.told('c1')[0]?.owner);
    locks.release('c1');
    locks.wait(5);
    expect([locks.last('c1'), holds(locks)]).toEqual(['released', null]);
  });

  it('is counted up and down again by what its holder calls, and stays his', () => {
    const locks = acquired({ entries: 2 });
    const counts = [count(locks)];
    for (let ms = 0; ms < 100; ms++) {
      locks.wait(1);
      if (count(locks) !== counts.at(-1)) counts.push(count(locks));
    }
    expect(counts).toEqual(['1', '2', '3', '2', '1']);
    expect(locks.last('c1')).toBe('extended');
    locks.release('c1');
    locks.wait(5);
    expect([locks.last('c1'), holds(locks)]).toEqual(['released', null]);
  });

  it('lasts anew with each entry, for its holder as at the server', () => {
    const locks = acquired({ entries: 1 });
    const untils = (): number[] => locks.told('c1').map(({ untilUs }) => untilUs).filter((us) => us > 0);
    locks.wait(100);
    expect(untils()).toHaveLength(3);
    expect([...untils()].sort((a, b) => a - b)).toEqual(untils());
    const expiresAtMs = serverOf(locks).store.entries.get('k0')?.expiresAtMs ?? 0;
    const wallUs = locks.world.process(locks.id('n1')).clock.shownUs('wall', locks.world.nowUs);
    const leftUs = (untils().at(-1) ?? 0) - locks.clockUs('c1');
    expect(expiresAtMs * 1_000 - wallUs).toBeGreaterThan(leftUs);
  });

  it('is released whole, whatever the holder has taken again and not given back', () => {
    const locks = acquired({ entries: 3 });
    locks.wait(25);
    expect(Number(count(locks))).toBeGreaterThan(1);
    locks.release('c1');
    locks.wait(30);
    expect([locks.last('c1'), holds(locks)]).toEqual(['released', null]);
  });

  it('keeps its first hold, however often a copy gives the second one back', () => {
    const store = emptyStore();
    const script = (text: string, ...words: readonly string[]): string | number | null =>
      said(execute(store, ['EVAL', text, '1', 'k', 'me', '5000', ...words], 0).reply);
    expect([script(TAKE_HOLD), script(ENTER_HOLD)]).toEqual(['OK', 2]);
    expect([script(LEAVE_HOLD, '2'), script(LEAVE_HOLD, '2')]).toEqual([1, 1]);
    expect(said(execute(store, ['HGET', 'k', 'me'], 0).reply)).toBe('1');
    execute(store, ['DEL', 'k'], 0);
    expect([script(ENTER_HOLD), script(LEAVE_HOLD, '2'), store.entries.size]).toEqual([0, 0, 0]);
  });

  it('is lost to its holder when an entry finds it gone', () => {
    const locks = acquired({ entries: 1 });
    serverOf(locks).store.entries.delete('k0');
    locks.wait(100);
    expect(locks.told('c1').filter(({ what }) => what === 'lost')).toHaveLength(1);
    locks.release('c1');
    locks.wait(5);
    expect(locks.last('c1')).toBe('not-held');
  });

  it('keeps an entry of which nobody knows until the release', () => {
    const locks = acquired({ entries: 1 });
    const mend = cut(locks, 'c1');
    locks.wait(1_000);
    expect(count(locks)).toBe('2');
    mend();
    locks.release('c1');
    locks.wait(10);
    expect([locks.last('c1'), holds(locks)]).toEqual(['released', null]);
  });

  it('is renewed by a watchdog', () => {
    const locks = acquired({ watchdog: true });
    locks.wait(5_000);
    expect([locks.last('c1'), count(locks)]).toEqual(['extended', '1']);
  });
});

describe('who waits for news', () => {
  const notified = { ...reentrant, wait: 'notify', retryDelay: 1_000_000 };

  it('has the lock two messages after its release, and is no subscriber any more', () => {
    const locks = acquired(notified);
    locks.acquire('c2');
    locks.wait(100);
    expect([subscribers(locks), locks.last('c2')]).toEqual([1, 'nothing']);
    locks.release('c1');
    // The release, the news, the try and its answer: each takes a millisecond.
    locks.wait(4);
    expect([locks.last('c1'), locks.last('c2')]).toEqual(['released', 'granted']);
    locks.wait(5);
    expect(subscribers(locks)).toBe(0);
  });

  it('asks once more when it has subscribed: nobody told it of a release before', () => {
    const locks = acquired(notified);
    locks.acquire('c2');
    // c2's try is executed at 1 ms; the lock is released before its subscription arrives at 3 ms.
    locks.wait(1);
    locks.release('c1');
    locks.wait(10);
    expect([locks.last('c1'), locks.last('c2')]).toEqual(['released', 'granted']);
  });

  it('asks again at once where news has overtaken the answer to its try', () => {
    const locks = acquired(notified);
    const effect = noEffect();
    locks.acquire('c2');
    locks.wait(4);
    // Subscribed, and about to be refused: that answer is held back, and what comes after it is not.
    locks.control.hold(locks.id('n1'), locks.id('c2'), 'ClientResponse', effect);
    locks.wait(2);
    locks.release('c1');
    locks.wait(5);
    locks.control.release(locks.id('n1'), locks.id('c2'), effect);
    locks.wait(5);
    expect(locks.last('c2')).toBe('granted');
  });

  it('asks by itself when the lock should be over, where no news came', () => {
    const locks = acquired(notified);
    locks.acquire('c2');
    locks.wait(100);
    const mend = cut(locks, 'c2');
    locks.release('c1');
    locks.wait(100);
    mend();
    locks.wait(1_700);
    expect([locks.last('c1'), locks.last('c2')]).toEqual(['released', 'nothing']);
    locks.wait(200);
    expect(locks.last('c2')).toBe('granted');
  });

  it('subscribes again after that: a server that has started again knows nobody', () => {
    const locks = lockClients(one, { ...notified, ttl: 1_000_000, watchdog: true, appendfsync: 'always' });
    locks.acquire('c1');
    locks.wait(10);
    locks.acquire('c2');
    locks.wait(100);
    const effect = noEffect();
    locks.control.crash(locks.id('n1'), 'process', effect);
    locks.control.restart(locks.id('n1'), effect);
    locks.wait(10);
    expect(subscribers(locks)).toBe(0);
    locks.wait(1_100);
    expect([subscribers(locks), locks.last('c2')]).toEqual([1, 'nothing']);
  });

  it('gives up when its time is over, and subscribes no more', () => {
    const locks = acquired({ ...notified, ttl: 20_000_000 });
    locks.acquire('c2');
    locks.wait(5_010);
    expect([locks.last('c2'), subscribers(locks)]).toEqual(['refused', 0]);
  });

  it('does not wait for a subscription that nobody answers', () => {
    const locks = acquired({ ...notified, retryDelay: 100_000 });
    locks.acquire('c2');
    locks.wait(3);
    const mend = cut(locks, 'c2');
    locks.release('c1');
    locks.wait(20);
    mend();
    locks.wait(700);
    expect(locks.last('c2')).toBe('granted');
  });
});

describe('options of a lock that do not go together', () => {
  const problem = (options: Options): string | null =>
    lockProblem({ ...defaultOptions(lockOptions), ...options })?.option ?? null;

  it('are told', () => {
    expect(problem({})).toBeNull();
    expect(problem({ entries: 1 })).toBe('entries');
    expect(problem({ wait: 'notify' })).toBe('wait');
    expect(problem({ reentrant: true, entries: 1, wait: 'notify' })).toBeNull();
  });
});
