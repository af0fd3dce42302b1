/**
 * Raft, as in "In Search of an Understandable Consensus Algorithm (Extended Version)" by Ongaro and Ousterhout, 2014.
 * "Thesis" is Ongaro's "Consensus: Bridging Theory and Practice", 2014.
 *
 * Implemented: Figure 2 whole; §5.1 terms, §5.2 election with randomised timeouts, §5.3 replication with the conflict
 * hint, §5.4.1 election restriction, §5.4.2 commitment, §5.5 retries of what was not answered, §5.6 timing, §6 joint
 * consensus, §7 snapshots in chunks, §8 no-op; thesis §3.10 leadership transfer, §4.1 changes of one server, §4.2.1
 * learners and rounds, §4.2.2 removal of the leader, §4.2.3 stickiness, §6.2 CheckQuorum, §6.3 sessions (in the
 * service), §6.4 ReadIndex and leases, §9.6 PreVote, §10.2.1 writing to the leader's disk in parallel.
 *
 * Deviations, with reasons, are listed in README.md beside this file.
 *
 * Atomic steps: each handler. A pause or a crash strikes between a handler and the completion of its persist, between
 * two handlers, and nowhere else. In particular "take a term, store it, answer" is one step, but the answer leaves only
 * after the sync; and a snapshot that was received replaces the log in the step after its own sync.
 *
 * Uses of sendNow: what a leader sends to feed its followers, AppendEntries and InstallSnapshot. Its entries may travel
 * during its own sync (thesis §10.2.1), because it counts itself only in onPersisted; its term and vote were synced
 * before it could win. With asyncStorage, a follower's acceptance as well: it is made when its own write is complete.
 */
import type { ClientRequest } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import type { Message } from '../../contract/message.ts';
import type { Node, NodeInit, Order } from '../../contract/node.ts';
import type { Options } from '../../contract/options.ts';
import { assert, unreachable } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { readInitial } from './initial.ts';
import { lastIndex, lastTerm } from './log.ts';
import { Membership, newLeader } from './membership.ts';
import type { Forward, LogEntry, RaftAnswer, RaftMessage } from './messages.ts';
import { readSettings } from './options.ts';
import { type Leader, LOG_FILE, type RaftState } from './state.ts';

/** What is rare enough to be looked at last. */
type OtherMessage = Exclude<
  RaftMessage, { readonly kind: 'AppendEntries' | 'AppendEntriesAccepted' | 'AppendEntriesRejected' | 'RequestVote' }
>;

/** A Raft server: what reaches it and where that is dealt with. What the papers state as rules is in `rules.ts`. */
export class RaftNode extends Membership implements Node<RaftState> {
  private readonly isNew: boolean;
  private readonly beginning: readonly LogEntry[];
  /** What the disk held of the log, which may be more, or less, than what was recovered. */
  private readonly found: { readonly dropped: number; readonly held: number };

  constructor(init: NodeInit) {
    super(init);
    this.isNew = init.isNew;
    this.beginning = readInitial(init).entries;
    this.found = { dropped: init.disk.head(LOG_FILE).dropped, held: init.disk.log(LOG_FILE).length };
  }

  onStart(ctx: Context): void {
    const { state } = this;
    if (state.isAmnesiac) return;
    this.noteEntry(ctx);
    this.discardForeignLog(ctx, this.found.dropped, this.found.held);
    if (this.isNew && this.found.held === 0) this.begin(ctx);
    // We may have promised a leader, in our former life, not to elect another one (thesis §6.4.1).
    if (this.settings.stickiness && !this.isNew) state.leaderContactUs = ctx.monotonicUs();
    // What the disk gave us may be in its cache alone: a process crash leaves it there. We append 5; our process dies
    // before the sync; we read 5 back and acknowledge a heartbeat that covers it; the machine dies; 5 is gone.
    this.storeVote(ctx);
    this.resetElectionTimer(ctx);
  }

  /** What a scenario lets us have from the beginning, Figure 7 for one. */
  private begin(ctx: Context): void {
    for (const entry of this.beginning) {
      this.state.durable.log.entries.push(entry);
      ctx.append(LOG_FILE, entry);
    }
  }

