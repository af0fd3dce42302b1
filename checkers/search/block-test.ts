import type { Operation } from '../../src/history/operations.ts';
import type { Meter } from '../budget.ts';
import { NONE, type Model } from '../model.ts';
import type { ValueKey } from '../value-key.ts';
import type { SearchResult } from './result.ts';

/**
 * Decides one key of a register without any search, if no two updates leave the same value and none the initial one;
 * else returns `null`. The operations of one value follow the update that left it, and a compare-and-set follows those
 * of the value that it found: so they come in blocks, one for each write, and the blocks in one order or in none.
 *
 * Decision 11 has the proof. The idea is that of zones (Gibbons and Korach, "Testing shared memories", 1997; Golab, Li
 * and Shah, "Analyzing consistency properties for fun and profit", 2011), for chains of values instead of values.
 * Time n log n for n operations, and as often as a bisection takes if there is no order (mostly the contradiction tells
 * where to look); memory linear.
 */
export function testBlocks(operations: readonly Operation[], model: Model, meter: Meter): SearchResult | null {
  const calls = callsOf(operations, model);
  if (calls === null) return null;
  const test = new BlockTest(calls);
  const spend = (): boolean => meter.spend(operations.length) && meter.hold(1, 64 * operations.length);
  if (!spend()) return { kind: 'gave-up' };
  const order = test.order(LAST_LINE);
  if (order !== null) return { kind: 'linearizable', order };

  // What had no order at some completion has none at any later one.
  const completions = [...operations.keys()].filter((position) => calls.ends[position] !== Infinity)
    .sort((left, right) => (calls.ends[left] as number) - (calls.ends[right] as number));
  const endOf = (place: number): number => calls.ends[completions[place] as number] as number;
  const guess = completions.findIndex((_, place) => endOf(place) === test.guess);
  const trials = guess > 0 ? [guess - 1, guess] : [];
  let low = 0;
  let high = completions.length - 1;
  while (low < high) {
    const middle = trials.pop() ?? (low + high) >>> 1;
    if (middle < low || middle >= high) continue;
    if (!spend()) return { kind: 'gave-up' };
    if (test.order(endOf(middle)) === null) high = middle;
    else low = middle + 1;
  }
  return { kind: 'stuck', position: completions[low] as number, isEarliest: true };
}

/** The operations of one key as numbers; an operation is its position, a value its number. */
interface Calls {
  readonly count: number;
  readonly values: number;
  /** Which value each operation found, and which it left; {@link NONE} where it need not find or does not leave one. */
  readonly finds: Int32Array;
  readonly leaves: Int32Array;
  /** Which operation leaves each value; `NONE` if none does. Value 0 is the initial one. */
  readonly producers: Int32Array;
  /** Index of the invocation. */
  readonly starts: Float64Array;
  /** Index of the completion of what is known to have happened, else `Infinity`. */
  readonly ends: Float64Array;
  /** What need not be looked at: failed operations, reads of unknown outcome. */
  readonly isIdle: Uint8Array;
}

const INITIAL = 0;
/** Below the `Infinity` that ends what never completed. */
const LAST_LINE = Number.MAX_SAFE_INTEGER;

function callsOf(operations: readonly Operation[], model: Model): Calls | null {
  if (model.isRegister !== true) return null;
  const count = operations.length;
  const numbers = new Map<ValueKey, number>([[model.stateKey(model.initial), INITIAL]]);
  const numberOf = (value: ValueKey | undefined): number => {
    if (value === undefined) return NONE;
    const known = numbers.get(value);
    if (known !== undefined) return known;
    numbers.set(value, numbers.size);
    return numbers.size - 1;
  };
  const [finds, leaves] = [new Int32Array(count).fill(NONE), new Int32Array(count).fill(NONE)];
  const [starts, ends] = [new Float64Array(count), new Float64Array(count).fill(Infinity)];
  const isIdle = new Uint8Array(count);
  const producers = new Int32Array(2 * count + 1).fill(NONE);
  for (let position = 0; position < count; position += 1) {
    const operation = operations[position] as Operation;
    const { outcome } = operation;
    if (outcome === 'fail' || (outcome === 'info' && model.isObserver(operation))) {
      isIdle[position] = 1;
      continue;
    }
    if (model.excludes?.(operation) !== undefined) return null;
    finds[position] = numberOf(model.observes(operation)[0]);
    const left = numberOf(model.produces(operation));
    starts[position] = operation.invokedIndex;
    if (outcome === 'ok') ends[position] = operation.completedIndex as number;
    if (left === NONE) continue;
    if (left === INITIAL || producers[left] !== NONE) return null;
    leaves[position] = left;
    producers[left] = position;
  }
  return { count, values: numbers.size, finds, leaves, producers, starts, ends, isIdle };
}

