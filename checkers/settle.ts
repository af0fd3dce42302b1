import type { Operation } from '../src/history/operations.ts';

/**
 * What a history means where tools differ. The defaults read it as our own runs record it, which is as Jepsen does but
 * for `nilRead`.
 */
export interface Semantics {
  /**
   * A compare-and-set that failed. `ignore` (default, Jepsen's): it says nothing, for it may have failed for any
   * reason. `observe` (Porcupine's model of etcd): the value was not the one that it asked for.
   */
  readonly failedCas?: 'ignore' | 'observe' | undefined;
  /**
   * A read that answered `null`. `initial` (default): that is the value it found, as any other, and the one that an
   * object holds at first. `unknown` (Jepsen's): what it found is not known, and any value would have been right.
   */
  readonly nilRead?: 'unknown' | 'initial' | undefined;
  /**
   * Lines of the same time. `ordered` (default, Jepsen's): the order of the lines is that of the events. `concurrent`
   * (Porcupine's): what ended at a time overlaps all that began at that time, of its own process too.
   */
  readonly equalTimes?: 'ordered' | 'concurrent' | undefined;
}

/** What `f` of a failed compare-and-set becomes where it counts as an observation; its outcome is then `ok`. */
export const REFUSED_CAS = 'cas-refused';

/**
 * The operations as the `semantics` take them, in their order and with their indices: witnesses and evidence are about
 * these. A read that says nothing becomes one of unknown outcome; a failed compare-and-set that says something becomes
 * {@link REFUSED_CAS}; `completedIndex` may move to the last invocation of its time. Linear; the same list if nothing
 * changes.
 */
export function settleOperations(operations: readonly Operation[], semantics: Semantics): readonly Operation[] {
  const { failedCas = 'ignore', nilRead = 'initial', equalTimes = 'ordered' } = semantics;
  let settled = operations;
  if (nilRead === 'unknown') {
    settled = settled.map((operation) => {
      const isUnknown = operation.f === 'read' && operation.outcome === 'ok' && operation.output === null;
      return isUnknown ? { ...operation, outcome: 'info' } : operation;
    });
  }
  if (failedCas === 'observe') {
    settled = settled.map((operation) => {
      const isRefused = operation.f === 'cas' && operation.outcome === 'fail';
      return isRefused ? { ...operation, f: REFUSED_CAS, outcome: 'ok' } : operation;
    });
  }
  return equalTimes === 'concurrent' ? withOverlaps(settled) : settled;
}

/** An end stands before a beginning only if its index is smaller; so equal indices make two operations overlap. */
function withOverlaps(operations: readonly Operation[]): readonly Operation[] {
  const lastInvokedIndex = new Map(operations.map(({ invokedAtUs, invokedIndex }) => [invokedAtUs, invokedIndex]));
  return operations.map((operation) => {
    const { completedIndex, completedAtUs } = operation;
    const last = completedAtUs === null ? undefined : lastInvokedIndex.get(completedAtUs);
    if (completedIndex === null || last === undefined || last <= completedIndex) return operation;
    return { ...operation, completedIndex: last };
  });
}
