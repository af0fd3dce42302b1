import type { ClientRequest, ClientResponse } from '../../contract/client.ts';
import type { DiskView } from '../../contract/disk.ts';
import type { ClusterInfo, InvariantInfo, InvariantSet, Monitor, ReportBreach } from '../../contract/invariant.ts';
import type { Message } from '../../contract/message.ts';
import type { SessionCommand } from '../../contract/session.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { isMajorityOf } from './configuration.ts';
import { CommittedTable, EntryTable, isSameEntry, newNodeGhost, type NodeGhost, VoteTable } from './ghost.ts';
import { entryAt, lastIndex, lastTerm, type RaftLog } from './log.ts';
import * as invariants from './invariants.ts';
import type { AppendEntriesAccepted, LogEntry, RaftAnswer, RaftMessage } from './messages.ts';
import {
  type Leader, LOG_FILE, type RaftState, type Snapshot, SNAPSHOT_FILE, VOTE_FILE, type VoteRecord,
} from './state.ts';

/** Followers whose matchIndex is looked at after an event of their leader: all of them up to nine nodes. */
const PEERS_PER_EVENT = 8;

/** The read that a client waits for. */
interface OpenRead {
  readonly session: number;
  readonly sequence: number;
  /** How much was committed when the client sent it first. */
  readonly fence: number;
  readonly attempts: number[];
}

/** A leader, and where its log ended when it had just been elected. */
interface Elected {
  readonly node: NodeId;
  readonly lastIndex: number;
  readonly lastTerm: number;
}

/**
 * Evaluates the invariants of Raft as a run goes: at constant cost per event, entry and message, but for a leader's
 * commit, which looks at each disk.
 */
class RaftMonitor implements Monitor<RaftState> {
  private readonly cluster: ClusterInfo;
  private readonly report: ReportBreach;
  private readonly breached = new Set<string>();
  /** By NodeId. */
  private readonly nodes: readonly NodeGhost[];
  private readonly leaders = new Map<number, Elected>();
  private highestLedTerm = 0;
  private readonly entries = new EntryTable();
  private readonly votes = new VoteTable();
  private readonly committed = new CommittedTable();
  /** By NodeId of the client. */
  private readonly reads: (OpenRead | undefined)[] = [];

  constructor(cluster: ClusterInfo, report: ReportBreach) {
    this.cluster = cluster;
    this.report = report;
    this.nodes = cluster.nodes.map(newNodeGhost);
  }

  // ── Starts and events ────────────────────────────────────────────────

  onStarted(node: NodeId, state: RaftState, synced: DiskView): void {
    const ghost = this.ghostOf(node);
    ghost.synced = synced;
    const { currentTerm, log } = state.durable;
    if (currentTerm < ghost.attestedTerm) {
      const text = `${this.name(node)} starts in term ${currentTerm}, but sent a message of term ${ghost.attestedTerm}`;
      this.breach(invariants.termMonotone, text);
    } else if (currentTerm < storedTerm(synced)) {
      const text = `${this.name(node)} starts in term ${currentTerm}, but term ${storedTerm(synced)} is on its disk`;
      this.breach(invariants.termMonotone, text);
    }
    // Before it has said anything, a node may lose terms and entries; what it had said is R9's.
    ghost.currentTerm = currentTerm;
    ghost.highestTerm = Math.max(ghost.highestTerm, currentTerm);
    ghost.ledTerm = 0;
    ghost.commitIndex = state.commitIndex;
    ghost.lastApplied = state.lastApplied;
    ghost.truncatedFrom = 0;
    ghost.cutFrom = Infinity;
    ghost.durableTerm = 0;
    ghost.terms.length = 0;
    while (ghost.terms.length < log.baseIndex) ghost.terms.push(log.baseTerm);
    for (let index = log.baseIndex + 1; index <= lastIndex(log); index++) {
      this.onAppend(node, LOG_FILE, index, entryAt(log, index));
    }
    this.checkLog(node, ghost, state);
  }

