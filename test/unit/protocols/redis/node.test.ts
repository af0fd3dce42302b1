import { describe, expect, it } from 'vitest';
import type { ClientRequest } from '../../../../src/contract/client.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import { RELEASE_LOCK } from '../../../../src/protocols/redis/messages.ts';
import { type Cluster, redisCluster, said } from '../../../support/redis/cluster.ts';

/** A crash of n1, and its restart at once. */
function restart({ control, id, wait }: Cluster, kind: 'process' | 'machine', downMs = 1): void {
  control.crash(id('n1'), kind, noEffect());
  wait(downMs);
  control.restart(id('n1'), noEffect());
  wait(10);
}

const ask = (cluster: Cluster, command: string): unknown => said(cluster.ask('n1', command));

/** In how many of 20 runs a key that was set and answered is there after a crash `afterMs` later. */
function kept(appendfsync: string, kind: 'process' | 'machine', afterMs: number): number {
  let count = 0;
  for (let seed = 0; seed < 20; seed++) {
    const cluster = redisCluster(1, { appendfsync, save: 'off' }, { seed: `kept-${seed}` });
    expect(ask(cluster, 'SET k v')).toBe('OK');
    cluster.wait(afterMs);
    restart(cluster, kind);
    if (ask(cluster, 'GET k') === 'v') count += 1;
  }
  return count;
}

describe('a node', () => {
  it('answers in the words of Redis, to the client that asked', () => {
    const cluster = redisCluster(1);
    expect(ask(cluster, 'SET k v NX PX 30000')).toBe('OK');
    expect(ask(cluster, 'SET k w NX')).toBeNull();
    expect(ask(cluster, 'GET k')).toBe('v');
    expect(ask(cluster, 'LPUSH k v')).toMatch(/^ERR unknown command/);
  });

  it('executes a copy of a request once', () => {
    const { world, id, ask: askIt, wait } = redisCluster(1);
    const client = world.clients[0] as NodeId;
    const request: ClientRequest = {
      kind: 'ClientRequest', client, id: 77, command: { kind: 'call', args: ['INCR', 'n'] },
    };
    for (let copy = 0; copy < 3; copy++) world.deliverAfter(1_000 + copy, client, id('n1'), request);
    wait(5);
    expect(said(askIt('n1', 'INCR n'))).toBe(2);
  });

  it('deletes what has expired without being asked', () => {
    const cluster = redisCluster(1);
    for (let key = 0; key < 50; key++) ask(cluster, `SET k${key} v PX 50`);
    expect(ask(cluster, 'DBSIZE')).toBeGreaterThan(0);
    cluster.wait(1_000);
    expect(ask(cluster, 'DBSIZE')).toBe(0);
    const lazy = redisCluster(1, { hz: 0 });
    ask(lazy, 'SET k v PX 50');
    lazy.wait(1_000);
    expect(ask(lazy, 'DBSIZE')).toBe(1);
    expect(ask(lazy, 'GET k')).toBeNull();
  });

  it('goes by its wall clock, whichever way that jumps', () => {
    const cluster = redisCluster(1);
    ask(cluster, 'SET k v PX 10000');
    cluster.control.jumpClock(cluster.id('n1'), -3_600_000_000, noEffect());
    cluster.wait(60_000);
    expect(ask(cluster, 'GET k')).toBe('v');
    cluster.control.jumpClock(cluster.id('n1'), 3_600_000_000, noEffect());
    expect(ask(cluster, 'GET k')).toBeNull();
  });
});

