import type { Operation } from '../../src/history/operations.ts';
import type { Meter } from '../budget.ts';
import { ILLEGAL, type Model } from '../model.ts';
import { valueKey } from '../value-key.ts';
import type { SearchResult } from './result.ts';

/** One operation that has been placed, and what was so before. */
interface Placed {
  readonly operation: number;
  /** Of an unknown operation its class, else `null`. */
  readonly unknownClass: number | null;
  readonly stateBefore: unknown;
  /** Where the search goes on if this leads nowhere: the candidate after this one. */
  readonly nextCandidate: number;
}

const NONE = -1;
/** Our own count of what remembering a configuration costs beside its text. */
const BYTES_BESIDE = 48;

/**
 * Depth-first search for an order, for models of all kinds: Wing and Gong, "Testing and verifying concurrent objects",
 * 1993, with Lowe's memory of configurations that led nowhere ("Testing for linearizability", 2017).
 *
 * An operation can be next if it began before the first of those left over ended. A configuration is which operations
 * are placed, and the state. Operations of unknown outcome need no place; they are tried after all others, since a
 * history can mostly do without them, and of equal ones only the first that is left. Where only observers can tell the
 * order of updates, those of unknown outcome stand directly before one, sorted. Exponential at worst.
 */
export function searchDepthFirst(operations: readonly Operation[], model: Model, meter: Meter): SearchResult {
  return new DepthFirstSearch(operations, model, meter).run();
}

class DepthFirstSearch {
  private readonly operations: readonly Operation[];
  private readonly model: Model;
  private readonly meter: Meter;

  /** Definite operations in the order of their invocations: a list from which those that are placed are taken out. */
  private readonly next: Int32Array;
  private readonly previous: Int32Array;
  private readonly head: number;
  private readonly definite: readonly number[];
  private readonly isPlaced: Uint8Array;

  /** Interchangeable operations of unknown outcome, in the order of their invocations; how many of each are placed. */
  private readonly unknown: readonly (readonly number[])[];
  private readonly used: Int32Array;

  private readonly placed: Placed[] = [];
  /** Configurations; with the states of those that look alike, where their text does not tell. */
  private readonly seen = new Map<string, unknown[] | null>();
  private seenBytes = 0;
  private state: unknown;
  /** The latest of the first ends of what was left over: up to it, there is an order. */
  private furthest: { readonly operation: number; readonly end: number } = { operation: NONE, end: -1 };

  constructor(operations: readonly Operation[], model: Model, meter: Meter) {
    this.operations = operations;
    this.model = model;
    this.meter = meter;
    this.state = model.initial;
    this.definite = [...operations.keys()].filter((position) => operations[position]?.outcome === 'ok');
    this.head = operations.length;
    this.next = new Int32Array(operations.length + 1);
    this.previous = new Int32Array(operations.length + 1);
    let last = this.head;
    for (const position of [...this.definite, this.head]) {
      this.next[last] = position;
      this.previous[position] = last;
      last = position;
    }
    this.isPlaced = new Uint8Array(operations.length);
    const classes = new Map<string, number[]>();
    for (const [position, operation] of operations.entries()) {
      if (operation.outcome !== 'info' || model.isObserver(operation)) continue;
      const call = `${operation.f} ${typeof operation.input} ${valueKey(operation.input)}`;
      const equal = classes.get(call);
      if (equal === undefined) classes.set(call, [position]);
      else equal.push(position);
    }
    this.unknown = [...classes.values()];
    this.used = new Int32Array(this.unknown.length);
  }

  run(): SearchResult {
    let candidate = 0;
    for (let end = this.firstEnd(); end !== Infinity; ) {
      if (!this.meter.spend(1)) return { kind: 'gave-up' };
      const eager = candidate === 0 ? this.eager(end) : NONE;
      const found = eager === NONE ? this.candidateFrom(candidate, end)
        : { operation: eager, unknownClass: null, candidate: Infinity };
      if (found === null) {
        const undone = this.placed.pop();
        if (undone === undefined) return { kind: 'stuck', position: this.furthest.operation, isEarliest: false };
        this.undo(undone);
        candidate = undone.nextCandidate;
        end = this.firstEnd();
        continue;
      }
      candidate = found.candidate + 1;
      if (!this.place(found.operation, found.unknownClass, candidate)) continue;
      if (!this.meter.hold(this.seen.size, this.seenBytes)) return { kind: 'gave-up' };
      candidate = 0;
      end = this.firstEnd();
    }
    return { kind: 'linearizable', order: this.placed.map(({ operation }) => operation) };
  }

  /** When the first of the definite operations that are left ends; `Infinity` if none is left. */
  private firstEnd(): number {
    let end = Infinity;
    let operation = NONE;
    let position = this.next[this.head] as number;
    for (; position !== this.head; position = this.next[position] as number) {
      const { invokedIndex, completedIndex } = this.operations[position] as Operation;
      if (invokedIndex > end) break; // And so did all that follow.
      if ((completedIndex as number) >= end) continue;
      end = completedIndex as number;
      operation = position;
    }
    if (end !== Infinity && end > this.furthest.end) this.furthest = { operation, end };
    return end;
  }

  /**
   * An observer that could be next and is right in this state. It changes nothing, so wherever else it might stand, it
   * may as well stand here, and there is nothing else to try. (Unless it is the first to see anything at all, and what
   * it saw becomes the state.)
   */
  private eager(end: number): number {
    const { operations, model, head } = this;
    let position = this.next[head] as number;
    for (; position !== head; position = this.next[position] as number) {
      const operation = operations[position] as Operation;
      if (operation.invokedIndex > end) return NONE;
      if (model.isObserver(operation) && model.step(this.state, operation) === this.state) return position;
    }
    return NONE;
  }

