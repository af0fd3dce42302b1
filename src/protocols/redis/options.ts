import type { Options, OptionTable } from '../../contract/options.ts';
import { type DurationUs, US_PER_MS, US_PER_S } from '../../kernel/time.ts';

/** Tunables of Redis; its own names and defaults where it has them. */
export const redisOptions: OptionTable = {
  layout: {
    kind: 'choice',
    doc: 'replicated: the first node begins as the primary, the others follow it; independent: all are primaries, as '
      + 'Redlock wants them',
    default: 'replicated',
    of: ['replicated', 'independent'],
  },
  sentinels: {
    kind: 'integer',
    doc: 'so many of the nodes, the last ones, are Sentinels: they hold no data, and make a replica the primary when '
      + 'the primary is down',
    default: 0,
    min: 0,
    max: 15,
  },
  quorum: {
    kind: 'integer',
    doc: 'how many Sentinels must find the primary down, each by itself; a majority of all must vote in any case',
    default: 2,
    min: 1,
    max: 15,
  },
  downAfter: {
    kind: 'duration',
    doc: 'how long a node gives a Sentinel no sign of life before that finds it down',
    default: 30 * US_PER_S,
    min: 100 * US_PER_MS,
    max: 3_600 * US_PER_S,
  },
  failoverTimeout: {
    kind: 'duration',
    doc: 'how long a failover may take to change roles; after twice as long, another one may begin',
    default: 180 * US_PER_S,
    min: 1 * US_PER_S,
    max: 3_600 * US_PER_S,
  },
  parallelSyncs: {
    kind: 'integer',
    doc: 'how many replicas at a time are sent to the new primary',
    default: 1,
    min: 1,
    max: 100,
  },
  minReplicas: {
    kind: 'integer',
    doc: 'min-replicas-to-write: a primary refuses writes while fewer replicas than this have acknowledged within '
      + 'minReplicasMaxLag',
    default: 0,
    min: 0,
    max: 100,
  },
  minReplicasMaxLag: {
    kind: 'duration',
    doc: 'min-replicas-max-lag',
    default: 10 * US_PER_S,
    min: 1 * US_PER_S,
    max: 3_600 * US_PER_S,
  },
  replTimeout: {
    kind: 'duration',
    doc: 'a replica that has heard nothing of its primary for this long connects to it anew',
    default: 60 * US_PER_S,
    min: 2 * US_PER_S,
    max: 3_600 * US_PER_S,
  },
  backlog: {
    kind: 'integer',
    doc: 'how many commands a node keeps for replicas that were away; one that lacks more gets all data anew',
    default: 10_000,
    min: 1,
    max: 10_000_000,
  },
  wait: {
    kind: 'integer',
    doc: 'of clients that know no Redis: a write is answered once so many replicas have acknowledged it (WAIT), or as '
      + 'unknown after waitTimeout',
    default: 0,
    min: 0,
    max: 100,
  },
  waitTimeout: {
    kind: 'duration',
    doc: 'how long such a write waits for them',
    default: 1 * US_PER_S,
    min: 1 * US_PER_MS,
    max: 3_600 * US_PER_S,
  },
  replicaReads: {
    kind: 'boolean',
    doc: 'of clients that know no Redis: replicas answer reads themselves, however old what they have is',
    default: false,
  },
  appendfsync: {
    kind: 'choice',
    doc: 'when the append-only file is synced: before a command is answered, each second, or when the kernel likes '
      + '(within half a minute); off: there is no such file, as by default',
    default: 'off',
    of: ['off', 'always', 'everysec', 'no'],
  },
  save: {
    kind: 'choice',
    doc: 'points at which all keys are written to the RDB file: those of the default configuration (1 change in an '
      + 'hour, 100 in five minutes, 10,000 in one), the one of saveAfter and saveChanges, or none',
    default: 'default',
    of: ['default', 'one', 'off'],
  },
  saveAfter: {
    kind: 'duration',
    doc: 'with save: one, how long after the last save the next one may be',
    default: 60 * US_PER_S,
    min: 100 * US_PER_MS,
    max: 86_400 * US_PER_S,
  },
  saveChanges: {
    kind: 'integer',
    doc: 'with save: one, how many changes there must have been',
    default: 1,
    min: 1,
    max: 1_000_000,
  },
  startDelay: {
    kind: 'duration',
    doc: 'how long a node that was started again answers nobody: longer than the longest TTL in use, and it forgets no '
      + 'lock that is held',
    default: 0,
    min: 0,
    max: 86_400 * US_PER_S,
  },
  hz: {
    kind: 'integer',
    doc: 'how often in a second a server looks for expired keys that nobody asks for, and whether to save; 0: never',
    default: 10,
    min: 0,
    max: 500,
  },
  maxmemoryKeys: {
    kind: 'integer',
    doc: 'maxmemory, counted in keys: with more than this, a primary deletes some before the next command, or refuses '
      + 'what would add to them; 0: there is no limit',
    default: 0,
    min: 0,
    max: 1_000_000,
  },
  maxmemoryPolicy: {
    kind: 'choice',
    doc: 'which keys it deletes: none, or those with a time to live that expire next, as locks do',
    default: 'noeviction',
    of: ['noeviction', 'volatile-ttl'],
  },
};

