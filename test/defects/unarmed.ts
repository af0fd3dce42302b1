/** A row of the catalogue without a variant, or a published defect without a row, and why. */
export interface Unarmed {
  /** Row, or public report. */
  readonly row: string;
  /**
   * `option`: the system as it is, with an option turned; `equivalent`: it changes nothing that can be seen;
   * `not-hosted`: this Raft has no place for it.
   */
  readonly kind: 'option' | 'equivalent' | 'not-hosted';
  readonly reason: string;
  /** Scenario that shows it. */
  readonly shownBy: string | null;
}

/** What the museum does not claim to find. */
export const unarmed: readonly Unarmed[] = [
  {
    row: 'RF-56', kind: 'option', shownBy: 'raft/one-broken-link-brings-election-after-election-without-pre-vote',
    reason: 'plain Raft: preVote, checkQuorum and stickiness off. What partial connectivity does to it is expected',
  },
  {
    row: 'RF-57', kind: 'option', shownBy: 'raft/votes-split-for-ever-without-spread',
    reason: 'electionTimeoutMin equal to electionTimeoutMax',
  },
  {
    row: 'https://github.com/ktoso/akka-raft/issues/56', kind: 'equivalent', shownBy: null,
    reason: 'a candidate that forgets its own vote when it follows the leader of its term: that leader has a majority '
      + 'without it, and a second candidate of the term would need one of the rest',
  },
  {
    row: 'https://github.com/hashicorp/raft/issues/94', kind: 'equivalent', shownBy: null,
    reason: 'a comparison of logs that refuses votes which could be given: elections take longer, no wrong one is won',
  },
  {
    row: 'RF-23, of one read', kind: 'equivalent', shownBy: null,
    reason: 'a retry of the same read under its first context: the read began before that round, so who led when the '
      + 'round was sent had everything that was committed before the read. Stale is what came later (the variant)',
  },
  {
    row: 'RF-46, of three leaders', kind: 'not-hosted',
    shownBy: 'raft/a-write-that-completes-late-acknowledges-nothing-to-the-next-leader',
    reason: 'that the third leader sends the entry of the first one again while its write is under way: it goes back '
      + 'to that entry when a rejection asks for it, and a rejection waits for all writes before it. Two leaders are '
      + 'enough for a completion to be credited to another entry (the variant)',
  },
];
