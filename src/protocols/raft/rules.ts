import type { Context } from '../../contract/context.ts';
import { CORRUPT } from '../../contract/disk.ts';
import type { NodeInit } from '../../contract/node.ts';
import { majority } from '../../contract/quorum.ts';
import type { StateMachine } from '../../contract/state-machine.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs } from '../../kernel/time.ts';
import { type Configuration, isAmong, isJoint, isVoter } from './configuration.ts';
import { hasTerm, lastIndex, lastTerm, termAt } from './log.ts';
import type { AppendEntriesAccepted, AppendEntriesRejected, InstallSnapshot, LogEntry } from './messages.ts';
import { type RaftSettings, readSettings } from './options.ts';
import {
  type Leader, LOG_FILE, MACHINE_FILE, type MachineRecord, type RaftState, recover, type Snapshot, VOTE_FILE,
  type VoteRecord,
} from './state.ts';

/** What a candidate says of its log. */
interface LastEntry {
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

/** What every answer to a leader carries. */
export type Stamped = Pick<AppendEntriesAccepted | AppendEntriesRejected, 'requestId' | 'sentAtUs'>;

/** The state of a Raft server and the rules of the paper over it. Rules answer, and do nothing else. */
export abstract class RaftRules {
  readonly state: RaftState;
  protected readonly self: NodeId;
  protected readonly clusterSize: number;
  protected settings: RaftSettings;
  protected readonly machine: StateMachine;

  /** Recovery is this constructor: what the disk did not keep is gone. */
  constructor(init: NodeInit) {
    this.self = init.self;
    this.clusterSize = init.nodes.length;
    this.settings = readSettings(init.options);
    this.machine = init.machine;
    this.state = recover(init, this.isForeign(init) || this.isDamaged(init));
  }

  // ── Durable state ────────────────────────────────────────────────────

  /** Figure 2, persistent state: what a crash must not take. */
  protected voteRecord(): VoteRecord {
    const { currentTerm, votedFor } = this.state.durable;
    return { currentTerm, votedFor };
  }

  /**
   * Whether the disk is not the one that this server had: it was started before and finds no vote. It would vote a
   * second time in a term, and count again for entries that it has lost (RethinkDB #5289).
   */
  protected isForeign({ isNew, disk }: NodeInit): boolean {
    return !isNew && disk.cell(VOTE_FILE) === undefined;
  }

  /**
   * Whether an entry cannot be read that was synced: others stand behind it, or the service has recorded what came of
   * it. At the end of a log stands what a crash has left of an entry that nobody was told of, and that is cut off.
   * Whoever takes the one for the other drops what is committed, and elects a leader without it ("Protocol-Aware
   * Recovery for Consensus-Based Storage", FAST 2018).
   *
   * A sync that failed leaves a hole that looks the same, if a later one has stored what comes behind. Mostly nobody
   * was told of either; but a server that was killed before it heard of the failure, and came back, has found the entry
   * in the cache and acknowledged it. So a hole may stand for what is committed, too ("Can Applications Recover from
   * fsync Failures?", ATC 2020).
   */
  protected isDamaged({ disk }: Pick<NodeInit, 'disk'>): boolean {
    const entries = disk.log(LOG_FILE);
    const unreadable = entries.indexOf(CORRUPT);
    if (unreadable === -1) return false;
    const recorded = (disk.cell(MACHINE_FILE) as MachineRecord | undefined)?.lastApplied ?? 0;
    return unreadable < entries.length - 1 || recorded > disk.head(LOG_FILE).dropped + unreadable;
  }

  // ── Elections ────────────────────────────────────────────────────────

  /** §5.2 One vote in a term, first come first served; asked again by the same candidate, the same answer. */
  protected mayGrantVote(candidate: NodeId, request: LastEntry & { readonly term: number }): boolean {
    return request.term === this.state.durable.currentTerm && this.hasVoteFor(candidate) && this.isUpToDate(request);
  }

  /** Figure 2, RequestVote receiver rule 2: whether our vote of this term is free, or this candidate's already. */
  protected hasVoteFor(candidate: NodeId): boolean {
    const { votedFor } = this.state.durable;
    return votedFor === null || votedFor === candidate;
  }

