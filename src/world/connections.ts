import type { Context } from '../contract/context.ts';
import type { Message } from '../contract/message.ts';
import type { Node } from '../contract/node.ts';
import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { EventQueue } from '../kernel/queue.ts';
import type { TimeUs } from '../kernel/time.ts';
import { EVENT, type Trace } from '../kernel/trace.ts';
import type { Network } from './network.ts';
import { LANE, type Process } from './process.ts';

/** What travels on one half of a connection: besides messages, that it is opened, accepted and at its end. */
type Segment =
  | { readonly kind: 'open' }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'end' };

const OPEN: Segment = Object.freeze({ kind: 'open' });
const ACCEPTED: Segment = Object.freeze({ kind: 'accepted' });
const END: Segment = Object.freeze({ kind: 'end' });

/** One direction: what was sent and has not arrived, in its order. */
interface Half {
  readonly connection: Connection;
  readonly from: NodeId;
  readonly to: NodeId;
  /** The first `scheduled` are on their way; the others wait until the link lets them through. */
  segments: Segment[];
  scheduled: number;
  lastArrivalUs: TimeUs;
  /** Tells the events of segments that are on their way from those of segments that a cut has sent back. */
  generation: number;
}

/** Two halves, and whether the end that each of them comes from is open. */
interface Connection {
  readonly id: ConnectionId;
  readonly halves: readonly Half[];
  readonly isOpen: boolean[];
}

/** A segment that has reached a process. */
export interface Arrival {
  readonly connection: ConnectionId;
  readonly from: NodeId;
  readonly segment: Segment;
}

/** What connections need of the world. */
export interface ConnectionsHost {
  readonly queue: EventQueue;
  readonly network: Network;
  readonly trace: Trace;
  readonly isTracing: boolean;
  nowUs: TimeUs;
  messagesDelivered: number;
  readonly persists: { send(process: Process, to: NodeId, message: Message, connection: ConnectionId): void };
  /** A message leaves: it is counted, and the monitor sees it. */
  beforeSend(process: Process, to: NodeId, message: Message, connection: ConnectionId): void;
  process(id: NodeId): Process;
  record(kind: number, process: Process, peer: number, name: number, value: unknown): void;
  /** Runs a handler of the process. */
  run(process: Process, kind: number, from: number, what: unknown): void;
  say(text: string): void;
}

/**
 * Ordered connections, as TCP gives them: what is sent arrives in order and once, and what the network loses is sent
 * again. A cut loses nothing: it keeps the segments back, and nobody is told of it, so that whoever will not wait must
 * close. A process that crashes leaves its operating system behind, which says good-bye for it. A machine that crashes
 * says nothing until it is back, and then that it knows of no connection.
 *
 * A process that is paused goes on accepting and receiving: its operating system does. It hears of it when it runs.
 */
export class Connections {
  private readonly host: ConnectionsHost;
  private lastId = 0;
  private readonly open = new Map<ConnectionId, Connection>();
  /** Those that a crash of its machine has taken from a process, and of which the other ends have not heard. */
  private readonly orphans = new Map<NodeId, Connection[]>();

  constructor(host: ConnectionsHost) {
    this.host = host;
  }

  reserve(): ConnectionId {
    this.lastId += 1;
    return this.lastId as ConnectionId;
  }

  // ── What processes ask for ────────────────────────────────────────────

  connect(process: Process, id: ConnectionId, to: NodeId): void {
    const halves: Half[] = [];
    const connection: Connection = { id, halves, isOpen: [true, false] };
    const ends = [[process.id, to], [to, process.id]] as const;
    for (const [from, other] of ends) {
      halves.push({ connection, from, to: other, segments: [], scheduled: 0, lastArrivalUs: 0, generation: 0 });
    }
    this.open.set(id, connection);
    if (this.host.isTracing) this.host.say(`  connect #${id} ${process.name} > ${this.host.process(to).name}`);
    this.push(halves[0] as Half, OPEN);
  }

  close(process: Process, id: ConnectionId): void {
    const half = this.openHalf(process.id, id);
    if (half === null) return;
    if (this.host.isTracing) this.host.say(`  close #${id}`);
    this.shut(half.connection, process.id);
    this.push(half, END);
  }

  /** Once everything is synced that the process has asked to persist. */
  sendLater(process: Process, id: ConnectionId, message: Message): void {
    const half = this.openHalf(process.id, id);
    if (half !== null) this.host.persists.send(process, half.to, message, id);
  }

  send(process: Process, id: ConnectionId, message: Message): void {
    const half = this.openHalf(process.id, id);
    if (half === null) return;
    this.host.beforeSend(process, half.to, message, id);
    this.push(half, { kind: 'message', message });
  }

  /** The half on which a process sends; `null` where its end is not open. */
  private openHalf(process: NodeId, id: ConnectionId): Half | null {
    const connection = this.open.get(id);
    if (connection === undefined) return null;
    return connection.halves.find(({ from }, end) => from === process && connection.isOpen[end] === true) ?? null;
  }

  // ── What happens to processes and links ───────────────────────────────

  /** A process has gone down: with its machine, which says nothing, or alone. */
  onStopped(process: Process, isMachine: boolean): void {
    for (const connection of [...this.open.values()]) {
      const half = halfFrom(connection, process.id);
      if (half === null) continue;
      const wasOpen = this.openHalf(process.id, connection.id) !== null;
      this.shut(connection, process.id);
      if (!isMachine) {
        if (wasOpen) this.push(half, END);
        continue;
      }
      // Of what was sent, that much has left; of the rest, no copy is left to be sent again.
      half.segments.length = half.scheduled;
      const orphans = this.orphans.get(process.id) ?? [];
      this.orphans.set(process.id, [...orphans, connection]);
    }
  }

