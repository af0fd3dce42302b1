import { beforeEach, describe, expect, it } from 'vitest';
import { type NodeId, nodeId } from '../../src/kernel/ids.ts';
import { ballotOf } from '../../src/protocols/multi-paxos/ballot.ts';
import { layoutOf } from '../../src/protocols/multi-paxos/initial.ts';
import type { PaxosMessage } from '../../src/protocols/multi-paxos/messages.ts';
import { appendCommand, Cluster, command, n1, n2, n3, n4, n5, register } from '../support/multi-paxos/harness.ts';

const upTo = (count: number): NodeId[] => Array.from({ length: count }, (_, at) => nodeId(at));

describe('who proposes, and who accepts', () => {
  const apart = { isApart: true, proposers: 2 };

  it('are the same where roles are together, or there is one node', () => {
    const together = { proposers: null, acceptors: upTo(3) };
    expect(layoutOf({ nodes: upTo(3), initial: null }, { isApart: false, proposers: 2 })).toEqual(together);
    expect(layoutOf({ nodes: upTo(1), initial: null }, apart)).toEqual({ proposers: null, acceptors: upTo(1) });
  });

  it.each([
    [2, [n1], [n2]], [3, [n1], [n2, n3]], [4, [n1, n2], [n3, n4]], [5, [n1, n2], [n3, n4, n5]],
  ])('share %i nodes, of which half accept', (size, proposers, acceptors) => {
    expect(layoutOf({ nodes: upTo(size), initial: null }, apart)).toEqual({ proposers, acceptors });
  });

  it('are apart as the scenario says who accepts', () => {
    const initial = { acceptors: ['n1', 'n3'] };
    expect(layoutOf({ nodes: upTo(5), initial }, apart)).toEqual({ proposers: [n2, n4], acceptors: [n1, n3] });
    const all = { acceptors: ['n1', 'n2', 'n3'] };
    expect(layoutOf({ nodes: upTo(3), initial: all }, apart)).toEqual({ proposers: [n1], acceptors: [n2, n3] });
  });
});

describe('PMMC, section 2: leaders and acceptors in processes of their own', () => {
  let cluster: Cluster;

  beforeEach(() => {
    cluster = new Cluster({ size: 5, options: { roles: 'apart' } });
  });

  it('a ballot is promised by acceptors, of whom its proposer is none', () => {
    cluster.fire(n1, 'election');
    cluster.settle([n1, n3]);
    expect(cluster.state(n1).role.kind).toBe('candidate');
    cluster.fire(n1, 'prepare');
    cluster.settle([n1, n4]);
    expect(cluster.leader(n1).promises.map(({ from }) => from)).toEqual([n3, n4]);
  });

  it('a value is accepted by acceptors, and executed by everybody', () => {
    cluster.elect(n1);
    const asked = cluster.request(n1, register);
    cluster.settle();
    expect(cluster.answers().get(asked)).toMatchObject({ kind: 'executed' });
    expect(upTo(5).map((node) => cluster.state(node).durable.accepted.size)).toEqual([0, 0, 1, 1, 1]);
    expect(upTo(5).map((node) => cluster.state(node).executed)).toEqual([1, 1, 1, 1, 1]);
  });

  it('who accepts does not stand', () => {
    cluster.fire(n3, 'election');
    cluster.settle();
    expect(cluster.state(n3).role.kind).toBe('follower');
    expect(cluster.events(n3)).toEqual([]);
  });

  it('a proposer that crashes leaves what it began with the acceptors', () => {
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.settle();
    cluster.request(n1, appendCommand(1));
    const asked = cluster.take(n1).filter(({ message }) => message.kind === 'Accept');
    cluster.crash(n1, 'machine');
    for (const { to, message } of asked) cluster.receive(to, n1, message as PaxosMessage);
    cluster.settle([n3, n4, n5]);
    expect(cluster.state(n3).executed).toBe(1);
    cluster.elect(n2, [n2, n3, n4, n5]);
    expect(cluster.state(n2).decided.get(2)).toEqual(command(1));
  });

  it('acceptors that crash leave the proposer its ballot', () => {
    cluster.elect(n1);
    const { ballot } = cluster.leader(n1);
    for (const node of [n3, n4, n5]) cluster.crash(node, 'machine');
    for (const node of [n3, n4, n5]) cluster.restart(node);
    cluster.request(n1, register);
    cluster.settle();
    expect(cluster.state(n4).durable.accepted.get(1)?.ballot).toBe(ballot);
    expect(cluster.state(n1).executed).toBe(1);
  });

  it('who stands and accepts nothing does not depose a leader', () => {
    cluster.elect(n1);
    cluster.fire(n2, 'election');
    cluster.sync(n2);
    cluster.take();
    cluster.fire(n1, 'heartbeat');
    cluster.settle();
    expect(cluster.state(n2).durable.promised).toBe(ballotOf(2, n2));
    expect(cluster.state(n1).role.kind).toBe('leader');
  });

  it('a master gives way when too many have promised a higher ballot for it to decide', () => {
    cluster = new Cluster({ size: 5, options: { roles: 'apart', reads: 'lease', checkQuorum: false } });
    cluster.elect(n1);
    cluster.beat(n1);
    const { ballot } = cluster.leader(n1);
    const refusal: PaxosMessage = { kind: 'Preempted', ballot, promised: ballotOf(2, n2) };
    for (let copy = 0; copy < 2; copy++) cluster.receive(n1, n3, refusal);
    expect(cluster.state(n1).role.kind).toBe('leader');
    cluster.receive(n1, n4, refusal);
    expect(cluster.state(n1).role.kind).toBe('follower');
  });

  it('who proposes is not made to accept', () => {
    cluster.elect(n1);
    cluster.order(n1, 'add-acceptor', [n2]);
    expect(cluster.leader(n1).change).toBeNull();
    cluster.order(n1, 'set-acceptors', [n3, n4]);
    expect(cluster.leader(n1).change?.members).toEqual([n3, n4]);
  });

  it('a leader that accepts nowhere leads on as acceptors are replaced', () => {
    cluster = new Cluster({
      size: 5, options: { roles: 'apart', proposers: 1, window: 2 }, initial: { acceptors: ['n1', 'n2', 'n3'] },
    });
    cluster.elect(n4);
    cluster.order(n4, 'set-acceptors', [n1, n5]);
    cluster.settle();
    for (let beats = 0; beats < 4; beats++) cluster.beat(n4);
    const asked = cluster.request(n4, register);
    cluster.settle();
    expect(cluster.answers().get(asked)).toMatchObject({ kind: 'executed' });
    expect(cluster.state(n4).configurations.map(({ members }) => members)).toEqual([[n1, n5]]);
    expect(cluster.events(n4).filter((event) => event === 'became-leader')).toHaveLength(1);
  });
});
