import type { PersistTag } from '../contract/context.ts';
import type { Message } from '../contract/message.ts';
import type { FaultEffect, LatencyRange } from '../contract/world-control.ts';
import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { EventQueue } from '../kernel/queue.ts';
import type { Streams } from '../kernel/streams.ts';
import type { TimeUs } from '../kernel/time.ts';
import { EVENT, NO_NAME, type Trace } from '../kernel/trace.ts';
import type { DiskFile } from './disk.ts';
import { LANE, NO_PEER, type HeldSend, type PersistRequest, type Process } from './process.ts';

/** What persisting needs of the world. */
export interface PersistsHost {
  readonly queue: EventQueue;
  readonly streams: Streams;
  readonly trace: Trace;
  nowUs: TimeUs;
  syncs: number;
  record(kind: number, process: Process, peer: number, name: number, value: unknown): void;
  /** Runs a handler of the process. */
  run(process: Process, kind: number, from: number, what: unknown): void;
  transmit(process: Process, to: NodeId, message: Message): void;
  readonly connections: { send(process: Process, connection: ConnectionId, message: Message): void };
  crashMachine(process: Process, effect: FaultEffect): void;
}

/** Carries out what processes ask to persist: syncs, their completions, and the messages that wait behind them. */
export class Persists {
  private readonly host: PersistsHost;
  private readonly syncUs: LatencyRange;

  constructor(host: PersistsHost, syncUs: LatencyRange) {
    this.host = host;
    this.syncUs = syncUs;
  }

  send(process: Process, to: NodeId, message: Message, connection: ConnectionId | null): void {
    if (process.persistsAsked === process.persistsDone) this.letGo(process, to, message, connection);
    else process.heldSends.push({ to, message, after: process.persistsAsked, connection });
  }

  private letGo(process: Process, to: NodeId, message: Message, connection: ConnectionId | null): void {
    if (connection === null) this.host.transmit(process, to, message);
    else this.host.connections.send(process, connection, message);
  }

  persist(process: Process, tag: PersistTag | undefined): void {
    process.persistsAsked += 1;
    const point = process.disk.requestSync(process.startSync);
    const request: PersistRequest = { number: process.persistsAsked, point, tag, failure: null };
    const isFirst = process.persistsDone === request.number - 1;
    if (point !== null || !isFirst) process.waitingPersists.push(request);
    else if (tag === undefined) process.persistsDone = request.number;
    else this.pushPersisted(process, request);
  }

  onSync(process: Process, file: DiskFile, diskGeneration: number): void {
    if (diskGeneration !== process.diskGeneration) return;
    const { host } = this;
    host.syncs += 1;
    const failure = process.failingSyncs.shift() ?? process.full;
    host.record(EVENT.sync, process, NO_PEER, NO_NAME, failure ?? undefined);
    if (failure !== null) {
      this.failPersists(process, file, failure);
    } else if (process.lie !== null) {
      process.lie.syncsFaked += 1;
      process.disk.pretendSync(file, process.startSync);
    } else {
      process.disk.completeSync(file, process.startSync);
    }
    this.completePersists(process);
  }

  /** Whoever waits for writes to this file has waited in vain; it is told when its turn comes. */
  private failPersists(process: Process, file: DiskFile, failure: FaultEffect): void {
    failure.syncsFailed += 1;
    process.disk.failSync(file, process.startSync, failure === process.full);
    const { waitingPersists } = process;
    let isHeard = false;
    for (let at = 0; at < waitingPersists.length; at += 1) {
      const request = waitingPersists.at(at) as PersistRequest;
      if (request.point === null || !process.disk.waitsFor(request.point, file)) continue;
      request.failure = failure;
      isHeard = true;
    }
    if (isHeard || process.node?.onPersistFailed !== undefined) return;
    process.unheard.push(failure);
    if (process.node !== null) process.trustCache();
  }

  onPersisted(process: Process, request: PersistRequest, incarnation: number): void {
    if (process.node === null || incarnation !== process.incarnation) return;
    if (process.isBlocked) {
      process.park(LANE.completions, EVENT.persisted, 0, incarnation, request);
      return;
    }
    this.handlePersisted(process, request);
    // Those behind it may have nothing left to sync, so that no disk will ever ask for them.
    this.completePersists(process);
  }

  /** Persists complete in the order in which they were asked for; those whose files are synced are told now. */
  private completePersists(process: Process): void {
    for (;;) {
      const request = process.waitingPersists.at(0);
      if (request === undefined || (request.failure === null && !this.isReached(process, request))) return;
      process.waitingPersists.shift();
      if (process.isPaused) {
        const lastPause = process.pauses[process.pauses.length - 1];
        if (lastPause !== undefined) lastPause.completionsDelayed += 1;
      }
      if (process.isBlocked) process.park(LANE.completions, EVENT.persisted, 0, process.incarnation, request);
      // A completion that a resume has put back into the queue comes before this one.
      else if (request.number !== process.persistsDone + 1) this.pushPersisted(process, request);
      else this.handlePersisted(process, request);
    }
  }

  private isReached({ disk }: Process, { point }: PersistRequest): boolean {
    return point === null || disk.hasReached(point);
  }

  private pushPersisted(process: Process, request: PersistRequest): void {
    this.host.queue.push(this.host.nowUs, EVENT.persisted, process.id, 0, process.incarnation, request);
  }

  /** Lets the messages behind a persist go and tells the process. */
  private handlePersisted(process: Process, request: PersistRequest): void {
    const { host } = this;
    const { tag, failure } = request;
    if (failure !== null) {
      this.handleFailed(process, request, failure);
      return;
    }
    host.record(EVENT.persisted, process, NO_PEER, tag === undefined ? NO_NAME : host.trace.indexOf(tag.kind), tag);
    process.persistsDone = request.number;
    const { heldSends } = process;
    while (heldSends.length > 0 && (heldSends.at(0) as HeldSend).after <= process.persistsDone) {
      const { to, message, connection } = heldSends.shift() as HeldSend;
      this.letGo(process, to, message, connection);
    }
    if (tag !== undefined) host.run(process, EVENT.persisted, NO_PEER, tag);
  }

  /** What waits behind a failed persist promises what nobody has stored, and so does what waits behind later ones. */
  private handleFailed(process: Process, { number, tag }: PersistRequest, failure: FaultEffect): void {
    const { host } = this;
    const name = tag === undefined ? NO_NAME : host.trace.indexOf(tag.kind);
    host.record(EVENT.persistFailed, process, NO_PEER, name, tag);
    process.persistsDone = number;
    failure.sendsLost += process.heldSends.length;
    process.heldSends.clear();
    if (process.node?.onPersistFailed === undefined) host.crashMachine(process, failure);
    else host.run(process, EVENT.persistFailed, NO_PEER, tag);
  }

  /** What the disk of a process calls when a sync begins. */
  startSync(process: Process, file: DiskFile): void {
    const { host } = this;
    const { slowDisk } = process;
    if (slowDisk !== null) slowDisk.effect.syncsDelayed += 1;
    const { min, max } = slowDisk?.syncUs ?? this.syncUs;
    process.syncLuck ??= host.streams.get(`disk/${process.name}`);
    const latencyUs = process.syncLuck.between(min, max);
    host.queue.push(host.nowUs + latencyUs, EVENT.sync, process.id, 0, process.diskGeneration, file);
  }
}
