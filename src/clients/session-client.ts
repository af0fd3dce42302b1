import type { Context } from '../contract/context.ts';
import type { Plain } from '../contract/message.ts';
import type { Node } from '../contract/node.ts';
import type { Operation, SessionResult } from '../contract/session.ts';
import type { OperationSource, Seen } from '../contract/workload.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { Recorder } from './recorder.ts';
import {
  parseTimerName, type PinnedEnd, Requester, type RequesterInit, type RequesterState, type Route, timerName,
} from './requester.ts';

/** What a client is made from, at its first start and at each restart after a crash. */
export interface ClientInit extends RequesterInit {
  /** How many clients there are, and how many processes all of them have at a time: numbers of one are so far apart. */
  readonly clients: number;
  readonly processStride: number;
  /** One for each operation that the client may have open at a time: process numbers that were never in use. */
  readonly processes: readonly number[];
  /** Operations that earlier incarnations have begun: values must stay unique. */
  readonly operations: number;
  /** Where reads go: after the leader like all else, or to a node drawn for each. */
  readonly readFrom: 'leader' | 'any';
  readonly source: OperationSource;
  readonly recorder: Recorder;
}

/** Everything that a client knows. Plain data. */
export interface ClientState extends RequesterState {
  /** Each does one operation at a time, as a process of its own; all share the session. */
  readonly slots: readonly Slot[];
  /** `null` until one is registered. */
  session: number | null;
  /** Of the last operation in this session; they begin at 1. */
  sequence: number;
  /** What its monotonic clock showed at the start. */
  startedAtUs: TimeUs;
  readonly seen: Seen;
}

/** One of the client's operations at a time. Its lane is its place among the slots. */
export interface Slot {
  process: number;
  phase: Phase;
}

/** An operation, and the one node that it is for; `null` for whoever can do it. */
export interface Chosen {
  readonly operation: Operation;
  readonly to: NodeId | null;
}

type Phase =
  | { readonly kind: 'thinking' }
  /** The operation has begun, and waits for a session: no node knows of it yet. */
  | { readonly kind: 'waiting'; readonly chosen: Chosen }
  | { readonly kind: 'executing'; readonly operation: Operation; readonly session: number; readonly sequence: number };

/** Keeps the attempts of two incarnations of one client apart: a late answer must not find a number used again. */
const ATTEMPTS_PER_PROCESS = 1_000_000;
/** What may be asked of any node. */
const QUESTIONS: readonly string[] = ['read', 'contains'];
const HOME: Route = { kind: 'home' };
const THINKING: Phase = { kind: 'thinking' };

/**
 * A closed-loop client: thinks, invokes one operation, repeats it until it is answered or its time is over, and thinks
 * again; with several slots, it does so in each of them. Retries carry the same session and sequence, so that the
 * service executes the operation at most once.
 *
 * One client has one session at a time. An operation that ends as unknown retires its process and the session: its
 * command may still be on its way, and only in a session that is never used again can nothing that the client says
 * later collide with it. What other slots have open goes on in the old session. Every sequence below the lowest open
 * one has thus been answered or given up, which is what `acknowledged` states. A crash loses the state; the run starts
 * the client again under fresh process numbers, and what was open stays unknown.
 */
export class SessionClient extends Requester implements Node<ClientState> {
  readonly state: ClientState;
  private readonly init: ClientInit;

  constructor(init: ClientInit) {
    super(init);
    this.init = init;
    const { processes, nodes, clients, operations } = init;
    const client = init.self - nodes.length;
    this.state = {
      slots: processes.map((process) => ({ process, phase: THINKING })),
      session: null,
      sequence: 0,
      startedAtUs: 0,
      seen: { client, clients, operations, last: new Map() },
      requests: [...processes.map(() => null), null],
      nextAttempt: Math.max(...processes) * ATTEMPTS_PER_PROCESS,
      home: nodes[client % nodes.length] as NodeId,
      unanswered: 0,
      epoch: 0,
    };
  }

