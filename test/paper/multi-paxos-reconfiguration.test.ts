import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../src/kernel/ids.ts';
import { ballotOf } from '../../src/protocols/multi-paxos/ballot.ts';
import { initialProblem } from '../../src/protocols/multi-paxos/initial.ts';
import type { PaxosMessage } from '../../src/protocols/multi-paxos/messages.ts';
import { appendCommand, Cluster, n1, n2, n3, n4, n5, register } from '../support/multi-paxos/harness.ts';

const three = { acceptors: ['n1', 'n2', 'n3'] };
const all = [n1, n2, n3, n4];

/** Three of four accept, n1 leads, and a session is open in slot 1. */
function begun(reconfiguration: 'window' | 'stop', window = 3): Cluster {
  const cluster = new Cluster({ size: 4, initial: three, options: { reconfiguration, window, snapshotEvery: 0 } });
  cluster.elect(n1, [n1, n2, n3]);
  cluster.request(n1, register);
  cluster.settle(all);
  cluster.take();
  return cluster;
}

/** n4 takes the place of another one; what comes of it has settled among `ids`. */
function replaced(
  reconfiguration: 'window' | 'stop', ids: readonly NodeId[] = all, members: readonly NodeId[] = [n1, n2, n4],
): Cluster {
  const cluster = begun(reconfiguration);
  cluster.order(n1, 'set-acceptors', members);
  const ballot = ballotOf(1, n1);
  cluster.receive(n1, n4, { kind: 'HeartbeatReply', ballot, sentAtUs: 0, executed: 1, snapshotSlot: 0 });
  cluster.settle(ids);
  return cluster;
}

const kinds = (cluster: Cluster, from: NodeId): string[] =>
  cluster.take(from).map(({ message, to }) => `${message.kind} n${to + 1}`);
const slots = (cluster: Cluster, node: NodeId): number[] => [...cluster.state(node).durable.accepted.keys()];
const inForce = (cluster: Cluster, node: NodeId): string => {
  const [first] = cluster.state(node).configurations;
  return `${first?.members.map((member) => `n${member + 1}`).join(' ')} from ${first?.from}`;
};

