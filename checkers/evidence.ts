import type { Operation } from '../src/history/operations.ts';
import { DEFAULT_BUDGET, Meter } from './budget.ts';
import { forcedOrders } from './forced-orders.ts';
import { minimise, unfinished } from './minimise.ts';
import type { Model } from './model.ts';
import { searchLinearization } from './search/search.ts';
import { verifyEvidence } from './verify-evidence.ts';

/** A small part of a history that no order explains: if it is not linearizable, neither is the whole. */
export interface Evidence {
  readonly key: string | null;
  /**
   * In the order of their invocations, the offending one among them. An update that did not have to be complete for the
   * contradiction stands here as `info` without completion, whatever became of it. Lists that were read stand here
   * without the values that do not matter. `invokedIndex` leads to the original.
   */
  readonly operations: readonly Operation[];
  /**
   * `null`: the object began as it does at the start of a history. Else it may have held anything when this line was
   * reached, and what had ended before is left out.
   */
  readonly fromIndex: number | null;
  /** Whether no single operation can be weakened without an order explaining the rest; `false` if that is not sure. */
  readonly minimal: boolean;
  /** The earliest completion up to which the history, without what failed in the end, is not linearizable. */
  readonly completedIndex: number;
  /** The operation that completed there. */
  readonly offending: Operation;
  readonly summary: string;
  /** Why no order explains `operations`, a sentence each: which of them must come before which. */
  readonly forced: readonly string[];
}

/** For each half of a bisection: a fraction of a second. */
const STEPS_OF_A_HALF = 300_000;

/** Evidence, and whether {@link verifyEvidence} accepts it. */
export interface FoundEvidence {
  readonly evidence: Evidence;
  readonly verified: boolean;
}

/**
 * Shrinks one key's operations, up to the completion of `offending`, to what contradicts itself; see {@link minimise}.
 * Costs some hundred searches with small budgets, and one verification.
 */
export function findEvidence(
  ofKey: readonly Operation[], model: Model, offending: Operation, shouldStop: () => boolean,
): FoundEvidence {
  const completedIndex = offending.completedIndex as number;
  const { operations, fromIndex, isMinimal } =
    minimise(upTo(ofKey, completedIndex), model, offending, shouldStop);
  const count = `${operations.length} ${operations.length === 1 ? 'operation' : 'operations'}`;
  const whatever = fromIndex === null ? '' : ', whatever it held before';
  const summary = `no order of ${count} explains ${describe(offending)}${whatever}`;
  const forced = forcedOrders(operations, fromIndex === null ? model : model.startingUnseen?.() ?? model);
  return {
    evidence: {
      key: offending.key, operations, fromIndex, minimal: isMinimal, completedIndex, offending, summary, forced,
    },
    verified: verifyEvidence(ofKey, model, operations, { fromIndex }) === null,
  };
}

/**
 * The first operation up to whose completion no order explains one key's operations, where the search, looking ahead,
 * already failed at the completion of `stuck`: most often there, so looks at it, then further and further on, then
 * bisects. A history that is not linearizable stays so, however it goes on. Where the budget does not suffice, a later
 * operation.
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
  let step = 1;
  while (low < high) {
    const middle = Math.min((low + high) >>> 1, low + step - 1);
    const completedIndex = (completed[middle] as Operation).completedIndex as number;
    const meter = new Meter({ ...DEFAULT_BUDGET, steps: STEPS_OF_A_HALF }, shouldStop);
    const result = searchLinearization(upTo(operations, completedIndex), model, meter);
    if (result.kind === 'stuck') high = middle;
    else low = middle + 1;
    step *= 2;
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
