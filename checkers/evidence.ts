import type { Operation } from '../src/history/operations.ts';
import { DEFAULT_BUDGET, Meter } from './budget.ts';
import { forcedOrders } from './forced-orders.ts';
import type { Model } from './model.ts';
import { withoutUnneeded } from './needed.ts';
import { searchLinearization } from './search/search.ts';
import type { ValueKey } from './value-key.ts';
import { verifyEvidence } from './verify-evidence.ts';

/**
 * A small part of a history that no order explains: if it is not linearizable, neither is the whole. No single
 * operation of it can be weakened further (unless the search for it, which has its own budget, ended early).
 */
export interface Evidence {
  readonly key: string | null;
  /**
   * At most {@link EVIDENCE_LIMIT}, in the order of their invocations, the offending one among them. An update that did
   * not have to be complete for the contradiction stands here as `info` without completion, whatever became of it.
   * Lists that were read stand here without the values that do not matter. `invokedIndex` leads to the original.
   */
  readonly operations: readonly Operation[];
  /** How many more operations the contradiction needs, earlier ones; without them `operations` proves nothing. */
  readonly omitted: number;
  /** The earliest completion up to which the history, without what failed in the end, is not linearizable. */
  readonly completedIndex: number;
  /** The operation that completed there. */
  readonly offending: Operation;
  readonly summary: string;
  /** Why no order explains `operations`, a sentence each: which of them must come before which. */
  readonly forced: readonly string[];
}

/** As many operations as a person can follow on one page. */
export const EVIDENCE_LIMIT = 12;

/** For one trial of a smaller part, and for all of them. Evidence is worth seconds, not minutes. */
const TRIAL_STEPS = 100_000;
const ALL_TRIALS_STEPS = 4_000_000;

/** Evidence, and whether {@link verifyEvidence} accepts it. */
export interface FoundEvidence {
  readonly evidence: Evidence;
  readonly verified: boolean;
}

/**
 * Shrinks one key's operations, up to the completion of `offending`, to what contradicts itself.
 *
 * Only weakening steps are taken, so that a contradiction that is left was there at the start: an observer is dropped;
 * an `ok` update becomes one of unknown outcome; an unknown update is dropped if nobody left could need it; a value is
 * hidden in all operations ({@link View}).
 */
export function findEvidence(
  operations: readonly Operation[], model: Model, offending: Operation, shouldStop: () => boolean,
): FoundEvidence {
  const trials = new Trials(model, shouldStop);
  const completedIndex = offending.completedIndex as number;
  const near = nearest(upTo(operations, completedIndex), offending, trials);
  const small = shrink(hideValues(near, trials), trials);
  const last = new Set(small.slice(1 - EVIDENCE_LIMIT));
  const kept = small.length <= EVIDENCE_LIMIT ? small
    : small.filter((operation) => last.has(operation) || operation.invokedIndex === offending.invokedIndex);
  const omitted = small.length - kept.length;
  const summary = `no order of ${small.length} ${small.length === 1 ? 'operation' : 'operations'} explains ` +
    `${describe(offending)}`;
  const forced = omitted === 0 ? forcedOrders(kept, model) : [];
  return {
    evidence: { key: offending.key, operations: kept, omitted, completedIndex, offending, summary, forced },
    verified: omitted === 0 && verifyEvidence(operations, model, kept) === null,
  };
}

/** Tries parts of a history, each with a small budget, until the budget for all of them is used up. */
class Trials {
  readonly model: Model;
  private readonly shouldStop: () => boolean;
  private stepsLeft = ALL_TRIALS_STEPS;

  constructor(model: Model, shouldStop: () => boolean) {
    this.model = model;
    this.shouldStop = shouldStop;
  }

  isExhausted(): boolean {
    return this.stepsLeft <= 0;
  }

  /** Whether no order explains `operations`; false as well where the budget did not suffice to tell. */
  isContradictory(operations: readonly Operation[]): boolean {
    if (this.isExhausted()) return false;
    const steps = Math.min(TRIAL_STEPS + 20 * operations.length, this.stepsLeft);
    const meter = new Meter({ ...DEFAULT_BUDGET, steps }, this.shouldStop);
    const isStuck = searchLinearization(operations, this.model, meter).kind === 'stuck';
    // To read the operations costs as well, above all where they hold long lists.
    const size = operations.reduce((sum, operation) => sum + 1 + this.model.observes(operation).length, 0);
    this.stepsLeft -= meter.used().steps + size;
    return isStuck;
  }
}

/**
 * The first operation up to whose completion no order explains one key's operations, where the search, looking ahead,
 * already failed at the completion of `stuck`. Bisects: a history that is not linearizable stays so, however it goes
 * on. Where the budget does not suffice, a later operation.
 */
