import { describe, expect, it } from 'vitest';
import type { LockEntry } from '../../../../../src/contract/lock.ts';
import { noEffect } from '../../../../../src/faults/applied.ts';
import { redisLockServers } from '../../../../../src/protocols/redis/lock-servers.ts';
import type { RedisState } from '../../../../../src/protocols/redis/state.ts';
import { lockClients, type LockClients } from '../../../../support/redis/lock-clients.ts';

/** Renewed each 10 s, as Redisson does it by default. */
const watched = { ttl: 30_000_000, watchdog: true };
const start = (options = {}, seed = 'watchdog'): LockClients =>
  lockClients({ nodes: 1, clients: 2 }, { ...watched, ...options }, { seed });

function acquire(locks: LockClients, client: string, forMs = 20): void {
  locks.acquire(client);
  locks.wait(forMs);
}

const entryOf = ({ world, id }: LockClients): LockEntry =>
  redisLockServers.entryOf(world.process(id('n1')).node?.state as RedisState, 'k0') as LockEntry;
const extensions = (locks: LockClients, client: string): number =>
  locks.told(client).filter(({ what }) => what === 'extended').length;
const endUs = (locks: LockClients, client: string): number =>
  locks.told(client).reduce((until, { untilUs }) => Math.max(until, untilUs), 0);

