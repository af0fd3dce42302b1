import type { TimeUs } from '../kernel/time.ts';
import { EdnReader, EdnTextError, ednText, keyName, type Edn } from './edn-text.ts';
import { PROBLEM_LIMIT, type EventRule, type HistoryProblem, type ParsedHistory } from './jsonl.ts';
import type { EventType, HistoryEvent, Json } from './operation.ts';
import { Pairing } from './operations.ts';

/**
 * Reads a history in EDN, as Jepsen stores it (`history.edn`) and as Knossos is fed: one map after another, or all of
 * them in one vector or list.
 *
 * - `:process` is a whole number; any keyword is the nemesis. `:f` is a keyword or a string. `:time` is in nanoseconds
 *   and becomes whole microseconds. `:error` may be anything, and becomes text. What is absent, `nil` or (as Jepsen
 *   fills them) -1 among `:index` and `:time` must be so in all events, which are then numbered as in JSON lines.
 * - Values become JSON: keywords and symbols their names, a namespace included; vectors and lists arrays, sets arrays
 *   in an order that depends on their elements alone. What a map holds besides is ignored, so an exception may hold
 *   any number; in what is used, ratios and numbers beyond 2^53 are refused.
 * - A read of `nil` is an observation, of a register that nobody has written to. Knossos takes it for "not known".
 *
 * Keys, processes and times are settled as {@link HistoryImport} says. A map that is no event is reported, and so is
 * the next one; what is no EDN ends the reading, since nothing tells where the next form begins.
 *
 * An event that breaks the `rule` is reported as well, once all can be read.
 *
 * Never throws and touches no prototype, whatever the text. Linear: 10 MB take about a second.
 */
export function parseEdnHistory(text: string, rule?: EventRule): ParsedHistory {
  const history = new HistoryImport(text, rule);
  const reader = new EdnReader(history.text);
  const events = new EventReader();
  history.attempt(() => {
    reader.enter();
    for (let form = reader.next(); form !== null && !history.isFull(); form = reader.next()) {
      const event = form;
      history.attempt(() => { history.add(events.read(event)); });
    }
  });
  return history.finish('no events: the history is empty');
}

/** An event as another tool wrote it down, before its key and its process are settled. */
export interface ForeignEvent {
  /** Where it begins in the text. */
  readonly offset: number;
  /** `null` in all events, or in none. */
  readonly index: number | null;
  /** `null` in all events, or in none. May decrease. */
  readonly timeUs: TimeUs | null;
  readonly process: number | 'nemesis';
  readonly type: EventType;
  readonly f: string;
  /** That the event names besides its value. */
  readonly key: string | null;
  readonly value: Json;
  /** What the value is if it is a key with the value proper. */
  readonly tuple: Tuple | null;
  readonly error: string | null;
}

/** A vector of two whose first element could be a key. */
interface Tuple {
  readonly keyKind: Edn['kind'];
  /** The key in EDN. */
  readonly key: string;
  readonly value: Json;
}

const EVENT_TYPES: readonly string[] = ['invoke', 'ok', 'fail', 'info'] satisfies EventType[];
const KEY_KINDS: readonly Edn['kind'][] = ['number', 'string', 'keyword', 'symbol'];
const KEYED_OPERATIONS: readonly string[] = ['read', 'write', 'cas', 'append'];

