/**
 * A client of the lease lock of `services/lease-lock.ts`, behind any protocol that replicates a service and orders its
 * commands by a time of the log. What Chubby (Burrows 2006), etcd and Consul have in common: a lease, a fencing token,
 * a session that recognises copies. Left out: a line of waiters, shared locks, watches.
 *
 * **Validity.** A holder counts its lease from before its command first left, by its own clock, and takes the drift
 * of clocks off. So its lease is over for itself before it is over for the service, however late an answer comes:
 *
 *     asked at a1 .. command appended at a2 >= a1, at log time T .. lease over with the first command at T + ttl
 *
 * The service's lease lasts, in true time, at least ttl / (1 + r) from a2, where r is the highest rate error of any
 * leader's clock; the client's own at most (ttl - drift) / (1 - c) from a1, with c that of its own clock. That is no
 * longer where drift >= ttl (r + c): `driftFactor` bounds the sum of both.
 *
 * **The time of the log**, as Raft has it here (`Replication.clusterTimeUs`), goes on from the last entry by the
 * monotonic clock of each leader. It never runs ahead: with `logTime: all` a new leader counts from when its last entry
 * came to it, which was after it was given its time. What an entry was under way for is lost to that, and so is what a
 * leader was down or suspended for; with `logTime: led`, each election as well. A lease lasts longer by as much, which
 * is not unsafe: leases that end late are a matter of progress. No wall clock has a part in it. A *client's* clock that
 * stands still, while its machine is suspended, is beyond any drift factor.
 *
 * **What is left behind.** An acquisition that nobody answered ends as unsure, and its owner is released in the
 * background. That release has a higher sequence in the same session, and says that nobody waits for lower ones: once
 * it is applied, a late copy of the acquisition is not executed any more. What cannot be released runs out by itself.
 *
 * Atomic steps: each handler. Between an answer that arrives and the note of it nothing can come in between; before
 * the handler, and between this client and the application's next step, a pause can.
 */
import type { ClientProtocol } from '../contract/client.ts';
import type { Context } from '../contract/context.ts';
import type { AcquireEnd, LockClient, LockClientInit, LockGrant, ReleaseEnd } from '../contract/lock.ts';
import type { Plain } from '../contract/message.ts';
import type { Operation, SessionResult } from '../contract/session.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import { type LeaseLockSettings, readLeaseLockSettings } from './lease-lock-options.ts';
import { parseTimerName, Requester, type RequesterState, timerName } from './requester.ts';

type Phase =
  | { readonly kind: 'idle' }
  /** Waits for a session, or to ask again; `error`: why it was refused last. */
  | { readonly kind: 'waiting'; readonly lock: string; readonly error: string | null }
  | { readonly kind: 'asking'; readonly lock: string; readonly owner: string; readonly askedAtUs: TimeUs }
  | { readonly kind: 'holding'; readonly grant: LockGrant; readonly extension: Extension }
  | { readonly kind: 'releasing'; readonly grant: LockGrant };

/** What becomes of a lease that is held. */
type Extension =
  | { readonly kind: 'none' | 'wanted' }
  /** Asked for at this time by the clock that counts. */
  | { readonly kind: 'asked'; readonly askedAtUs: TimeUs };

/** What the service may have granted, and nobody wants. */
interface Leftover {
  readonly lock: string;
  readonly owner: string;
}

/** Everything that the client of a lease lock knows. Plain data. */
export interface LeaseLockClientState extends RequesterState {
  phase: Phase;
  /** `null` until one is registered. */
  session: number | null;
  /** Of the last command in this session; they begin at 1. */
  sequence: number;
  /** The first one is being released. */
  readonly leftovers: Leftover[];
}

/** Requests of one kind wait for each other, and for nothing else. */
const LANE = { lock: 0, extension: 1, leftover: 2, registration: 3 } as const;
const PREFIX = 'lock/';
const IDLE: Phase = { kind: 'idle' };

/** See the head of this file. */
export class LeaseLockClient extends Requester implements LockClient<LeaseLockClientState> {
  readonly state: LeaseLockClientState;
  protected readonly settings: LeaseLockSettings;
  private readonly init: LockClientInit;

  constructor(init: LockClientInit, protocol: ClientProtocol) {
    super({ ...init, protocol });
    this.init = init;
    this.settings = readLeaseLockSettings(init.options);
    this.state = {
      phase: IDLE,
      session: null,
      sequence: 0,
      leftovers: [],
      requests: [null, null, null, null],
      nextAttempt: init.firstRequest,
      home: init.nodes[init.client % init.nodes.length] as NodeId,
      unanswered: 0,
      epoch: 0,
    };
  }

