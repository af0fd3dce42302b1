import type { Operation } from '../../src/history/operations.ts';

/** What becomes of one value. Operations are positions. */
export interface QueuedValue {
  /** `null`: nobody put it in. */
  readonly put: number | null;
  /** Who was answered with it, in the order of their invocations: more than one is too many. */
  readonly takes: readonly number[];
}

/** A value, and what the lines say of it. */
interface Stay {
  /** It is in from here at the latest; `Infinity`: it may go in at any time, or never went. */
  readonly inIndex: number;
  readonly putIndex: number;
  /** Nobody was answered with it who had begun before; `Infinity`: nobody ever was. */
  readonly takeIndex: number;
  /** When the answer came. */
  readonly outIndex: number;
}

/**
 * Whether a queue contradicts itself whatever the `dequeue`s of unknown outcome have done; `false`: perhaps it does
 * all the same. A value that comes out twice, or before it goes in; two that come out in the wrong order; an empty
 * queue in which something has been all the time (Bouajjani, Emmi, Enea and Hamza, "On reducing linearizability to
 * state reachability", 2015, for complete histories). What nobody was answered with can be gone only if enough have
 * asked without an answer. Time n log n.
 */
export function contradictsItself(operations: readonly Operation[], values: readonly QueuedValue[]): boolean {
  const at = (position: number): Operation => operations[position] as Operation;
  const isWrong = values.some(({ put, takes }) => takes.length > 1
    || takes.some((take) => put === null || at(put).invokedIndex > (at(take).completedIndex as number)));
  if (isWrong) return true;
  const stays = values.map(({ put, takes: [take] }): Stay => {
    const enqueue = at(put as number);
    return {
      inIndex: enqueue.outcome === 'ok' ? enqueue.completedIndex as number : Infinity,
      putIndex: enqueue.invokedIndex,
      takeIndex: take === undefined ? Infinity : at(take).invokedIndex,
      outIndex: take === undefined ? Infinity : at(take).completedIndex as number,
    };
  });
  const asked = operations.filter(({ f, outcome }) => f === 'dequeue' && outcome === 'info')
    .map(({ invokedIndex }) => invokedIndex).sort((a, b) => a - b);
  return hasOvertaken(stays, asked) || isNeverEmpty(operations, stays, asked);
}

/** Whether one came out although what was surely in before it came out later, or had nobody to take it. */
function hasOvertaken(stays: readonly Stay[], asked: readonly number[]): boolean {
  const byIn = [...stays].sort((a, b) => a.inIndex - b.inIndex);
  const byPut = [...stays].sort((a, b) => a.putIndex - b.putIndex);
  let next = 0;
  let latest = -1;
  let left = 0;
  for (const stay of byPut) {
    for (; (byIn[next]?.inIndex ?? Infinity) < stay.putIndex; next += 1) {
      const { takeIndex } = byIn[next] as Stay;
      if (takeIndex === Infinity) left += 1;
      else latest = Math.max(latest, takeIndex);
    }
    if (stay.outIndex === Infinity) continue;
    if (latest > stay.outIndex || left > countBefore(asked, stay.outIndex)) return true;
  }
  return false;
}

/** Whether somebody found nothing, while there was something all the time. */
function isNeverEmpty(operations: readonly Operation[], stays: readonly Stay[], asked: readonly number[]): boolean {
  const certain = stays.filter(({ inIndex, takeIndex }) => inIndex < takeIndex && takeIndex !== Infinity)
    .sort((a, b) => a.inIndex - b.inIndex);
  // What certainly is in, without a gap: from one line to another.
  const spans: { readonly from: number; to: number }[] = [];
  for (const { inIndex, takeIndex } of certain) {
    const last = spans.at(-1);
    if (last === undefined || last.to < inIndex) spans.push({ from: inIndex, to: takeIndex });
    else last.to = Math.max(last.to, takeIndex);
  }
  const left = stays.filter(({ takeIndex }) => takeIndex === Infinity).map(({ inIndex }) => inIndex)
    .sort((a, b) => a - b);
  const starts = spans.map(({ from }) => from);
  return operations.some(({ f, outcome, output, invokedIndex, completedIndex }) => {
    if (f !== 'dequeue' || outcome !== 'ok' || output !== null) return false;
    const end = completedIndex as number;
    if (countBefore(left, invokedIndex) > countBefore(asked, end)) return true;
    return (spans[countBefore(starts, invokedIndex) - 1]?.to ?? 0) > end;
  });
}

/** How many of these ascending numbers are below a line. */
function countBefore(ascending: readonly number[], index: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}
