import type { Exhibit } from '../exhibit.ts';

/** Rows of `variants/storage.ts`. */
export const storageExhibits: readonly Exhibit[] = [
  {
    row: 'RF-01', id: 'raft/vote-not-durable', publishedPerMille: 153, ratePerMille: 153, firstCatcher: 'R9',
    seenBy: 'R8', where: 'tests', firstSeed: 1,
  },
  {
    row: 'RF-03', id: 'raft/ack-before-fsync', publishedPerMille: 840, ratePerMille: 840, firstCatcher: 'R9',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
];
