import type { Context } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { History } from './history.ts';
import type { Notification, Vote } from './messages.ts';
import type { Looking } from './state.ts';

/** Fast Leader Election: everybody tells everybody the best vote that it has heard of, until a quorum agrees. */
export abstract class Election extends History {
  /** Leaves the role of before: its connections, its clients, its queues. */
  protected abstract leaveRole(ctx: Context): void;
  protected abstract lead(ctx: Context): void;
  protected abstract follow(ctx: Context, leader: NodeId): void;

  // ── Looking ──────────────────────────────────────────────────────────

  /** A new round. What was logged is our history, whether or not we know it to be committed. */
  protected look(ctx: Context, why: string): void {
    const { state } = this;
    this.leaveRole(ctx);
    state.election += 1;
    state.round += 1;
    if (!this.keepsQueue()) state.toLog.length = 0;
    if (this.appliesWholeLog()) this.applyLog();
    for (const timer of ['init', 'connect', 'tick', 'leader', 'commit', 'prep']) ctx.cancelTimer(timer);
    state.role = {
      kind: 'looking', vote: this.ownVote(), votes: new Map(), settled: new Map(),
      notifyUs: this.settings.finalizeWaitUs, isFinalizing: false,
    };
    ctx.note({ event: 'looking', why });
    this.vote(ctx, state.role);
    ctx.setTimer('notify', state.role.notifyUs);
  }

  protected ownVote(): Vote {
    const { applied, durable: { currentEpoch } } = this.state;
    return { leader: this.self, zxid: applied, epoch: currentEpoch };
  }

  /** Tells everybody, ourselves included, what we vote for. */
  private vote(ctx: Context, looking: Looking): void {
    this.state.vote = looking.vote;
    looking.votes.set(this.self, looking.vote);
    for (const peer of ctx.peers) this.notify(ctx, peer);
    this.countVotes(ctx, looking);
  }

  private notify(ctx: Context, to: NodeId): void {
    const { role, round, vote } = this.state;
    const state = role.kind === 'looking' ? 'LOOKING' : role.kind === 'leading' ? 'LEADING' : 'FOLLOWING';
    const message: Notification = { kind: 'Notification', state, round, vote };
    ctx.sendNow(to, message);
  }

  /** Nobody has convinced us for a while: what we have said may be lost. */
  protected onNotifyAgain(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'looking', 'only who looks for a leader asks for one');
    for (const peer of ctx.peers) this.notify(ctx, peer);
    role.notifyUs = Math.min(2 * role.notifyUs, this.settings.notificationUsMax);
    ctx.setTimer('notify', role.notifyUs);
  }

  // ── Votes ────────────────────────────────────────────────────────────

  protected onNotification(ctx: Context, from: NodeId, notification: Notification): void {
    const { role } = this.state;
    if (role.kind === 'looking') {
      if (notification.state === 'LOOKING') this.onVote(ctx, role, from, notification);
      else this.onSettled(ctx, role, from, notification);
    } else if (notification.state === 'LOOKING') {
      this.notify(ctx, from);
    }
  }

  private onVote(ctx: Context, looking: Looking, from: NodeId, { round, vote }: Notification): void {
    const { state } = this;
    looking.settled.delete(from); // It follows nobody any more.
    if (!this.countsRound(round)) return this.notify(ctx, from);
    if (round > state.round) {
      state.round = round;
      looking.votes.clear();
      const own = this.ownVote();
      looking.vote = this.isBetter(vote, own) ? vote : own;
      looking.isFinalizing = false;
      looking.votes.set(from, vote);
      return this.vote(ctx, looking);
    }
    looking.votes.set(from, vote);
    if (!this.isBetter(vote, looking.vote)) return this.countVotes(ctx, looking);
    looking.vote = vote;
    looking.isFinalizing = false;
    this.vote(ctx, looking);
  }

  /** A quorum for the same vote need not be the last word: a better one may be on its way. */
  private countVotes(ctx: Context, looking: Looking): void {
    if (!this.hasQuorum(looking)) {
      looking.isFinalizing = false;
      ctx.cancelTimer('finalize');
    } else if (!looking.isFinalizing) {
      looking.isFinalizing = true;
      ctx.setTimer('finalize', this.settings.finalizeWaitUs);
    }
  }

  private hasQuorum({ vote, votes }: Looking): boolean {
    return this.isQuorum([...votes.values()].filter((each) => this.isSameVote(each, vote)));
  }

  protected onFinalize(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'looking' && this.hasQuorum(role), 'a quorum votes as this node does');
    this.settle(ctx, role.vote);
  }

  /** Whoever finds a quorum that has found a leader joins it, whatever the round. */
  private onSettled(ctx: Context, looking: Looking, from: NodeId, notification: Notification): void {
    const { state } = this;
    const { vote, round } = notification;
    if (ctx.monotonicUs() < state.joinsFromUs) return;
    looking.settled.set(from, notification);
    if (round === state.round) looking.votes.set(from, vote);
    const ofRound = [...looking.votes.values()].filter((each) => this.isSameVote(each, vote));
    const settled = [...looking.settled.values()].filter((each) =>
      each.vote.leader === vote.leader && each.vote.epoch === vote.epoch);
    const isElected = this.isQuorum(settled) || (round === state.round && this.isQuorum(ofRound));
    if (!isElected || !this.isLeading(vote.leader, looking.settled, round)) return this.countVotes(ctx, looking);
    state.round = round;
    this.settle(ctx, vote);
  }

  private settle(ctx: Context, vote: Vote): void {
    this.state.vote = vote;
    for (const timer of ['notify', 'finalize']) ctx.cancelTimer(timer);
    if (vote.leader === this.self) this.lead(ctx);
    else this.follow(ctx, vote.leader);
  }
}
