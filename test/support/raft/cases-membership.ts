import type { NodeId } from '../../../src/kernel/ids.ts';
import { type Configuration, joint, left, simple } from '../../../src/protocols/raft/configuration.ts';
import type { LogEntry } from '../../../src/protocols/raft/messages.ts';
import { type Cases, configured, noOp } from './cases.ts';
import { n1, n2, n3, n4, n5 } from './harness.ts';
import { type Puppets, UNTOUCHED_DIGEST } from './puppets.ts';

const three = simple([n1, n2, n3]);
const four = simple([n1, n2, n3, n4]);
const five = simple([n1, n2, n3, n4, n5]);

/** n1, of the voters n1, n2 and n3, leads term 1, and has committed so many entries. */
function leads(nodes: Puppets, log: readonly LogEntry[], commitIndex: number): void {
  const voters: readonly NodeId[] = three.voters;
  for (const id of nodes.ids) nodes.start(id, { voters });
  nodes.elect(n1, 1, [n2, n3]);
  log.forEach((entry, position) => {
    for (const id of [n1, n2, n3, n4]) nodes.event(id, { term: 1, add: [entry] });
    if (position < commitIndex) nodes.event(n1, { commitIndex: position + 1 });
  });
}

function proposes(nodes: Puppets, ...configurations: readonly Configuration[]): void {
  nodes.event(n1, { add: configurations.map((configuration) => configured(1, configuration)) });
}

export const configurationChain: Cases = {
  breaches: [
    {
      when: 'a leader changes the configuration before an entry of its term is committed (2015)',
      size: 5,
      play(nodes) {
        leads(nodes, [], 0);
        proposes(nodes, four);
      },
      text: 'n1, leader of term 1, puts a configuration at index 1 before an entry of its term is committed',
    },
    {
      when: "a leader changes it by its predecessor's last commit",
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        nodes.elect(n1, 2, [n2]);
        nodes.event(n1, { add: [configured(2, four)] });
      },
      text: 'n1, leader of term 2, puts a configuration at index 2 before an entry of its term is committed',
    },
    {
      when: 'a leader changes it again before the first change is committed',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        proposes(nodes, four);
        nodes.event(n1, { add: [configured(1, five)] });
      },
      text: 'n1, leader of term 1, puts a configuration at index 3 before that at index 2 is committed',
    },
    {
      when: 'a leader adds two voters at once',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        proposes(nodes, five);
      },
      text: 'n1, leader of term 1, puts a configuration at index 2 ' +
        'that leads from {n1, n2, n3} to {n1, n2, n3, n4, n5}',
    },
    {
      when: 'a leader puts one voter in the place of another',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        proposes(nodes, simple([n1, n2, n4]));
      },
      text: 'n1, leader of term 1, puts a configuration at index 2 that leads from {n1, n2, n3} to {n1, n2, n4}',
    },
    {
      when: 'a joint configuration forgets who voted before it',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        proposes(nodes, joint(simple([n1, n2]), [n4, n5]));
      },
      text: 'n1, leader of term 1, puts a configuration at index 2 ' +
        'that leads from {n1, n2, n3} to {n4, n5} with the old {n1, n2}',
    },
    {
      when: 'the joint phase ends with other voters than it began with',
      size: 5,
      play(nodes) {
        const change = joint(three, [n1, n2, n3, n4]);
        leads(nodes, [noOp(1), configured(1, change)], 2);
        nodes.event(n1, { add: [configured(1, five)] });
      },
      text: 'n1, leader of term 1, puts a configuration at index 3 ' +
        'that leads from {n1, n2, n3, n4} with the old {n1, n2, n3} to {n1, n2, n3, n4, n5}',
    },
  ],
  legal: [
    {
      when: 'voters come and go one by one, each when the one before is committed',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        nodes.hold([n1, n2, n3, n4], [noOp(1), configured(1, four)]);
        nodes.event(n1, { commitIndex: 2 });
        nodes.hold([n1, n2, n3, n4], [noOp(1), configured(1, four), configured(1, simple([n2, n3, n4]))]);
      },
    },
    {
      when: 'learners come and go as they like',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        proposes(nodes, simple([n1, n2, n3], [n4, n5]));
      },
    },
    {
      when: 'any voters come by way of a joint configuration',
      size: 5,
      play(nodes) {
        const log = [noOp(1), configured(1, joint(three, [n3, n4, n5]))];
        leads(nodes, log, 1);
        nodes.event(n5, { term: 1, add: log });
        nodes.event(n1, { commitIndex: 2 });
        nodes.event(n1, { add: [configured(1, left(joint(three, [n3, n4, n5])))] });
      },
    },
    {
      when: 'the first change is committed and the second one appended in one event',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 1);
        nodes.event(n1, { commitIndex: 2, add: [configured(1, five)] });
      },
    },
    {
      when: 'a follower gets two changes at once',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 2);
        nodes.event(n1, { add: [configured(1, five)] });
        nodes.event(n5, { term: 1, add: [noOp(1), configured(1, four), configured(1, five)] });
      },
    },
  ],
};

