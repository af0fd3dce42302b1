import type { Plain } from '../contract/message.ts';
import type { Service } from '../contract/service.ts';
import { AssertionError } from '../kernel/assert.ts';
import { exchange, mixPlain, unsigned } from '../contract/hash.ts';
import { ok } from './results.ts';
import { byKey, sealLater, unseal } from '../contract/seal.ts';

/** Sets by key. One that was never added to is empty. */
export interface SetState {
  readonly sets: Map<string, Members>;
  digest: number;
}

interface Members {
  /** By their text, so that values and not references are equal. */
  readonly values: Map<string, Plain>;
  /** What readers share until the next change. */
  lastRead: readonly Plain[] | null;
}

/**
 * One set per key: `add` v → v; `remove` v and `contains` v → whether v is in it; `read` → its elements, in an order
 * that depends on nothing but them. Cost of the first read after a change: that of sorting; of all else: constant.
 */
export const setStore: Service<SetState> = {
  name: 'set-store',
  initial: () => ({ sets: new Map(), digest: 0 }),
  digest: (state) => unsigned(state.digest),
  save: (state) => setStore.saveLater(state)(),
  saveLater({ sets }) {
    const filled = [...sets].filter(([, { values }]) => values.size > 0);
    return sealLater('set-store', filled.map(([key, members]) => [key, elements(members)]));
  },
  load(text) {
    const state: SetState = { sets: new Map(), digest: 0 };
    for (const [key, values] of unseal('set-store', text) as [string, Plain[]][]) {
      for (const value of values) add(state, key, value);
    }
    return state;
  },
  query(state, { f, key, value }) {
    const members = state.sets.get(key);
    switch (f) {
      case 'read':
        return ok(members === undefined ? EMPTY : elements(members));
      case 'contains':
        return ok(members?.values.has(JSON.stringify(value)) ?? false);
      default:
        return null;
    }
  },
  apply(state, operation) {
    const { f, key, value } = operation;
    switch (f) {
      case 'add':
        add(state, key, value);
        return ok(value);
      case 'remove':
        return ok(remove(state, key, value));
      default: {
        const result = setStore.query(state, operation);
        if (result === null) throw new AssertionError(`a set store has no operation ${f}`);
        return result;
      }
    }
  },
};

const EMPTY: readonly Plain[] = Object.freeze([]);

function add(state: SetState, key: string, value: Plain): void {
  let members = state.sets.get(key);
  if (members === undefined) {
    members = { values: new Map(), lastRead: null };
    state.sets.set(key, members);
  }
  const text = JSON.stringify(value);
  if (members.values.has(text)) return;
  members.values.set(text, value);
  members.lastRead = null;
  state.digest = exchange(state.digest, 0, elementHash(key, text));
}

function remove(state: SetState, key: string, value: Plain): boolean {
  const members = state.sets.get(key);
  const text = JSON.stringify(value);
  if (members?.values.delete(text) !== true) return false;
  members.lastRead = null;
  state.digest = exchange(state.digest, elementHash(key, text), 0);
  return true;
}

function elementHash(key: string, text: string): number {
  return mixPlain(mixPlain(7, key), text);
}

function elements(members: Members): readonly Plain[] {
  members.lastRead ??= [...members.values].sort(byKey).map(([, value]) => value);
  return members.lastRead;
}
