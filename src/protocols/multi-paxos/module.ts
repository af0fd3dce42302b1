import { failuresAreHeard } from '../../contract/assumptions.ts';
import type { ProtocolModule } from '../../contract/module.ts';
import type { Options } from '../../contract/options.ts';
import { roundOf } from './ballot.ts';
import { paxosClient } from './client.ts';
import { initialProblem } from './initial.ts';
import type { PaxosMessage } from './messages.ts';
import { paxosInvariants } from './monitor.ts';
import { MultiPaxosNode } from './multi-paxos.ts';
import { paxosOptions, readSettings } from './options.ts';
import { paxosOrders } from './orders.ts';
import type { PaxosState } from './state.ts';
import { paxosVariants } from './variants/index.ts';

const messageKinds: Readonly<Record<PaxosMessage['kind'], true>> = {
  Prepare: true, Promised: true, Preempted: true,
  Accept: true, Accepted: true, Decide: true,
  Heartbeat: true, HeartbeatReply: true,
  Learn: true, Learned: true, InstallSnapshot: true, Remind: true, Reminded: true, Rejoin: true, Rejoined: true,
};

/** Kinds of fault that keep a node from taking part. */
const STOPPING: readonly string[] = [
  'crash', 'wipe-disk', 'torn-write', 'sync-error', 'disk-full', 'pause', 'partition', 'cut', 'hold', 'link',
];

const MILLION = 1_000_000;

/** One clock may be as fast as another one is slow. Without leases, no answer depends on a clock. */
function toleratedByLeases(options: Options): number {
  const { readsByLease, replicaLeaseUs, masterLeaseUs } = readSettings(options);
  if (!readsByLease) return Infinity;
  return Math.floor((MILLION * (replicaLeaseUs - masterLeaseUs)) / (replicaLeaseUs + masterLeaseUs));
}

/** What is wrong with options that are each within their limits. */
function optionsProblem(options: Options): { readonly option: string; readonly message: string } | null {
  const { electionTimeoutMin, electionTimeoutMax, masterLease, replicaLease } = options as Record<string, number>;
  if ((electionTimeoutMin as number) > (electionTimeoutMax as number)) {
    return { option: 'electionTimeoutMin', message: 'electionTimeoutMin is above electionTimeoutMax' };
  }
  if ((masterLease as number) > (replicaLease as number)) {
    return { option: 'masterLease', message: 'masterLease is above replicaLease' };
  }
  return null;
}

/** Multi-Paxos, as the tool knows it. */
export const multiPaxos: ProtocolModule<PaxosState> = {
  name: 'multi-paxos',
  options: paxosOptions,
  optionsProblem,
  create: (init) => new MultiPaxosNode(init),
  client: paxosClient,
  view: ({ role, durable, leaderId }) => ({
    role: role.kind,
    epoch: roundOf(role.kind === 'follower' ? durable.promised : role.ballot),
    leader: leaderId,
  }),
  events: [
    'became-candidate', 'became-leader', 'stepped-down', 'chosen', 'took-snapshot', 'installed-snapshot', 'rejoined',
  ],
  orders: paxosOrders,
  initialProblem,
  messages: Object.keys(messageKinds),
  metrics: {
    elections: { kind: 'count', event: 'became-leader', doc: 'ballots that a quorum has promised' },
    candidacies: { kind: 'count', event: 'became-candidate', doc: 'ballots that were prepared' },
    leaderAfter: { kind: 'delay', event: 'became-leader', doc: 'time until the first ballot is promised by a quorum' },
    learnedAfter: { kind: 'delay', event: 'chosen', doc: 'time until a leader learns that a value is chosen' },
  },
  invariants: paxosInvariants,
  variants: paxosVariants,
  assumptions: [
    {
      id: 'disks-keep-what-they-synced',
      text: 'a sync that completed survives every crash; no disk is wiped, rolled back or corrupted',
      properties: ['*'],
      brokenBy: ['wipe-disk', 'lying-sync', 'bit-flip', 'torn-write', 'lost-write'],
    },
    failuresAreHeard,
    {
      id: 'clock-rates-within-the-bound',
      text: 'with reads: lease, clocks run at rates that differ by less than masterLease and replicaLease do',
      properties: ['linearizable', 'P15'],
      brokenBy: ['clock-drift'],
      withstands: ({ perMillion }, { options }) => Math.abs(perMillion ?? 0) <= toleratedByLeases(options),
    },
    {
      id: 'one-slot-at-a-time',
      text: 'with window: 1, a leader proposes nothing before it has executed what it proposed last',
      properties: ['client-order'],
      brokenBy: [],
      isGiven: ({ options }) => readSettings(options).window === 1,
    },
    {
      id: 'majority-connected',
      text: 'a quorum of each phase is up, runs, and reaches each other and the clients',
      properties: ['progress'],
      brokenBy: STOPPING,
      tolerates: 'minority',
    },
    {
      id: 'each-role-is-there',
      text: 'with roles: apart, few nodes can be all that propose: none is missing',
      properties: ['progress'],
      brokenBy: STOPPING,
      withstands: (_strike, { options }) => !readSettings(options).isApart,
    },
    {
      id: 'broadcasts-faster-than-elections',
      text: 'messages and syncs take far less time than an election timeout, and clocks run at similar rates',
      properties: ['progress'],
      brokenBy: ['link', 'hold', 'clock-drift', 'disk-slow'],
    },
  ],
  nodeFields: ['from', 'leader', 'members'],
  progressBudgetUs: (options) => {
    const { electionTimeoutUsMax, backOffUsMax, readsByLease, replicaLeaseUs } = readSettings(options);
    return 20 * electionTimeoutUsMax + 2 * backOffUsMax + (readsByLease ? 4 * replicaLeaseUs : 0);
  },
};