  onTimer(ctx: Context, name: string): void {
    assert(name.startsWith(PREFIX), 'a lock client is given its own timers');
    const { kind, lane } = parseTimerName(name.slice(PREFIX.length));
    switch (kind) {
      case 'attempt': return this.onAttemptTimer(ctx, lane);
      case 'retry': return this.attemptAcquire(ctx);
      case 'timeout': return this.onTimeout(ctx);
      case 'extend': return this.beginExtension(ctx);
      case 'leftover': return this.nextLeftover(ctx);
      default: return assert(false, 'a lock client sets no other timer');
    }
  }

  protected override attemptTimer(lane: number): string {
    return PREFIX + timerName('attempt', lane);
  }

  protected override onResult(ctx: Context, lane: number, result: SessionResult): void {
    const { state } = this;
    const command = state.requests[lane]?.command;
    this.endRequest(ctx, lane);
    if (isGone(result) && command?.kind === 'execute' && command.session === state.session) state.session = null;
    switch (lane) {
      case LANE.registration: return this.onRegistered(ctx, result);
      case LANE.extension: return this.onExtendAnswer(ctx, result);
      case LANE.leftover: return this.onLeftoverAnswer(ctx, result);
      default:
        return state.phase.kind === 'asking'
          ? this.onAcquireAnswer(ctx, result) : this.onReleaseAnswer(ctx, result);
    }
  }

