import { describe, expect, it } from 'vitest';
import type { Options } from '../../../../../src/contract/options.ts';
import { noEffect } from '../../../../../src/faults/applied.ts';
import { execute } from '../../../../../src/protocols/redis/commands.ts';
import { LEAVE_QUEUE, RELEASE_TURN, TAKE_TURN } from '../../../../../src/protocols/redis/messages.ts';
import type { RedisState } from '../../../../../src/protocols/redis/state.ts';
import { emptyStore, type Store } from '../../../../../src/protocols/redis/store.ts';
import { said } from '../../../../support/redis/cluster.ts';
import { lockClients, type LockClients } from '../../../../support/redis/lock-clients.ts';

const inTurn = {
  reentrant: true, wait: 'queue', place: 1_000_000, ttl: 20_000_000, retryCount: 100, retryDelay: 1_000_000,
  retryJitter: 0,
};

const storeOf = ({ world, id }: LockClients): Store =>
  (world.process(id('n1')).node?.state as RedisState).store;

/** How many stand in the queue of `k0`. */
function waiting(locks: LockClients): number {
  const value = storeOf(locks).entries.get('queue:k0')?.value;
  return typeof value === 'object' && value.kind === 'list' ? value.items.length : 0;
}

/** c1 holds the lock, and the others ask for it, one after the other. */
function queued(clients: readonly string[], options: Options = {}): LockClients {
  const locks = lockClients({ nodes: 1, clients: 4 }, { ...inTurn, ...options });
  for (const client of ['c1', ...clients]) {
    locks.acquire(client);
    locks.wait(10);
  }
  return locks;
}

const release = (locks: LockClients, client: string, forMs: number): void => {
  locks.release(client);
  locks.wait(forMs);
};

describe('a queue of waiters', () => {
  it('has the lock in its order, each a moment after the one before, and nobody in between', () => {
    const locks = queued(['c2', 'c3', 'c4']);
    expect(waiting(locks)).toBe(3);
    for (const [client, next] of [['c1', 'c2'], ['c2', 'c3'], ['c3', 'c4']] as const) {
      // Who comes now comes too late.
      release(locks, client, 4);
      expect([client, locks.last(client), locks.last(next)]).toEqual([client, 'released', 'granted']);
      locks.acquire(client);
      locks.wait(5);
    }
    release(locks, 'c4', 5);
    expect([locks.last('c1'), waiting(locks)]).toEqual(['granted', 2]);
  });

  it('is told of a release by one name, and who has another does not ask', () => {
    const locks = queued(['c2', 'c3'], { place: 20_000_000 });
    const asked = locks.told('c3').length;
    release(locks, 'c1', 10);
    expect([locks.last('c2'), locks.told('c3').length]).toEqual(['granted', asked]);
    release(locks, 'c2', 10);
    expect(locks.last('c3')).toBe('granted');
  });

  it('does not wait for longer for who is gone than his place is kept', () => {
    const locks = queued(['c2', 'c3']);
    locks.control.crash(locks.id('c2'), 'process', noEffect());
    release(locks, 'c1', 400);
    expect(locks.last('c3')).toBe('nothing');
    locks.wait(1_200);
    expect([locks.last('c3'), waiting(locks)]).toEqual(['granted', 0]);
  });

  it('keeps the place of who asks in time, however long the lock is held', () => {
    const locks = queued(['c2', 'c3']);
    locks.wait(4_000);
    release(locks, 'c1', 5);
    expect([locks.last('c2'), locks.last('c3')]).toEqual(['granted', 'nothing']);
  });

  it('is left by who gives up', () => {
    const locks = queued(['c2', 'c3'], { retryCount: 2 });
    locks.wait(2_000);
    expect([locks.last('c2'), locks.last('c3'), waiting(locks)]).toEqual(['refused', 'refused', 0]);
  });
});

describe('the scripts of a queue', () => {
  const turn = (store: Store, owner: string, waiter: string, atMs: number): string | number | null =>
    said(execute(store, ['EVAL', TAKE_TURN, '3', 'k', 'q', 'p', owner, '5000', waiter, '100'], atMs * 1_000).reply);

  it('tell whose turn it is, at a release and where somebody leaves a free lock to the next', () => {
    const store = emptyStore();
    const told = ['a', 'b', 'c'].map((who, atMs) => turn(store, who, who, atMs));
    expect(told).toEqual(['OK', 4_999, 4_998]);
    const released = execute(store, ['EVAL', RELEASE_TURN, '3', 'k', 'news', 'q', 'a'], 3_000);
    expect(released.published).toEqual([{ channel: 'news', text: 'b' }]);
    expect(turn(store, 'd', 'd', 4)).toBe(-2);
    const left = execute(store, ['EVAL', LEAVE_QUEUE, '4', 'k', 'news', 'q', 'p', 'b'], 5_000);
    expect(left.published).toEqual([{ channel: 'news', text: 'c' }]);
    expect([turn(store, 'c', 'c', 6), turn(store, 'd', 'd', 7)]).toEqual(['OK', 4_999]);
  });

  it('take whoever has not asked for longer than his place is kept for gone', () => {
    const store = emptyStore();
    for (const [who, atMs] of [['a', 0], ['b', 1], ['c', 50]] as const) turn(store, who, who, atMs);
    execute(store, ['DEL', 'k'], 60_000);
    expect(turn(store, 'c', 'c', 101)).toBe(-2);
    expect(turn(store, 'c', 'c', 102)).toBe('OK');
  });

  it('grant nothing on an error, and say in which line it was', () => {
    const store = emptyStore();
    execute(store, ['SET', 'q', 'no list'], 0);
    expect(turn(store, 'a', 'a', 0)).toMatch(/^WRONGTYPE .* on @user_script:3\.$/);
    expect(store.entries.has('k')).toBe(false);
  });
});
