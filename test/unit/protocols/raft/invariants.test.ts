import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../../src/contract/message.ts';
import { raftInvariants } from '../../../../src/protocols/raft/monitor.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import { appendEntries, type Cases } from '../../../support/raft/cases.ts';
import * as commitment from '../../../support/raft/cases-commitment.ts';
import * as elections from '../../../support/raft/cases-elections.ts';
import * as logs from '../../../support/raft/cases-logs.ts';
import * as membership from '../../../support/raft/cases-membership.ts';
import * as reads from '../../../support/raft/cases-reads.ts';
import * as sessions from '../../../support/raft/cases-sessions.ts';
import * as snapshots from '../../../support/raft/cases-snapshots.ts';
import { appendCommand, n1, n2, n3, n4, n5 } from '../../../support/raft/harness.ts';
import { Puppets } from '../../../support/raft/puppets.ts';
import { watched } from '../../../support/raft/watched.ts';

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
  R17: membership.configurationChain,
  R18: membership.configurationInForce,
  R19: elections.leaderKnown,
  R20: reads.readFence,
  R21: reads.leaseExclusive,
  R22: sessions.sessionsAgree,
  R23: sessions.atMostOnce,
  R24: snapshots.snapshotFaithful,
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

  for (const { when, play, text, also = [], size, options } of breaches) {
    it(`${name} is reported, and once only, when ${when}`, () => {
      const nodes = new Puppets(size, options);
      nodes.startAll();
      play(nodes);
      expect(nodes.reported.filter((reported) => reported.id === id)).toEqual([{ id, text }]);
      expect(nodes.reported.map((reported) => reported.id).filter((other) => other !== id)).toEqual(also);
      nodes.startAll();
      play(nodes);
      expect(nodes.reported.filter((reported) => reported.id === id)).toHaveLength(1);
    });
  }

  for (const { when, play, size, options } of legal) {
    it(`${name} is not reported when ${when}`, () => {
      const nodes = new Puppets(size, options);
      nodes.startAll();
      play(nodes);
      expect(nodes.reported).toEqual([]);
    });
  }
});

// ── Running nodes ──────────────────────────────────────────────────────

const register = { kind: 'register' };

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

  it('a node that starts goes back to no configuration that it applies again', () => {
    const { cluster, reported } = watched({
      size: 5, initial: { voters: ['n1', 'n2', 'n3'] }, options: { configurationFrom: 'apply' },
    });
    const three = [n1, n2, n3];
    cluster.elect(n1, three);
    for (const learner of [n4, n5]) {
      cluster.order(n1, 'add-learner', learner);
      cluster.settle(three);
      cluster.fire(n1, 'heartbeat');
      cluster.settle(three);
    }
    cluster.crash(n2, 'process');
    cluster.restart(n2);
    cluster.receive(n2, n1, { ...appendEntries(1), prevLogIndex: 2, prevLogTerm: 1, leaderCommit: 3 });
    expect(cluster.state(n2).lastApplied).toBe(2);
    expect(cluster.state(n2).configuration.learners).toEqual([n4, n5]);
    expect(reported).toEqual([]);
  });

  it.each([['append', 'apply'], ['apply', 'append']])('configurations take effect as they are told to: %s, then %s',
    (first, second) => {
      const { cluster, reported } = watched({
        size: 5, initial: { voters: ['n1', 'n2', 'n3'] }, options: { configurationFrom: first },
      });
      const three = [n1, n2, n3];
      const learnersOf = (node: NodeId): readonly NodeId[] => cluster.state(node).configuration.learners;
      cluster.elect(n1, three);
      cluster.settle(three);
      cluster.order(n1, 'add-learner', n4);
      expect(learnersOf(n1)).toEqual(first === 'append' ? [n4] : []);
      cluster.set(n1, { configurationFrom: second });
      expect(learnersOf(n1)).toEqual([n4]);
      cluster.settle(three);
      cluster.fire(n1, 'heartbeat');
      cluster.settle(three);
      for (const node of three) cluster.set(node, { configurationFrom: second });
      cluster.order(n1, 'add-learner', n5);
      expect(learnersOf(n1)).toEqual(second === 'append' ? [n4, n5] : [n4]);
      cluster.settle(three);
      cluster.fire(n1, 'heartbeat');
      cluster.settle(three);
      expect(three.map(learnersOf)).toEqual(three.map(() => [n4, n5]));
      expect(reported).toEqual([]);
    });

  it('what is in force stays so if from now on only what is applied counts', () => {
    const { cluster, reported } = watched({ size: 5, initial: { voters: ['n1', 'n2', 'n3'] } });
    cluster.elect(n1, [n1, n2, n3]);
    cluster.settle([n1, n2, n3]);
    cluster.order(n1, 'add-learner', n4);
    cluster.set(n1, { configurationFrom: 'apply' });
    cluster.receive(n1, n2, { ...appendEntries(2), prevLogIndex: 1, prevLogTerm: 1 });
    expect(cluster.state(n1)).toMatchObject({ leaderId: n2, lastApplied: 1, configuration: { learners: [n4] } });
    // Only that nobody has elected n2.
    expect(reported.map(({ id }) => id)).toEqual(['R19']);
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
