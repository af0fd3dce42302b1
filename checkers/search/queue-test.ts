import type { Operation } from '../../src/history/operations.ts';
import type { Meter } from '../budget.ts';
import type { Model } from '../model.ts';
import { takenBy } from '../models/collection.ts';
import { valueKey, type ValueKey } from '../value-key.ts';
import { contradictsItself, type QueuedValue } from './queue-contradiction.ts';
import type { SearchResult } from './result.ts';

/**
 * Decides one key of a queue without any search, if no value goes in twice; `null` where it cannot.
 *
 * One pass over the lines, which puts off what goes in and takes out what it can: a value goes in when its operation
 * ends, when it has come out, or when one that has to come out behind it goes in; it comes out as soon as it is the
 * first and somebody asks. So the queue is empty whenever it can be. Who took one without an answer takes the first
 * one, where that is in the way and nobody was answered with it. If no outcome of a `dequeue` is unknown, there is no
 * order where this finds none. Else it has made choices, and only a contradiction that needs none of them counts.
 * Time n log n for n operations.
 */
export function testQueue(operations: readonly Operation[], model: Model, meter: Meter): SearchResult | null {
  if (model.name !== 'queue') return null;
  const values = valuesOf(operations);
  if (values === null) return null;
  if (!meter.spend(operations.length) || !meter.hold(1, 64 * operations.length)) return { kind: 'gave-up' };
  const pass = new Pass(operations, values);
  const stuckAt = pass.run();
  if (stuckAt === null) return { kind: 'linearizable', order: pass.order };
  const hasUnknown = operations.some(({ f, outcome }) => f === 'dequeue' && outcome === 'info');
  if (hasUnknown && !contradictsItself(operations, [...values.values()])) return null;
  // What it has ordered, it has ordered with an eye on what comes: the contradiction may be complete only later.
  return { kind: 'stuck', position: stuckAt, isEarliest: false };
}

/** By value; `null` where one is put in twice. Unknown ones that nobody was answered with are left out. */
function valuesOf(operations: readonly Operation[]): Map<ValueKey, QueuedValue> | null {
  const puts = new Map<ValueKey, number>();
  const takes = new Map<ValueKey, number[]>();
  for (const [position, operation] of operations.entries()) {
    const { f, input, outcome } = operation;
    if (outcome === 'fail') continue;
    const taken = takenBy(operation);
    if (taken !== null) takes.set(taken, [...takes.get(taken) ?? [], position]);
    if (f !== 'enqueue') continue;
    if (puts.has(valueKey(input))) return null;
    puts.set(valueKey(input), position);
  }
  const values = new Map<ValueKey, QueuedValue>();
  for (const [key, put] of puts) {
    const own = takes.get(key) ?? [];
    if (own.length > 0 || operations[put]?.outcome === 'ok') values.set(key, { put, takes: own });
  }
  for (const [key, own] of takes) if (!puts.has(key)) values.set(key, { put: null, takes: own });
  return values;
}

class Pass {
  /** Positions, in the order in which they take effect. */
  readonly order: number[] = [];
  private readonly operations: readonly Operation[];
  private readonly values: ReadonlyMap<ValueKey, QueuedValue>;
  /** Those that somebody was answered with, by when the first of these answers came. */
  private readonly byAnswer: readonly QueuedValue[];
  private nextByAnswer = 0;
  private readonly isDone: boolean[];
  /** What is in, from `head` on. */
  private readonly contents: QueuedValue[] = [];
  private head = 0;
  /** Operations that begin before this line are asked for by now. */
  private now = -1;
  /** `dequeue`s of unknown outcome, in the order of their invocations, and how many of them have taken something. */
  private readonly unknown: readonly number[];
  private used = 0;
  /** Those that found nothing and wait for the queue to be empty. */
  private waiting: number[] = [];

  constructor(operations: readonly Operation[], values: ReadonlyMap<ValueKey, QueuedValue>) {
    this.operations = operations;
    this.values = values;
    this.isDone = operations.map(() => false);
    this.unknown = [...operations.keys()].filter((position) =>
      this.at(position).f === 'dequeue' && this.at(position).outcome === 'info');
    this.byAnswer = [...values.values()].filter(({ takes }) => takes.length > 0)
      .sort((a, b) => this.answerOf(a) - this.answerOf(b));
  }

