import type { Context, PersistTag } from '../../contract/context.ts';
import { withLazyData } from '../../contract/lazy-data.ts';
import { assert, unreachable } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { Acceptor } from './acceptor.ts';
import { type Ballot, eraOf } from './ballot.ts';
import { type Governing, inForceFrom, isChange, withChange } from './configuration.ts';
import type { Command, Decide, InstallSnapshot, Learn, Learned, Value } from './messages.ts';
import { SNAPSHOT_FILE, type Snapshot } from './state.ts';

/** The result of a command that was chosen and is not executed. */
export const REFUSED: unique symbol = Symbol('refused');

/** What learns what is chosen, and executes it in the order of the slots (PMMC, section 2.1). */
export abstract class Replica extends Acceptor {
  /** A slot was executed. `result` is {@link REFUSED} of a command whose epoch is over. */
  protected abstract onExecuted(ctx: Context, slot: number, value: Value, result: unknown): void;
  /** All slots up to this one came by a snapshot. */
  protected abstract onSkipped(ctx: Context, slot: number): void;
  /** There are other configurations; `before` was in force, and may still be. */
  protected abstract onConfigured(ctx: Context, before: Governing): void;

  // ── Learning ─────────────────────────────────────────────────────────

  protected see(ballot: Ballot): void {
    if (ballot > this.state.seen) this.state.seen = ballot;
  }

  protected onDecide(ctx: Context, from: NodeId, { ballot, slot, value }: Decide): void {
    if (ballot >= this.state.durable.promised) this.follow(ctx, from, ballot);
    this.see(ballot);
    // What was chosen behind a stop, or before one that we do not know of, is not ours.
    if (eraOf(ballot) === this.inForce.era) this.learn(slot, value);
    this.executeDecided(ctx);
  }

  /** Notes what is chosen; {@link executeDecided} comes after the last of a row. */
  protected learn(slot: number, value: Value): void {
    const { decided, executed } = this.state;
    if (slot > executed && !decided.has(slot)) decided.set(slot, value);
  }

  /** A learner pulls what it lacks: Decide may have been lost, or sent before we were there. */
  protected override pull(ctx: Context, from: NodeId, theirs: number): void {
    const { state } = this;
    if (theirs > state.toLearn) state.toLearn = theirs;
    if (theirs <= state.executed) return;
    const question: Learn = { kind: 'Learn', fromSlot: state.executed + 1 };
    ctx.sendNow(from, question);
  }

  protected onLearn(ctx: Context, from: NodeId, { fromSlot }: Learn): void {
    this.teach(ctx, from, fromSlot);
  }

  protected override teach(ctx: Context, to: NodeId, fromSlot: number): void {
    const { decided, durable: { snapshot }, executed } = this.state;
    const ballot = this.newestBallot();
    const values: Value[] = [];
    // What is not executed may stand behind a stop that we do not know of.
    while (values.length < this.settings.maxEntriesPerMessage && fromSlot + values.length <= executed) {
      const value = decided.get(fromSlot + values.length);
      if (value === undefined) break;
      values.push(value);
    }
    if (values.length > 0) {
      const message: Learned = { kind: 'Learned', fromSlot, values, executed, ballot };
      return ctx.sendNow(to, message);
    }
    if (snapshot === null || snapshot.slot < fromSlot) return;
    const { slot, timeUs, epoch, configurations, data } = snapshot;
    const message: InstallSnapshot = { kind: 'InstallSnapshot', slot, timeUs, epoch, ballot, configurations, data };
    ctx.sendNow(to, message);
  }

  protected onLearned(ctx: Context, from: NodeId, { fromSlot, values, executed, ballot }: Learned): void {
    const before = this.state.executed;
    this.see(ballot);
    values.forEach((value, at) => this.learn(fromSlot + at, value));
    this.executeDecided(ctx);
    if (this.state.executed > before) this.pull(ctx, from, executed);
  }

  // ── Execution ────────────────────────────────────────────────────────

  /** In the order of the slots, whatever the order in which they were chosen. */
  protected executeDecided(ctx: Context): void {
    const { state } = this;
    const before = state.executed;
    for (;;) {
      const slot = state.executed + 1;
      const value = state.decided.get(slot);
      if (value === undefined) break;
      state.executed = slot;
      this.onExecuted(ctx, slot, value, this.execute(value));
      if (isChange(value) || state.configurations.length > 1) this.reconfigure(ctx, slot, value);
    }
    if (state.executed === before) return;
    state.digest = this.machine.digest(state.machine);
    this.takeSnapshotWhenDue(ctx);
  }