/**
 * Collects the events of a text and makes a history of them:
 *
 * - **Keys.** Jepsen's `independent` lays the key into the value, `[k v]`, and in text such a tuple is a vector like
 *   any other. Values are taken for tuples only if all invocations and all ok reads allow it: operations named read,
 *   write, cas and append alone; in each a vector of two, the first a number, string, keyword or symbol, of the same
 *   kind in all; the second of each `cas` again a pair; and among them the invocation of a read with `[k nil]`, or a
 *   `cas`. So the history of one register is never mistaken: its reads are invoked with `nil`, its writes with a
 *   value, its `cas` with `[old new]`. Nor is that of one register of pairs: its reads are not invoked with
 *   `[k nil]`, and no operation of it leaves the lone `k` from which a `cas` of `[k [a b]]` would have to start.
 *   The key is its EDN: `0`, `:x`, `"x"`. With a `:key` beside the value in any event, all values are as they stand.
 * - **Values.** A completion that is not ok has the value of its invocation. What stood there instead (`:timed-out`)
 *   is its error, if it has no other.
 * - **Processes.** Jepsen retires a process whose operation ended in info, but other tools let it go on. Its next
 *   operations then get the lowest number that no process has, because the old one may still take effect beside them.
 * - **Time.** The order of the events is that of the text. In histories of old Jepsen versions times go back by a
 *   little; such a time becomes the one before it.
 */
export class HistoryImport {
  /** The text without byte order mark. Offsets count in it. */
  readonly text: string;
  private readonly events: ForeignEvent[] = [];
  private readonly history: HistoryEvent[] = [];
  private readonly problems: HistoryProblem[] = [];
  /** The events with which open operations began, as they stand in the history, by the process of the text. */
  private readonly open = new Map<number, HistoryEvent>();
  /** The process of the history for that of the text, where they differ. */
  private readonly renamed = new Map<number, number>();
  private readonly retired = new Set<number>();
  private readonly processes = new Set<number>();
  private unusedProcess = 0;
  private lastTimeUs: TimeUs = 0;
  private readonly rule: EventRule | null;

  constructor(text: string, rule: EventRule | null = null) {
    this.rule = rule;
    this.text = text.startsWith('\ufeff') ? text.slice(1) : text;
  }

  isFull(): boolean {
    return this.problems.length >= PROBLEM_LIMIT;
  }

  /** Does it, and reports the {@link EdnTextError} with which that ends, if it does. */
  attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof EdnTextError)) throw error;
      this.report(error.message, error.offset);
    }
  }

  add(event: ForeignEvent): void {
    this.events.push(event);
    if (event.process !== 'nemesis') this.processes.add(event.process);
  }

  /**
   * The history, or all problems; `problemOfNone` if there is no event. Events are paired only if all could be read:
   * the other half of one that could not would be a problem again.
   */
  finish(problemOfNone: string): ParsedHistory {
    const { events, history, problems } = this;
    if (events.length === 0 && problems.length === 0) this.report(problemOfNone, 0);
    if (problems.length > 0) return { ok: false, problems };
    const areKeyed = haveKeys(events);
    const pairing = new Pairing();
    for (const event of events) {
      const settled = this.settle(event, areKeyed);
      history.push(settled);
      const problem = pairing.accept(settled) ?? this.rule?.(settled) ?? null;
      if (problem !== null) this.report(problem, event.offset);
    }
    return problems.length === 0 ? { ok: true, history } : { ok: false, problems };
  }

  private report(message: string, offset: number): void {
    if (this.isFull()) return;
    let line = 1;
    let start = 0;
    for (let end = this.text.indexOf('\n'); end !== -1 && end < offset; end = this.text.indexOf('\n', start)) {
      line += 1;
      start = end + 1;
    }
    this.problems.push({ line, column: offset - start + 1, message });
  }

  private settle(event: ForeignEvent, areKeyed: boolean): HistoryEvent {
    const { type, f } = event;
    const count = this.history.length;
    this.lastTimeUs = Math.max(this.lastTimeUs, event.timeUs ?? count);
    const [index, time] = [event.index ?? count, this.lastTimeUs];
    if (event.process === 'nemesis') {
      const { process, value } = event;
      return withKeyAndError({ index, time, process, type, f, value }, undefined, event.error);
    }
    const process = this.processOf(event.process, type);
    const invocation = type === 'invoke' ? undefined : this.open.get(event.process);
    const { key, value, error } = substanceOf(event, areKeyed, invocation);
    const settled = withKeyAndError({ index, time, process, type, f, value }, key, error);
    if (type === 'invoke') this.open.set(event.process, settled);
    else this.open.delete(event.process);
    return settled;
  }

  private processOf(process: number, type: EventType): number {
    if (type === 'invoke' && this.retired.delete(process)) this.renamed.set(process, this.takeUnusedProcess());
    if (type === 'info') this.retired.add(process);
    return this.renamed.get(process) ?? process;
  }

  private takeUnusedProcess(): number {
    while (this.processes.has(this.unusedProcess)) this.unusedProcess += 1;
    this.unusedProcess += 1;
    return this.unusedProcess - 1;
  }
}

