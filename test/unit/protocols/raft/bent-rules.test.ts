import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../../src/contract/message.ts';
import type { NodeInit } from '../../../../src/contract/node.ts';
import type { Options } from '../../../../src/contract/options.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { simple } from '../../../../src/protocols/raft/configuration.ts';
import { lastIndex } from '../../../../src/protocols/raft/log.ts';
import type { InstallSnapshot, RaftMessage } from '../../../../src/protocols/raft/messages.ts';
import { RaftNode } from '../../../../src/protocols/raft/raft.ts';
import { RaftRules } from '../../../../src/protocols/raft/rules.ts';
import { listStore } from '../../../../src/services/kv.ts';
import { SessionMachine } from '../../../../src/services/sessions.ts';
import { appendEntries, requestVote } from '../../../support/raft/cases.ts';
import {
  appendCommand, type Cluster, type ClusterSettings, n1, n2, n3, n4, n5,
} from '../../../support/raft/harness.ts';
import type { Reported } from '../../../support/raft/puppets.ts';
import { watched } from '../../../support/raft/watched.ts';

/** One rule of the paper, bent; and a course of events in which it matters. */
interface BentRule {
  readonly rule: string;
  /** What the bent rule answers, from what it is asked. */
  readonly says: (node: RaftNode, ...asked: readonly unknown[]) => unknown;
  readonly settings?: ClusterSettings;
  readonly play: (cluster: Cluster) => void;
  readonly first: Reported;
}

/** Nodes in which one rule answers otherwise. */
function bend({ rule, says }: BentRule): (init: NodeInit) => RaftNode {
  return (init) => {
    const node = new RaftNode(init);
    Object.defineProperty(node, rule, { value: (...asked: readonly unknown[]) => says(node, ...asked) });
    return node;
  };
}

// ── Scenes ─────────────────────────────────────────────────────────────

const register = { kind: 'register' };

function read(sequence: number): Plain {
  return { kind: 'execute', session: 1, sequence, acknowledged: 1, operation: { f: 'read', key: 'k', value: null } };
}

/** A node asks for votes, and everything settles between it and these others; it may win or lose. */
function campaign(cluster: Cluster, id: NodeId, others: readonly NodeId[]): void {
  cluster.fire(id, 'election');
  cluster.settle([id, ...others]);
}

/** Two candidates ask n2 for its vote in one term. */
function asksTwice(cluster: Cluster): void {
  for (const candidate of [n1, n3]) {
    cluster.receive(n2, candidate, requestVote(1));
    cluster.sync(n2);
  }
}

/** n1 commits an entry; n2 leads after it, does not know that, and has committed nothing itself; then it is asked. */
function readsAtANewLeader(cluster: Cluster): void {
  cluster.elect(n1);
  cluster.request(n1, register);
  cluster.settle();
  cluster.elect(n2, [n2, n3]);
  cluster.request(n2, read(1));
  cluster.settle([n2, n3]);
}

/** n1 leads; n3 tries to succeed it, heard by n2 alone, so that n1 does not know; then n1 is asked for a read. */
function readsAtTheOldLeader(cluster: Cluster): void {
  cluster.elect(n1);
  campaign(cluster, n3, [n2]);
  cluster.request(n1, read(1));
}

/** The same at some time after, and it is n2 who asks: for a client, R20 would have been broken as well. */
function readsByLease(cluster: Cluster, atUs: number): void {
  cluster.elect(n1);
  cluster.nowUs = atUs;
  campaign(cluster, n3, [n2]);
  cluster.receive(n1, n2, { kind: 'ReadIndexRequest', term: 1, id: 1 });
}

/** Three voters of five nodes. */
const three: ClusterSettings = { size: 5, initial: { voters: ['n1', 'n2', 'n3'] } };

const lease: Partial<Options> = { reads: 'lease' };
const byLease: Reported = {
  id: 'R21', text: 'n1 answers a read by its lease of term 1, but the leader of term 2 has committed an entry',
};
const readIndex: Partial<Options> = { reads: 'read-index' };
const stale = (node: string, index: number, fence: number): Reported => ({
  id: 'R20',
  text: `${node} answers a read of c1 as of index ${index}, but index ${fence} was committed before the client asked`,
});
/** n1 and n2 hold what n3 holds something else in the place of. */
const forked: ClusterSettings = {
  disks: [{ term: 3, terms: [1, 3] }, { term: 3, terms: [1, 3] }, { term: 2, terms: [1, 2] }],
};