  onAppend(node: NodeId, file: string, index: number, entry: unknown): void {
    if (file !== LOG_FILE) return;
    const ghost = this.ghostOf(node);
    const appended = entry as LogEntry;
    const prevTerm = ghost.terms[index - 2] ?? 0;
    if (appended.term < prevTerm || index !== ghost.terms.length + 1) {
      const text = `${this.name(node)} puts an entry of term ${appended.term} at index ${index}, ` +
        `after ${ghost.terms.length} entries with term ${prevTerm} last`;
      this.breach(invariants.logTermsBounded, text);
    }
    ghost.terms[index - 1] = appended.term;
    if (this.entries.record(index, appended, prevTerm)) return;
    const text = `${this.name(node)} holds another entry with index ${index} and term ${appended.term}, ` +
      'or another log before it, than some log before';
    this.breach(invariants.logMatching, text);
  }

  onTruncate(node: NodeId, file: string, index: number): void {
    if (file !== LOG_FILE) return;
    const ghost = this.ghostOf(node);
    ghost.terms.length = index - 1;
    ghost.cutFrom = Math.min(ghost.cutFrom, index);
    if (ghost.truncatedFrom === 0 || index < ghost.truncatedFrom) ghost.truncatedFrom = index;
  }

  onDrop(node: NodeId, file: string, index: number): void {
    if (file !== LOG_FILE) return;
    const { terms } = this.ghostOf(node);
    while (terms.length < index) terms.push(this.committed.entries[terms.length]?.term ?? 0);
  }

  afterEvent(node: NodeId, state: RaftState): void {
    const ghost = this.ghostOf(node);
    const { role } = state;
    const { currentTerm } = state.durable;
    const ledTerm = role.kind === 'leader' ? currentTerm : 0;
    if (ghost.truncatedFrom !== 0) {
      if (ledTerm !== 0 && ledTerm === ghost.ledTerm) {
        const text = `${this.name(node)}, leader of term ${ledTerm}, removes entries from index ${ghost.truncatedFrom}`;
        this.breach(invariants.leaderAppendOnly, text);
      }
      ghost.truncatedFrom = 0;
    }
    if (currentTerm !== ghost.currentTerm) this.onTermChanged(node, ghost, currentTerm);
    if (ledTerm !== ghost.ledTerm) {
      ghost.ledTerm = ledTerm;
      if (role.kind === 'leader') this.onElected(node, ghost, state, role);
    }
    this.checkLog(node, ghost, state);
    if (state.commitIndex !== ghost.commitIndex) this.onCommitChanged(node, ghost, state);
    if (state.lastApplied !== ghost.lastApplied) this.onAppliedChanged(node, ghost, state);
    if (role.kind === 'leader') this.checkFollowers(node, ghost, role);
  }

  private onTermChanged(node: NodeId, ghost: NodeGhost, currentTerm: number): void {
    if (currentTerm < ghost.currentTerm) {
      const text = `${this.name(node)} goes from term ${ghost.currentTerm} back to term ${currentTerm}`;
      this.breach(invariants.termMonotone, text);
    }
    ghost.currentTerm = currentTerm;
    ghost.highestTerm = Math.max(ghost.highestTerm, currentTerm);
  }

