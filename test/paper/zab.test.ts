import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/kernel/ids.ts';
import type { Following } from '../../src/protocols/zab/state.ts';
import { counterOf, epochOf, showZxid, zxidOf } from '../../src/protocols/zab/zxid.ts';
import { appendCommand, n1, n2, n3, register, Stage } from '../support/zab/stage.ts';

const leaderOf = (stage: Stage): NodeId => stage.leaderId() as NodeId;
const others = (stage: Stage): NodeId[] => stage.world.nodes.filter((id) => id !== leaderOf(stage));
const lastOf = (stage: Stage, id: NodeId): string => showZxid(stage.state(id).applied);

describe('a zxid', () => {
  it('holds epoch and counter exactly, and compares as the pair does', () => {
    const all = [[0, 1], [1, 0xffff_ffff], [2, 0], [0x1f_ffff, 0xffff_ffff]] as const;
    const zxids = all.map(([epoch, counter]) => zxidOf(epoch, counter));
    expect(zxids.map((zxid) => [epochOf(zxid), counterOf(zxid)])).toEqual(all);
    expect([...zxids].sort((a, b) => a - b)).toEqual(zxids);
    expect(zxids.every(Number.isSafeInteger)).toBe(true);
  });
});

describe('phase 0, Fast Leader Election', () => {
  it('of equal histories, the highest id is elected, and all others follow it', () => {
    const stage = new Stage();
    stage.settle();
    expect(leaderOf(stage)).toBe(n3);
    expect([n1, n2].map((id) => stage.control.view(id))).toMatchObject([
      { role: 'follower', leader: n3, epoch: 1 }, { role: 'follower', leader: n3, epoch: 1 },
    ]);
  });

  it('whoever has more is preferred, whatever its id', () => {
    const stage = new Stage();
    stage.begin();
    stage.crash(n3);
    stage.settle(2);
    stage.append(1, 2);
    stage.crash(n2);
    stage.restart(n3);
    stage.settle(2);
    expect(leaderOf(stage)).toBe(n1);
    expect(stage.reported).toEqual([]);
  });

  it('a node that comes late joins whom a quorum follows', () => {
    const stage = new Stage();
    stage.pass(1);
    stage.crash(n3);
    stage.settle(2);
    expect(leaderOf(stage)).toBe(n2);
    stage.restart(n3);
    stage.settle();
    expect(leaderOf(stage)).toBe(n2);
    expect(stage.notes.filter(({ event }) => event === 'became-leader')).toHaveLength(1);
  });

  it('asks again after ever longer times while nobody answers', () => {
    const stage = new Stage();
    stage.pass(1);
    stage.crash(n1);
    stage.crash(n2);
    stage.pass(5_000);
    const { role } = stage.state(n3);
    expect(role).toMatchObject({ kind: 'looking', notifyUs: 800_000 });
  });
});

describe('phase 1, discovery', () => {
  it('promises are on the disk before the leader hears of them, and the epoch is above all of them', () => {
    const stage = new Stage();
    stage.settle();
    expect(stage.kinds(n1, n3)).toEqual(['FOLLOWERINFO', 'ACKEPOCH', 'ACK']);
    expect(stage.kinds(n3, n1)).toEqual(['LEADERINFO', 'DIFF', 'NEWLEADER', 'UPTODATE']);
    stage.crash(n3);
    stage.settle(2);
    stage.restart(n3);
    stage.settle();
    const epochs = stage.world.nodes.map((id) => stage.state(id).durable);
    expect(epochs).toMatchObject(Array(3).fill({ acceptedEpoch: 2, currentEpoch: 2 }));
    expect(stage.reported).toEqual([]);
  });
});

describe('phase 2, synchronisation', () => {
  it('DIFF: a follower that lacks a little gets that', () => {
    const stage = new Stage();
    stage.begin();
    stage.crash(n1);
    stage.append(1, 5);
    stage.sent.length = 0;
    stage.restart(n1);
    stage.settle();
    expect(stage.kinds(n3, n1)).toEqual([
      'LEADERINFO', 'DIFF', ...Array<string>(5).fill('PROPOSAL'), 'COMMIT', 'NEWLEADER', 'UPTODATE',
    ]);
    stage.pass(1);
    expect(lastOf(stage, n1)).toBe('1:6');
    expect(stage.state(n1).digest).toBe(stage.state(n3).digest);
  });

  it('SNAP: a follower that lacks more than the committed log gets a snapshot, and what is behind it', () => {
    const stage = new Stage({ options: { snapCount: 4, committedLog: 2 } });
    stage.begin();
    stage.crash(n1);
    stage.append(1, 8);
    stage.sent.length = 0;
    stage.restart(n1);
    stage.settle();
    expect(stage.kinds(n3, n1)).toEqual(['LEADERINFO', 'SNAP', 'PROPOSAL', 'COMMIT', 'NEWLEADER', 'UPTODATE']);
    stage.pass(1);
    expect(stage.state(n1)).toMatchObject({ digest: stage.state(n3).digest, applied: stage.state(n3).applied });
    stage.crash(n1, 'machine-cache');
    stage.restart(n1);
    expect(lastOf(stage, n1)).toBe('1:9'); // All of it was on the disk before it was acknowledged.
  });

  it('TRUNC: what a leader has logged alone is cut off when it comes back', () => {
    const stage = new Stage();
    stage.begin();
    const heal = stage.isolate(n3);
    stage.request(n3, appendCommand(1));
    stage.until(() => stage.leaderId() === n2, 'n2 leads');
    expect(lastOf(stage, n3)).toBe('1:2');
    stage.request(n2, appendCommand(1));
    stage.sent.length = 0;
    heal();
    stage.settle();
    stage.pass(5);
    expect(stage.kinds(n2, n3)).toContain('TRUNC');
    expect(stage.world.nodes.map((id) => lastOf(stage, id))).toEqual(['2:1', '2:1', '2:1']);
    expect(new Set(stage.world.nodes.map((id) => stage.state(id).digest)).size).toBe(1);
    expect(stage.reported).toEqual([]);
  });

  it('the history is on the disk before the epoch is, and the epoch before NEWLEADER is acknowledged', () => {
    const stage = new Stage();
    stage.begin();
    stage.crash(n1);
    stage.append(1, 3);
    stage.crash(n3);
    stage.restart(n1);
    stage.until(() => (stage.state(n1).role as Following).phase === 'writing', 'n1 writes');
    const { synced } = stage.world.process(n1).disk;
    const seen: string[] = [];
    stage.until(() => {
      seen.push(`${synced.log('log').length} ${String(synced.cell('currentEpoch'))}`);
      return (stage.state(n1).role as Following).phase === 'waiting';
    });
    expect([...new Set(seen)]).toEqual(['1 1', '4 1', '4 2']);
  });

  it('what is proposed meanwhile comes behind the history, and is acknowledged behind it', () => {
    const stage = new Stage();
    stage.begin();
    stage.crash(n1);
    stage.restart(n1);
    let value = 0;
    stage.until(() => {
      value += 1;
      stage.request(n3, appendCommand(value));
      return stage.serving().length === 3;
    });
    stage.pass(50);
    expect(stage.world.nodes.map((id) => lastOf(stage, id))).toEqual(Array(3).fill(`1:${value + 1}`));
    expect(stage.reported).toEqual([]);
  });
});