/** The snapshot that a node has taken, as its leader sends it in one piece. */
function chunkOf(cluster: Cluster, id: NodeId): InstallSnapshot {
  const { durable: { snapshot, currentTerm: term } } = cluster.state(id);
  if (snapshot === null) throw new Error('a snapshot was taken');
  return { kind: 'InstallSnapshot', term, requestId: 9, sentAtUs: 0, ...snapshot, offset: 0, done: true };
}

// ── Elections ──────────────────────────────────────────────────────────

const elections: readonly BentRule[] = [
  {
    rule: 'voteRecord',
    says: ({ state: { durable } }) => ({ currentTerm: durable.currentTerm, votedFor: null }),
    play(cluster) {
      cluster.receive(n2, n1, requestVote(1));
      cluster.sync(n2);
    },
    first: { id: 'R9', text: 'n2 votes for n1 in term 1, but has not stored it' },
  },
  {
    rule: 'mayGrantVote',
    says: () => true,
    play: (cluster) => { asksTwice(cluster); },
    first: { id: 'R8', text: 'n2 votes for n3 in term 1, but has voted for n1' },
  },
  {
    rule: 'hasVoteFor',
    says: () => true,
    play: (cluster) => { asksTwice(cluster); },
    first: { id: 'R8', text: 'n2 votes for n3 in term 1, but has voted for n1' },
  },
  {
    rule: 'isUpToDate',
    says: () => true,
    play(cluster) {
      campaign(cluster, n1, [n2]);
      campaign(cluster, n3, [n2]); // For a term in which n2 has voted.
      campaign(cluster, n3, [n2]);
    },
    first: { id: 'R4', text: 'n3, elected in term 2, lacks entry 1, committed in term 1' },
  },
  {
    rule: 'countsVote',
    says: () => true,
    settings: { size: 5 },
    play(cluster) {
      cluster.fire(n1, 'election');
      cluster.sync(n1);
      cluster.receive(n2, n1, requestVote(1));
      cluster.sync(n2);
      const vote = cluster.takeOne(n2);
      cluster.receive(n1, n2, vote);
      cluster.receive(n1, n2, vote);
    },
    first: { id: 'R16', text: 'n1 leads term 1 with 2 of 5 votes' },
  },
  {
    rule: 'isVoteOf',
    says: () => true,
    play(cluster) {
      cluster.fire(n1, 'election');
      cluster.sync(n1);
      cluster.receive(n2, n1, requestVote(1));
      cluster.sync(n2);
      const vote = cluster.takeOne(n2);
      cluster.fire(n1, 'election');
      cluster.sync(n1);
      cluster.receive(n1, n2, vote);
    },
    first: { id: 'R16', text: 'n1 leads term 2 with 1 of 3 votes' },
  },
  {
    rule: 'hearsLeader',
    says: () => false,
    settings: { options: lease },
    play: (cluster) => { readsByLease(cluster, 100_000); },
    first: byLease,
  },
  {
    rule: 'ignoresCandidate',
    says: () => false,
    settings: { options: lease },
    play: (cluster) => { readsByLease(cluster, 100_000); },
    first: byLease,
  },
];

// ── Quorums ────────────────────────────────────────────────────────────

const quorums: readonly BentRule[] = [
  {
    rule: 'quorumSize',
    says: () => 1,
    play: (cluster) => { campaign(cluster, n1, []); },
    first: { id: 'R16', text: 'n1 leads term 1 with 1 of 3 votes' },
  },
  {
    rule: 'counts',
    says: () => true,
    settings: three,
    play: (cluster) => { campaign(cluster, n1, [n4, n5]); },
    first: { id: 'R16', text: 'n1 leads term 1 with 1 of 3 votes' },
  },
  {
    rule: 'needsOldVoters',
    says: () => false,
    settings: three,
    play(cluster) {
      cluster.elect(n1, [n1, n2, n3]);
      cluster.order(n1, 'set-voters', n1, n4, n5);
      cluster.settle([n1, n4, n5]);
      for (let time = 0; time < 3; time++) {
        cluster.fire(n1, 'heartbeat');
        cluster.settle([n1, n4, n5]);
      }
    },
    first: {
      id: 'R6',
      text: 'n1, leader of term 1, commits up to index 2, ' +
        'which is on the disks of 3 of 3 nodes and of 1 of 3 old ones',
    },
  },
  {
    rule: 'isQuorum',
    says: (_node, count) => (count as number) >= 2,
    settings: { size: 5 },
    play: (cluster) => { campaign(cluster, n1, [n2]); },
    first: { id: 'R16', text: 'n1 leads term 1 with 2 of 5 votes' },
  },
  {
    rule: 'isQuorumOf',
    says: () => true,
    settings: { options: readIndex },
    play: (cluster) => { readsAtTheOldLeader(cluster); },
    first: stale('n1', 1, 2),
  },
];

