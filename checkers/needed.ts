import type { Operation } from '../src/history/operations.ts';
import type { Model } from './model.ts';
import type { ValueKey } from './value-key.ts';

/**
 * Leaves out unknown reads, and unknown updates that cannot be needed. In a shortest order, each unknown update is
 * followed at once by an operation that observes it; so one that is observed by `n` operations (definite ones, and
 * unknown ones that are kept) is needed at most `n` times, and of equal ones the first `n` serve best.
 */
export function withoutUnneeded(operations: readonly Operation[], model: Model): Operation[] {
  const helpsNobody = model.unneededIn?.(operations) ?? ((): boolean => false);
  const kept = operations.filter((operation) => {
    if (operation.outcome !== 'info' || model.isObserver(operation)) return operation.outcome === 'ok';
    return model.produces(operation) === undefined && !helpsNobody(operation);
  });
  /** By product: the unknown updates not yet kept, the last ones first. */
  const producers = new Map<ValueKey, Operation[]>();
  for (let position = operations.length - 1; position >= 0; position -= 1) {
    const operation = operations[position] as Operation;
    const product = operation.outcome === 'info' ? model.produces(operation) : undefined;
    if (product === undefined) continue; // Who might need it is not known by its value.
    const sameProduct = producers.get(product);
    if (sameProduct === undefined) producers.set(product, [operation]);
    else sameProduct.push(operation);
  }
  /** The same by call, for the products that somebody observes: they are few, and the others many. */
  const calls = new Map<ValueKey, Operation[][]>();
  // `kept` grows while it is walked: a kept unknown cas observes as well.
  for (const observer of kept) {
    const helpful = model.excludes?.(observer) === undefined ? model.observes(observer) : producers.keys();
    for (const value of helpful) {
      const ofValue = calls.get(value) ?? byCall(producers.get(value) ?? []);
      calls.set(value, ofValue);
      for (const sameCall of ofValue) {
        const first = sameCall.pop();
        if (first !== undefined) kept.push(first);
      }
    }
  }
  return kept.sort((left, right) => left.invokedIndex - right.invokedIndex);
}

/** Those that ask for the same together, in their order. */
function byCall(operations: readonly Operation[]): Operation[][] {
  if (operations.length <= 1) return [[...operations]];
  const groups = new Map<string, Operation[]>();
  for (const operation of operations) {
    const call = JSON.stringify([operation.f, operation.input]);
    const group = groups.get(call);
    if (group === undefined) groups.set(call, [operation]);
    else group.push(operation);
  }
  return [...groups.values()];
}
