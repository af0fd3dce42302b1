import type { ClientRequest } from '../contract/client.ts';
import type { Note, PersistTag } from '../contract/context.ts';
import type { Monitor } from '../contract/invariant.ts';
import type { Message } from '../contract/message.ts';
import type { Node } from '../contract/node.ts';
import { type Options, withoutBoxes } from '../contract/options.ts';
import type { FaultEffect } from '../contract/world-control.ts';
import { assert, isAssertionError } from '../kernel/assert.ts';
import type { Digest } from '../kernel/digest.ts';
import { type ConnectionId, nodeId, nodeName, type NodeId } from '../kernel/ids.ts';
import { EventQueue, WAITING_MAX } from '../kernel/queue.ts';
import type { Streams } from '../kernel/streams.ts';
import { type DurationUs, type TimeUs, unboxed } from '../kernel/time.ts';
import { EVENT, formatTime, LINE, NO_NAME, Trace } from '../kernel/trace.ts';
import { Clock } from './clock.ts';
import { type Arrival, Connections, type ConnectionsHost, type Half } from './connections.ts';
import { deepFreeze } from './deep-freeze.ts';
import type { DiskFile, Torn } from './disk.ts';
import { EFFECT, type Effect, EffectBuffer } from './effects.ts';
import { HandlerError, describeFailure, refuseThenable } from './handler-error.ts';
import { mergeLanes } from './lanes.ts';
import { Network, type NetworkHost } from './network.ts';
import { Persists, type PersistsHost } from './persists.ts';
import { ProcessContext, type ContextHost } from './process-context.ts';
import {
  deadlineOf, emptyLanes, heed, LANE, NO_PEER, Process, type Demand, type Parked, type PersistRequest, type Timer,
} from './process.ts';
import type { StopReason, WorldSettings } from './settings.ts';
import { PassedRows, TraceText } from './trace-text.ts';
import { Writes, type WritesHost } from './writes.ts';

/** Kind of a handler, beside those of events: a message that is a client's request. */
const REQUEST = 0;

/** A run meets one of its limits: nothing is known of what would have come. */
class Limit extends Error {}

/**
 * The simulated world: one event queue, the processes, their disks and clocks, and the network between them. It runs
 * handlers, carries out their effects and tells the monitor. Protocol code cannot reach it but through its context.
 */
export class World implements ContextHost, NetworkHost, PersistsHost, ConnectionsHost, WritesHost {
  readonly effects: EffectBuffer = new EffectBuffer();
  readonly streams: Streams;
  readonly queue: EventQueue = new EventQueue();
  readonly network: Network;
  readonly connections: Connections;
  readonly persists: Persists;
  readonly writes: Writes = new Writes(this);
  readonly trace: Trace;
  readonly processes: readonly Process[];
  readonly nodes: readonly NodeId[];
  readonly clients: readonly NodeId[];
  readonly resources: readonly NodeId[];
  /** Whether a full trace is kept. */
  readonly isTracing: boolean;
  /** What the nodes run with now, and what those that start are made with. */
  options: Options;
  nowUs: TimeUs = 0;
  messagesSent = 0;
  messagesDelivered = 0;
  syncs = 0;
  private readonly settings: WorldSettings;
  private readonly monitor: Monitor;
  /** Who hears of which events. */
  private readonly noteListeners = new Map<string, ((process: NodeId, event: string) => void)[]>();
  private freshNotes: { readonly process: NodeId; readonly event: string }[] = [];
  private sameInstant = 0;
  private readonly sameInstantLimit: number;
  private readonly eventLimit: number;
  private readonly text: TraceText;
  /** Index of the name of a client's request. */
  private readonly requestName: number;

  constructor(settings: WorldSettings) {
    this.settings = settings;
    this.sameInstantLimit = settings.limits.sameInstantEvents;
    this.eventLimit = settings.limits.events;
    this.options = withoutBoxes(settings.options);
    this.streams = settings.streams;
    this.monitor = settings.monitor;
    this.text = new TraceText((process) => this.nameOf(process), ['client', ...settings.nodeFields]);
    const { onLine } = settings;
    this.trace = onLine === undefined
      ? new Trace(settings.trace)
      : new Trace(settings.trace, () => new PassedRows(this.text, () => this.trace.names, onLine));
    this.isTracing = settings.trace === 'full';
    this.requestName = this.trace.indexOf('ClientRequest');
    const { nodes, clients, resources } = settings;
    const ids = Array.from({ length: nodes + clients + resources }, (_, index) => nodeId(index));
    this.nodes = ids.slice(0, nodes);
    this.clients = ids.slice(nodes, nodes + clients);
    this.resources = ids.slice(nodes + clients);
    this.network = new Network(this, settings.streams, ids.length, settings.network);
    this.connections = new Connections(this);
    this.persists = new Persists(this, settings.syncUs);
    this.processes = ids.map((id) => this.makeProcess(id));
  }

