import type { ClientProtocol, ClientRequest, ClientResponse } from '../contract/client.ts';
import type { Context } from '../contract/context.ts';
import type { Message, Plain } from '../contract/message.ts';
import type { Node } from '../contract/node.ts';
import type { Operation, SessionCommand, SessionResult } from '../contract/session.ts';
import type { OperationSource, Seen } from '../contract/workload.ts';
import { assert, unreachable } from '../kernel/assert.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs } from '../kernel/time.ts';
import type { Recorder } from './recorder.ts';

/** What a client is made from, at its first start and at each restart after a crash. */
export interface ClientInit {
  readonly self: NodeId;
  /** All nodes of the cluster, ascending. */
  readonly nodes: readonly NodeId[];
  /** How many clients there are: process numbers of one client are this far apart. */
  readonly clients: number;
  /** The first process number to use: this client's zero-based number, later the lowest of its own that is fresh. */
  readonly process: number;
  /** Operations that earlier incarnations have begun: values must stay unique. */
  readonly operations: number;
  /** By the client's own monotonic clock, from the invocation. */
  readonly timeoutUs: DurationUs;
  readonly attemptTimeoutUs: DurationUs;
  readonly protocol: ClientProtocol;
  readonly source: OperationSource;
  readonly recorder: Recorder;
}

/** Everything that a client knows. Plain data. */
export interface ClientState {
  process: number;
  phase: Phase;
  /** `null` until the process has registered one. */
  session: number | null;
  /** Of the last operation in this session; they begin at 1. */
  sequence: number;
  /** Attempts with numbers from this on belong to the present request; answers to lower ones are ignored. */
  firstAttempt: number;
  nextAttempt: number;
  /** The attempt whose answer is waited for; `null` while backing off. */
  awaited: number | null;
  /** The node that is asked next, or was asked last. */
  target: NodeId;
  /** Redirects followed at once, since the last pause. */
  hops: number;
  /** Attempts in a row that nobody answered in time; each doubles the wait for the next. */
  unanswered: number;
  readonly seen: Seen;
}

type Phase =
  | { readonly kind: 'thinking' }
  | { readonly kind: 'registering' }
  | { readonly kind: 'executing'; readonly operation: Operation };

/** Keeps the attempts of two processes of one client apart: a late answer must not find a number used again. */
const ATTEMPTS_PER_PROCESS = 1_000_000;

/**
 * A closed-loop client: thinks, invokes one operation, repeats it until it is answered or its time is over, and thinks
 * again. Retries carry the same session and sequence, so that the service executes the operation at most once.
 *
 * One process has one session. An operation that ends as unknown retires both: its command may still be on its way,
 * and only in a session that is never used again can nothing that the client says later collide with it. Every
 * sequence below the present one has thus been answered, which is what `acknowledged` states. A crash loses the state;
 * the run starts the client again under a fresh process number, and what was open stays unknown.
 */
export class SessionClient implements Node<ClientState> {
  readonly state: ClientState;
  private readonly init: ClientInit;

  constructor(init: ClientInit) {
    this.init = init;
    const client = init.self - init.nodes.length;
    this.state = {
      process: init.process,
      phase: { kind: 'thinking' },
      session: null,
      sequence: 0,
      firstAttempt: init.process * ATTEMPTS_PER_PROCESS,
      nextAttempt: init.process * ATTEMPTS_PER_PROCESS,
      awaited: null,
      target: init.nodes[client % init.nodes.length] as NodeId,
      hops: 0,
      unanswered: 0,
      seen: { client, clients: init.clients, operations: init.operations, last: new Map() },
    };
  }

  onStart(ctx: Context): void {
    this.think(ctx);
  }

  onTimer(ctx: Context, name: string): void {
    const { state } = this;
    switch (name) {
      case 'think': return state.session === null ? this.register(ctx) : this.invoke(ctx, state.session);
      case 'timeout': return this.onTimeout(ctx);
      case 'attempt':
        if (state.awaited !== null) {
          state.target = this.nodeAfter(state.target);
          state.unanswered += 1;
        }
        return this.attempt(ctx);
      default: assert(false, 'a client sets only the timers think, attempt and timeout');
    }
  }

  onMessage(ctx: Context, _from: NodeId, message: Message): void {
    if (message.kind === 'ClientResponse') this.onResponse(ctx, message as ClientResponse);
  }

  private onResponse(ctx: Context, response: ClientResponse): void {
    const { state } = this;
    // The network duplicates and delays answers. One that gave us our last session would start it over at sequence 1.
    if (response.id < state.firstAttempt) return;
    const answer = this.init.protocol.classify(response.body);
    // Any attempt of this request may bring its result. What the others say is news only of the last one.
    if (answer.kind === 'done') return this.onResult(ctx, answer.result as SessionResult);
    if (response.id !== state.awaited) return;
    if (answer.kind === 'redirect' && answer.leader !== null && answer.leader !== state.target) {
      state.target = answer.leader;
      // Two nodes that each believe in the other would send us to and fro at the speed of the network.
      if (state.hops < this.init.nodes.length) {
        state.hops += 1;
        return this.attempt(ctx);
      }
    } else {
      state.target = this.nodeAfter(state.target);
    }
    this.backOff(ctx);
  }

