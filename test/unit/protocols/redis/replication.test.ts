import { describe, expect, it } from 'vitest';
import { noEffect } from '../../../../src/faults/applied.ts';
import type { FaultEffect } from '../../../../src/contract/world-control.ts';
import type { RedisState } from '../../../../src/protocols/redis/state.ts';
import { type Cluster, redisCluster, said } from '../../../support/redis/cluster.ts';

const ask = (cluster: Cluster, node: string, command: string, forMs?: number): unknown =>
  said(cluster.ask(node, command, forMs));
const stateOf = ({ world, id }: Cluster, node: string): RedisState =>
  world.process(id(node)).node?.state as RedisState;

/** Cuts a node off from all the others, clients not included, until the effect is handed to {@link join}. */
function isolate({ world, control, id }: Cluster, node: string): FaultEffect {
  const effect = noEffect();
  for (const other of world.nodes) {
    if (other === id(node)) continue;
    control.cut(id(node), other, 'lost', effect);
    control.cut(other, id(node), 'lost', effect);
  }
  return effect;
}

function join({ world, control, id }: Cluster, node: string, effect: FaultEffect): void {
  for (const other of world.nodes) {
    if (other === id(node)) continue;
    control.mend(id(node), other, effect);
    control.mend(other, id(node), effect);
  }
}

function restart({ control, id, wait }: Cluster, node: string, kind: 'process' | 'machine'): void {
  control.crash(id(node), kind, noEffect());
  wait(100);
  control.restart(id(node), noEffect());
  wait(2_000);
}

describe('a replica', () => {
  it('has what the primary has, a moment later, and changes nothing by itself', () => {
    const cluster = redisCluster(3);
    ask(cluster, 'n1', 'SET k v PX 60000');
    cluster.wait(5);
    expect(ask(cluster, 'n2', 'GET k')).toBe('v');
    expect(ask(cluster, 'n3', 'PTTL k')).toBeGreaterThan(59_000);
    expect(ask(cluster, 'n2', 'DEL k')).toMatch(/^READONLY/);
    expect(ask(cluster, 'n2', 'WAIT 0 0')).toMatch(/^ERR WAIT cannot be used with replica/);
  });

  it('hides what has expired by its own clock, and keeps it until the primary says so', () => {
    const cluster = redisCluster(2, { hz: 0 });
    ask(cluster, 'n1', 'SET k v PX 60000');
    cluster.wait(5);
    cluster.control.jumpClock(cluster.id('n2'), 3_600_000_000, noEffect());
    expect(ask(cluster, 'n2', 'GET k')).toBeNull();
    expect(ask(cluster, 'n2', 'DBSIZE')).toBe(1);
    expect(ask(cluster, 'n1', 'GET k')).toBe('v');
    cluster.wait(60_000);
    expect(ask(cluster, 'n1', 'GET k')).toBeNull();
    cluster.wait(5);
    expect(ask(cluster, 'n2', 'DBSIZE')).toBe(0);
  });

  it('gets every unit, in order, over a network that loses, copies and reorders', () => {
    const network = {
      latencyUsMin: 1_000, latencyUsMax: 20_000, lossPerMillion: 200_000, duplicatePerMillion: 200_000,
      slowPerMillion: 50_000, slowUsMin: 100_000, slowUsMax: 2_000_000,
    };
    const cluster = redisCluster(3, {}, { network });
    for (let count = 0; count < 300; count++) {
      ask(cluster, 'n1', count % 3 === 0 ? `SET k${count % 7} ${count}` : 'INCR n', 30);
    }
    cluster.wait(30_000);
    const { entries } = stateOf(cluster, 'n1').store;
    expect(entries.size).toBe(8);
    for (const node of ['n2', 'n3']) {
      const { store, role } = stateOf(cluster, node);
      expect([...store.entries]).toEqual([...entries]);
      expect(role.kind === 'replica' && role.early.size).toBe(0);
    }
  });

  it('that was away goes on from where it was, or gets everything anew if it lacks too much', () => {
    for (const [backlog, resyncs] of [[100, 0], [10, 1]] as const) {
      const cluster = redisCluster(2, { backlog, replTimeout: 3_000_000 });
      const effect = isolate(cluster, 'n2');
      for (let count = 0; count < 50; count++) ask(cluster, 'n1', 'INCR n');
      cluster.wait(5_000);
      join(cluster, 'n2', effect);
      cluster.wait(3_000);
      expect(ask(cluster, 'n2', 'GET n')).toBe('50');
      const lines = cluster.world.traceLines() ?? [];
      // The first one is that of its first start.
      expect(lines.filter((line) => line.includes('resynced')).length, `backlog ${backlog}`).toBe(1 + resyncs);
    }
  });

  it('of a primary that starts again without data is emptied', () => {
    const cluster = redisCluster(3, { save: 'off' });
    ask(cluster, 'n1', 'SET k v');
    cluster.wait(100);
    expect(ask(cluster, 'n3', 'GET k')).toBe('v');
    restart(cluster, 'n1', 'process');
    for (const node of ['n1', 'n2', 'n3']) expect(ask(cluster, node, 'DBSIZE'), node).toBe(0);
  });

  it('and of one that has an append-only file is not', () => {
    const cluster = redisCluster(3, { appendfsync: 'always' });
    ask(cluster, 'n1', 'SET k v');
    restart(cluster, 'n1', 'machine');
    for (const node of ['n1', 'n2', 'n3']) expect(ask(cluster, node, 'GET k'), node).toBe('v');
  });

  it('that starts again follows whom it followed', () => {
    const cluster = redisCluster(3);
    cluster.control.order(cluster.id('n2'), { kind: 'promote', nodes: [] }, noEffect());
    cluster.control.order(cluster.id('n3'), { kind: 'follow', nodes: [cluster.id('n2')] }, noEffect());
    cluster.wait(100);
    restart(cluster, 'n3', 'machine');
    ask(cluster, 'n2', 'SET k v');
    cluster.wait(5);
    expect(ask(cluster, 'n3', 'GET k')).toBe('v');
    expect(ask(cluster, 'n1', 'GET k')).toBeNull();
  });
});

