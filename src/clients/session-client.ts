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
  /** A session was asked for and has not come; it is waited for across operations. */
  isRegistering: boolean;
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
  /** The operation has begun, and waits for a session: no node knows of it yet. */
  | { readonly kind: 'registering'; readonly operation: Operation }
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
      isRegistering: false,
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
      case 'think': return this.invoke(ctx);
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
    const { phase } = state;
    if (phase.kind === 'executing') return this.onExecuted(ctx, phase.operation, result);
    assert(state.isRegistering && result.kind === 'registered', 'a registration is answered by a session');
    state.session = result.session;
    state.sequence = 0;
    this.endRequest(ctx);
    if (phase.kind === 'registering') this.execute(ctx, phase.operation);
  }

  private onExecuted(ctx: Context, operation: Operation, result: SessionResult): void {
    switch (result.kind) {
      case 'ok':
        this.state.seen.last.set(operation.key, { f: operation.f, isRefused: false, value: result.value });
        return this.complete(ctx, operation, 'ok', result.value);
      case 'refused':
        this.state.seen.last.set(operation.key, { f: operation.f, isRefused: true, value: result.value });
        return this.complete(ctx, operation, 'fail', operation.value, result.error);
      // An earlier copy may have been executed, whatever became of the one that this answers.
      case 'no-session':
      case 'expired':
        return this.complete(ctx, operation, 'info', operation.value, result.kind);
      // A client that crashed while it registered asks again with the same numbers; this answers its former life.
      case 'registered': return;
      default: return unreachable(result);
    }
  }

  private onTimeout(ctx: Context): void {
    const { phase } = this.state;
    assert(phase.kind !== 'thinking', 'only an open operation can time out');
    const { operation } = phase;
    // It was never sent to anybody. The session is waited for all the same: to ask anew would waste what was asked.
    if (phase.kind === 'registering') {
      const { f, key, value } = operation;
      this.init.recorder.complete(this.state.process, 'fail', f, key, value, 'no-session');
      return this.think(ctx);
    }
    this.complete(ctx, operation, this.outcomeOfTimeout(), operation.value, 'timeout');
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

  /** The time of an operation begins here, session or not: a user who waits for a session waits, too. */
  private invoke(ctx: Context): void {
    const { state } = this;
    const operation = this.init.source.next(ctx.random('workload'), state.seen);
    state.seen.operations += 1;
    this.init.recorder.invoke(state.process, operation.f, operation.key, operation.value);
    ctx.setTimer('timeout', this.init.timeoutUs);
    if (state.session !== null) return this.execute(ctx, operation);
    state.phase = { kind: 'registering', operation };
    if (state.isRegistering) return;
    state.isRegistering = true;
    this.beginRequest(ctx);
  }

  private execute(ctx: Context, operation: Operation): void {
    this.state.sequence += 1;
    this.state.phase = { kind: 'executing', operation };
    this.beginRequest(ctx);
  }

  private complete(
    ctx: Context, operation: Operation, type: 'ok' | 'fail' | 'info', value: Plain, error?: string,
  ): void {
    const { state } = this;
    this.init.recorder.complete(state.process, type, operation.f, operation.key, value, error);
    ctx.cancelTimer('timeout');
    if (type === 'info') {
      state.process += this.init.clients;
      state.session = null;
      state.nextAttempt = Math.max(state.nextAttempt, state.process * ATTEMPTS_PER_PROCESS);
    }
    this.endRequest(ctx);
    this.think(ctx);
  }

  // ── Attempts ─────────────────────────────────────────────────────────

  private beginRequest(ctx: Context): void {
    this.state.firstAttempt = this.state.nextAttempt;
    this.state.hops = 0;
    this.attempt(ctx);
  }

  /** Answers to its attempts are news no more. */
  private endRequest(ctx: Context): void {
    ctx.cancelTimer('attempt');
    this.state.isRegistering = false;
    this.state.firstAttempt = this.state.nextAttempt;
    this.state.awaited = null;
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
    const { phase, session, sequence, seen } = this.state;
    if (phase.kind !== 'executing') return { kind: 'register', client: seen.client };
    assert(session !== null, 'an operation needs a session');
    return { kind: 'execute', session, sequence, acknowledged: sequence, operation: phase.operation };
  }

  private nodeAfter(node: NodeId): NodeId {
    const { nodes } = this.init;
    return nodes[(nodes.indexOf(node) + 1) % nodes.length] as NodeId;
  }
}
