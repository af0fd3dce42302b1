import type { Note } from '../contract/context.ts';
import type { NodeId } from '../kernel/ids.ts';
import { EVENT, formatPlain, formatTime, LINE, type Trace } from '../kernel/trace.ts';
import { TraceRows } from '../kernel/trace-rows.ts';
import type { Arrival } from './connections.ts';
import type { Demand } from './process.ts';

/** Stands in a row for plain data that may change later: how it read when it was handed over. */
class Said {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Makes the text of a full trace: a line for each event, `#number time process …`, and indented what came of it. */
export class TraceText {
  private readonly nameOf: (process: NodeId) => string;
  private readonly nodeFields: ReadonlySet<string>;

  /** `nodeFields`: fields that hold a process, which are shown by its name. */
  constructor(nameOf: (process: NodeId) => string, nodeFields: readonly string[]) {
    this.nameOf = nameOf;
    this.nodeFields = new Set(nodeFields);
  }

  /** All lines of a trace; `null` when it was not kept. Cost: linear in what the rows hold. */
  linesOf({ rows, names }: Trace): string[] | null {
    if (rows === null) return null;
    const lines: string[] = [];
    let events = 0;
    for (let row = 0; row < rows.count; row += 1) {
      lines.push(this.lineOf(rows, row, names, events));
      if (isOfEvent(rows, row)) events += 1;
    }
    return lines;
  }

  /** One line. `number`: of its event, if it is one of an event. */
  lineOf(rows: TraceRows, row: number, names: readonly string[], number: number): string {
    const name = names[rows.name[row] as number] as string;
    return isOfEvent(rows, row) ? this.eventLine(rows, row, number, name) : this.line(rows, row, name);
  }

  /** Plain data as text, with processes by name. */
  plain(value: unknown): string {
    if (value instanceof Said) return value.text;
    return formatPlain(value, (key, item) =>
      (typeof item === 'number' && this.nodeFields.has(key) ? this.nameOf(item as NodeId) : null));
  }

  /** What a row keeps of plain data that its owner may go on writing to. */
  said(value: unknown): unknown {
    return new Said(this.plain(value));
  }

  /** What a row keeps of a note: a protocol may pass what it goes on writing to, inside one. */
  noted(note: Note): unknown {
    const isFlat = Object.values(note).every((field) => typeof field !== 'object' || field === null);
    return isFlat ? note : this.said(note);
  }

  private eventLine(rows: TraceRows, row: number, number: number, name: string): string {
    const kind = rows.kind[row] as number;
    const value = rows.value[row];
    const start = `#${number} ${formatTime(rows.number[row] as number)}`;
    if (kind === EVENT.action) return `${start} action`;
    const head = `${start} ${this.nameOf(rows.process[row] as NodeId)}`;
    switch (kind) {
      case EVENT.start: return `${head} starts`;
      case EVENT.timer: return `${head} timer ${name}`;
      case EVENT.sync: return `${head} ${value === undefined ? 'synced' : 'failed to sync'}`;
      case EVENT.persisted: return `${head} persisted${this.tag(value)}`;
      case EVENT.persistFailed: return `${head} has not persisted${this.tag(value)}`;
      case EVENT.continue: return `${head} continues as ${name}`;
      case EVENT.demand: return `${head} is to ${this.demand(value as Demand)}`;
      case EVENT.lost: return `${head} <- ${this.peerOf(rows, row)} ${name} lost: ${String(value)}`;
      case EVENT.segment: case EVENT.segmentArrived:
        return `${head} <- ${this.peerOf(rows, row)} ${this.arrival(value as Arrival)}`;
      default: return `${head} <- ${this.peerOf(rows, row)} ${this.plain(value)}`;
    }
  }

  private arrival({ connection, segment }: Arrival): string {
    switch (segment.kind) {
      case 'message': return `#${connection} ${this.plain(segment.message)}`;
      case 'end': return `#${connection} closed`;
      default: return `#${connection} connected`;
    }
  }

  private line(rows: TraceRows, row: number, name: string): string {
    const value = rows.value[row];
    const number = rows.number[row] as number;
    const process = this.nameOf(rows.process[row] as NodeId);
    switch (rows.kind[row]) {
      case LINE.send: {
        const on = number > 0 ? `#${number} ` : '';
        return `  send ${process} > ${this.peerOf(rows, row)} ${on}${this.plain(value)}`;
      }
      case LINE.dropped: return `  dropped ${process} > ${this.peerOf(rows, row)} ${name}`;
      case LINE.put: return `  put ${name} ${this.plain(value)}`;
      case LINE.append: return `  append ${name} ${number} ${this.plain(value)}`;
      case LINE.allocate: return `  allocate ${name} ${number}`;
      case LINE.truncate: return `  truncate ${name} from ${number}`;
      case LINE.drop: return `  drop ${name} until ${number} ${this.plain(value)}`;
      case LINE.note: return `  note ${process} ${this.plain(value)}`;
      default: return String(value);
    }
  }

  private tag(tag: unknown): string {
    return tag === undefined ? '' : ` ${this.plain(tag)}`;
  }

  private demand(demand: Demand): string {
    if (demand.kind === 'options') return `run with ${this.plain(demand.options)}`;
    const { kind, nodes } = demand.order;
    return [kind, ...nodes.map((node) => this.nameOf(node))].join(' ');
  }

  private peerOf(rows: TraceRows, row: number): string {
    return this.nameOf(rows.peer[row] as NodeId);
  }
}

function isOfEvent(rows: TraceRows, row: number): boolean {
  return (rows.kind[row] as number) < LINE.text;
}

/** Rows that are made into lines, and forgotten, as they come. */
export class PassedRows extends TraceRows {
  private readonly text: TraceText;
  private readonly names: () => readonly string[];
  private readonly onLine: (line: string) => void;
  private events = 0;

  /** `names`: by index, those that there are by now. */
  constructor(text: TraceText, names: () => readonly string[], onLine: (line: string) => void) {
    super();
    this.text = text;
    this.names = names;
    this.onLine = onLine;
  }

  override add(kind: number, process: number, peer: number, name: number, number: number, value: unknown): void {
    super.add(kind, process, peer, name, number, value);
    this.onLine(this.text.lineOf(this, 0, this.names(), this.events));
    if (isOfEvent(this, 0)) this.events += 1;
    this.count = 0;
    this.value.length = 0;
  }
}