  /** Schedules the start of every process at time 0, nodes first. */
  start(): void {
    for (const process of this.processes) this.queue.push(0, EVENT.start, process.id, 0, 0, undefined);
  }

  /** Runs events until `endUs` (included), a limit or an error. Events after `endUs` stay in the queue. */
  runUntil(endUs: TimeUs): StopReason {
    const { queue } = this;
    try {
      while (queue.length > 0 && queue.nextAtUs <= endUs) this.step();
    } catch (error) {
      if (error instanceof Limit) return { kind: 'limit', text: error.message };
      const at = `at ${formatTime(this.nowUs)} s, event ${this.trace.events - 1}`;
      return { kind: 'error', text: `${describeFailure(error)} (${at})` };
    }
    this.nowUs = endUs;
    return { kind: 'end' };
  }

  /** Adds what every disk holds for certain, in the order of the processes. */
  foldDisksInto(digest: Digest): void {
    for (const process of this.processes) process.disk.foldInto(digest);
  }

  process(id: NodeId): Process {
    return this.processes[id] as Process;
  }

  nameOf(id: NodeId): string {
    return nodeName(id, this.settings.nodes, this.settings.clients);
  }

  onNote(events: readonly string[], listener: (process: NodeId, event: string) => void): void {
    for (const event of new Set(events)) {
      this.noteListeners.set(event, [...this.noteListeners.get(event) ?? [], listener]);
    }
  }

  // ── What the parts of the world need of it ────────────────────────────

  deliverAfter(latencyUs: DurationUs, from: NodeId, to: NodeId, message: Message): void {
    this.queue.push(this.nowUs + latencyUs, EVENT.deliver, to, from, this.trace.indexOf(message.kind), message);
  }

  onDropped(from: NodeId, to: NodeId, message: Message): void {
    if (this.isTracing) this.mark(LINE.dropped, from, to, message.kind, 0, undefined);
  }

  onPassable(from: NodeId, to: NodeId): void {
    this.connections.goOn(from, to);
  }

  reserveConnection(): ConnectionId {
    return this.connections.reserve();
  }

  /** What the queue holds need not be an event, a timer may have been set again: so the limit is looked at here. */
  record(kind: number, process: Process, peer: number, name: number, value: unknown): void {
    if (this.trace.events >= this.eventLimit) {
      throw new Limit(`more than ${this.eventLimit} events by ${formatTime(this.nowUs)} s`);
    }
    this.trace.event(this.nowUs, this.queue.poppedSequence, kind, process.id, peer, name, value);
  }

  /** Adds a line to the full trace, if there is one. Ask {@link isTracing} before making the text. */
  say(text: string): void {
    this.trace.rows?.add(LINE.text, 0, NO_PEER, NO_NAME, 0, text);
  }

  /** The full trace as text; `null` when it was not kept. */
  traceLines(): string[] | null {
    return this.settings.onLine === undefined ? this.text.linesOf(this.trace) : null;
  }

  // ── What faults do, through the control ───────────────────────────────

  /** Starts the next incarnation of a process that is down. */
  restartProcess(process: Process): void {
    this.run(process, EVENT.start, NO_PEER, undefined);
  }

  /** Takes a process down; `effect` counts what is lost with its memory. No effect on one that is down. */
  stopProcess(process: Process, effect: FaultEffect | null, isMachine = false): void {
    if (process.node === null) return;
    const { sendsLost, messagesLost } = process.stop();
    this.connections.onStopped(process, isMachine);
    process.clock.start(this.nowUs);
    if (this.isNode(process)) this.monitor.onCrashed?.(process.id);
    this.settings.onStopped?.(process.id);
    if (effect === null) return;
    effect.processesStopped += 1;
    effect.sendsLost += sendsLost;
    effect.messagesDropped += messagesLost;
  }

