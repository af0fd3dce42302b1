import type { Message } from '../../../contract/message.ts';
import type { ProtocolModule } from '../../../contract/module.ts';
import { paxosClient } from '../client.ts';
import { assumptions, view } from '../about.ts';
import { invariantsOf } from '../monitor.ts';
import { paxosOptions, progressBudgetUs } from '../options.ts';
import { CasNode } from './cas.ts';
import type { Update } from './register.ts';
import type { CasMessage, CasState, SeatAnswer } from './state.ts';
import { casVariants } from './variants.ts';

const messageKinds: Readonly<Record<CasMessage['kind'], true>> = {
  Prepare: true, Promised: true, Accept: true, Accepted: true, Rejected: true, Commit: true,
  SeatGiven: true, SeatAnswer: true, SeatMoved: true,
};

/** Compare-and-set registers on the acceptors of Paxos, as the tool knows them. */
export const paxosCas: ProtocolModule<CasState> = {
  name: 'paxos-cas',
  options: paxosOptions,
  create: (init) => new CasNode(init),
  client: paxosClient,
  view,
  events: ['prepared', 'promised', 'accepted', 'overtaken', 'chosen', 'seat-leaving', 'seat-held', 'seat-left'],
  orders: {
    move: { doc: 'a spare node, one of the learners, takes the place of this acceptor', about: 'a node', swarm: 1 },
  },
  messages: Object.keys(messageKinds),
  metrics: {
    ballots: { kind: 'count', event: 'prepared', doc: 'ballots that were begun' },
    overtaken: { kind: 'count', event: 'overtaken', doc: 'ballots that a higher one has overtaken' },
    changes: { kind: 'count', event: 'chosen', doc: 'how often a proposer sees a change chosen, or chosen again' },
    changedAfter: { kind: 'delay', event: 'chosen', doc: 'time until a proposer sees some change chosen' },
  },
  invariants: invariantsOf<Update, CasState>({
    slotOf: ({ version }) => version,
    isFree: () => true,
    seatTaken: (message) => (isTaking(message) ? message.seat : null),
  }),
  variants: casVariants,
  assumptions,
  nodeFields: ['proposer', 'by', 'client', 'from', 'seat', 'to'],
  progressBudgetUs,
};

function isTaking(message: Message): message is SeatAnswer {
  return message.kind === 'SeatAnswer' && (message as SeatAnswer).isTaken;
}
