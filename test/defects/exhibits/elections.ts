import type { Exhibit } from '../exhibit.ts';

/** Rows of `variants/elections.ts`. */
export const electionExhibits: readonly Exhibit[] = [
  {
    row: 'RF-06', id: 'raft/vote-no-log-check', publishedPerMille: 930, ratePerMille: 930, firstCatcher: 'R4',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'RF-08', id: 'raft/duplicate-vote-counted', publishedPerMille: 117, ratePerMille: 117, firstCatcher: 'R16',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
];
