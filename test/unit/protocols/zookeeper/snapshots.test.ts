import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import type { Snapshot } from '../../../../src/protocols/zab/state.ts';
import { loadTree } from '../../../../src/protocols/zookeeper/tree/saved.ts';
import { closeWhileWritten, deleteWhileWritten, multiWhileWritten } from '../../../support/zookeeper/fuzzy.ts';
import { Service } from '../../../support/zookeeper/service.ts';

const snapshotOf = (service: Service, id: NodeId): Snapshot | null => service.state(id).durable.snapshot;

describe('a snapshot of a server', () => {
  it.each([
    ['a session ends', closeWhileWritten], ['a child is deleted', deleteWhileWritten],
    ['behind a multi something is set', multiWhileWritten],
  ])('that is written while %s comes to the state of the others, with the log behind it', (_, run) => {
    const { service, follower } = run();
    expect(service.reported).toEqual([]);
    const snapshot = snapshotOf(service, follower);
    const { settledAt } = loadTree(snapshot?.data ?? '');
    expect(settledAt).toBeGreaterThan(snapshot?.zxid ?? Infinity);
    expect(service.state(follower).applied).toBeGreaterThan(settledAt);
    expect(service.state(follower).digest).toBe(service.state(service.leaderId() ?? follower).digest);
  });

  it('is not there before all of it is written, and the next one waits for it', () => {
    const service = new Service({ options: { snapCount: 4, snapshotPiece: 1, snapshotPause: 20_000 } });
    const leader = service.leaderId() ?? service.follower();
    const [client] = service.connected(leader);
    for (const path of ['/a', '/b', '/c']) client?.create(path);
    const begun = service.state(leader).applied;
    client?.create('/d');
    expect(snapshotOf(service, leader)).toBeNull();
    for (let at = 0; at < 10; at++) client?.set('/a', String(at));
    service.pass(200);
    expect(snapshotOf(service, leader)?.zxid).toBe(begun);
  });

  it('that was begun is given up with the role in which it was', () => {
    const service = new Service({ options: { snapCount: 4, snapshotPiece: 1, snapshotPause: 400_000 } });
    const leader = service.leaderId() ?? service.follower();
    const [client] = service.connected(leader);
    for (const path of ['/a', '/b', '/c']) client?.create(path);
    const heal = service.isolate(leader);
    service.until(() => service.state(leader).role.kind === 'looking', 'the leader gives way');
    service.pass(2_000);
    expect(snapshotOf(service, leader)).toBeNull();
    heal();
    service.settle();
    expect(service.reported).toEqual([]);
  });
});
