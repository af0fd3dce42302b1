import type { Plain } from '../../contract/message.ts';
import type { SessionCommand } from '../../contract/session.ts';
import { assert } from '../../kernel/assert.ts';
import type { LogEntry } from './messages.ts';

/** The log of one node, from the first entry that was not compacted on (§7). */
export interface RaftLog {
  /** Index of the last entry that was compacted away; 0 for none. The entry at `baseIndex + 1` is at array index 0. */
  baseIndex: number;
  baseTerm: number;
  readonly entries: LogEntry[];
}

/** A log without entries behind `baseIndex`. */
export function emptyLog(baseIndex = 0, baseTerm = 0): RaftLog {
  return { baseIndex, baseTerm, entries: [] };
}

/** Index of the last entry, compacted or not; 0 when there never was one. */
export function lastIndex(log: RaftLog): number {
  return log.baseIndex + log.entries.length;
}

/** Term of the last entry; 0 when there never was one. */
export function lastTerm({ entries, baseTerm }: RaftLog): number {
  return entries.length === 0 ? baseTerm : (entries[entries.length - 1] as LogEntry).term;
}

/** The entry at `index`, which the log must hold. */
export function entryAt(log: RaftLog, index: number): LogEntry {
  const entry = log.entries[index - log.baseIndex - 1];
  assert(entry !== undefined, 'the log has the entry that is asked for');
  return entry;
}

/** Whether the term at `index` can be told: it is the last compacted one, or one that is held. */
export function hasTerm(log: RaftLog, index: number): boolean {
  return index >= log.baseIndex && index <= lastIndex(log);
}

/** Term of the entry at `index`, which {@link hasTerm}; 0 before the first entry. */
export function termAt(log: RaftLog, index: number): number {
  return index === log.baseIndex ? log.baseTerm : entryAt(log, index).term;
}

/** First held index with this term. Terms never go down along a log, so a binary search finds it. */
export function firstIndexOfTerm(log: RaftLog, term: number): number {
  let low = log.baseIndex + 1;
  let high = lastIndex(log);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (termAt(log, middle) < term) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What plain data weighs, about: numbers eight bytes, texts their length, and a little for what holds them. */
export function bytesOf(value: Plain): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 8;
  let bytes = 2;
  for (const key of Object.keys(value)) bytes += key.length + bytesOf((value as Readonly<Record<string, Plain>>)[key]);
  return bytes;
}

/** The same of a command. Nearly all are operations in sessions, and a leader weighs each: their keys are known. */
export function bytesOfCommand(command: Plain): number {
  const asked = command as unknown as SessionCommand;
  if (asked.kind !== 'execute') return bytesOf(command);
  const { f, key, value } = asked.operation;
  return BYTES_AROUND_OPERATION + f.length + key.length + bytesOf(value);
}

const EMPTY_OPERATION: SessionCommand = {
  kind: 'execute', session: 0, sequence: 0, acknowledged: 0, operation: { f: '', key: '', value: null },
};
const BYTES_AROUND_OPERATION = bytesOf(EMPTY_OPERATION as unknown as Plain) - bytesOf(null);
