import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Node, NodeInit } from '../../src/contract/node.ts';
import { zooKeeper } from '../../src/protocols/zookeeper/module.ts';
import { ZooKeeperNode } from '../../src/protocols/zookeeper/server.ts';
import type { ZooKeeperState } from '../../src/protocols/zookeeper/state.ts';
import { APART, compare } from '../support/zookeeper/comparison.ts';
import type { DrivenService } from '../support/zookeeper/heard.ts';
import { simulatedZooKeeper } from '../support/zookeeper/simulated.ts';
import { startZooKeeper } from './zookeeper-servers.ts';

const COMPARED = 20_000;
const TICK_MS = 1_000;
const MINUTES_10 = 600_000;

/** What has to have been heard, or waited for, more often than this. */
const EXPECTED: readonly (readonly [number, readonly string[]])[] = [
  [COMPARED / 2_000, [
    'create', 'delete', 'set', 'get', 'exists', 'children', 'multi', 'close', 'NoNode', 'NodeExists', 'BadVersion',
    'NotEmpty', 'BadArguments', 'a multi that failed', 'NodeCreated', 'NodeDeleted',
    'NodeDataChanged', 'NodeChildrenChanged', 'add-watch', 'remove-watches', 'NoWatcher',
  ]],
  [COMPARED / 100, ['open', 'closed']],
  [COMPARED / 1_000, ['over']],
  [COMPARED / 5_000, ['expire', 'NoChildrenForEphemerals']],
];

/** ZOOKEEPER-4466: 3.8.0 has one watch of a client and a path, as only a defect has it here. */
const WATCHES = [
  ['one mode in each session', APART, (init: NodeInit) => new ZooKeeperNode(init)],
  ['all modes, and the defect that 3.8.0 has', ['mixed'] as const, oneModeAPath],
] as const;

function oneModeAPath(init: NodeInit): Node<ZooKeeperState> {
  const variant = zooKeeper.variants.find(({ row }) => row === 'ZS-35');
  if (variant?.in !== 'node') throw new Error('ZS-35 is a defect of nodes');
  return variant.create(init, () => undefined) as Node<ZooKeeperState>;
}

describe('the simulated ZooKeeper beside a real one', () => {
  let real: DrivenService | undefined;
  beforeEach(async () => {
    real = await startZooKeeper(TICK_MS);
  }, MINUTES_10);
  afterEach(() => real?.stop());

  it.each(WATCHES)(`answers ${COMPARED} generated operations alike, and tells of the same events, wherever clients go, `
    + 'with watches of %s', async (_what, modes, create) => {
    const simulated = simulatedZooKeeper(TICK_MS, create);
    const { different, counts } = await compare(simulated, real as DrivenService, COMPARED, TICK_MS, modes);
    console.log(`heard: ${[...counts].map(([what, times]) => `${times} ${what}`).join(', ')}`);
    expect(different).toBeNull();
    for (const [times, all] of EXPECTED) {
      for (const what of all) expect(counts.get(what) ?? 0, what).toBeGreaterThan(times);
    }
  }, MINUTES_10);
});
