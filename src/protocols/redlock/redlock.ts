/**
 * A Redlock client: a lock is held by whoever has set its entry at a quorum of independent Redis nodes, for as long as
 * the shortest of these entries lives for sure.
 *
 * Sources: "Distributed Locks with Redis", the page of the Redis documentation that specifies the algorithm;
 * M. Kleppmann, "How to do distributed locking" (2016), and S. Sanfilippo's reply "Is Redlock safe?" (2016). Where the
 * page says nothing (automatic extension, names and defaults), node-redlock and redsync.
 *
 * Implemented: acquisition in parallel or in turn, with a time-out for each node; validity time by either clock, less
 * the drift; release at all nodes after a failure; retries after a random pause; release and extension by script;
 * automatic extension. `counter: per-node` shows what is no fencing token.
 *
 * Not implemented: reentrant and fair locks. Both need the servers to keep more than a value for each lock, and waiters
 * to be told when it is free; the page has neither. That a node which starts again stays out (`startDelay`) or has lost
 * nothing (`appendfsync: always`) is a matter of the nodes.
 *
 * When a round of questions ends: as soon as a quorum has done what was asked, none can any more, or all have answered;
 * else after `nodeTimeout`. To wait longer would cost validity time and change nothing. Nodes that are asked in turn
 * are all asked, a quorum or not, as on the page: entries at more nodes outlive the loss of one.
 *
 * Refused or unsure: an attempt is refused where answers exclude a quorum, or its validity time is over. One that too
 * few have answered is unsure until its validity time would be over; an acquisition is unsure if one attempt of it is.
 *
 * Extension, as in node-redlock and redsync: a quorum must extend while the lock is valid. A round that fails is
 * repeated, after the pause between attempts, while the old validity time lasts. When that ends, the holder sees it on
 * its own clock, and is told nothing. Departs from node-redlock, which tells its caller at that end only: where answers
 * exclude that a quorum still has the entry, the client has lost the lock, and says so at once.
 *
 * Late answers: one that comes after its round counts for nothing. But where a node says that it has set an entry which
 * is wanted no more, it is asked to release it once more: on a network that reorders, the first release can overtake
 * the request to set. A connection keeps the order, and there the first release is enough. If that late answer is lost,
 * too, the entry stays until it runs out, and so do those of a client that has crashed.
 *
 * Scripts are sent whole, with EVAL: a node that was started again has forgotten them, and EVALSHA would cost it a
 * second round trip of the validity time. Answers are the same.
 *
 * Atomic steps: each handler. The start time is read and all requests of a round leave at one instant (in turn: one of
 * them). A pause or a crash can strike before any answer and any timer is handled, so between a quorum of answers and
 * their being read; what the client goes by then is its clock. What the application does with a grant is its own.
 */
import type { ClientRequest, ClientResponse } from '../../contract/client.ts';
import type { Context } from '../../contract/context.ts';
import type { AcquireEnd, LockClient, LockClientInit, LockGrant, ReleaseEnd } from '../../contract/lock.ts';
import type { Message } from '../../contract/message.ts';
import { assert, unreachable } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { TimeUs } from '../../kernel/time.ts';
import { FENCED_LOCK, type RedisAnswer } from '../redis/messages.ts';
import { RedlockRules } from './rules.ts';
import type { Acquiring, Attempt, Holding, RedlockState, Releasing, Round } from './state.ts';

const ROUND_TIMER = 'lock/round';
const RETRY_TIMER = 'lock/retry';
export const EXTEND_TIMER = 'lock/extend';
/** So many requests to set an entry are remembered until they are answered. What older ones have set has to run out. */
const UNANSWERED_MAX = 256;

/** Why an attempt came to nothing. */
type Failure = 'taken' | 'validity-over' | 'timeout';

/** What a node says of what it was asked: done; not done, as the entry is another's or gone; or an error. */
type Verdict = { readonly kind: 'yes'; readonly count: number } | { readonly kind: 'no' | 'error' };

export class RedlockClient extends RedlockRules implements LockClient<RedlockState> {
  readonly state: RedlockState;

  constructor(init: LockClientInit) {
    super(init);
    this.state = { phase: { kind: 'idle' }, nextRequest: init.firstRequest, unanswered: new Map() };
  }

