import { describe, expect, it } from 'vitest';
import { isMajorityOf, joint, left, simple } from '../../src/protocols/raft/configuration.ts';
import type { LogEntry } from '../../src/protocols/raft/messages.ts';
import type { Leader } from '../../src/protocols/raft/state.ts';
import { appendCommand, Cluster, entry, n1, n2, n3, n4, n5 } from '../support/raft/harness.ts';

/** Three of five nodes vote; the first leads and has committed in its term. */
function led(size = 5, voters: readonly string[] = ['n1', 'n2', 'n3'], options = {}): Cluster {
  const cluster = new Cluster({ size, initial: { voters }, options });
  cluster.elect(n1);
  return cluster;
}

const votersOf = (cluster: Cluster, id: typeof n1): readonly number[] => cluster.state(id).configuration.voters;
const learnersOf = (cluster: Cluster, id: typeof n1): readonly number[] => cluster.state(id).configuration.learners;

/** Lets the leader's heartbeats tell everybody what is committed. */
const tell = (cluster: Cluster, leader = n1): void => {
  cluster.fire(leader, 'heartbeat');
  cluster.settle();
};

describe('quorums', () => {
  it('in the joint phase, both majorities are needed', () => {
    const both = joint(simple([n1, n2, n3]), [n3, n4, n5]);
    expect(isMajorityOf(both, [n3, n4, n5])).toBe(false);
    expect(isMajorityOf(both, [n1, n2, n3])).toBe(false);
    expect(isMajorityOf(both, [n2, n3, n4])).toBe(true);
    expect(isMajorityOf(left(both), [n3, n4, n5].slice(0, 2))).toBe(true);
  });
});

describe('thesis §4.1: one server at a time', () => {
  it('takes effect as soon as it is appended, and the new server is fed', () => {
    const cluster = led();
    cluster.order(n1, 'add-learner', n4);
    expect(learnersOf(cluster, n1)).toEqual([n4]);
    cluster.settle();
    expect(cluster.terms(n4)).toEqual(cluster.terms(n1));
    expect(learnersOf(cluster, n4)).toEqual([n4]);
  });

  it('with configurationFrom: apply, only once it is committed and applied', () => {
    const cluster = led(5, ['n1', 'n2', 'n3'], { configurationFrom: 'apply' });
    cluster.order(n1, 'remove', n3);
    expect(votersOf(cluster, n1)).toEqual([n1, n2, n3]);
    cluster.settle();
    expect(votersOf(cluster, n1)).toEqual([n1, n2]);
  });

  it('with configurationFrom: apply, a further change in the log says that the one before it is committed', () => {
    const cluster = led(5, ['n1', 'n2', 'n3'], { configurationFrom: 'apply' });
    const change = (voters: readonly (typeof n1)[]): LogEntry =>
      ({ kind: 'configuration', term: 1, timeUs: 0, bytes: 8, configuration: simple(voters) });
    const entries = [change([n1, n2, n3, n4]), change([n1, n2, n3, n4, n5])];
    cluster.receive(n2, n1, {
      kind: 'AppendEntries', term: 1, requestId: 90, sentAtUs: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 0,
      entries,
    });
    expect(votersOf(cluster, n2)).toEqual([n1, n2, n3, n4]);
  });

  it('waits for the change before it', () => {
    const cluster = led();
    cluster.order(n1, 'remove', n3);
    cluster.order(n1, 'remove', n2);
    expect(votersOf(cluster, n1)).toEqual([n1, n2]);
    cluster.settle();
    cluster.order(n1, 'remove', n2);
    expect(votersOf(cluster, n1)).toEqual([n1]);
  });

  it('waits until an entry of its own term is committed (raft-dev, 2015)', () => {
    const cluster = new Cluster({ size: 4, options: { noOpOnElection: false } });
    cluster.elect(n1);
    cluster.order(n1, 'remove', n4);
    expect(votersOf(cluster, n1)).toEqual([n1, n2, n3, n4]);
    cluster.request(n1, appendCommand(1));
    cluster.settle();
    cluster.order(n1, 'remove', n4);
    expect(votersOf(cluster, n1)).toEqual([n1, n2, n3]);
  });

  it('is rolled back where its entry is cut off', () => {
    const cluster = led();
    cluster.receive(n2, n1, {
      kind: 'AppendEntries', term: 1, requestId: 90, sentAtUs: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 0,
      entries: [{ kind: 'configuration', term: 1, timeUs: 0, bytes: 8, configuration: simple([n1, n2]) }],
    });
    expect(votersOf(cluster, n2)).toEqual([n1, n2]);
    cluster.receive(n2, n3, {
      kind: 'AppendEntries', term: 2, requestId: 1, sentAtUs: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 0,
      entries: [entry(2, 1)],
    });
    expect(votersOf(cluster, n2)).toEqual([n1, n2, n3]);
  });

  it('survives a crash, in the log as in a snapshot', () => {
    for (const snapshotEvery of [0, 1]) {
      const cluster = led(5, ['n1', 'n2', 'n3'], { snapshotEvery, snapshotRetained: 0 });
      cluster.order(n1, 'remove', n3);
      cluster.settle();
      cluster.crash(n1, 'machine');
      cluster.restart(n1);
      expect(cluster.state(n1).durable.snapshot === null).toBe(snapshotEvery === 0);
      expect(votersOf(cluster, n1)).toEqual([n1, n2]);
    }
  });
});