  private onElected(node: NodeId, ghost: NodeGhost, state: RaftState, leader: Leader): void {
    const { currentTerm: term, log } = state.durable;
    const other = this.leaders.get(term);
    const last = lastIndex(log);
    if (term > this.highestLedTerm) this.highestLedTerm = term;
    if (other === undefined) this.leaders.set(term, { node, lastIndex: last, lastTerm: lastTerm(log) });
    else if (other.node !== node) {
      this.breach(invariants.electionSafety, `${this.name(other.node)} and ${this.name(node)} both lead term ${term}`);
    }
    if (!isMajorityOf(state.configuration, this.cluster.nodes.filter((voter) => this.votes.isFor(term, node, voter)))) {
      const votes = this.votes.countFor(term, node) + 1;
      const text = `${this.name(node)} leads term ${term} with ${votes} of ${this.cluster.nodes.length} votes`;
      this.breach(invariants.electedByMajority, text);
    }
    // By log matching, whoever has the last of them has all.
    const required = this.committed.requiredFor(term);
    if (required > log.baseIndex && !isSameEntry(heldAt(log, required), this.committed.entries[required - 1])) {
      const text = `${this.name(node)}, elected in term ${term}, lacks entry ${required}, ` +
        `committed in term ${this.committed.committedIn[required - 1]}`;
      this.breach(invariants.leaderCompleteness, text);
    }
    ghost.matchIndex = leader.matchIndex.map(() => 0);
    ghost.nextPeer = 0;
  }

  private checkLog(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    const { log, currentTerm } = state.durable;
    const last = lastIndex(log);
    if (last !== ghost.terms.length || lastTerm(log) > currentTerm) {
      const text = `${this.name(node)} in term ${currentTerm} has ${last} entries in memory, ` +
        `${ghost.terms.length} on disk, the last of term ${lastTerm(log)}`;
      this.breach(invariants.logTermsBounded, text);
    }
    const { commitIndex, lastApplied } = state;
    if (lastApplied <= commitIndex && commitIndex <= last) return;
    const text = `${this.name(node)}: lastApplied ${lastApplied}, commitIndex ${commitIndex}, last index ${last}`;
    this.breach(invariants.indicesBounded, text);
  }

  private onCommitChanged(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    const { commitIndex, durable } = state;
    const { log, currentTerm } = durable;
    if (commitIndex < ghost.commitIndex) {
      const text = `commitIndex of ${this.name(node)} falls from ${ghost.commitIndex} to ${commitIndex}`;
      this.breach(invariants.indicesBounded, text);
    } else if (ghost.ledTerm !== 0 && ghost.terms[commitIndex - 1] !== currentTerm) {
      const text = `${this.name(node)}, leader of term ${currentTerm}, commits up to index ${commitIndex}, ` +
        `an entry of term ${ghost.terms[commitIndex - 1]}`;
      this.breach(invariants.commitsCurrentTerm, text);
    }
    if (ghost.ledTerm !== 0 && commitIndex > ghost.commitIndex) this.checkHolders(node, ghost, state, commitIndex);
    const { entries, committedIn } = this.committed;
    const known = entries.length;
    while (entries.length < Math.min(commitIndex, lastIndex(log))) {
      // A snapshot says nothing of the entries that it replaced; whoever committed them has told of them.
      if (entries.length + 1 <= log.baseIndex) break;
      entries.push(entryAt(log, entries.length + 1));
      committedIn.push(currentTerm);
    }
    if (entries.length > known && this.highestLedTerm > currentTerm) this.checkLaterLeaders(node, currentTerm);
    ghost.commitIndex = commitIndex;
  }

  /** One look at each disk per commit: a leader has had an answer from most of them for it, so that is no new cost. */
  private checkHolders(node: NodeId, ghost: NodeGhost, state: RaftState, commitIndex: number): void {
    const { configuration } = state;
    const holds = this.cluster.nodes.filter((holder) =>
      durableTermAt(this.ghostOf(holder).synced, commitIndex, ghost) === ghost.terms[commitIndex - 1]);
    const holders = holds.length;
    if (isMajorityOf(configuration, holds)) return;
    const text = `${this.name(node)}, leader of term ${ghost.currentTerm}, commits up to index ${commitIndex}, ` +
      `which is on the disks of ${holders} of ${this.nodes.length} nodes`;
    this.breach(invariants.committedIsDurable, text);
  }

