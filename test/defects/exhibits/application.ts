import type { Settings } from '../../support/scenario-file.ts';
import type { Exhibit } from '../exhibit.ts';

/** Now and then a disk is lost. */
const WIPED: Settings = {
  faults: [{
    'random': { every: '2s..6s', until: '19s' }, 'wipe-disk': { target: 'any', for: '200ms' }, 'allowVacuous': true,
  }],
};

/** Bits flip where the log was synced, and machines crash, so that somebody reads them. */
const FLIPPED: Settings = {
  faults: [{
    random: {
      every: '500ms..3s', until: '19s',
      kinds: [
        { 'bit-flip': { target: 'any', file: 'log' } },
        { weight: 2, crash: { target: 'any', flavour: 'machine', for: '50ms..200ms' } },
      ],
    },
    allowVacuous: true,
  }],
};

/** Syncs fail, and machines crash. */
const FAILED_SYNCS: Settings = {
  faults: [{
    random: {
      every: '500ms..3s', until: '19s',
      kinds: [
        { 'sync-error': { target: 'any', count: 1, for: '100ms' } },
        { weight: 2, crash: { target: 'any', flavour: 'machine', for: '50ms..200ms' } },
      ],
    },
    allowVacuous: true,
  }],
};

/** Rows of `variants/application.ts`. */
export const applicationExhibits: readonly Exhibit[] = [
  {
    row: 'RF-37', id: 'raft/wiped-node-same-id', publishedPerMille: null, ratePerMille: 130, firstCatcher: 'R10',
    seenBy: 'R4', where: 'tests', firstSeed: 5004, settings: WIPED,
  },
  {
    row: 'RF-46', id: 'raft/async-append-aba', publishedPerMille: null, ratePerMille: 1000, firstCatcher: 'R9',
    seenBy: 'end-to-end',
    where: { script: 'raft/a-write-that-completes-late-acknowledges-nothing-to-the-next-leader' }, firstSeed: 1,
    settings: { system: { options: { asyncStorage: true } } },
  },
  {
    row: 'RF-47', id: 'raft/apply-page-skip', publishedPerMille: null, ratePerMille: 950, firstCatcher: 'R5',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-48', id: 'raft/apply-not-idempotent', publishedPerMille: null, ratePerMille: 950, firstCatcher: 'R5',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001, settings: { system: { options: { durableMachine: true } } },
  },
  {
    row: 'RF-49', id: 'raft/torn-tail-vs-corruption', publishedPerMille: null, ratePerMille: 130, firstCatcher: 'R13',
    seenBy: 'R4', where: 'tests', firstSeed: 5022, settings: FLIPPED,
  },
  {
    row: 'RF-51', id: 'raft/fsync-error-ignored', publishedPerMille: null, ratePerMille: 650, firstCatcher: 'R9',
    seenBy: 'R9', where: 'tests', firstSeed: 5001, settings: FAILED_SYNCS,
  },
  {
    row: 'RF-59', id: 'raft/uncommitted-leak', publishedPerMille: null, ratePerMille: 1000, firstCatcher: 'at-last',
    seenBy: 'at-last', where: { script: 'a-leader-takes-commands-as-long-as-it-commits-them' }, firstSeed: 1,
  },
];