  /** The operation up to whose completion there was no order, or `null`. */
  run(): number | null {
    const lines = this.operations.flatMap((operation, position) => {
      const { invokedIndex, completedIndex, outcome } = operation;
      const begin = { index: invokedIndex, position, isEnd: false };
      return outcome === 'ok' ? [begin, { index: completedIndex as number, position, isEnd: true }] : [begin];
    }).sort((a, b) => a.index - b.index);
    for (const { index, position, isEnd } of lines) {
      this.now = index;
      if (isEnd ? !this.end(position) : !this.begin(position)) return position;
    }
    return null;
  }

  /** Always `true`: to begin contradicts nothing. */
  private begin(position: number): true {
    const operation = this.at(position);
    if (operation.outcome !== 'ok' || operation.f !== 'dequeue') return true;
    if (operation.output === null) this.waiting.push(position);
    this.takeOut();
    return true;
  }

  private end(position: number): boolean {
    const operation = this.at(position);
    if (this.isPlaced(position)) return true;
    if (operation.f === 'enqueue') return this.putIn(this.values.get(valueKey(operation.input)) as QueuedValue);
    const value = takenBy(operation);
    if (value !== null && !this.putIn(this.values.get(value) as QueuedValue)) return false;
    while (!this.isPlaced(position)) if (!this.loseFirst()) return false;
    return true;
  }

  // ── What goes in ─────────────────────────────────────────────────────

  /** Puts a value in, behind those that have to come out before it. */
  private putIn(value: QueuedValue): boolean {
    if (this.isIn(value)) return true;
    const fromIndex = this.earliestTake(value);
    for (; this.nextByAnswer < this.byAnswer.length; this.nextByAnswer += 1) {
      const first = this.byAnswer[this.nextByAnswer] as QueuedValue;
      if (this.answerOf(first) >= fromIndex) break;
      if (!this.isIn(first) && !this.add(first)) return false;
    }
    return this.add(value);
  }

  private isIn({ put }: QueuedValue): boolean {
    return put !== null && this.isPlaced(put);
  }

  private add(value: QueuedValue): boolean {
    const { put } = value;
    if (put === null || this.at(put).invokedIndex > this.now) return false;
    this.place(put);
    this.contents.push(value);
    this.takeOut();
    return true;
  }

  /** When somebody may begin to take it out. Where nobody was answered with it, those without an answer do, in turn. */
  private earliestTake({ takes: [first] }: QueuedValue): number {
    if (first !== undefined) return this.at(first).invokedIndex;
    const before = this.contents.slice(this.head).filter(({ takes }) => takes.length === 0).length;
    const taker = this.unknown[this.used + before];
    return taker === undefined ? Infinity : this.at(taker).invokedIndex;
  }

  private answerOf({ takes }: QueuedValue): number {
    return takes.reduce((first, take) => Math.min(first, this.at(take).completedIndex as number), Infinity);
  }

  // ── What comes out ───────────────────────────────────────────────────

  /** Takes out what has been asked for, and tells those who wait for an empty queue. */
  private takeOut(): void {
    for (; this.head < this.contents.length; this.head += 1) {
      const take = this.contents[this.head]?.takes[0];
      if (take === undefined || this.at(take).invokedIndex > this.now) return;
      this.place(take);
    }
    for (const position of this.waiting) this.place(position);
    this.waiting = [];
  }

  /** The first one is in the way, and nobody was answered with it: somebody took it without an answer. */
  private loseFirst(): boolean {
    const [taker, first] = [this.unknown[this.used], this.contents[this.head]];
    const isFree = first !== undefined && first.takes.length === 0;
    if (!isFree || taker === undefined || this.at(taker).invokedIndex > this.now) return false;
    this.place(taker);
    this.used += 1;
    this.head += 1;
    this.takeOut();
    return true;
  }

  private place(position: number): void {
    this.isDone[position] = true;
    this.order.push(position);
  }

  private isPlaced(position: number): boolean {
    return this.isDone[position] === true;
  }

  private at(position: number): Operation {
    return this.operations[position] as Operation;
  }
}
