import { describe, expect, it } from 'vitest';
import { CORRUPT, EMPTY } from '../../../../src/contract/disk.ts';
import type { NodeInit } from '../../../../src/contract/node.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import { assert } from '../../../../src/kernel/assert.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { zab } from '../../../../src/protocols/zab/module.ts';
import { LOG_FILE, SNAPSHOT_FILE } from '../../../../src/protocols/zab/state.ts';
import type { ZabNode } from '../../../../src/protocols/zab/zab.ts';
import { showZxid, zxidOf } from '../../../../src/protocols/zab/zxid.ts';
import type { DiskFile } from '../../../../src/world/disk.ts';
import { appendCommand, n1, n3, Stage } from '../../../support/zab/stage.ts';

const roomOf = (stage: Stage, id: NodeId): number => stage.world.process(id).disk.written.room(LOG_FILE);

/** What a node has in its log, as it knows it. */
const ended = (stage: Stage, id: NodeId): string =>
  showZxid(stage.state(id).durable.log.entries.at(-1)?.zxid ?? 0);

/** Leaves `lost` out of a log that is not in use, and `behind` behind it, as a crash may. */
function leaveHole(stage: Stage, id: NodeId, lost: readonly number[], behind: readonly number[]): void {
  const { disk } = stage.world.process(id);
  const write = (counters: readonly number[], how: 'completeSync' | 'failSync'): void => {
    const running: DiskFile[] = [];
    const start = (file: DiskFile): void => { running.push(file); };
    for (const counter of counters) {
      disk.append(LOG_FILE, { zxid: zxidOf(1, counter), timeUs: 0, command: appendCommand(counter) });
    }
    disk.requestSync(start);
    for (const file of running) disk[how](file, start);
  };
  write(lost, 'failSync');
  write(behind, 'completeSync');
}

/** n1 has five transactions on its disk and died as it wrote 1:6 and 1:7, of which the second is there. */
function withHole(create?: (init: NodeInit) => ZabNode): Stage {
  const stage = new Stage(create === undefined ? {} : { create });
  stage.begin();
  stage.append(1, 4);
  stage.crash(n1);
  leaveHole(stage, n1, [6], [7]);
  stage.crash(n1, 'machine-cache');
  return stage;
}

describe('the log of a node', () => {
  it('is made longer by a block before it would run over, with the transaction that has no place', () => {
    const stage = new Stage({ options: { preAllocSize: 4 } });
    stage.begin();
    const rooms: number[] = [roomOf(stage, n1)];
    for (let value = 1; value <= 5; value += 1) {
      stage.append(value, value);
      stage.pass(20);
      rooms.push(roomOf(stage, n1));
      expect(stage.state(n1).durable.log.room).toBe(roomOf(stage, n1));
    }
    expect(rooms).toEqual([3, 2, 1, 0, 3, 2]);
    expect(stage.world.process(n1).disk.synced.room(LOG_FILE)).toBe(2);
  });

  it('is not allocated ahead where the block has no size', () => {
    const stage = new Stage({ options: { preAllocSize: 0 } });
    stage.begin();
    stage.append(1, 3);
    expect([roomOf(stage, n1), stage.state(n1).durable.log.room]).toEqual([0, 0]);
    expect((stage.world.traceLines() ?? []).filter((line) => line.includes('allocate'))).toEqual([]);
  });

  it('goes on in its block when the node is back', () => {
    const stage = new Stage();
    stage.begin();
    stage.append(1, 4);
    stage.crash(n1);
    stage.restart(n1);
    stage.settle();
    expect([roomOf(stage, n1), stage.state(n1).durable.log.room]).toEqual([59, 59]);
    stage.append(5, 5);
    stage.pass(20);
    const allocations = (stage.world.traceLines() ?? []).filter((line) => line === '  allocate log 64');
    expect(allocations).toHaveLength(3);
  });

  it('loses what is left of its block with what TRUNC cuts off, and gets another one', () => {
    const stage = new Stage();
    stage.begin();
    stage.append(1, 3);
    const mend = stage.isolate(n3);
    stage.request(n3, appendCommand(4));
    stage.until(() => stage.leaderId() === null, 'n3 gives way');
    stage.settle(2);
    mend();
    stage.until(() => stage.notes.some(({ node, event }) => node === n3 && event === 'truncated'), 'a cut');
    expect([stage.state(n3).durable.log.room, roomOf(stage, n3)]).toEqual([0, 0]);
    stage.settle();
    stage.append(4, 4);
    stage.pass(20);
    expect([stage.state(n3).durable.log.room, roomOf(stage, n3)]).toEqual([63, 63]);
  });

  it('has its block behind what a snapshot stands for', () => {
    const stage = new Stage({ options: { preAllocSize: 8, snapCount: 4, committedLog: 1 } });
    stage.begin();
    stage.append(1, 9);
    stage.pass(50);
    const { log } = stage.state(n1).durable;
    expect([log.dropped + log.entries.length, log.room, roomOf(stage, n1)]).toEqual([10, 6, 6]);
    expect(log.dropped).toBeGreaterThan(4);
  });
});

