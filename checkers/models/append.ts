import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, NONE, type Machine, type Model } from '../model.ts';
import { isList, valueKey, type ValueKey } from '../value-key.ts';

/** A list: the first `length` of `values`, whose rest belongs to later states, so that an append copies nothing. */
export interface AppendState {
  readonly values: Json[];
  readonly length: number;
}

/** A list that is appended to and read as a whole; empty at first. A read of `null` found the empty list. */
export const append: Model<AppendState> = {
  name: 'append',
  initial: { values: [], length: 0 },

  problem(operation: Operation): string | null {
    const { f, outcome, output } = operation;
    if (f === 'append') return null;
    if (f !== 'read') return `"${f}" is no operation of an append list`;
    return outcome !== 'ok' || output === null || isList(output) ? null : 'the value of an ok "read" is not a list';
  },

  step(state: AppendState, operation: Operation): AppendState | typeof ILLEGAL {
    const { values, length } = state;
    if (operation.f === 'append') {
      // Another state may have gone on from here with another value: what it appended stays its own.
      const own = values.length === length && length > 0 ? values : values.slice(0, length);
      own.push(operation.input);
      return { values: own, length: length + 1 };
    }
    const list = listOf(operation);
    if (list.length !== length) return ILLEGAL;
    for (let position = length - 1; position >= 0; position -= 1) {
      const seen = list[position] as Json;
      const held = values[position] as Json;
      if (seen !== held && valueKey(seen) !== valueKey(held)) return ILLEGAL;
    }
    return state;
  },

  stateKey({ values, length }: AppendState): ValueKey {
    return valueKey(values.slice(0, length));
  },

  /** A list only grows: who read another beginning, or less, has missed it. */
  isTooLate({ values, length }: AppendState, operation: Operation): boolean {
    if (operation.f !== 'read') return false;
    const list = listOf(operation);
    if (list.length < length) return true;
    for (let position = length - 1; position >= 0; position -= 1) {
      if (valueKey(list[position] as Json) !== valueKey(values[position] as Json)) return true;
    }
    return false;
  },

  isObserver(operation: Operation): boolean {
    return operation.f === 'read';
  },

  produces(operation: Operation): ValueKey | undefined {
    return operation.f === 'append' ? valueKey(operation.input) : undefined;
  },

  observes(operation: Operation): readonly ValueKey[] {
    return operation.f === 'read' ? listOf(operation).map(valueKey) : [];
  },

  /** What is left of a list without some of its values behaves like a list to which they were never appended. */
  view: {
    isList: true,

    mentions(operation: Operation): readonly ValueKey[] {
      return (operation.f === 'append' ? [operation.input] : listOf(operation)).map(valueKey);
    },

    hide(operation: Operation, hidden: ReadonlySet<ValueKey>): Operation | null {
      if (operation.f === 'append') return hidden.has(valueKey(operation.input)) ? null : operation;
      return { ...operation, output: listOf(operation).filter((value) => !hidden.has(valueKey(value))) };
    },
  },

  machine: appendMachine,
};

/**
 * A list only grows, so every list that was read must be a beginning of the longest one, and until that one has been
 * read the object must hold a beginning of it: the state is the length. What is appended beyond it, nobody ever sees;
 * "beyond" is one state, in which an append costs nothing and a read cannot be right.
 *
 * The state itself demands the next element of the longest list, since nothing else may be appended.
 */
function appendMachine(operations: readonly Operation[]): Machine {
  const isRead = operations.map((operation) => operation.f === 'read');
  const reads = operations.filter((_, index) => isRead[index]).map(listOf);
  let longest: readonly Json[] = [];
  for (const list of reads) if (list.length > longest.length) longest = list;

  const numbers = new Map<ValueKey, number>();
  const target = longest.map((value) => {
    const key = valueKey(value);
    if (!numbers.has(key)) numbers.set(key, numbers.size);
    return numbers.get(key) as number;
  });
  // A number that is no position and no element: such an operation is legal at most beyond.
  const nowhere = target.length + 2;
  const startsLongest = (list: readonly Json[]): boolean =>
    list.every((value, position) => value === longest[position] || numbers.get(valueKey(value)) === target[position]);
  const places = Int32Array.from(operations, (operation, index) => {
    if (!isRead[index]) return numbers.get(valueKey(operation.input)) ?? nowhere;
    const list = listOf(operation);
    return startsLongest(list) ? list.length : nowhere;
  });
  const beyond = target.length + 1;
  const isLegal = (state: number, operation: number): boolean =>
    isRead[operation] ? places[operation] === state : state >= target.length || target[state] === places[operation];

  return {
    initial: 0,
    looksAhead: true,
    step(state: number, operation: number): number {
      if (!isLegal(state, operation)) return NONE;
      return isRead[operation] ? state : Math.min(state + 1, beyond);
    },
    isEager: (state: number, operation: number): boolean =>
      isRead[operation] ? places[operation] === state : state === beyond,
    isBlind: (): boolean => false,
    demandOfState: (state: number): number => target[state] ?? NONE,
    demandOf: (): number => NONE,
    supplyOf: (operation: number): number => (isRead[operation] ? NONE : (places[operation] as number)),
  };
}

/** What a read saw. One without an answer has what it was invoked with, which may be anything. */
function listOf({ output }: Operation): readonly Json[] {
  return isList(output) ? output : [];
}
