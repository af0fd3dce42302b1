import type { Exhibit } from '../exhibit.ts';

/** Rows of the clients and of the service. */
export const clientExhibits: readonly Exhibit[] = [
  {
    row: 'CS-01', id: 'client/no-dedupe', publishedPerMille: 860, ratePerMille: 860, firstCatcher: 'R23',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-02', id: 'client/dedupe-not-replicated', publishedPerMille: null, ratePerMille: 860,
    firstCatcher: 'R23', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-03', id: 'client/expiry-by-own-clock', publishedPerMille: null, ratePerMille: 180,
    firstCatcher: 'R5', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-05', id: 'client/latest-sequence-only', publishedPerMille: null, ratePerMille: 250,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-06', id: 'client/sessions-not-in-snapshot', publishedPerMille: null, ratePerMille: 800,
    firstCatcher: 'R5', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-07', id: 'client/expired-session-reexecutes', publishedPerMille: null, ratePerMille: 100,
    firstCatcher: 'R23', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'RF-52', id: 'client/nondeterministic-apply', publishedPerMille: null, ratePerMille: 1000, firstCatcher: 'R5',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'CS-04', id: 'client/unknown-as-failed', publishedPerMille: null, ratePerMille: 100,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-08', id: 'client/sequence-reused', publishedPerMille: null, ratePerMille: 400,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-09', id: 'client/retry-as-new', publishedPerMille: null, ratePerMille: 860,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
  {
    row: 'CS-10', id: 'client/response-mismatch', publishedPerMille: null, ratePerMille: 860,
    firstCatcher: 'linearizable', seenBy: 'end-to-end', where: 'tests', firstSeed: 1,
  },
];
