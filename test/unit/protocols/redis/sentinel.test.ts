import { describe, expect, it } from 'vitest';
import type { FaultEffect } from '../../../../src/contract/world-control.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import type { SentinelState } from '../../../../src/protocols/redis/sentinel-state.ts';
import { type Cluster, redisCluster, said } from '../../../support/redis/cluster.ts';

/** Three servers, n1 the primary, and three Sentinels, n4 to n6. */
const sentinels = { sentinels: 3, quorum: 2, downAfter: 5_000_000, failoverTimeout: 20_000_000 };
const start = (seed: string, options = {}): Cluster => redisCluster(6, { ...sentinels, ...options }, { seed });

const ask = (cluster: Cluster, node: string, command: string): unknown => said(cluster.ask(node, command));
const stateOf = ({ world, id }: Cluster, node: string): SentinelState =>
  world.process(id(node)).node?.state as SentinelState;
const primaryBy = (cluster: Cluster, sentinel: string): unknown =>
  said(cluster.ask(sentinel, 'SENTINEL get-master-addr-by-name primary'));
/** The notes of an event, without their time. */
const notes = ({ world }: Cluster, event: string): string[] =>
  (world.traceLines() ?? []).filter((line) => line.includes(`{event: "${event}"`));

function cutAll({ control, id }: Cluster, from: readonly string[], to: readonly string[]): FaultEffect {
  const effect = noEffect();
  for (const a of from) {
    for (const b of to) {
      control.cut(id(a), id(b), 'lost', effect);
      control.cut(id(b), id(a), 'lost', effect);
    }
  }
  return effect;
}

function mendAll({ control, id }: Cluster, from: readonly string[], to: readonly string[], effect: FaultEffect): void {
  for (const a of from) {
    for (const b of to) {
      control.mend(id(a), id(b), effect);
      control.mend(id(b), id(a), effect);
    }
  }
}