  onStart(ctx: Context): void {
    this.state.startedAtUs = ctx.monotonicUs();
    for (const lane of this.state.slots.keys()) this.think(ctx, lane);
  }

  onTimer(ctx: Context, name: string): void {
    if (this.onTimerOf(ctx, name, 0)) return;
    const { kind, lane } = parseTimerName(name);
    assert(this.onTimerOf(ctx, kind, lane), 'a client sets only the timers think, attempt and timeout');
  }

  private onTimerOf(ctx: Context, kind: string, lane: number): boolean {
    switch (kind) {
      case 'think': this.invoke(ctx, lane); return true;
      case 'timeout': this.onTimeout(ctx, lane); return true;
      case 'attempt': this.onAttemptTimer(ctx, lane); return true;
      default: return false;
    }
  }

  protected override onResult(ctx: Context, lane: number, result: SessionResult): void {
    if (lane === this.registrationLane()) return this.onRegistered(ctx, result);
    const { phase } = this.slotOf(lane);
    assert(phase.kind === 'executing', 'only what is executed is answered');
    this.onExecuted(ctx, lane, phase.operation, result);
  }

  private onRegistered(ctx: Context, result: SessionResult): void {
    const { state } = this;
    assert(result.kind === 'registered', 'a registration is answered by a session');
    state.session = result.session;
    state.sequence = 0;
    this.endRequest(ctx, this.registrationLane());
    for (const [lane, { phase }] of state.slots.entries()) {
      if (phase.kind === 'waiting') this.execute(ctx, lane, phase.chosen, result.session);
    }
  }

  private onExecuted(ctx: Context, lane: number, operation: Operation, result: SessionResult): void {
    const { seen } = this.state;
    switch (result.kind) {
      case 'ok': {
        seen.last.set(operation.key, { f: operation.f, isRefused: false, value: result.value });
        // An update is told that it happened; what it was, nobody knows better than who asked for it.
        const value = isAnswered(operation) ? result.value : operation.value;
        return this.complete(ctx, lane, operation, 'ok', value);
      }
      case 'refused':
        seen.last.set(operation.key, { f: operation.f, isRefused: true, value: result.value });
        return this.complete(ctx, lane, operation, 'fail', operation.value, result.error);
      // An earlier copy may have been executed, whatever became of the one that this answers.
      case 'no-session':
      case 'expired':
        return this.complete(ctx, lane, operation, 'info', operation.value, result.kind);
      case 'registered':
        return assert(false, 'an operation is not answered by a session');
      default:
        return unreachable(result);
    }
  }

  protected override onPinnedEnd(ctx: Context, lane: number, end: PinnedEnd): void {
    const { phase } = this.slotOf(lane);
    assert(phase.kind === 'executing', 'only an operation is for one node');
    const { operation } = phase;
    this.complete(ctx, lane, operation, end === 'not-taken' ? 'fail' : 'info', operation.value, end);
  }

  private onTimeout(ctx: Context, lane: number): void {
    const { process, phase } = this.slotOf(lane);
    assert(phase.kind !== 'thinking', 'only an open operation can time out');
    // It was never sent to anybody. The session is waited for all the same: to ask anew would waste what was asked.
    if (phase.kind === 'waiting') {
      const { f, key, value } = phase.chosen.operation;
      this.init.recorder.complete(process, 'fail', f, key, value, 'no-session');
      return this.think(ctx, lane);
    }
    this.complete(ctx, lane, phase.operation, this.outcomeOfTimeout(), phase.operation.value, 'timeout');
  }

  /** A request without an answer may have been executed, or may be yet: unknown, never failed. */
  protected outcomeOfTimeout(): 'info' | 'fail' {
    return 'info';
  }

  // ── Choosing ─────────────────────────────────────────────────────────

  /** How long to think now; `null` if there is nothing left to do. */
  protected thinkUs(ctx: Context): DurationUs | null {
    return this.init.source.thinkUs(ctx.random('workload'));
  }