describe('phase 3, broadcast', () => {
  it('a proposal is logged, acknowledged, committed and applied, in that order', () => {
    const stage = new Stage();
    stage.begin();
    stage.sent.length = 0;
    const id = stage.request(n3, appendCommand(1));
    stage.pass(20);
    expect(stage.kinds(n3, n1)).toEqual(['PROPOSAL', 'COMMIT']);
    expect(stage.kinds(n1, n3)).toEqual(['ACK']);
    expect(stage.answers.get(id)).toMatchObject({ kind: 'executed', zxid: zxidOf(1, 2) });
  });

  it('is taken by the leader alone; the others name it', () => {
    const stage = new Stage();
    stage.settle();
    const id = stage.request(n1, register);
    stage.pass(5);
    expect(stage.answers.get(id)).toEqual({ kind: 'not-leader', leader: n3 });
  });

  it('a leader that is alone gives up, and says of what it has proposed that nobody can tell', () => {
    const stage = new Stage();
    stage.begin();
    const heal = stage.isolate(n3);
    const id = stage.request(n3, appendCommand(1));
    stage.until(() => stage.state(n3).role.kind === 'looking', 'it gives up');
    stage.pass(5);
    expect(stage.answers.get(id)).toEqual({ kind: 'leadership-lost' });
    heal();
    stage.settle();
  });

  it('a follower that hears nothing looks for another leader', () => {
    const stage = new Stage();
    stage.settle();
    stage.isolate(n1);
    stage.pass(700);
    expect(stage.state(n1).role.kind).toBe('looking');
    expect(others(stage).map((id) => stage.state(id).role.kind).sort()).toEqual(['following', 'looking']);
  });

  it('a counter that is used up ends the epoch (ZOOKEEPER-1277)', () => {
    const stage = new Stage({ options: { counterMax: 4 } });
    stage.begin();
    stage.append(1, 3);
    const id = stage.request(n3, appendCommand(4));
    stage.until(() => stage.answers.has(id));
    expect(stage.answers.get(id)).toEqual({ kind: 'not-leader', leader: null });
    stage.settle();
    stage.append(4, 4);
    expect(lastOf(stage, leaderOf(stage))).toBe('2:1');
    expect(stage.reported).toEqual([]);
  });

  it('local reads are answered by anybody, from what it has applied', () => {
    const read = (sequence: number): object => (
      { kind: 'execute', session: 1, sequence, acknowledged: 1, operation: { f: 'read', key: 'k', value: null } });
    const stage = new Stage({ options: { reads: 'local' } });
    stage.begin();
    stage.append(1, 1);
    stage.pass(20);
    const heal = stage.isolate(n1);
    stage.append(2, 2);
    const answers = [n1, n3].map((id) => stage.request(id, read(3) as never));
    stage.pass(5);
    const values = answers.map((id) => stage.answers.get(id));
    expect(values).toMatchObject([
      { kind: 'executed', result: { value: [1] } }, { kind: 'executed', result: { value: [1, 2] } },
    ]);
    heal();
  });
});

describe('disks', () => {
  it('a node that finds an empty disk where it had promised takes no part', () => {
    const stage = new Stage();
    stage.begin();
    stage.crash(n1);
    stage.world.process(n1).disk.wipe();
    stage.restart(n1);
    stage.pass(2_000);
    expect(stage.state(n1).isAmnesiac).toBe(true);
    expect(stage.serving()).toEqual([n2, n3]);
  });

  it('all machines crash, and what was acknowledged is there', () => {
    const stage = new Stage({ options: { snapCount: 3, committedLog: 1 } });
    stage.begin();
    stage.append(1, 7);
    for (const id of [n1, n2, n3]) stage.crash(id, 'machine-cache');
    for (const id of [n1, n2, n3]) stage.restart(id);
    stage.settle();
    stage.pass(5);
    expect(stage.world.nodes.map((id) => lastOf(stage, id))).toEqual(['1:8', '1:8', '1:8']);
    expect(stage.reported).toEqual([]);
  });
});
