import type { ProtocolModule } from '../../contract/module.ts';
import type { Node, NodeInit } from '../../contract/node.ts';
import { US_PER_S } from '../../kernel/time.ts';
import { redisClient } from './client.ts';
import type { RedisMessage } from './messages.ts';
import { redisInvariants } from './monitor.ts';
import { readSettings, redisOptions, serversAmong } from './options.ts';
import { redisOrders } from './orders.ts';
import { RedisNode } from './redis.ts';
import { SentinelNode } from './sentinel.ts';
import type { SentinelState } from './sentinel-state.ts';
import type { RedisState } from './state.ts';

export { singleInstanceLock } from './lock/system.ts';
export { lockVariants } from './lock/variants.ts';
export { redisLockServers } from './lock-servers.ts';

const messageKinds: Readonly<Record<RedisMessage['kind'], true>> = {
  Psync: true, FullResync: true, PartialResync: true, Replicate: true, Ack: true, GetAck: true, Closed: true,
  ReplicaOf: true, Ping: true, Pong: true, Info: true, InfoReply: true,
  Hello: true, IsPrimaryDown: true, IsPrimaryDownReply: true, Published: true,
};

/** The last nodes are Sentinels, as many as the options say, and the first is a server in any case. */
function create(init: NodeInit): Node<RedisState | SentinelState> {
  const servers = serversAmong(init.nodes.length, readSettings(init.options));
  return init.self < servers ? new RedisNode(init) : new SentinelNode(init);
}

/** Redis, as the tool knows it. */
export const redis: ProtocolModule<RedisState | SentinelState> = {
  name: 'redis',
  options: redisOptions,
  optionsProblem: ({ sentinels, quorum }) => {
    if (sentinels === 0 || (quorum as number) <= (sentinels as number)) return null;
    return { option: 'quorum', message: 'quorum is above the number of sentinels' };
  },
  create,
  client: redisClient,
  view: (state) => {
    if (state.kind === 'sentinel') {
      const { epoch, primary } = state.config;
      return { role: 'sentinel', epoch, leader: primary };
    }
    const { role } = state;
    return { role: role.kind, epoch: 0, leader: role.kind === 'replica' ? role.primary : null };
  },
  events: [
    'saved', 'refused-file', 'evicted', 'became-primary', 'became-replica', 'resynced', 'found-down', 'agreed-down',
    'voted', 'started-failover', 'elected', 'promoted', 'switched-primary', 'discarded-write', 'aborted-failover',
    'tilt',
  ],
  metrics: {
    failovers: { kind: 'count', event: 'elected', doc: 'failovers that a Sentinel was elected to lead' },
    promotions: { kind: 'count', event: 'became-primary', doc: 'replicas that became primaries' },
    discardedWrites: {
      kind: 'count', event: 'discarded-write',
      doc: 'writes of a primary that was deposed and did not know it, discarded for those of its successor; with what '
        + 'it sends its replicas each 10 s to show that it is there',
    },
    discardedShare: {
      kind: 'share', event: 'discarded-write',
      doc: 'the same, for each hundred writes that clients were told had succeeded',
    },
    resyncs: { kind: 'count', event: 'resynced', doc: 'replicas that discarded their data for that of a primary' },
  },
  orders: redisOrders,
  invariants: redisInvariants,
  variants: [],
  assumptions: [
    {
      id: 'nobody-fails-over',
      text: 'the primary stays the primary: what it has answered need not have reached anybody else',
      properties: ['linearizable'],
      brokenBy: [
        'crash', 'wipe-disk', 'torn-write', 'sync-error', 'disk-full', 'pause', 'partition', 'cut', 'hold', 'link',
        'order', 'clock-jump',
      ],
      of: 'nodes',
      // Without Sentinels only an operator makes another node the primary.
      withstands: ({ kind }, { options }) => kind !== 'order' && options['sentinels'] === 0,
    },
    {
      id: 'a-restart-loses-nothing',
      text: 'a primary that starts again has all it has answered: synced, or written where its process died alone',
      properties: ['linearizable'],
      brokenBy: ['crash', 'wipe-disk', 'torn-write', 'bit-flip', 'lying-sync', 'sync-error', 'disk-full'],
      of: 'nodes',
      // What was written survives its process, and with `always` it was synced before anybody was answered.
      withstands: ({ kind, flavour }, { options: { appendfsync } }) => kind === 'crash'
        && (flavour === 'process' ? appendfsync !== 'off' : appendfsync === 'always'),
    },
    {
      id: 'nothing-is-evicted',
      text: 'memory does not run out, or it evicts nothing',
      properties: ['linearizable'],
      brokenBy: [],
      isGiven: ({ options: { maxmemoryKeys, maxmemoryPolicy } }) =>
        maxmemoryKeys === 0 || maxmemoryPolicy === 'noeviction',
    },
    {
      id: 'sentinels-keep-what-they-synced',
      text: 'a Sentinel that starts again finds its configuration file as it left it',
      properties: ['S1', 'S2', 'S3', 'S4'],
      brokenBy: ['wipe-disk', 'lying-sync'],
    },
    {
      id: 'all-connected',
      text: 'the primary is up, runs, and is reached by the clients',
      properties: ['progress'],
      brokenBy: [
        'crash', 'wipe-disk', 'torn-write', 'bit-flip', 'sync-error', 'disk-full', 'pause', 'partition', 'cut', 'hold',
        'link', 'disk-slow', 'order', 'clock-jump',
      ],
    },
  ],
  nodeFields: ['primary', 'node', 'candidate', 'leader', 'votedFor', 'replica', 'from'],
  messages: Object.keys(messageKinds),
  progressBudgetUs: (options) => {
    const { startDelayUs, sentinels, downAfterUs } = readSettings(options);
    return 20 * US_PER_S + startDelayUs + (sentinels === 0 ? 0 : downAfterUs);
  },
};
