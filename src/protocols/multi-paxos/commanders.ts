import type { ClientRequest } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import type { Plain } from '../../contract/message.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { TimeUs } from '../../kernel/time.ts';
import type { Ballot } from './ballot.ts';
import { consistent, NO_LIVES } from './lives.ts';
import { type Accept, type Accepted, type Decide, NO_OP, type PaxosAnswer, type Value } from './messages.ts';
import { REFUSED, Replica } from './replica.ts';
import type { Commander, Leader } from './state.ts';

/** What has values accepted, slot by slot, and answers who asked for them (PMMC, section 2: commanders). */
export abstract class Commanders extends Replica {
  /** A change that was asked for and is due, to be proposed now. */
  protected abstract takeChange(leader: Leader): Value | null;

  // ── Phase 2a ─────────────────────────────────────────────────────────

  /** What phase 1 has left comes first, then what clients want; all of it within the window. */
  protected proposeWaiting(ctx: Context, leader: Leader): void {
    while (leader.nextSlot <= this.lastSlotToPropose(leader) && this.state.role === leader) {
      const slot = leader.nextSlot;
      if (slot <= leader.barrier) {
        const value = leader.adopted.get(slot);
        leader.nextSlot += 1;
        if (value !== undefined && slot > this.state.executed) this.propose(ctx, leader, slot, value);
        continue;
      }
      const value = this.takeChange(leader) ?? this.takeRequest(ctx, leader, slot);
      if (value === null) return;
      leader.nextSlot += 1;
      this.propose(ctx, leader, slot, value);
    }
  }

  protected lastSlotToPropose({ reach, stopAt }: Leader): number {
    return Math.min(this.lastSlotOfWindow(), reach, stopAt);
  }

  private takeRequest(ctx: Context, leader: Leader, slot: number): Value | null {
    const request = leader.queue.shift();
    if (request === undefined) return slot <= leader.fillTo ? NO_OP : null;
    const timeUs = this.clusterTimeUs(ctx, leader);
    const value: Value = { kind: 'command', timeUs, epoch: leader.epoch, command: request.command };
    leader.requests.set(slot, { request, value });
    return value;
  }

  /** Goes on from the last time that was adopted, by our own clock. */
  private clusterTimeUs(ctx: Context, leader: Leader): TimeUs {
    return leader.timeBaseUs + ctx.monotonicUs() - leader.ledSinceUs;
  }

  /** The promises of a quorum stand behind our ballot, and our own is synced: what we ask needs no sync of ours. */
  private propose(ctx: Context, leader: Leader, slot: number, value: Value): void {
    const commander: Commander = { value, acceptedBy: [], livesTold: [], sentAtUs: ctx.monotonicUs() };
    leader.commanders.set(slot, commander);
    if (this.isLast(value)) leader.stopAt = slot;
    const message: Accept = { kind: 'Accept', ballot: leader.ballot, slot, value };
    for (const node of this.askedFirst(leader, slot)) if (node !== this.self) ctx.sendNow(node, message);
    if (this.isMember(this.configurationOf(slot))) this.acceptOwn(ctx, leader.ballot, slot, value);
  }

  /**
   * Whom a leader asks to accept. A thrifty one asks a quorum that it is part of, of those first that have answered
   * heartbeats, and from slot to slot others; what is not accepted then, it asks of all with the next heartbeat.
   */
  protected askedFirst({ hasAnswered }: Leader, slot: number): readonly NodeId[] {
    const { members, quorums } = this.configurationOf(slot);
    if (!this.settings.isThrifty) return members;
    const first = slot % members.length;
    const inTurn = [...members.slice(first), ...members.slice(0, first)];
    const isLast = (node: NodeId): boolean => node !== this.self && hasAnswered[node] !== true;
    let asked = [...inTurn.filter((node) => !isLast(node)), ...inTurn.filter(isLast)];
    for (const node of asked.slice().reverse()) {
      const fewer = asked.filter((other) => other !== node);
      if (node !== this.self && this.isAcceptQuorum(fewer, quorums)) asked = fewer;
    }
    return asked;
  }

  /** Whom it asks once those have not answered in time: everybody. Who was asked first may be gone. */
  protected askedAgain(slot: number): readonly NodeId[] {
    return this.configurationOf(slot).members;
  }

  /** What was not accepted since the last heartbeat is asked for again. */
  protected proposeAgain(ctx: Context, leader: Leader): void {
    const nowUs = ctx.monotonicUs();
    for (const [slot, commander] of leader.commanders) {
      if (nowUs - commander.sentAtUs < this.settings.heartbeatUs) continue;
      commander.sentAtUs = nowUs;
      const message: Accept = { kind: 'Accept', ballot: leader.ballot, slot, value: commander.value };
      for (const node of this.askedAgain(slot)) {
        if (node !== this.self && !commander.acceptedBy.includes(node)) ctx.sendNow(node, message);
      }
    }
  }

