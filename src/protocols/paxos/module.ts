import type { ProtocolModule } from '../../contract/module.ts';
import { assumptions, view } from './about.ts';
import { paxosClient } from './client.ts';
import type { AcceptorMessage } from './messages.ts';
import { invariantsOf } from './monitor.ts';
import { paxosOptions, progressBudgetUs } from './options.ts';
import { PaxosNode } from './paxos.ts';
import { paxosVariants } from './variants.ts';
import type { PaxosState } from './state.ts';

export { paxosCas } from './cas/module.ts';

const messageKinds: Readonly<Record<AcceptorMessage['kind'], true>> = {
  Prepare: true, Promised: true, Accept: true, Accepted: true, Rejected: true,
};

/** Single-decree Paxos, as the tool knows it: a register that is written once for each key. */
export const paxos: ProtocolModule<PaxosState> = {
  name: 'paxos',
  options: paxosOptions,
  create: (init) => new PaxosNode(init),
  client: paxosClient,
  view,
  events: ['prepared', 'promised', 'accepted', 'overtaken', 'chosen'],
  messages: Object.keys(messageKinds),
  metrics: {
    ballots: { kind: 'count', event: 'prepared', doc: 'ballots that were begun' },
    overtaken: { kind: 'count', event: 'overtaken', doc: 'ballots that a higher one has overtaken' },
    learned: { kind: 'count', event: 'chosen', doc: 'how often some node learns what is chosen for some key' },
    learnedAfter: { kind: 'delay', event: 'chosen', doc: 'time until some node learns what is chosen for some key' },
  },
  invariants: invariantsOf({
    slotOf: () => 0,
    // Nothing was reported: whatever a client wants may be proposed.
    isFree: () => true,
  }),
  variants: paxosVariants,
  assumptions,
  nodeFields: ['proposer', 'by', 'client', 'from'],
  isWrittenOnce: true,
  progressBudgetUs,
};
