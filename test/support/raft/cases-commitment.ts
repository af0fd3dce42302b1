import { joint, simple } from '../../../src/protocols/raft/configuration.ts';
import { applies, type Cases, configured, copyOf, logOf, noOp, replicated } from './cases.ts';
import { n1, n2, n3, n4, n5 } from './harness.ts';
import { UNTOUCHED_DIGEST } from './puppets.ts';

export const leaderCompleteness: Cases = {
  breaches: [
    {
      when: 'a leader is elected without a committed entry',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { commitIndex: 1 });
        nodes.elect(n3, 2, [n2]);
      },
      text: 'n3, elected in term 2, lacks entry 1, committed in term 1',
    },
    {
      when: 'a leader is elected with another entry where one was committed',
      play(nodes) {
        nodes.event(n3, { term: 1, add: logOf(1, 1) });
        nodes.elect(n1, 2, [n2]);
        nodes.hold([n1, n2], logOf(1, 2));
        nodes.event(n1, { commitIndex: 2 });
        nodes.elect(n3, 3, [n2]);
      },
      text: 'n3, elected in term 3, lacks entry 2, committed in term 2',
    },
    {
      when: 'a slow leader commits what the leader of a later term lacks',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.elect(n3, 2, [n2]);
        nodes.event(n1, { commitIndex: 1 });
      },
      text: 'n1 commits entry 1 in term 1, which n3, leader of term 2, lacked when it was elected',
    },
    {
      when: 'a slow leader commits where the leader of a later term has put its own entry',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.elect(n3, 2, [n2]);
        nodes.event(n3, { add: [noOp(2)] });
        nodes.event(n1, { commitIndex: 1 });
      },
      text: 'n1 commits entry 1 in term 1, which n3, leader of term 2, lacked when it was elected',
    },
  ],
  legal: [
    {
      when: 'a leader lacks what a majority held but nobody had committed',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.elect(n3, 2, [n2]);
      },
    },
    {
      when: 'a candidate wins an earlier term late, without what a later term has committed',
      play(nodes) {
        nodes.campaign(n3, 1);
        nodes.vote(n2, n3, 1);
        nodes.elect(n1, 2, [n2]);
        nodes.hold([n1, n2], logOf(2));
        nodes.event(n1, { commitIndex: 1 });
        nodes.event(n3, { leads: {} });
      },
    },
    {
      when: 'a slow leader commits what the leader of a later term holds as a copy of its own',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n3, { term: 1, add: copyOf(logOf(1)) });
        nodes.elect(n3, 2, [n2]);
        nodes.event(n1, { commitIndex: 1 });
      },
    },
  ],
};

export const stateMachineSafety: Cases = {
  breaches: [
    {
      when: 'two nodes apply different commands at one index',
      play(nodes) {
        applies(nodes, n1, logOf(1));
        applies(nodes, n2, logOf(2));
      },
      text: 'n2 applies another entry at index 1 than was committed there',
    },
    {
      when: 'not the first of the entries applied at once is another',
      play(nodes) {
        applies(nodes, n1, logOf(1, 1, 3));
        nodes.event(n2, { term: 3, add: logOf(1, 2, 2) });
        nodes.event(n2, { commitIndex: 3, lastApplied: 3 });
      },
      text: 'n2 applies another entry at index 2 than was committed there',
    },
    {
      when: 'the same commands leave two nodes in different states',
      play(nodes) {
        applies(nodes, n1, logOf(1));
        nodes.event(n2, { term: 1, add: logOf(1), commitIndex: 1, lastApplied: 1, digest: 77 });
      },
      text: 'n2 is in another state after index 1 than a node before it',
    },
    {
      when: 'the same commands leave a node in another state when it applies them again after a restart',
      play(nodes) {
        applies(nodes, n1, logOf(1));
        nodes.start(n1, { term: 1, log: logOf(1) });
        nodes.event(n1, { commitIndex: 1, lastApplied: 1, digest: 77 });
      },
      text: 'n1 is in another state after index 1 than a node before it',
    },
  ],
  legal: [
    {
      when: 'nodes apply equal copies, one by one, at once, and again after a restart',
      play(nodes) {
        applies(nodes, n1, logOf(1, 1));
        applies(nodes, n2, logOf(1, 1));
        nodes.event(n3, { term: 1, add: copyOf(logOf(1, 1)), commitIndex: 2, lastApplied: 2 });
        nodes.start(n1, { term: 1, log: logOf(1, 1) });
        nodes.event(n1, { commitIndex: 2, lastApplied: 2 });
      },
    },
    {
      when: 'nodes hold different entries at an index and only one has applied its own',
      play(nodes) {
        applies(nodes, n1, logOf(2));
        nodes.event(n2, { term: 1, add: logOf(1) });
      },
    },
  ],
};