describe('thesis §4.2.1: learners', () => {
  it('are not counted, for commits nor for votes', () => {
    const cluster = led(4, ['n1', 'n2', 'n3']);
    cluster.order(n1, 'add-learner', n4);
    cluster.settle();
    const { commitIndex } = cluster.state(n1);
    cluster.request(n1, { kind: 'register' });
    cluster.settle([n1, n4]);
    expect(cluster.state(n1).commitIndex).toBe(commitIndex);
    cluster.crash(n1, 'process');
    cluster.fire(n2, 'election');
    cluster.settle([n2, n4]);
    expect(cluster.state(n2).role.kind).toBe('candidate');
  });

  it('do not stand for election, and vote when they are asked', () => {
    const cluster = led(4, ['n1', 'n2', 'n3']);
    cluster.order(n1, 'add-learner', n4);
    cluster.settle();
    cluster.fire(n4, 'election');
    expect(cluster.state(n4).role.kind).toBe('follower');
    cluster.take();
    cluster.receive(n4, n2, { kind: 'RequestVote', term: 5, lastLogIndex: 9, lastLogTerm: 9, isTransfer: false });
    cluster.sync(n4);
    expect(cluster.takeOne(n4)).toMatchObject({ voteGranted: true });
  });

  it('become voters when they have caught up, in rounds shorter than an election timeout', () => {
    const cluster = led();
    cluster.order(n1, 'add-voter', n4);
    expect(learnersOf(cluster, n1)).toEqual([n4]);
    cluster.settle();
    tell(cluster);
    expect(votersOf(cluster, n1)).toEqual([n1, n2, n3, n4]);
    expect(learnersOf(cluster, n4)).toEqual([]);
  });

  it('that never catch up are given up after ten rounds', () => {
    const cluster = led();
    cluster.order(n1, 'add-voter', n4);
    for (let round = 1; round <= 10; round += 1) {
      expect((cluster.state(n1).role as Leader).promotions).toHaveLength(1);
      cluster.nowUs += 200_000;
      cluster.request(n1, { kind: 'register' });
      cluster.settle();
    }
    expect((cluster.state(n1).role as Leader).promotions).toHaveLength(0);
    expect(learnersOf(cluster, n1)).toEqual([n4]);
  });
});