class BlockTest {
  private readonly calls: Calls;
  /** Whether the operation has to take effect. */
  private readonly isKept: Uint8Array;
  /** By value: the compare-and-set that found it; among its other finders the earliest end and the latest start. */
  private readonly consumers: Int32Array;
  private readonly readEnds: Float64Array;
  private readonly readStarts: Float64Array;
  /** By value, the first reader; by operation, the next one: in the order of their invocations. */
  private readonly firstReader: Int32Array;
  private readonly nextReader: Int32Array;
  /** Where the last contradiction probably came up first: the end of one of the operations that make it. */
  guess = NONE;

  constructor(calls: Calls) {
    const { count, values } = calls;
    this.calls = calls;
    this.isKept = new Uint8Array(count);
    this.consumers = new Int32Array(values);
    this.readEnds = new Float64Array(values);
    this.readStarts = new Float64Array(values);
    this.firstReader = new Int32Array(values);
    this.nextReader = new Int32Array(count);
  }

  /**
   * An order of the operations as they stood right after the line `cutoff`, positions; `null` if there is none. What
   * had not completed by then is of unknown outcome.
   */
  order(cutoff: number): number[] | null {
    if (!this.keepNeeded(cutoff) || !this.fillValues(cutoff)) return null;
    const blocks: Block[] = [];
    let chained = 0;
    for (let value = 0; value < this.calls.values; value += 1) {
      if (!this.beginsBlock(value)) continue;
      const block = this.block(value, cutoff);
      if (block === null) return null;
      chained += block.updates;
      blocks.push(block);
    }
    // Updates that are in no block found each other's values in a circle.
    if (chained < this.countKeptUpdates()) return null;
    blocks.sort(byPlace);
    let latest: Block | undefined;
    for (const block of blocks) {
      if (latest !== undefined && block.firstEnd < latest.lastStart) {
        this.guess = Math.max(this.endOfLatest(block, cutoff), this.endOfLatest(latest, cutoff));
        return null;
      }
      if (latest === undefined || block.lastStart > latest.lastStart) latest = block;
    }
    return blocks.flatMap(({ value }) => this.orderOfBlock(value));
  }

  /** Marks what has to take effect: what completed, and of the rest whatever left a value that one of these found. */
  private keepNeeded(cutoff: number): boolean {
    const { count, ends, starts, finds, producers } = this.calls;
    const { isKept } = this;
    const walked: number[] = [];
    for (let position = 0; position < count; position += 1) {
      isKept[position] = (ends[position] as number) <= cutoff ? 1 : 0;
      if (isKept[position] === 1) walked.push(position);
    }
    for (const position of walked) { // Grows while it is walked.
      const found = finds[position] as number;
      if (found === NONE || found === INITIAL) continue;
      const producer = producers[found] as number;
      if (producer === NONE || (starts[producer] as number) > cutoff) return false;
      if (isKept[producer] === 1) continue;
      isKept[producer] = 1;
      walked.push(producer);
    }
    return true;
  }

