/**
 * The client library of ZooKeeper as a part of a process: one session, on one connection at a time, for whoever asks
 * (`ClientCnxn`; Programmer's Guide, "ZooKeeper Sessions" and "ZooKeeper Watches").
 *
 * Implemented: a session with its password, begun at one server and taken along to others; pings after a third of the
 * session's length without anything to say, and another server after two thirds without an answer; requests in their
 * order, answered in that order, or by the loss of their connection; watches that are told to the next server, with the
 * last zxid that was seen, so that what has become of them meanwhile is heard of.
 *
 * What it does not know: whether a request that was not answered was executed; and, while no server is reached, whether
 * the session is over. Only a server says that, and it says so when the client is back. What the client knows of itself
 * is that it was disconnected, and it tells that at once.
 *
 * Deviations: a server is drawn after each loss, where `StaticHostProvider` goes through a shuffled list; SetWatches
 * follow the answer to ConnectRequest, where ZooKeeper writes both at once; who loses its session begins the next one
 * with the same library, where an application makes another handle, and so does who has closed one, or tried to.
 *
 * Atomic steps: each handler.
 */
import type { Context } from '../../../contract/context.ts';
import type { Message } from '../../../contract/message.ts';
import { assert, unreachable } from '../../../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../../../kernel/ids.ts';
import { type DurationUs, type TimeUs, US_PER_MS } from '../../../kernel/time.ts';
import { NO_ZXID, type Zxid } from '../../zab/zxid.ts';
import type {
  ClientPacket, ConnectResponse, Op, OpResult, Reply, SessionId, WatcherEvent,
} from '../messages.ts';
import { forget, noWatches, register, type RegisteredWatches, setWatches, take } from './registered-watches.ts';

/** How a request ended. */
export type RequestEnd =
  | { readonly kind: 'answered'; readonly zxid: Zxid; readonly result: OpResult }
  /**
   * Nobody knows whether it was executed, or will be. `session-expired`: it will not be any more. It was sent as
   * number `xid` of `session`; 0: it was not sent.
   */
  | { readonly kind: 'connection-loss' | 'session-expired'; readonly session: SessionId; readonly xid: number };

/** What the library tells who is around it, from within its handlers. */
export interface SessionListener {
  /** The session can be used. `isNew`: it has just begun; otherwise it was disconnected before. */
  onSession(ctx: Context, isNew: boolean): void;
  /** No server is in touch: ZooKeeper's `Disconnected`, Curator's `SUSPENDED`. The session may be over, or not. */
  onSuspended(ctx: Context): void;
  /** A server, `by`, has said that the session is over. {@link SessionLibrary.open} begins another one. */
  onExpired(ctx: Context, by: NodeId | null): void;
  onEnd(ctx: Context, tag: string, op: Op, end: RequestEnd): void;
  /** A watch has fired. Unless it is persistent, it stands no more. */
  onEvent(ctx: Context, event: WatcherEvent): void;
  /** A server has answered something: it counted the session's time anew after `state.aliveAtUs`. */
  onAlive?(ctx: Context): void;
}

/** What the library is made from. */
export interface LibraryInit {
  readonly servers: readonly NodeId[];
  /** The length of the session that is asked for. */
  readonly timeoutUs: DurationUs;
  /** Names of its timers begin with this. */
  readonly prefix: string;
  readonly listener: SessionListener;
}

interface Queued {
  readonly tag: string;
  readonly op: Op;
}

interface Sent extends Queued {
  readonly xid: number;
  readonly atUs: TimeUs;
}

interface Ended extends Queued {
  readonly session: SessionId;
  /** 0: it was not sent. */
  readonly xid: number;
}

/** `idle`: nobody asked for a session. `pausing`: before the next attempt. `greeting`: waits for ConnectResponse. */
type Phase = 'idle' | 'pausing' | 'connecting' | 'greeting' | 'connected';

