import { simple } from '../../../src/protocols/raft/configuration.ts';
import { type Cases, configured, logOf, noOp, replicated } from './cases.ts';
import { n1, n2, n3 } from './harness.ts';
import { type Puppets, UNTOUCHED_DIGEST } from './puppets.ts';

/** n1 leads term 1 with n2, and has committed and applied two entries that change nothing. */
function applied(nodes: Puppets): void {
  replicated(nodes, n1, n2, [noOp(1), noOp(1)]);
  nodes.event(n1, { commitIndex: 2, lastApplied: 2, digest: UNTOUCHED_DIGEST });
}

export const snapshotFaithful: Cases = {
  breaches: [
    {
      when: 'a node takes a snapshot of another state than it is in',
      play(nodes) {
        replicated(nodes, n1, n2, logOf(1, 1));
        nodes.event(n1, { commitIndex: 2, lastApplied: 2, digest: 77 });
        nodes.event(n1, { snapshot: nodes.snapshotOf(n1, 2), digest: 77 });
      },
      text: 'n1 has a snapshot up to index 2 of another state than nodes were in there',
    },
    {
      when: 'the data of a snapshot is no state',
      play(nodes) {
        applied(nodes);
        nodes.event(n1, { snapshot: nodes.snapshotOf(n1, 2, { data: 'half a' }), digest: UNTOUCHED_DIGEST });
      },
      text: 'n1 has a snapshot up to index 2 that cannot be loaded',
    },
    {
      when: 'a snapshot forgets who votes',
      play(nodes) {
        const log = [noOp(1), configured(1, simple([n1, n2]))];
        replicated(nodes, n1, n2, log.slice(0, 1));
        nodes.event(n1, { commitIndex: 1 });
        nodes.hold([n1, n2], log);
        nodes.event(n1, { commitIndex: 2, lastApplied: 2, digest: UNTOUCHED_DIGEST });
        const snapshot = nodes.snapshotOf(n1, 2, { configuration: simple([n1, n2, n3]) });
        nodes.event(n1, { snapshot, digest: UNTOUCHED_DIGEST });
      },
      text: 'n1 has a snapshot up to index 2 with another configuration than was in force there',
    },
    {
      when: 'a snapshot says that its last entry was of another term',
      play(nodes) {
        applied(nodes);
        nodes.event(n1, { snapshot: nodes.snapshotOf(n1, 2, { lastIncludedTerm: 9 }), digest: UNTOUCHED_DIGEST });
      },
      text: 'n1 has a snapshot up to index 2 and term 9, where term 1 was committed',
    },
    {
      when: 'a node installs a snapshot and is in another state then',
      play(nodes) {
        applied(nodes);
        const snapshot = nodes.snapshotOf(n1, 2);
        nodes.event(n3, { term: 1, snapshot, drop: 2, commitIndex: 2, lastApplied: 2, digest: 77 });
      },
      text: 'n3 has a snapshot up to index 2 and is in another state there than nodes before it',
      also: ['R5'],
    },
    {
      when: 'a node starts from a snapshot of what was never committed',
      play(nodes) {
        replicated(nodes, n1, n2, [noOp(1), noOp(1)]);
        nodes.event(n1, { commitIndex: 1 });
        nodes.start(n3, { term: 1, snapshot: nodes.snapshotOf(n1, 2) });
      },
      text: 'n3 has a snapshot up to index 2 and term 1, where nothing was committed',
    },
  ],
  legal: [
    {
      when: 'a node takes a snapshot, and another one installs it and starts from it again',
      play(nodes) {
        applied(nodes);
        const snapshot = nodes.snapshotOf(n1, 2);
        nodes.event(n1, { snapshot, drop: 1, digest: UNTOUCHED_DIGEST });
        const step = { snapshot, drop: 2, commitIndex: 2, lastApplied: 2, digest: UNTOUCHED_DIGEST };
        nodes.event(n3, { term: 1, ...step });
        nodes.start(n3, { term: 1, snapshot });
      },
    },
    {
      when: 'a configuration follows behind the last entry of the snapshot',
      play(nodes) {
        applied(nodes);
        nodes.event(n1, { add: [configured(1, simple([n1, n2]))], digest: UNTOUCHED_DIGEST });
        nodes.event(n1, { snapshot: nodes.snapshotOf(n1, 2), drop: 1, digest: UNTOUCHED_DIGEST });
      },
    },
  ],
};