  /**
   * Takes a process down, and with it what its disk had not synced, or a drawn part of that. `torn` counts entries that
   * are left in part.
   */
  crashMachine(process: Process, effect: FaultEffect, torn: Torn | null = null, isDrawn = true): void {
    this.stopProcess(process, effect, true);
    process.diskGeneration += 1;
    const luck = isDrawn && process.full === null ? this.streams.get(`disk/${process.name}/crash`) : null;
    effect.writesLost += process.disk.crash(luck, torn);
    process.unheard.length = 0;
  }

  /** The last pause has ended: a due continuation goes first, everything else is merged by seed. */
  resumeProcess(process: Process): void {
    if (process.step !== null) {
      if (process.isStepDue) this.pushContinuation(process, this.nowUs);
      return;
    }
    this.unpark(process);
  }

  /** Options change for all nodes from now on: those that run are told. `effect` counts the nodes for which they do. */
  changeOptions(changes: Options, effect: FaultEffect): void {
    const before = this.options;
    this.options = withoutBoxes({ ...this.settings.options, ...changes });
    if (Object.keys(before).every((name) => before[name] === this.options[name])) return;
    for (const node of this.nodes) {
      effect.optionsChanged += 1;
      this.demand(this.process(node), { kind: 'options', options: this.options, effect });
    }
  }

  /** An operator turns to a process, as an event of its own. One that is down hears nothing. */
  demand(process: Process, demand: Demand): void {
    if (process.node === null) return;
    this.queue.push(this.nowUs, EVENT.demand, process.id, 0, process.incarnation, demand);
  }

  /** The clock of a process runs at another rate from now on: its timers end at other instants. */
  changeDrift(process: Process, perMillion: number): number {
    process.clock.setDrift(this.nowUs, perMillion);
    if (process.clock.standsStill) return 0;
    let moved = 0;
    process.timers.forEach((timer, slot) => {
      if (timer.deadlineUs < 0) return;
      moved += 1;
      this.queueTimer(process, slot, timer);
    });
    return moved;
  }

  /** The clocks of a process that was suspended run again, and its timers with them. Returns how many moved. */
  startClock(process: Process): number {
    process.clock.start(this.nowUs);
    const readingUs = process.clock.monotonicUs(this.nowUs);
    let moved = 0;
    process.timers.forEach((timer, slot) => {
      // Those that are due were parked before.
      if (timer.deadlineUs <= readingUs) return;
      moved += 1;
      // An event that comes too early re-arms itself.
      if (timer.queuedAtUs < 0) this.queueTimer(process, slot, timer);
    });
    return moved;
  }

  // ── Events ────────────────────────────────────────────────────────────

  /** Apart from the loop around it: V8 optimises a function that is called far sooner than a loop that runs. */
  private step(): void {
    const { queue } = this;
    queue.pop();
    if (queue.poppedAtUs !== this.nowUs) {
      this.nowUs = unboxed(queue.poppedAtUs);
      this.sameInstant = 0;
    }
    this.sameInstant += 1;
    if (this.sameInstant > this.sameInstantLimit) {
      const { sameInstantLimit } = this;
      throw new Limit(`more than ${sameInstantLimit} events at ${formatTime(this.nowUs)} s: time stands still`);
    }
    // Here and not as a push fails: that happens in a handler, which would be taken for a broken assertion of its own.
    if (queue.length > WAITING_MAX) {
      throw new Limit(`more than ${WAITING_MAX} events wait at ${formatTime(this.nowUs)} s`);
    }
    const process = this.processes[queue.poppedProcess] as Process;
    const { poppedFirst: first, poppedSecond: second } = queue;
    const payload = queue.takePayload();
    switch (queue.poppedKind) {
      case EVENT.deliver: return this.onDeliver(process, first as NodeId, second, payload as Message);
      case EVENT.segment: return this.connections.onSegment(process, payload as Half, second);
      case EVENT.segmentArrived: return this.connections.onSegmentArrived(process, payload as Arrival, second);
      case EVENT.arrived: return this.onArrived(process, first as NodeId, payload as Message, second);
      case EVENT.timer: return this.onTimer(process, first, second);
      case EVENT.sync: return this.persists.onSync(process, payload as DiskFile, second);
      case EVENT.persisted: return this.persists.onPersisted(process, payload as PersistRequest, second);
      case EVENT.continue: return this.onContinue(process, second);
      case EVENT.start: return this.onStart(process);
      case EVENT.demand: return this.onDemand(process, payload as Demand, second);
      default: return this.onAction(process, payload as () => void);
    }
  }

