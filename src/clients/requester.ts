import type { Answer, ClientProtocol, ClientRequest, ClientResponse, ConditionalRequest } from '../contract/client.ts';
import type { Context } from '../contract/context.ts';
import type { Message, Plain } from '../contract/message.ts';
import type { SessionCommand, SessionResult } from '../contract/session.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs } from '../kernel/time.ts';

/** What a client has to know of its surroundings to ask anybody. */
export interface RequesterInit {
  readonly self: NodeId;
  /** All nodes of the cluster, ascending. */
  readonly nodes: readonly NodeId[];
  /** By the client's own monotonic clock, from the invocation. */
  readonly timeoutUs: DurationUs;
  readonly attemptTimeoutUs: DurationUs;
  readonly protocol: ClientProtocol;
}

/**
 * Where a request goes. `home`: to the node that answered last, and from there wherever it is sent. `anywhere`: the
 * same, but from a node of its own. `pinned`: to one node, once; what that node does with it is what it is for.
 */
export type Route = { readonly kind: 'home' } | { readonly kind: 'anywhere' | 'pinned'; readonly node: NodeId };

/** A command on its way, until it is answered or given up. */
export interface Request {
  command: SessionCommand;
  readonly route: Route['kind'];
  /** The node that is asked next, or was asked last. */
  target: NodeId;
  /** Numbers of its attempts so far: each may bring its result. */
  readonly attempts: number[];
  /** The attempt whose answer is waited for; `null` while backing off. */
  awaited: number | null;
  /** Redirects followed at once, since the last pause. */
  hops: number;
}

/** Requests of one client. Each has a lane, and a lane has one request at a time. Plain data. */
export interface RequesterState {
  /** By lane; `null` where nothing is asked. */
  readonly requests: (Request | null)[];
  nextAttempt: number;
  /** Where the next request begins. */
  home: NodeId;
  /** Attempts in a row that nobody answered in time; each doubles the wait for the next. */
  unanswered: number;
  /** The highest that any answer has named; see {@link ClientProtocol.epochOf}. */
  epoch: number;
}

/** How a pinned request ended without a result: it was not taken, or nobody knows. */
export type PinnedEnd = 'not-taken' | 'unsure';

/** Asks, is redirected, waits, and asks again under the same session and sequence, until there is an answer. */
export abstract class Requester {
  abstract readonly state: RequesterState;
  private readonly asks: RequesterInit;

  constructor(init: RequesterInit) {
    this.asks = init;
  }

  onMessage(ctx: Context, _from: NodeId, message: Message): void {
    if (message.kind === 'ClientResponse') this.onResponse(ctx, message as ClientResponse);
  }

  /** The request of this lane is answered. */
  protected abstract onResult(ctx: Context, lane: number, result: SessionResult): void;
  /** The one attempt of a pinned request came to nothing. */
  protected abstract onPinnedEnd(ctx: Context, lane: number, end: PinnedEnd): void;

  private onResponse(ctx: Context, { id, body }: ClientResponse): void {
    const { state } = this;
    const lane = this.laneOf(id);
    const request = lane === undefined ? null : state.requests[lane] ?? null;
    if (lane === undefined || request === null) return;
    const answer = this.read(body);
    // Any attempt of this request may bring its result. What the others say is news only of the last one.
    if (answer.kind === 'done') {
      state.unanswered = 0;
      return this.onResult(ctx, lane, answer.result as SessionResult);
    }
    if (id !== request.awaited) return;
    if (answer.kind === 'epoch-over') return this.follow(ctx, lane, request, request.target);
    if (request.route === 'pinned') {
      return this.onPinnedEnd(ctx, lane, answer.kind === 'redirect' ? 'not-taken' : 'unsure');
    }
    if (answer.kind === 'redirect' && answer.leader !== null && answer.leader !== request.target) {
      return this.follow(ctx, lane, request, answer.leader);
    }
    request.target = this.nodeAfter(request.target);
    this.backOff(ctx, lane, request);
  }

  /** Asks where it was sent. Two nodes that each believe in the other would send us to and fro at full speed. */
  private follow(ctx: Context, lane: number, request: Request, target: NodeId): void {
    request.target = target;
    if (request.hops >= this.asks.nodes.length) return this.backOff(ctx, lane, request);
    request.hops += 1;
    this.attempt(ctx, lane, request);
  }

  /**
   * What an answer says. A result of an epoch that we know to be over is none: whoever was deposed and has not heard of
   * it answers from a copy that others have gone on from.
   */
  private read(body: Plain): Answer {
    const { protocol } = this.asks;
    const answer = protocol.classify(body);
    const epoch = protocol.epochOf?.(body) ?? null;
    if (epoch === null) return answer;
    if (epoch < this.state.epoch) return answer.kind === 'done' ? UNSURE : answer;
    this.state.epoch = epoch;
    return answer;
  }

  /**
   * Whose answer this is; `undefined` if nobody waits for it. The network duplicates and delays answers: one that gave
   * us our last session, taken for that of a new registration, would start the old session over at sequence 1.
   */
  protected laneOf(id: number): number | undefined {
    const { requests } = this.state;
    for (let lane = 0; lane < requests.length; lane++) {
      const request = requests[lane] ?? null;
      if (request !== null && (request.awaited === id || request.attempts.includes(id))) return lane;
    }
    return undefined;
  }

