import type { ClientRequest } from '../../contract/client.ts';
import type { Context } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { Acceptor } from './acceptor.ts';
import { authorOf, isSameAuthor } from './author.ts';
import { type Ballot, compareBallots, isSameBallot } from './ballot.ts';
import type {
  Accept, AcceptedProposal, AcceptorMessage, Prepare, Promised, Proposal, Rejected,
} from './messages.ts';
import {
  type Asked, type Attempt, type CommonState, type CountedPromise, type Execute, type Pursuit, ROUND_FILE,
  type RoundRecord,
} from './state.ts';

/** Rounds that one write to the disk reserves: else each ballot would wait for a sync of its own. There are plenty. */
const ROUNDS_RESERVED = 10_000;
/** 2^20 times the first wait is longer than any longest one. */
const DOUBLINGS_MAX = 20;

/** The proposer ("Paxos Made Simple", §2.2): asks for promises, and then for the acceptance of what these allow. */
export abstract class Proposer<P extends Proposal, S extends CommonState<P>> extends Acceptor<P, S> {
  // ── Rules ────────────────────────────────────────────────────────────

  /**
   * §2.5 No number is used twice, restarts included. A copy of a promise to the incarnation before would else count for
   * a ballot that was begun anew, with another value.
   */
  protected roundAfterRestart(): number {
    return this.state.durable.reservedRound;
  }

  /** §2.2 Proposers draw their numbers from disjoint sets: each names itself in its own. */
  protected ballotOf(round: number): Ballot {
    return { round, proposer: this.self };
  }

  /** §2.2 A response to this very prepare request, from an acceptor that has not been counted. */
  protected countsPromise({ ballot, promises }: Attempt<P>, from: NodeId, promised: Promised<P>): boolean {
    return isSameBallot(ballot, promised.ballot) && !promises.some((counted) => counted.from === from);
  }

  protected prepareQuorum(): number {
    return this.layout.prepareQuorum;
  }

  /** §2.2, P2c: the value of the highest-numbered proposal that was reported; `null` if none was: then any will do. */
  protected valueToAdopt(promises: readonly CountedPromise<P>[]): P | null {
    let highest: AcceptedProposal<P> | null = null;
    for (const { accepted } of promises) {
      if (accepted !== null && (highest === null || compareBallots(accepted.ballot, highest.ballot) > 0)) {
        highest = accepted;
      }
    }
    return highest?.proposal ?? null;
  }

  /**
   * A promise says what was accepted when it was given. A read that came later may follow the answer to a write that
   * was chosen in between: n1 gets its promises and has nothing to propose, n2 gets B chosen, a client that knows of B
   * reads from n1. "Nothing" is no answer to that one.
   */
  protected sawPromisesAfter({ cameInRound }: Asked, { ballot }: Attempt<P>): boolean {
    return ballot.round > cameInRound;
  }

  /**
   * What a process wrote outlives it in the cache of its machine, synced or not. An acceptance that was written and not
   * synced is on the record after a restart; a copy of its request would be answered from there, and then power fails.
   */
  onStart(ctx: Context): void {
    this.state.round = this.roundAfterRestart();
    ctx.persist();
  }

  // ── What is wanted ───────────────────────────────────────────────────

  /** A retry of a command that waits already takes its place: who sent it waits for the last attempt. */
  protected pursue(ctx: Context, request: ClientRequest, command: Execute): void {
    const { key } = command.operation;
    const { pursuits } = this.state;
    let pursuit = pursuits.get(key);
    if (pursuit === undefined) {
      pursuit = { asked: [], attempt: null, defeats: 0, isBlind: true };
      pursuits.set(key, pursuit);
      pursuit.asked.push({ request, command, cameInRound: this.state.round });
      return this.prepare(ctx, key, pursuit);
    }
    const earlier = pursuit.asked.find((asked) => isSameCommand(asked, request, command));
    if (earlier !== undefined) earlier.request = request;
    else pursuit.asked.push({ request, command, cameInRound: this.state.round });
  }

  /** Nobody waits for this instance any more. */
  protected endPursuit(ctx: Context, key: string): void {
    this.state.pursuits.delete(key);
    ctx.cancelTimer(`resend/${key}`);
    ctx.cancelTimer(`back-off/${key}`);
  }

  // ── Phase 1a ─────────────────────────────────────────────────────────

  /** Begins with a new ballot, whatever became of the one before. */
  protected prepare(ctx: Context, key: string, pursuit: Pursuit<P>): void {
    assert(pursuit.asked.length > 0, 'somebody waits for an instance that is pursued');
    const ballot = this.ballotOf(this.nextRound(ctx));
    pursuit.attempt = { ballot, promises: [], proposal: null, acceptedBy: [] };
    ctx.note({ event: 'prepared', key, round: ballot.round });
    this.ask(ctx, key, pursuit.attempt);
  }

  private nextRound(ctx: Context): number {
    const { state } = this;
    state.round += 1;
    if (state.round > state.durable.reservedRound) {
      const record: RoundRecord = { reserved: state.round + ROUNDS_RESERVED };
      state.durable.reservedRound = record.reserved;
      ctx.put(ROUND_FILE, record);
      ctx.persist(); // Barrier: the Prepare leaves when nobody can use its round again.
    }
    return state.round;
  }