  /**
   * The operation that is candidate number `candidate` or a later one; `null` if there is none. Candidates are the
   * definite operations left that began before `end`, by their position, and behind them the unknown classes.
   */
  private candidateFrom(
    candidate: number, end: number,
  ): { readonly operation: number; readonly unknownClass: number | null; readonly candidate: number } | null {
    const { operations, head, unknown, model } = this;
    const after = this.classBefore();
    if (candidate < head) {
      let position = this.next[head] as number;
      while (position < candidate || (after !== NONE && position !== head
        && !model.isObserver(operations[position] as Operation))) position = this.next[position] as number;
      if (position !== head && (operations[position] as Operation).invokedIndex <= end) {
        return { operation: position, unknownClass: null, candidate: position };
      }
    }
    for (let unknownClass = Math.max(0, candidate - head, after); unknownClass < unknown.length; unknownClass += 1) {
      const operation = unknown[unknownClass]?.[this.used[unknownClass] as number];
      if (operation === undefined || (operations[operation] as Operation).invokedIndex > end) continue;
      return { operation, unknownClass, candidate: head + unknownClass };
    }
    return null;
  }

  /** Where updates commute, the class of the unknown update that was placed last, if no definite one followed. */
  private classBefore(): number {
    return this.model.hasCommutingUpdates === true ? this.placed.at(-1)?.unknownClass ?? NONE : NONE;
  }

  /** Places the operation. False if it cannot stand here, or leads to where the search has been. */
  private place(operation: number, unknownClass: number | null, nextCandidate: number): boolean {
    const stateBefore = this.state;
    const state = this.model.step(stateBefore, this.operations[operation] as Operation);
    if (state === ILLEGAL || (unknownClass !== null && state === stateBefore)) return false;
    this.placed.push({ operation, unknownClass, stateBefore, nextCandidate });
    this.state = state;
    if (unknownClass === null) this.takeOut(operation);
    else this.used[unknownClass] = (this.used[unknownClass] as number) + 1;
    if (!this.isTooLateForAny() && this.isNew()) return true;
    this.undo(this.placed.pop() as Placed);
    return false;
  }

  /** Whether one of the definite operations that are left, and can be next, has missed its time. */
  private isTooLateForAny(): boolean {
    const { operations, model, head } = this;
    if (model.isTooLate === undefined) return false;
    const end = this.firstEnd();
    let position = this.next[head] as number;
    for (; position !== head; position = this.next[position] as number) {
      const operation = operations[position] as Operation;
      if (operation.invokedIndex > end) return false;
      if (model.isTooLate(this.state, operation)) return true;
    }
    return false;
  }

  /** Whether the search was never here before. Remembers it. */
  private isNew(): boolean {
    const { model, state } = this;
    const configuration = this.configuration();
    const alike = this.seen.get(configuration);
    if (model.stateHash === undefined) {
      if (alike !== undefined) return false;
      this.seen.set(configuration, null);
    } else if (alike === undefined || alike === null) {
      this.seen.set(configuration, [state]);
    } else {
      const key = model.stateKey(state);
      // To tell large states apart costs more than a step.
      if (typeof key === 'string') this.meter.spend((key.length >>> 4) * alike.length);
      if (alike.some((other) => model.stateKey(other) === key)) return false;
      alike.push(state);
    }
    this.seenBytes += 2 * configuration.length + BYTES_BESIDE;
    return true;
  }

  private undo({ operation, unknownClass, stateBefore }: Placed): void {
    this.state = stateBefore;
    if (unknownClass === null) this.putBack(operation);
    else this.used[unknownClass] = (this.used[unknownClass] as number) - 1;
  }

  private takeOut(operation: number): void {
    const [before, after] = [this.previous[operation] as number, this.next[operation] as number];
    this.next[before] = after;
    this.previous[after] = before;
    this.isPlaced[operation] = 1;
  }

  /** Undoes the latest {@link takeOut}: the operation still knows its neighbours. */
  private putBack(operation: number): void {
    this.next[this.previous[operation] as number] = operation;
    this.previous[this.next[operation] as number] = operation;
    this.isPlaced[operation] = 0;
  }

  /**
   * Tells configurations apart. All before the first operation that is left are placed, and of the others few, because
   * they had to begin before it ended.
   */
  private configuration(): string {
    const first = this.next[this.head] as number;
    const end = first === this.head ? -1 : ((this.operations[first] as Operation).completedIndex as number);
    const bits = new BitText(`${first}`);
    for (let position = first + 1; position < this.head; position += 1) {
      if ((this.operations[position] as Operation).invokedIndex > end) break;
      bits.add(this.isPlaced[position] as number);
    }
    let more = '';
    for (const [unknownClass, count] of this.used.entries()) {
      bits.add(count === 0 ? 0 : 1);
      if (count > 1) more += `${unknownClass}*${count},`;
    }
    let text = `${bits.text()};${more}`;
    const { model, state } = this;
    if (model.hasCommutingUpdates === true) text += `~${this.classBefore()}`; // It decides what may come next.
    if (model.stateHash !== undefined) return `${text};${model.stateHash(state)}`;
    const key = model.stateKey(state);
    return typeof key === 'number' ? `${text};${key}` : `${text};${typeof key} ${String(key)}`;
  }
}

/** Bits as text, thirty to a number: shorter than their positions, and there are many texts. */
class BitText {
  private done: string;
  private word = 0;
  private length = 0;

  constructor(start: string) {
    this.done = start;
  }

  add(bit: number): void {
    this.word = (this.word << 1) | bit;
    this.length += 1;
    if (this.length < 30) return;
    this.done = this.text();
    this.word = 0;
    this.length = 0;
  }

  text(): string {
    return `${this.done},${this.word}`;
  }
}
