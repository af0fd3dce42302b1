/**
 * Acceptors that move: what Apache Cassandra and ScyllaDB do when a range of keys goes to another replica. A quorum is
 * one of seats, which bear the names of the first acceptors. By an order, a node gives its seat to a spare one: it
 * stores that it is an acceptor no more, and then hands over all that it has promised, accepted and knows to be chosen.
 * The other one stores that before it answers anybody. So a seat forgets nothing, and at no time do two nodes have it.
 *
 * A proposer that asks the old place is told of the new one, and counts seats, not nodes. A spare node takes one seat
 * in its life, and refuses any other; who is refused keeps the seat.
 */
import type { Context, PersistTag } from '../../../contract/context.ts';
import type { DiskView } from '../../../contract/disk.ts';
import type { Order } from '../../../contract/node.ts';
import { assert } from '../../../kernel/assert.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { Promised } from '../messages.ts';
import { Proposer } from '../proposer.ts';
import { instanceFile, KEYS_FILE } from '../state.ts';
import type { Update } from './register.ts';
import {
  type CasMessage, type CasState, type Seat, SEAT_FILE, type SeatAnswer, type SeatGiven,
  type SeatMoved,
} from './state.ts';

const NO_SEAT: Seat = Object.freeze({ kind: 'none' });

/** A proposer, and an acceptor on whatever seat it has. */
export abstract class Seated extends Proposer<Update, CasState> {
  protected abstract commit(ctx: Context, key: string, update: Update): void;

  /** An acceptor of the beginning has its own seat until its disk says otherwise. */
  protected recoverSeat(disk: DiskView): Seat {
    const stored = disk.cell(SEAT_FILE) as Seat | undefined;
    if (stored !== undefined) return stored;
    return this.layout.acceptors.includes(this.self) ? { kind: 'held', seat: this.self } : NO_SEAT;
  }

  // ── Who has which seat ───────────────────────────────────────────────

  protected override holderOf(seat: NodeId): NodeId {
    return this.state.holders.get(seat) ?? seat;
  }

  /** Who was given a seat answers for it; every other node for itself. */
  protected seatOf(node: NodeId): NodeId {
    for (const [seat, holder] of this.state.holders) if (holder === node) return seat;
    return node;
  }

  protected override onPromised(ctx: Context, from: NodeId, promised: Promised<Update>): void {
    const seat = this.seatOf(from);
    if (this.layout.acceptors.includes(seat)) super.onPromised(ctx, seat, promised);
  }

  /** Answers for the acceptor if there is none here; `false` if there is. */
  private isWithoutSeat(ctx: Context, from: NodeId): boolean {
    const { seat } = this.state;
    if (seat.kind === 'left') {
      const message: SeatMoved = { kind: 'SeatMoved', seat: seat.seat, to: seat.to };
      ctx.send(from, message);
    }
    return seat.kind !== 'held';
  }

  protected onSeatMessage(ctx: Context, from: NodeId, message: CasMessage): boolean {
    switch (message.kind) {
      case 'Prepare':
      case 'Accept': return this.isWithoutSeat(ctx, from);
      case 'SeatGiven': this.onSeatGiven(ctx, from, message); return true;
      case 'SeatAnswer': this.onSeatAnswer(ctx, from, message); return true;
      case 'SeatMoved': this.state.holders.set(message.seat, message.to); return true;
      default: return false;
    }
  }

  // ── Giving ───────────────────────────────────────────────────────────

  /** `move`: the node that it is about takes our seat. */
  onOrder(ctx: Context, { nodes: [to] }: Order): void {
    const { state, layout } = this;
    if (state.seat.kind !== 'held' || to === undefined || to === this.self) return;
    if (layout.acceptors.includes(to) || layout.proposers.includes(to)) return;
    this.sit(ctx, { kind: 'leaving', seat: state.seat.seat, to });
    this.give(ctx);
  }

  override onStart(ctx: Context): void {
    super.onStart(ctx);
    if (this.state.seat.kind === 'leaving') this.give(ctx);
  }

  /** Now and again, until there is an answer. */
  private give(ctx: Context): void {
    const { seat } = this.state;
    assert(seat.kind === 'leaving', 'only who leaves a seat gives it away');
    ctx.send(seat.to, this.belongings(seat.seat)); // Barrier: leaves when it is stored that nobody sits here.
    ctx.setTimer('give', this.settings.resendUs);
  }

  /** All that the acceptor of this seat must not forget. Nothing of it changes any more. */
  protected belongings(seat: NodeId): SeatGiven {
    const { durable, learned } = this.state;
    return { kind: 'SeatGiven', seat, instances: [...durable.instances], committed: [...learned] };
  }

  override onTimer(ctx: Context, name: string): void {
    if (name === 'give') this.give(ctx);
    else super.onTimer(ctx, name);
  }

  private onSeatAnswer(ctx: Context, from: NodeId, { seat: answered, isTaken }: SeatAnswer): void {
    const { seat } = this.state;
    if (seat.kind !== 'leaving' || seat.seat !== answered || seat.to !== from) return;
    ctx.cancelTimer('give');
    // Nobody is sent there before it is taken: who has another seat would answer for this one with that.
    this.sit(ctx, isTaken ? { ...seat, kind: 'left' } : { kind: 'held', seat: answered });
  }

  // ── Taking ───────────────────────────────────────────────────────────

  /** A copy is answered as the first one was, also by who has left the seat since. */
  private onSeatGiven(ctx: Context, from: NodeId, { seat: given, instances, committed }: SeatGiven): void {
    const { state } = this;
    const { seat, durable } = state;
    if (seat.kind !== 'none') return this.answerGiver(ctx, from, given, seat.seat === given);
    // Whoever gives repeats itself.
    if (state.isTaking) return;
    state.isTaking = true;
    for (const [key, record] of instances) {
      durable.instances.set(key, record);
      ctx.put(instanceFile(key), record);
    }
    ctx.put(KEYS_FILE, [...durable.instances.keys()]);
    for (const [key, update] of committed) this.commit(ctx, key, update);
    ctx.persist({ kind: 'seat', seat: given, from });
  }

  /**
   * Files are synced apart: a crash that keeps the seat and loses what belongs to it would leave an acceptor that has
   * forgotten something. So we sit down when the rest is stored.
   */
  onPersisted(ctx: Context, { kind, seat, from }: PersistTag): void {
    assert(kind === 'seat' && this.state.seat.kind === 'none', 'nothing else is waited for');
    this.state.isTaking = false;
    this.sit(ctx, { kind: 'held', seat: seat as NodeId });
    this.answerGiver(ctx, from as NodeId, seat as NodeId, true);
  }

  /** Barrier: leaves when the seat is stored, too. */
  private answerGiver(ctx: Context, giver: NodeId, seat: NodeId, isTaken: boolean): void {
    const message: SeatAnswer = { kind: 'SeatAnswer', seat, isTaken };
    ctx.send(giver, message);
  }

  private sit(ctx: Context, seat: Seat): void {
    this.state.seat = seat;
    ctx.put(SEAT_FILE, seat);
    ctx.persist();
    if (seat.kind !== 'none') ctx.note({ event: `seat-${seat.kind}`, seat: seat.seat });
  }
}