describe('the watchdog', () => {
  it('renews a lock each third of its ttl, for as long as it is held', () => {
    const locks = start();
    acquire(locks, 'c1', 95_000);
    expect(extensions(locks, 'c1')).toBe(9);
    expect(endUs(locks, 'c1')).toBeGreaterThan(locks.clockUs('c1') + 19_000_000);
    expect(locks.holder('n1')).toBe(locks.told('c1')[0]?.owner);
    locks.release('c1');
    locks.wait(40_000);
    expect([locks.last('c1'), extensions(locks, 'c1'), locks.holder('n1')]).toEqual(['released', 9, null]);
  });

  it('counts from before each renewal, and takes off the drift', () => {
    const locks = start();
    acquire(locks, 'c1', 10_500);
    const [granted, extended] = locks.told('c1').filter(({ untilUs }) => untilUs > 0);
    expect((extended?.untilUs ?? 0) - (granted?.untilUs ?? 0)).toBe(10_002_000);
  });

  it('is off by default', () => {
    const locks = start({ watchdog: false });
    acquire(locks, 'c1', 60_000);
    expect([extensions(locks, 'c1'), locks.last('c1')]).toEqual([0, 'granted']);
  });

  it('outlives a partition that is shorter than the ttl (C-73)', () => {
    const locks = start();
    acquire(locks, 'c1', 5_000);
    const effect = noEffect();
    locks.control.cut(locks.id('c1'), locks.id('n1'), 'lost', effect);
    locks.wait(12_000);
    locks.control.mend(locks.id('c1'), locks.id('n1'), effect);
    locks.wait(30_000);
    expect(locks.last('c1')).toBe('extended');
    expect(endUs(locks, 'c1')).toBeGreaterThan(locks.clockUs('c1'));
    expect(locks.holder('n1')).toBe(locks.told('c1')[0]?.owner);
  });

  it('gives up a lock that it could not renew in time, and never renews one that was over', () => {
    const locks = start();
    acquire(locks, 'c1', 5_000);
    const effect = noEffect();
    locks.control.cut(locks.id('c1'), locks.id('n1'), 'lost', effect);
    locks.wait(40_000);
    acquire(locks, 'c2');
    expect(locks.last('c2')).toBe('granted');
    expect(endUs(locks, 'c1')).toBeLessThan(locks.clockUs('c1'));
    locks.control.mend(locks.id('c1'), locks.id('n1'), effect);
    locks.wait(40_000);
    expect([extensions(locks, 'c1'), locks.state('c1').watchdog]).toEqual([0, null]);
    expect(locks.holder('n1')).toBe(locks.told('c2')[0]?.owner);
  });

  it('tells the holder of a lock that a server does not know any more', () => {
    const locks = start();
    acquire(locks, 'c1', 1_000);
    locks.control.jumpClock(locks.id('n1'), 31_000_000, noEffect());
    acquire(locks, 'c2');
    expect(locks.last('c2')).toBe('granted');
    locks.wait(10_000);
    expect([locks.last('c1'), locks.state('c1').watchdog]).toEqual(['lost', null]);
    locks.release('c1');
    locks.wait(10);
    expect([locks.last('c1'), locks.holder('n1')]).toEqual(['not-held', locks.told('c2')[0]?.owner]);
  });

  it('does not take up again a validity that was over, though the server has renewed it', () => {
    for (let seed = 0; seed < 10; seed++) {
      const locks = start({ ttl: 3_000_000 }, `over-${seed}`);
      // The renewal has left, and its answer is on its way.
      acquire(locks, 'c1', 1_003);
      const pause = noEffect();
      locks.control.pause(locks.id('c1'), pause);
      locks.wait(1_970);
      expect(locks.holder('n1')).toBe(locks.told('c1')[0]?.owner);
      locks.control.resume(locks.id('c1'), pause);
      locks.wait(600);
      expect([extensions(locks, 'c1'), locks.state('c1').watchdog]).toEqual([0, null]);
    }
  });

  it('does not renew a lock whose validity is over, though the server still has it', () => {
    const locks = start();
    acquire(locks, 'c1', 1_000);
    locks.control.jumpClock(locks.id('n1'), -3_600_000_000, noEffect());
    const pause = noEffect();
    locks.control.pause(locks.id('c1'), pause);
    locks.wait(30_000);
    const before = entryOf(locks);
    expect(before.owner).toBe(locks.told('c1')[0]?.owner);
    locks.control.resume(locks.id('c1'), pause);
    locks.wait(60_000);
    expect(entryOf(locks)).toEqual(before);
    expect([locks.last('c1'), locks.state('c1').watchdog]).toEqual(['granted', null]);
  });

  it('does not make a validity shorter by an answer that was overtaken', () => {
    const locks = start({ ttl: 3_000_000 });
    acquire(locks, 'c1', 900);
    const latency = (ms: number): void => {
      const latencyUs = ms * 1_000;
      locks.control.setLink(locks.id('n1'), locks.id('c1'), {
        latencyUsMin: latencyUs, latencyUsMax: latencyUs, lossPerMillion: 0, duplicatePerMillion: 0,
        slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
      }, noEffect());
    };
    latency(1_200);
    locks.wait(150);
    latency(1);
    locks.wait(850);
    expect(extensions(locks, 'c1')).toBe(1);
    const until = endUs(locks, 'c1');
    locks.wait(400);
    expect([extensions(locks, 'c1'), endUs(locks, 'c1')]).toEqual([1, until]);
  });

  it('takes a late answer for an answer', () => {
    const locks = start({ ttl: 3_000_000 });
    acquire(locks, 'c1', 900);
    const effect = noEffect();
    locks.control.hold(locks.id('n1'), locks.id('c1'), null, effect);
    locks.wait(700);
    locks.control.release(locks.id('n1'), locks.id('c1'), effect);
    locks.wait(1);
    expect(extensions(locks, 'c1')).toBe(1);
    // Of the one that was asked first, not of the one that was answered now.
    expect(endUs(locks, 'c1') - (locks.told('c1')[1]?.untilUs ?? 0)).toBe(1_002_000);
  });

  it('finds the new primary after a failover, and goes on there', () => {
    const locks = lockClients({ nodes: 6, clients: 1 },
      { ...watched, sentinels: 3, downAfter: 1_000_000, failoverTimeout: 5_000_000 });
    locks.wait(1_000);
    acquire(locks, 'c1', 1_000);
    locks.control.crash(locks.id('n1'), 'machine', noEffect());
    locks.wait(60_000);
    expect([locks.last('c1'), locks.state('c1').primary === locks.id('n1')]).toEqual(['extended', false]);
    expect(endUs(locks, 'c1')).toBeGreaterThan(locks.clockUs('c1'));
  });
});
