import type { Options, OptionTable } from '../../contract/options.ts';
import { assert } from '../../kernel/assert.ts';
import { type DurationUs, US_PER_MS } from '../../kernel/time.ts';

/**
 * Tunables of Raft. The swarm draws follow what the hit rates of known defects depend on: one entry per message and no
 * no-op uncover what batches and no-ops hide, and short distances between heartbeat and timeout bring elections.
 */
export const raftOptions: OptionTable = {
  electionTimeoutMin: {
    kind: 'duration',
    doc: 'shortest election timeout; each is drawn anew between this and electionTimeoutMax (§5.2)',
    default: 150 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'between', min: 120 * US_PER_MS, max: 200 * US_PER_MS },
  },
  electionTimeoutMax: {
    kind: 'duration',
    doc: 'longest election timeout; equal to electionTimeoutMin: no spread, and votes split for ever (§9.3)',
    default: 300 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'between', min: 250 * US_PER_MS, max: 400 * US_PER_MS },
  },
  heartbeat: {
    kind: 'duration',
    doc: 'interval of the heartbeats of a leader; well below electionTimeoutMin (§5.6)',
    default: 50 * US_PER_MS,
    min: 1 * US_PER_MS,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'log-uniform', min: 15 * US_PER_MS, max: 100 * US_PER_MS },
  },
  maxEntriesPerMessage: {
    kind: 'integer',
    doc: 'most entries that one AppendEntries carries',
    default: 64,
    min: 1,
    max: 1024,
    swarm: { kind: 'choice', of: [[1, 1], [4, 1], [64, 1]] },
  },
  noOpOnElection: {
    kind: 'boolean',
    doc: 'a new leader appends an entry without effect, which commits those of earlier terms (§8)',
    default: true,
    swarm: { kind: 'choice', of: [[true, 8], [false, 2]] },
  },
  checkQuorum: {
    kind: 'boolean',
    doc: 'a leader that hears from no majority within electionTimeoutMax steps down (thesis §6.2)',
    default: true,
    swarm: { kind: 'choice', of: [[true, 7], [false, 3]] },
  },
  preVote: {
    kind: 'boolean',
    doc: 'a server asks whether it could win before it raises its term (thesis §9.6)',
    default: true,
    swarm: { kind: 'choice', of: [[true, 7], [false, 3]] },
  },
  stickiness: {
    kind: 'boolean',
    doc: 'a server that has heard a leader within electionTimeoutMin ignores candidates (thesis §4.2.3); '
      + 'reads: lease needs it and turns it on',
    default: true,
    swarm: { kind: 'choice', of: [[true, 7], [false, 3]] },
  },
  reads: {
    kind: 'choice',
    doc: 'how reads are answered: as entries of the log, by ReadIndex, or within a lease (thesis §6.4)',
    default: 'log',
    of: ['log', 'read-index', 'lease'],
    swarm: { kind: 'choice', of: [['log', 1], ['read-index', 1], ['lease', 1]] },
  },
  followerReads: {
    kind: 'boolean',
    doc: 'followers answer reads themselves, with an index from the leader (thesis §6.4); not with reads: log',
    default: false,
    swarm: { kind: 'choice', of: [[true, 1], [false, 1]] },
  },
  leaseDriftBound: {
    kind: 'integer',
    doc: 'by how many parts per million the rates of two clocks may differ: a lease is that much shorter than '
      + 'electionTimeoutMin (thesis §6.4.1)',
    default: 100_000,
    min: 0,
    max: 10_000_000,
  },
  snapshotEvery: {
    kind: 'integer',
    doc: 'entries applied between two snapshots (§7); 0: none is ever taken',
    default: 64,
    min: 0,
    max: 1_000_000,
    swarm: { kind: 'log-uniform', min: 4, max: 256 },
  },
  snapshotRetained: {
    kind: 'integer',
    doc: 'entries before a snapshot that stay in the log, for followers that lag a little',
    default: 16,
    min: 0,
    max: 1_000_000,
    swarm: { kind: 'choice', of: [[0, 1], [4, 1], [16, 1]] },
  },
  snapshotChunkBytes: {
    kind: 'integer',
    doc: 'most characters of a snapshot that one InstallSnapshot carries',
    default: 4_096,
    min: 1,
    max: 1_000_000_000,
    // Not fewer: a list of a busy run would take longer than progress may.
    swarm: { kind: 'log-uniform', min: 256, max: 4_096 },
  },
  maxBytesPerMessage: {
    kind: 'integer',
    doc: 'most bytes of entries that one AppendEntries carries, but for a single larger entry',
    default: 1_000_000,
    min: 1,
    max: 1_000_000_000,
    swarm: { kind: 'choice', of: [[1_000_000, 2], [300, 1]] },
  },
  maxInflightMessages: {
    kind: 'integer',
    doc: 'most AppendEntries with entries that are under way to one follower',
    default: 256,
    min: 1,
    max: 1_000_000,
    swarm: { kind: 'log-uniform', min: 1, max: 256 },
  },
  maxInflightBytes: {
    kind: 'integer',
    doc: 'most bytes of entries that are under way to one follower, but for a single larger message',
    default: 16_000_000,
    min: 1,
    max: 1_000_000_000,
  },
  maxUncommittedBytes: {
    kind: 'integer',
    doc: 'most bytes of entries that a leader has appended and not committed; beyond, it takes no commands',
    default: 16_000_000,
    min: 1,
    max: 1_000_000_000,
    swarm: { kind: 'choice', of: [[16_000_000, 3], [2_000, 1]] },
  },
  batchWindow: {
    kind: 'duration',
    doc: 'how long a leader collects commands before it sends them together; 0: each at once',
    default: 0,
    min: 0,
    max: 10_000 * US_PER_MS,
  },
  forwarding: {
    kind: 'boolean',
    doc: 'followers hand commands of clients on to the leader instead of naming it',
    default: false,
    swarm: { kind: 'choice', of: [[true, 1], [false, 3]] },
  },
  withoutLeader: {
    kind: 'choice',
    doc: 'what a node that knows no leader does with a command: an error at once, or nothing',
    default: 'error',
    of: ['error', 'drop'],
  },
  asyncStorage: {
    kind: 'boolean',
    doc: 'followers go on with other messages while entries are written, and acknowledge each write as it completes',
    default: false,
    swarm: { kind: 'choice', of: [[true, 1], [false, 1]] },
  },
  durableMachine: {
    kind: 'boolean',
    doc: 'the state of the service is on disk, in one record with lastApplied, and need not be replayed',
    default: false,
    swarm: { kind: 'choice', of: [[true, 1], [false, 4]] },
  },
  configurationFrom: {
    kind: 'choice',
    doc: 'when a change of membership takes effect: when its entry is appended (thesis §4.1) or applied (etcd)',
    default: 'append',
    of: ['append', 'apply'],
    swarm: { kind: 'choice', of: [['append', 2], ['apply', 1]] },
  },
  autoLeave: {
    kind: 'boolean',
    doc: 'the leader ends the joint phase as soon as it is committed (§6); otherwise an order does',
    default: true,
  },
  logTime: {
    kind: 'choice',
    doc: 'what the time of the log counts, by which sessions and leases end: the time in which somebody has led; or '
      + 'all, with what passes from the last entry to the next election',
    default: 'led',
    of: ['led', 'all'],
  },
};

