/**
 * Raft, as in "In Search of an Understandable Consensus Algorithm (Extended Version)" by Ongaro and Ousterhout, 2014.
 * "Thesis" is Ongaro's "Consensus: Bridging Theory and Practice", 2014.
 *
 * Implemented: Figure 2 whole; §5.1 terms, §5.2 election with randomised timeouts, §5.3 replication with the conflict
 * hint, §5.4.1 election restriction, §5.4.2 commitment, §5.5 retries of what was not answered, §5.6 timing, §8 no-op
 * and reads through the log; thesis §6.2 CheckQuorum, §6.3 sessions (in the service), §10.2.1 writing to the leader's
 * disk in parallel.
 * Not implemented: membership changes (§6), snapshots (§7), PreVote, leadership transfer, reads outside the log.
 *
 * Deviations, with reasons, are listed in README.md beside this file.
 *
 * Atomic steps: each handler. A pause or a crash strikes between a handler and the completion of its persist, between
 * two handlers, and nowhere else. In particular "take a term, store it, answer" is one step, but the answer leaves only
 * after the sync.
 *
 * Uses of sendNow: AppendEntries alone. A leader's entries may travel during its own sync (thesis §10.2.1), because it
 * counts itself only in onPersisted; its term and vote were synced before it could win.
 */
import type { ClientRequest } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import type { Message, Plain } from '../../contract/message.ts';
import type { Node } from '../../contract/node.ts';
import { assert, unreachable } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type {
  AppendEntries,
  AppendEntriesAccepted,
  AppendEntriesRejected,
  LogEntry,
  RaftAnswer,
  RaftMessage,
  RequestVote,
  RequestVoteReply,
} from './messages.ts';
import { RaftRules } from './rules.ts';
import {
  entryAt,
  firstIndexOfTerm,
  lastIndex,
  type Leader,
  LOG_FILE,
  type RaftState,
  type Role,
  termAt,
  VOTE_FILE,
} from './state.ts';

/** A Raft server: what happens when. What the paper states as rules is in {@link RaftRules}. */
export class RaftNode extends RaftRules implements Node<RaftState> {
  onStart(ctx: Context): void {
    // What the disk gave us may be in its cache alone: a process crash leaves it there. We append 5; our process dies
    // before the sync; we read 5 back and acknowledge a heartbeat that covers it; the machine dies; 5 is gone.
    this.storeVote(ctx);
    this.resetElectionTimer(ctx);
  }

