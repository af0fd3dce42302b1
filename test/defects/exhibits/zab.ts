import type { Exhibit } from '../exhibit.ts';

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
    row: 'ZB-12', id: 'zab/trunc-missing', publishedPerMille: null,
    ratePerMille: 750, firstCatcher: 'Z4',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
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
    row: 'ZB-20', id: 'zab/forwards-late', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z12',
    seenBy: 'end-to-end', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-25', id: 'zab/ack-before-sync', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z17',
    seenBy: 'Z17', where: 'tests', system: 'zab', firstSeed: 5001,
  },
  {
    row: 'ZB-27', id: 'zab/even-quorum', publishedPerMille: null,
    ratePerMille: 200, firstCatcher: 'Z1',
    seenBy: 'Z1', where: 'tests', system: 'zab', firstSeed: 5001,
  },
];