  private onResult(ctx: Context, result: SessionResult): void {
    const { state } = this;
    state.unanswered = 0;
    switch (state.phase.kind) {
      case 'registering':
        assert(result.kind === 'registered', 'a registration is answered by a session');
        state.session = result.session;
        state.sequence = 0;
        return this.invoke(ctx, result.session);
      case 'executing': return this.onExecuted(ctx, state.phase.operation, result);
      case 'thinking': return; // Unreachable: while thinking, every attempt belongs to the past.
      default: return unreachable(state.phase);
    }
  }

  private onExecuted(ctx: Context, operation: Operation, result: SessionResult): void {
    switch (result.kind) {
      case 'ok':
        this.state.seen.last.set(operation.key, { f: operation.f, value: result.value });
        return this.complete(ctx, operation, 'ok', result.value);
      case 'refused': return this.complete(ctx, operation, 'fail', operation.value, result.error);
      case 'no-session': return this.complete(ctx, operation, 'info', operation.value, 'no-session');
      // A client that crashed while it registered asks again with the same numbers; this answers its former life.
      case 'registered': return;
      default: return unreachable(result);
    }
  }

  private onTimeout(ctx: Context): void {
    const { phase } = this.state;
    assert(phase.kind === 'executing', 'only an open operation can time out');
    this.complete(ctx, phase.operation, this.outcomeOfTimeout(), phase.operation.value, 'timeout');
  }

  /** A request without an answer may have been executed, or may be yet: unknown, never failed. */
  protected outcomeOfTimeout(): 'info' | 'fail' {
    return 'info';
  }

  // ── Transitions ──────────────────────────────────────────────────────

  private think(ctx: Context): void {
    this.state.phase = { kind: 'thinking' };
    ctx.setTimer('think', this.init.source.thinkUs(ctx.random('workload')));
  }

  /** Not an operation: a session is asked for until there is one, however long that takes. */
  private register(ctx: Context): void {
    this.state.phase = { kind: 'registering' };
    this.beginRequest(ctx);
  }

  private invoke(ctx: Context, session: number): void {
    const { state } = this;
    assert(state.session === session, 'an operation needs a session');
    const operation = this.init.source.next(ctx.random('workload'), state.seen);
    state.seen.operations += 1;
    state.sequence += 1;
    state.phase = { kind: 'executing', operation };
    this.init.recorder.invoke(state.process, operation.f, operation.key, operation.value);
    ctx.setTimer('timeout', this.init.timeoutUs);
    this.beginRequest(ctx);
  }

  private complete(
    ctx: Context, operation: Operation, type: 'ok' | 'fail' | 'info', value: Plain, error?: string,
  ): void {
    const { state } = this;
    this.init.recorder.complete(state.process, type, operation.f, operation.key, value, error);
    ctx.cancelTimer('timeout');
    ctx.cancelTimer('attempt');
    if (type === 'info') {
      state.process += this.init.clients;
      state.session = null;
      state.nextAttempt = Math.max(state.nextAttempt, state.process * ATTEMPTS_PER_PROCESS);
    }
    state.firstAttempt = state.nextAttempt;
    state.awaited = null;
    this.think(ctx);
  }

  // ── Attempts ─────────────────────────────────────────────────────────

  private beginRequest(ctx: Context): void {
    this.state.firstAttempt = this.state.nextAttempt;
    this.state.hops = 0;
    this.attempt(ctx);
  }

  private attempt(ctx: Context): void {
    const { state } = this;
    const id = state.nextAttempt;
    state.nextAttempt += 1;
    state.awaited = id;
    const request: ClientRequest = { kind: 'ClientRequest', client: ctx.self, id, command: this.command() as Plain };
    ctx.send(state.target, request);
    ctx.setTimer('attempt', this.patienceUs());
  }

  /**
   * Doubles with each attempt that nobody answered, also from one operation to the next, up to the time-out of a whole
   * operation. At a steady pace, retries alone can fill a slow leader's log faster than it commits: every commit then
   * answers somebody who has given up, and the overload outlives its cause (Bronson et al. 2021, "Metastable Failures
   * in Distributed Systems").
   */
  private patienceUs(): DurationUs {
    const { timeoutUs, attemptTimeoutUs } = this.init;
    let patienceUs = attemptTimeoutUs;
    for (let left = this.state.unanswered; left > 0 && patienceUs < timeoutUs; left -= 1) patienceUs *= 2;
    return Math.min(patienceUs, timeoutUs);
  }

  /** A short pause, drawn so that clients do not ask in step. */
  private backOff(ctx: Context): void {
    const longest = Math.floor(this.init.attemptTimeoutUs / 8);
    this.state.awaited = null;
    this.state.hops = 0;
    ctx.setTimer('attempt', ctx.random('back-off').between(Math.floor(longest / 2), longest));
  }

  private command(): SessionCommand {
    const { phase, session, sequence } = this.state;
    if (phase.kind !== 'executing') return { kind: 'register' };
    assert(session !== null, 'an operation needs a session');
    return { kind: 'execute', session, sequence, acknowledged: sequence, operation: phase.operation };
  }

  private nodeAfter(node: NodeId): NodeId {
    const { nodes } = this.init;
    return nodes[(nodes.indexOf(node) + 1) % nodes.length] as NodeId;
  }
}
