import type { Store } from './result.ts';

/**
 * What is certain of the order in which one resource applied its ok stores. Each was applied at some instant between
 * its invocation and its completion. So one of two came first for certain if
 *
 * - it had completed before the other one was invoked, or
 * - the resource gave both a place (`index` of the answer), and its place is lower, or
 * - it came before a third one for certain, and that one before the other.
 *
 * A place narrows the window of a store: it was applied no earlier than any with a lower place was invoked, and no
 * later than any with a higher one had completed. With windows narrowed so, the third rule needs no search: `a`
 * precedes `b` if the window of `a` ends before that of `b` begins, or by their places.
 */
export interface Placed {
  readonly store: Store;
  /** The window: no earlier than this line was `store` applied, */
  readonly fromIndex: number;
  /** and no later than this one. */
  readonly untilIndex: number;
  /** Of which store `fromIndex` is the invocation. */
  readonly begunBy: Store;
  /** Of which store `untilIndex` is the completion. */
  readonly endedBy: Store;
}

/**
 * The ok stores of one resource with their windows, or a sentence that says how the resource's places contradict each
 * other or the lines. O(n log n).
 */
export function placedStores(stores: readonly Store[]): readonly Placed[] | string {
  const free = stores.filter(({ place }) => place === null).map((store) => ({ store, ...windowOf(store) }));
  const ranked = stores.filter(({ place }) => place !== null).sort((left, right) => placeIn(left) - placeIn(right));
  const begun: Store[] = [];
  for (const store of ranked) {
    const before = begun.at(-1);
    if (before !== undefined && placeIn(ranked[begun.length - 1] as Store) === placeIn(store)) {
      return `two stores were applied at place ${placeIn(store)}`;
    }
    begun.push(before === undefined || before.invokedIndex < store.invokedIndex ? store : before);
  }
  const placed: Placed[] = [...free];
  let endedBy: Store | null = null;
  for (let rank = ranked.length - 1; rank >= 0; rank -= 1) {
    const store = ranked[rank] as Store;
    if (endedBy === null || completedIn(store) < completedIn(endedBy)) endedBy = store;
    const begunBy = begun[rank] as Store;
    if (begunBy.invokedIndex > completedIn(endedBy)) {
      const late = `the store at place ${placeIn(begunBy)} was invoked`;
      return `${late} after that at place ${placeIn(endedBy)} had completed`;
    }
    const [fromIndex, untilIndex] = [begunBy.invokedIndex, completedIn(endedBy)];
    placed.push({ store, fromIndex, untilIndex, begunBy, endedBy });
  }
  return placed;
}

function windowOf(store: Store): Omit<Placed, 'store'> {
  return { fromIndex: store.invokedIndex, untilIndex: completedIn(store), begunBy: store, endedBy: store };
}

function placeIn({ place }: Store): number {
  return place as number;
}

function completedIn({ completedIndex }: Store): number {
  return completedIndex as number;
}