describe('The Part-Time Parliament, section 3.3.6: acceptors of a slot are known a window before it', () => {
  it('who is new learns first; then the change is chosen, no-ops fill the window, and new acceptors go on', () => {
    const cluster = begun('window');
    cluster.order(n1, 'set-acceptors', [n1, n2, n4]);
    cluster.settle(all);
    expect(cluster.state(n1).executed).toBe(1);
    cluster.beat(n1, all);
    // The answer of n4 comes when it has nothing yet, and is enough of it here: it lacks a single slot.
    expect(cluster.state(n1).decided.get(2)).toEqual({ kind: 'configuration', members: [n1, n2, n4] });
    expect([3, 4].map((slot) => cluster.state(n1).decided.get(slot)?.kind)).toEqual(['no-op', 'no-op']);
    expect(inForce(cluster, n1)).toBe('n1 n2 n4 from 5');
    cluster.request(n1, appendCommand(1));
    cluster.settle(all);
    expect(cluster.state(n1).executed).toBe(5);
    expect(slots(cluster, n3)).toEqual([1, 2, 3, 4]);
    expect(slots(cluster, n4)).toEqual([5]);
  });

  it('is left undone where nodes may come back without their disks', () => {
    const cluster = begun('window');
    cluster.set({ rejoin: 'lives' });
    cluster.order(n1, 'set-acceptors', [n1, n2, n4]);
    expect(cluster.leader(n1).change).toBeNull();
    cluster.set({ rejoin: 'never' });
    cluster.order(n1, 'set-acceptors', [n1, n2, n4]);
    expect(cluster.leader(n1).change).not.toBeNull();
  });

  it('nothing is proposed in slots whose own acceptors have not promised the ballot', () => {
    // n1 was promised its ballot by n2, and by nobody of the others.
    const cluster = replaced('window', [n1, n2], [n1, n3, n4]);
    expect(cluster.state(n1).executed).toBe(4);
    cluster.request(n1, appendCommand(1));
    expect(cluster.leader(n1).reach).toBe(4);
    expect(cluster.leader(n1).nextSlot).toBe(5);
    cluster.take();
    cluster.fire(n1, 'heartbeat');
    const prepare = cluster.take(n1).filter(({ message }) => message.kind === 'Prepare');
    expect(prepare).toEqual([
      { from: n1, to: n3, message: { kind: 'Prepare', ballot: ballotOf(1, n1), fromSlot: 5 } },
      { from: n1, to: n4, message: { kind: 'Prepare', ballot: ballotOf(1, n1), fromSlot: 5 } },
    ]);
  });

  it('what the acceptors of later slots show is adopted', () => {
    const cluster = replaced('window', [n1, n2], [n1, n3, n4]);
    const value = { kind: 'no-op' } as const;
    const accepted = [{ slot: 5, ballot: ballotOf(0, n2), value }];
    const promise: PaxosMessage = { kind: 'Promised', ballot: ballotOf(1, n1), accepted, truncatedTo: 0, lives: [] };
    cluster.request(n1, appendCommand(1));
    cluster.take();
    cluster.receive(n1, n4, promise);
    const accepts = cluster.takeKind(n1, 'Accept').map(({ slot, value: { kind } }) => `${slot} ${kind}`);
    expect(accepts).toEqual(['5 no-op', '5 no-op', '6 command', '6 command']);
  });

  it('a leader that is no member any more leads to the last slot that it may, and no further', () => {
    const cluster = begun('window');
    cluster.order(n1, 'remove', [n1]);
    cluster.settle(all);
    expect(cluster.state(n1).executed).toBe(4);
    expect(cluster.state(n1).role.kind).toBe('follower');
    expect(inForce(cluster, n2)).toBe('n2 n3 from 5');
    cluster.elect(n2, [n2, n3]);
  });

  it('a change that was executed survives the machine, with the snapshot that it begins with', () => {
    const cluster = replaced('window');
    cluster.beat(n1);
    for (const node of [n1, n2, n4]) {
      cluster.crash(node, 'machine');
      cluster.restart(node);
    }
    expect(inForce(cluster, n4)).toBe('n1 n2 n4 from 5');
    cluster.elect(n4, [n2, n4]);
    cluster.request(n4, appendCommand(1));
    cluster.settle([n2, n4]);
    expect(cluster.state(n4).executed).toBe(5);
  });

  it('a change counts on the window of the first start, whatever the option is now', () => {
    const cluster = begun('window');
    cluster.set({ window: 2 });
    expect(cluster.state(n1).window).toBe(2);
    cluster.crash(n1, 'machine');
    cluster.restart(n1);
    cluster.set({ window: 64, reconfiguration: 'window' });
    expect(cluster.state(n1).window).toBe(3);
  });

  it('a ballot that was prepared early does not go on behind a higher one', () => {
    const cluster = begun('window');
    cluster.order(n1, 'remove', [n3]);
    const learned: PaxosMessage = { kind: 'Learned', fromSlot: 2, values: [], executed: 1, ballot: ballotOf(7, n2) };
    cluster.receive(n1, n2, learned);
    expect(cluster.state(n1).role.kind).toBe('leader');
    cluster.settle([n1, n2]);
    expect(inForce(cluster, n1)).toBe('n1 n2 from 5');
    expect(cluster.state(n1).role.kind).toBe('follower');
  });
});

describe('Stoppable Paxos: a stop is the last slot of those before', () => {
  it('nothing is proposed behind it, and the next ones begin in the slot behind it, in a higher era', () => {
    const cluster = begun('stop', 64);
    cluster.order(n1, 'remove', [n3]);
    cluster.request(n1, appendCommand(1));
    expect([...cluster.leader(n1).commanders.keys()]).toEqual([2]);
    cluster.settle(all);
    expect(cluster.answers().get(2)?.kind).toBe('not-leader');
    expect(cluster.state(n1).role.kind).toBe('follower');
    expect(inForce(cluster, n1)).toBe('n1 n2 from 3');
    cluster.elect(n1, [n1, n2]);
    expect(cluster.leader(n1).ballot).toBe(ballotOf(2, n1, 1));
    cluster.request(n1, appendCommand(1));
    cluster.settle([n1, n2]);
    expect(cluster.state(n1).executed).toBe(3);
    expect(slots(cluster, n3)).toEqual([1, 2]);
  });

  it('what was accepted behind it, before it, is nothing to those who come after', () => {
    const cluster = begun('stop');
    cluster.receive(n2, n1, { kind: 'Accept', ballot: ballotOf(1, n1), slot: 3, value: { kind: 'no-op' } });
    cluster.order(n1, 'remove', [n3]);
    cluster.settle(all);
    cluster.elect(n1, [n1, n2]);
    expect([...cluster.leader(n1).adopted]).toEqual([]);
    expect(cluster.state(n1).decided.has(3)).toBe(false);
  });

  it('what was decided behind it is not executed', () => {
    const cluster = begun('stop');
    const ballot = ballotOf(1, n1);
    cluster.receive(n2, n1, { kind: 'Decide', ballot, slot: 3, value: { kind: 'no-op' } });
    cluster.receive(n2, n1, { kind: 'Decide', ballot, slot: 2, value: { kind: 'stop', members: [n1, n2] } });
    expect(cluster.state(n2).executed).toBe(2);
    cluster.receive(n2, n1, { kind: 'Decide', ballot, slot: 3, value: { kind: 'no-op' } });
    expect(cluster.state(n2).executed).toBe(2);
  });

  it('nobody promises a ballot behind it who has not executed it, nor uses one before it is stored', () => {
    const cluster = begun('stop');
    const ballot = ballotOf(9, n1, 1);
    for (const message of [
      { kind: 'Prepare', ballot, fromSlot: 3 }, { kind: 'Accept', ballot, slot: 3, value: { kind: 'no-op' } },
    ] as const) {
      cluster.receive(n2, n1, message);
      cluster.sync(n2);
      expect(cluster.take(n2).map(({ message: sent }) => sent)).toEqual([{ kind: 'Learn', fromSlot: 2 }]);
    }
    expect(cluster.state(n2).durable.promised).toBe(ballotOf(1, n1));
    const stop = { kind: 'stop', members: [n1, n2] } as const;
    cluster.receive(n2, n1, { kind: 'Decide', ballot: ballotOf(1, n1), slot: 2, value: stop });
    cluster.fire(n2, 'election');
    expect(cluster.state(n2).role.kind).toBe('follower');
    cluster.sync(n2);
    cluster.fire(n2, 'election');
    expect(cluster.state(n2).role.kind).toBe('candidate');
  });
});

