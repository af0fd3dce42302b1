import type { Service } from '../contract/service.ts';
import { AssertionError } from '../kernel/assert.ts';
import { exchange, mixInteger, mixPlain, unsigned } from '../contract/hash.ts';
import { ok } from './results.ts';
import { sealLater, unseal } from '../contract/seal.ts';

/** Counters by key. One that was never added to reads as 0. */
export interface CounterState {
  readonly counters: Map<string, number>;
  digest: number;
}

/** One counter per key: `add` n → n, n an integer of any sign; `read` → the sum. */
export const counterStore: Service<CounterState> = {
  name: 'counter-store',
  initial: () => ({ counters: new Map(), digest: 0 }),
  digest: (state) => unsigned(state.digest),
  save: (state) => counterStore.saveLater(state)(),
  saveLater: ({ counters }) => sealLater('counter-store', [...counters]),
  load(text) {
    const state: CounterState = { counters: new Map(), digest: 0 };
    for (const [key, sum] of unseal('counter-store', text) as [string, number][]) add(state, key, sum);
    return state;
  },
  query: (state, { f, key }) => (f === 'read' ? ok(state.counters.get(key) ?? 0) : null),
  apply(state, { f, key, value }) {
    switch (f) {
      case 'read':
        return ok(state.counters.get(key) ?? 0);
      case 'add':
        add(state, key, value as number);
        return ok(value);
      default:
        throw new AssertionError(`a counter store has no operation ${f}`);
    }
  },
};

/** A sum of 0 is not kept: it is a counter that was never added to. */
function add(state: CounterState, key: string, value: number): void {
  const before = state.counters.get(key) ?? 0;
  const after = before + value;
  state.digest = exchange(state.digest, counterHash(key, before), counterHash(key, after));
  if (after === 0) state.counters.delete(key);
  else state.counters.set(key, after);
}

function counterHash(key: string, sum: number): number {
  return sum === 0 ? 0 : mixInteger(mixPlain(6, key), sum);
}
