import type { Plain } from '../../../src/contract/message.ts';
import type { CommandId } from '../../../src/contract/state-machine.ts';
import type { RaftAnswer } from '../../../src/protocols/raft/messages.ts';
import { applies, type Cases, copyOf, logOf, noOp, replicated } from './cases.ts';
import { appendCommand, n1, n2, n3 } from './harness.ts';
import type { Puppets } from './puppets.ts';

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
  ],
  legal: [
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

/** n1 leads term 1, with n2, and has committed so many entries. */
function committed(nodes: Puppets, count: number): void {
  replicated(nodes, n1, n2, logOf(1, 1, 1, 1));
  nodes.event(n1, { commitIndex: count });
}

const stale = (index: number, fence: number): string =>
  `n2 answers a read of c1 as of index ${index}, but index ${fence} was committed before the client asked`;

export const readFence: Cases = {
  breaches: [
    {
      when: 'a read is answered without an entry that another node knew to be committed',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n2, 1, read(1));
        nodes.answer(n2, 1, asOf(1));
      },
      text: stale(1, 2),
    },
    {
      when: 'the retry of a read is answered without what was committed at the first attempt',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n3, 1, read(1));
        nodes.event(n1, { commitIndex: 4 });
        nodes.ask(n2, 2, read(1));
        nodes.answer(n2, 2, asOf(1));
      },
      text: stale(1, 2),
    },
    {
      when: 'the first attempt is answered so after the retry has left',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n2, 1, read(1));
        nodes.ask(n3, 2, read(1));
        nodes.answer(n2, 1, asOf(1));
      },
      text: stale(1, 2),
    },
    {
      when: 'the second of two reads is answered as of the first',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n2, 1, read(1));
        nodes.answer(n2, 1, asOf(2));
        nodes.event(n1, { commitIndex: 3 });
        nodes.ask(n2, 2, read(2));
        nodes.answer(n2, 2, asOf(2));
      },
      text: stale(2, 3),
    },
    {
      when: 'the first read of a new session is answered as of the first read of the old one',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n2, 1, read(1));
        nodes.event(n1, { commitIndex: 3 });
        nodes.ask(n2, 2, read(1, 2));
        nodes.answer(n2, 2, asOf(2));
      },
      text: stale(2, 3),
    },
    {
      when: 'a read is answered without an entry that was committed before all nodes restarted',
      play(nodes) {
        committed(nodes, 2);
        for (const id of nodes.ids) nodes.start(id, { term: 1, log: logOf(1, 1) });
        nodes.ask(n2, 1, read(1));
        nodes.answer(n2, 1, asOf(0));
      },
      text: stale(0, 2),
    },
  ],
  legal: [
    {
      when: 'a read is answered as of what was committed when it was sent, or as of more',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n2, 1, read(1));
        nodes.event(n1, { commitIndex: 4 });
        nodes.answer(n2, 1, asOf(2));
        nodes.answer(n2, 1, asOf(3));
      },
    },
    {
      when: 'a retry is answered as of what was committed at the first attempt',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n3, 1, read(1));
        nodes.event(n1, { commitIndex: 4 });
        nodes.ask(n2, 2, read(1));
        nodes.answer(n2, 2, asOf(2));
      },
    },
    {
      when: 'an old answer is sent once more when the client waits for its next read',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n2, 1, read(1));
        nodes.answer(n2, 1, asOf(2));
        nodes.event(n1, { commitIndex: 4 });
        nodes.ask(n2, 2, read(2));
        nodes.answer(n2, 1, asOf(2));
      },
    },
    {
      when: 'a read is answered so after the client has gone on to write',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n2, 1, read(1));
        nodes.ask(n1, 2, appendCommand(2));
        nodes.answer(n2, 1, asOf(1));
      },
    },
    {
      when: 'a write is answered as of its own index, with more committed before',
      play(nodes) {
        committed(nodes, 4);
        nodes.ask(n2, 1, appendCommand(1));
        nodes.answer(n2, 1, asOf(1));
      },
    },
    {
      when: 'a read is refused by a node that lacks what is committed',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n3, 1, read(1));
        nodes.answer(n3, 1, { kind: 'not-leader', leader: n1 });
        nodes.answer(n3, 1, { kind: 'leadership-lost' });
      },
    },
  ],
};

export const atMostOnce: Cases = {
  breaches: [
    {
      when: 'a command is executed again at another index',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1, 1) });
        nodes.event(n1, { commitIndex: 1, lastApplied: 1, executed: [command(1)] });
        nodes.event(n1, { commitIndex: 2, lastApplied: 2, executed: [command(1)] });
      },
      text: 'command 1 of session 1 is executed at index 1 and again at index 2',
    },
    {
      when: 'a command is executed twice among several at once',
      play(nodes) {
        const executed = [null, command(1), command(2), command(1)];
        nodes.event(n1, { term: 1, add: logOf(1, 1, 1, 1), commitIndex: 4, lastApplied: 4, executed });
      },
      text: 'command 1 of session 1 is executed at index 2 and again at index 4',
    },
    {
      when: 'a node executes at one index what another has executed at another',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1), commitIndex: 1, lastApplied: 1, executed: [command(1)] });
        nodes.event(n2, { term: 1, add: logOf(1, 1), commitIndex: 2, lastApplied: 2, executed: [null, command(1)] });
      },
      text: 'command 1 of session 1 is executed at index 1 and again at index 2',
    },
  ],
  legal: [
    {
      when: 'a duplicate is answered from the session table',
      play(nodes) {
        const executed = [command(1), null];
        nodes.event(n1, { term: 1, add: logOf(1, 1), commitIndex: 2, lastApplied: 2, executed });
      },
    },
    {
      when: 'every node executes a command at its index, and again after a restart',
      play(nodes) {
        const step = { commitIndex: 2, lastApplied: 2, executed: [null, command(1)] };
        nodes.event(n1, { term: 1, add: logOf(1, 1), ...step });
        nodes.event(n2, { term: 1, add: logOf(1, 1), ...step });
        nodes.start(n1, { term: 1, log: logOf(1, 1) });
        nodes.event(n1, step);
      },
    },
    {
      when: 'two sessions use the same number',
      play(nodes) {
        const executed = [command(1, 1), command(1, 2)];
        nodes.event(n1, { term: 1, add: logOf(1, 1), commitIndex: 2, lastApplied: 2, executed });
      },
    },
  ],
};

function read(sequence: number, session = 1): Plain {
  return { kind: 'execute', session, sequence, acknowledged: 1, operation: { f: 'read', key: 'k', value: null } };
}

function asOf(index: number): RaftAnswer {
  return { kind: 'applied', result: null, index };
}

function command(sequence: number, session = 1): CommandId {
  return { session, sequence };
}
