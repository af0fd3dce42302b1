import type { Exhibit } from '../exhibit.ts';

/** Rows of `variants/reads.ts`. */
export const readExhibits: readonly Exhibit[] = [
  {
    row: 'RF-20', id: 'raft/local-leader-reads', publishedPerMille: 840, ratePerMille: 840, firstCatcher: 'R20',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
];
