/** A row of the catalogue that this Raft does not re-create, and why. */
interface LeftOut {
  readonly row: string;
  readonly defect: string;
  readonly because: string;
}

/** Rows of learners, membership, identity, snapshots and storage. Nothing is claimed of them. */
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
];
