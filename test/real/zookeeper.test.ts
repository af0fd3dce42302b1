import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compare } from '../support/zookeeper/comparison.ts';
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
    'NotEmpty', 'NoChildrenForEphemerals', 'BadArguments', 'a multi that failed', 'NodeCreated', 'NodeDeleted',
    'NodeDataChanged', 'NodeChildrenChanged',
  ]],
  [COMPARED / 100, ['open', 'closed']],
  [COMPARED / 1_000, ['over']],
  [COMPARED / 5_000, ['expire']],
];

describe('the simulated ZooKeeper beside a real one', () => {
  let real: DrivenService | undefined;
  beforeAll(async () => {
    real = await startZooKeeper(TICK_MS);
  }, MINUTES_10);
  afterAll(() => real?.stop());

  it(`answers ${COMPARED} generated operations alike, and tells of the same events, wherever clients go`, async () => {
    const { different, counts } = await compare(simulatedZooKeeper(TICK_MS), real as DrivenService, COMPARED, TICK_MS);
    console.log(`heard: ${[...counts].map(([what, times]) => `${times} ${what}`).join(', ')}`);
    expect(different).toBeNull();
    for (const [times, all] of EXPECTED) {
      for (const what of all) expect(counts.get(what) ?? 0, what).toBeGreaterThan(times);
    }
  }, MINUTES_10);
});
