import type { Context } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { type Ballot, NO_BALLOT } from './ballot.ts';
import { latest, lifeOf, withLife } from './lives.ts';
import type { AcceptedValue, PaxosMessage, Rejoin, Rejoined } from './messages.ts';
import { Membership } from './membership.ts';
import { BALLOT_FILE, JOURNAL_FILE, type JournalMark, LIVES_FILE, type Rejoining } from './state.ts';

/** More than there are lives in a run. */
const NONCES = 0x3fff_ffff;

/**
 * How a node whose disk is not what it left takes part again. It has forgotten what it promised and accepted, while its
 * answers may still be under way, and count.
 *
 * `lives` (Michael, Ports, Sharma and Szekeres 2017, "Recovering Shared Objects Without Stable Storage"): it begins
 * another life, and tells everybody. So many have to know of that, and to say what they hold, that no quorum is made
 * without them. Then of any quorum that counts on an answer of its former life, one of them is a member: either that
 * one had answered the same before, and we are told of it, or its answer says that our former life is over, and ours
 * is not counted.
 *
 * This is for clusters whose members stay: where it may happen, nobody else is made to accept. n1, n2 and n3 accept as
 * n1 loses its disk, and n1, n4 and n5 when it is back: n2 and n3 know of its new life. n4 does not, and makes a quorum
 * with what n1 has promised in the former one.
 *
 * `observed` (Paxos Made Live, section 5.1): it waits for one whole instance. That is not enough: prepared is 5, and n1
 * alone has promised it, and its answer is late. Its disk is lost, it sees an instance of ballot 4, and accepts in 4
 * again; then 5 counts the late answer.
 */
export abstract class Rejoiner extends Membership {
  // ── Who has lost its disk ────────────────────────────────────────────

  /** What is left on a disk that cannot be read goes first: half of it must not look like all of it after a crash. */
  protected beginLife(ctx: Context): void {
    const { state } = this;
    if (this.settings.rejoin === 'never') return;
    const { durable, journal, journalBase } = state;
    ctx.put(BALLOT_FILE, null);
    ctx.persist();
    if (this.foundInJournal() > 0) ctx.truncateFrom(JOURNAL_FILE, journalBase + 1);
    journal.length = 0;
    durable.accepted.clear();
    ctx.persist({ kind: 'start', slot: durable.snapshot?.slot ?? 0 });
    const life = { number: lifeOf(durable.lives, this.self).number + 1, nonce: this.drawNonce(ctx) };
    state.rejoining = { life, answers: new Map(), heardSlots: new Set(), heardBallot: NO_BALLOT };
    if (this.settings.rejoin === 'lives') this.askToRejoin(ctx);
  }

  protected abstract foundInJournal(): number;

  private drawNonce(ctx: Context): number {
    return ctx.random('life').between(1, NONCES);
  }

  /** Once more, for what was lost, until enough have answered. */
  protected askToRejoin(ctx: Context): void {
    const { rejoining } = this.state;
    if (rejoining === null) return;
    const message: Rejoin = { kind: 'Rejoin', life: rejoining.life };
    for (const peer of ctx.peers) if (!rejoining.answers.has(peer)) ctx.send(peer, message);
    ctx.setTimer('rejoin', this.settings.heartbeatUs);
  }

  /** Promises and accepts nothing yet; learns what is chosen. */
  protected whileAmnesiac(ctx: Context, from: NodeId, message: PaxosMessage): void {
    const { rejoining } = this.state;
    if (rejoining === null) return;
    switch (message.kind) {
      case 'Rejoined':
        return this.onRejoined(ctx, from, rejoining, message);
      case 'Learned':
        this.onLearned(ctx, from, message);
        return this.joinWhenReady(ctx, rejoining);
      case 'InstallSnapshot':
        return this.onInstallSnapshot(ctx, message);
      case 'Accept':
        if (message.ballot > rejoining.heardBallot) rejoining.heardBallot = message.ballot;
        rejoining.heardSlots.add(message.slot);
        return;
      case 'Decide':
        if (this.settings.rejoin === 'observed' && rejoining.heardSlots.has(message.slot)) {
          this.join(ctx, rejoining, rejoining.heardBallot, this.state.durable.truncatedTo, []);
        }
        return;
      default:
    }
  }

  private onRejoined(ctx: Context, from: NodeId, rejoining: Rejoining, reply: Rejoined): void {
    const known = lifeOf(reply.lives, this.self);
    const { life, answers } = rejoining;
    if (this.isOfLife(known.nonce, life.nonce) && known.number === life.number) {
      answers.set(from, reply);
      return this.joinWhenReady(ctx, rejoining);
    }
    // We have been there before, and do not remember.
    if (known.number < life.number) return;
    answers.clear();
    rejoining.life = { number: known.number + 1, nonce: this.drawNonce(ctx) };
    this.askToRejoin(ctx);
  }

