import type { Context } from '../../../contract/context.ts';
import type { ConnectedClientInit, SessionLine } from '../../../contract/coordination.ts';
import type { Message, Plain } from '../../../contract/message.ts';
import type { Node } from '../../../contract/node.ts';
import type { Operation } from '../../../contract/session.ts';
import type { Seen } from '../../../contract/workload.ts';
import { assert } from '../../../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../../kernel/time.ts';
import type { Op, WatcherEvent } from '../messages.ts';
import type { LibraryInit, LibraryState, RequestEnd, SessionLibrary, SessionListener } from './library.ts';

/** What a client of a workload is made from. */
export interface WorkloadClientInit extends ConnectedClientInit {
  readonly createLibrary: (init: LibraryInit) => SessionLibrary;
}

/** One of the client's operations at a time, as a process of its own. Its lane is its place among the slots. */
interface Slot {
  process: number;
  /** `null` while it thinks. */
  operation: Operation | null;
}

/** Everything that a client knows. Plain data. */
export interface WorkloadClientState {
  readonly slots: readonly Slot[];
  readonly seen: Seen;
  startedAtUs: TimeUs;
  /** Steps of the script that have begun. */
  step: number;
  readonly library: LibraryState;
}

/**
 * A closed-loop client: thinks, begins one operation, waits for its end, and thinks again; with several slots, it does
 * so in each of them, all in one session. A session that is over is followed by another one. A crash loses the session;
 * what it has left in the tree goes when the cluster expires it.
 */
export abstract class WorkloadClient<I extends WorkloadClientInit>
  implements Node<WorkloadClientState>, SessionListener {
  readonly state: WorkloadClientState;
  protected readonly init: I;
  protected readonly library: SessionLibrary;

  constructor(init: I) {
    const { nodes, clients, operations, processes } = init;
    this.init = init;
    this.library = init.createLibrary({
      servers: nodes, timeoutUs: init.sessionTimeoutUs, prefix: 'zk/', listener: this,
    });
    const lanes = init.steps === null ? processes : processes.slice(0, 1);
    this.state = {
      slots: lanes.map((process) => ({ process, operation: null })),
      seen: { client: init.self - nodes.length, clients, operations, last: new Map() },
      startedAtUs: 0,
      step: 0,
      library: this.library.state,
    };
  }

  onStart(ctx: Context): void {
    this.state.startedAtUs = ctx.monotonicUs();
    this.library.open(ctx);
    for (const lane of this.state.slots.keys()) this.think(ctx, lane);
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
    if (name.startsWith('zk/')) return this.library.onTimer(ctx, name);
    this.invoke(ctx, Number(name.slice('think/'.length)));
  }

  // ── The session ──────────────────────────────────────────────────────

  onSession(_ctx: Context): void {
    this.tell('connected', this.state.library.server);
  }

  onSuspended(): void {
    this.tell('disconnected');
  }

  onExpired(ctx: Context, by: NodeId | null): void {
    this.tell('expired', by);
    this.library.open(ctx);
  }

  onEvent(_ctx: Context, { type, path, zxid }: WatcherEvent): void {
    const { session } = this.state.library;
    this.init.recorder.event({ process: this.slot(0).process, session, type, path, zxid });
  }

  /** All of its processes share the session. */
  protected tell(state: SessionLine['state'], server: NodeId | null = null): void {
    for (const { process } of this.state.slots) this.tellOf(process, state, server);
  }

  private tellOf(process: number, state: SessionLine['state'], server: NodeId | null): void {
    const { session, lastZxid: zxid } = this.state.library;
    this.init.recorder.session({ process, session, state, zxid, server });
  }

  // ── Operations ───────────────────────────────────────────────────────

  private think(ctx: Context, lane: number): void {
    this.slot(lane).operation = null;
    const thinkUs = this.thinkUs(ctx);
    if (thinkUs !== null) ctx.setTimer(`think/${lane}`, thinkUs);
  }

  /** `null` when there is nothing left to do. */
  private thinkUs(ctx: Context): DurationUs | null {
    const { steps, source } = this.init;
    if (steps === null) return source.thinkUs(ctx.random('workload'));
    const step = steps[this.state.step];
    return step === undefined ? null : Math.max(0, step.atUs - (ctx.monotonicUs() - this.state.startedAtUs));
  }

  private invoke(ctx: Context, lane: number): void {
    const { state, init } = this;
    const slot = this.slot(lane);
    const step = init.steps?.[state.step];
    state.step += 1;
    const operation = step?.operation ?? init.source.next(ctx.random('workload'), this.seenBy(lane));
    state.seen.operations += 1;
    slot.operation = operation;
    init.recorder.invoke(slot.process, operation.f, operation.key, operation.value);
    // Who was told of the end of a session is in the middle of the next one.
    if (step !== undefined && step.to !== null) this.library.moveTo(ctx, step.to);
    this.begin(ctx, lane, operation);
  }

  /** What its next operation is chosen by. */
  protected seenBy(_lane: number): Seen {
    return this.state.seen;
  }

  /** Asks for the first thing that the operation takes. */
  protected abstract begin(ctx: Context, lane: number, operation: Operation): void;

  /** A request of {@link begin}, or one that followed, has come to its end. */
  abstract onEnd(ctx: Context, tag: string, op: Op, end: RequestEnd): void;

  protected complete(
    ctx: Context, lane: number, type: 'ok' | 'fail' | 'info', value: Plain, error?: string,
  ): void {
    const slot = this.slot(lane);
    assert(slot.operation !== null, 'only what is open ends');
    const { f, key } = slot.operation;
    this.init.recorder.complete(slot.process, type, f, key, value, error);
    if (type === 'info') this.retire(slot);
    this.think(ctx, lane);
  }

  /** The next process of the slot has the session of this one, if there is any. */
  private retire(slot: Slot): void {
    const { session, phase, server } = this.state.library;
    slot.process += this.init.processStride;
    if (session === 0) return;
    if (phase === 'connected') this.tellOf(slot.process, 'connected', server);
    else this.tellOf(slot.process, 'disconnected', null);
  }

  protected slot(lane: number): Slot {
    return this.state.slots[lane] as Slot;
  }
}