  private onStart(process: Process): void {
    this.record(EVENT.start, process, NO_PEER, NO_NAME, undefined);
    this.run(process, EVENT.start, NO_PEER, undefined);
  }

  private onAction(process: Process, action: () => void): void {
    this.record(EVENT.action, process, NO_PEER, NO_NAME, undefined);
    action();
  }

  private onDeliver(process: Process, from: NodeId, name: number, message: Message): void {
    const isLost = this.network.losesInFlight(from, process.id);
    if (isLost || process.node === null) {
      this.lose(process, from, message, isLost ? 'cut' : 'down');
      return;
    }
    if (process.arrivalsQueued > 0) this.queueArrival(process, from, message);
    else if (process.isBlocked) this.parkMessage(process, from, message);
    else this.handleMessage(EVENT.deliver, process, from, name, message);
  }

  private onArrived(process: Process, from: NodeId, message: Message, incarnation: number): void {
    if (process.node === null || incarnation !== process.incarnation) return;
    process.arrivalsQueued -= 1;
    if (process.isBlocked) process.park(LANE.mailbox, EVENT.arrived, from, incarnation, message);
    else this.handleMessage(EVENT.arrived, process, from, this.trace.indexOf(message.kind), message);
  }

  private queueArrival(process: Process, from: NodeId, message: Message): void {
    process.arrivalsQueued += 1;
    this.queue.push(this.nowUs, EVENT.arrived, process.id, from, process.incarnation, message);
  }

  private parkMessage(process: Process, from: NodeId, message: Message): void {
    const lastPause = process.pauses[process.pauses.length - 1];
    if ((process.lanes[LANE.mailbox] as Parked[]).length >= this.settings.mailboxLimit) {
      if (lastPause !== undefined) lastPause.messagesDropped += 1;
      this.lose(process, from, message, 'mailbox full');
      return;
    }
    if (lastPause !== undefined) lastPause.messagesDelayed += 1;
    process.park(LANE.mailbox, EVENT.arrived, from, process.incarnation, message);
  }

  private lose(process: Process, from: NodeId, message: Message, why: string): void {
    this.record(EVENT.lost, process, from, this.trace.indexOf(message.kind), why);
  }

  private handleMessage(kind: number, process: Process, from: NodeId, name: number, message: Message): void {
    this.messagesDelivered += 1;
    this.record(kind, process, from, name, message);
    this.run(process, name === this.requestName ? REQUEST : kind, from, message);
  }

  private onTimer(process: Process, slot: number, generation: number): void {
    const timer = process.timers[slot];
    // Overtaken by a newer event of its timer, or of an incarnation that is gone.
    if (timer === undefined || timer.generation !== generation) return;
    timer.queuedAtUs = -1;
    if (timer.deadlineUs < 0) return;
    if (timer.deadlineUs > process.clock.monotonicUs(this.nowUs)) {
      // Queued again once the clocks run.
      if (!process.clock.standsStill) this.queueTimer(process, slot, timer);
      return;
    }
    if (process.isBlocked) {
      const lastPause = process.pauses[process.pauses.length - 1];
      if (lastPause !== undefined) lastPause.timersDelayed += 1;
      process.park(LANE.timers, EVENT.timer, slot, generation, undefined);
      return;
    }
    timer.deadlineUs = -1;
    this.record(EVENT.timer, process, NO_PEER, this.trace.indexOf(timer.name), undefined);
    this.run(process, EVENT.timer, NO_PEER, timer.name);
  }

  private onContinue(process: Process, generation: number): void {
    if (process.step === null || generation !== process.stepGeneration) return;
    if (process.isPaused) {
      process.isStepDue = true;
      for (const effect of process.pauses) effect.completionsDelayed += 1;
      return;
    }
    const step = process.step;
    process.step = null;
    process.isStepDue = false;
    this.record(EVENT.continue, process, NO_PEER, this.trace.indexOf(step), undefined);
    this.run(process, EVENT.continue, NO_PEER, step);
    if (process.node !== null && process.step === null) this.unpark(process);
  }

  private onDemand(process: Process, demand: Demand, incarnation: number): void {
    if (process.node === null || incarnation !== process.incarnation) return;
    if (process.isBlocked) {
      process.park(LANE.operator, EVENT.demand, 0, incarnation, demand);
      return;
    }
    if (demand.kind === 'order') demand.effect.ordersGiven += 1;
    const name = this.trace.indexOf(demand.kind === 'order' ? demand.order.kind : '');
    this.record(EVENT.demand, process, NO_PEER, name, demand);
    this.run(process, EVENT.demand, NO_PEER, demand);
  }

