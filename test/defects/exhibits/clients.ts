import type { Exhibit } from '../exhibit.ts';

/** Rows of the clients and of the service. */
export const clientExhibits: readonly Exhibit[] = [
  {
    row: 'CS-01', id: 'client/no-dedupe', publishedPerMille: 860, ratePerMille: 860, firstCatcher: 'R23',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-04', id: 'client/unknown-as-failed', publishedPerMille: null, ratePerMille: 100,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
];
