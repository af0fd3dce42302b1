/** One defect of the museum: what to expect of the search for it. */
export interface Exhibit {
  readonly row: string;
  readonly id: string;
  /** Published rate of end-to-end finds per swarm seed, in parts per thousand: the budget follows from it. */
  readonly ratePerMille: number;
  /** Who sees it first in most of many seeds, and so in some of few. */
  readonly firstCatcher: string;
  /**
   * Who has to see it within the budget: a consequence that a user or a property of the paper would meet, unless an
   * invariant is named, where such a consequence is rarer here than was published; the scorecard says how rare.
   */
  readonly seenBy: 'end-to-end' | 'R8';
}

/** With this many seeds a defect of that rate is found with 99 % confidence. */
export function seedBudget({ ratePerMille }: Exhibit): number {
  return Math.ceil(4_600 / ratePerMille);
}

/** The first seed of every search. Fixed, so that a find that goes away is a change of the tool. */
export const BASE_SEED = 1;

export const exhibits: readonly Exhibit[] = [
  { row: 'RF-01', id: 'raft/vote-not-durable', ratePerMille: 153, firstCatcher: 'R9', seenBy: 'R8' },
  { row: 'RF-03', id: 'raft/ack-before-fsync', ratePerMille: 840, firstCatcher: 'R9', seenBy: 'end-to-end' },
  { row: 'RF-06', id: 'raft/vote-no-log-check', ratePerMille: 930, firstCatcher: 'R4', seenBy: 'end-to-end' },
  { row: 'RF-08', id: 'raft/duplicate-vote-counted', ratePerMille: 117, firstCatcher: 'R16', seenBy: 'end-to-end' },
  { row: 'RF-13', id: 'raft/truncate-always', ratePerMille: 1_000, firstCatcher: 'R12', seenBy: 'end-to-end' },
  { row: 'RF-20', id: 'raft/local-leader-reads', ratePerMille: 840, firstCatcher: 'R20', seenBy: 'end-to-end' },
  { row: 'CS-01', id: 'client/no-dedupe', ratePerMille: 860, firstCatcher: 'R23', seenBy: 'end-to-end' },
  {
    row: 'CS-04', id: 'client/unknown-as-failed', ratePerMille: 100, firstCatcher: 'linearizable',
    seenBy: 'end-to-end',
  },
];