// ── Replication and commitment ─────────────────────────────────────────

const replication: readonly BentRule[] = [
  {
    rule: 'holdsEntry',
    says: () => true,
    settings: { disks: [{ term: 1, terms: [1, 1] }, { term: 1, terms: [1, 1] }, { term: 1 }] },
    play: (cluster) => { cluster.elect(n1); },
    first: { id: 'R9', text: 'n3 acknowledges the entries up to 3, but its disk holds 1 entries' },
  },
  {
    rule: 'firstConflict',
    says: () => null,
    settings: forked,
    play(cluster) {
      campaign(cluster, n1, [n2]);
      cluster.fire(n1, 'heartbeat');
      cluster.settle();
    },
    first: {
      id: 'R3',
      text: 'n3 holds another entry with index 3 and term 4, or another log before it, than some log before',
    },
  },
  {
    rule: 'matchIndexFromRejection',
    says: (_node, _known, reply) => (reply as { readonly conflictIndex: number }).conflictIndex - 1,
    settings: { disks: [{ term: 3, terms: [1, 3, 3] }, { term: 3, terms: [1, 3, 3] }, { term: 2, terms: [1, 2] }] },
    play(cluster) {
      campaign(cluster, n1, [n2]);
      cluster.receive(n3, n1, { ...appendEntries(4), prevLogIndex: 3, prevLogTerm: 3 });
      cluster.sync(n3);
      cluster.receive(n1, n3, cluster.takeOne(n3));
    },
    first: {
      id: 'R13',
      text: 'n1, leader of term 4, has matchIndex 2 (before: 0) for n3, on whose disk are 2 entries that do not agree',
    },
  },
  {
    rule: 'acknowledgedIndex',
    says: ({ state }) => lastIndex(state.durable.log),
    settings: forked,
    play(cluster) {
      campaign(cluster, n1, [n2]);
      cluster.take();
      cluster.receive(n3, n1, { ...appendEntries(4), prevLogIndex: 1, prevLogTerm: 1 });
      cluster.sync(n3);
      cluster.receive(n1, n3, cluster.takeOne(n3));
    },
    first: {
      id: 'R13',
      text: 'n1, leader of term 4, has matchIndex 2 (before: 0) for n3, on whose disk are 2 entries that do not agree',
    },
  },
  {
    rule: 'raisedMatchIndex',
    says: (_node, _known, reported) => reported,
    play(cluster) {
      cluster.elect(n1);
      cluster.request(n1, register);
      cluster.sync(n1);
      cluster.take();
      cluster.receive(n2, n1, { ...appendEntries(1), prevLogIndex: 1, prevLogTerm: 1 });
      cluster.sync(n2);
      const late = cluster.takeOne(n2);
      cluster.fire(n1, 'heartbeat');
      cluster.settle();
      cluster.receive(n1, n2, late);
    },
    first: {
      id: 'R13',
      text: 'n1, leader of term 1, has matchIndex 1 (before: 2) for n2, on whose disk are 2 entries that agree',
    },
  },
  {
    rule: 'mayCommit',
    says: () => true,
    settings: {
      disks: [{ term: 2, terms: [1, 2] }, { term: 2, terms: [1, 2] }], options: { noOpOnElection: false },
    },
    play: (cluster) => { campaign(cluster, n1, [n2]); },
    first: { id: 'R15', text: 'n1, leader of term 3, commits up to index 2, an entry of term 2' },
  },
  {
    rule: 'followerCommitIndex',
    says: (_node, leaderCommit) => leaderCommit,
    settings: forked,
    play(cluster) {
      campaign(cluster, n1, [n2]);
      cluster.receive(n3, n1, { ...appendEntries(4), prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 2 });
    },
    first: { id: 'R5', text: 'n3 applies another entry at index 2 than was committed there' },
  },
];

// ── Snapshots ──────────────────────────────────────────────────────────

