/** A row of the catalogue without a variant, or a published defect without a row, and why. */
export interface Unarmed {
  /** Row, or public report. */
  readonly row: string;
  /**
   * `option`: the system as it is, with an option turned or a fault; `equivalent`: it changes nothing that can be seen;
   * `not-hosted`: no system here has a place for it.
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
  {
    row: 'RL-01', kind: 'option', shownBy: 'redlock/a-paused-holder-overwrites-its-successor',
    reason: 'the resource does not check tokens, and a holder is paused between the check and the write',
  },
  {
    row: 'RL-02', kind: 'option', shownBy: 'redlock/a-late-packet-overwrites-the-write-of-a-successor',
    reason: 'the resource does not check tokens, and a write is late',
  },
  {
    row: 'RL-12', kind: 'option', shownBy: 'redlock/a-node-that-restarts-without-data-lets-two-clients-hold-the-lock',
    reason: 'appendfsync off and no startDelay',
  },
  {
    row: 'RL-13', kind: 'option',
    shownBy: 'redlock/a-machine-that-loses-its-last-second-lets-two-clients-hold-the-lock',
    reason: 'appendfsync everysec, and a machine that crashes',
  },
  {
    row: 'RL-14', kind: 'option', shownBy: 'redlock/a-clock-jump-on-one-node-lets-two-clients-hold-the-lock',
    reason: 'a fault: the wall clock of a node jumps',
  },
  {
    row: 'RL-15', kind: 'option', shownBy: 'redlock/a-wall-clock-that-is-set-back-lets-two-clients-hold-the-lock',
    reason: 'clock: wall, and a clock that is set back',
  },
  {
    row: 'RL-21', kind: 'option', shownBy: 'redlock/a-failover-loses-a-lock-that-was-not-replicated',
    reason: 'the primary crashes before it has replicated',
  },
  {
    row: 'RL-22', kind: 'option', shownBy: 'redis-lock/a-lock-that-waited-for-a-replica-is-lost-with-that-replica',
    reason: 'lockWait: another replica is promoted',
  },
  {
    row: 'RL-29', kind: 'option', shownBy: 'redis-lock/a-lock-that-is-evicted-is-granted-again',
    reason: 'maxmemoryPolicy: volatile-ttl',
  },
  {
    row: 'RL-30', kind: 'option',
    shownBy: 'redis-lock/a-primary-that-starts-again-empty-forgets-its-locks-and-its-replicas-do',
    reason: 'a primary without files that starts again at once',
  },
  {
    row: 'RL-31', kind: 'option', shownBy: 'redis-lock/an-old-primary-grants-locks-in-its-minority',
    reason: 'a partition that leaves the old primary with some clients',
  },
  {
    row: 'RL-33', kind: 'option', shownBy: 'redlock/counters-of-nodes-are-no-fencing-tokens',
    reason: 'counter: per-node',
  },
  {
    row: 'LC-07', kind: 'option',
    shownBy: 'raft-lock/without-a-lock-delay-a-late-packet-overwrites-the-write-of-a-successor',
    reason: 'lockDelay: 0',
  },
  {
    row: 'LC-09', kind: 'option', shownBy: 'raft-lock/a-holder-that-was-suspended-believes-in-a-lease-that-is-over',
    reason: 'a suspend in which the monotonic clock stands still',
  },
  {
    row: 'PX-32', kind: 'option', shownBy: 'paxos/two-proposers-duel-until-they-back-off',
    reason: 'backOff: false, and latencies that are equal',
  },
  {
    row: 'PX-31', kind: 'option', shownBy: 'systems/commands-of-one-client-while-their-leader-dies',
    reason: 'no defect: with Multi-Paxos as published, a leader that dies with several slots under way',
  },
  {
    row: 'PX-22', kind: 'option',
    shownBy: 'multi-paxos/an-acceptor-that-has-seen-one-instance-again-breaks-its-promise',
    reason: 'rejoin: observed, of Multi-Paxos. With an empty disk, acceptors of single-decree Paxos take part at once',
  },
  {
    row: 'ZB-24', kind: 'not-hosted', shownBy: null,
    reason: 'the acknowledgement of an observer is counted: this Zab has no observers',
  },
  {
    row: 'MP-32', kind: 'option', shownBy: 'multi-paxos/two-candidates-duel-until-they-back-off',
    reason: 'backOff: 0, and latencies that are equal',
  },
];
