import { failuresAreHeard } from '../../contract/assumptions.ts';
import type { ProtocolModule } from '../../contract/module.ts';
import { zabClient } from './client.ts';
import type { ZabMessage } from './messages.ts';
import { zabInvariants } from './monitor.ts';
import { readSettings, zabOptions } from './options.ts';
import type { Role, ZabState } from './state.ts';
import { zabVariants } from './variants/index.ts';
import { ZabNode } from './zab.ts';

const messageKinds: Readonly<Record<ZabMessage['kind'], true>> = {
  Notification: true,
  FOLLOWERINFO: true, LEADERINFO: true, ACKEPOCH: true,
  DIFF: true, TRUNC: true, SNAP: true, NEWLEADER: true, ACK: true, UPTODATE: true,
  PROPOSAL: true, COMMIT: true, PING: true,
};

/** The paper's words. Whoever was elected is a prospective leader until a quorum has its history. */
function nameOf(role: Role): string {
  if (role.kind === 'looking') return 'looking';
  if (role.kind === 'following') return 'follower';
  return role.phase === 'broadcast' ? 'leader' : 'prospective-leader';
}

/** Zab, as the tool knows it. */
export const zab: ProtocolModule<ZabState> = {
  name: 'zab',
  options: zabOptions,
  create: (init) => new ZabNode(init),
  client: zabClient,
  view: ({ role, durable, vote }) => ({
    role: nameOf(role),
    epoch: role.kind === 'looking' ? durable.acceptedEpoch : Math.max(role.epoch, durable.acceptedEpoch),
    leader: role.kind === 'looking' ? null : vote.leader,
  }),
  events: [
    'looking', 'elected', 'following', 'synchronising', 'sends-history', 'became-leader', 'became-follower',
    'stepped-down', 'committed', 'truncated', 'took-snapshot', 'installed-snapshot',
  ],
  messages: Object.keys(messageKinds),
  metrics: {
    elections: { kind: 'count', event: 'became-leader', doc: 'epochs whose leader was established' },
    rounds: { kind: 'count', event: 'looking', doc: 'times that a node has begun to look for a leader' },
    truncations: { kind: 'count', event: 'truncated', doc: 'times that a follower has cut off what its leader lacks' },
    snapshotsInstalled: { kind: 'count', event: 'installed-snapshot', doc: 'snapshots that followers got of leaders' },
    leaderAfter: { kind: 'delay', event: 'became-leader', doc: 'time until the first leader is established' },
  },
  invariants: zabInvariants,
  variants: zabVariants,
  assumptions: [
    {
      id: 'disks-keep-what-they-synced',
      text: 'a sync that completed survives every crash; no disk is wiped, rolled back or corrupted',
      properties: ['*'],
      brokenBy: ['wipe-disk', 'lying-sync', 'bit-flip', 'torn-write', 'lost-write'],
    },
    failuresAreHeard,
    {
      id: 'reads-by-the-log',
      text: 'reads are transactions; with reads: local, whoever answers may not have applied what others have',
      properties: ['linearizable'],
      brokenBy: [],
      isGiven: ({ options }) => !readSettings(options).readsLocally,
    },
    {
      id: 'majority-connected',
      text: 'a quorum is up, runs, and reaches each other and the clients',
      properties: ['progress'],
      brokenBy: [
        'crash', 'wipe-disk', 'torn-write', 'sync-error', 'disk-full', 'pause', 'partition', 'cut', 'hold', 'link',
      ],
      tolerates: 'minority',
    },
    {
      id: 'limits-longer-than-syncs',
      text: 'messages and syncs take far less time than initLimit and syncLimit, and clocks run at similar rates',
      properties: ['progress'],
      brokenBy: ['link', 'hold', 'clock-drift', 'disk-slow'],
    },
  ],
  nodeFields: ['from', 'leader', 'node', 'to'],
  progressBudgetUs: (options) => {
    const { initLimitUs, syncLimitUs, notificationUsMax } = readSettings(options);
    return 3 * initLimitUs + 2 * syncLimitUs + 4 * notificationUsMax;
  },
};