export function earliestOffending(
  operations: readonly Operation[], model: Model, stuck: Operation, shouldStop: () => boolean,
): Operation {
  const first = stuck.completedIndex as number;
  const completed = operations
    .filter(({ outcome, completedIndex }) => outcome === 'ok' && (completedIndex as number) >= first)
    .sort((left, right) => (left.completedIndex as number) - (right.completedIndex as number));
  let low = 0;
  let high = completed.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const completedIndex = (completed[middle] as Operation).completedIndex as number;
    const result = searchLinearization(upTo(operations, completedIndex), model, new Meter(DEFAULT_BUDGET, shouldStop));
    if (result.kind === 'stuck') high = middle;
    else low = middle + 1;
  }
  return completed[low] as Operation;
}

/** The history as it stood right after the line `lastIndex`. */
function upTo(operations: readonly Operation[], lastIndex: number): Operation[] {
  return operations
    .filter(({ invokedIndex, outcome }) => invokedIndex <= lastIndex && outcome !== 'fail')
    .map((operation) => (operation.completedIndex !== null && operation.completedIndex > lastIndex
      ? unfinished(operation)
      : operation));
}

function unfinished(operation: Operation): Operation {
  return { ...operation, output: null, outcome: 'info', completedIndex: null, completedAtUs: null };
}

/**
 * Weakens all but the few operations nearest to `offending`: the latest ones, and the latest that wrote or saw what
 * it saw; then twice as many, until the rest is contradictory. Long histories become short in a few trials.
 */
function nearest(operations: readonly Operation[], offending: Operation, trials: Trials): readonly Operation[] {
  const { model } = trials;
  const seen = new Set<ValueKey>(model.observes(offending));
  const related = operations.filter((operation) => {
    const product = model.produces(operation);
    return (product !== undefined && seen.has(product)) || model.observes(operation).some((value) => seen.has(value));
  });
  for (let count = 1; count < operations.length; count *= 2) {
    const kept = new Set([offending, ...operations.slice(-count), ...related.slice(-count)]);
    const weaker = weakened(operations, (operation) => kept.has(operation), model);
    if (trials.isContradictory(weaker)) return weaker;
  }
  return withoutUnneeded(operations, model);
}

/** Hides as many values as possible, where the model can: many at once first, then fewer. */
function hideValues(operations: readonly Operation[], trials: Trials): readonly Operation[] {
  const { view } = trials.model;
  if (view === undefined) return operations;
  let current = operations;
  let values = [...new Set(operations.flatMap((operation) => view.mentions(operation)))];
  for (let size = Math.ceil(values.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < values.length && !trials.isExhausted(); ) {
      const hidden = new Set(values.slice(start, start + size));
      const fewer = current.flatMap((operation) => view.hide(operation, hidden) ?? []);
      if (trials.isContradictory(fewer)) {
        current = fewer;
        values = values.filter((value) => !hidden.has(value));
      } else {
        start += size;
      }
    }
  }
  return current;
}

/** Weakens large runs of operations first, then smaller ones, as long as the rest stays contradictory. */
function shrink(operations: readonly Operation[], trials: Trials): readonly Operation[] {
  let current = operations;
  let size = Math.ceil(current.length / 2);
  while (size >= 1) {
    let hasShrunk = false;
    for (let start = 0; start < current.length && !trials.isExhausted(); ) {
      const chunk = new Set(current.slice(start, start + size));
      const weaker = weakened(current, (operation) => !chunk.has(operation), trials.model);
      const isWeaker = current.some((operation) => chunk.has(operation) && operation.outcome === 'ok');
      if (isWeaker && trials.isContradictory(weaker)) {
        start += Math.max(0, size - (current.length - weaker.length));
        current = weaker;
        hasShrunk = true;
      } else {
        start += size;
      }
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!hasShrunk) return current;
  }
  return current;
}

/** Weakens what `isKept` does not keep as it is. */
function weakened(
  operations: readonly Operation[], isKept: (operation: Operation) => boolean, model: Model,
): Operation[] {
  const weaker: Operation[] = [];
  for (const operation of operations) {
    if (isKept(operation) || operation.outcome === 'info') weaker.push(operation);
    else if (!model.isObserver(operation)) weaker.push(unfinished(operation));
  }
  return withoutUnneeded(weaker, model);
}

/** Without what was read: most of a list does not matter, and what does stands in the evidence. */
function describe({ process, f, key, input }: Operation): string {
  const object = key === null ? '' : ` ${key}`;
  // `null` is a value to write; anywhere else it says that there is nothing to say.
  const isAsked = f === 'write' || (f !== 'read' && input !== null);
  return `how process ${process} completed ${f}${object}${isAsked ? ` ${shortText(input)}` : ''}`;
}

function shortText(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