/** n1 leads and has committed three entries, and taken a snapshot of two of them; n3 has the log from `leader` too. */
function compacts(cluster: Cluster): InstallSnapshot {
  cluster.elect(n1, [n1, n2]);
  cluster.request(n1, register);
  cluster.settle([n1, n2]);
  cluster.order(n1, 'snapshot');
  cluster.request(n1, appendCommand(1));
  cluster.settle([n1, n2]);
  return chunkOf(cluster, n1);
}

const snapshots: readonly BentRule[] = [
  {
    rule: 'keepsSuffix',
    says: () => false,
    play(cluster) {
      const chunk = compacts(cluster);
      const { entries } = cluster.state(n2).durable.log;
      cluster.receive(n3, n1, appendEntries(1, entries));
      cluster.sync(n3);
      cluster.receive(n1, n3, cluster.takeOne(n3));
      cluster.take();
      cluster.receive(n3, n1, chunk);
      cluster.sync(n3);
      cluster.sync(n3);
      cluster.fire(n1, 'heartbeat');
    },
    first: {
      id: 'R13',
      text: 'n1, leader of term 1, has matchIndex 3 (before: 3) for n3, on whose disk are 2 entries that do not agree',
    },
  },
  {
    rule: 'isNews',
    says: () => true,
    play(cluster) {
      const chunk = compacts(cluster);
      cluster.receive(n3, n1, { ...appendEntries(1, cluster.state(n2).durable.log.entries), leaderCommit: 3 });
      cluster.receive(n3, n1, chunk);
      cluster.sync(n3);
    },
    first: { id: 'R12', text: 'commitIndex of n3 falls from 3 to 2' },
  },
  {
    rule: 'snapshotData',
    says: () => new SessionMachine(listStore).saveLater(new SessionMachine(listStore).initial()),
    play: (cluster) => { compacts(cluster); },
    first: { id: 'R24', text: 'n1 has a snapshot up to index 2 of another state than nodes were in there' },
  },
  {
    rule: 'snapshotConfiguration',
    says: () => simple([n1]),
    play: (cluster) => { compacts(cluster); },
    first: { id: 'R24', text: 'n1 has a snapshot up to index 2 with another configuration than was in force there' },
  },
];

// ── Reads ──────────────────────────────────────────────────────────────

const reads: readonly BentRule[] = [
  {
    rule: 'knowsCommitted',
    says: () => true,
    settings: { options: { ...readIndex, noOpOnElection: false } },
    play: (cluster) => { readsAtANewLeader(cluster); },
    first: stale('n2', 0, 1),
  },
  {
    rule: 'mayServeReads',
    says: () => true,
    settings: { options: { ...readIndex, noOpOnElection: false } },
    play: (cluster) => { readsAtANewLeader(cluster); },
    first: stale('n2', 0, 1),
  },
  {
    rule: 'readContext',
    says: (_node, leader) => (leader as { readonly requestId: number }).requestId,
    settings: { options: readIndex },
    play: (cluster) => { readsAtTheOldLeader(cluster); },
    first: stale('n1', 1, 2),
  },
  {
    rule: 'isConfirmed',
    says: () => true,
    settings: { options: readIndex },
    play: (cluster) => { readsAtTheOldLeader(cluster); },
    first: stale('n1', 1, 2),
  },
  {
    rule: 'leaseClockUs',
    says: () => 0,
    settings: { options: lease },
    play: (cluster) => { readsByLease(cluster, 200_000); },
    first: byLease,
  },
  {
    rule: 'leaseFromUs',
    says: (_node, _reply, nowUs) => nowUs,
    settings: { options: lease },
    play(cluster) {
      cluster.elect(n1);
      cluster.fire(n1, 'heartbeat');
      const [heartbeat] = cluster.take(n1);
      cluster.receive(n2, n1, heartbeat?.message as RaftMessage);
      cluster.sync(n2);
      const late = cluster.takeOne(n2);
      cluster.nowUs = 140_000;
      cluster.receive(n1, n2, late);
      cluster.nowUs = 200_000;
      campaign(cluster, n3, [n2]);
      cluster.receive(n1, n2, { kind: 'ReadIndexRequest', term: 1, id: 1 });
    },
    first: byLease,
  },
  {
    rule: 'leaseUs',
    says: () => 300_000,
    settings: { options: lease },
    play: (cluster) => { readsByLease(cluster, 200_000); },
    first: byLease,
  },
  {
    rule: 'holdsLease',
    says: () => true,
    settings: { options: lease },
    play: (cluster) => { readsByLease(cluster, 200_000); },
    first: byLease,
  },
  {
    rule: 'hasSurrenderedLease',
    says: () => false,
    settings: { options: lease },
    play(cluster) {
      cluster.elect(n1);
      cluster.fire(n1, 'heartbeat');
      cluster.settle();
      cluster.order(n1, 'transfer', n3);
      cluster.receive(n3, n1, cluster.takeOne(n1));
      cluster.settle([n2, n3]);
      cluster.receive(n1, n2, { kind: 'ReadIndexRequest', term: 1, id: 1 });
    },
    first: byLease,
  },
];

