/** One defect of the museum: what to expect of the search for it. */
export interface Exhibit {
  readonly row: string;
  readonly id: string;
  /** Published rate of end-to-end finds per swarm seed, in parts per thousand: the budget follows from it. */
  readonly ratePerMille: number;
  /** Who sees it first in most seeds. */
  readonly firstCatcher: string;
}

/** With this many seeds a defect of that rate is found with 99 % confidence. */
export function seedBudget({ ratePerMille }: Exhibit): number {
  return Math.ceil(4_600 / ratePerMille);
}

/** The first seed of every search. Fixed, so that a find that goes away is a change of the tool. */
export const BASE_SEED = 1;

export const exhibits: readonly Exhibit[] = [
  { row: 'RF-01', id: 'raft/vote-not-durable', ratePerMille: 153, firstCatcher: 'R9' },
  { row: 'RF-03', id: 'raft/ack-before-fsync', ratePerMille: 840, firstCatcher: 'R9' },
  { row: 'RF-06', id: 'raft/vote-no-log-check', ratePerMille: 930, firstCatcher: 'R4' },
  { row: 'RF-08', id: 'raft/duplicate-vote-counted', ratePerMille: 117, firstCatcher: 'R16' },
  { row: 'RF-13', id: 'raft/truncate-always', ratePerMille: 1_000, firstCatcher: 'R12' },
  { row: 'RF-20', id: 'raft/local-leader-reads', ratePerMille: 840, firstCatcher: 'R20' },
  { row: 'CS-01', id: 'client/no-dedupe', ratePerMille: 860, firstCatcher: 'R23' },
  { row: 'CS-04', id: 'client/unknown-as-failed', ratePerMille: 100, firstCatcher: 'linearizable' },
];
