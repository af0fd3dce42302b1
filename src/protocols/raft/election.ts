import type { Context, RandomStream } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { lastIndex, lastTerm } from './log.ts';
import type { PreVote, PreVoteReply, RequestVote, RequestVoteReply, TimeoutNow } from './messages.ts';
import { RaftRules } from './rules.ts';
import { FOLLOWER, type Leader, VOTE_FILE } from './state.ts';

/** How a server becomes leader, and how it stops being one (§5.2; thesis §9.6 and §4.2.3). */
export abstract class Election extends RaftRules {
  /** Where election timeouts are drawn from, once it was looked up: each message of a leader draws one. */
  private timeoutLuck: RandomStream | null = null;

  /** What a new leader does first. */
  protected abstract lead(ctx: Context): void;
  /** What a leader leaves behind. */
  protected abstract abandon(ctx: Context, leader: Leader): void;
  /** What a follower that waited for its leader does when that is gone. */
  protected abstract loseLeader(ctx: Context): void;

  // ── Timing (§5.6) ────────────────────────────────────────────────────

  protected resetElectionTimer(ctx: Context): void {
    const { electionTimeoutUsMin, electionTimeoutUsMax } = this.settings;
    // §5.2 A new draw each time: nodes that once collided part again.
    this.timeoutLuck ??= ctx.random('election');
    ctx.setTimer('election', this.timeoutLuck.between(electionTimeoutUsMin, electionTimeoutUsMax));
  }

  protected onElectionTimeout(ctx: Context): void {
    assert(this.state.role.kind !== 'leader', 'a leader runs no election timer');
    if (!this.mayCampaign()) this.resetElectionTimer(ctx);
    else if (this.settings.preVote) this.becomePreCandidate(ctx);
    else this.becomeCandidate(ctx, false);
  }

  // ── PreVote (thesis §9.6) ────────────────────────────────────────────

  private becomePreCandidate(ctx: Context): void {
    const { state } = this;
    this.loseLeader(ctx);
    state.leaderId = null;
    state.role = { kind: 'pre-candidate', votesGranted: [] };
    this.resetElectionTimer(ctx);
    ctx.note({ event: 'became-pre-candidate', term: state.durable.currentTerm });
    ctx.setTimer('request-votes', this.settings.heartbeatUs);
    ctx.broadcast(this.preVote());
    this.countPreVote(ctx, this.self);
  }

  private preVote(): PreVote {
    const { currentTerm: term, log } = this.state.durable;
    return { kind: 'PreVote', term, nextTerm: term + 1, lastLogIndex: lastIndex(log), lastLogTerm: lastTerm(log) };
  }

  /** Nothing is stored and no timer starts again: whoever asks in vain must not keep us from standing ourselves. */
  protected onPreVote(ctx: Context, from: NodeId, request: PreVote): void {
    const voteGranted = this.mayGrantPreVote(request, ctx.monotonicUs());
    const { currentTerm: term } = this.state.durable;
    const reply: PreVoteReply = { kind: 'PreVoteReply', term, nextTerm: request.nextTerm, voteGranted };
    ctx.send(from, reply);
  }

  protected onPreVoteReply(ctx: Context, from: NodeId, reply: PreVoteReply): void {
    if (this.state.role.kind !== 'pre-candidate') return;
    if (!reply.voteGranted || reply.nextTerm !== this.state.durable.currentTerm + 1) return;
    this.countPreVote(ctx, from);
  }

  private countPreVote(ctx: Context, voter: NodeId): void {
    const { role } = this.state;
    if (role.kind !== 'pre-candidate' || role.votesGranted.includes(voter)) return;
    role.votesGranted.push(voter);
    if (this.isQuorumOf((node) => role.votesGranted.includes(node))) this.becomeCandidate(ctx, false);
  }

  // ── Leader election (§5.2) ───────────────────────────────────────────

  protected becomeCandidate(ctx: Context, isTransfer: boolean): void {
    const { state } = this;
    const { durable } = state;
    this.loseLeader(ctx);
    durable.currentTerm += 1;
    durable.votedFor = this.self;
    state.leaderId = null;
    state.role = { kind: 'candidate', votesGranted: [], haveAnswered: [], isTransfer };
    this.resetElectionTimer(ctx);
    ctx.note({ event: 'became-candidate', term: durable.currentTerm });
    // Our own vote is a promise like any other: it counts when it is synced.
    ctx.put(VOTE_FILE, this.voteRecord());
    ctx.persist({ kind: 'own-vote', term: durable.currentTerm });
    ctx.setTimer('request-votes', this.settings.heartbeatUs);
    ctx.broadcast(this.requestVote(isTransfer));
  }

