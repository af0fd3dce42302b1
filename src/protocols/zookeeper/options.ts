import type { Options, OptionTable } from '../../contract/options.ts';
import { type DurationUs, US_PER_MS } from '../../kernel/time.ts';
import { zabOptions } from '../zab/options.ts';

/** What a server bounds the timeout of a session to, in ticks. */
export const SESSION_TICKS_MIN = 2;
export const SESSION_TICKS_MAX = 20;

const { reads: _reads, globalOutstandingLimit: _limit, ...ofZab } = zabOptions;

/** Tunables of a server: Zab's, but for those of Zab's own clients. */
export const zooKeeperOptions: OptionTable = {
  ...ofZab,
  sync: {
    kind: 'choice',
    doc: 'what `sync` waits for: the word of whoever leads, or thinks so (ZOOKEEPER-1675), or a transaction of its own',
    default: 'leader',
    of: ['leader', 'quorum'],
  },
  snapshotPiece: {
    kind: 'integer',
    doc: 'znodes of a snapshot that are written at once; transactions are applied between two pieces',
    default: 4,
    min: 1,
    max: 1_000_000,
    swarm: { kind: 'choice', of: [[1, 1], [4, 2], [64, 1]] },
  },
  snapshotPause: {
    kind: 'duration',
    doc: 'time between two pieces of a snapshot',
    default: 2 * US_PER_MS,
    min: 0,
    max: 60_000 * US_PER_MS,
    swarm: { kind: 'log-uniform', min: 1 * US_PER_MS, max: 40 * US_PER_MS },
  },
};

/** The options that Zab does not know, typed. */
export interface ServiceSettings {
  readonly syncsByLog: boolean;
  readonly sessionUsMin: DurationUs;
  readonly sessionUsMax: DurationUs;
  readonly snapshotPiece: number;
  readonly snapshotPauseUs: DurationUs;
}

/** Reads complete options. */
export function readServiceSettings(options: Options): ServiceSettings {
  const tickUs = options['tickTime'] as number;
  return {
    syncsByLog: options['sync'] === 'quorum',
    sessionUsMin: SESSION_TICKS_MIN * tickUs,
    sessionUsMax: SESSION_TICKS_MAX * tickUs,
    snapshotPiece: options['snapshotPiece'] as number,
    snapshotPauseUs: options['snapshotPause'] as number,
  };
}
