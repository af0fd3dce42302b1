/**
 * An application that uses a lock to protect writes to a resource, over and over: it acquires the lock, works, checks
 * that the lock is still its own, writes, and gives the lock back. Whatever lock it is: the lock client is a part of
 * this process, and has its rules to itself.
 *
 * Atomic steps: each handler. To check the validity and to send the write are two steps: a pause can strike in between,
 * and nothing that an application can do by itself closes that gap (Kleppmann 2016, "How to do distributed locking").
 *
 * A store is sent once: a copy of it, late, would be a write that nobody asked for any more.
 */
import type { ClientRequest, ClientResponse } from '../contract/client.ts';
import type { Context } from '../contract/context.ts';
import type {
  AcquireEnd, LockClient, LockClientInit, LockGrant, LockListener, ReleaseEnd, Validity,
} from '../contract/lock.ts';
import type { Message, Plain } from '../contract/message.ts';
import type { Node } from '../contract/node.ts';
import type { StoreAnswer, StoreCommand } from '../contract/resource.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { LockRecorder } from './recorder.ts';

/** What is done with a lock. Durations are drawn from ranges with both ends included. */
export interface LockUse {
  /** Locks are `k0`, `k1`, …, drawn uniformly; each protects the object of the same name. */
  readonly keys: number;
  readonly thinkUs: { readonly min: DurationUs; readonly max: DurationUs };
  /** How long to work with the lock held. The work is split evenly before the writes. */
  readonly holdUs: { readonly min: DurationUs; readonly max: DurationUs };
  /** Writes for each time that the lock is held. */
  readonly writes: number;
}

/** One line of a script: to acquire this lock then, work, write and release. */
export interface LockStep {
  /** From the start of the client, by its own monotonic clock. */
  readonly atUs: TimeUs;
  readonly lock: string;
}

/** What an application is made from, at its first start and at each restart after a crash. */
export interface LockApplicationInit extends Omit<LockClientInit, 'listener'> {
  /** The protected resource. */
  readonly resource: NodeId;
  /** Whether a lock that gives no token gets one from the resource. */
  readonly issuesTokens: boolean;
  readonly use: LockUse;
  /** `null`: as `use` says, over and over. */
  readonly steps: readonly LockStep[] | null;
  /** A process number that was never in use, and how far those of one client are apart. */
  readonly process: number;
  readonly processStride: number;
  /** Operations that earlier incarnations have begun: values must stay unique. */
  readonly operations: number;
  readonly recorder: LockRecorder;
  readonly createLock: (init: LockClientInit) => LockClient;
}

type Phase =
  | { readonly kind: 'thinking' | 'acquiring' | 'releasing' }
  /** Waits for a token of the resource. */
  | { readonly kind: 'asking'; readonly request: number }
  | { readonly kind: 'working' }
  /** The validity was checked, and the write is next. */
  | { readonly kind: 'writing' }
  | { readonly kind: 'storing'; readonly request: number };

/** What is held, from the grant to the end of the release. */
interface Holding {
  grant: LockGrant;
  token: number | null;
  /** How long to work before each write. */
  readonly workUs: DurationUs;
  written: number;
  isLost: boolean;
}

/** Everything that an application knows. Plain data. */
export interface LockApplicationState {
  process: number;
  phase: Phase;
  holding: Holding | null;
  /** The lock that is asked for or held. */
  lock: string;
  startedAtUs: TimeUs;
  /** Steps of the script that are over. */
  step: number;
  operations: number;
  nextRequest: number;
  /** What the lock client knows. */
  readonly client: unknown;
}

/** From the check of the validity to the write: some code of the application in between. */
const CHECK_TO_WRITE_US: DurationUs = 1_000;

/** See the head of this file. */
export class LockApplication implements Node<LockApplicationState>, LockListener {
  readonly state: LockApplicationState;
  protected readonly init: LockApplicationInit;
  protected readonly client: LockClient;

  constructor(init: LockApplicationInit) {
    this.init = init;
    this.client = init.createLock({ ...init, listener: this });
    this.state = {
      process: init.process,
      phase: { kind: 'thinking' },
      holding: null,
      lock: '',
      startedAtUs: 0,
      step: 0,
      operations: init.operations,
      nextRequest: init.firstRequest,
      client: this.client.state,
    };
  }

  onStart(ctx: Context): void {
    this.state.startedAtUs = ctx.monotonicUs();
    this.client.onStart?.(ctx);
    this.think(ctx);
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    if (from !== this.init.resource) return this.client.onMessage(ctx, from, message);
    const { id, body } = message as ClientResponse;
    this.onAnswer(ctx, id, body as unknown as StoreAnswer);
  }