/** Whether the values are keys with values; {@link HistoryImport} says when. */
function haveKeys(events: readonly ForeignEvent[]): boolean {
  let keyKind: Edn['kind'] | null = null;
  let isCertain = false;
  for (const { process, type, f, key, tuple } of events) {
    const mustBeTuple = type === 'invoke' || (type === 'ok' && f === 'read');
    if (process === 'nemesis' || !mustBeTuple) continue;
    if (key !== null || tuple === null || !KEYED_OPERATIONS.includes(f)) return false;
    keyKind ??= tuple.keyKind;
    if (tuple.keyKind !== keyKind) return false;
    if (f === 'cas' && !(Array.isArray(tuple.value) && tuple.value.length === 2)) return false;
    isCertain ||= f === 'cas' || (f === 'read' && type === 'invoke' && tuple.value === null);
  }
  return isCertain;
}

/** What an event is about, once it is known how keys are written and what it completes. */
function substanceOf(
  event: ForeignEvent, areKeyed: boolean, invocation: HistoryEvent | undefined,
): { readonly key: string | undefined; readonly value: Json; readonly error: string | null } {
  const { type, tuple } = event;
  const isTuple = areKeyed && tuple !== null;
  const own = {
    key: isTuple ? tuple.key : (event.key ?? undefined),
    value: isTuple ? tuple.value : event.value,
    error: event.error,
  };
  if (type === 'invoke' || invocation === undefined) return own;
  // The ok of a write may say anything, where keys are in values: a remark, then, and no value.
  if (type === 'ok') return areKeyed && !isTuple ? { ...own, key: invocation.key, value: invocation.value } : own;
  const { key, value } = invocation;
  const [said, meant] = [JSON.stringify(own.value), JSON.stringify(value)];
  const isRemark = own.value !== null && said !== meant;
  const remark = isRemark ? (typeof own.value === 'string' ? own.value : said) : null;
  return { key: areKeyed ? key : own.key, value, error: own.error ?? remark };
}

/** Spreading what may be empty would take as long as reading the event. */
function withKeyAndError(event: HistoryEvent, key: string | undefined, error: string | null): HistoryEvent {
  if (key === undefined) return error === null ? event : { ...event, error };
  return error === null ? { ...event, key } : { ...event, key, error };
}

/** The value of an event. Throws {@link EdnTextError} for what JSON does not have. */
export function valueOf(form: Edn): { readonly value: Json; readonly tuple: Tuple | null } {
  const value = toJson(form);
  const [key] = form.kind === 'vector' && form.items.length === 2 ? form.items : [];
  if (key === undefined || !KEY_KINDS.includes(key.kind)) return { value, tuple: null };
  return { value, tuple: { keyKind: key.kind, key: ednText(key), value: (value as readonly Json[])[1] ?? null } };
}

function toJson(form: Edn): Json {
  switch (form.kind) {
    case 'nil':
      return null;
    case 'boolean':
    case 'number':
      return form.value;
    case 'string':
    case 'character':
    case 'keyword':
    case 'symbol':
      return form.text;
    case 'unusable':
      throw new EdnTextError(form.reason, form.offset);
    case 'vector':
    case 'list':
      return form.items.map(toJson);
    case 'set':
      return toSortedArray(form.items);
    case 'map':
      return toObject(form.entries);
  }
}

