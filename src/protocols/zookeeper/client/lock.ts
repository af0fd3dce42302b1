/**
 * A client of a lock on ZooKeeper: the recipe of the documentation ("ZooKeeper Recipes and Solutions", Locks), with
 * what Curator's Tech Notes add to it. The holder is the first of a queue of ephemeral sequential znodes, each of which
 * watches the one before it; the zxid that created its znode is its fencing token.
 *
 * A lock has no length: its session has, and only the cluster ends that. So the holder does not know when it is over.
 * What it knows is whether it is connected: the server will not count a session as over that it has heard of since
 * less than its length, and after two thirds of that without an answer the client takes itself for suspended, and with
 * `onSuspended: stop` for no holder any more. It reads that from its clock before it acts: the library may not have
 * been able to tell, if the process was stopped.
 *
 * What it cannot know: (1) the client pings a follower, which answers; (2) the follower is cut off, and does not know
 * it for syncLimit ticks; (3) the leader hears of the session no more, and ends it. So tokens are what keeps writes in
 * order.
 *
 * Atomic steps: each handler.
 */
import type { Context } from '../../../contract/context.ts';
import type { LockClient, LockClientInit, LockGrant, ReleaseEnd, Validity } from '../../../contract/lock.ts';
import type { Message } from '../../../contract/message.ts';
import { assert } from '../../../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../../../kernel/ids.ts';
import { type TimeUs, US_PER_S } from '../../../kernel/time.ts';
import type { Op, WatcherEvent } from '../messages.ts';
import {
  Contender, type ContenderInit, type ContenderListener, type ContenderState, type LeftEnd, type Own,
} from './contender.ts';
import {
  type LibraryInit, type LibraryState, type RequestEnd, SessionLibrary, type SessionListener,
} from './library.ts';
import { type LockSettings, readLockSettings } from './lock-options.ts';

/** `asking`: for a lock, and stands in its queue where there is a session. */
type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'asking'; readonly lock: string }
  | { readonly kind: 'held'; grant: LockGrant; isLost: boolean }
  | { readonly kind: 'releasing' };

/** Everything that the client of a lock knows. Plain data. */
export interface LockState {
  phase: Phase;
  /** How many contenders there were. */
  attempts: number;
  /** By their numbers, those that are not gone: the current one, and earlier ones that have yet to leave. */
  readonly contenders: Map<number, ContenderState>;
  /** Number of the one that stands for what the application asks for; `null`: none. */
  current: number | null;
  readonly library: LibraryState;
}

const IDLE: Phase = { kind: 'idle' };
/** Longer than any run. */
const FOREVER_US: TimeUs = 1_000_000_000 * US_PER_S;

/** See the head of this file. */
export class ZooKeeperLock implements LockClient<LockState>, SessionListener, ContenderListener {
  readonly state: LockState;
  protected readonly init: LockClientInit;
  protected readonly settings: LockSettings;
  protected readonly library: SessionLibrary;
  private readonly contenders = new Map<number, Contender>();

  constructor(init: LockClientInit) {
    this.init = init;
    this.settings = readLockSettings(init.options);
    this.library = this.createLibrary({
      servers: init.nodes, timeoutUs: this.settings.sessionTimeoutUs, prefix: 'lock/zk/', listener: this,
    });
    this.state = {
      phase: IDLE, attempts: 0, contenders: new Map(), current: null, library: this.library.state,
    };
  }

  // ── Rules ────────────────────────────────────────────────────────────

  protected createLibrary(init: LibraryInit): SessionLibrary {
    return new SessionLibrary(init);
  }

  protected createContender(init: ContenderInit): Contender {
    return this.settings.watchesHolder ? new HolderWatcher(init) : new Contender(init);
  }

  /** Whether a holder without a connection takes itself for a holder no more. */
  protected stopsWhenSuspended(): boolean {
    return this.settings.stopsWhenSuspended;
  }