  protected onAttemptTimer(ctx: Context, lane: number): void {
    const request = this.state.requests[lane] ?? null;
    if (request === null) return;
    if (request.awaited !== null) {
      request.target = this.nodeAfter(request.target);
      this.state.unanswered += 1;
      request.command = this.commandOfRetry(request.command);
    }
    this.attempt(ctx, lane, request);
  }

  /** Thesis §6.3: nobody knows what became of the attempt before, so this one has to be recognised as a copy of it. */
  protected commandOfRetry(command: SessionCommand): SessionCommand {
    return command;
  }

  protected beginRequest(ctx: Context, lane: number, command: SessionCommand, route: Route): void {
    const { state } = this;
    const target = route.kind === 'home' ? state.home : route.node;
    const id = this.nextAttempt();
    // An array that begins with what it holds has no room for sixteen more: one attempt is enough for most.
    const request: Request = { command, route: route.kind, target, attempts: [id], awaited: id, hops: 0 };
    state.requests[lane] = request;
    this.ask(ctx, lane, request, id);
  }

  /** Answers to its attempts are news no more. */
  protected endRequest(ctx: Context, lane: number): void {
    const { state } = this;
    const request = state.requests[lane] ?? null;
    if (request === null) return;
    if (request.route === 'home') state.home = request.target;
    state.requests[lane] = null;
    ctx.cancelTimer(this.attemptTimer(lane));
  }

  /** Who is a part of a process keeps to a part of its names. */
  protected attemptTimer(lane: number): string {
    return timerName('attempt', lane);
  }

  private attempt(ctx: Context, lane: number, request: Request): void {
    const id = this.nextAttempt();
    request.attempts.push(id);
    request.awaited = id;
    this.ask(ctx, lane, request, id);
  }

  private nextAttempt(): number {
    const { state } = this;
    state.nextAttempt += 1;
    return state.nextAttempt - 1;
  }

  private ask(ctx: Context, lane: number, request: Request, id: number): void {
    const command = request.command as unknown as Plain;
    const message: ClientRequest = this.asks.protocol.epochOf === undefined
      ? { kind: 'ClientRequest', client: ctx.self, id, command }
      : this.conditional(ctx.self, id, command);
    ctx.send(request.target, message);
    if (request.route !== 'pinned') ctx.setTimer(this.attemptTimer(lane), this.patienceUs());
  }

  /** Not a copy with one field more: V8 keeps to an outdated shape for those, and everybody who reads one searches. */
  private conditional(client: NodeId, id: number, command: Plain): ConditionalRequest {
    return { kind: 'ClientRequest', client, id, command, epoch: this.state.epoch };
  }

  /**
   * Doubles with each attempt that nobody answered, also from one operation to the next, up to the time-out of a whole
   * operation. At a steady pace, retries alone can fill a slow leader's log faster than it commits: every commit then
   * answers somebody who has given up, and the overload outlives its cause (Bronson et al. 2021, "Metastable Failures
   * in Distributed Systems").
   */
  private patienceUs(): DurationUs {
    const { timeoutUs, attemptTimeoutUs } = this.asks;
    let patienceUs = attemptTimeoutUs;
    for (let left = this.state.unanswered; left > 0 && patienceUs < timeoutUs; left -= 1) patienceUs *= 2;
    return Math.min(patienceUs, timeoutUs);
  }

  /** A short pause, drawn so that clients do not ask in step. */
  private backOff(ctx: Context, lane: number, request: Request): void {
    const longest = Math.floor(this.asks.attemptTimeoutUs / 8);
    request.awaited = null;
    request.hops = 0;
    ctx.setTimer(this.attemptTimer(lane), ctx.random('back-off').between(Math.floor(longest / 2), longest));
  }

  private nodeAfter(node: NodeId): NodeId {
    const { nodes } = this.asks;
    return nodes[(nodes.indexOf(node) + 1) % nodes.length] as NodeId;
  }
}

const UNSURE: Answer = Object.freeze({ kind: 'unsure' });

/** By kind and lane; see {@link timerName}. */
const timerNames = new Map<string, string[]>();

/**
 * The timer of a lane: `attempt` in lane 0, `attempt/2` in lane 2. Names are compared all the time, those of timers,
 * files and messages in the same places. V8 compares two texts by their addresses where it knows that it keeps each of
 * them once; of one that is put together it knows so only if it was the name of a property.
 */
export function timerName(kind: string, lane: number): string {
  if (lane === 0) return kind;
  const names = timerNames.get(kind) ?? [];
  if (names.length === 0) timerNames.set(kind, names);
  names[lane] ??= Object.keys({ [`${kind}/${lane}`]: lane })[0] as string;
  return names[lane];
}

/** What {@link timerName} has put together. */
export function parseTimerName(name: string): { readonly kind: string; readonly lane: number } {
  const slash = name.indexOf('/');
  return slash < 0 ? { kind: name, lane: 0 } : { kind: name.slice(0, slash), lane: Number(name.slice(slash + 1)) };
}