export const committedIsDurable: Cases = {
  breaches: [
    {
      when: 'a leader commits what only its own disk holds',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.hold([n1], logOf(1));
        nodes.event(n1, { commitIndex: 1 });
      },
      text: 'n1, leader of term 1, commits up to index 1, which is on the disks of 1 of 3 nodes',
    },
    {
      when: 'half of the disks hold what a leader commits',
      play(nodes) {
        nodes.elect(n1, 1, [n2, n3]);
        nodes.hold([n1, n2], logOf(1));
        nodes.event(n1, { commitIndex: 1 });
      },
      size: 4,
      text: 'n1, leader of term 1, commits up to index 1, which is on the disks of 2 of 4 nodes',
    },
    {
      when: 'the second node has it in memory only',
      play(nodes) {
        nodes.elect(n1, 1, [n2]);
        nodes.hold([n1], logOf(1));
        nodes.event(n2, { add: copyOf(logOf(1)), unsynced: true });
        nodes.event(n1, { commitIndex: 1 });
      },
      text: 'n1, leader of term 1, commits up to index 1, which is on the disks of 1 of 3 nodes',
    },
    {
      when: 'the second disk holds an entry of another term there',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1) });
        nodes.elect(n1, 2, [n3]);
        nodes.hold([n1], logOf(2));
        nodes.event(n1, { commitIndex: 1 });
      },
      text: 'n1, leader of term 2, commits up to index 1, which is on the disks of 1 of 3 nodes',
    },
    {
      when: 'a learner is counted among those that hold it (thesis §4.2.1)',
      play(nodes) {
        for (const id of nodes.ids) nodes.start(id, { voters: [n1, n2, n3] });
        nodes.elect(n1, 1, [n2]);
        nodes.hold([n1], logOf(1));
        nodes.event(n4, { term: 1, add: logOf(1) });
        nodes.event(n1, { commitIndex: 1 });
      },
      size: 4,
      text: 'n1, leader of term 1, commits up to index 1, which is on the disks of 1 of 3 nodes',
    },
    {
      when: 'in the joint phase, only the new voters hold it (§6)',
      play(nodes) {
        for (const id of nodes.ids) nodes.start(id, { voters: [n1, n2, n3] });
        nodes.elect(n1, 1, [n2]);
        const log = [noOp(1), configured(1, joint(simple([n1, n2, n3]), [n1, n4, n5])), noOp(1)];
        nodes.hold([n1, n2], log.slice(0, 1));
        nodes.event(n1, { commitIndex: 1 });
        nodes.event(n1, { add: log.slice(1) });
        for (const id of [n4, n5]) nodes.event(id, { term: 1, add: log });
        nodes.event(n1, { commitIndex: 3 });
      },
      size: 5,
      text: 'n1, leader of term 1, commits up to index 3, which is on the disks of 3 of 3 nodes and of 1 of 3 old ones',
    },
    {
      when: 'a disk is found without what was committed with it',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { commitIndex: 1 });
        nodes.start(n2, { term: 1 });
      },
      text: 'n2 starts, and entry 1 of term 1, which is committed, is on the disks of 1 of 3 nodes',
    },
    {
      when: 'a node cuts off what was committed with it',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1, 1));
        nodes.event(n1, { commitIndex: 2 });
        nodes.event(n2, { term: 2, cut: 2, unsynced: true });
      },
      text: 'n2 removes entries from index 2, and entry 2 of term 1, which is committed, ' +
        'is on the disks of 1 of 3 nodes',
    },
  ],
  legal: [
    {
      when: 'a third node is found without what was committed, or cuts off what is not that',
      play(nodes) {
        nodes.event(n3, { term: 1, add: logOf(1, 1) });
        nodes.elect(n1, 2, [n2]);
        nodes.hold([n1, n2], [...logOf(1), noOp(2)]);
        nodes.event(n1, { commitIndex: 2 });
        nodes.event(n3, { term: 2, cut: 2 });
        nodes.start(n3, { term: 2 });
      },
    },
    {
      when: 'in the joint phase, both majorities hold it',
      play(nodes) {
        for (const id of nodes.ids) nodes.start(id, { voters: [n1, n2, n3] });
        nodes.elect(n1, 1, [n2]);
        const log = [noOp(1), configured(1, joint(simple([n1, n2, n3]), [n1, n4, n5]))];
        nodes.hold([n1, n2], log.slice(0, 1));
        nodes.event(n1, { commitIndex: 1 });
        nodes.hold([n1, n2], log);
        nodes.event(n4, { term: 1, add: log });
        nodes.event(n1, { commitIndex: 2 });
      },
      size: 5,
    },
    {
      when: 'a follower holds it in a snapshot, and no more of the log',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1, 1));
        nodes.event(n1, { commitIndex: 2 });
        nodes.event(n1, { lastApplied: 2, digest: UNTOUCHED_DIGEST });
        nodes.start(n2, { term: 1, snapshot: nodes.snapshotOf(n1, 2) });
      },
    },
    {
      when: 'a leader commits by one configuration and goes by the next one in the same event',
      play(nodes) {
        for (const id of nodes.ids) nodes.start(id, { voters: [n1, n2, n3] });
        replicated(nodes, n1, n2, [noOp(1)]);
        nodes.event(n1, { commitIndex: 1, add: [configured(1, simple([n1, n2, n3, n4]))] });
      },
      size: 4,
    },
    {
      when: 'a leader commits what is on the disks of other nodes and not yet on its own (Ongaro, §10.2.1)',
      play(nodes) {
        nodes.elect(n1, 1, [n2, n3]);
        nodes.event(n1, { add: logOf(1), unsynced: true });
        nodes.hold([n2, n3], logOf(1));
        nodes.event(n1, { commitIndex: 1 });
      },
    },
    {
      when: 'a follower learns of the commit before its own disk has the entry',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1));
        nodes.event(n1, { commitIndex: 1 });
        nodes.event(n3, { term: 1, add: copyOf(logOf(1)), commitIndex: 1, unsynced: true });
      },
    },
  ],
};

