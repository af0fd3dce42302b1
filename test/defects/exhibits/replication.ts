import type { Settings } from '../../support/scenario-file.ts';
import type { Exhibit } from '../exhibit.ts';

/** Messages that carry many entries cover what the follower has of another leader. */
const singleEntries: Settings = { system: { options: { maxEntriesPerMessage: 1 } } };

/** Rows of `variants/replication.ts`. */
export const replicationExhibits: readonly Exhibit[] = [
  {
    row: 'RF-05', id: 'raft/commit-old-term', publishedPerMille: 1.2, ratePerMille: 0, firstCatcher: 'R15',
    seenBy: 'end-to-end', where: { script: 'raft/figure-8-commits-nothing-of-an-older-term' }, firstSeed: 1,
    // An entry of its own term commits a leader's others as well.
    settings: { system: { options: { noOpOnElection: false, maxEntriesPerMessage: 1 } } },
  },
  {
    row: 'RF-12', id: 'raft/follower-commit-unbounded', publishedPerMille: 5.2, ratePerMille: 350, firstCatcher: 'R5',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
    settings: singleEntries,
  },
  {
    row: 'RF-13', id: 'raft/truncate-always', publishedPerMille: 1_000, ratePerMille: 1_000, firstCatcher: 'R12',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-14', id: 'raft/no-prev-term-check', publishedPerMille: 880, ratePerMille: 350, firstCatcher: 'R3',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-15', id: 'raft/ack-own-last-index', publishedPerMille: 4, ratePerMille: 400, firstCatcher: 'R13',
    seenBy: 'R13', where: 'tests', firstSeed: 5001,
    settings: singleEntries,
  },
  {
    row: 'RF-16', id: 'raft/match-from-nack', publishedPerMille: 10, ratePerMille: 300, firstCatcher: 'R13',
    seenBy: 'R13', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-17', id: 'raft/match-regress', publishedPerMille: 0, ratePerMille: 1_000, firstCatcher: 'R13',
    seenBy: 'R13', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-18', id: 'raft/commit-regress', publishedPerMille: null, ratePerMille: 1_000, firstCatcher: 'R12',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-19', id: 'raft/ack-on-append', publishedPerMille: 1_000, ratePerMille: 850, firstCatcher: 'linearizable',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-54', id: 'raft/gap-append', publishedPerMille: null, ratePerMille: 775, firstCatcher: 'R3',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
    // Messages overflow with every few commands.
    settings: { system: { options: { maxBytesPerMessage: 100 } } },
  },
  {
    row: 'RF-60', id: 'raft/replicate-stall', publishedPerMille: null, ratePerMille: 250, firstCatcher: 'progress',
    seenBy: 'progress', where: 'tests', firstSeed: 5006,
    // A message that is lost makes the window full.
    settings: { system: { options: { maxInflightMessages: 1 } } },
  },
  {
    row: 'RF-62', id: 'raft/rollback-on-nack', publishedPerMille: null, ratePerMille: 725, firstCatcher: 'R13',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-63', id: 'raft/zombie-leader-local-commit', publishedPerMille: null, ratePerMille: 375,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
];
