import { describe, expect, it } from 'vitest';
import { noEffect } from '../../../../../src/faults/applied.ts';
import { lockVariants } from '../../../../../src/protocols/redis/lock/variants.ts';
import { lockClients, type LockClients } from '../../../../support/redis/lock-clients.ts';

interface Armed {
  readonly locks: LockClients;
  readonly fired: () => number;
}

/** Clients with this defect, or of the reference. */
function clientsOf(id: string | null, options: object = {}, seed = 'defect'): Armed {
  const variant = lockVariants.find((row) => row.id === id);
  if (id !== null && variant?.in !== 'lock') throw new Error(`no defect ${id}`);
  let fired = 0;
  const all = { ttl: 2_000_000, retryCount: 5, retryDelay: 100_000, retryJitter: 50_000, ...options };
  const locks = lockClients({ nodes: 1, clients: 3 }, all, {
    seed,
    ...(variant?.in === 'lock' ? { createLock: (init) => variant.lock(init, () => { fired += 1; }) } : {}),
  });
  return { locks, fired: () => fired };
}

function acquire(locks: LockClients, client: string, forMs = 20): void {
  locks.acquire(client);
  locks.wait(forMs);
}

/** What the reference shows in the same story, and what the defect; the reference never fires. */
function both(id: string, options: object, story: (locks: LockClients) => unknown): unknown[] {
  return [null, id].map((armed) => {
    const { locks, fired } = clientsOf(armed, options);
    const shown = story(locks);
    expect(fired() > 0, `${armed} fired`).toBe(armed !== null);
    return shown;
  });
}

const ownerOf = (locks: LockClients, client: string): string | undefined =>
  locks.told(client).filter(({ what }) => what === 'attempt').at(-1)?.owner;
const untilUs = (locks: LockClients, client: string): number =>
  locks.told(client).reduce((until, told) => Math.max(until, told.untilUs), 0);

