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

/**
 * R6: what a leader commits is on the disks of a majority of the configuration that it commits by, and stays there.
 * Looked at when it commits, when a node starts, and when one cuts it off. There is no R7 (every quorum has a member
 * that holds what is committed): two majorities meet, so R6 says it already, and of disks instead of memories.
 */
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

/**
 * R12: index of the snapshot ≤ lastApplied ≤ commitIndex ≤ last index, and none of them but the last goes back while
 * the node runs. A restart takes lastApplied back to the snapshot, or to what a durable service has recorded.
 */
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

/**
 * R16: a leader was voted for by a majority of distinct voters of the configuration that it asked in; in the joint
 * phase, of the old voters too. Learners do not count.
 */
export const electedByMajority: InvariantInfo = {
  id: 'R16',
  name: 'elected-by-majority',
  source: 'Raft, §5.2 and §6',
};

/**
 * R17: a leader appends a configuration only when the one before it and an entry of its own term are committed, and
 * only one step away: one voter more or less, into the joint phase, or out of it. Looked at when it appends one.
 */
export const configurationChain: InvariantInfo = {
  id: 'R17',
  name: 'configuration-chain',
  source: 'Raft, §6; Raft thesis, §4.1, and the correction of 2015',
};

/**
 * R18: a node goes by the last configuration in its log, or in its snapshot. Where configurations take effect as they
 * are applied: by the last one that it has applied, or found in its log as it started. Looked at after each event.
 */
export const configurationInForce: InvariantInfo = {
  id: 'R18',
  name: 'configuration-in-force',
  source: 'Raft, §6; Raft thesis, §4.1',
};

/**
 * R19: a leader's vote is its own, and whoever names a leader of its term names the one that was elected: so never two,
 * restarts included. Looked at when a node becomes leader or takes another for it.
 */
export const leaderKnown: InvariantInfo = {
  id: 'R19',
  name: 'leader-known',
  source: 'Raft, §5.2 and Figure 2, Rules for Servers',
};

/** R20: the answer to a read reflects all that any node knew to be committed when its client first sent it. */
export const readFence: InvariantInfo = {
  id: 'R20',
  name: 'read-fence',
  source: 'Raft, §8',
};

/**
 * R21: while a leader answers reads by its lease, no leader of a higher term has committed anything. Looked at when
 * such a read is answered: earlier than R20, which needs a client that asked after the commit.
 */
export const leaseExclusive: InvariantInfo = {
  id: 'R21',
  name: 'lease-exclusive',
  source: 'Raft thesis, §6.4.1',
};

/** R22: at each index all nodes have the same table of client sessions. Looked at wherever a node stops applying. */
export const sessionsAgree: InvariantInfo = {
  id: 'R22',
  name: 'sessions-agree',
  source: 'Raft thesis, §6.3',
};

/** R23: each command of a session changes the state machine at most once. */
export const atMostOnce: InvariantInfo = {
  id: 'R23',
  name: 'at-most-once',
  source: 'Raft thesis, §6.3',
};

/**
 * R24: a snapshot has the term, the configuration and the state (sessions included) that the log leads to at its index.
 * Looked at when one is taken, installed or found at a start.
 */
export const snapshotFaithful: InvariantInfo = {
  id: 'R24',
  name: 'snapshot-faithful',
  source: 'Raft, §7; Raft thesis, §5.1 and §6.3',
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
  configurationChain,
  configurationInForce,
  leaderKnown,
  readFence,
  leaseExclusive,
  sessionsAgree,
  atMostOnce,
  snapshotFaithful,
];