  /** An answer to this very question, and not to one of a life before that had the same number. */
  protected isOfLife(told: number, nonce: number): boolean {
    return told === nonce;
  }

  /** Nobody can prepare a ballot or have a value chosen without one of these, even together with us. */
  protected knowsOfUs(nodes: readonly NodeId[]): boolean {
    const { members, quorums } = this.inForce;
    const others = members.filter((node) => !nodes.includes(node));
    return 2 * nodes.length >= members.length
      && !this.isPrepareQuorum(others, quorums) && !this.isAcceptQuorum(others, quorums);
  }

  /** There is a snapshot on our disk. */
  protected goOnRejoining(ctx: Context): void {
    const { rejoining } = this.state;
    if (rejoining !== null && this.settings.rejoin === 'lives') this.joinWhenReady(ctx, rejoining);
  }

  /** What others have dropped, they have in snapshots, and so must we: else nobody is left who can tell. */
  private joinWhenReady(ctx: Context, rejoining: Rejoining): void {
    const { state } = this;
    const { answers } = rejoining;
    if (!this.knowsOfUs([...answers.keys()])) return;
    let promised = NO_BALLOT;
    let { truncatedTo } = state.durable;
    const accepted = new Map<number, AcceptedValue>();
    for (const [from, reply] of answers) {
      if (reply.truncatedTo > state.snapshotSlot) {
        if (reply.truncatedTo <= state.executed) return this.takeSnapshot(ctx);
        return this.pull(ctx, from, reply.truncatedTo);
      }
      promised = Math.max(promised, reply.promised);
      truncatedTo = Math.max(truncatedTo, reply.truncatedTo);
      state.durable.lives = latest(state.durable.lives, reply.lives);
      for (const entry of reply.accepted) {
        const before = accepted.get(entry.slot);
        if (before === undefined || before.ballot < entry.ballot) accepted.set(entry.slot, entry);
      }
    }
    this.join(ctx, rejoining, promised, truncatedTo, [...accepted.values()]);
  }

  /** Written in this order: what a crash leaves without the promise is a disk that is not what we left. */
  private join(
    ctx: Context, { life }: Rejoining, promised: Ballot, truncatedTo: number, accepted: readonly AcceptedValue[],
  ): void {
    const { state } = this;
    const { durable, journal } = state;
    ctx.cancelTimer('rejoin');
    state.rejoining = null;
    durable.lives = withLife(durable.lives, this.self, life, this.nodes);
    durable.promised = promised;
    durable.truncatedTo = truncatedTo;
    ctx.put(LIVES_FILE, durable.lives);
    if (truncatedTo > 0) {
      state.journalBase += 1;
      const mark: JournalMark = Object.freeze({ truncatedTo });
      ctx.dropUntil(JOURNAL_FILE, state.journalBase, mark);
    }
    for (const entry of accepted) {
      if (entry.slot <= truncatedTo) continue;
      durable.accepted.set(entry.slot, entry);
      journal.push(entry.slot);
      ctx.append(JOURNAL_FILE, entry);
    }
    ctx.persist({ kind: 'joined' });
  }

  /** As after any restart: a lease of our former life may last. */
  protected onJoined(ctx: Context): void {
    const { state } = this;
    assert(state.isAmnesiac, 'only who has forgotten joins');
    state.isAmnesiac = false;
    state.seen = state.durable.promised;
    state.lease = { to: null, untilUs: ctx.monotonicUs() + this.settings.replicaLeaseUs };
    ctx.note({ event: 'rejoined', life: lifeOf(state.durable.lives, this.self).number });
    ctx.put(BALLOT_FILE, this.ballotRecord());
    ctx.persist({ kind: 'start', slot: state.snapshotSlot });
    this.resetElectionTimer(ctx);
  }

  // ── Who is asked ─────────────────────────────────────────────────────

  /** From here on, all that we promise and accept says that the former life is over. */
  protected onRejoin(ctx: Context, from: NodeId, { life }: Rejoin): void {
    const { durable, role } = this.state;
    if (life.number > lifeOf(durable.lives, from).number) {
      durable.lives = withLife(durable.lives, from, life, this.nodes);
      ctx.put(LIVES_FILE, durable.lives);
      if (role.kind === 'leader') {
        role.snapshotSlots[from] = 0;
        role.grantedSentAtUs[from] = -Infinity;
      }
    }
    ctx.persist(); // Barrier: it relies on what we say, and on what we know of it.
    const { promised, accepted, truncatedTo, lives } = durable;
    const reply: Rejoined = { kind: 'Rejoined', lives, promised, accepted: [...accepted.values()], truncatedTo };
    ctx.send(from, reply);
  }
}