/** When all keys are written: so long after the last time, if there were so many changes. */
export interface SavePoint {
  readonly afterUs: DurationUs;
  readonly changes: number;
}

const DEFAULT_SAVE_POINTS: readonly SavePoint[] = [
  { afterUs: 3_600 * US_PER_S, changes: 1 },
  { afterUs: 300 * US_PER_S, changes: 100 },
  { afterUs: 60 * US_PER_S, changes: 10_000 },
];

/** The options, read. */
export interface RedisSettings {
  readonly appendfsync: 'off' | 'always' | 'everysec' | 'no';
  readonly savePoints: readonly SavePoint[];
  readonly startDelayUs: DurationUs;
  /** 0 for never. */
  readonly cronUs: DurationUs;
  readonly isReplicated: boolean;
  readonly sentinels: number;
  readonly quorum: number;
  readonly downAfterUs: DurationUs;
  readonly failoverTimeoutUs: DurationUs;
  readonly parallelSyncs: number;
  readonly minReplicas: number;
  readonly minReplicasMaxLagUs: DurationUs;
  readonly replTimeoutUs: DurationUs;
  readonly backlog: number;
  readonly wait: number;
  readonly waitTimeoutUs: DurationUs;
  readonly replicaReads: boolean;
  /** 0 for no limit. */
  readonly maxKeys: number;
  readonly evicts: boolean;
}

export function readSettings(options: Options): RedisSettings {
  const hz = options['hz'] as number;
  return {
    appendfsync: options['appendfsync'] as RedisSettings['appendfsync'],
    savePoints: savePointsOf(options),
    startDelayUs: options['startDelay'] as number,
    cronUs: hz === 0 ? 0 : Math.floor(US_PER_S / hz),
    isReplicated: options['layout'] === 'replicated',
    sentinels: options['sentinels'] as number,
    quorum: options['quorum'] as number,
    downAfterUs: options['downAfter'] as number,
    failoverTimeoutUs: options['failoverTimeout'] as number,
    parallelSyncs: options['parallelSyncs'] as number,
    minReplicas: options['minReplicas'] as number,
    minReplicasMaxLagUs: options['minReplicasMaxLag'] as number,
    replTimeoutUs: options['replTimeout'] as number,
    backlog: options['backlog'] as number,
    wait: options['wait'] as number,
    waitTimeoutUs: options['waitTimeout'] as number,
    replicaReads: options['replicaReads'] as boolean,
    maxKeys: options['maxmemoryKeys'] as number,
    evicts: options['maxmemoryPolicy'] === 'volatile-ttl',
  };
}

/** How many of so many nodes hold data: the first ones, the first in any case. */
export function serversAmong(nodes: number, { sentinels }: RedisSettings): number {
  return Math.max(1, nodes - sentinels);
}

function savePointsOf(options: Options): readonly SavePoint[] {
  switch (options['save']) {
    case 'off': return [];
    case 'one': return [{ afterUs: options['saveAfter'] as number, changes: options['saveChanges'] as number }];
    default: return DEFAULT_SAVE_POINTS;
  }
}
