import type { InvariantInfo } from '../../contract/invariant.ts';

/** R1: at most one leader in a term, over the whole run. Looked at when a node becomes leader. */
export const electionSafety: InvariantInfo = {
  id: 'R1',
  name: 'election-safety',
  source: 'Raft, Figure 3, Election Safety (§5.2)',
};

/** R2: a leader only adds to its log. Looked at when entries are removed. */
export const leaderAppendOnly: InvariantInfo = {
  id: 'R2',
  name: 'leader-append-only',
  source: 'Raft, Figure 3, Leader Append-Only (§5.3)',
};

/** R3: same index and term, same log up to there. Looked at when an entry is added, and at each start. */
export const logMatching: InvariantInfo = {
  id: 'R3',
  name: 'log-matching',
  source: 'Raft, Figure 3, Log Matching (§5.3)',
};

/**
 * R4: what was committed in a term is in the log of every leader of a higher term. Looked at when one is elected, and
 * when something is committed in a lower term than one leads already.
 */
export const leaderCompleteness: InvariantInfo = {
  id: 'R4',
  name: 'leader-completeness',
  source: 'Raft, Figure 3, Leader Completeness (§5.4)',
};

/** R5: at each index all nodes apply the same command, and are in the same state wherever they stop. */
export const stateMachineSafety: InvariantInfo = {
  id: 'R5',
  name: 'state-machine-safety',
  source: 'Raft, Figure 3, State Machine Safety (§5.4.3)',
};

/** R6: what a leader commits is on the disks of a majority. Looked at when it commits. */
export const committedIsDurable: InvariantInfo = {
  id: 'R6',
  name: 'committed-is-durable',
  source: 'Raft, §5.3 and Figure 2, Persistent state',
};

/** R8: nobody votes for two candidates in a term, over its whole life. Looked at when a vote leaves. */
export const voteUniqueness: InvariantInfo = {
  id: 'R8',
  name: 'vote-uniqueness',
  source: 'Raft, §5.2 and Figure 2, votedFor',
};

/** R9: what a message promises (its term, a vote, entries) is on the sender's disk when it leaves. */
export const promisesAreDurable: InvariantInfo = {
  id: 'R9',
  name: 'promises-are-durable',
  source: 'Raft, Figure 2, Persistent state',
};

/** R10: the current term never goes down; across a restart, never below a term that was sent. */
export const termMonotone: InvariantInfo = {
  id: 'R10',
  name: 'term-monotone',
  source: 'Raft, §5.1 and Figure 2, currentTerm',
};

/** R11: along a log terms do not go down, nor above the current term; disk and memory hold as many entries. */
export const logTermsBounded: InvariantInfo = {
  id: 'R11',
  name: 'log-terms-bounded',
  source: 'Raft, §5.3',
};

/** R12: lastApplied ≤ commitIndex ≤ last index, and the first two never go back while the node runs. */
export const indicesBounded: InvariantInfo = {
  id: 'R12',
  name: 'indices-monotone-and-bounded',
  source: 'Raft, Figure 2, Volatile state on all servers',
};

/**
 * R13: what a leader takes as held by a node, itself included, is on that node's disk, is the leader's, and never goes
 * back, as long as that node has been in no higher term. "Never back" is stronger than the paper's specification, which
 * lets matchIndex fall when replies are reordered.
 */
export const matchIndexTrue: InvariantInfo = {
  id: 'R13',
  name: 'match-index-true',
  source: 'Raft, Figure 2, Volatile state on leaders',
};

/** R14: nextIndex > matchIndex. */
export const nextIndexAhead: InvariantInfo = {
  id: 'R14',
  name: 'next-index-ahead',
  source: 'Raft, Figure 2, Volatile state on leaders',
};

/** R15: a leader advances its commitIndex onto an entry of its own term. */
export const commitsCurrentTerm: InvariantInfo = {
  id: 'R15',
  name: 'commits-current-term',
  source: 'Raft, §5.4.2 and Figure 8',
};

/** R16: a leader was voted for by a majority of distinct nodes. */
export const electedByMajority: InvariantInfo = {
  id: 'R16',
  name: 'elected-by-majority',
  source: 'Raft, §5.2',
};

/** R20: the answer to a read reflects all that any node knew to be committed when its client first sent it. */
export const readFence: InvariantInfo = {
  id: 'R20',
  name: 'read-fence',
  source: 'Raft, §8',
};

/** R23: each command of a session changes the state machine at most once. */
export const atMostOnce: InvariantInfo = {
  id: 'R23',
  name: 'at-most-once',
  source: 'Raft thesis, §6.3',
};

/** All of them, in the order in which they are reported. */
export const declaredInvariants: readonly InvariantInfo[] = [
  electionSafety,
  leaderAppendOnly,
  logMatching,
  leaderCompleteness,
  stateMachineSafety,
  committedIsDurable,
  voteUniqueness,
  promisesAreDurable,
  termMonotone,
  logTermsBounded,
  indicesBounded,
  matchIndexTrue,
  nextIndexAhead,
  commitsCurrentTerm,
  electedByMajority,
  readFence,
  atMostOnce,
];
