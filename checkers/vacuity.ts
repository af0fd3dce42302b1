import type { History } from '../src/history/operation.ts';
import { type Operation, pairOperations } from '../src/history/operations.ts';

const UPDATES: readonly string[] = ['write', 'cas', 'append', 'delete', 'add', 'remove'];
const QUESTIONS: readonly string[] = ['read', 'contains'];

/**
 * Whether any answer in this history could have been wrong: some `ok` question about a key had an earlier or
 * overlapping `ok` update of that key to miss or to see, or a lock was granted to two processes. A run without either
 * says nothing about the system, however green.
 */
export function couldHaveBeenWrong(history: History): boolean {
  const { operations } = pairOperations(history);
  return couldHaveMissed(operations) || wasGrantedTwice(operations);
}

function couldHaveMissed(operations: readonly Operation[]): boolean {
  const firstUpdate = new Map<string | null, number>();
  for (const { f, key, outcome, invokedIndex } of operations) {
    if (outcome === 'ok' && UPDATES.includes(f) && !firstUpdate.has(key)) firstUpdate.set(key, invokedIndex);
  }
  return operations.some(({ f, key, outcome, completedIndex }) => {
    const updateIndex = firstUpdate.get(key);
    if (!QUESTIONS.includes(f) || outcome !== 'ok' || completedIndex === null) return false;
    return updateIndex !== undefined && updateIndex < completedIndex;
  });
}

/** A process that is granted a lock twice may have taken it from itself. */
function wasGrantedTwice(operations: readonly Operation[]): boolean {
  const firstGrant = new Map<string | null, number>();
  return operations.some(({ f, key, outcome, process }) => {
    if (f !== 'acquire' || outcome !== 'ok') return false;
    const first = firstGrant.get(key);
    if (first === undefined) firstGrant.set(key, process);
    return first !== undefined && first !== process;
  });
}
