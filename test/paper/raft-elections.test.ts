import { describe, expect, it } from 'vitest';
import type { PreVote, RequestVote } from '../../src/protocols/raft/messages.ts';
import type { Leader } from '../../src/protocols/raft/state.ts';
import { appendCommand, Cluster, n1, n2, n3, n4, n5 } from '../support/raft/harness.ts';

const MIN_US = 150_000;

function preVote(nextTerm: number, lastLogIndex = 0, lastLogTerm = 0): PreVote {
  return { kind: 'PreVote', term: nextTerm - 1, nextTerm, lastLogIndex, lastLogTerm };
}

function requestVote(term: number, isTransfer = false): RequestVote {
  return { kind: 'RequestVote', term, lastLogIndex: 9, lastLogTerm: 9, isTransfer };
}

const heartbeat = (term: number, requestId = 1): object => ({
  kind: 'AppendEntries', term, requestId, sentAtUs: 0, prevLogIndex: 0, prevLogTerm: 0, entries: [], leaderCommit: 0,
});

const isGranted = (cluster: Cluster, id: typeof n1): unknown => {
  cluster.sync(id);
  return cluster.take(id).map(({ message }) => 'voteGranted' in message && message.voteGranted);
};

describe('thesis §9.6: PreVote', () => {
  const options = { preVote: true };

  it('asks before it raises its term, and raises it when a majority would vote for it', () => {
    const cluster = new Cluster({ options, disks: [{ term: 3, terms: [1, 2] }] });
    cluster.fire(n1, 'election');
    expect(cluster.state(n1)).toMatchObject({ role: { kind: 'pre-candidate' }, durable: { currentTerm: 3 } });
    const asked = cluster.take(n1);
    expect(asked.map(({ to }) => to)).toEqual([n2, n3]);
    expect(asked[0]?.message)
      .toEqual({ kind: 'PreVote', term: 3, nextTerm: 4, lastLogIndex: 2, lastLogTerm: 2 });
    cluster.receive(n1, n2, { kind: 'PreVoteReply', term: 3, nextTerm: 4, voteGranted: false });
    cluster.receive(n1, n2, { kind: 'PreVoteReply', term: 3, nextTerm: 3, voteGranted: true }); // Of an earlier try.
    expect(cluster.state(n1).role.kind).toBe('pre-candidate');
    cluster.receive(n1, n3, { kind: 'PreVoteReply', term: 3, nextTerm: 4, voteGranted: true });
    expect(cluster.state(n1)).toMatchObject({ role: { kind: 'candidate' }, durable: { currentTerm: 4, votedFor: n1 } });
  });

  it('one that nobody answers never raises its term', () => {
    const cluster = new Cluster({ options });
    for (let tries = 0; tries < 5; tries += 1) {
      cluster.fire(n1, 'election');
      cluster.fire(n1, 'request-votes');
    }
    expect(cluster.state(n1).durable).toMatchObject({ currentTerm: 0, votedFor: null });
  });

  it('is granted to many in one term, stores nothing and starts no timer again', () => {
    const cluster = new Cluster({ options });
    cluster.fire(n3, 'election');
    cluster.take();
    const timer = cluster.timer(n3, 'election');
    cluster.receive(n3, n1, preVote(1));
    cluster.receive(n3, n2, preVote(1));
    expect(cluster.take(n3).map(({ message }) => message)).toEqual([
      { kind: 'PreVoteReply', term: 0, nextTerm: 1, voteGranted: true },
      { kind: 'PreVoteReply', term: 0, nextTerm: 1, voteGranted: true },
    ]);
    expect(cluster.timer(n3, 'election')).toBe(timer);
    expect(cluster.state(n3).durable).toMatchObject({ currentTerm: 0, votedFor: null });
  });

  it('is refused to a log that is behind, and to an old term', () => {
    const cluster = new Cluster({ options, disks: [{ term: 3, terms: [1, 2] }] });
    cluster.receive(n1, n2, preVote(4, 9, 1));
    cluster.receive(n1, n2, preVote(3, 2, 2));
    cluster.receive(n1, n2, preVote(4, 2, 2));
    expect(isGranted(cluster, n1)).toEqual([false, false, true]);
  });

  it('is refused while a leader is heard, and by a leader', () => {
    const cluster = new Cluster({ options });
    cluster.elect(n1);
    cluster.take();
    cluster.nowUs = MIN_US - 1;
    cluster.receive(n2, n3, preVote(2, 9, 9));
    cluster.receive(n1, n3, preVote(2, 9, 9));
    expect([isGranted(cluster, n2), isGranted(cluster, n1)]).toEqual([[false], [false]]);
    cluster.nowUs = MIN_US;
    cluster.receive(n2, n3, preVote(2, 9, 9));
    expect(isGranted(cluster, n2)).toEqual([true]);
  });
});

