import { describe, expect, it } from 'vitest';
import { defaultOptions } from '../../../../src/contract/options.ts';
import type { NodeId } from '../../../../src/kernel/ids.ts';
import type { Ballot } from '../../../../src/protocols/paxos/ballot.ts';
import { declaredInvariants } from '../../../../src/protocols/paxos/invariants.ts';
import type { AcceptedProposal, AcceptorMessage, Proposal } from '../../../../src/protocols/paxos/messages.ts';
import { paxos } from '../../../../src/protocols/paxos/module.ts';
import { type AcceptorRecord, instanceFile, type PaxosState } from '../../../../src/protocols/paxos/state.ts';
import { registerStore } from '../../../../src/services/kv.ts';
import { SessionMachine } from '../../../../src/services/sessions.ts';
import { Disk } from '../../../../src/world/disk.ts';
import { c1, c2, n1, n2, n3, nameOf } from '../../../support/paxos/hand.ts';

const A: Proposal = { by: { client: c1, session: 1, sequence: 1 }, value: 'A' };
const B: Proposal = { by: { client: c2, session: 1, sequence: 1 }, value: 'B' };
const ballot = (round: number, proposer: NodeId = n1): Ballot => ({ round, proposer });

/** Three nodes that say whatever a test has them say, and what the monitor makes of it. */
class Puppets {
  readonly breaches: string[] = [];
  private readonly monitor = paxos.invariants.observe(
    {
      nodes: [n1, n2, n3], options: defaultOptions(paxos.options), nameOf, monotonicUs: () => 0,
      machine: new SessionMachine(registerStore),
    },
    ({ id }, text) => { this.breaches.push(`${id}: ${text}`); },
  );

  constructor() {
    for (const node of [n1, n2, n3]) this.start(node);
    for (const { by } of [A, B]) {
      const command = { kind: 'execute', session: by.session, sequence: by.sequence };
      this.monitor.onSend?.(by.client, n1, { kind: 'ClientRequest', client: by.client, command } as never, disk(null));
    }
  }

  start(node: NodeId): void {
    this.monitor.onStarted?.(node, stateOf({}), disk(null));
  }

  /** Says it with a disk that has what is said, unless the test gives another one. */
  say(from: NodeId, sent: Said, record: AcceptorRecord | null = recordFor(sent)): this {
    this.monitor.onSend?.(from, n1, { key: 'k', ...sent } as AcceptorMessage, disk(record));
    return this;
  }

  /** Phase 1 and 2 of a ballot with these acceptors. */
  round(b: Ballot, proposal: Proposal, ...acceptors: readonly NodeId[]): this {
    this.prepared(b, ...acceptors);
    this.say(b.proposer, { kind: 'Accept', ballot: b, proposal });
    for (const acceptor of acceptors) this.say(acceptor, { kind: 'Accepted', ballot: b, proposal });
    return this;
  }

  prepared(b: Ballot, ...acceptors: readonly NodeId[]): this {
    this.say(b.proposer, { kind: 'Prepare', ballot: b });
    for (const acceptor of acceptors) this.say(acceptor, { kind: 'Promised', ballot: b, accepted: null });
    return this;
  }

  /** A node takes this for chosen. */
  learns(node: NodeId, proposal: Proposal): this {
    this.monitor.afterEvent?.(node, stateOf({ learned: new Map([['k', proposal]]) }));
    return this;
  }

  /** A node goes into phase 2 with this, after these promises. */
  proposes(node: NodeId, proposal: Proposal, ...promises: readonly (AcceptedProposal | null)[]): this {
    const attempt = {
      ballot: ballot(9, node), proposal, acceptedBy: [],
      promises: promises.map((accepted, from) => ({ from: from as NodeId, accepted })),
    };
    const pursuits = new Map([['k', { asked: [], attempt, defeats: 0, isBlind: true }]]);
    this.monitor.afterEvent?.(node, stateOf({ pursuits }));
    return this;
  }
}