  /**
   * The cluster's time is the highest so far. A leader that was deposed before it could tell of slot 7 has stamped it
   * earlier than its successor slot 6, and a third one has both chosen.
   */
  private execute(value: Value): unknown {
    const { state } = this;
    switch (value.kind) {
      case 'no-op':
      case 'configuration':
      case 'stop':
        return undefined;
      case 'new-epoch':
        // A master that was deposed before anybody heard of it can have its entry chosen behind that of its successor.
        if (value.epoch > state.epoch) state.epoch = value.epoch;
        return undefined;
      case 'command':
        return this.executeCommand(value);
      default:
        return unreachable(value);
    }
  }

  /**
   * Paxos Made Live, section 5.3. Master 1 proposes in slots 7 and 8, and only 8 is accepted, by n2. Master 2 does not
   * hear of that, and begins in slot 7; master 3 does, and has slot 8 chosen behind it.
   */
  private executeCommand(value: Command): unknown {
    const { state } = this;
    if (value.timeUs > state.timeUs) state.timeUs = value.timeUs;
    if (!this.isOfEpoch(value.epoch, state.epoch)) {
      state.refused += 1;
      return REFUSED;
    }
    return this.machine.apply(state.machine, value.command, state.timeUs).result;
  }

  // ── Configurations ───────────────────────────────────────────────────

  /**
   * Each configuration begins with a snapshot: what its members have on their disks tells them that they are. Else n4
   * and n5, to whom n1 to n3 have handed over, could restart together and wait for n1 to n3, who stand no more.
   */
  private reconfigure(ctx: Context, slot: number, value: Value): void {
    const { state } = this;
    const before = this.inForce;
    if (isChange(value)) {
      const configurations = withChange(state.configurations, slot, value, this.governsFrom(slot, value));
      state.configurations = configurations.map((configuration) =>
        ('quorums' in configuration ? configuration : this.withQuorums([configuration])[0] as Governing));
    }
    if (this.isLast(value)) for (const later of state.decided.keys()) if (later > slot) state.decided.delete(later);
    state.configurations = inForceFrom(state.configurations, slot + 1);
    if (this.inForce !== before) this.takeSnapshot(ctx);
    if (isChange(value) || this.inForce !== before) this.onConfigured(ctx, before);
  }

  // ── Snapshots ────────────────────────────────────────────────────────

  private takeSnapshotWhenDue(ctx: Context): void {
    const { snapshotEvery } = this.settings;
    const { durable, executed } = this.state;
    if (snapshotEvery > 0 && executed - (durable.snapshot?.slot ?? 0) >= snapshotEvery) this.takeSnapshot(ctx);
  }

  protected takeSnapshot(ctx: Context): void {
    const { executed: slot, timeUs, epoch, machine } = this.state;
    const ballot = this.newestBallot();
    const configurations = this.state.configurations.map(({ from, era, members }) => ({ from, era, members }));
    const head = { slot, timeUs, epoch, ballot, configurations };
    // Its content is settled now; the text is made for whoever reads it first.
    this.keepSnapshot(ctx, withLazyData(head, this.machine.saveLater(machine)));
    ctx.note({ event: 'took-snapshot', slot });
  }

  private keepSnapshot(ctx: Context, snapshot: Snapshot): void {
    this.state.durable.snapshot = snapshot;
    ctx.put(SNAPSHOT_FILE, snapshot);
    ctx.persist({ kind: 'snapshot', slot: snapshot.slot });
  }

  /** Only what a snapshot on the disk holds may go. Some values stay, for learners that lag a little. */
  protected onSnapshotPersisted(_ctx: Context, tag: PersistTag): void {
    const { state } = this;
    const slot = tag['slot'] as number;
    assert(slot >= state.snapshotSlot, 'snapshots are written in their order');
    state.snapshotSlot = slot;
    const until = slot - this.settings.snapshotRetained;
    for (const decided of state.decided.keys()) if (decided <= until) state.decided.delete(decided);
  }

  protected onInstallSnapshot(ctx: Context, message: InstallSnapshot): void {
    const { slot, timeUs, epoch, ballot, configurations, data } = message;
    const { state, inForce: before } = this;
    if (slot <= state.executed) return;
    this.see(ballot);
    state.configurations = this.withQuorums(configurations);
    const isVoid = before.era !== this.inForce.era;
    for (const decided of state.decided.keys()) if (decided <= slot || isVoid) state.decided.delete(decided);
    state.machine = this.machine.load(data);
    state.executed = slot;
    state.timeUs = timeUs;
    state.epoch = epoch;
    state.digest = this.machine.digest(state.machine);
    this.keepSnapshot(ctx, Object.freeze({ slot, timeUs, epoch, ballot, configurations, data }));
    ctx.note({ event: 'installed-snapshot', slot });
    this.onSkipped(ctx, slot);
    this.onConfigured(ctx, before);
    this.executeDecided(ctx);
  }
}
