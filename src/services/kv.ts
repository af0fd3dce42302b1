import type { Plain } from '../contract/message.ts';
import type { Service } from '../contract/service.ts';
import { AssertionError } from '../kernel/assert.ts';
import { exchange, mix, mixPlain, unsigned } from '../contract/hash.ts';
import { ok, refused } from './results.ts';
import { sealLater, unseal } from '../contract/seal.ts';

/** Registers by key. A key that was never written reads as `null`. */
export interface RegisterState {
  readonly registers: Map<string, Register>;
  digest: number;
}

interface Register {
  value: Plain;
  readonly keyHash: number;
  /** What it adds to the digest. */
  hash: number;
}

/** Lists by key. A key that was never appended to reads as `[]`. */
export interface ListState {
  readonly lists: Map<string, AppendOnlyList>;
  digest: number;
}

/** A list and, once it was read, the copy that readers share until the next append. */
interface AppendOnlyList {
  readonly values: Plain[];
  /** Rolls over the values, so that an append need not look at those before it. */
  hash: number;
  lastRead: readonly Plain[] | null;
}

/**
 * One register per key: `read`, `write` v, `cas` [old, new], `delete`. A failed compare is refused and changes nothing;
 * a key that was deleted is one that was never written.
 */
export const registerStore: Service<RegisterState> = {
  name: 'register-store',
  initial: () => ({ registers: new Map(), digest: 0 }),
  digest: (state) => unsigned(state.digest),
  save: (state) => registerStore.saveLater(state)(),
  saveLater({ registers }) {
    const content: [string, Plain][] = [];
    registers.forEach(({ value }, key) => content.push([key, value]));
    return sealLater('register-store', content);
  },
  load(text) {
    const state: RegisterState = { registers: new Map(), digest: 0 };
    for (const [key, value] of unseal('register-store', text) as [string, Plain][]) setRegister(state, key, value);
    return state;
  },
  query: (state, { f, key }) => (f === 'read' ? ok(state.registers.get(key)?.value ?? null) : null),
  apply(state, { f, key, value }) {
    switch (f) {
      case 'read':
        return ok(state.registers.get(key)?.value ?? null);
      case 'write':
        setRegister(state, key, value);
        return ok(value);
      case 'cas': {
        const [expected, replacement] = value as readonly [Plain, Plain];
        const found = state.registers.get(key)?.value ?? null;
        if (!isSame(found, expected)) return refused('compare failed', found);
        setRegister(state, key, replacement);
        return ok(value);
      }
      case 'delete':
        setRegister(state, key, null);
        return ok(value);
      default:
        throw new AssertionError(`a register store has no operation ${f}`);
    }
  },
};

/**
 * One list per key: `append` v → v, `read` → the list. A result never changes later: a read hands out a copy, which
 * further reads share until the next append. Cost of an append: constant; of the first read after one: the length.
 */
export const listStore: Service<ListState> = {
  name: 'list-store',
  initial: () => ({ lists: new Map(), digest: 0 }),
  digest: (state) => unsigned(state.digest),
  save: (state) => listStore.saveLater(state)(),
  saveLater: ({ lists }) => sealLater('list-store', [...lists].map(([key, { values }]) => [key, values.slice()])),
  load(text) {
    const state: ListState = { lists: new Map(), digest: 0 };
    for (const [key, values] of unseal('list-store', text) as [string, Plain[]][]) {
      for (const value of values) appendToList(state, key, value);
    }
    return state;
  },
  query: (state, { f, key }) => (f === 'read' ? ok(readList(state, key)) : null),
  apply(state, { f, key, value }) {
    switch (f) {
      case 'read':
        return ok(readList(state, key));
      case 'append':
        appendToList(state, key, value);
        return ok(value);
      default:
        throw new AssertionError(`a list store has no operation ${f}`);
    }
  },
};

const EMPTY: readonly Plain[] = Object.freeze([]);

/** What reads as `null` is not kept: it is a key that was never written. */
function setRegister(state: RegisterState, key: string, value: Plain): void {
  let register = state.registers.get(key);
  if (value === null) {
    if (register === undefined) return;
    state.digest = exchange(state.digest, register.hash, 0);
    state.registers.delete(key);
    return;
  }
  if (register === undefined) {
    register = { value, keyHash: mixPlain(1, key), hash: 0 };
    state.registers.set(key, register);
  }
  const hash = mix(mixPlain(register.keyHash, value), 1);
  state.digest = exchange(state.digest, register.hash, hash);
  register.value = value;
  register.hash = hash;
}

function appendToList(state: ListState, key: string, value: Plain): void {
  let list = state.lists.get(key);
  if (list === undefined) {
    list = { values: [], hash: 0, lastRead: null };
    state.lists.set(key, list);
  }
  const before = listHash(key, list);
  list.values.push(value);
  list.hash = mixPlain(list.hash, value);
  list.lastRead = null;
  state.digest = exchange(state.digest, before, listHash(key, list));
}

function listHash(key: string, { values, hash }: AppendOnlyList): number {
  return values.length === 0 ? 0 : mix(mix(mixPlain(2, key), values.length), hash);
}

function readList(state: ListState, key: string): readonly Plain[] {
  const list = state.lists.get(key);
  if (list === undefined) return EMPTY;
  list.lastRead ??= list.values.slice();
  return list.lastRead;
}

function isSame(a: Plain, b: Plain): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
