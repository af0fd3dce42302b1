import type { Exhibit } from '../exhibit.ts';
import { busyElections } from './elections.ts';

/** Rows of `variants/storage.ts`. */
export const storageExhibits: readonly Exhibit[] = [
  {
    row: 'RF-01', id: 'raft/vote-not-durable', publishedPerMille: 153, ratePerMille: 225, firstCatcher: 'R9',
    seenBy: 'R8', where: 'tests', firstSeed: 5007,
    settings: busyElections,
  },
  {
    row: 'RF-02', id: 'raft/term-not-durable', publishedPerMille: 3.2, ratePerMille: 450, firstCatcher: 'R9',
    seenBy: 'R10', where: 'tests', firstSeed: 5007,
    settings: busyElections,
  },
  {
    row: 'RF-03', id: 'raft/ack-before-fsync', publishedPerMille: 840, ratePerMille: 275, firstCatcher: 'R9',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5002,
  },
  {
    row: 'RF-04', id: 'raft/leader-counts-unsynced-self', publishedPerMille: 9, ratePerMille: 1_000,
    firstCatcher: 'R13', seenBy: 'R13', where: 'tests', firstSeed: 5001,
  },
];
