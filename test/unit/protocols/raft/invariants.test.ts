import { describe, expect, it } from 'vitest';
import type { ReportBreach } from '../../../../src/contract/invariant.ts';
import type { Plain } from '../../../../src/contract/message.ts';
import type { NodeInit } from '../../../../src/contract/node.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { raftInvariants } from '../../../../src/protocols/raft/monitor.ts';
import { RaftNode } from '../../../../src/protocols/raft/raft.ts';
import { RaftRules } from '../../../../src/protocols/raft/rules.ts';
import type { VoteRecord } from '../../../../src/protocols/raft/state.ts';
import { appendEntries, type Cases, requestVote } from '../../../support/raft/cases.ts';
import * as commitment from '../../../support/raft/cases-commitment.ts';
import * as elections from '../../../support/raft/cases-elections.ts';
import * as logs from '../../../support/raft/cases-logs.ts';
import { appendCommand, Cluster, type ClusterSettings, n1, n2, n3, n4, n5 } from '../../../support/raft/harness.ts';
import { Puppets, type Reported } from '../../../support/raft/puppets.ts';

/** In the order in which Raft declares them. */
const cases: Readonly<Record<string, Cases>> = {
  R1: elections.electionSafety,
  R2: logs.leaderAppendOnly,
  R3: logs.logMatching,
  R4: commitment.leaderCompleteness,
  R5: commitment.stateMachineSafety,
  R6: commitment.committedIsDurable,
  R8: elections.voteUniqueness,
  R9: logs.promisesAreDurable,
  R10: elections.termMonotone,
  R11: logs.logTermsBounded,
  R12: commitment.indicesBounded,
  R13: logs.matchIndexTrue,
  R14: logs.nextIndexAhead,
  R15: commitment.commitsCurrentTerm,
  R16: elections.electedByMajority,
  R20: commitment.readFence,
  R23: commitment.atMostOnce,
};

describe('the invariants of Raft', () => {
  it('each of them has been broken here, and each has a legal neighbour', () => {
    expect(Object.keys(cases)).toEqual(raftInvariants.declared.map(({ id }) => id));
    for (const { breaches, legal } of Object.values(cases)) {
      expect(breaches.length).toBeGreaterThan(0);
      expect(legal.length).toBeGreaterThan(0);
    }
  });
});

describe.each(raftInvariants.declared)('$id', ({ id, name }) => {
  const { breaches, legal } = cases[id] ?? { breaches: [], legal: [] };

  for (const { when, play, text, also = [], size } of breaches) {
    it(`${name} is reported, and once only, when ${when}`, () => {
      const nodes = new Puppets(size);
      nodes.startAll();
      play(nodes);
      expect(nodes.reported.filter((reported) => reported.id === id)).toEqual([{ id, text }]);
      expect(nodes.reported.map((reported) => reported.id).filter((other) => other !== id)).toEqual(also);
      nodes.startAll();
      play(nodes);
      expect(nodes.reported.filter((reported) => reported.id === id)).toHaveLength(1);
    });
  }

  for (const { when, play, size } of legal) {
    it(`${name} is not reported when ${when}`, () => {
      const nodes = new Puppets(size);
      nodes.startAll();
      play(nodes);
      expect(nodes.reported).toEqual([]);
    });
  }
});

// ── Running nodes ──────────────────────────────────────────────────────

const register = { kind: 'register' };

/** Raft nodes in a test's hand, and what the monitor reports of them. */
function watched(settings: ClusterSettings = {}): { readonly cluster: Cluster; readonly reported: Reported[] } {
  const reported: Reported[] = [];
  const nodes = [n1, n2, n3, n4, n5].slice(0, settings.size ?? 3);
  const report: ReportBreach = ({ id }, text) => { reported.push({ id, text }); };
  const monitor = raftInvariants.observe({ nodes, nameOf: (process) => `n${process + 1}` }, report);
  return { cluster: new Cluster({ ...settings, monitor }), reported };
}