/** Everything that the library knows. Plain data. */
export interface LibraryState {
  phase: Phase;
  connection: ConnectionId | null;
  /** Connected to, or the last one that was. */
  server: NodeId | null;
  /** 0 before it is given. */
  session: SessionId;
  password: number;
  /** What was agreed; before that, what is asked for. */
  timeoutUs: DurationUs;
  lastZxid: Zxid;
  nextXid: number;
  /** Wait for a connection. */
  queued: Queued[];
  /** Wait for their answers, in the order of their xids. */
  sent: Sent[];
  /** When the pings that wait for their answers were sent. */
  pings: TimeUs[];
  greetedAtUs: TimeUs;
  /** By its monotonic clock, when the last thing that was answered was sent: the session was alive after it. */
  aliveAtUs: TimeUs;
  readonly watches: RegisteredWatches;
}

/** Most of a pause between two attempts: 1 s in ZooKeeper, where time runs twenty times faster. */
const PAUSE_US_MAX: DurationUs = 50 * US_PER_MS;

/** See the head of this file. */
export class SessionLibrary {
  readonly state: LibraryState;
  protected readonly init: LibraryInit;

  constructor(init: LibraryInit) {
    this.init = init;
    this.state = {
      phase: 'idle', connection: null, server: null, session: 0, password: 0, timeoutUs: init.timeoutUs,
      lastZxid: NO_ZXID, nextXid: 1, queued: [], sent: [], pings: [], greetedAtUs: 0, aliveAtUs: 0,
      watches: noWatches(),
    };
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** Whether a client that has no connection takes its session for lost: never, only servers know. */
  protected presumesExpired(_ctx: Context): boolean {
    return false;
  }

  /**
   * When the session was alive for certain, by the answer to what was sent then: not later. (1) A ping is heard; (2)
   * its answer is late, or waits for a process that stands still; (3) nothing is heard of the client any more, and the
   * session ends a whole length behind the ping, while its answer is still new to the client.
   */
  protected aliveBy(_ctx: Context, sentAtUs: TimeUs): TimeUs {
    return sentAtUs;
  }

  /** Silence of the server after which it is given up: the rest of the session is left for finding another one. */
  protected readTimeoutUs(): DurationUs {
    return Math.floor((2 * this.state.timeoutUs) / 3);
  }

  /** Silence of one's own after which the server is told that one lives. */
  protected pingAfterUs(): DurationUs {
    return Math.floor(this.state.timeoutUs / 3);
  }

  /** One of the others, if there are any. */
  protected nextServer(ctx: Context): NodeId {
    const { servers } = this.init;
    const { server } = this.state;
    const others = servers.length > 1 ? servers.filter((each) => each !== server) : servers;
    return others[ctx.random('zk-server').between(0, others.length - 1)] as NodeId;
  }

  // ── What is asked of it ──────────────────────────────────────────────

  /** Begins a session; nothing is left of an earlier one but that no xid is used twice. */
  open(ctx: Context): void {
    const { state } = this;
    assert(state.phase === 'idle', 'a library has one session at a time');
    state.session = 0;
    state.password = 0;
    state.timeoutUs = this.init.timeoutUs;
    state.lastZxid = NO_ZXID;
    this.connect(ctx);
  }

  /** Asks for one operation. `onEnd` follows with the same `tag`, from a later event. Waits for a connection. */
  submit(ctx: Context, tag: string, op: Op): void {
    const { state } = this;
    if (state.phase === 'connected') this.send(ctx, { tag, op });
    else state.queued.push({ tag, op });
  }

  /** Takes the session to another server: what is open ends as with any loss of a connection. */
  moveTo(ctx: Context, server: NodeId): void {
    const { state } = this;
    if (state.server === server && state.connection !== null) return;
    if (state.connection !== null) {
      ctx.close(state.connection);
      this.onLoss(ctx);
      // It was to be closed, and whoever was told of the loss has begun another one.
      if (state.phase !== 'pausing') return;
    }
    ctx.cancelTimer(this.timer('pause'));
    this.connect(ctx, server);
  }

  // ── Connecting ───────────────────────────────────────────────────────

  private connect(ctx: Context, server: NodeId = this.nextServer(ctx)): void {
    const { state, init } = this;
    state.phase = 'connecting';
    state.server = server;
    state.connection = ctx.connect(server);
    // As long as one attempt with each server takes, the session may last (ClientCnxn: connectTimeout).
    ctx.setTimer(this.timer('connect'), Math.floor(state.timeoutUs / init.servers.length));
  }

  onConnected(ctx: Context, connection: ConnectionId): void {
    const { state } = this;
    if (connection !== state.connection) return;
    const { session, password, lastZxid } = state;
    state.phase = 'greeting';
    state.greetedAtUs = ctx.monotonicUs();
    const { timeoutUs } = this.init;
    this.say(ctx, { kind: 'ConnectRequest', lastZxid, timeoutUs, session, password });
  }

  onReceived(ctx: Context, connection: ConnectionId, message: Message): void {
    const { state } = this;
    if (connection !== state.connection) return;
    const packet = message as ClientPacket;
    if (state.phase === 'connected') ctx.setTimer(this.timer('read'), this.readTimeoutUs());
    switch (packet.kind) {
      case 'ConnectResponse': return this.onConnectResponse(ctx, packet);
      case 'Reply': return this.onReply(ctx, packet);
      case 'WatcherEvent': return this.onWatcherEvent(ctx, packet);
      case 'Ping': return this.onAnswered(ctx, state.pings.shift() ?? state.aliveAtUs);
      case 'ConnectRequest': case 'Request': case 'SetWatches': case 'SetWatches2':
        return assert(false, 'servers do not ask clients');
      default: return unreachable(packet);
    }
  }

  onClosed(ctx: Context, connection: ConnectionId): void {
    if (connection === this.state.connection) this.onLoss(ctx);
  }

  /** Of timers whose names begin with the prefix. */
  onTimer(ctx: Context, name: string): void {
    const { state } = this;
    switch (name.slice(this.init.prefix.length)) {
      case 'pause':
        return this.presumesExpired(ctx) ? this.expire(ctx) : this.connect(ctx);
      case 'connect': case 'read':
        assert(state.connection !== null, 'only on a connection is anything waited for');
        ctx.close(state.connection);
        return this.onLoss(ctx);
      case 'ping':
        state.pings.push(ctx.monotonicUs());
        return this.say(ctx, { kind: 'Ping', zxid: state.lastZxid });
      default: assert(false, 'the library sets the timers pause, connect, read and ping');
    }
  }

  private onConnectResponse(ctx: Context, { session, password, timeoutUs }: ConnectResponse): void {
    const { state, init } = this;
    if (session === 0) return this.expire(ctx);
    const isNew = state.session === 0;
    state.session = session;
    state.password = password;
    state.timeoutUs = timeoutUs;
    state.phase = 'connected';
    ctx.cancelTimer(this.timer('connect'));
    ctx.setTimer(this.timer('read'), this.readTimeoutUs());
    // Before anything is asked on this connection: a read after it must not show what a watch should have told first.
    const watches = setWatches(state.watches, state.lastZxid);
    if (watches !== null) this.say(ctx, watches);
    const { queued } = state;
    state.queued = [];
    for (const each of queued) this.send(ctx, each);
    if (queued.length === 0) ctx.setTimer(this.timer('ping'), this.pingAfterUs());
    state.aliveAtUs = this.aliveBy(ctx, state.greetedAtUs);
    init.listener.onSession(ctx, isNew);
    init.listener.onAlive?.(ctx);
  }

  /**
   * What was sent may have been executed; what was not even sent ends with it, too, as with ZooKeeper. Who asked for
   * the end of a session has done with it, answered or not (ClientCnxn: closing). (1) A close is sent to a server that
   * is paused, and the connection is given up; (2) the client goes on at another one, which creates a znode for it; (3)
   * the first wakes up, and the close ends the session behind the znode: it needs no owner, as expiry does not.
   */
  private onLoss(ctx: Context): void {
    const { state, init } = this;
    const wasConnected = state.phase === 'connected';
    const ended = this.disconnect(ctx);
    if (ended.some(({ op }) => op.op === 'close')) {
      state.phase = 'idle';
      forget(state.watches);
    } else {
      state.phase = 'pausing';
      ctx.setTimer(this.timer('pause'), ctx.random('zk-pause').between(0, PAUSE_US_MAX));
    }
    if (wasConnected) init.listener.onSuspended(ctx);
    for (const { tag, op, ...sent } of ended) init.listener.onEnd(ctx, tag, op, { kind: 'connection-loss', ...sent });
  }

  private expire(ctx: Context): void {
    const { state, init } = this;
    const { connection } = state;
    // Without a connection nobody has said it: the client has thought so by itself.
    const by = connection === null ? null : state.server;
    if (connection !== null) ctx.close(connection);
    const ended = this.disconnect(ctx);
    state.phase = 'idle';
    forget(state.watches);
    init.listener.onExpired(ctx, by);
    for (const { tag, op, ...sent } of ended) init.listener.onEnd(ctx, tag, op, { kind: 'session-expired', ...sent });
  }

  /** What was open, with the session that it was asked in: who is told of the loss may begin another one. */
  private disconnect(ctx: Context): readonly Ended[] {
    const { state } = this;
    const { session } = state;
    const open = [
      ...state.sent.map(({ tag, op, xid }) => ({ tag, op, session, xid })),
      ...state.queued.map(({ tag, op }) => ({ tag, op, session, xid: 0 })),
    ];
    state.connection = null;
    state.sent = [];
    state.queued = [];
    state.pings = [];
    for (const name of ['connect', 'read', 'ping']) ctx.cancelTimer(this.timer(name));
    return open;
  }

  // ── Requests ─────────────────────────────────────────────────────────

  private send(ctx: Context, { tag, op }: Queued): void {
    const { state } = this;
    const xid = state.nextXid++;
    state.sent.push({ tag, op, xid, atUs: ctx.monotonicUs() });
    this.say(ctx, { kind: 'Request', xid, op });
  }

  private onReply(ctx: Context, { xid, zxid, result }: Reply): void {
    const { state, init } = this;
    const [sent] = state.sent;
    // Whatever the server has lost count of, this connection is of no use (ClientCnxn: "Xid out of order").
    if (sent?.xid !== xid) {
      if (state.connection !== null) ctx.close(state.connection);
      return this.onLoss(ctx);
    }
    state.sent.shift();
    state.lastZxid = zxid;
    register(state.watches, sent.op, result);
    this.onAnswered(ctx, sent.atUs);
    if (sent.op.op === 'close' && result.op === 'close') this.end(ctx);
    init.listener.onEnd(ctx, sent.tag, sent.op, { kind: 'answered', zxid, result });
  }

  /** The session was closed: what was asked behind that is not executed. */
  private end(ctx: Context): void {
    const { state, init } = this;
    if (state.connection !== null) ctx.close(state.connection);
    const left = this.disconnect(ctx);
    state.phase = 'idle';
    forget(state.watches);
    for (const { tag, op, ...sent } of left) init.listener.onEnd(ctx, tag, op, { kind: 'session-expired', ...sent });
  }

  private onWatcherEvent(ctx: Context, event: WatcherEvent): void {
    if (take(this.state.watches, event)) this.init.listener.onEvent(ctx, event);
  }

  private onAnswered(ctx: Context, sentAtUs: TimeUs): void {
    const { state, init } = this;
    const aliveAtUs = this.aliveBy(ctx, sentAtUs);
    if (aliveAtUs <= state.aliveAtUs) return;
    state.aliveAtUs = aliveAtUs;
    init.listener.onAlive?.(ctx);
  }

  private say(ctx: Context, packet: ClientPacket): void {
    const { connection, phase } = this.state;
    assert(connection !== null, 'what is said is said on a connection');
    ctx.sendOn(connection, packet);
    if (phase === 'connected') ctx.setTimer(this.timer('ping'), this.pingAfterUs());
  }

  private timer(name: string): string {
    return `${this.init.prefix}${name}`;
  }
}