describe('the defects of clients of a lock', () => {
  it('a watchdog that never stops keeps a lock whose release was lost for ever', () => {
    const shown = both('redis-lock/watchdog-never-stops', { watchdog: true, ttl: 9_000_000 }, (locks) => {
      acquire(locks, 'c1', 1_000);
      const effect = noEffect();
      locks.control.cut(locks.id('c1'), locks.id('n1'), 'lost', effect);
      locks.release('c1');
      locks.wait(5_500);
      locks.control.mend(locks.id('c1'), locks.id('n1'), effect);
      locks.wait(60_000);
      acquire(locks, 'c2', 2_000);
      return [locks.last('c1'), locks.last('c2')];
    });
    expect(shown).toEqual([['unsure', 'granted'], ['unsure', 'refused']]);
  });

  it('a watchdog that stops silently lets its owner believe in a lock that another one has', () => {
    const shown = both('redis-lock/watchdog-stops-silently', { watchdog: true, ttl: 3_000_000 }, (locks) => {
      acquire(locks, 'c1', 900);
      const effect = noEffect();
      locks.control.cut(locks.id('c1'), locks.id('n1'), 'lost', effect);
      locks.wait(1_000);
      locks.control.mend(locks.id('c1'), locks.id('n1'), effect);
      locks.wait(5_000);
      acquire(locks, 'c2', 100);
      return [locks.last('c2'), untilUs(locks, 'c1') > locks.clockUs('c1')];
    });
    expect(shown).toEqual([['nothing', true], ['granted', true]]);
  });

  it('a lease that follows from the time to wait ends at the server while its owner believes', () => {
    const shown = both('redis-lock/lease-of-wait', { ttl: 60_000_000 }, (locks) => {
      acquire(locks, 'c1', 10_100);
      acquire(locks, 'c2', 100);
      return [locks.last('c2'), untilUs(locks, 'c1') > locks.clockUs('c1')];
    });
    expect(shown).toEqual([['nothing', true], ['granted', true]]);
  });

  it('a forced unlock takes the lock from its holder', () => {
    const shown = both('redis-lock/force-unlock', { ttl: 60_000_000 }, (locks) => {
      acquire(locks, 'c1');
      acquire(locks, 'c2', 2_000);
      return [locks.last('c2'), locks.holder('n1') === ownerOf(locks, 'c2')];
    });
    expect(shown).toEqual([['refused', false], ['granted', true]]);
  });

  it('SETNX and then PEXPIRE leave a lock for ever when the client crashes in between', () => {
    const shown = both('redis-lock/setnx-then-expire', {}, (locks) => {
      locks.control.onNote(['taken'], (client) => { locks.control.crash(client, 'process', noEffect()); });
      acquire(locks, 'c1', 60_000);
      return locks.holder('n1') !== null;
    });
    expect(shown).toEqual([false, true]);
    const { locks } = clientsOf('redis-lock/setnx-then-expire');
    acquire(locks, 'c1', 2_100);
    expect([locks.last('c1'), locks.holder('n1')], 'otherwise it is as good as any').toEqual(['granted', null]);
    acquire(locks, 'c2');
    expect(locks.last('c2')).toBe('granted');
  });

  it('the recipe with GETSET goes by the clock of whoever looks', () => {
    const early = both('redis-lock/getset-lock', { ttl: 60_000_000 }, (locks) => {
      acquire(locks, 'c1');
      locks.control.jumpClock(locks.id('c2'), 61_000_000, noEffect());
      acquire(locks, 'c2', 100);
      return [locks.last('c2'), untilUs(locks, 'c1') > locks.clockUs('c1')];
    });
    expect(early).toEqual([['nothing', true], ['granted', true]]);
  });

  it('the recipe with GETSET does as the reference with good clocks and one client at a time', () => {
    const { locks } = clientsOf('redis-lock/getset-lock');
    acquire(locks, 'c1');
    acquire(locks, 'c2', 100);
    expect([locks.last('c1'), locks.last('c2')]).toEqual(['granted', 'nothing']);
    locks.release('c1');
    locks.wait(1_000);
    expect([locks.last('c1'), locks.last('c2')]).toEqual(['released', 'granted']);
    locks.control.crash(locks.id('c2'), 'process', noEffect());
    acquire(locks, 'c3', 1_000);
    expect(locks.last('c3')).toBe('refused');
    locks.wait(1_500);
    acquire(locks, 'c3', 1_000);
    expect(locks.last('c3')).toBe('granted');
  });

  it('the recipe with GETSET lets a client that comes second write over the value of the first', () => {
    const { locks } = clientsOf('redis-lock/getset-lock');
    acquire(locks, 'c3');
    locks.control.crash(locks.id('c3'), 'process', noEffect());
    locks.wait(2_100);
    locks.acquire('c1');
    acquire(locks, 'c2', 15);
    const [holder, other] = locks.last('c1') === 'granted' ? ['c1', 'c2'] : ['c2', 'c1'];
    expect([locks.last(holder), locks.last(other)]).toEqual(['granted', 'nothing']);
    expect(locks.holder('n1')).toBe(ownerOf(locks, other));
  });

  it('a waiter that asks for nothing by itself misses a lock of whose release it was not told', () => {
    const options = { reentrant: true, wait: 'notify', ttl: 1_000_000 };
    const shown = both('redis-lock/lost-wake-up', options, (locks) => {
      acquire(locks, 'c1');
      acquire(locks, 'c2');
      const effect = noEffect();
      locks.control.cut(locks.id('n1'), locks.id('c2'), 'lost', effect);
      locks.release('c1');
      locks.wait(20);
      locks.control.mend(locks.id('n1'), locks.id('c2'), effect);
      locks.wait(4_000);
      return locks.last('c2');
    });
    expect(shown).toEqual(['granted', 'nothing']);
  });
});