describe('a replica that is promoted', () => {
  it('lacks what had not reached it: the window in which acknowledged writes are lost', () => {
    const cluster = redisCluster(2);
    const effect = isolate(cluster, 'n1');
    expect(ask(cluster, 'n1', 'SET lock a NX PX 60000')).toBe('OK');
    cluster.control.order(cluster.id('n2'), { kind: 'promote', nodes: [] }, noEffect());
    cluster.wait(10);
    expect(ask(cluster, 'n2', 'SET lock b NX PX 60000')).toBe('OK');
    // The old primary comes back as a replica, and discards what it had said yes to.
    join(cluster, 'n1', effect);
    cluster.control.order(cluster.id('n1'), { kind: 'follow', nodes: [cluster.id('n2')] }, noEffect());
    cluster.wait(2_000);
    expect(ask(cluster, 'n1', 'GET lock')).toBe('b');
  });

  it('is gone on from without a copy of all data by whoever has no more than it', () => {
    const cluster = redisCluster(3);
    ask(cluster, 'n1', 'SET k v');
    cluster.wait(100);
    cluster.control.order(cluster.id('n2'), { kind: 'promote', nodes: [] }, noEffect());
    cluster.wait(10);
    for (const node of ['n1', 'n3']) {
      cluster.control.order(cluster.id(node), { kind: 'follow', nodes: [cluster.id('n2')] }, noEffect());
    }
    cluster.wait(2_000);
    ask(cluster, 'n2', 'SET l w');
    cluster.wait(5);
    expect([ask(cluster, 'n1', 'GET l'), ask(cluster, 'n3', 'GET l')]).toEqual(['w', 'w']);
    const lines = (cluster.world.traceLines() ?? []).filter((line) => line.includes('resynced'));
    expect(lines.length).toBe(2);
  });
});

describe('WAIT', () => {
  it('counts who has acknowledged what this client has written', () => {
    const cluster = redisCluster(3);
    ask(cluster, 'n1', 'SET k v');
    expect(ask(cluster, 'n1', 'WAIT 2 0')).toBe(2);
  });

  it('ends when its time is over, with as many as there are', () => {
    const cluster = redisCluster(3);
    isolate(cluster, 'n3');
    ask(cluster, 'n1', 'SET k v');
    const beforeUs = cluster.world.nowUs;
    expect(ask(cluster, 'n1', 'WAIT 2 500', 1_000)).toBe(1);
    expect(cluster.world.nowUs - beforeUs).toBeGreaterThan(500_000);
    expect(ask(cluster, 'n1', 'WAIT 2 0', 5_000)).toBe('no answer');
  });

  it('says nothing about a failover: another replica may be promoted', () => {
    const cluster = redisCluster(3);
    isolate(cluster, 'n3');
    ask(cluster, 'n1', 'SET lock a NX');
    expect(ask(cluster, 'n1', 'WAIT 1 500')).toBe(1);
    cluster.control.order(cluster.id('n3'), { kind: 'promote', nodes: [] }, noEffect());
    cluster.wait(10);
    expect(ask(cluster, 'n3', 'SET lock b NX')).toBe('OK');
  });

  it('at a primary that is deposed ends with an error', () => {
    const cluster = redisCluster(2);
    isolate(cluster, 'n2');
    ask(cluster, 'n1', 'SET k v');
    cluster.control.at(cluster.world.nowUs + 500_000, () =>
      cluster.control.order(cluster.id('n1'), { kind: 'follow', nodes: [cluster.id('n2')] }, noEffect()));
    expect(ask(cluster, 'n1', 'WAIT 1 0', 2_000)).toMatch(/^UNBLOCKED/);
  });
});

it('a primary with minReplicas refuses writes once nobody acknowledges any more, and answers reads', () => {
  const cluster = redisCluster(2, { minReplicas: 1, minReplicasMaxLag: 2_000_000 });
  expect(ask(cluster, 'n1', 'SET k v')).toBe('OK');
  isolate(cluster, 'n2');
  expect(ask(cluster, 'n1', 'SET k w')).toBe('OK');
  cluster.wait(3_100);
  expect(ask(cluster, 'n1', 'SET k x')).toBe('NOREPLICAS Not enough good replicas to write.');
  expect(ask(cluster, 'n1', 'GET k')).toBe('w');
});

it('independent nodes know nothing of each other', () => {
  const cluster = redisCluster(2, { layout: 'independent' });
  ask(cluster, 'n1', 'SET k v');
  expect(ask(cluster, 'n2', 'SET k w NX')).toBe('OK');
  expect(cluster.world.messagesSent).toBe(2);
});
