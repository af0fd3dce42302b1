import type { Operation } from '../../src/history/operations.ts';
import type { Meter } from '../budget.ts';
import type { Model, Part } from '../model.ts';
import { withoutUnneeded } from '../needed.ts';
import { testBlocks } from './block-test.ts';
import { searchFrontier } from './frontier.ts';
import { testQueue } from './queue-test.ts';
import type { SearchResult } from './result.ts';
import { searchDepthFirst } from './wing-gong-lowe.ts';

/** Which algorithm answered. */
export type Algorithm = 'block-test' | 'queue-test' | 'just-in-time-frontier' | 'wing-gong-lowe';

/** A {@link SearchResult}, and who found it. */
export type NamedResult = SearchResult & { readonly algorithm: Algorithm };

/** Looks for a linearization of the operations of one key, in the order of their invocations, in the cheapest way. */
export function searchLinearization(operations: readonly Operation[], model: Model, meter: Meter): NamedResult {
  const parts = model.split?.(operations) ?? null;
  if (parts !== null) return searchParts(operations, parts, meter);
  const tested = testBlocks(operations, model, meter);
  if (tested !== null) return { ...tested, algorithm: 'block-test' };
  const queued = testQueue(operations, model, meter);
  if (queued !== null) return { ...queued, algorithm: 'queue-test' };
  const machineOf = model.machine?.bind(model);
  if (machineOf === undefined) return { ...searchDeep(operations, model, meter), algorithm: 'wing-gong-lowe' };
  return { ...searchFrontier(operations, model, meter, machineOf), algorithm: 'just-in-time-frontier' };
}

/** The depth-first search, spared the unknown updates that cannot help. */
function searchDeep(operations: readonly Operation[], model: Model, meter: Meter): SearchResult {
  const needed = withoutUnneeded(operations, model);
  const positions = new Map(operations.map(({ invokedIndex }, position) => [invokedIndex, position]));
  const positionOf = (position: number): number =>
    positions.get((needed[position] as Operation).invokedIndex) as number;
  const result = searchDepthFirst(needed, model.narrowedTo?.(needed) ?? model, meter);
  switch (result.kind) {
    case 'linearizable': return { ...result, order: result.order.map(positionOf) };
    case 'stuck': return { ...result, position: positionOf(result.position) };
    case 'gave-up': return result;
  }
}

/**
 * Judges parts one by one. An order of each makes one of the whole: let each operation take place when the last one up
 * to it in its own order has begun; this is before it ends, or its part's order would contradict real time.
 */
function searchParts(whole: readonly Operation[], parts: readonly Part[], meter: Meter): NamedResult {
  const positions = new Map(whole.map(({ invokedIndex }, position) => [invokedIndex, position]));
  const points: { readonly position: number; readonly at: number }[] = [];
  let algorithm: Algorithm = 'just-in-time-frontier';
  let hasGivenUp = false;
  let worst: { readonly position: number; readonly end: number; readonly isEarliest: boolean } | null = null;
  for (const { model, operations } of parts) {
    const result = searchLinearization(operations, model, meter);
    ({ algorithm } = result);
    if (result.kind === 'gave-up') {
      hasGivenUp = true;
    } else if (result.kind === 'stuck') {
      const { invokedIndex, completedIndex } = operations[result.position] as Operation;
      const end = completedIndex as number;
      const position = positions.get(invokedIndex) as number;
      if (worst === null || end < worst.end) worst = { position, end, isEarliest: result.isEarliest };
    } else {
      let at = -1;
      for (const member of result.order) {
        const { invokedIndex } = operations[member] as Operation;
        at = Math.max(at, invokedIndex);
        points.push({ position: positions.get(invokedIndex) as number, at });
      }
    }
  }
  if (worst !== null) return { kind: 'stuck', position: worst.position, isEarliest: worst.isEarliest, algorithm };
  if (hasGivenUp) return { kind: 'gave-up', algorithm };
  points.sort((left, right) => left.at - right.at); // Those of one part that take place at once keep their order.
  return { kind: 'linearizable', order: points.map(({ position }) => position), algorithm };
}
