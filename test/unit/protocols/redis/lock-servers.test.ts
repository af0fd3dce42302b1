import { describe, expect, it } from 'vitest';
import { defaultOptions } from '../../../../src/contract/options.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import { execute } from '../../../../src/protocols/redis/commands.ts';
import { redisLockServers } from '../../../../src/protocols/redis/lock-servers.ts';
import { redis } from '../../../../src/protocols/redis/module.ts';
import type { RedisState } from '../../../../src/protocols/redis/state.ts';
import { type Cluster, redisCluster, said } from '../../../support/redis/cluster.ts';

type State = Parameters<typeof redisLockServers.isGranting>[0];

const stateOf = ({ world, id }: Cluster, node: string): State => world.process(id(node)).node?.state as State;
const granting = (cluster: Cluster, nodes: number): string[] =>
  Array.from({ length: nodes }, (_, index) => `n${index + 1}`)
    .filter((node) => redisLockServers.isGranting(stateOf(cluster, node)));

describe('Redis as lock servers', () => {
  it('are the primaries: no replicas, and no Sentinels', () => {
    expect(granting(redisCluster(5, { sentinels: 2 }), 5)).toEqual(['n1']);
    expect(granting(redisCluster(5, { layout: 'independent' }), 5)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5']);
  });

  it('include a primary that was deposed and does not know it', () => {
    const cluster = redisCluster(3);
    cluster.control.order(cluster.id('n2'), { kind: 'promote', nodes: [] }, noEffect());
    cluster.wait(1);
    expect(granting(cluster, 3)).toEqual(['n1', 'n2']);
    cluster.control.order(cluster.id('n1'), { kind: 'follow', nodes: [cluster.id('n2')] }, noEffect());
    cluster.wait(1);
    expect(granting(cluster, 3)).toEqual(['n2']);
  });

  it('do not include one that stays out', () => {
    const cluster = redisCluster(1, { startDelay: 5_000_000 });
    cluster.control.crash(cluster.id('n1'), 'process', noEffect());
    cluster.control.restart(cluster.id('n1'), noEffect());
    cluster.wait(4_900);
    expect(granting(cluster, 1)).toEqual([]);
    cluster.wait(200);
    expect(granting(cluster, 1)).toEqual(['n1']);
  });

  it('show the owner for exactly as long as they refuse others', () => {
    const cluster = redisCluster(1, { hz: 0 });
    const state = stateOf(cluster, 'n1') as RedisState;
    expect(redisLockServers.entryOf(state, 'k')).toBeNull();
    cluster.ask('n1', 'SET k a NX PX 50');
    const { owner, untilWallUs } = redisLockServers.entryOf(state, 'k') ?? {};
    expect(owner).toBe('a');
    const take = (wallUs: number): unknown => said(execute(state.store, ['SET', 'k', 'b', 'NX'], wallUs).reply);
    expect(take(untilWallUs as number - 1)).toBeNull();
    expect(take(untilWallUs as number)).toBe('OK');
    expect(redisLockServers.entryOf(state, 'k')).toEqual({ owner: 'b', untilWallUs: null });
  });

  it('have to agree by a majority when they are independent, and one is enough when they are not', () => {
    const options = defaultOptions(redis.options);
    const independent = { ...options, layout: 'independent' };
    expect([1, 2, 3, 4, 5].map((nodes) => redisLockServers.quorum(nodes, independent))).toEqual([1, 2, 2, 3, 3]);
    expect(redisLockServers.quorum(5, { ...independent, sentinels: 2 })).toBe(2);
    expect(redisLockServers.quorum(5, options)).toBe(1);
  });
});