describe('a node that finds an empty place in its log', () => {
  it('reads no further, and cuts off what is behind it before it takes part', () => {
    const stage = withHole();
    expect(stage.world.process(n1).disk.written.log(LOG_FILE).indexOf(EMPTY)).toBe(5);
    stage.restart(n1);
    expect([ended(stage, n1), stage.state(n1).isAmnesiac]).toEqual(['1:5', false]);
    expect([stage.state(n1).durable.log.room, roomOf(stage, n1)]).toEqual([0, 0]);
    stage.settle();
    stage.append(5, 7);
    stage.pass(20);
    const { disk } = stage.world.process(n1);
    expect(disk.synced.log(LOG_FILE)).toHaveLength(8);
    expect(disk.synced.log(LOG_FILE)).not.toContain(EMPTY);
    stage.crash(n1, 'machine-cache');
    stage.restart(n1);
    expect(ended(stage, n1)).toBe('1:8');
    expect(stage.reported).toEqual([]);
  });

  it('drops it with all the rest where a snapshot stands for more, and goes on in its block', () => {
    const stage = new Stage({ options: { snapCount: 4, committedLog: 1_000 } });
    stage.begin();
    stage.append(1, 2);
    stage.crash(n1);
    stage.append(3, 8);
    leaveHole(stage, n1, [4], [5]);
    stage.crash(n1, 'machine-cache');
    const { disk } = stage.world.process(n1);
    disk.put(SNAPSHOT_FILE, stage.world.process(n3).disk.synced.cell(SNAPSHOT_FILE));
    stage.restart(n1);
    expect(stage.state(n1).durable.log).toEqual({ base: zxidOf(1, 8), dropped: 5, entries: [], room: 59 });
    expect([roomOf(stage, n1), disk.written.head(LOG_FILE).dropped]).toEqual([59, 5]);
  });

  it('would not find again what it has acknowledged, were the rest not cut off', () => {
    const variant = zab.variants.find(({ row }) => row === 'ZB-28');
    assert(variant?.in === 'node', 'ZB-28 is a defect of nodes');
    let fired = 0;
    const stage = withHole((init) => variant.create(init, () => { fired += 1; }) as ZabNode);
    stage.restart(n1);
    stage.settle();
    stage.append(5, 7);
    stage.pass(20);
    expect(fired).toBe(1);
    expect(stage.texts).toEqual(['Z17: n1 acknowledges 1:6, but its disk does not']);
    stage.crash(n1, 'machine-cache');
    stage.restart(n1);
    expect(ended(stage, n1)).toBe('1:5');
  });

  it('cuts off a torn transaction that nothing stands behind, and no other', () => {
    const stage = withHole();
    const { disk } = stage.world.process(n1);
    expect(disk.corrupt({ file: LOG_FILE, index: 5, pick: () => 0 })).not.toBeNull();
    stage.restart(n1);
    expect([ended(stage, n1), stage.state(n1).isAmnesiac]).toEqual(['1:4', false]);
    const other = withHole();
    const synced = other.world.process(n1).disk;
    synced.corrupt({ file: LOG_FILE, index: 4, pick: () => 0 });
    other.restart(n1);
    expect(other.state(n1).isAmnesiac).toBe(true);
    expect(synced.written.log(LOG_FILE)).toContain(CORRUPT);
  });
});

describe('a leader whose log cannot be made longer', () => {
  it('gives way: there is no room for the block', () => {
    const stage = new Stage({ options: { preAllocSize: 4 } });
    stage.begin();
    stage.append(1, 3);
    stage.pass(20);
    expect(roomOf(stage, n3)).toBe(0);
    stage.control.setFull(n3, true, noEffect());
    stage.request(n3, appendCommand(4));
    stage.until(() => stage.world.process(n3).node === null, 'the end of n3');
    expect([roomOf(stage, n3), stage.world.process(n3).disk.synced.log(LOG_FILE).length]).toEqual([0, 4]);
    stage.settle(2);
    expect(stage.leaderId()).not.toBe(n3);
    expect(stage.reported).toEqual([]);
  });
});
