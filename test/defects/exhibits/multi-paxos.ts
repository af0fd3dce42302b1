import type { Exhibit } from '../exhibit.ts';

/**
 * Rows of Multi-Paxos, numbered like those of Paxos. Rates are of 20 seeds, 5001 to 5020; published ones are of a trial
 * in which proposers dueled over six slots.
 */
export const multiPaxosExhibits: readonly Exhibit[] = [
  {
    row: 'MP-01', id: 'multi-paxos/promise-not-durable', publishedPerMille: 1,
    ratePerMille: 1000, firstCatcher: 'P8',
    seenBy: 'P8', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-02', id: 'multi-paxos/accept-not-durable', publishedPerMille: 220,
    ratePerMille: 450, firstCatcher: 'P8',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-03', id: 'multi-paxos/accept-ignores-promise', publishedPerMille: 360,
    ratePerMille: 300, firstCatcher: 'P6',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-04', id: 'multi-paxos/accept-checks-accepted-only', publishedPerMille: 240,
    ratePerMille: 150, firstCatcher: 'P6',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-05', id: 'multi-paxos/accept-keeps-old-promise', publishedPerMille: 0,
    ratePerMille: 750, firstCatcher: 'P7',
    seenBy: 'P7', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-06', id: 'multi-paxos/ignore-previous-value', publishedPerMille: 940,
    ratePerMille: 1000, firstCatcher: 'P9',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-07', id: 'multi-paxos/adopt-first', publishedPerMille: 13,
    ratePerMille: 200, firstCatcher: 'P9',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-08', id: 'multi-paxos/adopt-lowest', publishedPerMille: 24,
    ratePerMille: 200, firstCatcher: 'P9',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-09', id: 'multi-paxos/stale-promise-counted', publishedPerMille: 67,
    ratePerMille: 110, firstCatcher: 'P16',
    seenBy: 'P16', where: 'tests', system: 'multi-paxos', firstSeed: 5010,
  },
  {
    row: 'MP-10', id: 'multi-paxos/duplicate-promise-counted', publishedPerMille: 13,
    ratePerMille: 700, firstCatcher: 'P16',
    seenBy: 'P16', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-11', id: 'multi-paxos/duplicate-accept-counted', publishedPerMille: 54,
    ratePerMille: 900, firstCatcher: 'P2',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-12', id: 'multi-paxos/learn-across-ballots', publishedPerMille: 35,
    ratePerMille: 0, firstCatcher: 'P2',
    seenBy: 'end-to-end', system: 'multi-paxos', firstSeed: 1,
    where: { script: 'multi-paxos/acceptances-of-an-older-ballot-count-for-nothing' },
  },
  {
    row: 'MP-13', id: 'multi-paxos/even-quorum', publishedPerMille: 960,
    ratePerMille: 300, firstCatcher: 'P10',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5002,
  },
  {
    row: 'MP-14', id: 'multi-paxos/flexible-not-intersecting', publishedPerMille: 300,
    ratePerMille: 850, firstCatcher: 'P10',
    seenBy: 'P10', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-15', id: 'multi-paxos/ballot-reuse-after-restart', publishedPerMille: null,
    ratePerMille: 950, firstCatcher: 'P11',
    seenBy: 'P11', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-17', id: 'multi-paxos/single-ballot', publishedPerMille: null,
    ratePerMille: 50, firstCatcher: 'P9',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5007,
  },
  {
    row: 'MP-18', id: 'multi-paxos/hole-not-filled', publishedPerMille: null,
    ratePerMille: 0, firstCatcher: 'takeover',
    seenBy: 'progress', system: 'multi-paxos', firstSeed: 1,
    where: { script: 'multi-paxos/a-hole-is-filled-with-a-no-op-and-its-neighbours-are-kept' },
  },
  {
    row: 'MP-19', id: 'multi-paxos/hole-filled-without-asking', publishedPerMille: null,
    ratePerMille: 350, firstCatcher: 'P9',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5002,
  },
  {
    row: 'MP-20', id: 'multi-paxos/truncated-taken-for-empty', publishedPerMille: null,
    ratePerMille: 100, firstCatcher: 'P9',
    seenBy: 'P9', where: 'tests', system: 'multi-paxos', firstSeed: 5018,
  },
  {
    row: 'MP-21', id: 'multi-paxos/truncate-too-early', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'P13',
    seenBy: 'P13', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-24', id: 'multi-paxos/master-lease-symmetric', publishedPerMille: null,
    ratePerMille: 50, firstCatcher: 'P15',
    seenBy: 'P15', where: 'tests', system: 'multi-paxos', firstSeed: 5017,
  },
  {
    row: 'MP-25', id: 'multi-paxos/epoch-not-checked', publishedPerMille: null,
    ratePerMille: 600, firstCatcher: 'P15',
    seenBy: 'P15', where: 'tests', system: 'multi-paxos', firstSeed: 5001,
  },
  {
    row: 'MP-34', id: 'multi-paxos/short-row', publishedPerMille: null,
    ratePerMille: 300, firstCatcher: 'P10',
    seenBy: 'P10', where: 'tests', system: 'multi-paxos', firstSeed: 5003,
    // Few seeds draw a grid, and in few of these somebody is left over.
    settings: { system: { options: { quorums: 'grid' } } },
  },
  {
    row: 'MP-27', id: 'multi-paxos/alpha-ignored', publishedPerMille: null,
    ratePerMille: 250, firstCatcher: 'P10',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5002,
  },
  {
    row: 'MP-33', id: 'multi-paxos/stop-not-last', publishedPerMille: null,
    ratePerMille: 100, firstCatcher: 'P2',
    seenBy: 'end-to-end', where: 'tests', system: 'multi-paxos', firstSeed: 5003,
    // Few seeds draw orders, stops, and a window that lets anything stand behind one.
    settings: { system: { options: { reconfiguration: 'stop', window: 64 } } },
  },
  {
    row: 'MP-35', id: 'multi-paxos/new-acceptors-not-asked', publishedPerMille: null,
    ratePerMille: 150, firstCatcher: 'P16',
    seenBy: 'P16', where: 'tests', system: 'multi-paxos', firstSeed: 5002,
  },
  {
    row: 'MP-36', id: 'multi-paxos/thrift-without-retreat', publishedPerMille: null,
    ratePerMille: 0, firstCatcher: 'goes-on',
    seenBy: 'goes-on', system: 'multi-paxos', firstSeed: 1,
    where: { script: 'multi-paxos/a-thrifty-leader-asks-all-when-its-quorum-is-silent' },
  },
];