  /** Thesis §9.6: a pre-vote is a prophecy, not a promise. Only who has lost its leader gives one. */
  protected mayGrantPreVote(request: LastEntry & { readonly nextTerm: number }, nowUs: DurationUs): boolean {
    return request.nextTerm > this.state.durable.currentTerm && !this.hearsLeader(nowUs) && this.isUpToDate(request);
  }

  /** §5.4.1 The candidate's log must be at least as complete as ours: the last term decides, then the length. */
  protected isUpToDate(candidate: LastEntry): boolean {
    const { log } = this.state.durable;
    const ourLastTerm = lastTerm(log);
    if (candidate.lastLogTerm !== ourLastTerm) return candidate.lastLogTerm > ourLastTerm;
    return candidate.lastLogIndex >= lastIndex(log);
  }

  /**
   * Thesis §4.2.3: whether a leader was heard within the shortest election timeout. A leader hears itself as long as it
   * checks its quorum: one that does not might be deaf, and would keep its cluster waiting for ever.
   */
  protected hearsLeader(nowUs: DurationUs): boolean {
    const { role, leaderContactUs } = this.state;
    if (role.kind === 'leader') return this.settings.checkQuorum;
    return leaderContactUs !== null && nowUs - leaderContactUs < this.settings.electionTimeoutUsMin;
  }

  /** Thesis §4.2.3: whether a candidate is not listened to. Nor is its term taken, or a removed server would rule. */
  protected ignoresCandidate(isTransfer: boolean, nowUs: DurationUs): boolean {
    return this.settings.stickiness && !isTransfer && this.hearsLeader(nowUs);
  }

  /**
   * Thesis §4.2.2: who is not in its own configuration does not stand, but for a server whose removal is not known to
   * be committed: it may be the only one whose log is complete enough.
   */
  protected mayCampaign(): boolean {
    const { configuration, commitIndex, installing } = this.state;
    // A log that is about to be replaced is no log to lead with.
    if (installing !== null) return false;
    return isVoter(configuration, this.self) || isVoter(this.configurationAt(commitIndex), this.self);
  }

  /** §5.2 Votes are a set: the network may deliver one of them twice. */
  protected countsVote(voter: NodeId, votesGranted: readonly NodeId[]): boolean {
    return !votesGranted.includes(voter);
  }

  /** A vote counts for the term in which it was given. */
  protected isVoteOf(term: number): boolean {
    return term === this.state.durable.currentTerm;
  }

  // ── Quorums (§5.2; §6 in the joint phase) ────────────────────────────

  /** How many of so many voters decide. */
  protected quorumSize(voters: number): number {
    return majority(voters);
  }

  /** Whether a node counts among these voters. Learners never do. */
  protected counts(node: NodeId, voters: readonly NodeId[]): boolean {
    return isAmong(voters, node);
  }

  /** §6 Whether the voters of before the change have to agree, too. */
  protected needsOldVoters(configuration: Configuration): boolean {
    return isJoint(configuration);
  }

  /** Whether so many of the voters, and so many of the old ones, decide. */
  protected isQuorum(count: number, oldCount: number): boolean {
    const { configuration } = this.state;
    if (count < this.quorumSize(configuration.voters.length)) return false;
    return !this.needsOldVoters(configuration) || oldCount >= this.quorumSize(configuration.oldVoters.length);
  }

  /** Whether the nodes of which something holds decide. Cost: the size of the cluster. */
  protected isQuorumOf(holds: (node: NodeId) => boolean): boolean {
    const { voters, oldVoters } = this.state.configuration;
    let count = 0;
    let oldCount = 0;
    for (let node = 0 as NodeId; node < this.clusterSize; node++) {
      if (!holds(node)) continue;
      if (this.counts(node, voters)) count += 1;
      if (this.counts(node, oldVoters)) oldCount += 1;
    }
    return this.isQuorum(count, oldCount);
  }

  // ── Replication ──────────────────────────────────────────────────────

  /**
   * §5.3 The consistency check. Index 0 precedes every log. What we have compacted was committed, and so every leader
   * has it as we had it.
   */
  protected holdsEntry(index: number, term: number): boolean {
    const { log } = this.state.durable;
    if (index < log.baseIndex) return true;
    return hasTerm(log, index) && termAt(log, index) === term;
  }