  // ── Handlers and their effects ────────────────────────────────────────

  /**
   * Runs a handler, carries out its effects and lets the monitor look. A failed assertion takes the process down and is
   * reported; any other error ends the run.
   */
  run(process: Process, kind: number, from: number, what: unknown): void {
    try {
      const returned = this.call(process, kind, from, what);
      if (returned !== undefined) refuseThenable(returned);
      this.carryOutEffects(process);
      if (this.isNode(process)) this.monitor.afterEvent?.(process.id, (process.node as Node).state);
    } catch (error) {
      if (!isAssertionError(error)) throw new HandlerError(process.name, error);
      this.effects.count = 0;
      this.stopProcess(process, null);
      this.settings.onAssertion(process.id, error.message);
    }
    if (this.freshNotes.length > 0) this.afterNotes();
  }

  private call(process: Process, kind: number, from: number, what: unknown): unknown {
    const { context } = process;
    if (kind === EVENT.start) return this.create(process).onStart?.(context);
    const node = process.node as Node;
    switch (kind) {
      case EVENT.timer: return node.onTimer?.(context, what as string);
      case EVENT.persisted: return node.onPersisted?.(context, what as PersistTag);
      case EVENT.persistFailed: return node.onPersistFailed?.(context, what as PersistTag | undefined);
      case EVENT.segment: return this.connections.call(node, context, what as Arrival);
      case EVENT.continue: return node.onContinue?.(context, what as string);
      case EVENT.demand: return heed(node, context, what as Demand);
      case REQUEST: return node.onRequest?.(context, what as ClientRequest);
      default: return node.onMessage?.(context, from as NodeId, what as Message);
    }
  }

  /** Makes the next incarnation from what the disk kept. */
  private create(process: Process): Node {
    assert(process.node === null, 'a process starts only when it is down');
    const node = this.settings.create(process.id, process.disk.written, !process.hasLived, this.options);
    process.incarnation += 1;
    process.trustCache();
    process.node = node;
    this.connections.onStarted(process);
    if (this.isNode(process)) this.monitor.onStarted?.(process.id, node.state, process.disk.synced);
    return node;
  }

  private carryOutEffects(process: Process): void {
    const { effects } = this;
    for (let at = 0; at < effects.count; at += 1) this.carryOut(process, effects.items[at] as Effect);
    effects.count = 0;
  }

  private carryOut(process: Process, effect: Effect): void {
    const { kind, amount, name, value } = effect;
    effect.value = undefined;
    switch (kind) {
      case EFFECT.send: return this.persists.send(process, amount as NodeId, value as Message, null);
      case EFFECT.sendNow: return this.transmit(process, amount as NodeId, value as Message);
      case EFFECT.broadcast: {
        for (const peer of process.context.peers) this.persists.send(process, peer, value as Message, null);
        return;
      }
      case EFFECT.setTimer: return this.setTimer(process, name, amount);
      case EFFECT.cancelTimer: {
        (process.timers[process.timerSlot(name)] as Timer).deadlineUs = -1;
        return;
      }
      case EFFECT.put: case EFFECT.append: case EFFECT.allocate: case EFFECT.truncate: case EFFECT.drop:
        return this.writes.carryOut(process, kind, amount, name, value);
      case EFFECT.persist: return this.persists.persist(process, value as PersistTag | undefined);
      case EFFECT.connect: return this.connections.connect(process, amount as ConnectionId, value as NodeId);
      case EFFECT.close: return this.connections.close(process, amount as ConnectionId);
      case EFFECT.sendOn: return this.connections.sendLater(process, amount as ConnectionId, value as Message);
      case EFFECT.sendOnNow: return this.connections.send(process, amount as ConnectionId, value as Message);
      case EFFECT.continueAs: return this.continueAs(process, name, amount);
      default: return this.takeNote(process, value as Note);
    }
  }

  transmit(process: Process, to: NodeId, message: Message): void {
    this.beforeSend(process, to, message);
    this.network.send(process.id, to, message);
  }

  beforeSend(process: Process, to: NodeId, message: Message, connection?: ConnectionId): void {
    if (this.settings.freezeMessages) deepFreeze(message);
    this.messagesSent += 1;
    this.trace.rows?.add(LINE.send, process.id, to, NO_NAME, connection ?? 0, message);
    this.monitor.onSend?.(process.id, to, message, process.disk.synced, connection);
  }