describe('after a restart', () => {
  it('a node without files is empty, and has forgotten its scripts', () => {
    const cluster = redisCluster(1, { save: 'off' });
    ask(cluster, 'SET k v');
    const hash = said(cluster.askArgs('n1', ['SCRIPT', 'LOAD', RELEASE_LOCK]));
    expect(ask(cluster, `EVALSHA ${hash} 1 k w`)).toBe(0);
    restart(cluster, 'process');
    expect(ask(cluster, 'DBSIZE')).toBe(0);
    expect(ask(cluster, `EVALSHA ${hash} 1 k w`)).toMatch(/^NOSCRIPT/);
  });

  it.each([
    // What was written is in the cache of the machine, which outlives the process.
    ['always', 'process', 0, 20, 20],
    ['everysec', 'process', 0, 20, 20],
    ['no', 'process', 0, 20, 20],
    ['off', 'process', 0, 0, 0],
    ['always', 'machine', 0, 20, 20],
    ['everysec', 'machine', 0, 1, 19],
    ['everysec', 'machine', 1_100, 20, 20],
    ['no', 'machine', 1_100, 1, 19],
    ['no', 'machine', 31_000, 20, 20],
  ] as const)('with appendfsync: %s, a crash of the %s %d ms after an answer keeps it in %d to %d of 20 runs', (
    appendfsync, kind, afterMs, min, max,
  ) => {
    const count = kept(appendfsync, kind, afterMs);
    expect(count).toBeGreaterThanOrEqual(min);
    expect(count).toBeLessThanOrEqual(max);
  });

  it('with appendfsync: always, an answer takes as long as a sync', () => {
    const synced = redisCluster(1, { appendfsync: 'always' });
    const written = redisCluster(1, { appendfsync: 'everysec' });
    expect(said(synced.ask('n1', 'SET k v', 3))).toBe('no answer');
    expect(said(written.ask('n1', 'SET k v', 3))).toBe('OK');
  });

  it('a lock is over when it would have been over, however long the node was down', () => {
    const cluster = redisCluster(1, { appendfsync: 'always' });
    ask(cluster, 'SET k v PX 1000');
    restart(cluster, 'machine', 400);
    expect(ask(cluster, 'PTTL k')).toBeLessThan(600);
    restart(cluster, 'machine', 1_000);
    expect(ask(cluster, 'GET k')).toBeNull();
  });

  it('the last save point is what a node without an append-only file has', () => {
    const cluster = redisCluster(1, { save: 'one', saveAfter: 5_000_000, saveChanges: 2 });
    ask(cluster, 'SET a 1');
    cluster.wait(6_000);
    ask(cluster, 'SET b 1 PX 3000');
    cluster.wait(200);
    ask(cluster, 'SET c 1');
    restart(cluster, 'process');
    expect(ask(cluster, 'EXISTS a b')).toBe(2);
    expect(ask(cluster, 'EXISTS c')).toBe(0);
    // Its time passes while the node is down.
    restart(cluster, 'machine', 4_000);
    expect(ask(cluster, 'DBSIZE')).toBe(1);
  });

  it('an append-only file that was rewritten says the same', () => {
    const cluster = redisCluster(1, { appendfsync: 'always' });
    for (let count = 0; count < 1_100; count++) cluster.ask('n1', 'INCR n');
    ask(cluster, 'SET k v');
    restart(cluster, 'machine');
    expect(ask(cluster, 'GET n')).toBe('1100');
    expect(ask(cluster, 'GET k')).toBe('v');
    expect(cluster.world.process(cluster.id('n1')).disk.written.log('aof').length).toBeLessThan(200);
  });

  it('a file that is torn at its end is cut there, and one that is corrupt before it keeps the node out', () => {
    const cluster = redisCluster(1, { appendfsync: 'everysec' });
    ask(cluster, 'SET a 1');
    cluster.wait(1_100);
    for (const key of ['b', 'c', 'd']) ask(cluster, `SET ${key} 1`);
    cluster.control.crashTorn(cluster.id('n1'), noEffect());
    cluster.control.restart(cluster.id('n1'), noEffect());
    cluster.wait(10);
    expect(ask(cluster, 'EXISTS a d')).toBe(1);
    ask(cluster, 'SET e 1');
    cluster.wait(1_100);
    restart(cluster, 'machine');
    expect(ask(cluster, 'EXISTS a e')).toBe(2);
    cluster.control.corruptEntry(cluster.id('n1'), { file: 'aof', index: 1, pick: () => 0 }, noEffect());
    restart(cluster, 'process');
    expect(ask(cluster, 'GET a')).toBe('no answer');
  });

  it('a node with a delayed start answers nobody until that is over, but for its first start', () => {
    const cluster = redisCluster(1, { startDelay: 11_000_000, appendfsync: 'off' });
    expect(ask(cluster, 'SET k v PX 10000')).toBe('OK');
    restart(cluster, 'machine');
    cluster.wait(10_700);
    expect(ask(cluster, 'SET k w NX')).toBe('no answer');
    cluster.wait(300);
    expect(ask(cluster, 'SET k w NX')).toBe('OK');
  });
});