describe('who accepts no more', () => {
  it('is told what it lacks, and promised nothing', () => {
    const cluster = replaced('window', [n1, n2, n4]);
    expect(inForce(cluster, n3)).toBe('n1 n2 n3 from 1');
    cluster.fire(n3, 'election');
    cluster.sync(n3);
    cluster.settle([n2, n3]);
    expect(cluster.state(n2).durable.promised).toBe(ballotOf(1, n1));
    expect(inForce(cluster, n3)).toBe('n1 n2 n4 from 5');
    expect(cluster.state(n3).role.kind).toBe('follower');
  });

  it.each(['window', 'stop'] as const)('reminds those who do until a quorum has stored it, then rests (%s)', (how) => {
    const cluster = replaced(how);
    if (how === 'stop') cluster.elect(n1, [n1, n2, n4]);
    cluster.beat(n1, [n1, n2, n4]);
    cluster.take();
    cluster.fire(n3, 'election');
    expect(kinds(cluster, n3)).toEqual(['Remind n1', 'Remind n2', 'Remind n4']);
    cluster.fire(n3, 'election');
    cluster.settle([n2, n3, n4]);
    cluster.fire(n3, 'election');
    expect(kinds(cluster, n3)).toEqual([]);
    expect(cluster.timer(n3, 'election')).toBeUndefined();
  });

  it('and who never did, is quiet', () => {
    const cluster = begun('window');
    cluster.fire(n4, 'election');
    expect(cluster.take(n4)).toEqual([]);
    expect(cluster.timer(n4, 'election')).toBeUndefined();
  });
});

describe('orders', () => {
  it('are left undone while another change is under way, and where quorums would not meet', () => {
    const cluster = begun('window');
    cluster.order(n1, 'add-acceptor', [n4]);
    cluster.order(n1, 'remove', [n3]);
    expect(cluster.leader(n1).change?.members).toEqual([n1, n2, n3, n4]);
    const flexible = new Cluster({ size: 5, initial: { acceptors: ['n1', 'n2', 'n3', 'n4'] },
      options: { prepareQuorum: 3, acceptQuorum: 2 } });
    flexible.elect(n1);
    flexible.order(n1, 'add-acceptor', [n5]);
    expect(flexible.leader(n1).change).toBeNull();
    flexible.order(n1, 'remove', [n4]);
    expect(flexible.leader(n1).change).not.toBeNull();
  });

  it('end when those who are new do not learn in time', () => {
    const cluster = begun('window');
    cluster.order(n1, 'add-acceptor', [n4]);
    cluster.nowUs += 3_000_001;
    cluster.beat(n1, [n1, n2, n3]);
    expect(cluster.leader(n1).change).toBeNull();
    expect(cluster.leader(n1).audience).toEqual([n2, n3]);
  });

  it('say who accepts at first', () => {
    expect(initialProblem(three, 4)).toBeNull();
    expect(initialProblem([], 4)).toContain('expected a map');
    expect(initialProblem({ voters: ['n1'] }, 4)).toContain('"voters" is not known here');
    expect(initialProblem({ acceptors: [] }, 4)).toContain('a list of nodes');
    expect(initialProblem({ acceptors: ['n5'] }, 4)).toContain('"n5" is not a node');
  });
});