describe('Sentinels', () => {
  it('leave a primary alone that answers', () => {
    const cluster = start('calm');
    cluster.wait(60_000);
    for (const sentinel of ['n4', 'n5', 'n6']) expect(primaryBy(cluster, sentinel)).toBe('1 6379');
    expect(notes(cluster, 'found-down')).toEqual([]);
  });

  it('promote a replica when the primary is down, send the other one to it, and agree on it', () => {
    for (let seed = 0; seed < 10; seed++) {
      const cluster = start(`crash-${seed}`);
      ask(cluster, 'n1', 'SET k v');
      cluster.wait(2_000);
      cluster.control.crash(cluster.id('n1'), 'process', noEffect());
      cluster.wait(4_000);
      expect(primaryBy(cluster, 'n4'), 'not before downAfter').toBe('1 6379');
      cluster.wait(16_000);
      const named = ['n4', 'n5', 'n6'].map((sentinel) => primaryBy(cluster, sentinel));
      expect(new Set(named).size, `seed ${seed}`).toBe(1);
      expect(['2 6379', '3 6379']).toContain(named[0]);
      const [primary, replica] = named[0] === '2 6379' ? ['n2', 'n3'] : ['n3', 'n2'];
      expect(ask(cluster, primary, 'SET l w')).toBe('OK');
      cluster.wait(1_500);
      expect(ask(cluster, replica, 'GET l')).toBe('w');
      expect(ask(cluster, replica, 'GET k')).toBe('v');
    }
  });

  it('demote the old primary when it is back, which discards what nobody else had', () => {
    const cluster = start('demote');
    cluster.wait(1_000);
    const effect = cutAll(cluster, ['n1'], ['n2', 'n3', 'n4', 'n5', 'n6']);
    expect(ask(cluster, 'n1', 'SET lock a NX PX 600000')).toBe('OK');
    cluster.wait(30_000);
    const primary = `n${String(primaryBy(cluster, 'n4')).split(' ')[0]}`;
    expect(primary).not.toBe('n1');
    expect(ask(cluster, primary, 'SET lock b NX PX 600000')).toBe('OK');
    // Both say that it is the primary, and both grant the lock: nobody tells the clients of the old one.
    expect(ask(cluster, 'n1', 'GET lock')).toBe('a');
    mendAll(cluster, ['n1'], ['n2', 'n3', 'n4', 'n5', 'n6'], effect);
    cluster.wait(30_000);
    expect(ask(cluster, 'n1', 'GET lock')).toBe('b');
    expect(ask(cluster, 'n1', 'SET lock a')).toMatch(/^READONLY/);
  });

  it('that are a minority find the primary down and promote nobody', () => {
    const cluster = start('minority', { quorum: 1 });
    cluster.wait(1_000);
    cutAll(cluster, ['n4', 'n2'], ['n1', 'n3', 'n5', 'n6']);
    cluster.wait(60_000);
    expect(stateOf(cluster, 'n4').isAgreedDown).toBe(true);
    expect(primaryBy(cluster, 'n4')).toBe('1 6379');
    expect(ask(cluster, 'n2', 'SET k v')).toMatch(/^READONLY/);
  });

  it('that are too few for the quorum agree on nothing', () => {
    const cluster = start('quorum', { quorum: 3 });
    cluster.wait(1_000);
    cutAll(cluster, ['n1'], ['n2', 'n3', 'n4', 'n5']);
    cluster.wait(60_000);
    expect(stateOf(cluster, 'n4').isDown).toBe(true);
    expect(stateOf(cluster, 'n4').isAgreedDown).toBe(false);
    expect(primaryBy(cluster, 'n4')).toBe('1 6379');
  });

  it('promote the replica that has executed most', () => {
    for (let seed = 0; seed < 5; seed++) {
      const cluster = start(`best-${seed}`);
      cluster.wait(1_000);
      cutAll(cluster, ['n1'], ['n2']);
      for (let count = 0; count < 5; count++) ask(cluster, 'n1', 'INCR n');
      cluster.control.crash(cluster.id('n1'), 'machine', noEffect());
      cluster.wait(20_000);
      expect(primaryBy(cluster, 'n5'), `seed ${seed}`).toBe('3 6379');
      expect(ask(cluster, 'n3', 'GET n')).toBe('5');
    }
  });

  it('vote once in an epoch, restarts included', () => {
    const cluster = start('vote');
    cluster.wait(1_000);
    cluster.control.crash(cluster.id('n1'), 'machine', noEffect());
    cluster.wait(5_800);
    for (const sentinel of ['n4', 'n5', 'n6']) {
      const { votedEpoch } = stateOf(cluster, sentinel).config;
      cluster.control.crash(cluster.id(sentinel), 'machine', noEffect());
      cluster.control.restart(cluster.id(sentinel), noEffect());
      cluster.wait(5);
      expect(stateOf(cluster, sentinel).config.votedEpoch).toBeGreaterThanOrEqual(votedEpoch);
    }
    cluster.wait(60_000);
    const votes = notes(cluster, 'voted').map((line) => line.replace(/candidate: \d+/, ''));
    expect(votes.length).toBeGreaterThan(1);
    expect(new Set(votes).size).toBe(votes.length);
    // The one that led the failover was amid it.
    const named = ['n4', 'n5', 'n6'].map((sentinel) => primaryBy(cluster, sentinel));
    expect(named).toEqual(['2 6379', '2 6379', '2 6379']);
  });

  it('do nothing for a while when their clock has jumped', () => {
    const cluster = start('tilt');
    cluster.wait(1_000);
    for (const sentinel of ['n4', 'n5', 'n6']) {
      cluster.control.jumpClock(cluster.id(sentinel), 3_600_000_000, noEffect());
    }
    cluster.wait(20_000);
    for (const sentinel of ['n4', 'n5', 'n6']) expect(primaryBy(cluster, sentinel)).toBe('1 6379');
    cluster.control.crash(cluster.id('n1'), 'process', noEffect());
    cluster.wait(9_000);
    expect(stateOf(cluster, 'n4').isDown).toBe(false);
    cluster.wait(30_000);
    expect(primaryBy(cluster, 'n4')).not.toBe('1 6379');
  });

  it('see nothing when a primary without files starts again at once: it is empty, and so is everybody', () => {
    const cluster = start('empty', { save: 'off' });
    ask(cluster, 'n1', 'SET k v');
    cluster.wait(1_000);
    cluster.control.crash(cluster.id('n1'), 'process', noEffect());
    cluster.wait(100);
    cluster.control.restart(cluster.id('n1'), noEffect());
    cluster.wait(10_000);
    expect(primaryBy(cluster, 'n4')).toBe('1 6379');
    for (const node of ['n1', 'n2', 'n3']) expect(ask(cluster, node, 'DBSIZE')).toBe(0);
  });
});