  /** §5.5 Requests that nobody answered are repeated. The vote is the same however often it is asked for. */
  protected onRequestVotesAgain(ctx: Context): void {
    const { role } = this.state;
    if (role.kind !== 'candidate' && role.kind !== 'pre-candidate') return;
    ctx.setTimer('request-votes', this.settings.heartbeatUs);
    if (role.kind === 'pre-candidate') {
      for (const peer of ctx.peers) if (!role.votesGranted.includes(peer)) ctx.send(peer, this.preVote());
      return;
    }
    for (const peer of ctx.peers) {
      if (!role.haveAnswered.includes(peer)) ctx.send(peer, this.requestVote(role.isTransfer));
    }
  }

  private requestVote(isTransfer: boolean): RequestVote {
    const { currentTerm: term, log } = this.state.durable;
    return { kind: 'RequestVote', term, lastLogIndex: lastIndex(log), lastLogTerm: lastTerm(log), isTransfer };
  }

  protected onRequestVote(ctx: Context, from: NodeId, request: RequestVote, isNewTerm: boolean): void {
    const { durable } = this.state;
    // Thesis §4.2.2: also a learner votes, and for whom its configuration does not know: it may be the one that is old.
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

  protected onRequestVoteReply(ctx: Context, from: NodeId, reply: RequestVoteReply): void {
    const { role } = this.state;
    if (role.kind !== 'candidate') return; // Already decided.
    if (!this.isVoteOf(reply.term)) return; // From an older election.
    if (!role.haveAnswered.includes(from)) role.haveAnswered.push(from);
    if (reply.voteGranted) this.countVote(ctx, from);
  }

  protected countVote(ctx: Context, voter: NodeId): void {
    const { role } = this.state;
    assert(role.kind === 'candidate', 'only a candidate counts votes');
    if (!this.countsVote(voter, role.votesGranted)) return;
    role.votesGranted.push(voter);
    if (this.isElected(role.votesGranted)) this.becomeLeader(ctx);
  }

  /** §5.2 A majority of the cluster, each vote counted as often as {@link RaftRules.countsVote} let it. */
  private isElected(votesGranted: readonly NodeId[]): boolean {
    const { voters, oldVoters } = this.state.configuration;
    const among = (members: readonly NodeId[]): number =>
      votesGranted.filter((voter) => this.counts(voter, members)).length;
    return this.isQuorum(among(voters), among(oldVoters));
  }

  /** Thesis §3.10: the leader of our term wants us to follow it. */
  protected onTimeoutNow(ctx: Context, message: TimeoutNow): void {
    if (message.term < this.state.durable.currentTerm || !this.mayCampaign()) return;
    this.becomeCandidate(ctx, true);
  }

  // ── Transitions ──────────────────────────────────────────────────────

  protected adoptTerm(ctx: Context, term: number): void {
    const { durable } = this.state;
    assert(term > durable.currentTerm, 'terms only go up');
    durable.currentTerm = term;
    durable.votedFor = null;
    this.loseLeader(ctx);
    this.state.leaderId = null;
    if (this.state.role.kind === 'leader') this.stepDown(ctx);
    this.state.role = FOLLOWER;
  }

  /** §5.2 Whoever leads our term ends our candidacy. */
  protected follow(ctx: Context, leader: NodeId): void {
    const { state } = this;
    assert(state.role.kind !== 'leader', 'a term has one leader');
    state.role = FOLLOWER;
    state.leaderId = leader;
    state.leaderContactUs = ctx.monotonicUs();
    this.resetElectionTimer(ctx);
  }

  private becomeLeader(ctx: Context): void {
    const { state } = this;
    assert(state.role.kind === 'candidate', 'only a candidate becomes leader');
    assert(lastIndex(state.durable.log) >= state.commitIndex, 'a log holds what is committed');
    ctx.cancelTimer('election');
    ctx.cancelTimer('request-votes');
    state.leaderId = this.self;
    ctx.note({ event: 'became-leader', term: state.durable.currentTerm });
    this.lead(ctx);
  }

  protected stepDown(ctx: Context): void {
    const { role, durable } = this.state;
    assert(role.kind === 'leader', 'only a leader steps down');
    this.abandon(ctx, role);
    this.state.role = FOLLOWER;
    this.state.leaderId = null;
    ctx.cancelTimer('heartbeat');
    ctx.cancelTimer('check-quorum');
    ctx.cancelTimer('batch');
    ctx.cancelTimer('transfer');
    this.resetElectionTimer(ctx);
    ctx.note({ event: 'stepped-down', term: durable.currentTerm });
  }

  protected storeVote(ctx: Context): void {
    ctx.put(VOTE_FILE, this.voteRecord());
    ctx.persist();
  }
}