  /** Gathers who found each value. False if two updates did: the first of them took it away. */
  private fillValues(cutoff: number): boolean {
    const { count, finds, leaves, starts } = this.calls;
    this.consumers.fill(NONE);
    this.firstReader.fill(NONE);
    this.readEnds.fill(Infinity);
    this.readStarts.fill(-Infinity);
    for (let position = count - 1; position >= 0; position -= 1) {
      const found = finds[position] as number;
      if (found === NONE || this.isKept[position] !== 1) continue;
      if (leaves[position] !== NONE) {
        if (this.consumers[found] !== NONE) return false;
        this.consumers[found] = position;
        continue;
      }
      this.readEnds[found] = Math.min(this.readEnds[found] as number, this.endOf(position, cutoff));
      this.readStarts[found] = Math.max(this.readStarts[found] as number, starts[position] as number);
      this.nextReader[position] = this.firstReader[found] as number;
      this.firstReader[found] = position;
    }
    return true;
  }

  /** The initial value and each write begin a block. */
  private beginsBlock(value: number): boolean {
    if (value === INITIAL) return true;
    const producer = this.calls.producers[value] as number;
    return producer !== NONE && this.isKept[producer] === 1 && this.calls.finds[producer] === NONE;
  }

  /** The block that begins with this value, or `null` if real time contradicts the order inside. */
  private block(first: number, cutoff: number): Block | null {
    const { producers, starts, leaves } = this.calls;
    // The initial value was there before everything.
    let firstEnd = first === INITIAL ? -Infinity : Infinity;
    let lastStart = -Infinity;
    let updates = 0;
    for (let value = first; ; ) {
      if (value !== INITIAL) {
        const producer = producers[value] as number;
        const end = this.endOf(producer, cutoff);
        if (end < lastStart) return null;
        firstEnd = Math.min(firstEnd, end);
        lastStart = Math.max(lastStart, starts[producer] as number);
        updates += 1;
      }
      const readEnd = this.readEnds[value] as number;
      if (readEnd < lastStart) return null;
      firstEnd = Math.min(firstEnd, readEnd);
      lastStart = Math.max(lastStart, this.readStarts[value] as number);
      const consumer = this.consumers[value] as number;
      if (consumer === NONE) {
        return { value: first, updates, firstEnd, lastStart, place: Math.min(firstEnd, lastStart) };
      }
      value = leaves[consumer] as number;
    }
  }

  private countKeptUpdates(): number {
    let count = 0;
    for (const [position, left] of this.calls.leaves.entries()) {
      if (left !== NONE) count += this.isKept[position] as number;
    }
    return count;
  }

  private orderOfBlock(first: number): number[] {
    const { producers, leaves } = this.calls;
    const order: number[] = [];
    for (let value = first; ; ) {
      if (value !== INITIAL) order.push(producers[value] as number);
      let reader = this.firstReader[value] as number;
      for (; reader !== NONE; reader = this.nextReader[reader] as number) order.push(reader);
      const consumer = this.consumers[value] as number;
      if (consumer === NONE) return order;
      value = leaves[consumer] as number;
    }
  }

  /** When the operation ended that began last in a block. */
  private endOfLatest({ value, lastStart }: Block, cutoff: number): number {
    const position = this.orderOfBlock(value).find((member) => this.calls.starts[member] === lastStart);
    return position === undefined ? NONE : this.endOf(position, cutoff);
  }

  private endOf(position: number, cutoff: number): number {
    const end = this.calls.ends[position] as number;
    return end <= cutoff ? end : Infinity;
  }
}

/** An end may be at the line of a start where times overlap; then what starts there goes first. */
function byPlace(left: Block, right: Block): number {
  if (left.place !== right.place) return left.place < right.place ? -1 : 1;
  return Number(left.firstEnd < left.lastStart) - Number(right.firstEnd < right.lastStart);
}

/** What a write (or the start) left, with all that followed from it by compare-and-set. */
interface Block {
  /** The value that it begins with. */
  readonly value: number;
  readonly updates: number;
  /** The first completion and the last invocation in it. */
  readonly firstEnd: number;
  readonly lastStart: number;
  /** The smaller of the two: where it stands among the others. */
  readonly place: number;
}