  // ── Phase 2b ─────────────────────────────────────────────────────────

  protected onOwnAcceptance(ctx: Context, tag: PersistTag): void {
    const ballot = tag['ballot'] as Ballot;
    const slot = tag['slot'] as number;
    this.state.ownAcceptance = Object.freeze({ ballot, slot });
    this.countAcceptance(ctx, this.self, { ballot, slot, lives: this.state.durable.lives });
  }

  protected onAccepted(ctx: Context, from: NodeId, accepted: Accepted): void {
    this.countAcceptance(ctx, from, accepted);
  }

  private countAcceptance(ctx: Context, from: NodeId, { ballot, slot, lives }: Omit<Accepted, 'kind'>): void {
    const { role } = this.state;
    if (role.kind !== 'leader' || !this.isAcceptanceOf(ballot, role.ballot)) return;
    const commander = role.commanders.get(slot);
    if (commander === undefined || !this.countsAcceptance(from, commander.acceptedBy)) return;
    commander.acceptedBy.push(from);
    commander.livesTold.push(lives);
    if (!this.isAcceptQuorum(this.stillAcceptedBy(commander), this.configurationOf(slot).quorums)) return;
    role.commanders.delete(slot);
    this.decide(ctx, role, slot, commander.value);
    this.learn(slot, commander.value);
    ctx.note({ event: 'chosen', slot });
    this.executeDecided(ctx);
    this.proposeWaiting(ctx, role);
  }

  private decide(ctx: Context, leader: Leader, slot: number, value: Value): void {
    if (this.settings.decidesWithHeartbeats) {
      leader.untold.push(slot);
      return;
    }
    const message: Decide = { kind: 'Decide', ballot: leader.ballot, slot, value };
    for (const node of leader.audience) ctx.sendNow(node, message);
  }

  /** Who has accepted it in a life that, as far as the others knew, was not over. */
  private stillAcceptedBy({ acceptedBy, livesTold }: Commander): readonly NodeId[] {
    if (livesTold.every((lives) => lives.length === 0)) return acceptedBy;
    const told = acceptedBy.map((from, at) => ({ from, lives: livesTold[at] ?? NO_LIVES }));
    return consistent(told).map(({ from }) => from);
  }

  // ── What comes of proposals ──────────────────────────────────────────

  /** Another value than ours may be chosen in a slot, in a ballot that we have not heard of yet. */
  protected override onExecuted(ctx: Context, slot: number, value: Value, result: unknown): void {
    const { role } = this.state;
    if (role.kind !== 'leader') return;
    role.commanders.delete(slot);
    if (slot === role.barrier) role.leaseUntilUs = this.leaseUntilUs(role);
    const waiting = role.requests.get(slot);
    if (waiting === undefined) return;
    role.requests.delete(slot);
    if (waiting.value !== value) {
      return ctx.reply(waiting.request, { kind: 'leadership-lost' } satisfies PaxosAnswer);
    }
    if (result !== REFUSED) return this.answer(ctx, role, waiting.request, result);
    ctx.reply(waiting.request, { kind: 'epoch-over', epoch: this.state.epoch } satisfies PaxosAnswer);
  }

  protected answer(ctx: Context, { ballot: epoch }: Leader, request: ClientRequest, result: unknown): void {
    const { executed: slot } = this.state;
    ctx.reply(request, { kind: 'executed', result: result as Plain, slot, epoch } satisfies PaxosAnswer);
  }

  protected override onSkipped(ctx: Context, slot: number): void {
    const { role } = this.state;
    if (role.kind !== 'leader') return;
    for (const proposed of role.commanders.keys()) if (proposed <= slot) role.commanders.delete(proposed);
    for (const [proposed, { request }] of role.requests) {
      if (proposed > slot) continue;
      role.requests.delete(proposed);
      ctx.reply(request, { kind: 'leadership-lost' } satisfies PaxosAnswer);
    }
    role.nextSlot = Math.max(role.nextSlot, slot + 1);
    role.leaseUntilUs = this.leaseUntilUs(role);
  }

  /** Whoever has been proposed must not be told that it failed: a later leader may find and choose it. */
  protected abandon(ctx: Context, leader: Leader): void {
    for (const { request } of leader.requests.values()) {
      ctx.reply(request, { kind: 'leadership-lost' } satisfies PaxosAnswer);
    }
    for (const request of leader.queue) {
      ctx.reply(request, { kind: 'not-leader', leader: null } satisfies PaxosAnswer);
    }
    leader.requests.clear();
    leader.queue.length = 0;
  }
}
