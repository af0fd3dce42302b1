import type { Operation } from '../src/history/operations.ts';
import { ILLEGAL, type Model } from './model.ts';

/** An order of one key's operations that explains all answers. */
export interface KeyWitness {
  readonly key: string | null;
  /** `invokedIndex` of each operation: every `ok` one, and those of unknown outcome that took effect. */
  readonly order: readonly number[];
}

/**
 * Checks a witness without trusting the search that made it: shares nothing with it but {@link Model.step}. Returns
 * what is wrong, or `null` if the witness proves that the operations are linearizable. Linear.
 *
 * For each key the order must hold every `ok` operation once, no failed one, those of unknown outcome at most once;
 * no operation may stand behind one that was invoked after it had completed; and each step must be legal.
 */
export function verifyWitness(
  operations: readonly Operation[], model: Model, witness: readonly KeyWitness[],
): string | null {
  const missing = new Map<number, Operation>();
  const unused = new Map<number, Operation>();
  for (const operation of operations) {
    if (operation.outcome === 'ok') missing.set(operation.invokedIndex, operation);
    if (operation.outcome === 'info') unused.set(operation.invokedIndex, operation);
  }
  const keys = new Set<string | null>();
  for (const { key, order } of witness) {
    if (keys.has(key)) return `two orders for key ${JSON.stringify(key)}`;
    keys.add(key);
    let state = model.initial;
    let latestInvokedIndex = -1;
    for (const invokedIndex of order) {
      const operation = missing.get(invokedIndex) ?? unused.get(invokedIndex);
      if (operation === undefined) return `operation ${invokedIndex} failed, does not exist, or stands here twice`;
      missing.delete(invokedIndex);
      unused.delete(invokedIndex);
      if (operation.key !== key) return `operation ${invokedIndex} is not one of key ${JSON.stringify(key)}`;

      const { outcome, completedIndex } = operation;
      if (outcome === 'ok' && completedIndex !== null && completedIndex < latestInvokedIndex) {
        return `operation ${invokedIndex} had completed when operation ${latestInvokedIndex}, placed before it, began`;
      }
      latestInvokedIndex = Math.max(latestInvokedIndex, invokedIndex);

      const next = model.step(state, operation);
      if (next === ILLEGAL) return `operation ${invokedIndex} cannot have ended as it did where it stands`;
      state = next;
    }
  }
  for (const invokedIndex of missing.keys()) return `operation ${invokedIndex} succeeded, but has no place`;
  return null;
}