  /**
   * §5.3 First index at which our log says something else than these entries, `null` when there is none. That we hold
   * more than a message shows is no conflict: the leader sends [1] and then [1, 2]; they arrive as [1, 2], [1]; whoever
   * cuts after the last entry shown loses 2, which it has acknowledged.
   */
  protected firstConflict(prevLogIndex: number, entries: readonly LogEntry[]): number | null {
    const { log } = this.state.durable;
    const last = lastIndex(log);
    for (let position = 0; position < entries.length; position++) {
      const index = prevLogIndex + 1 + position;
      if (index > last) return null;
      if (index <= log.baseIndex) continue;
      if (termAt(log, index) !== (entries[position] as LogEntry).term) return index;
    }
    return null;
  }

  /** Whether a rejection can be answered by stepping back: only if it is no older than the last step. */
  protected isNewRejection(leader: Leader, from: NodeId, reply: AppendEntriesRejected): boolean {
    return reply.requestId >= (leader.resumedAt[from] as number);
  }

  /** What a rejection says of what a follower holds: nothing. Its hint is where to look, not what is there. */
  protected matchIndexFromRejection(known: number, _reply: AppendEntriesRejected): number {
    return known;
  }

  /** Up to where a follower acknowledges: what the message covered. Beyond it may be the entries of a dead leader. */
  protected acknowledgedIndex(covered: number): number {
    return covered;
  }

  /** Replies come late and twice: what is known of a follower never shrinks. */
  protected raisedMatchIndex(known: number, reported: number): number {
    return Math.max(known, reported);
  }

  // ── Commitment ───────────────────────────────────────────────────────

  /** §5.4.2 Only entries of the current term commit by counting; earlier ones commit with them. */
  protected mayCommit(index: number): boolean {
    return termAt(this.state.durable.log, index) === this.state.durable.currentTerm;
  }

  /** Figure 2, AppendEntries receiver rule 5. `covered` is the last index that the message covered. */
  protected followerCommitIndex(leaderCommit: number, covered: number): number {
    return Math.max(this.state.commitIndex, Math.min(leaderCommit, covered));
  }

  /** Figure 2, Rules for Servers: what is committed is applied in log order, one after the other. */
  protected nextToApply(): number {
    return this.state.lastApplied + 1;
  }

  /** State and lastApplied are one record: a crash between two would have entries applied again, or never. */
  protected machineRecord(): MachineRecord {
    const { lastApplied, machine } = this.state;
    return { lastApplied, data: this.machine.save(machine) };
  }

  // ── Snapshots (§7) ───────────────────────────────────────────────────

  /** Figure 13, rule 6: entries behind a snapshot stay if the log holds its last entry. */
  protected keepsSuffix({ lastIncludedIndex, lastIncludedTerm }: Snapshot): boolean {
    const { log } = this.state.durable;
    return hasTerm(log, lastIncludedIndex) && termAt(log, lastIncludedIndex) === lastIncludedTerm;
  }

  /** A snapshot of what is committed here already would take us back. */
  protected isNews(snapshot: Pick<Snapshot, 'lastIncludedIndex'>): boolean {
    return snapshot.lastIncludedIndex > this.state.commitIndex;
  }

  /** Whether a chunk is of the snapshot that we are receiving. A new leader begins anew, also with the same index. */
  protected isSameSnapshot({ term, lastIncludedIndex, lastIncludedTerm }: InstallSnapshot): boolean {
    const from = this.state.incoming?.from;
    return from !== undefined && from.term === term && from.lastIncludedIndex === lastIncludedIndex &&
      from.lastIncludedTerm === lastIncludedTerm;
  }

  /** Figure 13, rules 2 to 4: whether a chunk goes on where the one before it ended. */
  protected continuesSnapshot(chunk: InstallSnapshot): boolean {
    return this.isSameSnapshot(chunk) && chunk.offset === this.state.incoming?.data.length;
  }

  /** What a snapshot holds of the service: everything, the table of sessions included (thesis §6.3). */
  protected snapshotData(): () => string {
    return this.machine.saveLater(this.state.machine);
  }

  /** Thesis §5.1: a snapshot carries the configuration at its last index, which the log will not hold any more. */
  protected snapshotConfiguration(lastIncludedIndex: number): Configuration {
    return this.configurationAt(lastIncludedIndex);
  }