  // ── Rules for all servers (Figure 2, §5.1) ───────────────────────────

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    if (this.state.isAmnesiac) return;
    const received = message as RaftMessage;
    // Messages have more shapes than V8 tells apart at one place, so their term is read in each case: first in those
    // that there are most of. By a name of its own, because all reads of one field of one variable are one place.
    switch (received.kind) {
      case 'AppendEntries': {
        const request = received;
        this.heedTerm(ctx, request.term);
        return this.onAppendEntries(ctx, from, request);
      }
      case 'AppendEntriesAccepted': {
        const reply = received;
        this.heedTerm(ctx, reply.term);
        return this.onAppendEntriesAccepted(ctx, from, reply);
      }
      case 'AppendEntriesRejected': {
        const rejection = received;
        this.heedTerm(ctx, rejection.term);
        return this.onAppendEntriesRejected(ctx, from, rejection);
      }
      case 'RequestVote': {
        if (this.ignoresCandidate(received.isTransfer, ctx.monotonicUs())) return;
        const isNewTerm = received.term > this.state.durable.currentTerm;
        // A vote is stored together with its term, so onRequestVote does both in one write.
        if (isNewTerm) this.adoptTerm(ctx, received.term);
        return this.onRequestVote(ctx, from, received, isNewTerm);
      }
      default:
        this.heedTerm(ctx, received.term);
        return this.onOtherMessage(ctx, from, received);
    }
  }

  /** §5.1 A higher term, in any message, makes a follower of us. Replies are no exception, whatever else they say. */
  private heedTerm(ctx: Context, term: number): void {
    if (term <= this.state.durable.currentTerm) return;
    this.adoptTerm(ctx, term);
    this.storeVote(ctx);
  }

  private onOtherMessage(ctx: Context, from: NodeId, received: OtherMessage): void {
    switch (received.kind) {
      case 'RequestVoteReply':
        return this.onRequestVoteReply(ctx, from, received);
      case 'PreVote':
        return this.onPreVote(ctx, from, received);
      case 'PreVoteReply':
        return this.onPreVoteReply(ctx, from, received);
      case 'InstallSnapshot':
        return this.onInstallSnapshot(ctx, from, received);
      case 'InstallSnapshotReply':
        return this.onInstallSnapshotReply(ctx, from, received);
      case 'Outdated':
        return; // It has said all with its term.
      case 'TimeoutNow':
        return this.onTimeoutNow(ctx, received);
      case 'ReadIndexRequest':
        return this.onReadIndexRequest(ctx, from, received);
      case 'ReadIndexReply':
        return this.onReadIndexReply(ctx, received);
      case 'Forward':
        return this.onForward(ctx, received);
      default:
        return unreachable(received);
    }
  }

  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case 'election':
        return this.onElectionTimeout(ctx);
      case 'heartbeat':
        return this.onHeartbeat(ctx);
      case 'request-votes':
        return this.onRequestVotesAgain(ctx);
      case 'check-quorum':
        return this.onCheckQuorum(ctx);
      case 'batch':
        return this.onBatchEnd(ctx);
      case 'transfer':
        return this.onTransferTimeout();
      default:
        assert(false, 'Raft sets no other timer');
    }
  }

  onPersisted(ctx: Context, tag: PersistTag): void {
    const { role, durable } = this.state;
    switch (tag.kind) {
      case 'own-entry':
        if (this.isCurrent(tag) && role.kind === 'leader') {
          this.raiseMatchIndex(ctx, role, this.self, tag['index'] as number);
        }
        return;
      case 'machine':
        return this.onMachineDue(ctx);
      case 'snapshot':
        return this.onSnapshotPersisted(ctx, tag);
      case 'installed':
        return this.onInstalled(ctx, tag);
      case 'own-vote':
        if (this.isCurrent(tag) && role.kind === 'candidate') this.countVote(ctx, this.self);
        return;
      case 'append':
        if (!this.isCurrent(tag)) return;
        return ctx.sendNow(tag['to'] as NodeId, this.accepted(
          tag['requestId'] as number, tag['sentAtUs'] as number, tag['matchIndex'] as number));
      default:
        assert(durable === null, 'Raft persists for no other reason');
    }
  }

  /**
   * What was written in an earlier term is no news to this one. (5, term 1) is being written; the leader of term 2 puts
   * (5, term 2) over it; that of term 3 sends (5, term 1) again; whoever takes the completion of the first write for
   * one of the third acknowledges what is not on its disk (etcd-io/raft 897e1cf).
   */
  protected isCurrent(tag: PersistTag): boolean {
    return tag['term'] === this.state.durable.currentTerm;
  }

  // ── Clients (§8) ─────────────────────────────────────────────────────

  onRequest(ctx: Context, request: ClientRequest): void {
    const { role, leaderId, durable, isAmnesiac } = this.state;
    if (role.kind === 'leader') return this.take(ctx, role, request);
    if (leaderId === null || isAmnesiac) {
      if (this.settings.dropsWithoutLeader) return;
      return ctx.reply(request, { kind: 'not-leader', leader: null } satisfies RaftAnswer);
    }
    if (this.settings.followerReads && this.isRead(request)) return this.readAtFollower(ctx, leaderId, request);
    if (this.settings.forwarding) {
      const message: Forward = { kind: 'Forward', term: durable.currentTerm, request };
      return ctx.send(leaderId, message);
    }
    ctx.reply(request, { kind: 'not-leader', leader: leaderId } satisfies RaftAnswer);
  }

  private onForward(ctx: Context, { request }: Forward): void {
    const { role } = this.state;
    if (role.kind === 'leader') return this.take(ctx, role, request);
    // Handed on once and no further: two nodes that take each other for the leader would never stop.
    ctx.reply(request, { kind: 'not-leader', leader: null } satisfies RaftAnswer);
  }

  private take(ctx: Context, leader: Leader, request: ClientRequest): void {
    if (this.isRead(request) && this.serveRead(ctx, leader, request)) return;
    // Thesis §3.10: what is appended now would keep the successor from catching up.
    const isHandingOver = leader.transferTo !== null || this.isLeaving();
    const isFull = leader.uncommittedBytes >= this.settings.maxUncommittedBytes;
    if (isFull || isHandingOver) return ctx.reply(request, { kind: 'busy' } satisfies RaftAnswer);
    this.appendCommand(ctx, leader, request);
  }

  // ── Operators ────────────────────────────────────────────────────────

  onOrder(ctx: Context, order: Order): void {
    const { role, isAmnesiac } = this.state;
    if (isAmnesiac) return;
    if (order.kind === 'snapshot') return this.takeSnapshot(ctx);
    if (role.kind === 'leader') return order.kind === 'campaign' ? undefined : this.onLeaderOrder(ctx, role, order);
    if (order.kind === 'campaign' && !this.ignoresCandidate(false, ctx.monotonicUs())) this.onElectionTimeout(ctx);
  }

  onOptions(ctx: Context, options: Options): void {
    this.settings = readSettings(options);
    this.noteEntry(ctx);
    this.onConfigurationRule();
  }

  // ── Leading ──────────────────────────────────────────────────────────

  protected override lead(ctx: Context): void {
    const { state, settings } = this;
    const { log, currentTerm } = state.durable;
    const last = lastIndex(log);
    const timeBaseUs = this.timeOfLog(ctx);
    const leader = newLeader(this.clusterSize, last, { timeBaseUs, ledSinceUs: ctx.monotonicUs() });
    // What we hold so far was synced before our request for votes left.
    leader.matchIndex[this.self] = last;
    state.role = leader;
    this.lookAround(leader);
    for (const node of leader.targets) leader.nextIndex[node] = last + 1;
    if (settings.checkQuorum) ctx.setTimer('check-quorum', settings.electionTimeoutUsMax);
    // §8 Entries of earlier terms commit with the first one of ours. Who is on its way out takes no command that could
    // be that one, and has to finish the change all the same.
    if (settings.noOpOnElection || this.isLeaving()) {
      const noOp = { kind: 'no-op', term: currentTerm, timeUs: timeBaseUs, bytes: 0 } as const;
      this.appendAsLeader(ctx, leader, noOp);
    }
    assert(lastTerm(log) <= currentTerm, 'a leader is in the latest term of its log');
    this.onHeartbeat(ctx);
  }

  /** Whoever waits still must not be told that it failed: a later leader may hold the entry and commit it. */
  protected override abandon(ctx: Context, leader: Leader): void {
    for (const { request } of leader.requests) {
      ctx.reply(request, { kind: 'leadership-lost' } satisfies RaftAnswer);
    }
    leader.requests.length = 0;
    this.abandonReads(ctx, leader);
  }

  /** Thesis §6.2: a leader that reaches no majority stops being one, so that its clients look elsewhere. */
  private onCheckQuorum(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'leader', 'only a leader checks its quorum');
    if (!this.isQuorumOf((node) => node === this.self || role.hasAnswered[node] === true)) return this.stepDown(ctx);
    role.hasAnswered.fill(false);
    ctx.setTimer('check-quorum', this.settings.electionTimeoutUsMax);
  }

  protected override onCommitted(ctx: Context, leader: Leader): void {
    if (this.state.role === leader) this.settleConfiguration(ctx, leader);
  }

  protected override onApplied(ctx: Context): void {
    this.answerApplied(ctx);
    this.takeSnapshotWhenDue(ctx);
  }
}