  /** A slow leader commits after its successors were elected: then each has to have had the entry when it was. */
  private checkLaterLeaders(node: NodeId, term: number): void {
    const index = this.committed.entries.length;
    for (const [ledTerm, elected] of this.leaders) {
      if (ledTerm <= term) continue;
      const held = this.entries.termAt(index, elected.lastIndex, elected.lastTerm);
      if (held === this.committed.entries[index - 1]?.term) continue;
      const text = `${this.name(node)} commits entry ${index} in term ${term}, which ${this.name(elected.node)}, ` +
        `leader of term ${ledTerm}, lacked when it was elected`;
      this.breach(invariants.leaderCompleteness, text);
    }
  }

  private onAppliedChanged(node: NodeId, ghost: NodeGhost, state: RaftState): void {
    const { lastApplied, durable, executed } = state;
    if (lastApplied < ghost.lastApplied) {
      const text = `lastApplied of ${this.name(node)} falls from ${ghost.lastApplied} to ${lastApplied}`;
      this.breach(invariants.indicesBounded, text);
    }
    for (let index = ghost.lastApplied + 1; index <= lastApplied; index++) {
      if (index <= durable.log.baseIndex) continue;
      if (isSameEntry(heldAt(durable.log, index), this.committed.entries[index - 1])) continue;
      const text = `${this.name(node)} applies another entry at index ${index} than was committed there`;
      this.breach(invariants.stateMachineSafety, text);
    }
    if (!this.committed.recordDigest(lastApplied, state.digest)) {
      const text = `${this.name(node)} is in another state after index ${lastApplied} than a node before it`;
      this.breach(invariants.stateMachineSafety, text);
    }
    for (let position = 0; position < executed.length; position++) {
      const command = executed[position] ?? null;
      if (command === null) continue;
      const index = lastApplied - executed.length + 1 + position;
      const first = this.committed.recordExecution(command.session, command.sequence, index);
      if (first === index) continue;
      const text = `command ${command.sequence} of session ${command.session} is executed at index ${first} ` +
        `and again at index ${index}`;
      this.breach(invariants.atMostOnce, text);
    }
    ghost.lastApplied = lastApplied;
  }

  /** The followers take turns, so that the cost of an event does not grow with the cluster. */
  private checkFollowers(node: NodeId, ghost: NodeGhost, leader: Leader): void {
    const size = this.nodes.length;
    const ownIndex = leader.matchIndex[node] as number;
    const ownKnown = ghost.matchIndex[node] as number;
    if (ownIndex !== ownKnown && (ownIndex < ownKnown || !this.isHeldBy(ghost, ownIndex, ghost))) {
      const text = `${this.name(node)}, leader of term ${ghost.currentTerm}, counts itself up to ${ownIndex} ` +
        `(before: ${ownKnown}), and has ${endOfDurable(ghost.synced)} entries on its disk`;
      this.breach(invariants.matchIndexTrue, text);
    }
    ghost.matchIndex[node] = ownIndex;
    for (let looked = Math.min(size - 1, PEERS_PER_EVENT); looked > 0; looked--) {
      if (ghost.nextPeer === node) ghost.nextPeer += 1;
      if (ghost.nextPeer >= size) ghost.nextPeer = node === 0 ? 1 : 0;
      this.checkFollower(node, ghost, leader, ghost.nextPeer as NodeId);
      ghost.nextPeer += 1;
    }
  }

