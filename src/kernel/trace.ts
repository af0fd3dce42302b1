import { Digest, nameCode } from './digest.ts';
import type { TimeUs } from './time.ts';
import { TraceRows } from './trace-rows.ts';

/** Version of the trace: the same coordinate gives the same fingerprint within one version. */
export const TRACE_VERSION = 1;

/** Kinds of event, as they stand in the digest. Numbers are part of the trace version. */
export const EVENT = {
  start: 1,
  deliver: 2,
  lost: 3,
  timer: 4,
  sync: 5,
  persisted: 6,
  continue: 7,
  action: 8,
  arrived: 9,
  demand: 10,
  persistFailed: 11,
  segment: 12,
  segmentArrived: 13,
} as const;

const UINT32 = 0x1_0000_0000;
/** Lengths of names that are told apart; a power of two. Names of one length, or of the next, share so many places. */
const PLACES = 32;
const PROBES = 4;
/** The name in a place where none is. */
const NONE = '\0';

/** Kinds of row in a full trace that are no events: what events brought about. Above every kind of event. */
export const LINE = {
  text: 32,
  send: 33,
  dropped: 34,
  put: 35,
  append: 36,
  truncate: 37,
  drop: 38,
  note: 39,
  allocate: 40,
} as const;

/** What is kept of a run: nothing but the count (for measurements), the digest, or the digest and every row. */
export type TraceMode = 'off' | 'digest' | 'full';

/** Index of the name of what has none. */
export const NO_NAME = 0;

/**
 * Everything that a run did, in order. The digest of the header words always runs; rows, content included, are kept on
 * request and change nothing else.
 */
export class Trace {
  readonly digest: Digest = new Digest();
  /** The full trace; `null` when it was not asked for. */
  readonly rows: TraceRows | null;
  /** Names by {@link indexOf}. */
  readonly names: readonly string[];
  /** Events so far. The number of an event is the count before it: the first is `#0`. */
  events = 0;
  private readonly hasDigest: boolean;
  private readonly ownNames: string[] = [''];
  /** What stands in the digest for each name. */
  private readonly codes: number[] = [0];
  private readonly indices = new Map<string, number>();
  /** From the place of their length on: names that were asked for before, and their indices. */
  private readonly nearNames = new Array<string>(PLACES + PROBES).fill(NONE);
  private readonly nearIndices = new Array<number>(PLACES + PROBES).fill(0);

  /** `makeRows`: what takes the rows of a full trace. */
  constructor(mode: TraceMode, makeRows: () => TraceRows = () => new TraceRows()) {
    this.hasDigest = mode !== 'off';
    this.rows = mode === 'full' ? makeRows() : null;
    this.names = this.ownNames;
  }

  /**
   * Records one event. `peer` is -1 where there is none, `name` the {@link indexOf} a message kind, a timer or a step.
   * The value is for the full trace alone.
   */
  event(
    atUs: TimeUs, sequence: number, kind: number, process: number, peer: number, name: number, value: unknown,
  ): void {
    this.events += 1;
    if (!this.hasDigest) return;
    const epoch = atUs < UINT32 ? 0 : Math.floor(atUs / UINT32);
    const code = this.codes[name] as number;
    this.digest.addWords(atUs, epoch ^ sequence, (kind << 24) ^ (process << 12) ^ peer, code);
    if (this.rows !== null) this.rows.add(kind, process, peer, name, atUs, value);
  }

  /** A small integer for a name. Names are constants, and a run has few: nearly all are found by comparing. */
  indexOf(name: string): number {
    const { nearNames } = this;
    const first = name.length & (PLACES - 1);
    for (let place = first; place < first + PROBES; place += 1) {
      if (nearNames[place] === name) return this.nearIndices[place] as number;
    }
    return this.search(name, first);
  }

  private search(name: string, first: number): number {
    const index = this.indices.get(name) ?? this.addName(name);
    const free = this.nearNames.indexOf(NONE, first);
    const place = free === -1 || free >= first + PROBES ? first : free;
    this.nearNames[place] = name;
    this.nearIndices[place] = index;
    return index;
  }

  private addName(name: string): number {
    const index = this.ownNames.length;
    this.ownNames.push(name);
    this.codes.push(nameCode(name));
    this.indices.set(name, index);
    return index;
  }
}


/** Seconds with six decimals, exact. */
export function formatTime(atUs: TimeUs): string {
  const text = String(atUs).padStart(7, '0');
  return `${text.slice(0, -6)}.${text.slice(-6)}`;
}

/** Says a field in other words than as plain data; `null` to leave it as it is. */
export type FieldText = (key: string, value: unknown) => string | null;

/** Plain data as one line for people and for comparison: like JSON, and Map and Set as well. */
export function formatPlain(value: unknown, fieldText: FieldText): string {
  const format = (item: unknown): string => formatPlain(item, fieldText);
  if (value instanceof Map) {
    const entries = [...(value as ReadonlyMap<unknown, unknown>)];
    return `{${entries.map(([key, item]) => `${format(key)} => ${format(item)}`).join(', ')}}`;
  }
  if (value instanceof Set) return `{${[...(value as ReadonlySet<unknown>)].map(format).join(', ')}}`;
  if (Array.isArray(value)) return `[${(value as readonly unknown[]).map(format).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const record = value as Readonly<Record<string, unknown>>;
    const fields = Object.keys(record).map((key) => `${key}: ${fieldText(key, record[key]) ?? format(record[key])}`);
    return `{${fields.join(', ')}}`;
  }
  return value === undefined ? 'undefined' : JSON.stringify(value);
}
