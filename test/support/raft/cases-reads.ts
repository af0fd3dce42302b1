import type { Plain } from '../../../src/contract/message.ts';
import type { RaftAnswer } from '../../../src/protocols/raft/messages.ts';
import { type Cases, logOf, noOp, replicated } from './cases.ts';
import { appendCommand, n1, n2, n3 } from './harness.ts';
import type { Puppets } from './puppets.ts';

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
      when: 'a read is answered so while its client waits for a later operation as well',
      play(nodes) {
        committed(nodes, 2);
        nodes.ask(n2, 1, read(1));
        nodes.ask(n1, 2, appendCommand(2));
        nodes.answer(n2, 1, asOf(1));
      },
      text: stale(1, 2),
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
        nodes.ask(n1, 2, { ...appendCommand(2) as object, acknowledged: 2 });
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

/** n1 leads term 1 and has committed one entry; then n3 leads term 2, with n2. */
function succeeded(nodes: Puppets): void {
  committed(nodes, 1);
  nodes.event(n3, { term: 1, add: logOf(1, 1, 1, 1) });
  nodes.elect(n3, 2, [n2]);
}

export const leaseExclusive: Cases = {
  breaches: [
    {
      when: 'a leader reads by its lease when the leader of a later term has committed an entry',
      play(nodes) {
        succeeded(nodes);
        nodes.hold([n2, n3], [...logOf(1, 1, 1, 1), noOp(2)]);
        nodes.event(n3, { commitIndex: 5 });
        nodes.event(n1, { leads: { leaseReads: 1 } });
      },
      text: 'n1 answers a read by its lease of term 1, but the leader of term 2 has committed an entry',
    },
  ],
  legal: [
    {
      when: 'a leader reads by its lease when a later leader is elected and has committed nothing',
      play(nodes) {
        succeeded(nodes);
        nodes.event(n1, { leads: { leaseReads: 1 } });
      },
    },
    {
      when: 'a deposed leader has read by its lease before its successor committed an entry',
      play(nodes) {
        succeeded(nodes);
        nodes.event(n1, { leads: { leaseReads: 1 } });
        nodes.hold([n2, n3], [...logOf(1, 1, 1, 1), noOp(2)]);
        nodes.event(n3, { commitIndex: 5 });
        nodes.event(n1);
      },
    },
    {
      when: 'the later leader reads by its own lease, which counts anew',
      play(nodes) {
        committed(nodes, 1);
        nodes.event(n1, { leads: { leaseReads: 3 } });
        nodes.event(n3, { term: 1, add: logOf(1, 1, 1, 1) });
        nodes.elect(n3, 2, [n2]);
        nodes.hold([n2, n3], [...logOf(1, 1, 1, 1), noOp(2)]);
        nodes.event(n3, { commitIndex: 5 });
        nodes.event(n3, { leads: { leaseReads: 1 } });
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
