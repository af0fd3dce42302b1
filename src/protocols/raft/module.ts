import { failuresAreHeard } from '../../contract/assumptions.ts';
import type { ProtocolModule } from '../../contract/module.ts';
import type { Options } from '../../contract/options.ts';
import { raftClient } from './client.ts';
import { initialProblem } from './initial.ts';
import type { RaftMessage } from './messages.ts';
import { raftInvariants } from './monitor.ts';
import { raftOptions, readSettings } from './options.ts';
import { raftOrders } from './orders.ts';
import { RaftNode } from './raft.ts';
import type { RaftState } from './state.ts';
import { raftVariants } from './variants/index.ts';

const messageKinds: Readonly<Record<RaftMessage['kind'], true>> = {
  RequestVote: true, RequestVoteReply: true,
  PreVote: true, PreVoteReply: true,
  AppendEntries: true, AppendEntriesAccepted: true, AppendEntriesRejected: true,
  InstallSnapshot: true, InstallSnapshotReply: true, Outdated: true,
  TimeoutNow: true, ReadIndexRequest: true, ReadIndexReply: true, Forward: true,
};

/** One clock may be as fast as another one is slow. Without leases, no answer depends on a clock. */
function toleratedByLeases(options: Options): number {
  return options['reads'] === 'lease' ? (options['leaseDriftBound'] as number) / 2 : Infinity;
}

/** Raft, as the tool knows it. */
export const raft: ProtocolModule<RaftState> = {
  name: 'raft',
  options: raftOptions,
  optionsProblem: ({ electionTimeoutMin, electionTimeoutMax }) => {
    if ((electionTimeoutMin as number) <= (electionTimeoutMax as number)) return null;
    return { option: 'electionTimeoutMin', message: 'electionTimeoutMin is above electionTimeoutMax' };
  },
  create: (init) => new RaftNode(init),
  client: raftClient,
  view: (state) => ({ role: state.role.kind, epoch: state.durable.currentTerm, leader: state.leaderId }),
  events: [
    'became-candidate', 'granted-vote', 'became-leader', 'stepped-down', 'committed', 'became-pre-candidate',
    'took-snapshot', 'installed-snapshot',
  ],
  orders: raftOrders,
  initialProblem,
  messages: Object.keys(messageKinds),
  metrics: {
    elections: { kind: 'count', event: 'became-leader', doc: 'elections that were won' },
    candidacies: { kind: 'count', event: 'became-candidate', doc: 'elections that were begun' },
    leaderAfter: { kind: 'delay', event: 'became-leader', doc: 'time until somebody is elected' },
  },
  invariants: raftInvariants,
  variants: raftVariants,
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
      text: 'with reads: lease, the rates of two clocks differ by no more than leaseDriftBound (thesis §6.4.1)',
      properties: ['linearizable', 'R20', 'R21'],
      brokenBy: ['clock-drift'],
      withstands: ({ perMillion }, { options }) => Math.abs(perMillion ?? 0) <= toleratedByLeases(options),
    },
    {
      id: 'majority-connected',
      text: 'a majority of the nodes is up, runs, and reaches each other and the clients',
      properties: ['progress'],
      brokenBy: [
        'crash', 'wipe-disk', 'torn-write', 'sync-error', 'disk-full', 'pause', 'partition', 'cut', 'hold', 'link',
      ],
      tolerates: 'minority',
    },
    {
      id: 'broadcasts-faster-than-elections',
      text: 'messages and syncs take far less time than an election timeout, and clocks run at similar rates (§5.6)',
      properties: ['progress'],
      brokenBy: ['link', 'hold', 'clock-drift', 'disk-slow'],
    },
  ],
  nodeFields: ['votedFor', 'candidate', 'leader', 'to', 'follower', 'voters', 'oldVoters', 'learners'],
  progressBudgetUs: (options) => 20 * readSettings(options).electionTimeoutUsMax,
};
