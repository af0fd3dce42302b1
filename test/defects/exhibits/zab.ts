import type { Settings } from '../../support/scenario-file.ts';
import type { Exhibit } from '../exhibit.ts';

/** Transactions rot on disks, and machines crash: no profile breaks what a disk has synced. */
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

/** Rows of Zab, numbered by themselves. Rates are of 20 seeds, 5001 to 5020. */
export const zabExhibits: readonly Exhibit[] = [
  {
    row: 'ZB-01', id: 'zab/retained-db', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z14',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-02', id: 'zab/snapshot-not-stored', publishedPerMille: null,
    ratePerMille: 300, firstCatcher: 'Z11',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-03', id: 'zab/ack-before-history', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z17',
    seenBy: 'Z17', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-04', id: 'zab/epoch-before-history', publishedPerMille: null,
    ratePerMille: 800, firstCatcher: 'Z11',
    seenBy: 'Z11', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-05', id: 'zab/history-by-processor', publishedPerMille: null,
    ratePerMille: 950, firstCatcher: 'Z15',
    seenBy: 'Z15', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-06', id: 'zab/early-ack', publishedPerMille: null,
    ratePerMille: 800, firstCatcher: 'Z15',
    seenBy: 'Z15', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-07', id: 'zab/delivers-pending', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z5',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-08', id: 'zab/queue-survives', publishedPerMille: null,
    ratePerMille: 650, firstCatcher: 'Z14',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-09', id: 'zab/loses-what-is-under-way', publishedPerMille: null,
    ratePerMille: 900, firstCatcher: 'Z12',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-10', id: 'zab/committed-log-gap', publishedPerMille: null,
    ratePerMille: 950, firstCatcher: 'Z4',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-11', id: 'zab/interrupted-trunc', publishedPerMille: null,
    ratePerMille: 600, firstCatcher: 'Z14',
    seenBy: 'Z14', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-12', id: 'zab/trunc-missing', publishedPerMille: null,
    ratePerMille: 750, firstCatcher: 'Z4',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-13', id: 'zab/trunc-failure-ignored', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z17',
    seenBy: 'Z17', where: { script: 'zab/a-log-that-cannot-be-cut-takes-its-node-out' }, system: 'zab', firstSeed: 1,
  },
  {
    row: 'ZB-14', id: 'zab/promise-not-stored', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z17',
    seenBy: 'Z17', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-15', id: 'zab/zxid-rollover', publishedPerMille: null,
    ratePerMille: 300, firstCatcher: 'Z2',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-16', id: 'zab/vote-by-id', publishedPerMille: null,
    ratePerMille: 750, firstCatcher: 'progress',
    seenBy: 'progress', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-17', id: 'zab/vote-cycle', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'agreed',
    seenBy: 'agreed', where: { script: 'zab/of-two-votes-one-is-better' }, system: 'zab', firstSeed: 1,
  },
  {
    row: 'ZB-18', id: 'zab/counts-stale-rounds', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'second-round',
    seenBy: 'second-round', system: 'zab', firstSeed: 1,
    where: { script: 'zab/a-vote-of-a-round-that-is-over-elects-nobody' },
  },
  {
    row: 'ZB-19', id: 'zab/ignores-more-recent', publishedPerMille: null,
    ratePerMille: 300, firstCatcher: 'Z15',
    seenBy: 'Z9', where: 'tests', system: 'zab', firstSeed: 5004,
    together: 'zab/vote-by-id',
  },
  {
    row: 'ZB-20', id: 'zab/forwards-late', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z12',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-22', id: 'zab/leader-hangs', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'takeover',
    seenBy: 'takeover', where: { script: 'zab/a-leader-whose-disk-fails-gives-way' }, system: 'zab', firstSeed: 1,
  },
  {
    row: 'ZB-23', id: 'zab/takes-old-packets', publishedPerMille: null,
    ratePerMille: 400, firstCatcher: 'assertion',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5004,
  },
  {
    row: 'ZB-25', id: 'zab/ack-before-sync', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z17',
    seenBy: 'Z17', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-26', id: 'zab/log-record-skipped', publishedPerMille: null,
    ratePerMille: 300, firstCatcher: 'Z11',
    seenBy: 'Z11', where: 'tests', system: 'zab', firstSeed: 5001, settings: FLIPPED,
  },
  {
    row: 'ZB-27', id: 'zab/even-quorum', publishedPerMille: null,
    ratePerMille: 200, firstCatcher: 'Z1',
    seenBy: 'Z1', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-28', id: 'zab/appends-behind-a-hole', publishedPerMille: null,
    ratePerMille: 250, firstCatcher: 'Z11',
    seenBy: 'Z17', where: 'tests', system: 'zab', firstSeed: 5001,
  },
];
