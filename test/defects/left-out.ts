/** A row of the catalogue that nothing here re-creates, and why. */
interface LeftOut {
  readonly row: string;
  readonly defect: string;
  readonly because: string;
}

/** Rows of learners, membership, identity, snapshots and storage, and of acceptors that lose their disk. */
export const leftOut: readonly LeftOut[] = [
  {
    row: 'RF-38', defect: 'a removed id is added again with a new disk',
    because: 'An id is a place in the cluster here, and keeps its disk. One that lost its disk takes no part, '
      + 'removed in between or not; what happens if it does is RF-37.',
  },
  {
    row: 'RF-50', defect: 'a new log segment is lost, as its directory was not synced',
    because: 'A log is one file here, and has neither segments nor a directory.',
  },
  {
    row: 'RF-39', defect: 'sessions are not in the snapshot',
    because: 'The same as CS-06, client/sessions-not-in-snapshot.',
  },
  {
    row: 'MP-16', defect: 'ballots without their proposer, which are promised again to anybody',
    because: 'Half of the pair is how Multi-Paxos is meant: a ballot is promised again, since a candidate repeats its '
      + 'question and ballots are unique. The other half would do harm alone, as MP-15 does; the pair is PX-16.',
  },
  {
    row: 'PX-23', defect: 'an acceptor without a disk asks its peers what it has promised, and takes late answers',
    because: 'Acceptors have disks; one that answers from memory breaks P8 with its first promise. Those of '
      + 'Multi-Paxos that lose theirs draw a number to ask with; a test shows that answers to others do not count.',
  },
  {
    row: 'PX-26', defect: 'a command that is chosen in two slots is executed twice',
    because: 'The same as CS-01, client/no-dedupe: Multi-Paxos leaves it to the sessions of the service, too.',
  },
];