  // ── Rules for all servers (Figure 2, §5.1) ───────────────────────────

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    const received = message as RaftMessage;
    // §5.1 A higher term, in any message, makes a follower of us. Replies are no exception, whatever else they say.
    const isNewTerm = received.term > this.state.durable.currentTerm;
    if (isNewTerm) {
      this.adoptTerm(ctx, received.term);
      // A vote is stored together with its term, so onRequestVote does both in one write.
      if (received.kind !== 'RequestVote') this.storeVote(ctx);
    }
    switch (received.kind) {
      case 'RequestVote':
        return this.onRequestVote(ctx, from, received, isNewTerm);
      case 'RequestVoteReply':
        return this.onRequestVoteReply(ctx, from, received);
      case 'AppendEntries':
        return this.onAppendEntries(ctx, from, received);
      case 'AppendEntriesAccepted':
        return this.onAppendEntriesAccepted(ctx, from, received);
      case 'AppendEntriesRejected':
        return this.onAppendEntriesRejected(ctx, from, received);
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
      default:
        assert(false, 'Raft sets no other timer');
    }
  }

  onPersisted(ctx: Context, tag: PersistTag): void {
    const { role, durable } = this.state;
    // What was asked for in an earlier term is no news to this one: the entry at that index may be another by now.
    if (tag['term'] !== durable.currentTerm) return;
    if (tag.kind === 'own-vote' && role.kind === 'candidate') this.countVote(ctx, this.self);
    if (tag.kind === 'own-entry' && role.kind === 'leader') {
      this.raiseMatchIndex(ctx, role, this.self, tag['index'] as number);
    }
  }

  /** Figure 2: what is committed is applied, in log order. Leaders answer here. */
  private applyCommitted(ctx: Context): void {
    const { state } = this;
    const { log } = state.durable;
    state.executed.length = 0;
    while (state.lastApplied < state.commitIndex) {
      const index = state.lastApplied + 1;
      const entry = entryAt(log, index);
      state.lastApplied = index;
      if (entry.kind === 'no-op') {
        state.executed.push(null);
        continue;
      }
      const applied = this.machine.apply(state.machine, entry.command, 0);
      state.executed.push(applied.executed);
      if (state.role.kind === 'leader') this.answer(ctx, state.role, index, applied.result);
    }
    state.digest = this.machine.digest(state.machine);
  }

  // ── Leader election (§5.2) ───────────────────────────────────────────

  private onElectionTimeout(ctx: Context): void {
    const { state } = this;
    const { durable } = state;
    assert(state.role.kind !== 'leader', 'a leader runs no election timer');
    durable.currentTerm += 1;
    durable.votedFor = this.self;
    state.leaderId = null;
    state.role = { kind: 'candidate', votesGranted: [], haveAnswered: [] };
    this.resetElectionTimer(ctx);
    ctx.note({ event: 'became-candidate', term: durable.currentTerm });
    // Our own vote is a promise like any other: it counts when it is synced.
    ctx.put(VOTE_FILE, this.voteRecord());
    ctx.persist({ kind: 'own-vote', term: durable.currentTerm });
    ctx.setTimer('request-votes', this.settings.heartbeatUs);
    ctx.broadcast(this.requestVote());
  }

  /** §5.5 Requests that nobody answered are repeated. The vote is the same however often it is asked for. */
  private onRequestVotesAgain(ctx: Context): void {
    const { role } = this.state;
    if (role.kind !== 'candidate') return;
    ctx.setTimer('request-votes', this.settings.heartbeatUs);
    for (const peer of ctx.peers) if (!role.haveAnswered.includes(peer)) ctx.send(peer, this.requestVote());
  }

  private requestVote(): RequestVote {
    const { currentTerm: term, log } = this.state.durable;
    const lastLogIndex = lastIndex(log);
    return { kind: 'RequestVote', term, lastLogIndex, lastLogTerm: termAt(log, lastLogIndex) };
  }

  private onRequestVote(ctx: Context, from: NodeId, request: RequestVote, isNewTerm: boolean): void {
    const { durable } = this.state;
    const voteGranted = this.mayGrantVote(from, request);
    // Asked again, we only say it again. A candidate that cannot hear us would else keep our timer from ever ending.
    const isNewVote = voteGranted && durable.votedFor !== from;
    if (isNewVote) {
      assert(this.state.role.kind !== 'leader', 'a leader has voted for itself');
      durable.votedFor = from;
      this.resetElectionTimer(ctx);
      ctx.note({ event: 'granted-vote', term: durable.currentTerm, candidate: from });
    }
    if (isNewTerm || isNewVote) this.storeVote(ctx); // Barrier: the reply leaves when term and vote are synced.
    const reply: RequestVoteReply = { kind: 'RequestVoteReply', term: durable.currentTerm, voteGranted };
    ctx.send(from, reply);
  }

  private onRequestVoteReply(ctx: Context, from: NodeId, reply: RequestVoteReply): void {
    const { role } = this.state;
    if (role.kind !== 'candidate') return; // Already decided.
    if (reply.term < this.state.durable.currentTerm) return; // From an older election.
    if (!role.haveAnswered.includes(from)) role.haveAnswered.push(from);
    if (reply.voteGranted) this.countVote(ctx, from);
  }

  private countVote(ctx: Context, voter: NodeId): void {
    const { role } = this.state;
    assert(role.kind === 'candidate', 'only a candidate counts votes');
    if (!this.countsVote(voter, role.votesGranted)) return;
    role.votesGranted.push(voter);
    if (this.isQuorum(role.votesGranted.length)) this.becomeLeader(ctx);
  }

  // ── Log replication (§5.3): the leader ───────────────────────────────

  onRequest(ctx: Context, request: ClientRequest): void {
    const { role, durable, leaderId } = this.state;
    if (role.kind !== 'leader') {
      ctx.reply(request, { kind: 'not-leader', leader: leaderId } satisfies RaftAnswer);
      return;
    }
    this.appendAsLeader(ctx, role, { kind: 'command', term: durable.currentTerm, command: request.command }, request);
    this.replicate(ctx, role);
  }

  private appendAsLeader(ctx: Context, leader: Leader, entry: LogEntry, request: ClientRequest | null): void {
    const { log } = this.state.durable;
    assert(entry.term >= termAt(log, lastIndex(log)), 'terms do not go down along a log');
    log.push(Object.freeze(entry));
    leader.holders.push(0);
    leader.requests.push(request);
    ctx.append(LOG_FILE, entry);
    ctx.persist({ kind: 'own-entry', term: entry.term, index: lastIndex(log) });
  }

  /** Sends what is new to each follower that keeps up; the others get it when they have answered. */
  private replicate(ctx: Context, leader: Leader): void {
    leader.requestId += 1;
    let last: AppendEntries | null = null;
    for (const peer of ctx.peers) {
      if (leader.isProbing[peer] !== true) last = this.sendEntries(ctx, leader, peer, last);
    }
  }

  /** §5.5 Heartbeats also repeat what was lost: a follower that lacks the entry before them rejects them. */
  private onHeartbeat(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'leader', 'only a leader runs a heartbeat timer');
    ctx.setTimer('heartbeat', this.settings.heartbeatUs);
    role.requestId += 1;
    let last: AppendEntries | null = null;
    for (const peer of ctx.peers) last = this.sendEntries(ctx, role, peer, last);
  }

  /** Sends entries from nextIndex on. Returns the message; `last` is used again if it says the same. */
  private sendEntries(ctx: Context, leader: Leader, peer: NodeId, last: AppendEntries | null): AppendEntries {
    const prevLogIndex = (leader.nextIndex[peer] as number) - 1;
    const message = last?.prevLogIndex === prevLogIndex ? last : this.appendEntries(leader, prevLogIndex);
    if (leader.isProbing[peer] !== true) leader.nextIndex[peer] = prevLogIndex + message.entries.length + 1;
    ctx.sendNow(peer, message);
    return message;
  }

  private appendEntries(leader: Leader, prevLogIndex: number): AppendEntries {
    const { durable, commitIndex } = this.state;
    return {
      kind: 'AppendEntries',
      term: durable.currentTerm,
      requestId: leader.requestId,
      prevLogIndex,
      prevLogTerm: termAt(durable.log, prevLogIndex),
      entries: durable.log.slice(prevLogIndex, prevLogIndex + this.settings.maxEntriesPerMessage),
      leaderCommit: commitIndex,
    };
  }

  private onAppendEntriesAccepted(ctx: Context, from: NodeId, reply: AppendEntriesAccepted): void {
    const { role, durable } = this.state;
    if (role.kind !== 'leader' || reply.term < durable.currentTerm) return;
    noteAnswer(role, from);
    role.isProbing[from] = false;
    if (reply.matchIndex >= (role.nextIndex[from] as number)) role.nextIndex[from] = reply.matchIndex + 1;
    this.raiseMatchIndex(ctx, role, from, reply.matchIndex);
    if ((role.nextIndex[from] as number) <= lastIndex(durable.log)) this.sendNext(ctx, role, from);
  }

  /**
   * §5.3 Steps back and tries again, with the follower's hint. Entries that overtake each other on the way are rejected
   * in bunches; one step back answers for all that were sent before it. Never below matchIndex: a rejection can be
   * older than an acceptance that has arrived already.
   */
  private onAppendEntriesRejected(ctx: Context, from: NodeId, reply: AppendEntriesRejected): void {
    const { role, durable } = this.state;
    if (role.kind !== 'leader' || reply.term < durable.currentTerm) return;
    noteAnswer(role, from);
    if (reply.requestId < (role.resumedAt[from] as number)) return;
    const nextIndex = Math.min(role.nextIndex[from] as number, reply.conflictIndex);
    role.nextIndex[from] = Math.max(nextIndex, (role.matchIndex[from] as number) + 1);
    role.isProbing[from] = true;
    role.resumedAt[from] = role.requestId + 1;
    this.sendNext(ctx, role, from);
  }

  private sendNext(ctx: Context, leader: Leader, peer: NodeId): void {
    leader.requestId += 1;
    this.sendEntries(ctx, leader, peer, null);
  }

  // ── Log replication (§5.3): the follower ─────────────────────────────

  private onAppendEntries(ctx: Context, from: NodeId, request: AppendEntries): void {
    const { state } = this;
    const { durable } = state;
    const { requestId, prevLogIndex, entries } = request;
    if (request.term < durable.currentTerm) return this.reject(ctx, from, request);
    assert(state.role.kind !== 'leader', 'a term has one leader');
    // §5.2 Whoever leads our term ends our candidacy.
    state.role = FOLLOWER;
    state.leaderId = from;
    this.resetElectionTimer(ctx);
    if (!this.holdsEntry(prevLogIndex, request.prevLogTerm)) return this.reject(ctx, from, request);
    this.storeEntries(ctx, prevLogIndex, entries);
    // Not our last index: what we hold beyond this message may come from a dead leader.
    const matchIndex = prevLogIndex + entries.length;
    const commitIndex = this.followerCommitIndex(request.leaderCommit, matchIndex);
    if (commitIndex > state.commitIndex) {
      state.commitIndex = commitIndex;
      this.applyCommitted(ctx);
    }
    const { currentTerm: term } = durable;
    const reply: AppendEntriesAccepted = { kind: 'AppendEntriesAccepted', term, requestId, matchIndex };
    ctx.send(from, reply);
  }

  /** Figure 2, AppendEntries receiver rules 3 and 4. */
  private storeEntries(ctx: Context, prevLogIndex: number, entries: readonly LogEntry[]): void {
    const { log } = this.state.durable;
    const conflict = this.firstConflict(prevLogIndex, entries);
    if (conflict !== null) {
      assert(conflict > prevLogIndex, 'the entry before a message agrees with it');
      log.length = conflict - 1;
      ctx.truncateFrom(LOG_FILE, conflict);
    }
    const held = lastIndex(log) - prevLogIndex;
    for (let position = Math.max(held, 0); position < entries.length; position++) {
      const entry = entries[position] as LogEntry;
      log.push(entry);
      ctx.append(LOG_FILE, entry);
    }
    // Barrier: an acceptance leaves when the entries are synced.
    if (conflict !== null || held < entries.length) ctx.persist();
  }

  private reject(ctx: Context, from: NodeId, request: AppendEntries): void {
    const { log, currentTerm: term } = this.state.durable;
    const { prevLogIndex, requestId } = request;
    const isShort = prevLogIndex > lastIndex(log);
    const conflictIndex = isShort ? lastIndex(log) + 1 : firstIndexOfTerm(log, termAt(log, prevLogIndex));
    const reply: AppendEntriesRejected = { kind: 'AppendEntriesRejected', term, requestId, conflictIndex };
    ctx.send(from, reply);
  }

  // ── Commitment (§5.3, §5.4.2) ────────────────────────────────────────

  /**
   * Counts how many nodes hold each entry, instead of sorting what each node holds: one step per entry and node,
   * however large the cluster. Replies may come late or twice: what is known of a follower never shrinks.
   */
  private raiseMatchIndex(ctx: Context, leader: Leader, node: NodeId, index: number): void {
    const { log } = this.state.durable;
    const known = leader.matchIndex[node] as number;
    if (index <= known) return;
    assert(index <= lastIndex(log), 'nobody holds more of our log than we do');
    leader.matchIndex[node] = index;
    for (let held = Math.max(known, this.state.commitIndex) + 1; held <= index; held++) {
      const position = held - leader.trackedFrom;
      leader.holders[position] = (leader.holders[position] as number) + 1;
    }
    this.advanceCommitIndex(ctx, leader);
  }

  private advanceCommitIndex(ctx: Context, leader: Leader): void {
    const { state } = this;
    const last = lastIndex(state.durable.log);
    let index = state.commitIndex;
    while (index < last && this.isQuorum(leader.holders[index + 1 - leader.trackedFrom] as number)) index += 1;
    if (index === state.commitIndex || !this.mayCommit(index)) return;
    state.commitIndex = index;
    ctx.note({ event: 'committed', index });
    this.applyCommitted(ctx);
  }

  // ── Timing (§5.6) ────────────────────────────────────────────────────

  private resetElectionTimer(ctx: Context): void {
    const { electionTimeoutUsMin, electionTimeoutUsMax } = this.settings;
    // §5.2 A new draw each time: nodes that once collided part again.
    ctx.setTimer('election', ctx.random('election').between(electionTimeoutUsMin, electionTimeoutUsMax));
  }

  /** Thesis §6.2: a leader that reaches no majority stops being one, so that its clients look elsewhere. */
  private onCheckQuorum(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'leader', 'only a leader checks its quorum');
    if (!this.isQuorum(role.answeredCount + 1)) return this.stepDown(ctx);
    role.hasAnswered.fill(false);
    role.answeredCount = 0;
    ctx.setTimer('check-quorum', this.settings.electionTimeoutUsMax);
  }

  // ── Client interaction (§8) ──────────────────────────────────────────

  private answer(ctx: Context, leader: Leader, index: number, result: Plain): void {
    const request = leader.requests[index - leader.trackedFrom] ?? null;
    if (request === null) return;
    leader.requests[index - leader.trackedFrom] = null;
    ctx.reply(request, { kind: 'applied', result, index } satisfies RaftAnswer);
  }

  /** Whoever waits still must not be told that it failed: a later leader may hold the entry and commit it. */
  private abandonRequests(ctx: Context, leader: Leader): void {
    for (const request of leader.requests) {
      if (request !== null) ctx.reply(request, { kind: 'leadership-lost' } satisfies RaftAnswer);
    }
  }

  // ── Transitions ──────────────────────────────────────────────────────

  private adoptTerm(ctx: Context, term: number): void {
    const { durable } = this.state;
    assert(term > durable.currentTerm, 'terms only go up');
    durable.currentTerm = term;
    durable.votedFor = null;
    this.state.leaderId = null;
    if (this.state.role.kind === 'leader') this.stepDown(ctx);
    this.state.role = FOLLOWER;
  }

  private becomeLeader(ctx: Context): void {
    const { state, clusterSize } = this;
    const { log, currentTerm } = state.durable;
    assert(state.role.kind === 'candidate', 'only a candidate becomes leader');
    const last = lastIndex(log);
    assert(last >= state.commitIndex, 'a log holds what is committed');
    const leader: Leader = {
      kind: 'leader',
      nextIndex: filled(clusterSize, last + 1),
      matchIndex: filled(clusterSize, 0),
      isProbing: filled(clusterSize, true),
      requestId: 0,
      resumedAt: filled(clusterSize, 0),
      trackedFrom: state.commitIndex + 1,
      // What we hold so far was synced before our request for votes left.
      holders: filled(last - state.commitIndex, 1),
      requests: filled(last - state.commitIndex, null),
      hasAnswered: filled(clusterSize, false),
      answeredCount: 0,
    };
    leader.matchIndex[this.self] = last;
    state.role = leader;
    state.leaderId = this.self;
    ctx.note({ event: 'became-leader', term: currentTerm });
    ctx.cancelTimer('election');
    if (this.settings.checkQuorum) ctx.setTimer('check-quorum', this.settings.electionTimeoutUsMax);
    // §8 Entries of earlier terms commit with the first one of ours.
    if (this.settings.noOpOnElection) this.appendAsLeader(ctx, leader, { kind: 'no-op', term: currentTerm }, null);
    this.onHeartbeat(ctx);
  }

  private stepDown(ctx: Context): void {
    const { role, durable } = this.state;
    assert(role.kind === 'leader', 'only a leader steps down');
    this.abandonRequests(ctx, role);
    this.state.role = FOLLOWER;
    this.state.leaderId = null;
    ctx.cancelTimer('heartbeat');
    ctx.cancelTimer('check-quorum');
    this.resetElectionTimer(ctx);
    ctx.note({ event: 'stepped-down', term: durable.currentTerm });
  }

  private storeVote(ctx: Context): void {
    ctx.put(VOTE_FILE, this.voteRecord());
    ctx.persist();
  }
}

const FOLLOWER: Role = Object.freeze({ kind: 'follower' });

function filled<T>(length: number, value: T): T[] {
  return new Array<T>(length).fill(value);
}

/** CheckQuorum counts a follower once between two looks, whatever it answered. */
function noteAnswer(leader: Leader, follower: NodeId): void {
  if (leader.hasAnswered[follower] === true) return;
  leader.hasAnswered[follower] = true;
  leader.answeredCount += 1;
}