class GrantsEveryVote extends RaftNode {
  protected override mayGrantVote(): boolean {
    return true;
  }
}

class NeverComparesLogs extends RaftNode {
  protected override isUpToDate(): boolean {
    return true;
  }
}

class CountsVotesTwice extends RaftNode {
  protected override countsVote(): boolean {
    return true;
  }
}

class NeedsTwoOfAny extends RaftNode {
  protected override isQuorum(count: number): boolean {
    return count >= 2;
  }
}

class ForgetsItsVote extends RaftNode {
  protected override voteRecord(): VoteRecord {
    return { ...super.voteRecord(), votedFor: null };
  }
}

class NeverChecksTheEntryBefore extends RaftNode {
  protected override holdsEntry(): boolean {
    return true;
  }
}

class KeepsWhatConflicts extends RaftNode {
  protected override firstConflict(): number | null {
    return null;
  }
}

class CommitsByCountingAlone extends RaftNode {
  protected override mayCommit(): boolean {
    return true;
  }
}

class CommitsWhatTheLeaderCommitted extends RaftNode {
  protected override followerCommitIndex(leaderCommit: number): number {
    return leaderCommit;
  }
}

/** A node asks for votes, and everything settles between it and these others; it may win or lose. */
function campaign(cluster: Cluster, id: NodeId, others: readonly NodeId[]): void {
  cluster.fire(id, 'election');
  cluster.settle([id, ...others]);
}

/** One rule of the paper, bent; and a course of events in which it matters. */
interface BentRule {
  readonly rule: string;
  readonly create: (init: NodeInit) => RaftNode;
  readonly settings?: ClusterSettings;
  readonly play: (cluster: Cluster) => void;
  readonly first: Reported;
}

const bentRules: readonly BentRule[] = [
  {
    rule: 'voteRecord',
    create: (init) => new ForgetsItsVote(init),
    play(cluster) {
      cluster.receive(n2, n1, requestVote(1));
      cluster.sync(n2);
    },
    first: { id: 'R9', text: 'n2 votes for n1 in term 1, but has not stored it' },
  },
  {
    rule: 'mayGrantVote',
    create: (init) => new GrantsEveryVote(init),
    play(cluster) {
      cluster.receive(n2, n1, requestVote(1));
      cluster.sync(n2);
      cluster.receive(n2, n3, requestVote(1));
      cluster.sync(n2);
    },
    first: { id: 'R8', text: 'n2 votes for n3 in term 1, but has voted for n1' },
  },
  {
    rule: 'isUpToDate',
    create: (init) => new NeverComparesLogs(init),
    play(cluster) {
      campaign(cluster, n1, [n2]);
      campaign(cluster, n3, [n2]); // For a term in which n2 has voted.
      campaign(cluster, n3, [n2]);
    },
    first: { id: 'R4', text: 'n3, elected in term 2, lacks entry 1, committed in term 1' },
  },
  {
    rule: 'countsVote',
    create: (init) => new CountsVotesTwice(init),
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
    rule: 'isQuorum',
    create: (init) => new NeedsTwoOfAny(init),
    settings: { size: 5 },
    play(cluster) {
      campaign(cluster, n1, [n2]);
    },
    first: { id: 'R16', text: 'n1 leads term 1 with 2 of 5 votes' },
  },
  {
    rule: 'holdsEntry',
    create: (init) => new NeverChecksTheEntryBefore(init),
    settings: { disks: [{ term: 1, terms: [1, 1] }, { term: 1, terms: [1, 1] }, { term: 1 }] },
    play(cluster) {
      cluster.elect(n1);
    },
    first: { id: 'R9', text: 'n3 acknowledges the entries up to 3, but its disk holds 1 entries' },
  },
  {
    rule: 'firstConflict',
    create: (init) => new KeepsWhatConflicts(init),
    settings: { disks: [{ term: 3, terms: [1, 3] }, { term: 3, terms: [1, 3] }, { term: 2, terms: [1, 2] }] },
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
    rule: 'mayCommit',
    create: (init) => new CommitsByCountingAlone(init),
    settings: {
      disks: [{ term: 2, terms: [1, 2] }, { term: 2, terms: [1, 2] }], options: { noOpOnElection: false },
    },
    play(cluster) {
      campaign(cluster, n1, [n2]);
    },
    first: { id: 'R15', text: 'n1, leader of term 3, commits up to index 2, an entry of term 2' },
  },
  {
    rule: 'followerCommitIndex',
    create: (init) => new CommitsWhatTheLeaderCommitted(init),
    settings: { disks: [{ term: 3, terms: [1, 3] }, { term: 3, terms: [1, 3] }, { term: 2, terms: [1, 2] }] },
    play(cluster) {
      campaign(cluster, n1, [n2]);
      cluster.receive(n3, n1, { ...appendEntries(4), prevLogIndex: 1, prevLogTerm: 1, leaderCommit: 2 });
    },
    first: { id: 'R5', text: 'n3 applies another entry at index 2 than was committed there' },
  },
];

