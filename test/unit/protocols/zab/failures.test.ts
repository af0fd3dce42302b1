import { describe, expect, it } from 'vitest';
import { CORRUPT, EMPTY } from '../../../../src/contract/disk.ts';
import type { NodeInit } from '../../../../src/contract/node.ts';
import type { Options } from '../../../../src/contract/options.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import { assert } from '../../../../src/kernel/assert.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { zab } from '../../../../src/protocols/zab/module.ts';
import { ACCEPTED_EPOCH_FILE, CURRENT_EPOCH_FILE, LOG_FILE } from '../../../../src/protocols/zab/state.ts';
import type { ZabNode } from '../../../../src/protocols/zab/zab.ts';
import { zxidOf } from '../../../../src/protocols/zab/zxid.ts';
import { runProfile, safetyFinds } from '../../../support/profiles.ts';
import { appendCommand, n1, n3, Stage } from '../../../support/zab/stage.ts';

const isUp = (stage: Stage, id: NodeId): boolean => stage.world.process(id).node !== null;

/** n3 has logged 1:5 alone, n2 leads in epoch 2, and n3 is about to hear of it. */
function withTail(): Stage {
  const stage = new Stage({ options: { committedLog: 1_000 } });
  stage.begin();
  stage.append(1, 3);
  const mend = stage.isolate(n3);
  stage.request(n3, appendCommand(4));
  stage.until(() => stage.leaderId() === null, 'n3 gives way');
  stage.settle(2);
  mend();
  return stage;
}

describe('a node whose log cannot be cut', () => {
  it('goes down before it writes behind what it meant to cut, and cuts it when it is back', () => {
    const stage = withTail();
    stage.until(() => stage.notes.some(({ node, event }) => node === n3 && event === 'truncated'), 'a cut');
    stage.control.setFull(n3, true, noEffect());
    stage.until(() => !isUp(stage, n3), 'the end of n3');
    const { disk } = stage.world.process(n3);
    expect(disk.synced.log(LOG_FILE)).toHaveLength(5);
    expect(disk.synced.cell(CURRENT_EPOCH_FILE)).toBe(1);
    // As long as there is no room, it gets no further.
    stage.restart(n3);
    stage.until(() => !isUp(stage, n3), 'the end of n3, once more');
    stage.control.setFull(n3, false, noEffect());
    stage.restart(n3);
    stage.settle();
    expect(disk.synced.log(LOG_FILE)).toHaveLength(4);
    expect(disk.synced.cell(CURRENT_EPOCH_FILE)).toBe(2);
    expect(stage.reported).toEqual([]);
  });

  it('has the cut synced by itself, before what comes behind it', () => {
    const stage = withTail();
    stage.until(() => stage.notes.some(({ node, event }) => node === n3 && event === 'truncated'), 'a cut');
    stage.pass(2);
    const { synced } = stage.world.process(n3).disk;
    expect(synced.log(LOG_FILE)).toHaveLength(4);
    expect(synced.cell(CURRENT_EPOCH_FILE)).toBe(1);
  });
});

describe('a leader whose disk fails', () => {
  it('leads no more, and another one has all that was committed', () => {
    const stage = new Stage();
    stage.begin();
    stage.append(1, 3);
    stage.control.failSyncs(n3, 1, noEffect());
    const id = stage.request(n3, appendCommand(4));
    stage.until(() => !isUp(stage, n3), 'the end of n3');
    stage.settle(2);
    expect(stage.leaderId()).not.toBe(n3);
    expect(stage.state(stage.leaderId() as NodeId).applied).toBeGreaterThanOrEqual(zxidOf(1, 4));
    expect(stage.answers.get(id)?.kind ?? 'none').not.toBe('not-leader');
    expect(stage.reported).toEqual([]);
  });
});

describe('a node that was killed before it heard that a sync had failed', () => {
  /** n1 finds 1:5 in its cache and acknowledges it: the leader counts it, and Z17 tells. Its disk does not have it. */
  function withHole(hole: unknown, options: Partial<Options>, create?: (init: NodeInit) => ZabNode): Stage {
    const stage = new Stage(create === undefined ? { options } : { options, create });
    stage.begin();
    stage.append(1, 3);
    const { disk } = stage.world.process(n1);
    stage.control.failSyncs(n1, 1, noEffect());
    stage.request(n3, appendCommand(4));
    stage.until(() => disk.written.log(LOG_FILE).length === 5, 'a write');
    stage.crash(n1);
    stage.pass(20);
    stage.restart(n1);
    stage.settle();
    stage.append(5, 6);
    stage.pass(20);
    expect([disk.synced.log(LOG_FILE).length, disk.synced.log(LOG_FILE).indexOf(hole)]).toEqual([7, 4]);
    expect(stage.texts).toEqual(['Z17: n1 acknowledges 1:5, but its disk does not']);
    stage.crash(n1, 'machine-cache');
    stage.restart(n1);
    stage.pass(5);
    return stage;
  }

  it('takes no part any more once it finds the hole: that may be what it has acknowledged', () => {
    const stage = withHole(CORRUPT, { preAllocSize: 0 });
    expect(stage.state(n1).isAmnesiac).toBe(true);
    stage.pass(200);
    expect(stage.serving()).not.toContain(n1);
  });

  it('would have forgotten it, were the hole the end of its log', () => {
    const skips = zab.variants.find(({ row }) => row === 'ZB-26');
    assert(skips?.in === 'node', 'ZB-26 is a defect of nodes');
    const create = (init: NodeInit): ZabNode => skips.create(init, () => undefined) as ZabNode;
    const stage = withHole(CORRUPT, { preAllocSize: 0 }, create);
    expect(stage.state(n1).durable.log.entries.at(-1)?.zxid).toBe(zxidOf(1, 4));
  });

  // A crash leaves the same of what nobody was told of, and would then take a node out that has lost nothing.
  it('has forgotten it where the log is allocated ahead: there, the hole looks like the end', () => {
    const stage = withHole(EMPTY, { preAllocSize: 64 });
    expect(stage.state(n1).isAmnesiac).toBe(false);
    expect(stage.state(n1).durable.log.entries.at(-1)?.zxid).toBe(zxidOf(1, 4));
  });
});

describe('a node that has promised a later epoch than there is', () => {
  it('asks now and then whether there is another leader, and joins that', () => {
    const stage = new Stage();
    stage.begin();
    stage.crash(n1);
    stage.world.process(n1).disk.put(ACCEPTED_EPOCH_FILE, 5);
    stage.restart(n1);
    const before = stage.notes.length;
    stage.pass(4_000);
    const looks = stage.notes.slice(before).filter(({ node, event }) => node === n1 && event === 'looking');
    expect(looks.length).toBeGreaterThan(1);
    expect(looks.length).toBeLessThan(10);
    stage.crash(n3);
    stage.settle(2);
    expect(stage.leader().epoch).toBe(6);
    expect(stage.reported).toEqual([]);
  });
});

describe('a leader of an earlier epoch that is established late', () => {
  // n1 hears the last ACK of epoch 12 when epoch 13 has committed already.
  it('need not have what a later epoch has committed', () => {
    const result = runProfile('swarm', null, '565', {}, 'zab');
    expect(safetyFinds(result)).toEqual([]);
    expect(result.outcome).toBe('pass');
  });
});
