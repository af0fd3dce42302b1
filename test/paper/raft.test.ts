import { describe, expect, it } from 'vitest';
import type { AppendEntries, LogEntry, RequestVote } from '../../src/protocols/raft/messages.ts';
import type { Leader } from '../../src/protocols/raft/state.ts';
import { appendCommand, Cluster, entry, n1, n2, n3, n4, n5 } from '../support/raft/harness.ts';

const register = { kind: 'register' };
const noOp = (term: number): LogEntry => ({ kind: 'no-op', term, timeUs: 0, bytes: 0 });

function requestVote(term: number, lastLogIndex = 0, lastLogTerm = 0): RequestVote {
  return { kind: 'RequestVote', term, lastLogIndex, lastLogTerm, isTransfer: false };
}

function appendEntries(
  term: number, prev: readonly [index: number, term: number], entries: readonly LogEntry[] = [], leaderCommit = 0,
): AppendEntries {
  const [prevLogIndex, prevLogTerm] = prev;
  return { kind: 'AppendEntries', term, requestId: 7, sentAtUs: 0, prevLogIndex, prevLogTerm, entries, leaderCommit };
}

const leaderOf = (cluster: Cluster, id = n1): Leader => cluster.state(id).role as Leader;

describe('Figure 2: persistent state on all servers', () => {
  it('comes back after a crash of the machine, as far as it was synced', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.request(n1, register); // Appended, not synced.
    cluster.crash(n1, 'machine');
    cluster.restart(n1);
    const { durable, role, commitIndex, lastApplied } = cluster.state(n1);
    expect(durable).toMatchObject({ currentTerm: 1, votedFor: n1, log: { entries: [noOp(1)] } });
    expect({ role: role.kind, commitIndex, lastApplied }).toEqual({ role: 'follower', commitIndex: 0, lastApplied: 0 });
  });

  it('a vote leaves the server only after term and vote are on its disk, in one record', () => {
    const cluster = new Cluster();
    cluster.receive(n2, n1, requestVote(4));
    expect(cluster.take(n2)).toEqual([]);
    cluster.sync(n2);
    expect(cluster.synced(n2).vote).toEqual({ currentTerm: 4, votedFor: n1 });
    expect(cluster.takeOne(n2)).toEqual({ kind: 'RequestVoteReply', term: 4, voteGranted: true });
  });

  it('an acceptance leaves the follower only after the entries are on its disk', () => {
    const cluster = new Cluster();
    cluster.receive(n2, n1, appendEntries(1, [0, 0], [entry(1, 1)]));
    cluster.take(n2);
    cluster.receive(n2, n1, appendEntries(1, [1, 1], [entry(1, 2)]));
    expect(cluster.take(n2)).toEqual([]);
    cluster.sync(n2);
    expect(cluster.synced(n2).log).toHaveLength(2);
    expect(cluster.take(n2).map(({ message }) => message.kind))
      .toEqual(['AppendEntriesAccepted', 'AppendEntriesAccepted']);
  });

  it('a node that finds what its dead process had not synced syncs it before it promises anything', () => {
    const cluster = new Cluster();
    cluster.receive(n2, n1, appendEntries(1, [0, 0], [entry(1, 1)]));
    cluster.crash(n2, 'process');
    cluster.restart(n2);
    expect(cluster.synced(n2)).toEqual({ vote: { currentTerm: 1, votedFor: null }, log: [entry(1, 1)] });
  });

  it('a node whose log outlived its term comes back in the term of the log', () => {
    const cluster = new Cluster({ disks: [{ term: 3, votedFor: n2, terms: [1, 4] }] });
    expect(cluster.state(n1).durable).toMatchObject({ currentTerm: 4, votedFor: null });
  });
});