  // ── Reads (thesis §6.4) ──────────────────────────────────────────────

  /**
   * Thesis §6.4, step 1: until an entry of its own term is committed, a leader does not know what is. Its predecessor
   * commits x and dies before it could say so; the new leader holds x, and would answer as of before it.
   */
  protected knowsCommitted(): boolean {
    const { durable: { log, currentTerm }, commitIndex } = this.state;
    return commitIndex >= log.baseIndex && termAt(log, commitIndex) === currentTerm;
  }

  /** Thesis §6.4, step 1: whether the commitIndex can be the index of a read. */
  protected mayServeReads(): boolean {
    return this.knowsCommitted();
  }

  /** Thesis §6.4, step 3: the first message that was sent after a read came. Answers to earlier ones prove nothing. */
  protected readContext(leader: Leader, _asker: Leader['reads'][number]['asker']): number {
    return leader.requestId + 1;
  }

  /** Whether a majority has answered a message of ours that was sent at `context` or later. */
  protected isConfirmed(leader: Leader, context: number): boolean {
    return this.isQuorumOf((node) => node === this.self || (leader.answeredId[node] as number) >= context);
  }

  /** The clock by which leases are measured: one that never jumps. */
  protected leaseClockUs(ctx: Context): DurationUs {
    return ctx.monotonicUs();
  }

  /** Thesis §6.4.1: a follower's promise to us runs from when we sent, not from when its answer came. */
  protected leaseFromUs(reply: Stamped, _nowUs: DurationUs): DurationUs {
    return reply.sentAtUs;
  }

  /** Thesis §6.4.1: how long followers will elect nobody else, by any clock within the bound. */
  protected leaseUs(): DurationUs {
    return this.settings.leaseUs;
  }

  /** Thesis §6.4.1: whether nobody else can have been elected yet. */
  protected holdsLease(leader: Leader, nowUs: DurationUs): boolean {
    if (this.hasSurrenderedLease(leader)) return false;
    return this.isQuorumOf((node) =>
      node === this.self || nowUs < (leader.answeredSentAtUs[node] as number) + this.leaseUs());
  }

  /** Thesis §6.4.1: a successor that we asked for may be elected past every stickiness, at any later time. */
  protected hasSurrenderedLease(leader: Leader): boolean {
    return leader.hasSurrenderedLease;
  }

  // ── Leadership transfer (thesis §3.10) ───────────────────────────────

  /** Thesis §3.10: the successor gets the rest of the log first, or it could not win. */
  protected mayHandOver(leader: Leader, successor: NodeId): boolean {
    return (leader.matchIndex[successor] as number) >= lastIndex(this.state.durable.log);
  }

  // ── Membership (thesis §4) ───────────────────────────────────────────

  /** The configuration in force at an index that our log or snapshot covers. */
  protected configurationAt(index: number): Configuration {
    const { configurations } = this.state;
    let at = configurations.length - 1;
    while (at > 0 && (configurations[at] as { readonly index: number }).index > index) at -= 1;
    return (configurations[at] as { readonly configuration: Configuration }).configuration;
  }

  /**
   * Thesis §4.1, and the rule that was added in 2015 (raft-dev, "bug in single-server membership changes"): one change
   * at a time, and none before an entry of our own term is committed. S1 of {1, 2, 3, 4} adds 5 on itself and 5 alone;
   * S2 is elected by 2, 3, 4 and removes 1 with the help of 3 only; 1, 4, 5 then elect S1: two majorities that never
   * met.
   */
  protected mayChangeConfiguration(): boolean {
    return this.isLastChangeCommitted() && this.knowsCommitted();
  }

  /** Thesis §4.1: two changes that overlap may have majorities that do not. */
  protected isLastChangeCommitted(): boolean {
    const { configurations, commitIndex } = this.state;
    return (configurations[configurations.length - 1] as { readonly index: number }).index <= commitIndex;
  }

  /** §6 Whoever leads when the joint configuration is committed goes on to the new one, whoever proposed it. */
  protected leavesJoint(): boolean {
    return this.settings.autoLeave;
  }

  /** Thesis §4.1: a server uses the latest configuration in its log; one that is cut off takes effect no more. */
  protected isRolledBack(configurationIndex: number, cutFrom: number): boolean {
    return configurationIndex >= cutFrom;
  }
}
