import type { ClientRequest, ClientResponse } from '../../contract/client.ts';
import type { DiskView } from '../../contract/disk.ts';
import type { ClusterInfo, InvariantSet, Monitor, ReportBreach } from '../../contract/invariant.ts';
import type { Message } from '../../contract/message.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { Configuration, ConfigurationAt } from './configuration.ts';
import { NOBODY, type NodeGhost } from './ghost.ts';
import * as invariants from './invariants.ts';
import type { LogEntry, RaftMessage } from './messages.ts';
import { CommitmentMonitor } from './monitor-commitment.ts';
import { ElectionMonitor } from './monitor-elections.ts';
import { LeaderMonitor } from './monitor-leaders.ts';
import { LogMonitor } from './monitor-log.ts';
import { MessageMonitor } from './monitor-messages.ts';
import { type Leader, LOG_FILE, type RaftState } from './state.ts';
import { Watch } from './watch.ts';

/** The ledger is tidied when a log has dropped so many entries. */
const DROPPED_ENTRIES = 256;

/**
 * Evaluates the invariants of Raft as a run goes: at constant cost per event, entry and message, but for a leader's
 * commit, which looks at each disk, and an election or a change of membership, which look at each node. Here is only
 * what is looked at when; what is looked for stands in the parts. Memory: a few hundred bytes for each entry that some
 * member's log holds, and one bit for each command ever executed.
 */
class RaftMonitor implements Monitor<RaftState> {
  private readonly watch: Watch;
  private readonly elections: ElectionMonitor;
  private readonly logs: LogMonitor;
  private readonly commitment: CommitmentMonitor;
  private readonly leaders: LeaderMonitor;
  private readonly messages: MessageMonitor;
  private dropped = 0;

  constructor(cluster: ClusterInfo, report: ReportBreach) {
    this.watch = new Watch(cluster, report);
    this.elections = new ElectionMonitor(this.watch);
    this.logs = new LogMonitor(this.watch);
    this.commitment = new CommitmentMonitor(this.watch);
    this.leaders = new LeaderMonitor(this.watch);
    this.messages = new MessageMonitor(this.watch);
  }

  // ── Starts and events ────────────────────────────────────────────────

  onStarted(node: NodeId, state: RaftState, synced: DiskView): void {
    const ghost = this.watch.ghostOf(node);
    ghost.synced = synced;
    ghost.durableTerm = 0;
    this.elections.onStarted(node, ghost, state);
    this.logs.onStarted(node, ghost, state);
    this.commitment.onStarted(node, ghost, state);
    this.leaders.onStarted(node);
    if (!state.isAmnesiac) this.logs.checkBounds(node, ghost, state);
  }

  onAppend(node: NodeId, file: string, index: number, entry: unknown): void {
    if (file === LOG_FILE) this.logs.onAppend(node, index, entry as LogEntry);
  }

  onTruncate(node: NodeId, file: string, index: number): void {
    if (file !== LOG_FILE) return;
    this.commitment.onTruncate(node, this.watch.ghostOf(node), index);
    this.logs.onTruncate(node, index);
    this.leaders.onTruncate(node, index);
  }

  onDrop(node: NodeId, file: string, index: number): void {
    if (file !== LOG_FILE) return;
    this.dropped += Math.max(0, index - this.watch.ghostOf(node).baseIndex);
    this.logs.onDrop(node, index);
    if (this.dropped >= DROPPED_ENTRIES * this.watch.nodes.length) this.forget();
  }

  afterEvent(node: NodeId, state: RaftState): void {
    // It takes no part, and nothing that it has is acted upon.
    if (state.isAmnesiac) return;
    const ghost = this.watch.ghostOf(node);
    const { role, leaderId, configuration, durable } = state;
    const { currentTerm, snapshot } = durable;
    // What is counted in an event is counted by the configuration that was in force before it, also where it ends that.
    const asked = ghost.configuration ?? configuration;
    // Most events change none of this, and each of them comes by here.
    if (role !== ghost.role || (leaderId ?? NOBODY) !== ghost.leaderId || currentTerm !== ghost.currentTerm ||
      snapshot !== ghost.snapshot || configuration !== asked || ghost.mustCheckInForce || ghost.truncatedFrom !== 0) {
      this.onReign(node, ghost, state, asked);
    }
    this.logs.checkBounds(node, ghost, state);
    const { commitIndex, lastApplied } = state;
    if (commitIndex !== ghost.commitIndex && this.commitment.onCommitChanged(node, ghost, state, asked)) {
      this.elections.checkLaterLeaders(node, currentTerm);
    }
    if (lastApplied !== ghost.lastApplied) this.commitment.onAppliedChanged(node, ghost, state);
    if (snapshot !== ghost.snapshot) {
      ghost.snapshot = snapshot;
      if (snapshot !== null) this.commitment.checkSnapshot(node, state, snapshot);
    }
    if (ghost.proposedAt !== 0) this.logs.onProposed(node, ghost, state);
    if (ghost.ledTerm === 0) return;
    const leader = role as Leader;
    this.leaders.checkFollowers(node, ghost, leader);
    if (leader.leaseReads !== ghost.leaseReads) {
      this.leaders.onLeaseRead(node, ghost, leader.leaseReads, this.commitment.highestTerm);
    }
  }

