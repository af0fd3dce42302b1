import type { Exhibit } from '../exhibit.ts';

/** Rows of `variants/replication.ts`. */
export const replicationExhibits: readonly Exhibit[] = [
  {
    row: 'RF-13', id: 'raft/truncate-always', publishedPerMille: 1000, ratePerMille: 1000, firstCatcher: 'R6',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
];