describe('Figure 2: rules for servers, and §5.1 terms', () => {
  it('a higher term in any message makes a follower of a leader', () => {
    for (const message of [
      requestVote(9),
      { kind: 'RequestVoteReply', term: 9, voteGranted: false },
      appendEntries(9, [0, 0]),
      { kind: 'AppendEntriesRejected', term: 9, requestId: 1, sentAtUs: 0, conflictIndex: 1 },
      { kind: 'AppendEntriesAccepted', term: 9, requestId: 1, sentAtUs: 0, matchIndex: 1 },
    ] as const) {
      const cluster = new Cluster();
      cluster.elect(n1);
      cluster.receive(n1, n2, message);
      expect(cluster.state(n1).role.kind).toBe('follower');
      expect(cluster.state(n1).durable.currentTerm).toBe(9);
      expect(cluster.timer(n1, 'heartbeat')).toBeUndefined();
      expect(cluster.timer(n1, 'election')).toBeDefined();
    }
  });

  it('a request of an older term is refused, with the current one', () => {
    const cluster = new Cluster({ disks: [{ term: 5 }] });
    cluster.receive(n1, n2, requestVote(4));
    cluster.receive(n1, n3, appendEntries(4, [0, 0], [entry(4, 1)]));
    cluster.sync(n1);
    expect(cluster.take(n1).map(({ message }) => message)).toEqual([
      { kind: 'RequestVoteReply', term: 5, voteGranted: false },
      { kind: 'Outdated', term: 5 },
    ]);
    expect(cluster.terms(n1)).toEqual([]);
  });

  it('committed entries are applied in the order of the log', () => {
    const cluster = new Cluster();
    const registration: LogEntry = { kind: 'command', term: 1, timeUs: 0, bytes: 8, command: register };
    cluster.receive(n2, n1, appendEntries(1, [0, 0], [registration], 1));
    cluster.receive(n2, n1, appendEntries(1, [1, 1], [entry(1, 1), entry(1, 2)], 3));
    expect(cluster.state(n2).lastApplied).toBe(3);
    expect(cluster.state(n2).executed).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
  });
});

describe('§5.2 leader election', () => {
  it('a timeout begins an election: new term, own vote, votes asked of all', () => {
    const cluster = new Cluster({ disks: [{ term: 3, terms: [1, 2] }] });
    cluster.fire(n1, 'election');
    expect(cluster.state(n1).role).toMatchObject({ kind: 'candidate', votesGranted: [] });
    expect(cluster.take(n1)).toEqual([]); // The vote for itself is not synced.
    cluster.sync(n1);
    expect(cluster.synced(n1).vote).toEqual({ currentTerm: 4, votedFor: n1 });
    const message = { kind: 'RequestVote', term: 4, lastLogIndex: 2, lastLogTerm: 2, isTransfer: false };
    expect(cluster.take(n1)).toEqual([{ from: n1, to: n2, message }, { from: n1, to: n3, message }]);
    expect(cluster.state(n1).role).toMatchObject({ kind: 'candidate', votesGranted: [n1] });
  });

  it('one vote in a term, first come first served', () => {
    const cluster = new Cluster();
    cluster.receive(n3, n1, requestVote(1));
    cluster.receive(n3, n2, requestVote(1));
    cluster.sync(n3);
    expect(cluster.take(n3).map(({ to, message }) => [to, 'voteGranted' in message && message.voteGranted]))
      .toEqual([[n1, true], [n2, false]]);
  });

  it('the same candidate, asking again, gets the same answer, also after a restart', () => {
    const cluster = new Cluster();
    cluster.receive(n3, n1, requestVote(1));
    cluster.sync(n3);
    cluster.crash(n3, 'machine');
    cluster.restart(n3);
    cluster.take();
    cluster.receive(n3, n1, requestVote(1));
    cluster.receive(n3, n2, requestVote(1));
    cluster.sync(n3);
    expect(cluster.take(n3).map(({ message }) => 'voteGranted' in message && message.voteGranted))
      .toEqual([true, false]);
  });

  it('votes from a majority make a leader, and a vote that arrives twice is one vote', () => {
    const cluster = new Cluster({ size: 5 });
    cluster.fire(n1, 'election');
    cluster.sync(n1);
    const vote = { kind: 'RequestVoteReply', term: 1, voteGranted: true } as const;
    cluster.receive(n1, n2, vote);
    cluster.receive(n1, n2, vote);
    expect(cluster.state(n1).role.kind).toBe('candidate');
    cluster.receive(n1, n3, vote);
    expect(cluster.state(n1).role.kind).toBe('leader');
  });

  it('a refusal is no vote, and a vote of an older term does not count', () => {
    const cluster = new Cluster();
    cluster.fire(n1, 'election');
    cluster.fire(n1, 'election');
    cluster.sync(n1);
    cluster.receive(n1, n2, { kind: 'RequestVoteReply', term: 1, voteGranted: true });
    cluster.receive(n1, n2, { kind: 'RequestVoteReply', term: 2, voteGranted: false });
    expect(cluster.state(n1).role).toMatchObject({ kind: 'candidate', votesGranted: [n1] });
  });

  it('an even cluster needs more than half', () => {
    const cluster = new Cluster({ size: 4 });
    cluster.fire(n1, 'election');
    cluster.settle([n1, n2]);
    expect(cluster.state(n1).role.kind).toBe('candidate');
  });

  it('a single node elects itself, once its vote is synced', () => {
    const cluster = new Cluster({ size: 1 });
    cluster.fire(n1, 'election');
    expect(cluster.state(n1).role.kind).toBe('candidate');
    cluster.sync(n1);
    expect(cluster.state(n1).role.kind).toBe('leader');
  });

  it('a leader sends heartbeats at once and again and again', () => {
    const cluster = new Cluster();
    cluster.fire(n1, 'election');
    cluster.sync(n1);
    cluster.take();
    cluster.receive(n1, n2, { kind: 'RequestVoteReply', term: 1, voteGranted: true });
    expect(cluster.take(n1).map(({ to, message }) => [to, message.kind]))
      .toEqual([[n2, 'AppendEntries'], [n3, 'AppendEntries']]);
    cluster.fire(n1, 'heartbeat');
    expect(cluster.take(n1)).toHaveLength(2);
    expect(cluster.timer(n1, 'heartbeat')).toBe(50_000);
  });

  it('a candidate that hears from the leader of its term follows it', () => {
    const cluster = new Cluster();
    cluster.fire(n1, 'election');
    cluster.receive(n1, n2, appendEntries(1, [0, 0]));
    expect(cluster.state(n1)).toMatchObject({ role: { kind: 'follower' }, leaderId: n2 });
  });

  it('a candidate ignores the leader of an older term', () => {
    const cluster = new Cluster({ disks: [{ term: 4 }] });
    cluster.fire(n1, 'election');
    cluster.receive(n1, n2, appendEntries(4, [0, 0]));
    expect(cluster.state(n1).role.kind).toBe('candidate');
  });

  it('each timeout is drawn anew from the configured range', () => {
    const options = { electionTimeoutMin: 100_000, electionTimeoutMax: 100_002 };
    const cluster = new Cluster({ size: 1, options });
    const drawn = [cluster.timer(n1, 'election')];
    for (let round = 0; round < 2; round++) {
      cluster.fire(n1, 'election');
      drawn.push(cluster.timer(n1, 'election'));
    }
    expect(drawn).toEqual([100_000, 100_001, 100_002]);
  });

  it('granting a vote restarts the timeout; refusing one, or granting the same again, does not', () => {
    const cluster = new Cluster();
    const before = cluster.timer(n3, 'election');
    cluster.receive(n3, n1, requestVote(1));
    const granted = cluster.timer(n3, 'election');
    cluster.receive(n3, n2, requestVote(1));
    cluster.receive(n3, n1, requestVote(1));
    expect(granted).not.toBe(before);
    expect(cluster.timer(n3, 'election')).toBe(granted);
    cluster.sync(n3);
    expect(cluster.take(n3).map(({ message }) => 'voteGranted' in message && message.voteGranted))
      .toEqual([true, false, true]);
  });
});

