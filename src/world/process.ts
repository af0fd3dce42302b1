import type { Message } from '../contract/message.ts';
import type { Node, Order } from '../contract/node.ts';
import type { Options } from '../contract/options.ts';
import type { FaultEffect, LatencyRange } from '../contract/world-control.ts';
import type { Context, PersistTag } from '../contract/context.ts';
import { Fifo } from '../kernel/fifo.ts';
import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { Clock } from './clock.ts';
import type { Stream } from '../kernel/rng.ts';
import { Disk, type DiskFile, type SyncPoint } from './disk.ts';
import type { ProcessContext } from './process-context.ts';

/** A named timer. It keeps one event in the queue; setting it again moves `deadlineUs`, which costs nothing. */
export interface Timer {
  readonly name: string;
  /** By the monotonic clock of the process; -1 while the timer is off. */
  deadlineUs: TimeUs;
  /** Instant of the queued event; -1 when none is queued. An earlier event than needed re-arms itself. */
  queuedAtUs: TimeUs;
  /** Tells the queued event from those that were overtaken. */
  generation: number;
}

/** One `persist` of a process, numbered from 1 in each incarnation. */
export interface PersistRequest {
  readonly number: number;
  /** `null`: nothing was left to sync. */
  readonly point: SyncPoint | null;
  readonly tag: PersistTag | undefined;
  /** The fault that made a sync fail that it waits for. */
  failure: FaultEffect | null;
}

/** A message that waits for a persist. */
export interface HeldSend {
  readonly to: NodeId;
  readonly message: Message;
  /** Number of the persist that must be complete. */
  readonly after: number;
  /** `null` for a datagram. */
  readonly connection: ConnectionId | null;
}

/** Stands where an event has no second process. */
export const NO_PEER = -1;

/** The queues of a process that does not take steps. Each keeps its own order. */
export const LANE = { mailbox: 0, timers: 1, completions: 2, operator: 3 } as const;

/** What an operator wants of a process: an order, or that it takes note of options; `effect` counts what it gets. */
export type Demand =
  | { readonly kind: 'order'; readonly order: Order; readonly effect: FaultEffect }
  | { readonly kind: 'options'; readonly options: Options; readonly effect: FaultEffect };

/** An event that met a process which was paused or between a step and its continuation. */
export interface Parked {
  /** Order of arrival over all lanes. */
  readonly order: number;
  readonly kind: number;
  readonly first: number;
  readonly second: number;
  readonly payload: unknown;
}

/**
 * One process of the world, node or client: what it is now, and what waits for it. The machine under it (clock, disk)
 * outlives its incarnations.
 */
export class Process {
  readonly id: NodeId;
  readonly name: string;
  readonly clock: Clock;
  readonly disk: Disk = new Disk();
  readonly context: ProcessContext;
  /** What the disk calls when a sync begins. */
  readonly startSync: (file: DiskFile) => void;

  /** The running incarnation; `null` while the process is down. */
  node: Node | null = null;
  incarnation = 0;
  /** Grows at each machine crash: a sync of before it never completes. */
  diskGeneration = 0;

  /** The pauses in force. */
  readonly pauses: FaultEffect[] = [];
  /** Those of them that stop the clocks as well. */
  readonly clockStops: FaultEffect[] = [];
  /** A step whose continuation has not run yet; `null` outside of one. */
  step: string | null = null;
  /** Tells the event of the step's continuation from those of steps that a crash has ended. */
  stepGeneration = 0;
  /** The continuation came due while the process was paused. */
  isStepDue = false;
  /** A pause fell into the time in which events were parked: they are merged by seed, not by arrival. */
  wasPaused = false;
  lanes: Parked[][] = emptyLanes();
  parkedCount = 0;
  /** Messages that waited and stand in the queue again: whatever is delivered meanwhile comes behind them. */
  arrivalsQueued = 0;

  /** Latency of syncs in place of the world's, and the fault that made it so. */
  slowDisk: { readonly syncUs: LatencyRange; readonly effect: FaultEffect } | null = null;
  /** Faults, oldest first, that each make one sync fail. */
  readonly failingSyncs: FaultEffect[] = [];
  /** Faults, one for each sync of which nobody was told that it failed, as long as the cache has what it was for. */
  readonly unheard: FaultEffect[] = [];
  /** The fault that has filled the disk. */
  full: FaultEffect | null = null;
  /** The fault that makes the disk report syncs which store nothing. */
  lie: FaultEffect | null = null;

