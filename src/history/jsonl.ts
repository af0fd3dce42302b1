import { JsonTextError, parseJsonText } from './json-text.ts';
import type { EventType, History, HistoryEvent, Json } from './operation.ts';
import { Pairing } from './operations.ts';

/** What is wrong with a history file, and where. Lines and columns count from 1. */
export interface HistoryProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A history, or everything that keeps the text from being one (the first {@link PROBLEM_LIMIT} problems). */
export type ParsedHistory =
  | { readonly ok: true; readonly history: History }
  | { readonly ok: false; readonly problems: readonly HistoryProblem[] };

/** What is wrong with an event for what it is to be used for, or `null`; the reader adds the place of its value. */
export type EventRule = (event: HistoryEvent) => string | null;

/** How many problems are reported of one file. */
export const PROBLEM_LIMIT = 20;

const EVENT_TYPES: readonly string[] = ['invoke', 'ok', 'fail', 'info'] satisfies EventType[];

/**
 * Reads a history in JSON lines. Lines may end in CRLF; blank lines may follow the last event. `index` and `time` may
 * be absent if they are so in every line, and are then the number of the event: its order is all that is known.
 * Fields that a history does not have are ignored. A text without events is malformed, and so is one with an event that
 * breaks the `rule`.
 *
 * Never throws and touches no prototype, whatever the text. Linear: 10 MB take about a second.
 */
export function parseHistory(text: string, rule: EventRule = anyEvent): ParsedHistory {
  const reader = new HistoryReader(rule);
  let start = text.startsWith('\ufeff') ? 1 : 0;
  for (let line = 1; start < text.length && !reader.isFull(); line += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    reader.take(text.slice(start, end), line);
    start = end + 1;
  }
  return reader.finish();
}

/**
 * Writes a history in JSON lines, one event a line, each ending in a newline. Equal histories give equal bytes: the
 * fields of an event have a fixed order, and those of objects in values keep theirs.
 */
export function formatHistory(history: History): string {
  return history.map((event) => `${formatEvent(event)}\n`).join('');
}

function formatEvent({ index, time, process, type, f, key, value, error }: HistoryEvent): string {
  // JSON leaves out what is undefined.
  return JSON.stringify({ index, time, process, type, f, key, value, error });
}

function anyEvent(): null {
  return null;
}

/** A field that is not what it should be. */
class FieldError extends Error {
  override readonly name = 'FieldError';
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

class HistoryReader {
  private readonly history: HistoryEvent[] = [];
  private readonly problems: HistoryProblem[] = [];
  private readonly pairing = new Pairing();
  private firstBlankLine: number | null = null;
  /** Whether the first event had these fields: all others must do as it does. */
  private numbered: { readonly index: boolean; readonly time: boolean } | null = null;
  private isReadable = true;
  private readonly rule: EventRule;

  constructor(rule: EventRule) {
    this.rule = rule;
  }

  isFull(): boolean {
    return this.problems.length >= PROBLEM_LIMIT;
  }

  take(lineText: string, line: number): void {
    if (lineText === '' || lineText === '\r') {
      this.firstBlankLine ??= line;
      return;
    }
    if (this.firstBlankLine !== null) this.report(this.firstBlankLine, 1, 'a blank line between events');
    this.firstBlankLine = null;

    const event = this.readEvent(lineText, line);
    if (event === null) {
      this.isReadable = false;
      return;
    }
    this.history.push(event);
    // After a line that could not be read, its missing half would be reported again and again.
    const problem = this.isReadable ? this.pairing.accept(event) : null;
    if (problem !== null) this.report(line, 1, problem);
  }

  finish(): ParsedHistory {
    const { history, problems } = this;
    if (history.length === 0 && problems.length === 0) this.report(1, 1, 'no events: the history is empty');
    return problems.length === 0 ? { ok: true, history } : { ok: false, problems };
  }

  private readEvent(lineText: string, line: number): HistoryEvent | null {
    try {
      const { value, offsets } = parseJsonText(lineText);
      try {
        return this.toEvent(value);
      } catch (error) {
        if (!(error instanceof FieldError)) throw error;
        this.report(line, (offsets.get(error.field) ?? 0) + 1, error.message);
      }
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error;
      this.report(line, error.offset + 1, error.message);
    }
    return null;
  }

  private toEvent(value: Json): HistoryEvent {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new FieldError('', 'an event is an object, in braces');
    }
    const fields = value as { readonly [name: string]: Json };
    const has = (name: string): boolean => Object.hasOwn(fields, name);
    this.numbered ??= { index: has('index'), time: has('time') };
    const { numbered } = this;
    for (const name of ['index', 'time'] as const) {
      if (has(name) !== numbered[name]) {
        const what = has(name) ? 'stands here; the first event has none' : 'is missing here; the first event has it';
        throw new FieldError(name, `"${name}" ${what}`);
      }
    }
    const count = this.history.length;
    if (!has('value')) throw new FieldError('value', '"value" is missing');
    const event: HistoryEvent = {
      index: numbered.index ? wholeNumber(fields, 'index') : count,
      time: numbered.time ? wholeNumber(fields, 'time') : count,
      process: fields['process'] === 'nemesis' ? 'nemesis' : wholeNumber(fields, 'process'),
      type: eventType(fields),
      f: text(fields, 'f'),
      ...(has('key') ? { key: text(fields, 'key') } : {}),
      value: fields['value'] ?? null,
      ...(has('error') ? { error: text(fields, 'error') } : {}),
    };
    const problem = this.rule(event);
    if (problem !== null) throw new FieldError('value', problem);
    return event;
  }

  private report(line: number, column: number, message: string): void {
    if (!this.isFull()) this.problems.push({ line, column, message });
  }
}

function wholeNumber(fields: { readonly [name: string]: Json }, name: string): number {
  const value = fields[name];
  if (value === undefined) throw new FieldError(name, `"${name}" is missing`);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  const expected = name === 'process' ? 'a whole number from 0 or "nemesis"' : 'a whole number from 0';
  throw new FieldError(name, `"${name}" is not ${expected}`);
}

function eventType(fields: { readonly [name: string]: Json }): EventType {
  const type = text(fields, 'type');
  if (EVENT_TYPES.includes(type)) return type as EventType;
  throw new FieldError('type', `"type" is none of ${EVENT_TYPES.join(', ')}`);
}

function text(fields: { readonly [name: string]: Json }, name: string): string {
  const value = fields[name];
  if (value === undefined) throw new FieldError(name, `"${name}" is missing`);
  if (typeof value === 'string') return value;
  throw new FieldError(name, `"${name}" is not a text`);
}