describe('§5.3 log replication', () => {
  it('a command is appended, sent to all, and answered when a majority holds it', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    const id = cluster.request(n1, register);
    expect(cluster.take(n1).map(({ to, message }) => [to, (message as AppendEntries).entries.length]))
      .toEqual([[n2, 1], [n3, 1]]);
    cluster.sync(n1);
    expect(cluster.answers().size).toBe(0);
    cluster.receive(n1, n3, { kind: 'AppendEntriesAccepted', term: 1, requestId: 9, sentAtUs: 0, matchIndex: 2 });
    const result = { kind: 'registered', session: 1 };
    expect(cluster.answers().get(id)).toEqual({ kind: 'applied', result, index: 2 });
  });

  it("a leader's entries travel during its own sync, but it counts itself only afterwards (thesis §10.2.1)", () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.request(n1, register);
    expect(cluster.take(n1)).toHaveLength(2);
    cluster.receive(n1, n2, { kind: 'AppendEntriesAccepted', term: 1, requestId: 9, sentAtUs: 0, matchIndex: 2 });
    expect(cluster.state(n1).commitIndex).toBe(1);
    cluster.sync(n1);
    expect(cluster.state(n1).commitIndex).toBe(2);
  });

  it('entries are refused unless the one before them agrees in index and term', () => {
    const cluster = new Cluster({ disks: [{ term: 2, terms: [1, 1] }] });
    cluster.receive(n1, n2, appendEntries(2, [3, 2], [entry(2, 4)]));
    expect(cluster.takeOne(n1)).toMatchObject({ kind: 'AppendEntriesRejected', conflictIndex: 3 });
    cluster.receive(n1, n2, appendEntries(2, [2, 2], [entry(2, 3)]));
    expect(cluster.takeOne(n1)).toMatchObject({ kind: 'AppendEntriesRejected', conflictIndex: 1 });
    expect(cluster.terms(n1)).toEqual([1, 1]);
  });

  it('a rejection names the first index of the conflicting term', () => {
    const cluster = new Cluster({ disks: [{ term: 4, terms: [1, 2, 2, 3, 3, 3] }] });
    cluster.receive(n1, n2, appendEntries(5, [6, 4]));
    cluster.sync(n1);
    expect(cluster.takeOne(n1)).toMatchObject({ kind: 'AppendEntriesRejected', requestId: 7, conflictIndex: 4 });
  });

  it('a conflicting entry is removed with all that follow it', () => {
    const cluster = new Cluster({ disks: [{ term: 3, terms: [1, 2, 2, 2] }] });
    cluster.receive(n1, n2, appendEntries(3, [1, 1], [entry(3, 2)]));
    cluster.sync(n1);
    expect(cluster.terms(n1)).toEqual([1, 3]);
    expect(cluster.synced(n1).log).toHaveLength(2);
  });

  it('a message that shows less than the log holds removes nothing', () => {
    const cluster = new Cluster({ disks: [{ term: 1, terms: [1, 1, 1] }] });
    cluster.receive(n1, n2, appendEntries(1, [0, 0], [entry(1, 1)]));
    cluster.receive(n1, n2, appendEntries(1, [2, 1]));
    expect(cluster.terms(n1)).toEqual([1, 1, 1]);
  });

  it('an acceptance says how far the message went, not how long the log is', () => {
    const cluster = new Cluster({ disks: [{ term: 1, terms: [1, 1, 1] }] });
    cluster.receive(n1, n2, appendEntries(1, [1, 1], [entry(1, 2)]));
    expect(cluster.takeOne(n1)).toMatchObject({ kind: 'AppendEntriesAccepted', matchIndex: 2 });
  });

  it('a follower commits no further than the message goes', () => {
    const cluster = new Cluster({ disks: [{ term: 2, terms: [1, 1, 1] }] });
    cluster.receive(n1, n2, appendEntries(2, [1, 1], [], 3));
    expect(cluster.state(n1).commitIndex).toBe(1);
  });

  it('commitIndex does not go back when an older message comes late', () => {
    const cluster = new Cluster({ disks: [{ term: 1, terms: [1, 1] }] });
    cluster.receive(n1, n2, appendEntries(1, [2, 1], [], 2));
    cluster.receive(n1, n2, appendEntries(1, [1, 1], [], 1));
    expect(cluster.state(n1).commitIndex).toBe(2);
  });

  it('a new leader brings every log of Figure 7 in line with its own', () => {
    const leader = [1, 1, 1, 4, 4, 5, 5, 6, 6, 6];
    for (const terms of [
      [1, 1, 1, 4, 4, 5, 5, 6, 6],
      [1, 1, 1, 4],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6],
      [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7],
      [1, 1, 1, 4, 4, 4, 4],
      [1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3],
    ]) {
      const cluster = new Cluster({
        disks: [{ term: 7, terms: leader }, { term: 7, terms: leader }, { term: 7, terms }],
      });
      cluster.elect(n1, [n1, n2]);
      cluster.fire(n1, 'heartbeat');
      cluster.settle();
      expect(cluster.terms(n3)).toEqual([...leader, 8]);
    }
  });

  it('one message carries at most the configured number of entries, and the rest follows its acceptance', () => {
    const disks = [{ term: 1, terms: [1, 1, 1] }, { term: 1, terms: [1, 1, 1] }];
    const cluster = new Cluster({ disks, options: { maxEntriesPerMessage: 1 } });
    cluster.elect(n1, [n1, n2]);
    cluster.receive(n1, n3, { kind: 'AppendEntriesRejected', term: 2, requestId: 5, sentAtUs: 0, conflictIndex: 1 });
    expect(cluster.packets.map(({ message }) => (message as AppendEntries).entries.length)).toEqual([1]);
    cluster.settle();
    expect(cluster.terms(n3)).toEqual([1, 1, 1, 2]);
  });

  it('acceptances that come late or twice change nothing', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.settle();
    const before = structuredClone(leaderOf(cluster).matchIndex);
    cluster.receive(n1, n2, { kind: 'AppendEntriesAccepted', term: 1, requestId: 1, sentAtUs: 0, matchIndex: 0 });
    expect(leaderOf(cluster).matchIndex).toEqual(before);
    expect(leaderOf(cluster).nextIndex[n2]).toBe(3);
  });

  it('a rejection never lowers nextIndex to what is known to match, and is answered once', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    const rejection = { kind: 'AppendEntriesRejected', term: 1, requestId: 1, sentAtUs: 0, conflictIndex: 1 } as const;
    cluster.receive(n1, n2, rejection);
    cluster.receive(n1, n2, rejection);
    expect(leaderOf(cluster).nextIndex[n2]).toBe(2);
    expect(cluster.take(n1)).toHaveLength(1);
  });

  it('a reply of an older term is ignored', () => {
    const cluster = new Cluster({ disks: [{ term: 3 }] });
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.take();
    cluster.sync(n1);
    cluster.receive(n1, n2, { kind: 'AppendEntriesAccepted', term: 3, requestId: 1, sentAtUs: 0, matchIndex: 2 });
    expect(cluster.state(n1).commitIndex).toBe(1);
  });
});

