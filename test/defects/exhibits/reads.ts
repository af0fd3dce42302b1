import type { Settings } from '../../support/scenario-file.ts';
import type { Exhibit } from '../exhibit.ts';

/** One read mode of the three that are drawn. */
const byReadIndex: Settings = { system: { options: { reads: 'read-index' } } };

/** One read mode of the three that are drawn. */
const byLease: Settings = { system: { options: { reads: 'lease' } } };

/** Rows of `variants/reads.ts`. */
export const readExhibits: readonly Exhibit[] = [
  {
    row: 'RF-20', id: 'raft/local-leader-reads', publishedPerMille: 840, ratePerMille: 575, firstCatcher: 'R20',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
  },
  {
    row: 'RF-21', id: 'raft/readindex-no-current-term', publishedPerMille: 220, ratePerMille: 400, firstCatcher: 'R20',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5001,
    settings: byReadIndex,
  },
  {
    row: 'RF-22', id: 'raft/readindex-earlier-round', publishedPerMille: null, ratePerMille: 0, firstCatcher: 'R20',
    seenBy: 'end-to-end', where: { script: 'a-read-asks-for-a-round-of-its-own' }, firstSeed: 1,
    settings: byReadIndex,
  },
  {
    row: 'RF-23', id: 'raft/readindex-context-reuse', publishedPerMille: 0, ratePerMille: 0, firstCatcher: 'R20',
    seenBy: 'end-to-end', where: { script: 'raft/a-read-is-not-confirmed-by-the-round-of-an-earlier-one' },
    firstSeed: 1, settings: byReadIndex,
  },
  {
    row: 'RF-24', id: 'raft/lease-no-margin', publishedPerMille: 43, ratePerMille: 0, firstCatcher: 'R21',
    seenBy: 'end-to-end', where: { script: 'a-lease-outlives-no-election' }, firstSeed: 1,
    settings: byLease,
  },
  {
    row: 'RF-25', id: 'raft/lease-from-reply', publishedPerMille: 120, ratePerMille: 375, firstCatcher: 'R21',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5002,
    settings: {
      // Answers come late, and from a leader that is cut off; one that checks its quorum has stepped down by then.
      system: { options: { reads: 'lease', checkQuorum: false } },
      faults: [1, 2, 3, 4, 5, 6, 7, 8].flatMap((times) => [
        {
          when: { event: 'committed', nth: 50 * times }, hold: { from: 'all', to: 'leader', for: '800ms' },
          allowVacuous: true,
        },
        {
          when: { event: 'committed', nth: 50 * times, after: '100ms' },
          partition: { isolate: 'leader', inFlight: 'delivered', for: '1s' }, allowVacuous: true,
        },
      ]),
    },
  },
  {
    row: 'RF-26', id: 'raft/lease-role-only', publishedPerMille: null, ratePerMille: 225, firstCatcher: 'R21',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5014,
    settings: byLease,
  },
  {
    row: 'RF-27', id: 'raft/lease-through-transfer', publishedPerMille: null, ratePerMille: 0, firstCatcher: 'R21',
    seenBy: 'end-to-end', where: { script: 'a-lease-ends-before-a-successor-is-asked' }, firstSeed: 1,
    settings: byLease,
  },
  {
    row: 'RF-28', id: 'raft/lease-wall-clock', publishedPerMille: null, ratePerMille: 75, firstCatcher: 'R21',
    seenBy: 'end-to-end', where: 'tests', firstSeed: 5019,
    settings: {
      system: { options: { reads: 'lease' } },
      faults: [{ random: { every: '200ms..500ms' }, 'clock-jump': { target: 'leader', by: '-1s..-100ms' } }],
    },
  },
];