const applied: Readonly<Record<string, string>> = { configurationFrom: 'apply' };

export const configurationInForce: Cases = {
  breaches: [
    {
      when: 'a node appends a configuration and goes by the one before it',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        nodes.event(n1, { add: [configured(1, four)], configuration: three });
      },
      text: 'n1 goes by {n1, n2, n3}, but its log says {n1, n2, n3, n4} at index 2',
    },
    {
      when: 'a node loses a configuration and still goes by it',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 1);
        nodes.event(n2, { term: 2, cut: 2, configuration: four });
      },
      text: 'n2 goes by {n1, n2, n3, n4}, but its log says {n1, n2, n3} at index 0',
    },
    {
      when: 'a node starts from a snapshot and goes by the configuration that the cluster began with',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 2);
        nodes.event(n1, { lastApplied: 2, digest: UNTOUCHED_DIGEST });
        nodes.start(n2, { term: 1, snapshot: nodes.snapshotOf(n1, 2) });
        nodes.event(n2, { configuration: three, digest: UNTOUCHED_DIGEST });
      },
      text: 'n2 goes by {n1, n2, n3}, but its log says {n1, n2, n3, n4} at index 2',
    },
    {
      when: 'a node goes by what it has appended, where only what is applied counts',
      size: 5,
      options: applied,
      play(nodes) {
        leads(nodes, [noOp(1)], 1);
        nodes.event(n1, { add: [configured(1, four)], configuration: four });
      },
      text: 'n1 goes by {n1, n2, n3, n4}, but its log says {n1, n2, n3} at index 0',
    },
    {
      when: 'a node that has started applies an old configuration again and goes back to it',
      size: 5,
      options: applied,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 1);
        nodes.start(n2, { term: 1, log: [noOp(1), configured(1, four)], voters: three.voters });
        nodes.event(n2, { commitIndex: 1, lastApplied: 1, configuration: three });
      },
      text: 'n2 goes by {n1, n2, n3}, but its log says {n1, n2, n3, n4} at index 2',
    },
  ],
  legal: [
    {
      when: 'a node goes by what it has appended, and by the one before when that is cut off',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 1);
        nodes.event(n2, { term: 2, cut: 2 });
      },
    },
    {
      when: 'a node goes by what it has applied, where only that counts',
      size: 5,
      options: applied,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 2);
        nodes.event(n1, { lastApplied: 1 });
        nodes.event(n1, { lastApplied: 2, configuration: four });
      },
    },
    {
      when: 'a node goes by an equal copy',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 1);
        nodes.event(n2, { configuration: simple([n1, n2, n3, n4]) });
      },
    },
    {
      when: 'a snapshot takes the place of the entry that said it',
      size: 5,
      play(nodes) {
        leads(nodes, [noOp(1), configured(1, four)], 2);
        nodes.event(n1, { lastApplied: 2, digest: UNTOUCHED_DIGEST });
        nodes.event(n1, { snapshot: nodes.snapshotOf(n1, 2), drop: 2, digest: UNTOUCHED_DIGEST });
      },
    },
  ],
};
