import type { Settings } from '../../support/scenario-file.ts';
import type { Exhibit } from '../exhibit.ts';

/** Logs that are compacted as soon as can be, and snapshots of several chunks. */
const COMPACT: Settings = {
  system: { options: { snapshotEvery: 8, snapshotRetained: 0, snapshotChunkBytes: 256 } },
};

/** The same under an operator who changes who takes part. */
const COMPACT_CHURN: Settings = {
  system: {
    options: { configurationFrom: 'append', snapshotEvery: 8, snapshotRetained: 0, snapshotChunkBytes: 4_000 },
  },
  initial: { voters: ['n1', 'n2', 'n3'] },
  duration: '10s',
  faults: [
    { at: '0s', set: { configurationFrom: 'append' }, allowVacuous: true },
    {
      random: {
        every: '20ms..900ms', until: '9s',
        kinds: [
          { weight: 2, order: { name: 'add-voter', node: 'any' } },
          { weight: 2, order: { name: 'remove', node: 'any' } },
          { order: { name: 'set-voters', nodes: ['n3', 'n4', 'n5'] } },
          { order: { name: 'set-voters', nodes: ['n1', 'n4'] } },
        ],
      },
      allowVacuous: true,
    },
  ],
};

/**
 * The first two are sent a snapshot while the first entries of the log wait for them: at no other time does a leader
 * send what follows index 0.
 */
const LATE_BEGINNING: Settings = {
  system: { options: { snapshotEvery: 4, snapshotRetained: 0, snapshotChunkBytes: 4_000 } },
  faults: [{
    at: '0s', hold: { from: 'all', to: ['n1', 'n2'], message: 'AppendEntries', for: '600ms' }, allowVacuous: true,
  }],
};

/** Rows of `variants/snapshots.ts`. */
export const snapshotExhibits: readonly Exhibit[] = [
  {
    row: 'RF-40', id: 'raft/snapshot-drops-config', publishedPerMille: null, ratePerMille: 230, firstCatcher: 'R24',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001, settings: COMPACT_CHURN,
  },
  {
    row: 'RF-41', id: 'raft/prev-zero-accept', publishedPerMille: null, ratePerMille: 380, firstCatcher: 'R3',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001, settings: LATE_BEGINNING,
  },
  {
    row: 'RF-42', id: 'raft/compacted-term-zero', publishedPerMille: null, ratePerMille: 480, firstCatcher: 'assertion',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5002, settings: COMPACT,
  },
  {
    row: 'RF-43', id: 'raft/snapshot-keeps-conflicting-suffix', publishedPerMille: null, ratePerMille: 300,
    firstCatcher: 'R3', seenBy: 'end-to-end', where: 'tests', firstSeed: 5006, settings: COMPACT,
  },
  {
    row: 'RF-44', id: 'raft/snapshot-regress', publishedPerMille: null, ratePerMille: 100, firstCatcher: 'assertion',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001, settings: COMPACT,
  },
  {
    row: 'RF-45', id: 'raft/chunk-mixup', publishedPerMille: null, ratePerMille: 730, firstCatcher: 'assertion',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001, settings: COMPACT,
  },
];