  onConnected(ctx: Context, connection: ConnectionId, peer: NodeId): void {
    this.client.onConnected?.(ctx, connection, peer);
  }

  onReceived(ctx: Context, connection: ConnectionId, peer: NodeId, message: Message): void {
    this.client.onReceived?.(ctx, connection, peer, message);
  }

  onClosed(ctx: Context, connection: ConnectionId, peer: NodeId): void {
    this.client.onClosed?.(ctx, connection, peer);
  }

  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case 'think': return this.acquire(ctx);
      case 'work': return this.check(ctx);
      case 'answer': return this.onNoAnswer(ctx);
      default:
        assert(name.startsWith('lock/'), 'an application sets only the timers think, work and answer');
        return this.client.onTimer(ctx, name);
    }
  }

  onContinue(ctx: Context, step: string): void {
    if (step === 'write') return this.write(ctx);
    this.client.onContinue?.(ctx, step);
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** Whether the lock is still held by the client's own rule and clock, so that it may be acted on. */
  protected mayWrite(ctx: Context, { validity }: LockGrant): boolean {
    return remainingUs(ctx, validity) > 0;
  }

  // ── Acquiring ────────────────────────────────────────────────────────

  private think(ctx: Context): void {
    const { state } = this;
    state.phase = { kind: 'thinking' };
    state.holding = null;
    const waitUs = this.waitUs(ctx);
    if (waitUs !== null) ctx.setTimer('think', waitUs);
  }

  /** `null` when there is nothing left to do. */
  private waitUs(ctx: Context): DurationUs | null {
    const { steps, use } = this.init;
    if (steps === null) return ctx.random('workload').between(use.thinkUs.min, use.thinkUs.max);
    const step = steps[this.state.step];
    return step === undefined ? null : Math.max(0, step.atUs - (ctx.monotonicUs() - this.state.startedAtUs));
  }

  private acquire(ctx: Context): void {
    const { state, init } = this;
    assert(state.phase.kind === 'thinking', 'an application acquires one lock at a time');
    const step = init.steps?.[state.step];
    state.lock = step?.lock ?? `k${ctx.random('workload').between(0, init.use.keys - 1)}`;
    state.step += 1;
    state.phase = { kind: 'acquiring' };
    this.invoke('acquire', null);
    this.client.acquire(ctx, state.lock);
  }

  onAttempt(_ctx: Context, lock: string, owner: string): void {
    this.init.recorder.attempted(this.state.process, lock, owner);
  }

  onAcquired(ctx: Context, end: AcquireEnd): void {
    assert(this.state.phase.kind === 'acquiring', 'only what was asked for is acquired');
    if (end.kind === 'granted') return this.onGranted(ctx, end.grant);
    ctx.note({ event: end.kind, lock: this.state.lock, error: end.error });
    this.complete(end.kind === 'refused' ? 'fail' : 'info', 'acquire', null, end.error);
    this.think(ctx);
  }

  private onGranted(ctx: Context, grant: LockGrant): void {
    const { state, init } = this;
    const { holdUs, writes } = init.use;
    const { lock, owner, token, validity } = grant;
    const workUs = Math.floor(ctx.random('hold').between(holdUs.min, holdUs.max) / writes);
    state.holding = { grant, token, workUs, written: 0, isLost: false };
    init.recorder.believes(owner, validity);
    ctx.note({ event: 'granted', lock, owner, token, clock: validity.clock, untilUs: validity.untilUs });
    this.complete('ok', 'acquire', token);
    if (token !== null || !init.issuesTokens) return this.work(ctx);
    state.phase = { kind: 'asking', request: this.ask(ctx, { kind: 'token', key: lock, owner }) };
  }

  onExtended(ctx: Context, grant: LockGrant): void {
    const { holding } = this.state;
    assert(holding !== null, 'only what is held is extended');
    holding.grant = grant;
    const { owner, validity } = grant;
    this.init.recorder.believes(owner, validity);
    ctx.note({ event: 'extended', lock: grant.lock, owner, clock: validity.clock, untilUs: validity.untilUs });
  }

  onLost(ctx: Context, owner: string): void {
    const { holding, phase } = this.state;
    assert(holding?.grant.owner === owner, 'only what is held is lost');
    this.init.recorder.stops(owner);
    ctx.note({ event: 'lost', lock: holding.grant.lock, owner });
    holding.isLost = true;
    // Who has checked and is about to write does not look again.
    if (phase.kind === 'working') this.release(ctx);
  }

  // ── Writing to the resource ──────────────────────────────────────────

  private work(ctx: Context): void {
    const { state } = this;
    const { workUs, isLost } = state.holding as Holding;
    if (isLost) return this.release(ctx);
    state.phase = { kind: 'working' };
    ctx.setTimer('work', workUs);
  }

  private check(ctx: Context): void {
    const { state } = this;
    const { grant } = state.holding as Holding;
    if (!this.mayWrite(ctx, grant)) {
      ctx.note({ event: 'validity-over', lock: grant.lock, owner: grant.owner });
      return this.release(ctx);
    }
    ctx.note({ event: 'validity-checked', lock: grant.lock, owner: grant.owner });
    state.phase = { kind: 'writing' };
    ctx.continueAs('write', CHECK_TO_WRITE_US);
  }

  private write(ctx: Context): void {
    const { state, init } = this;
    const { grant: { owner }, token } = state.holding as Holding;
    const key = state.lock;
    const value = state.operations * init.clients + init.client;
    state.operations += 1;
    init.recorder.invokeStore(state.process, key, owner, token, value);
    state.phase = { kind: 'storing', request: this.ask(ctx, { kind: 'store', key, token, value }) };
  }

  private ask(ctx: Context, command: StoreCommand): number {
    const id = this.state.nextRequest++;
    const request: ClientRequest = {
      kind: 'ClientRequest', client: ctx.self, id, command: command,
    };
    ctx.send(this.init.resource, request);
    ctx.setTimer('answer', this.init.timeoutUs);
    return id;
  }

  private onAnswer(ctx: Context, id: number, answer: StoreAnswer): void {
    const { phase, holding } = this.state;
    if ((phase.kind !== 'asking' && phase.kind !== 'storing') || phase.request !== id || holding === null) return;
    ctx.cancelTimer('answer');
    switch (answer.kind) {
      case 'token':
        holding.token = answer.token;
        return this.work(ctx);
      case 'stored':
        return this.onStored(ctx, holding, answer.index);
      case 'stale-token': case 'no-token':
        ctx.note({ event: 'stale', lock: holding.grant.lock, owner: holding.grant.owner });
        this.complete('fail', 'store', null, answer.kind);
        return this.release(ctx);
      default:
        return unreachable(answer);
    }
  }

  private onStored(ctx: Context, holding: Holding, index: number): void {
    holding.written += 1;
    ctx.note({ event: 'stored', lock: holding.grant.lock, owner: holding.grant.owner, index });
    this.complete('ok', 'store', { index });
    if (holding.written < this.init.use.writes) this.work(ctx);
    else this.release(ctx);
  }

  /** The store may have been applied, or may be yet. Without a token there is nothing to write with. */
  private onNoAnswer(ctx: Context): void {
    const { phase } = this.state;
    if (phase.kind === 'storing') this.complete('info', 'store', null, 'timeout');
    this.release(ctx);
  }

  // ── Releasing ────────────────────────────────────────────────────────

  private release(ctx: Context): void {
    const { state, init } = this;
    const { grant: { owner }, token } = state.holding as Holding;
    state.phase = { kind: 'releasing' };
    ctx.cancelTimer('work');
    init.recorder.stops(owner);
    this.invoke('release', token);
    this.client.release(ctx);
  }

  onReleased(ctx: Context, end: ReleaseEnd): void {
    const { state } = this;
    assert(state.phase.kind === 'releasing' && state.holding !== null, 'only what is given back is released');
    const { token } = state.holding;
    ctx.note({ event: end === 'released' ? 'released' : 'release-failed', lock: state.lock, end });
    switch (end) {
      case 'released': this.complete('ok', 'release', token); break;
      case 'not-held': this.complete('fail', 'release', token, end); break;
      case 'unsure': this.complete('info', 'release', token, end); break;
      default: return unreachable(end);
    }
    this.think(ctx);
  }

  // ── The history ──────────────────────────────────────────────────────

  private invoke(f: string, value: Plain): void {
    const { state, init } = this;
    state.operations += 1;
    init.recorder.invoke(state.process, f, state.lock, value);
  }

  private complete(type: 'ok' | 'fail' | 'info', f: string, value: Plain, error?: string): void {
    const { state, init } = this;
    init.recorder.complete(state.process, type, f, state.lock, value, error);
    if (type === 'info') state.process += init.processStride;
  }
}

/** What is left of a validity, by the clock that it names; not above 0 once it is over. */
export function remainingUs(ctx: Context, { clock, untilUs }: Validity): DurationUs {
  return untilUs - (clock === 'wall' ? ctx.wallUs() : ctx.monotonicUs());
}
