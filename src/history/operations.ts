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
/** In place of the position of what a process has open: it has nothing open; it never will again. */
const IDLE = -1;
const RETIRED = -2;

/** Reads the lines of a history one by one and pairs invocations with completions. */
export class Pairing {
  private readonly invocations: HistoryEvent[] = [];
  /** By position of the invocation. */
  private readonly completions: (HistoryEvent | null)[] = [];
  /** By process: position of its open operation, {@link IDLE} or {@link RETIRED}. */
  private readonly open = new Map<number, number>();
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
    return this.invocations.map((invocation, position) =>
      toOperation(invocation, this.completions[position] as HistoryEvent | null));
  }

  private invoke(event: HistoryEvent, process: number): string | null {
    // A timed-out write of a retired process may still take effect: with the number in use again, two operations of
    // one process would overlap, and "one operation at a time" would no longer give their order.
    const position = this.open.get(process) ?? IDLE;
    if (position === RETIRED) return `process ${process} is retired: its last operation ended in info`;
    if (position !== IDLE) return `process ${process} invokes while its last operation is open`;
    this.open.set(process, this.invocations.length);
    this.invocations.push(event);
    this.completions.push(null);
    return null;
  }

  private complete(event: HistoryEvent, process: number): string | null {
    const position = this.open.get(process) ?? IDLE;
    if (position < 0) return `process ${process} completes, but has no open operation`;
    const invocation = this.invocations[position] as HistoryEvent;
    const { f, key } = invocation;
    if (event.f !== f) return `process ${process} completes "${event.f}", but had invoked "${f}"`;
    if (event.key !== key) return `process ${process} completes "${f}" with another key than it had invoked it with`;
    this.completions[position] = event;
    this.open.set(process, event.type === 'info' ? RETIRED : IDLE);
    const isAnother = event.value !== invocation.value && event.type === 'ok' && event.value !== null
      && ECHOES.includes(f) && !isSame(event.value, invocation.value);
    if (!isAnother) return null;
    // Whichever of the two took effect, a verdict about the other one would be about another history.
    const [answer, asked] = [event.value, invocation.value].map(shortText);
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