describe('§6: joint consensus', () => {
  it('goes through a phase of two majorities, and leaves it by itself', () => {
    const cluster = led();
    cluster.order(n1, 'set-voters', n3, n4, n5);
    expect(cluster.state(n1).configuration).toEqual({ voters: [n3, n4, n5], oldVoters: [n1, n2, n3], learners: [] });
    cluster.settle([n1, n2, n3]);
    expect(cluster.state(n1).configuration.oldVoters).toEqual([n1, n2, n3]);
    tell(cluster);
    expect(votersOf(cluster, n3)).toEqual([n3, n4, n5]);
    expect(cluster.state(n3).configuration.oldVoters).toEqual([]);
  });

  it('neither majority alone commits in it', () => {
    const cluster = led();
    cluster.order(n1, 'set-voters', n3, n4, n5);
    const { commitIndex } = cluster.state(n1);
    cluster.settle([n1, n4, n5]);
    expect(cluster.state(n1).commitIndex).toBe(commitIndex);
    tell(cluster);
    expect(cluster.state(n1).commitIndex).toBeGreaterThan(commitIndex);
  });

  it('is left by the next leader, if the first one could not', () => {
    const cluster = led(5, ['n1', 'n2', 'n3'], { autoLeave: true });
    cluster.order(n1, 'set-voters', n3, n4, n5);
    cluster.sync(n1);
    for (const { from, to, message } of cluster.take(n1)) if (to <= n5) cluster.receive(to, from, message as never);
    cluster.take();
    cluster.crash(n1, 'process');
    cluster.elect(n3, [n2, n3, n4, n5]);
    expect(cluster.state(n3).configuration.oldVoters).toEqual([]);
  });

  it('without autoLeave, an order ends it', () => {
    const cluster = led(5, ['n1', 'n2', 'n3'], { autoLeave: false });
    cluster.order(n1, 'set-voters', n1, n2, n4);
    cluster.settle();
    tell(cluster);
    expect(cluster.state(n1).configuration.oldVoters).toEqual([n1, n2, n3]);
    cluster.order(n1, 'leave-joint');
    expect(cluster.state(n1).configuration.oldVoters).toEqual([]);
  });
});

describe('thesis §4.2.2: removal', () => {
  it('a leader that removes itself does not count itself, and steps down when that is committed', () => {
    const cluster = led();
    cluster.order(n1, 'remove', n1);
    cluster.settle([n1, n2]);
    expect(cluster.state(n1).role.kind).toBe('leader'); // n1 and n2 were two of three; n2 is one of two.
    tell(cluster);
    expect(cluster.state(n1).role.kind).toBe('follower');
    cluster.fire(n1, 'election');
    expect(cluster.state(n1).role.kind).toBe('follower');
  });

  it('a leader on its way out takes no command, or its log could be longer than that of whoever needs its vote', () => {
    const cluster = led(3, ['n1', 'n2'], { configurationFrom: 'apply' });
    cluster.order(n1, 'remove', n1);
    const refused = cluster.request(n1, appendCommand(1));
    cluster.settle([n1, n2]);
    expect(cluster.answers().get(refused)).toEqual({ kind: 'busy' });
    expect(cluster.state(n1).role.kind).toBe('follower');
    cluster.fire(n2, 'election'); // It has not heard that the change is committed.
    cluster.settle([n1, n2]);
    expect(cluster.state(n2).role.kind).toBe('leader');
  });

  it('a leader that is elected on its way out commits its removal without a command, also without no-ops', () => {
    const cluster = led(3, ['n1', 'n2', 'n3'], { noOpOnElection: false });
    cluster.request(n1, { kind: 'register' });
    cluster.settle();
    cluster.order(n1, 'remove', n1);
    cluster.sync(n1);
    cluster.take();
    cluster.crash(n1, 'process');
    cluster.restart(n1);
    cluster.fire(n1, 'election');
    cluster.settle();
    expect(votersOf(cluster, n2)).toEqual([n2, n3]);
    expect(cluster.state(n1).role.kind).toBe('follower');
  });

  it('a server whose removal is not committed may still stand: its log may be the only complete one', () => {
    const cluster = led();
    cluster.order(n1, 'remove', n3);
    cluster.sync(n1);
    for (const { from, to, message } of cluster.take(n1)) if (to <= n3) cluster.receive(to, from, message as never);
    cluster.receive(n3, n1, {
      kind: 'AppendEntries', term: 1, requestId: 99, sentAtUs: 0, prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 1,
      entries: [{ kind: 'configuration', term: 1, timeUs: 0, bytes: 8, configuration: simple([n1, n2]) }],
    });
    cluster.fire(n3, 'election');
    expect(cluster.state(n3).role.kind).toBe('candidate');
  });

  it('who is not in our configuration is answered all the same', () => {
    const cluster = led(5, ['n1', 'n2', 'n3']);
    cluster.take();
    cluster.receive(n2, n5, { kind: 'RequestVote', term: 9, lastLogIndex: 9, lastLogTerm: 9, isTransfer: false });
    cluster.sync(n2);
    expect(cluster.takeOne(n2)).toMatchObject({ voteGranted: true });
  });
});