// ── Membership ─────────────────────────────────────────────────────────

const membership: readonly BentRule[] = [
  {
    rule: 'configurationAt',
    says: ({ state }) => state.configurations[0]?.configuration,
    settings: three,
    play(cluster) {
      cluster.elect(n1, [n1, n2, n3]);
      cluster.order(n1, 'add-learner', n4);
      cluster.settle([n1, n2, n3]);
      cluster.order(n1, 'snapshot');
    },
    first: { id: 'R24', text: 'n1 has a snapshot up to index 2 with another configuration than was in force there' },
  },
  {
    rule: 'mayChangeConfiguration',
    says: () => true,
    settings: { ...three, options: { noOpOnElection: false } },
    play(cluster) {
      cluster.elect(n1, [n1, n2, n3]);
      cluster.order(n1, 'add-learner', n4);
    },
    first: {
      id: 'R17', text: 'n1, leader of term 1, puts a configuration at index 1 before an entry of its term is committed',
    },
  },
  {
    rule: 'isLastChangeCommitted',
    says: () => true,
    settings: three,
    play(cluster) {
      cluster.elect(n1, [n1, n2, n3]);
      cluster.order(n1, 'add-learner', n4);
      cluster.order(n1, 'add-learner', n5);
    },
    first: {
      id: 'R17', text: 'n1, leader of term 1, puts a configuration at index 3 before that at index 2 is committed',
    },
  },
  {
    rule: 'isRolledBack',
    says: () => false,
    settings: three,
    play(cluster) {
      cluster.elect(n1, [n1, n2, n3]);
      cluster.order(n1, 'add-learner', n4);
      cluster.sync(n1);
      cluster.take();
      cluster.elect(n3, [n2, n3]);
      cluster.fire(n3, 'heartbeat');
      cluster.settle([n1, n2, n3]);
    },
    first: {
      id: 'R18', text: 'n1 goes by {n1, n2, n3} and the learners {n4}, but its log says {n1, n2, n3} at index 0',
    },
  },
];

/** Rules whose breach no invariant sees, or none that nodes in a test's hand can reach; and why. */
const unseen: Readonly<Record<string, string>> = {
  isForeign: 'the machines of these tests do not lose their disks',
  isDamaged: 'the disks of these tests do not lose bits',
  leavesJoint: 'a joint phase that lasts is safe: only progress sees it',
  machineRecord: 'found by search, as RF-48: it takes a crash between two writes',
  nextToApply: 'found by search, as RF-47: R5 and R23 see it, whichever comes first',
  mayGrantPreVote: 'a pre-vote promises nothing: what suffers is progress',
  mayCampaign: 'who may not win disturbs: what suffers is progress',
  mayHandOver: 'a successor that lacks entries is not elected: what suffers is progress',
  isNewRejection: 'entries are sent more often than they need be',
  isSameSnapshot: 'parts of two snapshots break their seal: an assertion as they are loaded',
  continuesSnapshot: 'a part that is there twice breaks the seal, too',
};

const bentRules = [...elections, ...quorums, ...replication, ...snapshots, ...reads, ...membership];

describe('a node that bends a rule is caught in a running cluster', () => {
  it('every rule is bent, or there is a reason why not', () => {
    const { constructor: _constructor, ...rules } = Object.getOwnPropertyDescriptors(RaftRules.prototype);
    expect([...bentRules.map(({ rule }) => rule), ...Object.keys(unseen)].sort()).toEqual(Object.keys(rules).sort());
  });

  for (const bent of bentRules) {
    const { rule, settings, play, first } = bent;

    it(`${rule}, bent, is ${first.id}`, () => {
      const { cluster, reported } = watched({ ...settings, create: bend(bent) });
      play(cluster);
      expect(reported[0]).toEqual(first);
    });

    it(`${rule}, kept, is nothing in the same course of events`, () => {
      const { cluster, reported } = watched(settings);
      play(cluster);
      expect(reported).toEqual([]);
    });
  }
});
