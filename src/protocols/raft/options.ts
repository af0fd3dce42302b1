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
};

/** The options, typed. */
export interface RaftSettings {
  readonly electionTimeoutUsMin: DurationUs;
  readonly electionTimeoutUsMax: DurationUs;
  readonly heartbeatUs: DurationUs;
  readonly maxEntriesPerMessage: number;
  readonly noOpOnElection: boolean;
  readonly checkQuorum: boolean;
}

/** Reads complete options. */
export function readSettings(options: Options): RaftSettings {
  const settings: RaftSettings = {
    electionTimeoutUsMin: options['electionTimeoutMin'] as number,
    electionTimeoutUsMax: options['electionTimeoutMax'] as number,
    heartbeatUs: options['heartbeat'] as number,
    maxEntriesPerMessage: options['maxEntriesPerMessage'] as number,
    noOpOnElection: options['noOpOnElection'] as boolean,
    checkQuorum: options['checkQuorum'] as boolean,
  };
  assert(settings.electionTimeoutUsMin <= settings.electionTimeoutUsMax, 'electionTimeoutMin <= electionTimeoutMax');
  return settings;
}