/** Clojure prints equal sets in different orders. */
function toSortedArray(items: readonly Edn[]): Json {
  const elements = items.map(toJson).map((json) => ({ json, text: JSON.stringify(json) }));
  return elements.sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text))).map(({ json }) => json);
}

function toObject(entries: readonly (readonly [Edn, Edn])[]): Json {
  // The reader lets no key through that would reach a prototype.
  const object: Record<string, Json> = {};
  for (const [key, value] of entries) {
    const name = keyName(key);
    if (Object.hasOwn(object, name)) throw new EdnTextError('the key stands here twice, as a name', key.offset);
    object[name] = toJson(value);
  }
  return object;
}

type Fields = ReadonlyMap<string, Edn>;

class EventReader {
  /** Whether the first event had these fields: all others must do as it does. */
  private numbered: { readonly index: boolean; readonly time: boolean } | null = null;

  read(form: Edn): ForeignEvent {
    if (form.kind !== 'map') throw new EdnTextError('an event is a map, in braces', form.offset);
    const fields = new Map<string, Edn>();
    for (const [key, value] of form.entries) if (key.kind === 'keyword') fields.set(key.text, value);

    const index = given(fields, 'index');
    const time = given(fields, 'time');
    this.numbered ??= { index: index !== null, time: time !== null };
    this.refuseChange('index', index, form.offset);
    this.refuseChange('time', time, form.offset);
    return {
      offset: form.offset,
      index: index === null ? null : wholeNumber(index, ':index is not a whole number from 0'),
      timeUs: time === null ? null : Math.floor(wholeNumber(time, ':time is not a whole number from 0') / 1000),
      process: processOf(present(fields, 'process', form.offset)),
      type: eventType(present(fields, 'type', form.offset)),
      f: nameOf(present(fields, 'f', form.offset)),
      key: textOf(fields.get('key')),
      ...valueOf(fields.get('value') ?? { kind: 'nil', offset: form.offset }),
      error: textOf(fields.get('error')),
    };
  }

  private refuseChange(name: 'index' | 'time', form: Edn | null, offset: number): void {
    if ((form !== null) === this.numbered?.[name]) return;
    const what = form === null ? 'is missing here; the first event has it' : 'stands here; the first event has none';
    throw new EdnTextError(`:${name} ${what}`, form?.offset ?? offset);
  }
}

/** A field that records fill with `nil` or -1 where there is nothing. */
function given(fields: Fields, name: string): Edn | null {
  const form = fields.get(name);
  const isAbsent = form === undefined || form.kind === 'nil' || (form.kind === 'number' && form.value === -1);
  return isAbsent ? null : form;
}

function present(fields: Fields, name: string, offset: number): Edn {
  const form = fields.get(name);
  if (form === undefined) throw new EdnTextError(`:${name} is missing`, offset);
  return form;
}

/** What anything is called; `null` for nothing. */
function textOf(form: Edn | undefined): string | null {
  return form === undefined || form.kind === 'nil' ? null : keyName(form);
}

function wholeNumber(form: Edn, problem: string): number {
  if (form.kind === 'number' && Number.isInteger(form.value) && form.value >= 0) return form.value;
  throw new EdnTextError(form.kind === 'unusable' ? form.reason : problem, form.offset);
}

function processOf(form: Edn): number | 'nemesis' {
  if (form.kind === 'keyword') return 'nemesis';
  return wholeNumber(form, ':process is neither a whole number from 0 nor a keyword');
}

function eventType(form: Edn): EventType {
  if (form.kind === 'keyword' && EVENT_TYPES.includes(form.text)) return form.text as EventType;
  throw new EdnTextError(`:type is none of ${EVENT_TYPES.map((type) => `:${type}`).join(', ')}`, form.offset);
}

/** The name of an operation. Throws {@link EdnTextError} for what names none. */
export function nameOf(form: Edn): string {
  if (form.kind === 'keyword' || form.kind === 'string') return form.text;
  throw new EdnTextError(':f is neither a keyword nor a string', form.offset);
}
