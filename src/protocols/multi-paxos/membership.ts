import type { Context } from '../../contract/context.ts';
import type { Order } from '../../contract/node.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { eraOf, proposerOf } from './ballot.ts';
import { ascending, type Governing, isSameSet, membersOf } from './configuration.ts';
import type { Learn, Remind, Reminded, Value } from './messages.ts';
import { Proposer } from './proposer.ts';
import { isAmong, quorumsApart } from './quorums.ts';
import type { Leader } from './state.ts';

/** Who is to accept has learned enough when it lacks no more slots than this. */
const NEARLY_ALL = 64;

/** Those who are to accept are waited for until so many of the longest election timeouts are over. */
const TIMEOUTS = 10;

/** Who accepts, and how that changes (The Part-Time Parliament, section 3.3.6; Reconfiguring a State Machine). */
export abstract class Membership extends Proposer {
  // ── What an operator asks for ────────────────────────────────────────

  /** What cannot be done now, or not by us, is left undone, and the operator sees that it is. */
  protected follows(ctx: Context, { kind, nodes }: Order): void {
    const { role, leaderId, durable, executed } = this.state;
    const { members } = this.state.configurations[this.state.configurations.length - 1] as Governing;
    switch (kind) {
      case 'campaign':
        return role.kind === 'follower' && leaderId === null ? this.onElectionTimeout(ctx) : undefined;
      case 'snapshot':
        return executed > (durable.snapshot?.slot ?? 0) ? this.takeSnapshot(ctx) : undefined;
      case 'add-acceptor':
        return this.plan(ctx, [...members.filter((node) => !isAmong(nodes, node)), ...nodes]);
      case 'remove':
        return this.plan(ctx, members.filter((node) => !isAmong(nodes, node)));
      case 'set-acceptors':
        return this.plan(ctx, nodes);
      default:
        assert(false, 'the module names every order');
    }
  }

  /** One change at a time; and none before it is known what those before have left. */
  private plan(ctx: Context, nodes: readonly NodeId[]): void {
    const { role, configurations, executed } = this.state;
    // Who has lost its disk asks those who accept, as far as it knows.
    if (this.settings.rejoin !== 'never') return;
    if (role.kind !== 'leader' || role.change !== null || configurations.length > 1 || executed < role.barrier) return;
    const members = ascending(nodes);
    if (members.length === 0 || isSameSet(members, this.inForce.members)) return;
    if (members.some((node) => this.onlyProposes(node))) return;
    if (quorumsApart(this.quorumsOf(members)) !== null) return;
    const waitsFor = members.filter((node) => !isAmong(this.inForce.members, node));
    const untilUs = ctx.monotonicUs() + TIMEOUTS * this.settings.electionTimeoutUsMax;
    role.change = { members, waitsFor, isProposed: false, untilUs };
    this.lookAround(role);
    this.proposeWaiting(ctx, role);
  }

  /**
   * Who is new learns before it accepts. It could accept at once, since nobody asks it about what was before; but while
   * it learns, what it stores could not be executed by a quorum of them.
   */
  protected override onProgress(ctx: Context, leader: Leader, from: NodeId, executed: number): void {
    const { change } = leader;
    if (change === null || change.isProposed) return;
    if (ctx.monotonicUs() > change.untilUs) {
      leader.change = null;
      return this.lookAround(leader);
    }
    if (!isAmong(change.waitsFor, from) || executed + NEARLY_ALL < this.state.executed) return;
    leader.change = { ...change, waitsFor: change.waitsFor.filter((node) => node !== from) };
    this.proposeWaiting(ctx, leader);
  }

  protected override takeChange(leader: Leader): Value | null {
    const { change } = leader;
    if (change === null || change.isProposed || change.waitsFor.length > 0) return null;
    leader.change = { ...change, isProposed: true };
    const { members } = change;
    return Object.freeze({ kind: this.settings.reconfiguresByStop ? 'stop' : 'configuration', members });
  }

  // ── What is in force ─────────────────────────────────────────────────

  protected override onConfigured(ctx: Context, before: Governing): void {
    const { state, inForce } = this;
    const { role } = state;
    const isOther = inForce.from !== before.from;
    if (isOther) state.reminded.length = 0;
    // Whoever led up to a stop was the first to execute it, and answers no read by its lease any more.
    if (inForce.era !== before.era) state.lease = null;
    if (role.kind === 'follower') return isOther ? this.resetElectionTimer(ctx) : undefined;
    if (!this.standsIn(inForce) || eraOf(role.ballot) !== inForce.era || (isOther && !this.leadsOn(role.ballot))) {
      this.stepDown(ctx);
      // Nobody else knows so soon that there is no leader.
      if (role.kind === 'leader' && this.standsIn(inForce)) ctx.setTimer('election', this.settings.heartbeatUs);
    } else if (role.kind === 'leader') {
      this.onLeaderConfigured(ctx, role);
    } else if (this.isPrepared(role.promises, inForce)) {
      this.lead(ctx, role);
    }
  }

  private onLeaderConfigured(ctx: Context, leader: Leader): void {
    const last = this.state.configurations[this.state.configurations.length - 1] as Governing;
    if (leader.change !== null && leader.change.isProposed) leader.change = null;
    leader.reach = this.reachOf(leader.promises);
    leader.fillTo = last.from - 1;
    leader.leaseUntilUs = this.leaseUntilUs(leader);
    this.lookAround(leader);
    this.prepareFurther(ctx, leader);
  }

  /** The leader tells everybody whom a configuration names, and those who are to be. */
  private lookAround(leader: Leader): void {
    const { members } = leader.change ?? { members: [] };
    const known = membersOf(this.state.configurations);
    leader.audience = this.audienceOf([...known, ...members]);
  }

  // ── Looking on ───────────────────────────────────────────────────────

  /**
   * Who accepts no more may be the only one to know who does. Leader n1 hands over from n1 to n3 to n4 and n5, who do
   * not hear of it, and n2 and n3 do: nobody stands for leadership any more, unless they say so until it is stored.
   */
  protected override lookOn(ctx: Context): void {
    const { state, inForce } = this;
    if (this.lacksStop()) return this.askForStop(ctx);
    if (this.isMember(inForce)) return;
    if (state.executed === 0 || this.isAcceptQuorum(state.reminded, inForce.quorums)) return;
    this.resetElectionTimer(ctx);
    const message: Remind = { kind: 'Remind', executed: state.executed };
    for (const node of inForce.members) {
      if (node !== this.self && !isAmong(state.reminded, node)) ctx.sendNow(node, message);
    }
  }

  private askForStop(ctx: Context): void {
    this.resetElectionTimer(ctx);
    const question: Learn = { kind: 'Learn', fromSlot: this.state.executed + 1 };
    for (const node of new Set([...this.inForce.members, proposerOf(this.newestBallot())])) {
      if (node !== this.self) ctx.sendNow(node, question);
    }
  }

  protected onRemind(ctx: Context, from: NodeId, { executed }: Remind): void {
    this.pull(ctx, from, executed);
    const reply: Reminded = { kind: 'Reminded', snapshotSlot: this.state.snapshotSlot };
    ctx.sendNow(from, reply);
  }

  protected onReminded(_ctx: Context, from: NodeId, { snapshotSlot }: Reminded): void {
    const { reminded } = this.state;
    if (snapshotSlot + 1 >= this.inForce.from && !isAmong(reminded, from)) reminded.push(from);
  }
}