describe('a node that bends a rule is caught in a running cluster', () => {
  it('what is bent is a rule, and each of them once', () => {
    const rules = Object.keys(Object.getOwnPropertyDescriptors(RaftRules.prototype));
    const bent = bentRules.map(({ rule }) => rule);
    expect(rules.filter((rule) => bent.includes(rule))).toEqual(bent);
  });

  for (const { rule, create, settings, play, first } of bentRules) {
    it(`${rule}, bent, is ${first.id}`, () => {
      const { cluster, reported } = watched({ ...settings, create });
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

describe('Raft as it should be', () => {
  it('nothing is reported of elections, replication, reads, retries, crashes and conflicts', () => {
    const { cluster, reported } = watched();
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.request(n1, appendCommand(1));
    cluster.request(n1, appendCommand(1));
    cluster.request(n1, read(2));
    cluster.settle();
    expect(cluster.answers().size).toBe(4);

    // n1 writes on alone, and n3 leads without it.
    cluster.request(n1, appendCommand(3));
    cluster.request(n1, appendCommand(4));
    cluster.sync(n1);
    cluster.take();
    cluster.elect(n3, [n2, n3]);
    cluster.request(n3, appendCommand(3));
    cluster.settle([n2, n3]);
    expect(cluster.terms(n1)).toEqual([1, 1, 1, 1, 1, 1, 1]);

    // n1 comes back, and what it wrote alone gives way.
    cluster.fire(n3, 'heartbeat');
    cluster.settle();
    cluster.fire(n3, 'heartbeat');
    cluster.settle();
    expect(cluster.terms(n1)).toEqual([1, 1, 1, 1, 1, 2, 2]);

    // The leader's machine crashes with an entry that it has not synced; the others elect, and it follows.
    cluster.request(n3, appendCommand(4));
    cluster.take();
    cluster.crash(n3, 'machine');
    cluster.elect(n2, [n1, n2]);
    cluster.restart(n3);
    cluster.crash(n1, 'process');
    cluster.restart(n1);
    cluster.request(n2, read(4));
    cluster.settle();
    cluster.fire(n2, 'heartbeat');
    cluster.settle();
    expect([n1, n2, n3].map((id) => cluster.state(id).lastApplied)).toEqual([9, 9, 9]);
    expect(reported).toEqual([]);
  });

  it('nothing is reported of a single node', () => {
    const { cluster, reported } = watched({ size: 1 });
    cluster.elect(n1);
    cluster.request(n1, register);
    cluster.settle();
    cluster.crash(n1, 'machine');
    cluster.restart(n1);
    cluster.elect(n1);
    expect(cluster.state(n1).lastApplied).toBe(3);
    expect(reported).toEqual([]);
  });
});

function read(sequence: number): Plain {
  return { kind: 'execute', session: 1, sequence, acknowledged: 1, operation: { f: 'read', key: 'k', value: null } };
}
