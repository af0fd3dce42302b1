import type { Operation } from '../src/history/operations.ts';
import type { Model } from './model.ts';
import type { ValueKey } from './value-key.ts';

/**
 * Leaves out unknown reads, and unknown updates that cannot be needed. In a shortest order, each unknown update is
 * followed at once by an operation that observes it; so one that is observed by `n` operations (definite ones, and
 * unknown ones that are kept) is needed at most `n` times, and of equal ones the first `n` serve best.
 */
export function withoutUnneeded(operations: readonly Operation[], model: Model): Operation[] {
  /** By product, then by call: the unknown updates not yet kept. */
  const producers = new Map<ValueKey, Map<string, Operation[]>>();
  for (const operation of [...operations].reverse()) {
    const product = operation.outcome === 'info' ? model.produces(operation) : undefined;
    if (product === undefined) continue; // Nobody knows who might need it, so it stays.
    const calls = producers.get(product) ?? new Map<string, Operation[]>();
    producers.set(product, calls);
    const call = JSON.stringify([operation.f, operation.input]);
    const sameCall = calls.get(call);
    if (sameCall === undefined) calls.set(call, [operation]);
    else sameCall.push(operation);
  }
  const kept = operations.filter((operation) => operation.outcome === 'ok'
    || (model.produces(operation) === undefined && !model.isObserver(operation)));
  // `kept` grows while it is walked: a kept unknown cas observes as well.
  for (const observer of kept) {
    const helpful = model.excludes?.(observer) === undefined ? model.observes(observer) : producers.keys();
    for (const value of helpful) {
      for (const sameCall of producers.get(value)?.values() ?? []) {
        const first = sameCall.pop();
        if (first !== undefined) kept.push(first);
      }
    }
  }
  return kept.sort((left, right) => left.invokedIndex - right.invokedIndex);
}