describe('thesis §4.2.3: stickiness', () => {
  const options = { stickiness: true };

  it('a candidate is not even answered while a leader is heard, and its term is not taken', () => {
    const cluster = new Cluster({ options });
    cluster.receive(n2, n1, heartbeat(1) as never);
    cluster.sync(n2);
    cluster.take();
    cluster.nowUs = MIN_US - 1;
    cluster.receive(n2, n3, requestVote(7));
    cluster.sync(n2);
    expect(cluster.take()).toEqual([]);
    expect(cluster.state(n2).durable.currentTerm).toBe(1);
    cluster.nowUs = MIN_US;
    cluster.receive(n2, n3, requestVote(7));
    expect(isGranted(cluster, n2)).toEqual([true]);
  });

  it('a candidate that the leader itself has chosen is answered', () => {
    const cluster = new Cluster({ options });
    cluster.receive(n2, n1, heartbeat(1) as never);
    cluster.sync(n2);
    cluster.take();
    cluster.receive(n2, n3, requestVote(7, true));
    expect(isGranted(cluster, n2)).toEqual([true]);
  });

  it('whoever restarts waits, too: it may have promised a leader to elect nobody else', () => {
    const cluster = new Cluster({ options, disks: [{ term: 1 }, { term: 1 }, { term: 1 }] });
    cluster.nowUs = 10;
    cluster.crash(n2, 'process');
    cluster.restart(n2);
    cluster.take();
    cluster.receive(n2, n3, requestVote(7));
    cluster.sync(n2);
    expect(cluster.take()).toEqual([]);
  });

  it('a leader that does not check its quorum may be deaf: it listens to candidates', () => {
    for (const checkQuorum of [true, false]) {
      const cluster = new Cluster({ options: { ...options, checkQuorum } });
      cluster.elect(n1);
      cluster.receive(n1, n3, requestVote(7));
      expect(cluster.state(n1).durable.currentTerm).toBe(checkQuorum ? 1 : 7);
    }
  });
});

describe('thesis §3.10: leadership transfer', () => {
  const begun = (): Cluster => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.request(n1, { kind: 'register' });
    cluster.take();
    return cluster;
  };

  it('brings the successor up to date first, and takes no commands meanwhile', () => {
    const cluster = begun();
    cluster.order(n1, 'transfer', n2);
    expect(cluster.take().filter(({ message }) => message.kind === 'TimeoutNow')).toEqual([]);
    const refused = cluster.request(n1, appendCommand(1));
    expect(cluster.state(n1).durable.log.entries).toHaveLength(2);
    cluster.fire(n1, 'heartbeat');
    cluster.settle();
    expect(cluster.answers().get(refused)).toEqual({ kind: 'busy' });
    expect(cluster.state(n2).role.kind).toBe('leader');
    expect(cluster.state(n2).durable.currentTerm).toBe(2);
    expect(cluster.state(n1).role.kind).toBe('follower');
  });

  it('is given up after an election timeout', () => {
    const cluster = begun();
    cluster.order(n1, 'transfer', n2);
    cluster.fire(n1, 'transfer');
    cluster.request(n1, appendCommand(1));
    expect(cluster.state(n1).durable.log.entries).toHaveLength(3);
  });

  it('gives up the lease before TimeoutNow leaves, and for good', () => {
    const cluster = begun();
    cluster.fire(n1, 'heartbeat');
    cluster.settle();
    cluster.answers();
    cluster.order(n1, 'transfer', n2);
    expect((cluster.state(n1).role as Leader).hasSurrenderedLease).toBe(true);
    expect(cluster.takeOne(n1)).toEqual({ kind: 'TimeoutNow', term: 1 });
    cluster.fire(n1, 'transfer');
    expect((cluster.state(n1).role as Leader).hasSurrenderedLease).toBe(true);
  });

  it('skips PreVote and is not held up by stickiness', () => {
    const cluster = new Cluster({ size: 5, options: { preVote: true, stickiness: true } });
    cluster.elect(n1);
    cluster.order(n1, 'transfer', n4);
    cluster.settle();
    expect(cluster.state(n4).role.kind).toBe('leader');
  });

  it('an old TimeoutNow moves nobody', () => {
    const cluster = new Cluster({ disks: [{ term: 4 }] });
    cluster.receive(n1, n2, { kind: 'TimeoutNow', term: 3 });
    expect(cluster.state(n1)).toMatchObject({ role: { kind: 'follower' }, durable: { currentTerm: 4 } });
  });

  it('only a voter can be the successor', () => {
    const cluster = new Cluster({ size: 5, initial: { voters: ['n1', 'n2', 'n3'] } });
    cluster.elect(n1);
    cluster.order(n1, 'transfer', n5);
    expect((cluster.state(n1).role as Leader).transferTo).toBeNull();
  });
});