/** The options, typed. */
export interface RaftSettings {
  readonly electionTimeoutUsMin: DurationUs;
  readonly electionTimeoutUsMax: DurationUs;
  readonly heartbeatUs: DurationUs;
  /** Whether the time of the log goes on from its last entry to the next election. */
  readonly countsElections: boolean;
  readonly maxEntriesPerMessage: number;
  readonly noOpOnElection: boolean;
  readonly checkQuorum: boolean;
  readonly preVote: boolean;
  readonly stickiness: boolean;
  readonly reads: 'log' | 'read-index' | 'lease';
  readonly followerReads: boolean;
  readonly leaseUs: DurationUs;
  readonly snapshotEvery: number;
  readonly snapshotRetained: number;
  readonly snapshotChunkBytes: number;
  readonly maxBytesPerMessage: number;
  readonly maxInflightMessages: number;
  readonly maxInflightBytes: number;
  readonly maxUncommittedBytes: number;
  readonly batchWindowUs: DurationUs;
  readonly forwarding: boolean;
  readonly dropsWithoutLeader: boolean;
  readonly asyncStorage: boolean;
  readonly durableMachine: boolean;
  readonly configuresOnAppend: boolean;
  readonly autoLeave: boolean;
}

const MILLION = 1_000_000;

/** Reads complete options. */
export function readSettings(options: Options): RaftSettings {
  const electionTimeoutUsMin = options['electionTimeoutMin'] as number;
  const reads = options['reads'] as RaftSettings['reads'];
  const settings: RaftSettings = {
    electionTimeoutUsMin,
    electionTimeoutUsMax: options['electionTimeoutMax'] as number,
    heartbeatUs: options['heartbeat'] as number,
    maxEntriesPerMessage: options['maxEntriesPerMessage'] as number,
    noOpOnElection: options['noOpOnElection'] as boolean,
    checkQuorum: options['checkQuorum'] as boolean,
    preVote: options['preVote'] as boolean,
    // Thesis §6.4.1: a lease is a promise of the followers that they will not vote for somebody else.
    stickiness: (options['stickiness'] as boolean) || reads === 'lease',
    reads,
    followerReads: (options['followerReads'] as boolean) && reads !== 'log',
    leaseUs: Math.floor((electionTimeoutUsMin * MILLION) / (MILLION + (options['leaseDriftBound'] as number))),
    snapshotEvery: options['snapshotEvery'] as number,
    snapshotRetained: options['snapshotRetained'] as number,
    snapshotChunkBytes: options['snapshotChunkBytes'] as number,
    maxBytesPerMessage: options['maxBytesPerMessage'] as number,
    maxInflightMessages: options['maxInflightMessages'] as number,
    maxInflightBytes: options['maxInflightBytes'] as number,
    maxUncommittedBytes: options['maxUncommittedBytes'] as number,
    batchWindowUs: options['batchWindow'] as number,
    forwarding: options['forwarding'] as boolean,
    dropsWithoutLeader: options['withoutLeader'] === 'drop',
    asyncStorage: options['asyncStorage'] as boolean,
    durableMachine: options['durableMachine'] as boolean,
    configuresOnAppend: options['configurationFrom'] === 'append',
    autoLeave: options['autoLeave'] as boolean,
    countsElections: options['logTime'] === 'all',
  };
  assert(settings.electionTimeoutUsMin <= settings.electionTimeoutUsMax, 'electionTimeoutMin <= electionTimeoutMax');
  return settings;
}
