import type { Context } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { Ballot } from './ballot.ts';
import type { Accept, Accepted, AcceptedValue, Preempted, Prepare, Promised, Value } from './messages.ts';
import { PaxosRules } from './rules.ts';
import { BALLOT_FILE, JOURNAL_FILE, type JournalMark } from './state.ts';

/** What remembers: it promises ballots and accepts values (Paxos Made Simple, section 2.2; PMMC, section 2.2). */
export abstract class Acceptor extends PaxosRules {
  /** A ballot that is not ours was promised or accepted: lower ones of ours are of no use any more. */
  protected abstract yieldTo(ctx: Context, ballot: Ballot): void;
  /** Somebody leads in a ballot that we have not refused. */
  protected abstract follow(ctx: Context, leader: NodeId, ballot: Ballot): void;
  /** Somebody lacks what is chosen from a slot on. */
  protected abstract teach(ctx: Context, to: NodeId, fromSlot: number): void;
  /** Somebody has executed all up to this slot. */
  protected abstract pull(ctx: Context, from: NodeId, theirs: number): void;

  // ── Phase 1 ──────────────────────────────────────────────────────────

  protected onPrepare(ctx: Context, from: NodeId, { ballot, fromSlot }: Prepare): void {
    // The master's word goes for as long as it may rely on it. Nor is its ballot heeded.
    if (this.isLeasedToOther(from, ctx.monotonicUs())) return;
    if (this.isOver(fromSlot)) return this.teach(ctx, from, fromSlot);
    if (!this.knowsEra(ballot)) return this.pull(ctx, from, fromSlot - 1);
    if (!this.mayPromise(ballot)) return this.refuse(ctx, from, ballot);
    this.yieldTo(ctx, ballot);
    this.raisePromise(ctx, ballot);
    ctx.persist(); // Barrier: a promise leaves when it is synced, also one that is given again.
    ctx.send(from, this.promised(ballot, fromSlot));
  }

  protected promised(ballot: Ballot, fromSlot: number): Promised {
    const { accepted, truncatedTo, lives } = this.state.durable;
    const shown: AcceptedValue[] = [];
    for (const entry of accepted.values()) if (entry.slot >= fromSlot) shown.push(entry);
    shown.sort((a, b) => a.slot - b.slot);
    return { kind: 'Promised', ballot, accepted: shown, truncatedTo, lives };
  }

  protected raisePromise(ctx: Context, ballot: Ballot): void {
    const { durable } = this.state;
    if (ballot <= durable.promised) return;
    durable.promised = ballot;
    ctx.put(BALLOT_FILE, this.ballotRecord());
  }

  protected refuse(ctx: Context, to: NodeId, ballot: Ballot): void {
    const message: Preempted = { kind: 'Preempted', ballot, promised: this.state.durable.promised };
    ctx.send(to, message);
  }

  // ── Phase 2 ──────────────────────────────────────────────────────────

  protected onAccept(ctx: Context, from: NodeId, { ballot, slot, value }: Accept): void {
    if (!this.mayAccept(ballot, slot)) return this.refuse(ctx, from, ballot);
    if (!this.knowsEra(ballot)) return this.pull(ctx, from, slot - 1);
    this.follow(ctx, from, ballot);
    // It is chosen and was dropped here: an acceptance could not be told from one that was never made.
    if (slot <= this.state.durable.truncatedTo) return this.teach(ctx, from, slot);
    this.accept(ctx, { slot, ballot, value });
    ctx.persist(); // Barrier: an acceptance leaves when it is synced.
    const reply: Accepted = { kind: 'Accepted', ballot, slot, lives: this.state.durable.lives };
    ctx.send(from, reply);
  }

  /** Asked again for the same, it has nothing to write. */
  protected accept(ctx: Context, entry: AcceptedValue): void {
    const { durable, journal } = this.state;
    if (durable.accepted.get(entry.slot)?.ballot === entry.ballot) return;
    durable.accepted.set(entry.slot, entry);
    journal.push(entry.slot);
    ctx.append(JOURNAL_FILE, entry);
    this.raisePromise(ctx, this.promiseOnAccept(entry.ballot));
  }

  /** What a proposer accepts of its own counts once it is synced, like any other acceptance. */
  protected acceptOwn(ctx: Context, ballot: Ballot, slot: number, value: Value): void {
    assert(ballot >= this.state.durable.promised, 'a leader has promised nothing above its own ballot');
    this.accept(ctx, { slot, ballot, value });
    ctx.persist({ kind: 'own-acceptance', ballot, slot });
  }

  // ── Truncation (Paxos Made Live, section 5.5) ────────────────────────

  protected truncate(ctx: Context, quorumHas: number): void {
    const { durable, journal } = this.state;
    const truncateTo = this.mayTruncateTo(quorumHas);
    if (truncateTo <= durable.truncatedTo) return;
    let count = 0;
    while (count < journal.length && (journal[count] as number) <= truncateTo) count += 1;
    // The mark goes where acceptances go: without any, there is nothing to be told of.
    if (count === 0) return;
    durable.truncatedTo = truncateTo;
    for (const slot of durable.accepted.keys()) if (slot <= truncateTo) durable.accepted.delete(slot);
    journal.splice(0, count);
    this.state.journalBase += count;
    const mark: JournalMark = Object.freeze({ truncatedTo: truncateTo });
    ctx.dropUntil(JOURNAL_FILE, this.state.journalBase, mark);
  }
}
