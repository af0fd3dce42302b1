import { describe, expect, it } from 'vitest';
import type { NodeInit } from '../../../../src/contract/node.ts';
import { zooKeeper } from '../../../../src/protocols/zookeeper/module.ts';
import { ZooKeeperNode } from '../../../../src/protocols/zookeeper/server.ts';
import type { ErrorCode, StandardWatches, WatcherEvent } from '../../../../src/protocols/zookeeper/messages.ts';
import type { Asked } from '../../../../src/protocols/zookeeper/state.ts';
import { APART, type Compared, compare } from '../../../support/zookeeper/comparison.ts';
import type { Watching } from '../../../support/zookeeper/operations.ts';
import { simulatedZooKeeper } from '../../../support/zookeeper/simulated.ts';

const TICK_MS = 1_000;
const OPERATIONS = 2_000;

/** The reference is what others are compared with here, as it is itself with a real service elsewhere. */
function beside(create: (init: NodeInit) => ZooKeeperNode, modes: readonly Watching[] = APART): Promise<Compared> {
  return compare(simulatedZooKeeper(TICK_MS, create), simulatedZooKeeper(TICK_MS), OPERATIONS, TICK_MS, modes);
}

class RefusesToEnd extends ZooKeeperNode {
  protected override refusalOf(asked: Asked): ErrorCode | null {
    return asked.request.kind === 'close-session' && asked.hadMoved ? 'SessionMoved' : super.refusalOf(asked);
  }
}

class ServesWhoHasGone extends ZooKeeperNode {
  protected override hasGone(): boolean {
    return false;
  }
}

class KeepsTimeouts extends ZooKeeperNode {
  protected override timeoutFor(): number {
    return 10 * TICK_MS * 1_000;
  }
}

class TellsOnce extends ZooKeeperNode {
  protected override missedBy(watches: StandardWatches): readonly Pick<WatcherEvent, 'type' | 'path'>[] {
    const due = super.missedBy(watches);
    return due.filter(({ type, path }, at) =>
      due.findIndex((other) => other.type === type && other.path === path) === at);
  }
}

const planted: readonly (readonly [string, (init: NodeInit) => ZooKeeperNode])[] = [
  ['does not let an old server end a session', (init) => new RefusesToEnd(init)],
  ['serves clients of the leader that have gone', (init) => new ServesWhoHasGone(init)],
  ['does not agree on another timeout', (init) => new KeepsTimeouts(init)],
  ['tells once of what is gone for two watches', (init) => new TellsOnce(init)],
  ...['ZS-07', 'ZS-08', 'ZS-12', 'ZS-36'].map((row) => [`is ${row}`, variant(row)] as const),
];

function variant(row: string): (init: NodeInit) => ZooKeeperNode {
  const found = zooKeeper.variants.find((each) => each.row === row);
  if (found?.in !== 'node') throw new Error(`${row} is a defect of nodes`);
  return (init) => found.create(init, () => undefined) as unknown as ZooKeeperNode;
}

describe('the comparison of two services', () => {
  it('finds no difference between a service and itself, and has clients come and go', async () => {
    const { different, counts } = await beside((init) => new ZooKeeperNode(init));
    expect(different).toBeNull();
    for (const what of ['open', 'over', 'closed', 'expire', 'NodeDeleted']) expect(counts.get(what), what).toBeTruthy();
  });

  it.each(planted)('finds one that %s', async (_what, create) => {
    expect((await beside(create)).different).not.toBeNull();
  });

  it('finds ZS-35 where watches of several modes meet, and nowhere else', async () => {
    expect((await beside(variant('ZS-35'))).different).toBeNull();
    expect((await beside(variant('ZS-35'), ['mixed'])).different).not.toBeNull();
  });
});
