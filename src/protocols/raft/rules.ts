import type { NodeInit } from '../../contract/node.ts';
import { majority } from '../../contract/quorum.ts';
import type { StateMachine } from '../../contract/state-machine.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { LogEntry, RequestVote } from './messages.ts';
import { type RaftSettings, readSettings } from './options.ts';
import { lastIndex, type RaftState, recover, termAt, type VoteRecord } from './state.ts';

/** The state of a Raft server and the rules of the paper over it. Rules answer, and do nothing else. */
export abstract class RaftRules {
  readonly state: RaftState;
  protected readonly self: NodeId;
  protected readonly clusterSize: number;
  protected readonly settings: RaftSettings;
  protected readonly machine: StateMachine;

  /** Recovery is this constructor: what the disk did not keep is gone. */
  constructor(init: NodeInit) {
    this.self = init.self;
    this.clusterSize = init.nodes.length;
    this.settings = readSettings(init.options);
    this.machine = init.machine;
    const machineState = init.machine.initial();
    this.state = recover(init.disk, machineState, init.machine.digest(machineState));
  }

  /** Figure 2, persistent state: what a crash must not take. */
  protected voteRecord(): VoteRecord {
    const { currentTerm, votedFor } = this.state.durable;
    return { currentTerm, votedFor };
  }

  /** §5.2 One vote in a term, first come first served; asked again by the same candidate, the same answer. */
  protected mayGrantVote(candidate: NodeId, request: RequestVote): boolean {
    const { currentTerm, votedFor } = this.state.durable;
    const isCurrent = request.term === currentTerm;
    const isFree = votedFor === null || votedFor === candidate;
    return isCurrent && isFree && this.isUpToDate(request);
  }

  /** §5.4.1 The candidate's log must be at least as complete as ours: the last term decides, then the length. */
  protected isUpToDate(candidate: RequestVote): boolean {
    const { log } = this.state.durable;
    const ourLastTerm = termAt(log, lastIndex(log));
    if (candidate.lastLogTerm !== ourLastTerm) return candidate.lastLogTerm > ourLastTerm;
    return candidate.lastLogIndex >= lastIndex(log);
  }

  /** §5.2 Votes are a set: the network may deliver one of them twice. */
  protected countsVote(voter: NodeId, votesGranted: readonly NodeId[]): boolean {
    return !votesGranted.includes(voter);
  }

  /** §5.2 A majority of the cluster. */
  protected isQuorum(count: number): boolean {
    return count >= majority(this.clusterSize);
  }

  /** §5.3 The consistency check. Index 0 precedes every log. */
  protected holdsEntry(index: number, term: number): boolean {
    const { log } = this.state.durable;
    return index <= lastIndex(log) && termAt(log, index) === term;
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
      if (termAt(log, index) !== (entries[position] as LogEntry).term) return index;
    }
    return null;
  }

  /** §5.4.2 Only entries of the current term commit by counting; earlier ones commit with them. */
  protected mayCommit(index: number): boolean {
    return termAt(this.state.durable.log, index) === this.state.durable.currentTerm;
  }

  /** Figure 2, AppendEntries receiver rule 5. `matchIndex` is the last index that the message covered. */
  protected followerCommitIndex(leaderCommit: number, matchIndex: number): number {
    return Math.min(leaderCommit, matchIndex);
  }
}