  onMessage(ctx: Context, _from: NodeId, message: Message): void {
    if (message.kind === 'ClientResponse') this.onResponse(ctx, message as ClientResponse);
  }

  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case ROUND_TIMER: return this.onRoundTimer(ctx);
      case RETRY_TIMER: return this.onRetryTimer(ctx);
      case EXTEND_TIMER: return this.onExtendTimer(ctx);
      default: assert(false, 'a Redlock client sets no other timer');
    }
  }

  // ── Acquisition ──────────────────────────────────────────────────────

  acquire(ctx: Context, lock: string): void {
    const { state } = this;
    assert(state.phase.kind === 'idle', 'one lock is asked for at a time');
    const acquiring: Acquiring = {
      kind: 'acquiring', lock, beganAtUs: ctx.monotonicUs(), attempts: 0, attempt: null, unsureUntilUs: null,
    };
    state.phase = acquiring;
    this.beginAttempt(ctx, acquiring);
  }

  private beginAttempt(ctx: Context, acquiring: Acquiring): void {
    const attempt = this.newAttempt(ctx);
    acquiring.attempts += 1;
    acquiring.attempt = attempt;
    ctx.note({ event: 'attempted', lock: acquiring.lock, owner: attempt.owner });
    this.init.listener.onAttempt(ctx, acquiring.lock, attempt.owner);
    if (this.settings.isSequential) return this.setNext(ctx, acquiring.lock, attempt);
    while (attempt.round.unasked.length > 0) this.setAtNext(ctx, acquiring.lock, attempt);
    ctx.setTimer(ROUND_TIMER, this.settings.nodeTimeoutUs);
  }

  /** Begins with nobody's consent: what an earlier attempt has set was released, or runs out before this one does. */
  protected newAttempt(ctx: Context): Attempt {
    return { owner: this.drawValue(ctx), round: this.newRound(ctx) };
  }

  private setNext(ctx: Context, lock: string, attempt: Attempt): void {
    attempt.round.awaited = this.setAtNext(ctx, lock, attempt);
    ctx.setTimer(ROUND_TIMER, this.settings.nodeTimeoutUs);
  }

  private setAtNext(ctx: Context, lock: string, { owner, round }: Attempt): number {
    const node = round.unasked.shift();
    assert(node !== undefined, 'somebody is left to be asked');
    const { unanswered } = this.state;
    const id = this.call(ctx, node, this.setArgs(lock, owner));
    round.open.set(id, node);
    unanswered.set(id, { node, lock, owner });
    const [oldest = id] = unanswered.keys();
    if (unanswered.size > UNANSWERED_MAX) unanswered.delete(oldest);
    return id;
  }

  private setArgs(lock: string, owner: string): readonly string[] {
    const { countsPerNode, ttlMs } = this.settings;
    if (countsPerNode) return ['EVAL', FENCED_LOCK, '2', lock, `${lock}:counter`, owner, String(ttlMs)];
    return ['SET', lock, owner, 'NX', 'PX', String(ttlMs)];
  }

  private onSetAnswer(ctx: Context, acquiring: Acquiring, attempt: Attempt, id: number): void {
    const { round } = attempt;
    const isLast = round.unasked.length === 0;
    if (this.settings.isSequential) {
      // Who answers late, while another one is asked, is heard all the same.
      const isOver = this.isExcluded(round.no.length) || (isLast && id === round.awaited);
      if (isOver) return this.endAttempt(ctx, acquiring, attempt);
      if (id === round.awaited) this.setNext(ctx, acquiring.lock, attempt);
    } else if (this.isDecided(round)) {
      this.endAttempt(ctx, acquiring, attempt);
    }
  }

  private endAttempt(ctx: Context, acquiring: Acquiring, attempt: Attempt): void {
    const { owner, round } = attempt;
    ctx.cancelTimer(ROUND_TIMER);
    acquiring.attempt = null;
    const nowUs = this.nowUs(ctx);
    const untilUs = this.validUntilUs(round.startedAtUs);
    if (this.isQuorum(round.yes.length) && this.isValid(untilUs, nowUs)) {
      const token = this.settings.countsPerNode ? round.count : null;
      return this.hold(ctx, {
        lock: acquiring.lock, owner, token, validity: { clock: this.settings.clock, untilUs },
      });
    }
    const failure = this.failureOf(round, untilUs, nowUs);
    if (failure === 'timeout') acquiring.unsureUntilUs = Math.max(acquiring.unsureUntilUs ?? untilUs, untilUs);
    ctx.note({ event: 'attempt-failed', lock: acquiring.lock, owner, why: failure });
    const retryUs = this.retryAfterUs(ctx);
    const isRetried = this.mayRetry(acquiring, ctx.monotonicUs() + retryUs);
    this.cleanUp(ctx, acquiring.lock, owner, this.nodesToRelease(attempt, isRetried));
    if (isRetried) return ctx.setTimer(RETRY_TIMER, retryUs);
    const isUnsure = acquiring.unsureUntilUs !== null && acquiring.unsureUntilUs > nowUs;
    this.endAcquisition(ctx, { kind: isUnsure ? 'unsure' : 'refused', error: isUnsure ? 'timeout' : failure });
  }

  private failureOf(round: Round, untilUs: TimeUs, nowUs: TimeUs): Failure {
    if (this.isExcluded(round.no.length)) return 'taken';
    return untilUs > nowUs ? 'timeout' : 'validity-over';
  }

  private mayRetry(acquiring: Acquiring, atUs: TimeUs): boolean {
    return acquiring.attempts <= this.settings.retryCount && atUs < acquiring.beganAtUs + this.init.timeoutUs;
  }

  private onRetryTimer(ctx: Context): void {
    const { phase } = this.state;
    assert(phase.kind === 'acquiring' && phase.attempt === null, 'a pause is one between two attempts');
    this.beginAttempt(ctx, phase);
  }

  /** What a failed attempt has left must not keep others, or the next attempt, from the lock. */
  protected cleanUp(ctx: Context, lock: string, owner: string, nodes: readonly NodeId[]): void {
    for (const node of nodes) this.call(ctx, node, this.releaseArgs(lock, owner));
  }

  private hold(ctx: Context, grant: LockGrant): void {
    const holding: Holding = { kind: 'holding', grant, extensions: 0, extension: null };
    this.state.phase = holding;
    this.awaitExtension(ctx, holding);
    this.init.listener.onAcquired(ctx, { kind: 'granted', grant });
  }

  private endAcquisition(ctx: Context, end: AcquireEnd): void {
    this.state.phase = { kind: 'idle' };
    this.init.listener.onAcquired(ctx, end);
  }

  // ── Extension ────────────────────────────────────────────────────────

  private awaitExtension(ctx: Context, { grant, extensions }: Holding): void {
    const { extendAtUs, extensions: most } = this.settings;
    if (extendAtUs === 0 || extensions >= most) return;
    ctx.setTimer(EXTEND_TIMER, Math.max(0, grant.validity.untilUs - extendAtUs - this.nowUs(ctx)));
  }

  private onExtendTimer(ctx: Context): void {
    const { phase } = this.state;
    assert(phase.kind === 'holding' && phase.extension === null, 'what is held is extended, once at a time');
    // So late comes the timer of a process that was paused, and the last one of those that repeat what failed.
    if (this.nowUs(ctx) >= phase.grant.validity.untilUs) return this.stopExtending(ctx, phase);
    this.beginExtension(ctx, phase);
  }

  protected beginExtension(ctx: Context, holding: Holding): void {
    const { lock, owner } = holding.grant;
    holding.extension = this.ask(ctx, this.extendArgs(lock, owner));
  }

  private endExtension(ctx: Context, holding: Holding, round: Round): void {
    ctx.cancelTimer(ROUND_TIMER);
    holding.extension = null;
    const untilUs = this.extendedUntilUs(round, holding.grant.validity.untilUs, this.nowUs(ctx));
    if (untilUs === null) return this.onExtensionFailed(ctx, holding, round);
    this.extend(ctx, holding, untilUs);
  }

  protected extend(ctx: Context, holding: Holding, untilUs: TimeUs): void {
    const { grant } = holding;
    holding.grant = { ...grant, validity: { ...grant.validity, untilUs } };
    holding.extensions += 1;
    ctx.note({ event: 'extended', lock: grant.lock, owner: grant.owner });
    this.awaitExtension(ctx, holding);
    this.init.listener.onExtended(ctx, holding.grant);
  }

  protected onExtensionFailed(ctx: Context, holding: Holding, round: Round): void {
    const isLost = this.isExcluded(round.no.length) && this.nowUs(ctx) < holding.grant.validity.untilUs;
    if (!isLost) return ctx.setTimer(EXTEND_TIMER, this.retryAfterUs(ctx));
    this.stopExtending(ctx, holding);
    this.init.listener.onLost(ctx, holding.grant.owner);
  }

  private stopExtending(ctx: Context, { grant: { lock, owner } }: Holding): void {
    ctx.note({ event: 'extension-failed', lock, owner });
  }

  // ── Release ──────────────────────────────────────────────────────────

  release(ctx: Context): void {
    const { phase } = this.state;
    assert(phase.kind === 'holding', 'what is released was acquired');
    const { lock, owner } = phase.grant;
    ctx.cancelTimer(EXTEND_TIMER);
    this.state.phase = { kind: 'releasing', lock, owner, round: this.ask(ctx, this.releaseArgs(lock, owner)) };
  }

  private endRelease(ctx: Context, { round }: Releasing): void {
    ctx.cancelTimer(ROUND_TIMER);
    this.state.phase = { kind: 'idle' };
    this.init.listener.onReleased(ctx, this.releaseEnd(round));
  }

  /** Whoever does not answer has no say: at a quorum the entry is gone, and so it is owned no more. */
  protected releaseEnd({ yes, no }: Round): ReleaseEnd {
    if (this.isQuorum(yes.length)) return 'released';
    if (this.isExcluded(no.length)) return 'not-held';
    return this.isQuorum(yes.length + no.length) ? 'released' : 'unsure';
  }

  // ── Rounds of questions ──────────────────────────────────────────────

  protected newRound(ctx: Context): Round {
    return {
      startedAtUs: this.nowUs(ctx), unasked: [...this.init.nodes], open: new Map(), awaited: null, yes: [], no: [],
      count: 0,
    };
  }

  /** Asks all nodes at once. */
  private ask(ctx: Context, args: readonly string[]): Round {
    const round = this.newRound(ctx);
    for (const node of round.unasked) round.open.set(this.call(ctx, node, args), node);
    round.unasked.length = 0;
    ctx.setTimer(ROUND_TIMER, this.settings.nodeTimeoutUs);
    return round;
  }

  /** Sends one command to one node. Returns the number of the request. */
  protected call(ctx: Context, node: NodeId, args: readonly string[]): number {
    const { state } = this;
    const id = state.nextRequest;
    state.nextRequest += 1;
    const request: ClientRequest = { kind: 'ClientRequest', client: ctx.self, id, command: { kind: 'call', args } };
    ctx.send(node, request);
    return id;
  }

  /** Of nodes that are asked at once: whether further answers could change nothing. */
  protected isDecided({ open, yes, no }: Round): boolean {
    return open.size === 0 || this.isQuorum(yes.length) || this.isExcluded(no.length);
  }

  private onResponse(ctx: Context, { id, body }: ClientResponse): void {
    const { unanswered } = this.state;
    const verdict = readVerdict(body as unknown as RedisAnswer);
    const set = unanswered.get(id);
    unanswered.delete(id);
    const round = this.roundNow();
    const node = round?.open.get(id);
    if (round !== null && node !== undefined) return this.onAnswer(ctx, round, id, node, verdict);
    if (set === undefined || verdict.kind !== 'yes' || this.isHeld(set.owner)) return;
    if (!this.releasesLateGrants()) return;
    ctx.note({ event: 'late-grant', lock: set.lock, owner: set.owner });
    this.cleanUp(ctx, set.lock, set.owner, [set.node]);
  }

  private onAnswer(ctx: Context, round: Round, id: number, node: NodeId, verdict: Verdict): void {
    const { phase } = this.state;
    round.open.delete(id);
    if (verdict.kind === 'yes') {
      round.yes.push(node);
      round.count = Math.max(round.count, verdict.count);
    } else if (verdict.kind === 'no' || (phase.kind === 'acquiring' && !this.settings.countsPerNode)) {
      // After an error SET has set nothing. A script may have, before one: of the entry that says nothing.
      round.no.push(node);
    }
    switch (phase.kind) {
      case 'acquiring': return this.onSetAnswer(ctx, phase, phase.attempt as Attempt, id);
      case 'holding': return this.isDecided(round) ? this.endExtension(ctx, phase, round) : undefined;
      case 'releasing': return this.isDecided(round) ? this.endRelease(ctx, phase) : undefined;
      case 'idle': return assert(false, 'nothing is asked');
      default: return unreachable(phase);
    }
  }

  /** Who has not answered by now may have done what it was asked: nobody knows. */
  private onRoundTimer(ctx: Context): void {
    const { phase } = this.state;
    switch (phase.kind) {
      case 'acquiring': {
        assert(phase.attempt !== null, 'between attempts, nobody is asked');
        if (phase.attempt.round.unasked.length > 0) return this.setNext(ctx, phase.lock, phase.attempt);
        return this.endAttempt(ctx, phase, phase.attempt);
      }
      case 'holding': {
        assert(phase.extension !== null, 'nobody is asked to extend');
        return this.endExtension(ctx, phase, phase.extension);
      }
      case 'releasing': return this.endRelease(ctx, phase);
      case 'idle': return assert(false, 'nothing is asked');
      default: return unreachable(phase);
    }
  }

  private roundNow(): Round | null {
    const { phase } = this.state;
    switch (phase.kind) {
      case 'acquiring': return phase.attempt?.round ?? null;
      case 'holding': return phase.extension;
      case 'releasing': return phase.round;
      case 'idle': return null;
      default: return unreachable(phase);
    }
  }

  private isHeld(owner: string): boolean {
    const { phase } = this.state;
    return phase.kind === 'holding' && phase.grant.owner === owner;
  }
}

/** OK, or the number of a script that did something; nil and 0 where the entry stood in the way, or was not there. */
function readVerdict(answer: RedisAnswer): Verdict {
  if (answer.kind !== 'reply') return { kind: 'error' };
  const { reply } = answer;
  switch (reply.kind) {
    case 'status': return { kind: 'yes', count: 0 };
    case 'integer': return reply.value > 0 ? { kind: 'yes', count: reply.value } : { kind: 'no' };
    case 'nil': return { kind: 'no' };
    case 'error': case 'bulk': case 'array': return { kind: 'error' };
    default: return unreachable(reply);
  }
}