type Said = {
  [Kind in AcceptorMessage['kind']]: Omit<Extract<AcceptorMessage, { kind: Kind }>, 'key'>
}[AcceptorMessage['kind']];

function stateOf(parts: Partial<PaxosState>): PaxosState {
  return {
    roles: [], durable: { reservedRound: 0, instances: new Map() }, round: 0, pursuits: new Map(), learned: new Map(),
    tallies: new Map(), ...parts,
  };
}

/** What an acceptor has on its disk that may say this. */
function recordFor(said: Said): AcceptorRecord | null {
  if (said.kind === 'Promised') return { promised: said.ballot, accepted: null };
  if (said.kind !== 'Accepted') return null;
  return { promised: said.ballot, accepted: { ballot: said.ballot, proposal: said.proposal } };
}

function disk(record: AcceptorRecord | null): Disk['synced'] {
  const made = new Disk();
  if (record !== null) made.put(instanceFile('k'), record);
  return made.written;
}

interface Case {
  readonly breach: (nodes: Puppets) => unknown;
  readonly says: string;
  /** Others that must break with it. */
  readonly also?: readonly string[];
  /** What looks like it and is none. */
  readonly legal: (nodes: Puppets) => unknown;
}

const cases: Readonly<Record<string, Case>> = {
  P1: {
    breach: (nodes) => nodes.round(ballot(1), A, n1, n2).round(ballot(2), B, n2, n3),
    says: '"B" (c2) is chosen for k with ballot 2 of n1, and "A" (c1) was with 1 of n1',
    also: ['P9'],
    legal: (nodes) => nodes.round(ballot(1), A, n1, n2).round(ballot(2), A, n2, n3),
  },
  P2: {
    breach: (nodes) => nodes.round(ballot(1), A, n1, n2).learns(n3, B),
    says: 'n3 takes "B" (c2) for chosen for k, but "A" (c1) is',
    legal: (nodes) => nodes.round(ballot(1), A, n1, n2).learns(n3, A),
  },
  P3: {
    breach: (nodes) => nodes.round(ballot(1), { by: { ...A.by, sequence: 7 }, value: 'Z' }, n1, n2),
    says: '"Z" (c1) is chosen for k, and nobody asked for it',
    legal: (nodes) => nodes.round(ballot(1), B, n1, n2),
  },
  P4: {
    breach: (nodes) => nodes.prepared(ballot(1), n1, n2)
      .say(n1, { kind: 'Accept', ballot: ballot(1), proposal: A })
      .say(n1, { kind: 'Accept', ballot: ballot(1), proposal: B }),
    says: 'n1 asks to accept "B" (c2) with ballot 1 of n1 of k, with which "A" (c1) was asked for',
    legal: (nodes) => nodes.prepared(ballot(1), n1, n2)
      .say(n1, { kind: 'Accept', ballot: ballot(1), proposal: A })
      .say(n1, { kind: 'Accept', ballot: ballot(1), proposal: { ...A } }),
  },
  P5: {
    breach: (nodes) => nodes.prepared(ballot(2), n3)
      .say(n3, { kind: 'Promised', ballot: ballot(1, n2), accepted: null }),
    says: 'n3 promises ballot 1 of n2 of k after 2 of n1',
    legal: (nodes) => nodes.prepared(ballot(2), n3).say(n3, { kind: 'Promised', ballot: ballot(2), accepted: null }),
  },
  P6: {
    breach: (nodes) => nodes.prepared(ballot(2), n3).say(n3, { kind: 'Accepted', ballot: ballot(1, n2), proposal: A }),
    says: 'n3 accepts ballot 1 of n2 of k after it has promised 2 of n1',
    legal: (nodes) => nodes.prepared(ballot(2), n3).say(n3, { kind: 'Accepted', ballot: ballot(2), proposal: A }),
  },
  P7: {
    breach: (nodes) => nodes.say(
      n3, { kind: 'Accepted', ballot: ballot(2), proposal: A },
      { promised: ballot(1), accepted: { ballot: ballot(2), proposal: A } }),
    says: 'n3 accepts ballot 2 of n1 of k, and its promise is 1 of n1',
    legal: (nodes) => nodes.say(
      n3, { kind: 'Accepted', ballot: ballot(2), proposal: A },
      { promised: ballot(3), accepted: { ballot: ballot(2), proposal: A } }),
  },
  P8: {
    breach: (nodes) => nodes.say(n3, { kind: 'Accepted', ballot: ballot(2), proposal: A }, null),
    says: 'n3 accepts ballot 2 of n1 of k, but on its disk is none',
    // What it has accepted since is there.
    legal: (nodes) => nodes.say(
      n3, { kind: 'Accepted', ballot: ballot(2), proposal: A },
      { promised: ballot(3), accepted: { ballot: ballot(3), proposal: B } }),
  },
  P9: {
    breach: (nodes) => nodes.round(ballot(1), A, n1, n2).prepared(ballot(2), n1, n2)
      .say(n1, { kind: 'Accept', ballot: ballot(2), proposal: B }),
    says: 'n1 asks to accept "B" (c2) with ballot 2 of n1 of k, but "A" (c1) was chosen with 1 of n1',
    // Nothing was chosen: one of three has accepted it.
    legal: (nodes) => nodes.prepared(ballot(1), n1, n2).say(n1, { kind: 'Accept', ballot: ballot(1), proposal: A })
      .say(n1, { kind: 'Accepted', ballot: ballot(1), proposal: A }).prepared(ballot(2), n2, n3)
      .say(n1, { kind: 'Accept', ballot: ballot(2), proposal: B }),
  },
  P10: {
    breach: (nodes) => nodes.prepared(ballot(1), n2).say(n1, { kind: 'Accept', ballot: ballot(1), proposal: A }),
    says: 'n1 asks to accept with ballot 1 of n1 of k, which 1 acceptors have promised, and 2 would have to',
    legal: (nodes) => nodes.prepared(ballot(1), n2, n3).say(n1, { kind: 'Accept', ballot: ballot(1), proposal: A }),
  },
  P11: {
    breach: (nodes) => {
      nodes.prepared(ballot(1));
      nodes.start(n1);
      nodes.prepared(ballot(1));
    },
    says: 'n1 prepares ballot 1 of n1 of k, which was used before it started',
    legal: (nodes) => nodes.prepared(ballot(1)).prepared(ballot(1)),
  },
  P16: {
    breach: (nodes) => nodes.proposes(
      n3, A, { ballot: ballot(1), proposal: A }, null, { ballot: ballot(2), proposal: B }),
    says: 'n3 proposes "A" (c1) for k, but "B" (c2) was reported with 2 of n1, the highest',
    legal: (nodes) => nodes.proposes(n3, B, { ballot: ballot(1), proposal: A }, { ballot: ballot(2), proposal: B })
      .proposes(n1, A, null, null),
  },
};

describe('the invariants of Paxos', () => {
  it('have each a case', () => {
    expect(Object.keys(cases)).toEqual(declaredInvariants.map(({ id }) => id));
  });

  it.each(Object.entries(cases))('%s sees its breach', (id, { breach, says, also = [] }) => {
    const nodes = new Puppets();
    breach(nodes);
    expect(nodes.breaches.filter((text) => text.startsWith(`${id}:`))).toEqual([`${id}: ${says}`]);
    const others = nodes.breaches.map((text) => text.replace(/:.*/, '')).filter((other) => other !== id);
    expect(others).toEqual(also);
  });

  it.each(Object.entries(cases))('%s lets pass what only looks like one', (_id, { legal }) => {
    const nodes = new Puppets();
    legal(nodes);
    expect(nodes.breaches).toEqual([]);
  });

  it('see a promise that is not on the disk', () => {
    const nodes = new Puppets();
    nodes.say(n3, { kind: 'Promised', ballot: ballot(2), accepted: null }, { promised: ballot(1), accepted: null });
    expect(nodes.breaches).toEqual(['P8: n3 promises ballot 2 of n1 of k, but on its disk is 1 of n1']);
  });
});