  /** Until when it believes, if nothing is heard any more. */
  protected validity(): Validity {
    const { aliveAtUs, timeoutUs } = this.state.library;
    if (!this.stopsWhenSuspended()) return { clock: 'monotonic', untilUs: FOREVER_US };
    return { clock: 'monotonic', untilUs: aliveAtUs + Math.floor((2 * timeoutUs) / 3) };
  }

  /** Whether the application is told that its session is over. */
  protected tellsOfExpiry(): boolean {
    return true;
  }

  // ── Events ───────────────────────────────────────────────────────────

  onStart(ctx: Context): void {
    this.library.open(ctx);
  }

  onMessage(): void {
    assert(false, 'servers speak to clients on connections');
  }

  onConnected(ctx: Context, connection: ConnectionId): void {
    this.library.onConnected(ctx, connection);
  }

  onReceived(ctx: Context, connection: ConnectionId, _peer: NodeId, message: Message): void {
    this.library.onReceived(ctx, connection, message);
  }

  onClosed(ctx: Context, connection: ConnectionId): void {
    this.library.onClosed(ctx, connection);
  }

  onTimer(ctx: Context, name: string): void {
    if (name === 'lock/deadline') this.onDeadline(ctx);
    else this.library.onTimer(ctx, name);
  }

  onEnd(ctx: Context, tag: string, op: Op, end: RequestEnd): void {
    const number = Number(tag.slice(0, tag.indexOf('/')));
    this.contenders.get(number)?.onEnd(ctx, tag, op, end);
  }

  onEvent(ctx: Context, event: WatcherEvent): void {
    for (const contender of [...this.contenders.values()]) contender.onEvent(ctx, event);
  }

  // ── The session ──────────────────────────────────────────────────────

  onSession(ctx: Context, isNew: boolean): void {
    ctx.note({ event: 'session', isNew });
    this.attempt(ctx);
  }

  onSuspended(ctx: Context): void {
    ctx.note({ event: 'suspended' });
    if (this.stopsWhenSuspended()) this.lose(ctx);
  }

  onExpired(ctx: Context): void {
    ctx.note({ event: 'expired' });
    for (const contender of [...this.contenders.values()]) contender.onExpired(ctx);
    this.library.open(ctx);
  }

  /** The session was alive later than was known. */
  onAlive(ctx: Context): void {
    const { phase } = this.state;
    if (phase.kind !== 'held' || phase.isLost) return;
    const validity = this.validity();
    if (validity.untilUs <= phase.grant.validity.untilUs) return;
    phase.grant = { ...phase.grant, validity };
    this.init.listener.onExtended(ctx, phase.grant);
  }

  private lose(ctx: Context): void {
    const { phase } = this.state;
    if (phase.kind !== 'held' || phase.isLost) return;
    phase.isLost = true;
    this.init.listener.onLost(ctx, phase.grant.owner);
  }

  // ── Acquiring ────────────────────────────────────────────────────────

  acquire(ctx: Context, lock: string): void {
    const { state } = this;
    assert(state.phase.kind === 'idle', 'one lock at a time');
    state.phase = { kind: 'asking', lock };
    ctx.setTimer('lock/deadline', this.init.timeoutUs);
    if (state.library.phase === 'connected') this.attempt(ctx);
  }

  /** Stands in the queue from now on, if something is asked for and it does not stand there already. */
  private attempt(ctx: Context): void {
    const { state } = this;
    const { phase, library: { session } } = state;
    if (phase.kind !== 'asking' || state.current !== null) return;
    const number = state.attempts++;
    const guid = `s${session}-${number}`;
    const contender = this.createContender({
      library: this.library, listener: this, prefix: `${number}/`, dir: `/${phase.lock}`, guid,
    });
    this.contenders.set(number, contender);
    state.contenders.set(number, contender.state);
    state.current = number;
    this.init.listener.onAttempt(ctx, phase.lock, guid);
    contender.enter(ctx);
  }

