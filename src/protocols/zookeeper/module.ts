import type { Assumption, MetricTable, ProtocolModule } from '../../contract/module.ts';
import { zab } from '../zab/module.ts';
import { barrierVariants } from './client/barrier-variants.ts';
import { createZnodeClient } from './client/clients.ts';
import { registerOptions } from './client/options.ts';
import { queueVariants } from './client/queue-variants.ts';
import { RecipeClient } from './client/recipe-client.ts';
import { zooKeeperClientVariants } from './client/variants.ts';
import { committedIn } from './committed.ts';
import type { ServicePacket } from './packets.ts';
import { zooKeeperInvariants } from './monitor.ts';
import { zooKeeperOptions } from './options.ts';
import { ZooKeeperNode } from './server.ts';
import type { ZooKeeperState } from './state.ts';
import { serverVariants } from './variants/server.ts';
import { sessionVariants } from './variants/sessions.ts';
import { treeVariants } from './variants/tree.ts';
import { treeMachine } from './tree/machine.ts';

const packetKinds: Readonly<Record<ServicePacket['kind'], true>> = {
  REQUEST: true, REVALIDATE: true, REVALIDATED: true, SYNC: true, SYNCED: true,
};

const metrics: MetricTable = {
  sessions: { kind: 'count', event: 'session-created', doc: 'sessions that were begun' },
  sessionsExpired: { kind: 'count', event: 'session-expired', doc: 'sessions that the leader has ended' },
  sessionsMoved: { kind: 'count', event: 'session-moved', doc: 'times that a client has come to another server' },
  notifications: { kind: 'count', event: 'watch-fired', doc: 'events that servers have sent to clients' },
  notificationsPerChange: {
    kind: 'share', event: 'watch-fired', doc: 'events that servers have sent, for each hundred changes that succeeded',
  },
};

/** What breaks the belief of a leader that he leads, before he knows it. */
const DEPOSES = ['pause', 'partition', 'cut', 'hold', 'link', 'clock-drift', 'disk-slow'];

const assumptions: readonly Assumption[] = [
  ...zab.assumptions.filter(({ id }) => id !== 'reads-by-the-log'),
  {
    id: 'reads-behind-a-sync',
    text: 'a read of a register, a queue or a barrier comes behind a sync; else whoever answers may not have applied '
      + 'what others have',
    properties: ['linearizable', 'barriers'],
    brokenBy: [],
    isGiven: ({ options }) => options['reads'] !== 'local',
  },
  {
    id: 'who-leads-knows-it',
    text: 'whoever thinks he leads does; with sync: quorum he has to find out',
    properties: ['linearizable', 'fresh-sync', 'barriers'],
    brokenBy: DEPOSES,
    withstands: (_strike, { options }) => options['sync'] === 'quorum',
  },
];

/** A ZooKeeper-like service, as the tool knows it. */
export const zooKeeper: ProtocolModule<ZooKeeperState> = {
  ...zab,
  name: 'zookeeper',
  options: { ...zooKeeperOptions, ...registerOptions },
  create: (init) => new ZooKeeperNode(init),
  coordination: {
    machine: treeMachine,
    workloads: ['znodes', 'register', 'cas-register', 'kv'],
    committedIn: (state, after) => committedIn(state as ZooKeeperState, after),
    createClient: (init) => createZnodeClient(init),
  },
  events: [
    ...zab.events,
    'session-created', 'session-expired', 'session-closed', 'session-moved', 'watch-fired', 'watches-set',
  ],
  messages: [...zab.messages ?? [], ...Object.keys(packetKinds)],
  metrics: { ...zab.metrics, ...metrics },
  assumptions,
  invariants: zooKeeperInvariants,
  variants: [...serverVariants, ...treeVariants, ...sessionVariants, ...zooKeeperClientVariants],
};

/** The same servers, and clients whose operations are recipes. */
export const zooKeeperRecipes: ProtocolModule<ZooKeeperState> = {
  ...zooKeeper,
  name: 'zookeeper-recipes',
  coordination: {
    machine: treeMachine,
    workloads: ['queue', 'double-barrier', 'barrier'],
    committedIn: (state, after) => committedIn(state as ZooKeeperState, after),
    createClient: (init) => new RecipeClient(init),
  },
  variants: [...queueVariants, ...barrierVariants],
};
