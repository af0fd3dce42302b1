import { describe, expect, it } from 'vitest';
import type { Context } from '../../../../src/contract/context.ts';
import { ForwardingContext } from '../../../../src/contract/forwarding-context.ts';
import { ForwardingNode } from '../../../../src/contract/forwarding-node.ts';
import type { Node, NodeInit } from '../../../../src/contract/node.ts';
import { defaultOptions } from '../../../../src/contract/options.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import { nodeId } from '../../../../src/kernel/ids.ts';
import { redis } from '../../../../src/protocols/redis/module.ts';
import { redisInvariants } from '../../../../src/protocols/redis/monitor.ts';
import { SentinelNode } from '../../../../src/protocols/redis/sentinel.ts';
import { listStore } from '../../../../src/services/kv.ts';
import { GENEROUS_LIMITS, SessionMachine } from '../../../../src/services/sessions.ts';
import { redisCluster } from '../../../support/redis/cluster.ts';

const options = {
  ...defaultOptions(redis.options), sentinels: 3, quorum: 2, downAfter: 1_000_000, failoverTimeout: 2_000_000,
};
const nodes = Array.from({ length: 6 }, (_, index) => nodeId(index));
const machine = new SessionMachine(listStore, GENEROUS_LIMITS);

/** What is breached in some runs in which n1 crashes and Sentinels, of this make, start again from their disks. */
function breachedBy(makeSentinel: (init: NodeInit) => Node): Set<string> {
  const found = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const cluster = { nodes, options, machine, nameOf: (node: number) => `n${node + 1}`, monotonicUs: () => 0 };
    const { control, id, wait } = redisCluster(6, options, {
      seed: `breach-${seed}`,
      network: {
        latencyUsMin: 1_000, latencyUsMax: 90_000, lossPerMillion: 50_000, duplicatePerMillion: 0,
        slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
      },
      monitor: redisInvariants.observe(cluster, ({ id: breached }) => found.add(breached)),
      create: (self, disk, isNew, now) => {
        const init: NodeInit = { self, nodes, options: now, machine, isNew, initial: null, disk };
        if (self >= nodes.length) return { state: {} };
        return self < 3 ? redis.create(init) : makeSentinel(init);
      },
    });
    wait(1_000);
    control.crash(id('n1'), 'machine', noEffect());
    for (let round = 0; round < 30; round++) {
      wait(1_100);
      const sentinel = id(`n${4 + round % 3}`);
      control.crash(sentinel, 'machine', noEffect());
      control.restart(sentinel, noEffect());
    }
  }
  return found;
}

class ElectedByOneVote extends SentinelNode {
  protected override isElected(votes: number): boolean {
    return votes >= 1;
  }
}

class VotesAgain extends SentinelNode {
  protected override mayVote(): boolean {
    return true;
  }
}

class UnsyncedContext extends ForwardingContext {
  override persist(): void {}
}

class NeverSyncs extends ForwardingNode {
  protected contextOf(ctx: Context): Context {
    return new UnsyncedContext(ctx);
  }
}

describe('the invariants of Sentinels', () => {
  it('hold for the reference', () => {
    expect(breachedBy((init) => new SentinelNode(init))).toEqual(new Set());
  });

  it('see two Sentinels lead in one epoch, and what comes of it', () => {
    expect(breachedBy((init) => new ElectedByOneVote(init))).toContain('S1');
  });

  it('see a Sentinel vote twice in an epoch', () => {
    expect(breachedBy((init) => new VotesAgain(init))).toContain('S2');
  });

  it('see a vote that is told before it is on the disk', () => {
    expect(breachedBy((init) => new NeverSyncs(new SentinelNode(init)))).toContain('S4');
  });

  it('see two primaries of one configuration epoch', () => {
    const found: string[] = [];
    const cluster = { nodes, options, machine, nameOf: (node: number) => `n${node + 1}`, monotonicUs: () => 0 };
    const monitor = redisInvariants.observe(cluster, ({ id }, text) => found.push(`${id}: ${text}`));
    const head = { dropped: 0, mark: undefined };
    const disk = { cell: () => undefined, log: () => [], head: () => head, room: () => 0 };
    for (const primary of [nodeId(1), nodeId(1), nodeId(2)]) {
      monitor.onSend?.(nodeId(3), nodeId(4), { kind: 'Hello', epoch: 7, configEpoch: 7, primary } as never, disk);
    }
    expect(found).toEqual(['S3: n2 and n3 are primaries by epoch 7']);
  });
});
