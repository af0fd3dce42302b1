import { Digest, nameCode } from './digest.ts';
import type { TimeUs } from './time.ts';

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
} as const;

const UINT32 = 0x1_0000_0000;

/** What is kept of a run: nothing but the count (for measurements), the digest, or the digest and every line. */
export type TraceMode = 'off' | 'digest' | 'full';

/**
 * Everything that a run did, in order. The digest of the header words always runs; lines of text, content included,
 * are made only on request and change nothing else.
 */
export class Trace {
  readonly digest: Digest = new Digest();
  /** The full trace; `null` when it was not asked for. One line per event, indented lines for what it brought about. */
  readonly lines: string[] | null;
  /** Events so far. The number of an event is the count before it: the first is `#0`. */
  events = 0;
  private readonly codes = new Map<string, number>();

  private readonly hasDigest: boolean;

  constructor(mode: TraceMode) {
    this.hasDigest = mode !== 'off';
    this.lines = mode === 'full' ? [] : null;
  }

  /** Records the header of one event. `peer` is -1 where there is none; `code` is {@link codeOf} its name. */
  event(atUs: TimeUs, sequence: number, kind: number, process: number, peer: number, code: number): void {
    this.events += 1;
    if (!this.hasDigest) return;
    const epoch = atUs < UINT32 ? 0 : Math.floor(atUs / UINT32);
    this.digest.addWords(atUs, epoch ^ sequence, (kind << 24) ^ (process << 12) ^ peer, code);
  }

  /** A small integer for a name: message kind, timer, step. Depends on the name alone. */
  codeOf(name: string): number {
    let code = this.codes.get(name);
    if (code === undefined) {
      code = nameCode(name);
      this.codes.set(name, code);
    }
    return code;
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