export const indicesBounded: Cases = {
  breaches: [
    {
      when: 'a node applies what it does not know to be committed',
      play(nodes) {
        applies(nodes, n1, logOf(1));
        nodes.event(n2, { term: 1, add: logOf(1), lastApplied: 1 });
      },
      text: 'n2: lastApplied 1, commitIndex 0, last index 1',
    },
    {
      when: 'a node commits what it does not hold',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1), commitIndex: 2 });
      },
      text: 'n2: lastApplied 0, commitIndex 2, last index 1',
    },
    {
      when: 'a node removes what it knows to be committed',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1, 1), commitIndex: 2 });
        nodes.event(n2, { term: 2, cut: 2 });
      },
      text: 'n2: lastApplied 0, commitIndex 2, last index 1',
    },
    {
      when: 'commitIndex falls',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1, 1), commitIndex: 2 });
        nodes.event(n2, { commitIndex: 1 });
      },
      text: 'commitIndex of n2 falls from 2 to 1',
    },
    {
      when: 'a snapshot is ahead of what its node has applied',
      play(nodes) {
        applies(nodes, n1, logOf(1, 1));
        nodes.event(n2, { term: 1, add: logOf(1, 1), commitIndex: 2, lastApplied: 1 });
        nodes.event(n2, { snapshot: nodes.snapshotOf(n2, 2) });
      },
      text: 'n2: snapshot 2, lastApplied 1, commitIndex 2, last index 2',
      also: ['R24'],
    },
    {
      when: 'lastApplied falls',
      play(nodes) {
        applies(nodes, n2, logOf(1, 1));
        nodes.event(n2, { lastApplied: 1 });
      },
      text: 'lastApplied of n2 falls from 2 to 1',
    },
  ],
  legal: [
    {
      when: 'both indices fall across a restart, and rise again',
      play(nodes) {
        applies(nodes, n2, logOf(1, 1));
        nodes.start(n2, { term: 1, log: logOf(1, 1) });
        nodes.event(n2, { commitIndex: 1 });
        nodes.event(n2, { commitIndex: 1, lastApplied: 1 });
      },
    },
    {
      when: 'all that is held is committed, and all that is committed is applied, in one event',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1, 1), commitIndex: 2, lastApplied: 2 });
      },
    },
    {
      when: 'a node removes all that it does not know to be committed',
      play(nodes) {
        nodes.event(n2, { term: 1, add: logOf(1, 1), commitIndex: 1 });
        nodes.event(n2, { term: 2, cut: 2 });
      },
    },
  ],
};

export const commitsCurrentTerm: Cases = {
  breaches: [
    {
      when: 'a leader commits an entry of an earlier term by counting (Figure 8)',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1) });
        nodes.elect(n1, 2, [n2]);
        nodes.hold([n2], logOf(1));
        nodes.event(n1, { commitIndex: 1 });
      },
      text: 'n1, leader of term 2, commits up to index 1, an entry of term 1',
    },
  ],
  legal: [
    {
      when: 'a leader commits an entry of an earlier term with one of its own',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1) });
        nodes.elect(n1, 2, [n2]);
        nodes.hold([n1, n2], logOf(1, 2));
        nodes.event(n1, { commitIndex: 2 });
      },
    },
    {
      when: 'a follower learns first of the earlier one of two entries',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1) });
        nodes.elect(n1, 2, [n2]);
        nodes.hold([n1, n2], logOf(1, 2));
        nodes.event(n1, { commitIndex: 2 });
        nodes.event(n2, { commitIndex: 1 });
      },
    },
  ],
};
