import type { Assumption, NodeView, ProtocolModule } from '../../contract/module.ts';
import { paxosClient } from './client.ts';
import type { AcceptorMessage } from './messages.ts';
import { invariantsOf } from './monitor.ts';
import { paxosOptions, progressBudgetUs } from './options.ts';
import { PaxosNode } from './paxos.ts';
import type { CommonState, PaxosState } from './state.ts';

const messageKinds: Readonly<Record<AcceptorMessage['kind'], true>> = {
  Prepare: true, Promised: true, Accept: true, Accepted: true, Rejected: true,
};

/** Nobody leads: proposers are equals. What has one role alone is named by it. */
function view({ roles, round }: CommonState): NodeView {
  const [role = 'acceptor', ...others] = roles;
  return { role: others.length === 0 ? role : 'all roles', epoch: round, leader: null };
}

/** Kinds of fault that keep a node from taking part. */
const STOPPING: readonly string[] = [
  'crash', 'wipe-disk', 'torn-write', 'sync-error', 'pause', 'partition', 'cut', 'hold', 'link',
];

const assumptions: readonly Assumption[] = [
  {
    id: 'disks-keep-what-they-synced',
    text: 'a sync that completed survives every crash; no disk is wiped, rolled back or corrupted (§2.5)',
    properties: ['*'],
    brokenBy: ['wipe-disk', 'lying-sync', 'bit-flip', 'torn-write', 'lost-write'],
  },
  {
    id: 'majority-connected',
    text: 'a majority of the nodes is up, runs, and reaches each other and the clients',
    properties: ['progress'],
    brokenBy: STOPPING,
    tolerates: 'minority',
  },
  {
    id: 'each-role-is-there',
    text: 'with roles: apart or an acceptQuorum, few nodes can be all that a phase needs: nobody is missing',
    properties: ['progress'],
    brokenBy: STOPPING,
    withstands: (_strike, { options }) => options['roles'] === 'together' && options['acceptQuorum'] === 0,
  },
  {
    id: 'proposers-give-way',
    text: 'who was overtaken waits, by clocks of similar rates, longer than a message and a sync take (§2.4)',
    properties: ['progress'],
    brokenBy: ['link', 'hold', 'clock-drift', 'disk-slow'],
  },
];

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
  variants: [],
  assumptions,
  nodeFields: ['proposer', 'by', 'client', 'from'],
  isWrittenOnce: true,
  progressBudgetUs,
};
