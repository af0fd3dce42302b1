import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import type { BarrierFinding } from './result.ts';

/** Index of the line that ends an operation for certain: infinite where nobody knows how it ended. */
export function endOf({ outcome, completedIndex }: Operation): number {
  return outcome === 'info' ? Infinity : completedIndex ?? Infinity;
}

/** The one with the lowest number, the first of them; `undefined` where there is none. */
export function firstWith(
  operations: readonly Operation[], numberOf: (operation: Operation) => number,
): Operation | undefined {
  return operations.reduce<Operation | undefined>((best, operation) =>
    (best === undefined || numberOf(operation) < numberOf(best) ? operation : best), undefined);
}

/** The round of a barrier, as it is told. */
export function textOf(key: string | null, round: Json): string {
  const barrier = key ?? 'the barrier';
  return round === null ? barrier : `round ${JSON.stringify(round)} of ${barrier}`;
}

/** `breach` was answered too early; `others` say so. */
export function findingOf(
  kind: BarrierFinding['kind'], key: string | null, breach: Operation, others: readonly Operation[], summary: string,
): BarrierFinding {
  const lines = [breach, ...others].flatMap(({ invokedIndex, completedIndex }) =>
    (completedIndex === null ? [invokedIndex] : [invokedIndex, completedIndex]));
  const unique = [...new Set(lines)].sort((a, b) => a - b);
  return { kind, key, lines: unique, atUs: breach.completedAtUs ?? breach.invokedAtUs, summary };
}