  /** Whoever comes back answers what it knows nothing of with the end. */
  onStarted(process: Process): void {
    const orphans = this.orphans.get(process.id);
    if (orphans === undefined) return;
    this.orphans.delete(process.id);
    for (const connection of orphans) {
      const half = halfFrom(connection, process.id);
      if (half !== null) this.push(half, END);
    }
  }

  /** A cut or a hold of this direction has ended: what no other one keeps back goes on. */
  goOn(from: NodeId, to: NodeId): void {
    for (const { halves } of this.open.values()) {
      for (const half of halves) if (half.from === from && half.to === to) this.schedule(half);
    }
  }

  // ── Segments on their way ─────────────────────────────────────────────

  private push(half: Half, segment: Segment): void {
    half.segments.push(segment);
    this.schedule(half);
  }

  /** Sends what waits, as far as the link lets it through: nothing overtakes what is kept back. */
  private schedule(half: Half): void {
    const { host } = this;
    while (half.scheduled < half.segments.length) {
      const segment = half.segments[half.scheduled] as Segment;
      const latencyUs = host.network.transitUs(half.from, half.to, nameOf(segment));
      if (latencyUs === null) return;
      half.scheduled += 1;
      half.lastArrivalUs = Math.max(half.lastArrivalUs, host.nowUs + latencyUs);
      host.queue.push(half.lastArrivalUs, EVENT.segment, half.to, 0, half.generation, half);
    }
  }

  /** The first segment of a half is due. */
  onSegment(process: Process, half: Half, generation: number): void {
    if (generation !== half.generation) return;
    if (this.host.network.losesInFlight(half.from, half.to, 'messagesDelayed')) {
      half.generation += 1;
      half.scheduled = 0;
      half.lastArrivalUs = 0;
      return;
    }
    half.scheduled -= 1;
    const segment = half.segments.shift() as Segment;
    if (process.node === null) this.meetNobody(half, segment);
    else this.reach(process, half, segment);
    this.forgetIfOver(half.connection);
  }

  /** Where no process runs, a connection is refused, and whatever else comes is lost. */
  private meetNobody({ connection, to }: Half, segment: Segment): void {
    const back = halfFrom(connection, to);
    if (segment.kind === 'open' && back !== null) this.push(back, END);
  }

  private reach(process: Process, half: Half, segment: Segment): void {
    const { connection } = half;
    if (segment.kind === 'open') {
      connection.isOpen[1] = true;
      this.push(connection.halves[1] as Half, ACCEPTED);
    }
    const arrival: Arrival = { connection: connection.id, from: half.from, segment };
    if (process.arrivalsQueued > 0) {
      process.arrivalsQueued += 1;
      this.host.queue.push(this.host.nowUs, EVENT.segmentArrived, process.id, 0, process.incarnation, arrival);
    } else if (process.isBlocked) {
      const lastPause = process.pauses[process.pauses.length - 1];
      if (lastPause !== undefined) lastPause.messagesDelayed += 1;
      process.park(LANE.mailbox, EVENT.segmentArrived, 0, process.incarnation, arrival);
    } else {
      this.handle(EVENT.segment, process, arrival);
    }
  }

  /** A segment that had to wait for its process. */
  onSegmentArrived(process: Process, arrival: Arrival, incarnation: number): void {
    if (process.node === null || incarnation !== process.incarnation) return;
    process.arrivalsQueued -= 1;
    if (process.isBlocked) process.park(LANE.mailbox, EVENT.segmentArrived, 0, incarnation, arrival);
    else this.handle(EVENT.segmentArrived, process, arrival);
  }

  /** Nothing is heard of a connection that this end has closed. */
  private handle(kind: number, process: Process, arrival: Arrival): void {
    const { host } = this;
    const connection = this.open.get(arrival.connection);
    if (connection === undefined || this.openHalf(process.id, connection.id) === null) return;
    const { segment, from } = arrival;
    if (segment.kind === 'message') host.messagesDelivered += 1;
    host.record(kind, process, from, host.trace.indexOf(nameOf(segment)), arrival);
    if (segment.kind === 'end') this.shut(connection, process.id);
    host.run(process, EVENT.segment, from, arrival);
    this.forgetIfOver(connection);
  }

  /** Calls the handler for a segment. */
  call(node: Node, context: Context, { connection, from, segment }: Arrival): unknown {
    switch (segment.kind) {
      case 'message': return node.onReceived?.(context, connection, from, segment.message);
      case 'end': return node.onClosed?.(context, connection, from);
      default: return node.onConnected?.(context, connection, from);
    }
  }

  // ── Ends ──────────────────────────────────────────────────────────────

  private shut({ halves, isOpen }: Connection, process: NodeId): void {
    isOpen[halves.findIndex(({ from }) => from === process)] = false;
  }

  private forgetIfOver({ id, halves, isOpen }: Connection): void {
    if (isOpen.includes(true) || halves.some(({ segments }) => segments.length > 0)) return;
    this.open.delete(id);
  }
}

export type { Half };

function halfFrom({ halves }: Connection, process: NodeId): Half | null {
  return halves.find(({ from }) => from === process) ?? null;
}

/** What a hold, and the trace, call it. */
function nameOf(segment: Segment): string {
  switch (segment.kind) {
    case 'message': return segment.message.kind;
    case 'end': return 'Closed';
    default: return 'Connected';
  }
}