  private checkFollower(node: NodeId, ghost: NodeGhost, leader: Leader, peer: NodeId): void {
    const matchIndex = leader.matchIndex[peer] as number;
    const nextIndex = leader.nextIndex[peer] as number;
    if (nextIndex <= matchIndex) {
      const text = `${this.name(node)} has nextIndex ${nextIndex} and matchIndex ${matchIndex} for ${this.name(peer)}`;
      this.breach(invariants.nextIndexAhead, text);
    }
    const known = ghost.matchIndex[peer] as number;
    ghost.matchIndex[peer] = matchIndex;
    const follower = this.ghostOf(peer);
    const isHeld = this.isHeldBy(follower, matchIndex, ghost);
    if (isHeld && matchIndex >= known) return;
    const text = `${this.name(node)}, leader of term ${ghost.currentTerm}, has matchIndex ${matchIndex} ` +
      `(before: ${known}) for ${this.name(peer)}, on whose disk are ${endOfDurable(follower.synced)} entries ` +
      (isHeld ? 'that agree' : 'that do not agree');
    this.breach(invariants.matchIndexTrue, text);
  }

  /** Whether a node has the leader's entry at `index` on its disk. */
  private isHeldBy(holder: NodeGhost, index: number, leader: NodeGhost): boolean {
    // Whoever has been in a higher term may have dropped what this leader wrote. It may have forgotten that term since:
    // term and log are synced apart, so a crash can take the term and leave the cut.
    if (index === 0 || holder.highestTerm > leader.currentTerm) return true;
    return index <= leader.terms.length && durableTermAt(holder.synced, index, leader) === leader.terms[index - 1];
  }

  // ── Messages ─────────────────────────────────────────────────────────

  onSend(from: NodeId, to: NodeId, message: Message, synced: DiskView): void {
    const sent = message as RaftMessage | ClientRequest | ClientResponse;
    switch (sent.kind) {
      case 'ClientRequest':
        return this.onClientRequest(sent);
      case 'ClientResponse':
        return this.onClientResponse(from, to, sent);
      case 'RequestVote':
        return this.onVote(from, from, sent.term, synced);
      case 'RequestVoteReply':
        return sent.voteGranted ? this.onVote(from, to, sent.term, synced) : this.onTerm(from, sent.term, synced);
      case 'AppendEntriesAccepted':
        return this.onAccepted(from, sent, synced);
      default:
        return this.onTerm(from, sent.term, synced);
    }
  }

  /** Any message promises that its sender will never be in a lower term again. */
  private onTerm(from: NodeId, term: number, synced: DiskView): void {
    const ghost = this.ghostOf(from);
    if (term > ghost.attestedTerm) ghost.attestedTerm = term;
    if (term <= ghost.durableTerm) return;
    ghost.durableTerm = durableTerm(synced);
    if (term <= ghost.durableTerm) return;
    const text = `${this.name(from)} sends term ${term}, but only term ${ghost.durableTerm} is on its disk`;
    this.breach(invariants.promisesAreDurable, text);
  }

  private onVote(voter: NodeId, candidate: NodeId, term: number, synced: DiskView): void {
    const earlier = this.votes.record(term, voter, candidate);
    if (earlier !== null && earlier !== candidate) {
      const text = `${this.name(voter)} votes for ${this.name(candidate)} in term ${term}, ` +
        `but has voted for ${this.name(earlier)}`;
      this.breach(invariants.voteUniqueness, text);
    }
    this.onTerm(voter, term, synced);
    const vote = synced.cell(VOTE_FILE) as VoteRecord | undefined;
    if (durableTerm(synced) > term || (vote?.currentTerm === term && vote.votedFor === candidate)) return;
    const text = `${this.name(voter)} votes for ${this.name(candidate)} in term ${term}, but has not stored it`;
    this.breach(invariants.promisesAreDurable, text);
  }