  protected override onPinnedEnd(): void {
    assert(false, 'no request of a lock client is for one node');
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** How long a lease is valid for its holder. */
  protected validityUs(): DurationUs {
    return this.settings.ttlUs - this.settings.driftUs;
  }

  /**
   * When a lease is over for its holder, who asked and was answered at these times; `null` where it is over already.
   * Who does not look again takes a lock for held that somebody else may have by now (etcd #11456).
   */
  protected validUntilUs(askedAtUs: TimeUs, answeredAtUs: TimeUs): TimeUs | null {
    const untilUs = askedAtUs + this.validityUs();
    return answeredAtUs < untilUs ? untilUs : null;
  }

  // ── Sessions ─────────────────────────────────────────────────────────

  private register(ctx: Context): void {
    if (this.state.requests[LANE.registration] !== null) return;
    this.beginRequest(ctx, LANE.registration, { kind: 'register', client: this.init.client }, { kind: 'home' });
  }

  private onRegistered(ctx: Context, result: SessionResult): void {
    const { state } = this;
    assert(result.kind === 'registered', 'a registration is answered by a session');
    state.session = result.session;
    state.sequence = 0;
    if (state.leftovers.length > 0 && state.requests[LANE.leftover] === null) this.askLeftover(ctx);
    const { phase } = state;
    if (phase.kind === 'waiting' && phase.error === null) this.attemptAcquire(ctx);
    if (phase.kind === 'releasing' && state.requests[LANE.lock] === null) this.askRelease(ctx, phase.grant);
    if (phase.kind === 'holding' && phase.extension.kind === 'wanted') this.beginExtension(ctx);
  }

  /** In a session, which there is. Returns the sequence. */
  private execute(ctx: Context, lane: number, session: number, operation: Operation): number {
    const { state } = this;
    state.sequence += 1;
    const { sequence } = state;
    const acknowledged = this.lowestOpen(session, sequence);
    const command = { kind: 'execute', session, sequence, acknowledged, operation } as const;
    this.beginRequest(ctx, lane, command, { kind: 'home' });
    return sequence;
  }

  /** Of the sequences that an answer is waited for, `last` included: what is below was answered or given up. */
  private lowestOpen(session: number, last: number): number {
    let lowest = last;
    for (const request of this.state.requests) {
      if (request?.command.kind !== 'execute' || request.command.session !== session) continue;
      lowest = Math.min(lowest, request.command.sequence);
    }
    return lowest;
  }

  // ── Acquiring ────────────────────────────────────────────────────────

  acquire(ctx: Context, lock: string): void {
    const { state } = this;
    assert(state.phase.kind === 'idle', 'one lock is asked for or held at a time');
    state.phase = { kind: 'waiting', lock, error: null };
    ctx.setTimer('lock/timeout', this.init.timeoutUs);
    this.attemptAcquire(ctx);
  }

  /** Each attempt is an acquisition of its own: who was refused and asks again may be granted the lock only then. */
  private attemptAcquire(ctx: Context): void {
    const { state, settings } = this;
    const { phase } = state;
    assert(phase.kind === 'waiting', 'only who waits asks again');
    if (state.session === null) {
      state.phase = { ...phase, error: null };
      return this.register(ctx);
    }
    const { lock } = phase;
    const owner = `${state.session}.${state.sequence + 1}`;
    this.init.listener.onAttempt(ctx, lock, owner);
    ctx.note({ event: 'acquire-asked', lock, owner });
    // Before the command leaves for the first time: any copy of it may be the one that is executed.
    state.phase = { kind: 'asking', lock, owner, askedAtUs: this.nowUs(ctx) };
    const value = { owner, ttlUs: settings.ttlUs, lockDelayUs: settings.lockDelayUs };
    this.execute(ctx, LANE.lock, state.session, { f: 'acquire', key: lock, value });
  }

  private onAcquireAnswer(ctx: Context, result: SessionResult): void {
    const { state, settings } = this;
    const { phase } = state;
    assert(phase.kind === 'asking', 'only what was asked for is granted');
    const { lock, owner } = phase;
    switch (result.kind) {
      case 'ok':
        return this.onGranted(ctx, phase, (result.value as { readonly token: number }).token);
      case 'refused': {
        state.phase = { kind: 'waiting', lock, error: result.error };
        const jitterUs = ctx.random('retry').between(0, settings.retryJitterUs);
        return ctx.setTimer('lock/retry', settings.retryDelayUs + jitterUs);
      }
      // An earlier copy may have been executed before the session was forgotten.
      case 'expired':
      case 'no-session':
        this.leave(ctx, lock, owner);
        return this.endAcquire(ctx, { kind: 'unsure', error: result.kind });
      case 'registered':
        return assert(false, 'an acquisition is not answered by a session');
      default:
        return unreachable(result);
    }
  }

  private onGranted(ctx: Context, asked: Extract<Phase, { kind: 'asking' }>, token: number): void {
    const { lock, owner, askedAtUs } = asked;
    const untilUs = this.validUntilUs(askedAtUs, this.nowUs(ctx));
    if (untilUs === null) {
      ctx.note({ event: 'granted-too-late', lock, owner });
      this.leave(ctx, lock, owner);
      return this.endAcquire(ctx, { kind: 'refused', error: 'the lease was over when the answer came' });
    }
    const grant: LockGrant = { lock, owner, token, validity: { clock: this.settings.clock, untilUs } };
    this.state.phase = { kind: 'holding', grant, extension: { kind: 'none' } };
    ctx.cancelTimer('lock/timeout');
    this.planExtension(ctx, untilUs);
    this.init.listener.onAcquired(ctx, { kind: 'granted', grant });
  }

  private endAcquire(ctx: Context, end: AcquireEnd): void {
    this.state.phase = IDLE;
    ctx.cancelTimer('lock/timeout');
    ctx.cancelTimer('lock/retry');
    this.init.listener.onAcquired(ctx, end);
  }

  private onTimeout(ctx: Context): void {
    const { phase } = this.state;
    switch (phase.kind) {
      case 'asking':
        this.endRequest(ctx, LANE.lock);
        this.leave(ctx, phase.lock, phase.owner);
        return this.endAcquire(ctx, { kind: 'unsure', error: 'timeout' });
      // Whatever was asked for was refused.
      case 'waiting':
        return this.endAcquire(ctx, { kind: 'refused', error: phase.error ?? 'no-session' });
      case 'releasing':
        this.endRequest(ctx, LANE.lock);
        this.leave(ctx, phase.grant.lock, phase.grant.owner);
        return this.endRelease(ctx, 'unsure');
      default:
        return assert(false, 'only what is asked can time out');
    }
  }

  // ── Extending ────────────────────────────────────────────────────────

  private planExtension(ctx: Context, untilUs: TimeUs): void {
    const { extendAtUs } = this.settings;
    if (extendAtUs > 0) ctx.setTimer('lock/extend', Math.max(0, untilUs - extendAtUs - this.nowUs(ctx)));
  }

  /**
   * Also where the validity is over by now: as long as the service says that it extended the lease, nobody else was
   * granted the lock in between.
   */
  private beginExtension(ctx: Context): void {
    const { state, settings } = this;
    const { phase } = state;
    assert(phase.kind === 'holding', 'only what is held is extended');
    const { grant } = phase;
    if (state.session === null) {
      state.phase = { ...phase, extension: { kind: 'wanted' } };
      return this.register(ctx);
    }
    ctx.note({ event: 'extension-asked', lock: grant.lock, owner: grant.owner });
    state.phase = { ...phase, extension: { kind: 'asked', askedAtUs: this.nowUs(ctx) } };
    const value = { owner: grant.owner, ttlUs: settings.ttlUs };
    this.execute(ctx, LANE.extension, state.session, { f: 'extend', key: grant.lock, value });
  }

  private onExtendAnswer(ctx: Context, result: SessionResult): void {
    const { state } = this;
    const { phase } = state;
    assert(phase.kind === 'holding' && phase.extension.kind === 'asked', 'only what was asked for is extended');
    const { grant, extension } = phase;
    state.phase = { ...phase, extension: { kind: 'none' } };
    if (isGone(result)) return this.beginExtension(ctx);
    if (result.kind !== 'ok') return this.onNotExtended(ctx, grant);
    const untilUs = this.validUntilUs(extension.askedAtUs, this.nowUs(ctx));
    // It took longer than a lease lasts. The service may still have us for the holder.
    if (untilUs === null) return this.beginExtension(ctx);
    const extended: LockGrant = { ...grant, validity: { ...grant.validity, untilUs } };
    state.phase = { kind: 'holding', grant: extended, extension: { kind: 'none' } };
    this.planExtension(ctx, untilUs);
    this.init.listener.onExtended(ctx, extended);
  }

  /** The service has another holder, or none. Who sees by its own clock that it holds nothing need not be told. */
  private onNotExtended(ctx: Context, { owner, validity }: LockGrant): void {
    if (this.nowUs(ctx) < validity.untilUs) this.init.listener.onLost(ctx, owner);
  }

  // ── Releasing ────────────────────────────────────────────────────────

  release(ctx: Context): void {
    const { state } = this;
    const { phase } = state;
    assert(phase.kind === 'holding', 'only what was granted is given back');
    ctx.cancelTimer('lock/extend');
    this.endRequest(ctx, LANE.extension);
    state.phase = { kind: 'releasing', grant: phase.grant };
    ctx.setTimer('lock/timeout', this.init.timeoutUs);
    this.askRelease(ctx, phase.grant);
  }

  private askRelease(ctx: Context, { lock, owner }: LockGrant): void {
    const { session } = this.state;
    if (session === null) return this.register(ctx);
    this.execute(ctx, LANE.lock, session, releaseOf(lock, owner));
  }

  private onReleaseAnswer(ctx: Context, result: SessionResult): void {
    const { phase } = this.state;
    assert(phase.kind === 'releasing', 'only what is given back is released');
    switch (result.kind) {
      case 'ok': return this.endRelease(ctx, 'released');
      case 'refused': return this.endRelease(ctx, 'not-held');
      default: return this.askRelease(ctx, phase.grant);
    }
  }

  private endRelease(ctx: Context, end: ReleaseEnd): void {
    this.state.phase = IDLE;
    ctx.cancelTimer('lock/timeout');
    this.init.listener.onReleased(ctx, end);
  }

  // ── What is left behind ──────────────────────────────────────────────

  private leave(ctx: Context, lock: string, owner: string): void {
    const { leftovers } = this.state;
    leftovers.push({ lock, owner });
    if (leftovers.length === 1) this.beginLeftover(ctx);
  }

  private beginLeftover(ctx: Context): void {
    // What stands there has run out by then.
    ctx.setTimer('lock/leftover', this.settings.ttlUs + this.settings.driftUs);
    this.askLeftover(ctx);
  }

  private askLeftover(ctx: Context): void {
    const { session, leftovers } = this.state;
    const { lock, owner } = leftovers[0] as Leftover;
    if (session === null) return this.register(ctx);
    this.execute(ctx, LANE.leftover, session, releaseOf(lock, owner));
  }

  private onLeftoverAnswer(ctx: Context, result: SessionResult): void {
    if (isGone(result)) this.askLeftover(ctx);
    else this.nextLeftover(ctx);
  }

  private nextLeftover(ctx: Context): void {
    const { leftovers } = this.state;
    this.endRequest(ctx, LANE.leftover);
    ctx.cancelTimer('lock/leftover');
    leftovers.shift();
    if (leftovers.length > 0) this.beginLeftover(ctx);
  }

  private nowUs(ctx: Context): TimeUs {
    return this.settings.clock === 'wall' ? ctx.wallUs() : ctx.monotonicUs();
  }
}

/** The session is gone, and with it the word on whether an earlier copy was executed. What follows needs another. */
function isGone({ kind }: SessionResult): boolean {
  return kind === 'expired' || kind === 'no-session';
}

function releaseOf(lock: string, owner: string): Operation {
  return { f: 'release', key: lock, value: { owner } satisfies Record<string, Plain> };
}