  protected choose(ctx: Context): Chosen {
    return { operation: this.init.source.next(ctx.random('workload'), this.state.seen), to: null };
  }

  // ── Transitions ──────────────────────────────────────────────────────

  private think(ctx: Context, lane: number): void {
    this.slotOf(lane).phase = THINKING;
    const thinkUs = this.thinkUs(ctx);
    if (thinkUs !== null) ctx.setTimer(timerName('think', lane), thinkUs);
  }

  /** The time of an operation begins here, session or not: a user who waits for a session waits, too. */
  private invoke(ctx: Context, lane: number): void {
    const { state } = this;
    const slot = this.slotOf(lane);
    const chosen = this.choose(ctx);
    const { f, key, value } = chosen.operation;
    state.seen.operations += 1;
    this.init.recorder.invoke(slot.process, f, key, value);
    ctx.setTimer(timerName('timeout', lane), this.init.timeoutUs);
    if (state.session !== null) return this.execute(ctx, lane, chosen, state.session);
    slot.phase = { kind: 'waiting', chosen };
    this.register(ctx);
  }

  /** Asks for a session, unless one was asked for and has not come: it is waited for across operations. */
  protected register(ctx: Context): void {
    const { requests, seen } = this.state;
    const lane = this.registrationLane();
    if (requests[lane] !== null) return;
    this.beginRequest(ctx, lane, { kind: 'register', client: seen.client }, HOME);
  }

  private execute(ctx: Context, lane: number, { operation, to }: Chosen, session: number): void {
    const { state } = this;
    state.sequence += 1;
    const { sequence } = state;
    const slot = this.slotOf(lane);
    slot.phase = { kind: 'executing', operation, session, sequence };
    this.init.recorder.sent(slot.process, session, sequence);
    const acknowledged = this.lowestOpen(session, sequence);
    const route = to === null ? this.routeOf(ctx, operation) : { kind: 'pinned', node: to } as const;
    this.beginRequest(ctx, lane, { kind: 'execute', session, sequence, acknowledged, operation }, route);
  }

  private routeOf(ctx: Context, { f }: Operation): Route {
    const { readFrom, nodes } = this.init;
    if (readFrom === 'leader' || !QUESTIONS.includes(f)) return HOME;
    return { kind: 'anywhere', node: nodes[ctx.random('read-from').between(0, nodes.length - 1)] as NodeId };
  }

  private complete(
    ctx: Context, lane: number, operation: Operation, type: 'ok' | 'fail' | 'info', value: Plain, error?: string,
  ): void {
    const { state } = this;
    const slot = this.slotOf(lane);
    this.init.recorder.complete(slot.process, type, operation.f, operation.key, value, error);
    ctx.cancelTimer(timerName('timeout', lane));
    if (type === 'info') {
      slot.process += this.init.processStride;
      state.nextAttempt = Math.max(state.nextAttempt, slot.process * ATTEMPTS_PER_PROCESS);
      if (slot.phase.kind === 'executing' && slot.phase.session === state.session) this.retireSession();
    }
    this.endRequest(ctx, lane);
    this.think(ctx, lane);
  }

  /** What comes next needs a session in which nothing is unknown. */
  protected retireSession(): void {
    this.state.session = null;
  }

  // ── What is open ─────────────────────────────────────────────────────

  /** The lane after those of the slots. */
  private registrationLane(): number {
    return this.state.slots.length;
  }

  private slotOf(lane: number): Slot {
    return this.state.slots[lane] as Slot;
  }

  /** `last`: the last sequence of the session. */
  private lowestOpen(session: number, last: number): number {
    let lowest = last;
    for (const { phase } of this.state.slots) {
      if (phase.kind === 'executing' && phase.session === session) lowest = Math.min(lowest, phase.sequence);
    }
    return lowest;
  }
}

/** Whether it is asked for the sake of the answer. */
function isAnswered({ f }: Operation): boolean {
  return f === 'read' || f === 'contains' || f === 'remove' || f === 'acquire' || f === 'dequeue';
}