  /** What a node takes itself and others for, and by whom it goes; or what its log was cut down to. */
  private onReign(node: NodeId, ghost: NodeGhost, state: RaftState, asked: Configuration): void {
    const { role, leaderId } = state;
    const { currentTerm, snapshot } = state.durable;
    const ledTerm = role.kind === 'leader' ? currentTerm : 0;
    ghost.role = role;
    if (ghost.truncatedFrom !== 0) this.logs.onCut(node, ghost, ledTerm);
    if (currentTerm !== ghost.currentTerm) this.elections.onTermChanged(node, ghost, currentTerm);
    if (snapshot !== ghost.snapshot && snapshot !== null) this.logs.onSnapshotChanged(ghost, state, snapshot);
    this.logs.checkInForce(node, ghost, state);
    if (ledTerm !== ghost.ledTerm) {
      ghost.ledTerm = ledTerm;
      if (ledTerm !== 0) {
        this.elections.onElected(node, state, asked);
        this.leaders.onElected(ghost);
      }
    }
    if ((leaderId ?? NOBODY) !== ghost.leaderId) this.elections.onLeaderChanged(node, ghost, leaderId);
  }

  // ── Messages ─────────────────────────────────────────────────────────

  onSend(from: NodeId, to: NodeId, message: Message, synced: DiskView): void {
    const { length } = this.watch.nodes;
    // Clients come behind the nodes. Messages have more shapes than V8 tells apart at one place: so the term is read
    // apart of those that there are most of, and by a name of its own, because to V8 all reads of one field of one
    // variable are one place.
    if (from >= length) return this.messages.onClientRequest(message as unknown as ClientRequest);
    if (to >= length) return this.messages.onClientResponse(from, to, message as unknown as ClientResponse);
    const sent = message as RaftMessage;
    switch (sent.kind) {
      case 'AppendEntries': {
        const request = sent;
        return this.messages.onTerm(from, request.term, synced);
      }
      case 'AppendEntriesAccepted': {
        const { term, matchIndex } = sent;
        if (matchIndex > 0) this.messages.onAcknowledged(from, term, matchIndex, synced);
        return this.messages.onTerm(from, term, synced);
      }
      case 'AppendEntriesRejected': {
        const rejection = sent;
        return this.messages.onTerm(from, rejection.term, synced);
      }
      case 'RequestVote':
        return this.onVote(from, from, sent.term, synced);
      case 'RequestVoteReply':
        if (sent.voteGranted) return this.onVote(from, to, sent.term, synced);
        break;
      case 'InstallSnapshotReply':
        if (sent.isInstalled) this.messages.onAcknowledged(from, sent.term, sent.lastIncludedIndex, synced);
        break;
      default:
    }
    this.messages.onTerm(from, sent.term, synced);
  }

  private onVote(voter: NodeId, candidate: NodeId, term: number, synced: DiskView): void {
    this.elections.onVote(voter, candidate, term);
    this.messages.onTerm(voter, term, synced);
    this.messages.onVote(voter, candidate, term, synced);
  }

  // ── What no log holds any more ───────────────────────────────────────

  /**
   * Whoever was removed keeps its log for ever, and says nothing that counts: only members keep places from being
   * forgotten. A member with an empty log will get all it needs from the others.
   */
  private forget(): void {
    this.dropped = 0;
    const { nodes, ledger } = this.watch;
    const { configuration } = ledger.configurations[ledger.configurations.length - 1] as ConfigurationAt;
    let low = ledger.committedEnd;
    for (const members of [configuration.voters, configuration.oldVoters, configuration.learners]) {
      for (const node of members) {
        const { baseIndex, terms, synced } = nodes[node] as NodeGhost;
        if (baseIndex > 0 || terms.length > 0) low = Math.min(low, baseIndex, synced.head(LOG_FILE).dropped);
      }
    }
    ledger.forgetBelow(low);
  }
}

/** The invariants of Raft, and the monitor that checks them all. */
export const raftInvariants: InvariantSet<RaftState> = {
  declared: invariants.declaredInvariants,
  observe: (cluster, report) => new RaftMonitor(cluster, report),
};