  private setTimer(process: Process, name: string, afterUs: DurationUs): void {
    const slot = process.timerSlot(name);
    const timer = process.timers[slot] as Timer;
    timer.deadlineUs = deadlineOf(process, this.nowUs, afterUs);
    if (process.clock.bentBy !== null) process.clock.bentBy.timersMoved += 1;
    // An event that comes too early re-arms itself, so a timer that is set again and again costs one event at most.
    if (timer.queuedAtUs >= 0 && timer.queuedAtUs <= process.clock.trueAtUs(timer.deadlineUs)) return;
    this.queueTimer(process, slot, timer);
  }

  private queueTimer(process: Process, slot: number, timer: Timer): void {
    timer.queuedAtUs = Math.max(this.nowUs, process.clock.trueAtUs(timer.deadlineUs));
    timer.generation = process.nextGeneration();
    this.queue.push(timer.queuedAtUs, EVENT.timer, process.id, slot, timer.generation, undefined);
  }

  private continueAs(process: Process, step: string, costUs: DurationUs): void {
    assert(process.step === null, 'a handler continues as one step at most');
    process.step = step;
    process.stepGeneration = process.nextGeneration();
    this.pushContinuation(process, this.nowUs + costUs);
  }

  private pushContinuation(process: Process, atUs: TimeUs): void {
    this.queue.push(atUs, EVENT.continue, process.id, 0, process.stepGeneration, undefined);
  }

  private takeNote(process: Process, note: Note): void {
    if (this.isTracing) this.mark(LINE.note, process.id, NO_PEER, '', 0, this.text.noted(note));
    if (this.noteListeners.has(note.event)) this.freshNotes.push({ process: process.id, event: note.event });
  }

  /** Tells the listeners about notes once the effects of the handler are all carried out. */
  private afterNotes(): void {
    const notes = this.freshNotes;
    this.freshNotes = [];
    for (const { process, event } of notes) {
      for (const listener of this.noteListeners.get(event) ?? []) listener(process, event);
    }
  }

  // ── Waiting events ────────────────────────────────────────────────────

  /** Puts the parked events back into the queue, to happen now; after a pause in an order drawn from the seed. */
  private unpark(process: Process): void {
    const luck = process.wasPaused ? this.streams.get(`resume/${process.name}`) : null;
    const parked = mergeLanes(process.lanes, luck);
    process.lanes = emptyLanes();
    process.parkedCount = 0;
    process.wasPaused = false;
    for (const { kind, first, second, payload } of parked) {
      if (kind === EVENT.timer) {
        const timer = process.timers[first] as Timer;
        // A change of rate may have queued a newer event for this timer meanwhile.
        if (timer.generation !== second) continue;
        timer.queuedAtUs = this.nowUs;
      }
      if (kind === EVENT.arrived || kind === EVENT.segmentArrived) process.arrivalsQueued += 1;
      this.queue.push(this.nowUs, kind, process.id, first, second, payload);
    }
  }

  // ── Small things ──────────────────────────────────────────────────────

  monitorOf(process: Process): Monitor | null {
    return this.isNode(process) ? this.monitor : null;
  }

  private isNode(process: Process): boolean {
    return process.id < this.settings.nodes;
  }

  /** A row of the full trace about what an event brought about. What a stranger's protocol wrote is kept as text. */
  mark(line: number, process: NodeId, peer: number, name: string, number: number, value: unknown): void {
    const kept = this.settings.freezeMessages ? this.text.said(value) : value;
    this.trace.rows?.add(line, process, peer, this.trace.indexOf(name), number, kept);
  }

  private makeProcess(id: NodeId): Process {
    const name = this.nameOf(id);
    const { driftPerMillion, wallOffsetUs } = this.settings;
    const luck = this.streams.get(`clock/${name}`);
    const drift = luck.between(-driftPerMillion, driftPerMillion);
    const clock = new Clock(drift, luck.between(-wallOffsetUs, wallOffsetUs), luck.between(0, 1_000_000_000));
    const peers = this.nodes.filter((other) => other !== id);
    const prefix = `${id < this.settings.nodes ? this.settings.protocol : 'client'}/${name}`;
    const context = new ProcessContext(this, id, peers, clock, prefix);
    const process: Process = new Process(id, name, clock, context, (file) => this.persists.startSync(process, file));
    return process;
  }
}