  timers: Timer[] = [];
  private lastGeneration = 0;

  persistsAsked = 0;
  persistsDone = 0;
  readonly waitingPersists: Fifo<PersistRequest> = new Fifo();
  readonly heldSends: Fifo<HeldSend> = new Fifo();
  /** Latencies of syncs; made at the first one. */
  syncLuck: Stream | null = null;

  /** Whether it was started before and wrote anything that a crash of its machine would have left. */
  get hasLived(): boolean {
    return this.incarnation > 0 && this.disk.hasSynced;
  }

  constructor(
    id: NodeId, name: string, clock: Clock, context: ProcessContext, startSync: (file: DiskFile) => void,
  ) {
    this.id = id;
    this.name = name;
    this.clock = clock;
    this.context = context;
    this.startSync = startSync;
  }

  /** Whether the process takes no steps now: its events wait. */
  get isBlocked(): boolean {
    return this.pauses.length > 0 || this.step !== null;
  }

  get isPaused(): boolean {
    return this.pauses.length > 0;
  }

  /** Slot of the timer of this name, made if need be. A process has a handful of timers. */
  timerSlot(name: string): number {
    const { timers } = this;
    for (let slot = 0; slot < timers.length; slot += 1) {
      if ((timers[slot] as Timer).name === name) return slot;
    }
    timers.push({ name, deadlineUs: -1, queuedAtUs: -1, generation: 0 });
    return timers.length - 1;
  }

  /** A number that no earlier event of this process carries. */
  nextGeneration(): number {
    this.lastGeneration += 1;
    return this.lastGeneration;
  }

  park(lane: number, kind: number, first: number, second: number, payload: unknown): void {
    (this.lanes[lane] as Parked[]).push({ order: this.parkedCount, kind, first, second, payload });
    this.parkedCount += 1;
  }

  /** Forgets everything volatile: what a crash of the process takes away. Returns how many messages were still held. */
  stop(): { readonly sendsLost: number; readonly messagesLost: number } {
    const sendsLost = this.heldSends.length;
    const messagesLost = (this.lanes[LANE.mailbox] as Parked[]).length;
    this.missFailures();
    this.node = null;
    this.pauses.length = 0;
    this.clockStops.length = 0;
    this.step = null;
    this.isStepDue = false;
    this.wasPaused = false;
    this.lanes = emptyLanes();
    this.parkedCount = 0;
    this.arrivalsQueued = 0;
    this.timers = [];
    this.persistsAsked = 0;
    this.persistsDone = 0;
    this.waitingPersists.clear();
    this.heldSends.clear();
    return { sendsLost, messagesLost };
  }

  /** What it would have been told of when its turn had come. */
  private missFailures(): void {
    for (const { payload } of this.lanes[LANE.completions] as Parked[]) this.miss(payload as PersistRequest);
    const { waitingPersists } = this;
    for (let at = 0; at < waitingPersists.length; at += 1) this.miss(waitingPersists.at(at) as PersistRequest);
  }

  private miss({ failure }: PersistRequest): void {
    if (failure !== null && !this.unheard.includes(failure)) this.unheard.push(failure);
  }

  /** The process starts anew, from what the cache has. */
  trustCache(): void {
    for (const failure of this.unheard) failure.failuresUnheard += 1;
    this.unheard.length = 0;
  }
}

/** Hands an operator's demand to a node. */
export function heed(node: Node, context: Context, demand: Demand): unknown {
  return demand.kind === 'order' ? node.onOrder?.(context, demand.order) : node.onOptions?.(context, demand.options);
}

/** For each of {@link LANE}. */
export function emptyLanes(): Parked[][] {
  return [[], [], [], []];
}

/** Where a timer of `afterUs` ends on the monotonic clock. */
export function deadlineOf(process: Process, nowUs: TimeUs, afterUs: DurationUs): TimeUs {
  return process.clock.monotonicUs(nowUs) + afterUs;
}
