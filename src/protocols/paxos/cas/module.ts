import type { ProtocolModule } from '../../../contract/module.ts';
import { paxosClient } from '../client.ts';
import { assumptions, view } from '../about.ts';
import { invariantsOf } from '../monitor.ts';
import { paxosOptions, progressBudgetUs } from '../options.ts';
import { CasNode } from './cas.ts';
import type { Update } from './register.ts';
import type { CasMessage, CasState } from './state.ts';
import { casVariants } from './variants.ts';

const messageKinds: Readonly<Record<CasMessage['kind'], true>> = {
  Prepare: true, Promised: true, Accept: true, Accepted: true, Rejected: true, Commit: true,
};

/** Compare-and-set registers on the acceptors of Paxos, as the tool knows them. */
export const paxosCas: ProtocolModule<CasState> = {
  name: 'paxos-cas',
  options: paxosOptions,
  create: (init) => new CasNode(init),
  client: paxosClient,
  view,
  events: ['prepared', 'promised', 'accepted', 'overtaken', 'chosen'],
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
  }),
  variants: casVariants,
  assumptions,
  nodeFields: ['proposer', 'by', 'client', 'from'],
  progressBudgetUs,
};