describe('§5.4 safety', () => {
  it.each([
    ['a higher last term wins over a longer log', [1, 1, 1], [1, 2], true],
    ['a longer log with a lower last term loses', [1, 2], [1, 1, 1], false],
    ['with equal last terms the longer log wins', [1, 1], [1, 1, 1], true],
    ['with equal last terms the shorter log loses', [1, 1, 1], [1, 1], false],
    ['equal logs are up-to-date', [1, 2], [1, 2], true],
  ])('§5.4.1 %s', (_claim, ours, theirs, voteGranted) => {
    const cluster = new Cluster({ disks: [{ term: 5, terms: ours }] });
    cluster.receive(n1, n2, requestVote(6, theirs.length, theirs.at(-1)));
    cluster.sync(n1);
    expect(cluster.takeOne(n1)).toEqual({ kind: 'RequestVoteReply', term: 6, voteGranted });
  });

  it('§5.4.2 an entry of an earlier term commits with one of the current term, not by counting (Figure 8)', () => {
    const disk = { term: 2, terms: [1, 2] };
    const cluster = new Cluster({ size: 5, disks: [disk, disk, disk], options: { noOpOnElection: false } });
    cluster.elect(n1);
    expect(leaderOf(cluster).matchIndex).toEqual([2, 2, 2, 2, 2]);
    expect(cluster.state(n1).commitIndex).toBe(0);
    cluster.request(n1, register);
    cluster.settle([n1, n4, n5]);
    expect(cluster.state(n1).commitIndex).toBe(3);
  });
});