describe('memory that runs out', () => {
  it('takes the keys that expire next, at the primary and then at its replicas', () => {
    const cluster = redisCluster(2, { maxmemoryKeys: 3, maxmemoryPolicy: 'volatile-ttl' });
    cluster.wait(1_000);
    ask(cluster, 'SET lock a NX PX 30000');
    ask(cluster, 'SET late b NX PX 60000');
    for (const key of ['x', 'y']) expect(ask(cluster, `SET ${key} 1`)).toBe('OK');
    // Four are one too many, which is seen before the next command.
    expect(ask(cluster, 'EXISTS lock late x y')).toBe(3);
    expect(ask(cluster, 'SET lock c NX PX 30000')).toBe('OK');
    expect(ask(cluster, 'GET late')).toBe('b');
    expect(ask(cluster, 'GET lock')).toBeNull();
    cluster.wait(100);
    expect(said(cluster.ask('n2', 'EXISTS lock late x y'))).toBe(3);
    ask(cluster, 'DEL late');
    // Keys without a time stay: there is no memory left.
    ask(cluster, 'SET z 1');
    expect(ask(cluster, 'DBSIZE')).toBe(3);
    ask(cluster, 'SET w 1');
    expect(ask(cluster, 'SET v 1')).toMatch(/^OOM/);
    expect(ask(cluster, 'DBSIZE')).toBe(4);
  });

  it('takes as many as there are too many when the limit is lowered', () => {
    const cluster = redisCluster(1);
    for (const ttl of [30_000, 10_000, 20_000, 50_000, 40_000]) ask(cluster, `SET k${ttl} v PX ${ttl}`);
    cluster.control.setOptions({ maxmemoryKeys: 2, maxmemoryPolicy: 'volatile-ttl' }, noEffect());
    cluster.wait(1);
    expect(ask(cluster, 'DBSIZE')).toBe(2);
    expect(ask(cluster, 'EXISTS k50000 k40000')).toBe(2);
  });

  it('refuses what would add to it where no key may go', () => {
    const cluster = redisCluster(1, { maxmemoryKeys: 1 });
    for (const key of ['a', 'b']) expect(ask(cluster, `SET ${key} 1 PX 30000`)).toBe('OK');
    expect(ask(cluster, 'SET c 1')).toMatch(/^OOM/);
    expect(ask(cluster, 'GET a')).toBe('1');
    expect(ask(cluster, 'DEL a')).toBe(1);
    expect(ask(cluster, 'SET c 1')).toBe('OK');
  });
});

describe('options that change while a node runs', () => {
  it('begin an append-only file with what the keys hold', () => {
    const cluster = redisCluster(1, { appendfsync: 'off', save: 'off' });
    ask(cluster, 'SET a 1');
    cluster.control.setOptions({ appendfsync: 'always' }, noEffect());
    cluster.wait(10);
    ask(cluster, 'SET b 1');
    restart(cluster, 'machine');
    expect(ask(cluster, 'EXISTS a b')).toBe(2);
  });
});
