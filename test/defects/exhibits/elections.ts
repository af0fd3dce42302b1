import type { Settings } from '../../support/scenario-file.ts';
import type { Exhibit } from '../exhibit.ts';

/**
 * Every election is begun and held: a server that waits after its restart, or asks first, gives no second vote. A lease
 * would bring that back.
 */
export const busyElections: Settings = {
  system: { options: { stickiness: false, preVote: false, reads: 'read-index' } },
};

/** Rows of `variants/elections.ts`. */
export const electionExhibits: readonly Exhibit[] = [
  {
    row: 'RF-06', id: 'raft/vote-no-log-check', publishedPerMille: 930, ratePerMille: 850, firstCatcher: 'R4',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5002,
  },
  {
    row: 'RF-07', id: 'raft/vote-index-only', publishedPerMille: 190, ratePerMille: 50, firstCatcher: 'R4',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5019,
  },
  {
    row: 'RF-08', id: 'raft/duplicate-vote-counted', publishedPerMille: 117, ratePerMille: 125, firstCatcher: 'R16',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
    settings: busyElections,
  },
  {
    row: 'RF-09', id: 'raft/stale-vote-counted', publishedPerMille: 4.8, ratePerMille: 250, firstCatcher: 'R16',
    seenBy: 'R16', where: 'tests', firstSeed: 5006,
    settings: busyElections,
  },
  {
    row: 'RF-10', id: 'raft/multi-vote', publishedPerMille: 270, ratePerMille: 825, firstCatcher: 'R8',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
    settings: busyElections,
  },
  {
    row: 'RF-11', id: 'raft/even-quorum', publishedPerMille: 80, ratePerMille: 700, firstCatcher: 'R6',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
    // Half of the clusters that are drawn are of odd size.
    settings: { system: { nodes: 4 }, initial: { voters: ['n1', 'n2', 'n3', 'n4'] } },
  },
  {
    row: 'RF-53', id: 'raft/self-elected-message', publishedPerMille: null, ratePerMille: 100, firstCatcher: 'R16',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5004,
  },
  {
    row: 'RF-55', id: 'raft/prevote-refreshes-contact', publishedPerMille: null, ratePerMille: 550,
    firstCatcher: 'progress', seenBy: 'progress', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-61', id: 'raft/transfer-to-lagging', publishedPerMille: null, ratePerMille: 0,
    firstCatcher: 'no-new-election', seenBy: 'no-new-election',
    where: { script: 'leadership-is-handed-over-to-nobody-who-lags' }, firstSeed: 1,
  },
  {
    row: 'RF-64', id: 'raft/prevote-term-adopt', publishedPerMille: null, ratePerMille: 0,
    firstCatcher: 'no-new-election', seenBy: 'no-new-election',
    where: { script: 'who-hears-nothing-deposes-nobody' }, firstSeed: 1,
  },
];