describe('§5.5 and §5.6 crashes and timing', () => {
  it('what was lost on its way is sent again after a heartbeat', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.take();
    cluster.settle();
    expect(cluster.terms(n2)).toEqual([1]);
    cluster.fire(n1, 'heartbeat');
    cluster.settle();
    expect(cluster.terms(n2)).toEqual([1, 1]);
  });

  it('a candidate asks again those who have not answered, and nobody once it is none', () => {
    const cluster = new Cluster({ size: 4 });
    cluster.fire(n1, 'election');
    cluster.sync(n1);
    const [first] = cluster.take();
    cluster.receive(n1, n3, { kind: 'RequestVoteReply', term: 1, voteGranted: false });
    cluster.fire(n1, 'request-votes');
    expect(cluster.take()).toEqual([n2, n4].map((to) => ({ ...first, to })));
    cluster.receive(n1, n2, appendEntries(1, [0, 0], []));
    cluster.take();
    cluster.fire(n1, 'request-votes');
    expect(cluster.take()).toEqual([]);
    expect(cluster.timer(n1, 'request-votes')).toBeUndefined();
  });

  it('a leader that reaches no majority for an election timeout steps down (thesis §6.2)', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.fire(n1, 'check-quorum');
    expect(cluster.state(n1).role.kind).toBe('leader'); // Both had answered.
    cluster.fire(n1, 'check-quorum');
    expect(cluster.state(n1)).toMatchObject(
      { role: { kind: 'follower' }, leaderId: null, durable: { currentTerm: 1 } });
  });

  it('without CheckQuorum it stays', () => {
    const cluster = new Cluster({ options: { checkQuorum: false } });
    cluster.elect(n1);
    expect(cluster.timer(n1, 'check-quorum')).toBeUndefined();
  });
});

