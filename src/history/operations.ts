import type { TimeUs } from '../kernel/time.ts';
import type { EventType, History, HistoryEvent, Json } from './operation.ts';

/** How an operation ended. `info` is unknown: no completion, or one that says so. */
export type Outcome = Exclude<EventType, 'invoke'>;

/** An invocation together with its completion, if there is one. */
export interface Operation {
  readonly process: number;
  readonly f: string;
  /** `null` where the history names no key: there is one object. */
  readonly key: string | null;
  /** The value of the invocation. */
  readonly input: Json;
  /** The value of the completion, `null` without one. */
  readonly output: Json;
  readonly outcome: Outcome;
  readonly invokedIndex: number;
  /** Index of the completion line of any outcome. It ends the operation only where `outcome` is not `info`. */
  readonly completedIndex: number | null;
  readonly invokedAtUs: TimeUs;
  readonly completedAtUs: TimeUs | null;
}

/** A line of a history that cannot stand where it stands. */
export interface PairingProblem {
  readonly index: number;
  readonly message: string;
}

/** What {@link pairOperations} found. With problems, `operations` holds what could be paired all the same. */
export interface PairedOperations {
  /** In the order of their invocations. */
  readonly operations: readonly Operation[];
  readonly problems: readonly PairingProblem[];
}

/** What these answer, where they answer anything, is what they were asked. */
const ECHOES: readonly string[] = ['write', 'cas', 'append', 'add'];

/** Reads the lines of a history one by one and pairs invocations with completions. */
export class Pairing {
  private readonly started: { event: HistoryEvent; completion: HistoryEvent | null }[] = [];
  /** Position in `started` of the open operation of each process. */
  private readonly open = new Map<number, number>();
  private readonly retired = new Set<number>();
  private lastIndex = -1;
  private lastTimeUs: TimeUs = 0;

  /**
   * Takes the next line. Returns what is wrong with it, or `null`. What is wrong has not been taken, but for a
   * completion with another value: it is an end all the same.
   */
  accept(event: HistoryEvent): string | null {
    const { index, time } = event;
    if (index <= this.lastIndex) return `index ${index} is not above the previous index ${this.lastIndex}`;
    this.lastIndex = index;
    if (time < this.lastTimeUs) return `time ${time} is before the previous time ${this.lastTimeUs}`;
    this.lastTimeUs = time;
    if (event.process === 'nemesis') return null;
    return event.type === 'invoke' ? this.invoke(event, event.process) : this.complete(event, event.process);
  }

  /** All operations so far, in the order of their invocations. */
  operations(): Operation[] {
    return this.started.map(({ event, completion }) => toOperation(event, completion));
  }

  private invoke(event: HistoryEvent, process: number): string | null {
    // A timed-out write of a retired process may still take effect: with the number in use again, two operations of
    // one process would overlap, and "one operation at a time" would no longer give their order.
    if (this.retired.has(process)) return `process ${process} is retired: its last operation ended in info`;
    if (this.open.has(process)) return `process ${process} invokes while its last operation is open`;
    this.open.set(process, this.started.length);
    this.started.push({ event, completion: null });
    return null;
  }

  private complete(event: HistoryEvent, process: number): string | null {
    const position = this.open.get(process);
    const entry = position === undefined ? undefined : this.started[position];
    if (entry === undefined) return `process ${process} completes, but has no open operation`;
    const { f, key } = entry.event;
    if (event.f !== f) return `process ${process} completes "${event.f}", but had invoked "${f}"`;
    if (event.key !== key) return `process ${process} completes "${f}" with another key than it had invoked it with`;
    entry.completion = event;
    this.open.delete(process);
    if (event.type === 'info') this.retired.add(process);
    const isAnother = event.type === 'ok' && event.value !== null && ECHOES.includes(f)
      && !isSame(event.value, entry.event.value);
    if (!isAnother) return null;
    // Whichever of the two took effect, a verdict about the other one would be about another history.
    const [answer, asked] = [event.value, entry.event.value].map(shortText);
    return `process ${process} completes "${f}" with ${answer}, but had invoked it with ${asked}`;
  }
}

/** Pairs a whole history. Lines of the nemesis are not operations and are left out. Linear. */
export function pairOperations(history: History): PairedOperations {
  const pairing = new Pairing();
  const problems: PairingProblem[] = [];
  for (const event of history) {
    const message = pairing.accept(event);
    if (message !== null) problems.push({ index: event.index, message });
  }
  return { operations: pairing.operations(), problems };
}

/** Whether two values are equal; the order of an object's properties does not matter. */
function isSame(left: Json, right: Json): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  const [from, to] = [left, right] as { readonly [name: string]: Json }[];
  return names.every((name) => Object.hasOwn(right, name) && isSame(from?.[name] ?? null, to?.[name] ?? null));
}

function shortText(value: Json): string {
  const text = JSON.stringify(value);
  return text.length <= 40 ? text : `${text.slice(0, 37)}...`;
}

function toOperation(invocation: HistoryEvent, completion: HistoryEvent | null): Operation {
  return {
    process: invocation.process as number,
    f: invocation.f,
    key: invocation.key ?? null,
    input: invocation.value,
    output: completion === null ? null : completion.value,
    outcome: completion === null ? 'info' : (completion.type as Outcome),
    invokedIndex: invocation.index,
    completedIndex: completion === null ? null : completion.index,
    invokedAtUs: invocation.time,
    completedAtUs: completion === null ? null : completion.time,
  };
}
