import type { Plain } from '../contract/message.ts';
import type { Operation, SessionResult } from '../contract/session.ts';
import type { Applied, StateMachine } from '../contract/state-machine.ts';
import { AssertionError } from '../kernel/assert.ts';
import { mix, mixPlain } from './hash.ts';

/** Registers by key. A key that was never written reads as `null`. */
export interface RegisterState {
  readonly registers: Map<string, Plain>;
  digest: number;
}

/** Lists by key. A key that was never appended to reads as `[]`. */
export interface ListState {
  readonly lists: Map<string, AppendOnlyList>;
  digest: number;
}

/** A list and, once it was read, the copy that readers share until the next append. */
interface AppendOnlyList {
  readonly values: Plain[];
  lastRead: readonly Plain[] | null;
}

/** One register per key: `read`, `write` v, `cas` [old, new]. A failed compare is refused and changes nothing. */
export const registerStore: StateMachine<RegisterState> = {
  name: 'register-store',
  initial: () => ({ registers: new Map(), digest: 0 }),
  digest: (state) => state.digest,
  save: ({ registers, digest }) => JSON.stringify({ registers: [...registers], digest }),
  load(text) {
    const { registers, digest } = JSON.parse(text) as { registers: [string, Plain][]; digest: number };
    return { registers: new Map(registers), digest };
  },
  query(state, command) {
    const { f, key } = command as unknown as Operation;
    return f === 'read' ? { result: ok(state.registers.get(key) ?? null) } : null;
  },
  apply(state, command) {
    const { f, key, value } = command as unknown as Operation;
    switch (f) {
      case 'read':
        return applied(ok(state.registers.get(key) ?? null));
      case 'write':
        writeRegister(state, key, value);
        return applied(ok(value));
      case 'cas': {
        const [expected, replacement] = value as readonly [Plain, Plain];
        if (!isSame(state.registers.get(key) ?? null, expected)) return COMPARE_FAILED;
        writeRegister(state, key, replacement);
        return applied(ok(value));
      }
      default:
        throw new AssertionError(`a register store has no operation ${f}`);
    }
  },
};

/**
 * One list per key: `append` v → v, `read` → the list. A result never changes later: a read hands out a copy, which
 * further reads share until the next append. Cost of an append: constant; of the first read after one: the length.
 */
export const listStore: StateMachine<ListState> = {
  name: 'list-store',
  initial: () => ({ lists: new Map(), digest: 0 }),
  digest: (state) => state.digest,
  save: ({ lists, digest }) => JSON.stringify({ lists: [...lists].map(([key, { values }]) => [key, values]), digest }),
  load(text) {
    const { lists, digest } = JSON.parse(text) as { lists: [string, Plain[]][]; digest: number };
    return { lists: new Map(lists.map(([key, values]) => [key, { values, lastRead: null }])), digest };
  },
  query(state, command) {
    const { f, key } = command as unknown as Operation;
    return f === 'read' ? { result: ok(readList(state, key)) } : null;
  },
  apply(state, command) {
    const { f, key, value } = command as unknown as Operation;
    switch (f) {
      case 'read':
        return applied(ok(readList(state, key)));
      case 'append':
        appendToList(state, key, value);
        return applied(ok(value));
      default:
        throw new AssertionError(`a list store has no operation ${f}`);
    }
  },
};

const EMPTY: readonly Plain[] = Object.freeze([]);
const COMPARE_FAILED: Applied = applied({ kind: 'refused', error: 'compare failed' });

function ok(value: Plain): SessionResult {
  return { kind: 'ok', value };
}

/** Operations have no identity of their own: that is what sessions add. */
function applied(result: SessionResult): Applied {
  return { result, executed: null };
}

function writeRegister(state: RegisterState, key: string, value: Plain): void {
  state.registers.set(key, value);
  state.digest = mixWrite(state.digest, key, value);
}

function appendToList(state: ListState, key: string, value: Plain): void {
  const list = state.lists.get(key);
  if (list === undefined) {
    state.lists.set(key, { values: [value], lastRead: null });
  } else {
    list.values.push(value);
    list.lastRead = null;
  }
  state.digest = mixWrite(state.digest, key, value);
}

function readList(state: ListState, key: string): readonly Plain[] {
  const list = state.lists.get(key);
  if (list === undefined) return EMPTY;
  list.lastRead ??= list.values.slice();
  return list.lastRead;
}

function mixWrite(digest: number, key: string, value: Plain): number {
  return mix(mixPlain(mixPlain(digest, key), value), 1);
}

function isSame(a: Plain, b: Plain): boolean {
  return a === b || (typeof a === 'object' && JSON.stringify(a) === JSON.stringify(b));
}