describe('§8 client interaction', () => {
  it('a follower names the leader, a candidate names nobody', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    const first = cluster.request(n2, register);
    cluster.fire(n2, 'election');
    const second = cluster.request(n2, register);
    cluster.sync(n2);
    const answers = cluster.answers();
    expect(answers.get(first)).toEqual({ kind: 'not-leader', leader: n1 });
    expect(answers.get(second)).toEqual({ kind: 'not-leader', leader: null });
  });

  it('a new leader commits a no-op first, unless told otherwise', () => {
    for (const noOpOnElection of [true, false]) {
      const cluster = new Cluster({ options: { noOpOnElection } });
      cluster.elect(n1);
      expect(cluster.state(n1).commitIndex).toBe(noOpOnElection ? 1 : 0);
    }
  });

  it('a command sent twice is executed once and answered twice alike (thesis §6.3)', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.request(n1, register);
    const first = cluster.request(n1, appendCommand(1));
    const second = cluster.request(n1, appendCommand(1));
    cluster.settle();
    const answers = cluster.answers();
    expect(answers.get(first)).toEqual({ kind: 'applied', result: { kind: 'ok', value: 1 }, index: 3 });
    expect(answers.get(second)).toEqual({ kind: 'applied', result: { kind: 'ok', value: 1 }, index: 4 });
    expect(cluster.state(n1).executed).toEqual([null]);
  });

  it('a leader that steps down tells whoever waits that it does not know, and never that it failed', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    const id = cluster.request(n1, register);
    cluster.receive(n1, n2, appendEntries(2, [1, 1]));
    cluster.sync(n1);
    expect(cluster.answers().get(id)).toEqual({ kind: 'leadership-lost' });
    expect(cluster.notes(n1).at(-1)).toEqual({ event: 'stepped-down', term: 2 });
  });

  it('a read is a command like any other: it is answered when its entry is committed', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.settle();
    cluster.answers();
    const operation = { f: 'read', key: 'k', value: null };
    const id = cluster.request(n1, { kind: 'execute', session: 1, sequence: 1, acknowledged: 1, operation });
    expect(cluster.answers().size).toBe(0);
    cluster.settle();
    expect(cluster.answers().get(id)).toEqual({ kind: 'applied', result: { kind: 'ok', value: [] }, index: 3 });
  });
});

describe('the time of the log', () => {
  const S = 1_000_000;
  const lastTimeUs = (cluster: Cluster, id = n1): number => cluster.state(id).durable.log.entries.at(-1)?.timeUs ?? -1;

  it('begins at nothing, and goes on by the clock of the leader', () => {
    const cluster = new Cluster();
    cluster.nowUs = 7 * S;
    cluster.elect(n1);
    expect(lastTimeUs(cluster)).toBe(0);
    cluster.nowUs = 9 * S;
    cluster.request(n1, register);
    expect(lastTimeUs(cluster)).toBe(2 * S);
  });

  it('does not stand still from the last entry to the next election, where that counts', () => {
    const timeAfter = (logTime: 'led' | 'all'): number => {
      const cluster = new Cluster({ options: { logTime } });
      cluster.elect(n1);
      cluster.nowUs = 2 * S;
      cluster.request(n1, register);
      cluster.settle();
      cluster.nowUs = 5 * S;
      cluster.elect(n2);
      return lastTimeUs(cluster, n2);
    };
    expect(timeAfter('led')).toBe(2 * S);
    expect(timeAfter('all')).toBe(5 * S);
  });

  it('counts from then on, where an operator lets it', () => {
    const cluster = new Cluster();
    cluster.elect(n1);
    cluster.nowUs = 2 * S;
    cluster.request(n1, register);
    cluster.settle();
    cluster.nowUs = 4 * S;
    cluster.set(n2, { logTime: 'all' });
    cluster.nowUs = 5 * S;
    cluster.elect(n2);
    expect(lastTimeUs(cluster, n2)).toBe(3 * S);
  });

  it('is never ahead: what was not seen to pass has not passed', () => {
    const cluster = new Cluster({ options: { logTime: 'all' } });
    cluster.elect(n1);
    cluster.nowUs = 2 * S;
    cluster.request(n1, register);
    // n2 has the entry a second late, is down for one, and does not know how long either took.
    cluster.nowUs = 3 * S;
    cluster.settle();
    cluster.crash(n2, 'process');
    cluster.nowUs = 4 * S;
    cluster.restart(n2);
    cluster.nowUs = 5 * S;
    cluster.elect(n2);
    expect(lastTimeUs(cluster, n2)).toBe(3 * S);
  });
});
