import type { CommandId } from '../../../src/contract/state-machine.ts';
import { applies, type Cases, logOf } from './cases.ts';
import { n1, n2 } from './harness.ts';
import { UNTOUCHED_DIGEST } from './puppets.ts';

export const sessionsAgree: Cases = {
  breaches: [
    {
      when: 'two nodes that have applied the same have different tables of sessions',
      play(nodes) {
        applies(nodes, n1, logOf(1));
        nodes.event(n2, { term: 1, add: logOf(1), commitIndex: 1, lastApplied: 1, sessionsDigest: 77 });
      },
      text: 'n2 has another table of sessions after index 1 than a node before it',
    },
    {
      when: 'a node has lost its sessions when it has started from a snapshot and applied what comes behind it',
      play(nodes) {
        nodes.event(n1, { term: 1, add: logOf(1, 1), commitIndex: 1, lastApplied: 1, digest: UNTOUCHED_DIGEST });
        nodes.event(n1, { commitIndex: 2, lastApplied: 2 });
        nodes.start(n1, { term: 1, log: logOf(1, 1).slice(1), snapshot: nodes.snapshotOf(n1, 1) });
        nodes.event(n1, { commitIndex: 2, lastApplied: 2, sessionsDigest: 0 });
      },
      text: 'n1 has another table of sessions after index 2 than a node before it',
    },
  ],
  legal: [
    {
      when: 'nodes stop at different indices, and then have the same tables at the same index',
      play(nodes) {
        applies(nodes, n1, logOf(1, 1));
        nodes.event(n2, { term: 1, add: logOf(1, 1), commitIndex: 2, lastApplied: 2 });
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

function command(sequence: number, session = 1): CommandId {
  return { session, sequence };
}
