import type { Options, OptionTable } from '../../contract/options.ts';
import { type DurationUs, US_PER_MS } from '../../kernel/time.ts';

/** Tunables of Zab, by the names of ZooKeeper's configuration; its defaults, where time runs twenty times faster. */
export const zabOptions: OptionTable = {
  tickTime: {
    kind: 'duration',
    doc: 'unit of the limits below; a leader pings its followers twice in it',
    default: 100 * US_PER_MS,
    min: 2 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'between', min: 100 * US_PER_MS, max: 160 * US_PER_MS },
  },
  initLimit: {
    kind: 'integer',
    doc: 'ticks that discovery and synchronisation may take',
    default: 10,
    min: 1,
    max: 10_000,
    swarm: { kind: 'between', min: 12, max: 20 },
  },
  syncLimit: {
    kind: 'integer',
    doc: 'ticks after which a leader that hears no quorum, or a follower that hears no leader, looks for another one',
    default: 5,
    min: 1,
    max: 10_000,
    swarm: { kind: 'between', min: 3, max: 6 },
  },
  finalizeWait: {
    kind: 'duration',
    doc: 'how long a node that sees a quorum of votes waits for a better one, and asks again at first',
    default: 20 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'log-uniform', min: 8 * US_PER_MS, max: 60 * US_PER_MS },
  },
  notificationMax: {
    kind: 'duration',
    doc: 'a node that hears nothing asks again after twice as long each time, up to this',
    default: 800 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'between', min: 200 * US_PER_MS, max: 800 * US_PER_MS },
  },
  counterMax: {
    kind: 'integer',
    doc: 'last counter of an epoch: behind it, the leader gives way to a new epoch (ZOOKEEPER-1277)',
    default: 0xffff_ffff,
    min: 1,
    max: 0xffff_ffff,
    swarm: { kind: 'choice', of: [[0xffff_ffff, 4], [60, 1]] },
  },
  snapCount: {
    kind: 'integer',
    doc: 'transactions between two snapshots; 0: none is ever taken',
    default: 50,
    min: 0,
    max: 1_000_000,
    swarm: { kind: 'log-uniform', min: 4, max: 256 },
  },
  committedLog: {
    kind: 'integer',
    doc: 'the last so many transactions are sent to a follower that lacks them; one that lacks more gets a snapshot',
    default: 16,
    min: 1,
    max: 1_000_000,
    swarm: { kind: 'choice', of: [[1, 1], [4, 1], [16, 1]] },
  },
  preAllocSize: {
    kind: 'integer',
    doc: 'transactions that the log is made longer by at once, before it runs over; 0: it is not allocated ahead',
    default: 64,
    min: 0,
    max: 1_000_000,
    swarm: { kind: 'choice', of: [[64, 3], [4, 2], [0, 1]] },
  },
  globalOutstandingLimit: {
    kind: 'integer',
    doc: 'most commands that wait at a leader; beyond, it takes none',
    default: 1_000,
    min: 1,
    max: 1_000_000,
    swarm: { kind: 'choice', of: [[1_000, 3], [4, 1]] },
  },
  reads: {
    kind: 'choice',
    doc: 'reads are transactions like all else, or answered by any node from what it has applied: those may be stale',
    default: 'log',
    of: ['log', 'local'],
  },
};

/** The options, typed. */
export interface ZabSettings {
  readonly tickUs: DurationUs;
  readonly initLimitUs: DurationUs;
  readonly syncLimitUs: DurationUs;
  readonly finalizeWaitUs: DurationUs;
  readonly notificationUsMax: DurationUs;
  readonly counterMax: number;
  readonly snapCount: number;
  readonly committedLog: number;
  readonly preAllocSize: number;
  readonly outstandingMax: number;
  readonly readsLocally: boolean;
}

/** Reads complete options. */
export function readSettings(options: Options): ZabSettings {
  const tickUs = options['tickTime'] as number;
  return {
    tickUs,
    initLimitUs: tickUs * (options['initLimit'] as number),
    syncLimitUs: tickUs * (options['syncLimit'] as number),
    finalizeWaitUs: options['finalizeWait'] as number,
    notificationUsMax: options['notificationMax'] as number,
    counterMax: options['counterMax'] as number,
    snapCount: options['snapCount'] as number,
    committedLog: options['committedLog'] as number,
    preAllocSize: options['preAllocSize'] as number,
    outstandingMax: options['globalOutstandingLimit'] as number,
    readsLocally: options['reads'] === 'local',
  };
}
