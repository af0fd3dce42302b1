import { describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../../../../src/contract/world-control.ts';
import { noEffect } from '../../../../../src/faults/applied.ts';
import { lockClients, type LockClients } from '../../../../support/redis/lock-clients.ts';

/** Three servers, n1 the primary, three Sentinels, n4 to n6, and clients. */
const shape = { nodes: 6, clients: 2 };
const sentinels = { sentinels: 3, quorum: 2, downAfter: 1_000_000, failoverTimeout: 5_000_000, ttl: 60_000_000 };
const start = (seed: string, options = {}, clients = 2): LockClients =>
  lockClients({ ...shape, clients }, { ...sentinels, ...options }, { seed });

function acquire(locks: LockClients, client: string, forMs = 20): void {
  locks.acquire(client);
  locks.wait(forMs);
}

function cutAll({ control, id }: LockClients, from: readonly string[], to: readonly string[]): FaultEffect {
  const effect = noEffect();
  for (const a of from) {
    for (const b of to) {
      control.cut(id(a), id(b), 'lost', effect);
      control.cut(id(b), id(a), 'lost', effect);
    }
  }
  return effect;
}

const notes = ({ world }: LockClients, client: string, event: string): number =>
  (world.traceLines() ?? []).filter((line) => line.includes(` ${client} `) && line.includes(`"${event}"`)).length;

describe('a client with Sentinels', () => {
  it('asks one of them for the primary, and that whether it is one', () => {
    const locks = start('find');
    acquire(locks, 'c1');
    expect([locks.last('c1'), locks.state('c1').primary]).toEqual(['granted', locks.id('n1')]);
    expect(notes(locks, 'c1', 'found-primary')).toBe(1);
  });

  it('asks the next Sentinel when one is down', () => {
    const locks = start('next', { retryCount: 0 });
    for (const node of ['n4', 'n5']) locks.control.crash(locks.id(node), 'process', noEffect());
    acquire(locks, 'c1', 1_100);
    expect(locks.last('c1')).toBe('granted');
  });

  it('is refused when none of them answers, and has asked no server for the lock', () => {
    const locks = start('none');
    for (const node of ['n4', 'n5', 'n6']) locks.control.crash(locks.id(node), 'process', noEffect());
    acquire(locks, 'c1', 5_100);
    expect([locks.last('c1'), locks.holder('n1')]).toEqual(['refused', null]);
    expect(locks.told('c1').at(-1)?.error).toBe('no primary found');
  });

  it('goes to the new primary after a failover, which knows of no lock that was not replicated (KP7)', () => {
    for (let seed = 0; seed < 5; seed++) {
      const locks = start(`failover-${seed}`, { retryCount: 1_000 });
      locks.wait(1_000);
      // The replicas are as far as they will ever be.
      cutAll(locks, ['n1'], ['n2', 'n3']);
      acquire(locks, 'c1');
      expect(locks.last('c1')).toBe('granted');
      locks.control.crash(locks.id('n1'), 'machine', noEffect());
      for (let round = 0; round < 5 && locks.last('c2') !== 'granted'; round++) acquire(locks, 'c2', 5_100);
      expect(locks.last('c2'), `seed ${seed}`).toBe('granted');
      const primary = locks.state('c2').primary as number;
      expect(primary).not.toBe(locks.id('n1'));
      const [{ untilUs } = { untilUs: 0 }] = locks.told('c1').filter(({ what }) => what === 'granted');
      expect(locks.clockUs('c1'), 'the first one still holds it by its own rule').toBeLessThan(untilUs);
      locks.release('c1');
      locks.wait(5_100);
      expect(locks.last('c1')).not.toBe('released');
      expect(locks.holder(`n${primary + 1}`)).toBe(locks.told('c2').at(-1)?.owner);
    }
  });

  it('is told by a failover of a lock that was replicated that it is held', () => {
    const locks = start('replicated', { retryCount: 1_000 });
    locks.wait(1_000);
    acquire(locks, 'c1', 100);
    locks.control.crash(locks.id('n1'), 'machine', noEffect());
    for (let round = 0; round < 4; round++) acquire(locks, 'c2', 5_100);
    const errors = locks.told('c2').filter(({ error }) => error !== '').map(({ error }) => error);
    expect(errors.at(-1)).toBe('held by another');
    locks.release('c1');
    locks.wait(5_100);
    expect(['released', 'unsure']).toContain(locks.last('c1'));
    acquire(locks, 'c2', 1_000);
    expect(locks.last('c2')).toBe('granted');
  });

  it.each(['each-lock', 'on-failure'])('stays with the old primary on its side of a partition, asking %s', (when) => {
    const locks = start('minority', { askSentinels: when, retryCount: 1_000 }, 3);
    for (const client of ['c1', 'c2', 'c3']) {
      acquire(locks, client, 100);
      locks.release(client);
      locks.wait(100);
    }
    cutAll(locks, ['n1', 'c1', 'c3'], ['n2', 'n3', 'n4', 'n5', 'n6', 'c2']);
    acquire(locks, 'c1', 1_000);
    expect(locks.last('c1')).toBe('granted');
    for (let round = 0; round < 3 && locks.last('c2') !== 'granted'; round++) acquire(locks, 'c2', 5_100);
    expect(locks.last('c2')).toBe('granted');
    expect(locks.state('c2').primary).not.toBe(locks.id('n1'));
    // Minutes later the old primary is served, and serves.
    locks.release('c1');
    locks.wait(30_000);
    acquire(locks, 'c3', 1_000);
    expect([locks.last('c1'), locks.last('c3'), locks.state('c3').primary]).toEqual(['released', 'granted', 0]);
  });
});

describe('a client whose primary was deposed', () => {
  it('is told so by READONLY, and finds the new one; also without Sentinels', () => {
    for (const [seed, options] of [['with', {}], ['without', { sentinels: 0 }]] as const) {
      const locks = start(seed, { ...options, askSentinels: 'on-failure', retryCount: 1_000 });
      acquire(locks, 'c1', 100);
      locks.release('c1');
      locks.wait(100);
      locks.control.order(locks.id('n2'), { kind: 'promote', nodes: [] }, noEffect());
      locks.control.order(locks.id('n1'), { kind: 'follow', nodes: [locks.id('n2')] }, noEffect());
      locks.wait(100);
      acquire(locks, 'c1', 4_000);
      if (seed === 'without') expect([locks.last('c1'), locks.state('c1').primary]).toEqual(['granted', 1]);
      // Sentinels were not asked by the operator, and go on to name n1: a replica is not asked for a lock.
      else expect([locks.holder('n1'), locks.state('c1').primary]).toEqual([null, null]);
    }
  });

  it('does not take the word of a replica that knows no such lock', () => {
    const locks = start('replica-word', { sentinels: 0, askSentinels: 'on-failure' });
    locks.wait(1_000);
    cutAll(locks, ['n1'], ['n2']);
    acquire(locks, 'c1', 100);
    expect([locks.holder('n2'), locks.holder('n3')]).toEqual([null, locks.holder('n1')]);
    locks.control.crash(locks.id('n1'), 'process', noEffect());
    locks.control.order(locks.id('n3'), { kind: 'promote', nodes: [] }, noEffect());
    locks.release('c1');
    locks.wait(4_000);
    expect([locks.last('c1'), locks.state('c1').primary]).toEqual(['released', locks.id('n3')]);
    expect(locks.holder('n3')).toBeNull();
  });
});

describe('a lock that waits for replicas', () => {
  const waiting = { lockWait: 1, lockWaitTimeout: 200_000, retryCount: 0, ttl: 2_000_000 };

  it('is granted once they have it', () => {
    const locks = lockClients({ nodes: 3, clients: 1 }, waiting);
    locks.wait(1_000);
    acquire(locks, 'c1', 30);
    expect(locks.last('c1')).toBe('granted');
    expect([locks.holder('n2'), locks.holder('n3')]).toEqual([locks.holder('n1'), locks.holder('n1')]);
    // Its validity is counted from before it was taken, not from when replicas had it.
    const [granted] = locks.told('c1').filter(({ what }) => what === 'granted');
    expect((granted?.untilUs ?? 0) - locks.clockUs('c1')).toBeLessThan(2_000_000 - 22_000 - 30_000 + 1_000);
  });

  it('is released again when too few have it in time', () => {
    const locks = lockClients({ nodes: 3, clients: 1 }, { ...waiting, lockWait: 2 });
    locks.wait(1_000);
    cutAll(locks, ['n1'], ['n3']);
    acquire(locks, 'c1', 150);
    expect(locks.last('c1')).toBe('nothing');
    locks.wait(100);
    expect([locks.last('c1'), locks.told('c1').at(-1)?.error]).toEqual(['refused', 'acknowledged by 1 replicas']);
    expect(locks.holder('n1')).toBeNull();
  });

  it('is unsure when the primary is gone meanwhile, or says that it is one no more', () => {
    for (const [what, error] of [['crash', 'no answer to WAIT'], ['depose', 'UNBLOCKED']] as const) {
      const locks = lockClients({ nodes: 3, clients: 1 }, { ...waiting, lockWaitTimeout: 1_000_000 });
      locks.wait(1_000);
      cutAll(locks, ['n1'], ['n2', 'n3']);
      acquire(locks, 'c1', 50);
      const n1 = locks.id('n1');
      if (what === 'crash') locks.control.crash(n1, 'process', noEffect());
      else locks.control.order(n1, { kind: 'follow', nodes: [locks.id('n2')] }, noEffect());
      locks.wait(2_000);
      expect([what, locks.last('c1')]).toEqual([what, what === 'crash' ? 'unsure' : 'refused']);
      expect(locks.told('c1').at(-1)?.error).toMatch(error);
    }
  });
});
