import type { History } from '../src/history/operation.ts';
import { pairOperations } from '../src/history/operations.ts';

const UPDATES: readonly string[] = ['write', 'cas', 'append'];

/**
 * Whether any answer in this history could have been wrong: some `ok` read of a key had an earlier or overlapping
 * `ok` update of that key to miss or to see. A run without such a pair says nothing about the system, however green.
 */
export function couldHaveBeenWrong(history: History): boolean {
  const { operations } = pairOperations(history);
  const firstUpdate = new Map<string | null, number>();
  for (const { f, key, outcome, invokedIndex } of operations) {
    if (outcome === 'ok' && UPDATES.includes(f) && !firstUpdate.has(key)) firstUpdate.set(key, invokedIndex);
  }
  return operations.some(({ f, key, outcome, completedIndex }) => {
    const updateIndex = firstUpdate.get(key);
    if (f !== 'read' || outcome !== 'ok' || completedIndex === null || updateIndex === undefined) return false;
    return updateIndex < completedIndex;
  });
}
