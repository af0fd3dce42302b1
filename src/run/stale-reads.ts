import { pairOperations, type Json, type Operation } from '../../checkers/index.ts';
import type { History } from '../history/operation.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { Workload } from '../workloads/workload.ts';

/**
 * How many reads have certainly missed a write that had been acknowledged before they began: it was lost, or the node
 * that answered was behind. Of a register, whose values are unique, a read that found what such a write had certainly
 * written over; of a list, one that lacks such an append. Never more than there are: where operations overlap, nothing
 * is certain. `null` for other kinds of object. Cost: linear in a register's operations but for sorting, for lists the
 * product of reads and appends.
 */
export function staleReads(history: History, kind: Workload['kind']): number | null {
  if (kind !== 'register' && kind !== 'append') return null;
  const byKey = new Map<Operation['key'], Operation[]>();
  for (const operation of pairOperations(history).operations) {
    const ofKey = byKey.get(operation.key);
    if (ofKey === undefined) byKey.set(operation.key, [operation]);
    else ofKey.push(operation);
  }
  const isStale = kind === 'register' ? readsOfRegister : readsOfList;
  return [...byKey.values()].reduce((sum, operations) => sum + isStale(operations), 0);
}

/** Those that found a value whose write had ended before another one began that had ended before the read began. */
function readsOfRegister(operations: readonly Operation[]): number {
  const acknowledged = acknowledgedBy(operations, 'write');
  const endOf = new Map<Json, TimeUs>(acknowledged.map(({ input, completedAtUs }) => [input, completedAtUs]));
  let latestUs = -1;
  const latest = acknowledged.map(({ invokedAtUs }) => (latestUs = Math.max(latestUs, invokedAtUs)));
  return readsIn(operations).filter(({ invokedAtUs, output }) => {
    const before = countBefore(acknowledged, invokedAtUs);
    // A write of unknown outcome may have taken effect as late as just before the read.
    const endUs = output === null ? -1 : endOf.get(output) ?? Infinity;
    return before > 0 && (latest[before - 1] as TimeUs) > endUs;
  }).length;
}

function readsOfList(operations: readonly Operation[]): number {
  const acknowledged = acknowledgedBy(operations, 'append');
  return readsIn(operations).filter(({ invokedAtUs, output }) => {
    const found = new Set(Array.isArray(output) ? (output as Json[]) : []);
    return acknowledged.slice(0, countBefore(acknowledged, invokedAtUs)).some(({ input }) => !found.has(input));
  }).length;
}

type Ended = Operation & { readonly completedAtUs: TimeUs };

/** By the time at which they were. */
function acknowledgedBy(operations: readonly Operation[], name: string): readonly Ended[] {
  const ended = operations.filter((operation): operation is Ended =>
    operation.f === name && operation.outcome === 'ok' && operation.completedAtUs !== null);
  return ended.sort((a, b) => a.completedAtUs - b.completedAtUs);
}

function readsIn(operations: readonly Operation[]): readonly Operation[] {
  return operations.filter(({ f, outcome }) => f === 'read' && outcome === 'ok');
}

/** How many had ended before an instant. */
function countBefore(ended: readonly Ended[], instantUs: TimeUs): number {
  let low = 0;
  let high = ended.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ended[middle] as Ended).completedAtUs < instantUs) low = middle + 1;
    else high = middle;
  }
  return low;
}