  /** Asks all acceptors that have not answered, now and again until somebody ends the attempt. */
  private ask(ctx: Context, key: string, { ballot, promises, proposal, acceptedBy }: Attempt<P>): void {
    const message: Prepare | Accept<P> = proposal === null
      ? { kind: 'Prepare', key, ballot }
      : { kind: 'Accept', key, ballot, proposal };
    const answered = proposal === null ? promises.map(({ from }) => from) : acceptedBy;
    for (const acceptor of this.layout.acceptors) {
      if (!answered.includes(acceptor)) ctx.send(this.holderOf(acceptor), message);
    }
    ctx.setTimer(`resend/${key}`, this.settings.resendUs);
  }

  /** Which node is this acceptor. */
  protected holderOf(acceptor: NodeId): NodeId {
    return acceptor;
  }

  protected onPromised(ctx: Context, from: NodeId, promised: Promised<P>): void {
    const { key } = promised;
    const pursuit = this.state.pursuits.get(key);
    const attempt = pursuit?.attempt ?? null;
    if (pursuit === undefined || attempt === null || attempt.proposal !== null) return;
    if (!this.countsPromise(attempt, from, promised)) return;
    attempt.promises.push(this.counted(from, promised));
    if (attempt.promises.length < this.prepareQuorum()) return;
    const proposal = this.choose(ctx, key, pursuit, attempt);
    if (proposal !== null) this.accept(ctx, key, attempt, proposal);
  }

  protected counted(from: NodeId, { accepted }: Promised<P>): CountedPromise<P> {
    return { from, accepted };
  }

  /** A quorum has promised: what phase 2 asks for; `null` where there is nothing to ask, and all was seen to. */
  protected abstract choose(ctx: Context, key: string, pursuit: Pursuit<P>, attempt: Attempt<P>): P | null;

  // ── Phase 2a ─────────────────────────────────────────────────────────

  private accept(ctx: Context, key: string, attempt: Attempt<P>, proposal: P): void {
    assert(attempt.proposal === null, 'a ballot proposes one value');
    attempt.proposal = proposal;
    this.ask(ctx, key, attempt);
  }

  // ── Defeats and silence (§2.4) ───────────────────────────────────────

  protected onRejected(ctx: Context, { key, ballot, promised }: Rejected): void {
    const { state } = this;
    state.round = Math.max(state.round, promised.round);
    const pursuit = state.pursuits.get(key);
    const attempt = pursuit?.attempt ?? null;
    // Several acceptors reject one ballot: it is abandoned once.
    if (pursuit === undefined || attempt === null || !isSameBallot(attempt.ballot, ballot)) return;
    ctx.note({ event: 'overtaken', key, round: ballot.round, by: promised.proposer });
    ctx.cancelTimer(`resend/${key}`);
    pursuit.attempt = null;
    // Others went on while it waited. With a wait for each ballot that was too low from the start, who has waited for
    // long never catches up with one who commits a change every few milliseconds.
    if (pursuit.isBlind && attempt.proposal === null) {
      pursuit.isBlind = false;
      return this.prepare(ctx, key, pursuit);
    }
    pursuit.defeats += 1;
    // §2.4 Two proposers that each go on at once with a higher number can keep each other from ever choosing anything.
    if (!this.settings.backsOff) return this.prepare(ctx, key, pursuit);
    ctx.setTimer(`back-off/${key}`, ctx.random('back-off').between(0, this.longestWaitUs(pursuit.defeats)));
  }

  private longestWaitUs(defeats: number): number {
    const { backOffUsBase, backOffUsMax } = this.settings;
    let longestUs = backOffUsBase;
    for (let left = Math.min(defeats - 1, DOUBLINGS_MAX); left > 0; left -= 1) longestUs *= 2;
    return Math.min(longestUs, backOffUsMax);
  }

  onTimer(ctx: Context, name: string): void {
    const slash = name.indexOf('/');
    const key = name.slice(slash + 1);
    const pursuit = this.state.pursuits.get(key);
    assert(pursuit !== undefined, 'timers end with what they are for');
    if (name.startsWith('back-off/')) {
      pursuit.isBlind = true;
      return this.prepare(ctx, key, pursuit);
    }
    assert(pursuit.attempt !== null, 'only an attempt is repeated');
    this.ask(ctx, key, pursuit.attempt);
  }

  /** Hands on what concerns acceptors and proposers; `false` for everything else. */
  protected onPhaseMessage(ctx: Context, from: NodeId, message: AcceptorMessage<P>): boolean {
    switch (message.kind) {
      case 'Promised': this.onPromised(ctx, from, message); return true;
      case 'Rejected': this.onRejected(ctx, message); return true;
      default: return this.onAcceptorMessage(ctx, from, message);
    }
  }
}

function isSameCommand({ request, command }: Asked, other: ClientRequest, again: Execute): boolean {
  return isSameAuthor(authorOf(request, command), authorOf(other, again));
}