  private onAccepted(from: NodeId, reply: AppendEntriesAccepted, synced: DiskView): void {
    this.onTerm(from, reply.term, synced);
    if (reply.matchIndex === 0) return;
    const ghost = this.ghostOf(from);
    const heldTerm = durableTermAt(synced, reply.matchIndex, ghost);
    // While the reply waited for its sync, a leader of a higher term may have replaced entries: in memory, where the
    // disk still has what is acknowledged, or on the disk as well. Whoever counts this reply can no longer win by it.
    // The cut may be on the disk before the term is: the two files are synced apart.
    const isReplaced = ghost.currentTerm > reply.term && (heldTerm !== undefined || ghost.cutFrom <= reply.matchIndex);
    if (isReplaced || (heldTerm !== undefined && heldTerm === ghost.terms[reply.matchIndex - 1])) return;
    if (durableTerm(synced) > reply.term) return;
    const text = `${this.name(from)} acknowledges the entries up to ${reply.matchIndex}, ` +
      `but its disk holds ${endOfDurable(synced)} entries` + (heldTerm === undefined ? '' : ' and another one there');
    this.breach(invariants.promisesAreDurable, text);
  }

  private onClientRequest(request: ClientRequest): void {
    const command = request.command as unknown as SessionCommand;
    if (command.kind !== 'execute' || command.operation.f !== 'read') {
      this.reads[request.client] = undefined;
      return;
    }
    const { session, sequence } = command;
    const open = this.reads[request.client];
    if (open !== undefined && open.session === session && open.sequence === sequence) {
      open.attempts.push(request.id);
      return;
    }
    const fence = this.committed.entries.length;
    this.reads[request.client] = { session, sequence, fence, attempts: [request.id] };
  }

  private onClientResponse(from: NodeId, client: NodeId, response: ClientResponse): void {
    const read = this.reads[client];
    const answer = response.body as unknown as RaftAnswer;
    if (read === undefined || answer.kind !== 'applied' || answer.index >= read.fence) return;
    if (!read.attempts.includes(response.id)) return;
    const text = `${this.name(from)} answers a read of ${this.name(client)} as of index ${answer.index}, ` +
      `but index ${read.fence} was committed before the client asked`;
    this.breach(invariants.readFence, text);
  }

  // ── Helpers ──────────────────────────────────────────────────────────

  private ghostOf(node: NodeId): NodeGhost {
    return this.nodes[node] as NodeGhost;
  }

  private name(process: NodeId): string {
    return this.cluster.nameOf(process);
  }

  private breach(invariant: InvariantInfo, text: string): void {
    if (this.breached.has(invariant.id)) return;
    this.breached.add(invariant.id);
    this.report(invariant, text);
  }
}

/** The invariants of Raft, and the monitor that checks them all. */
export const raftInvariants: InvariantSet<RaftState> = {
  declared: invariants.declaredInvariants,
  observe: (cluster, report) => new RaftMonitor(cluster, report),
};

/** Term in the record that a restart finds. */
function storedTerm(synced: DiskView): number {
  return (synced.cell(VOTE_FILE) as VoteRecord | undefined)?.currentTerm ?? 0;
}

/** Term in which a node would come back: an entry of a term shows that the node was in it. */
function durableTerm(synced: DiskView): number {
  const vote = synced.cell(VOTE_FILE) as VoteRecord | undefined;
  return Math.max(vote?.currentTerm ?? 0, durableLog(synced).at(-1)?.term ?? 0);
}

function durableLog(synced: DiskView): readonly LogEntry[] {
  return synced.log(LOG_FILE) as readonly LogEntry[];
}

function endOfDurable(synced: DiskView): number {
  return synced.head(LOG_FILE).dropped + durableLog(synced).length;
}

/**
 * Term at an index of the log on a disk; `undefined` behind its end. What is compacted, or in a snapshot, was
 * committed: there it is what `like` has there.
 */
function durableTermAt(synced: DiskView, index: number, like: NodeGhost): number | undefined {
  const { dropped } = synced.head(LOG_FILE);
  const snapshot = synced.cell(SNAPSHOT_FILE) as Snapshot | undefined;
  if (index <= Math.max(dropped, snapshot?.lastIncludedIndex ?? 0)) return like.terms[index - 1];
  return durableLog(synced)[index - dropped - 1]?.term;
}

function heldAt(log: RaftLog, index: number): LogEntry | undefined {
  return log.entries[index - log.baseIndex - 1];
}