  onFirst(ctx: Context, contender: Contender, { czxid }: Own): void {
    const { state } = this;
    const { phase } = state;
    assert(phase.kind === 'asking' && this.isCurrent(contender), 'who has given up leaves');
    const validity = this.validity();
    // Whoever was stopped while the answer waited for him asks again: it may have been true long ago.
    if (validity.untilUs <= ctx.monotonicUs()) return contender.lookAgain(ctx);
    ctx.cancelTimer('lock/deadline');
    const { lock } = phase;
    const grant: LockGrant = { lock, owner: contender.state.guid, token: czxid, validity };
    state.phase = { kind: 'held', grant, isLost: false };
    this.init.listener.onAcquired(ctx, { kind: 'granted', grant });
  }

  onDropped(ctx: Context, contender: Contender): void {
    const { phase } = this.state;
    const isCurrent = this.isCurrent(contender);
    this.remove(contender);
    if (!isCurrent) return;
    if (phase.kind === 'asking') return this.endAcquisition(ctx, 'refused', 'session expired');
    if (phase.kind === 'held' && this.tellsOfExpiry()) this.lose(ctx);
  }

  private endAcquisition(ctx: Context, kind: 'refused' | 'unsure', error: string): void {
    ctx.cancelTimer('lock/deadline');
    this.state.phase = IDLE;
    this.init.listener.onAcquired(ctx, { kind, error });
  }

  private onDeadline(ctx: Context): void {
    const { phase } = this.state;
    const contender = this.current();
    this.state.current = null;
    if (phase.kind === 'releasing') return this.endRelease(ctx, 'unsure');
    assert(phase.kind === 'asking', 'nothing else takes time');
    // Whatever it has in the tree is deleted as soon as a server can be asked.
    const hasLost = contender !== null && contender.state.own === null;
    contender?.leave(ctx);
    this.endAcquisition(ctx, hasLost ? 'unsure' : 'refused', contender === null ? 'no session' : 'timeout');
  }

  // ── Releasing ────────────────────────────────────────────────────────

  release(ctx: Context): void {
    assert(this.state.phase.kind === 'held', 'only what is held is given back');
    this.state.phase = { kind: 'releasing' };
    const contender = this.current();
    // It went with its session.
    if (contender === null) return this.endRelease(ctx, 'not-held');
    ctx.setTimer('lock/deadline', this.init.timeoutUs);
    contender.leave(ctx);
  }

  onLeft(ctx: Context, contender: Contender, end: LeftEnd): void {
    const isCurrent = this.isCurrent(contender);
    this.remove(contender);
    if (!isCurrent) return;
    assert(this.state.phase.kind === 'releasing', 'only who releases leaves');
    this.endRelease(ctx, end === 'left' ? 'released' : end === 'unsure' ? 'unsure' : 'not-held');
  }

  private endRelease(ctx: Context, end: ReleaseEnd): void {
    ctx.cancelTimer('lock/deadline');
    this.state.phase = IDLE;
    this.init.listener.onReleased(ctx, end);
  }

  // ── Contenders ───────────────────────────────────────────────────────

  private current(): Contender | null {
    const { current } = this.state;
    return current === null ? null : this.contenders.get(current) ?? null;
  }

  private isCurrent(contender: Contender): boolean {
    return this.current() === contender;
  }

  private remove(contender: Contender): void {
    const { state } = this;
    if (this.isCurrent(contender)) state.current = null;
    for (const [number, each] of this.contenders) {
      if (each !== contender) continue;
      this.contenders.delete(number);
      state.contenders.delete(number);
    }
  }
}

/** Everybody waits for the holder: when it goes, all of them look again, and all but one wait again. */
export class HolderWatcher extends Contender {
  protected override whomToWatch(before: readonly string[]): string {
    return before[0] as string;
  }
}
