import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Machine, type Model, type Part } from '../model.ts';
import { isList, valueKey, type ValueKey } from '../value-key.ts';
import { registerMachine } from './register-machine.ts';
import { EMPTY_SET, type SetVersion } from './set-version.ts';

/**
 * A set of values, empty at first. `remove` and `contains` answer whether the value was there; `read` answers with all
 * values, in any order, and `null` is the empty set.
 *
 * Where nobody reads it as a whole, each value is an object of its own (Horn and Kroening, "Faster linearizability
 * checking via P-compositionality", 2015).
 */
export const set: Model<SetVersion> = {
  name: 'set',
  initial: EMPTY_SET,

  problem({ f, output, outcome }: Operation): string | null {
    if (!['add', 'remove', 'contains', 'read'].includes(f)) return `"${f}" is no operation of a set`;
    if (outcome !== 'ok' || f === 'add') return null;
    if (f !== 'read') return typeof output === 'boolean' ? null : `the value of an ok "${f}" is no true or false`;
    if (output === null) return null;
    if (!isList(output)) return 'the value of an ok "read" is not a list';
    return new Set(output.map(valueKey)).size === output.length ? null : 'an ok "read" of a set holds a value twice';
  },

  step(state: SetVersion, operation: Operation): SetVersion | typeof ILLEGAL {
    const { f, outcome, output } = operation;
    if (f === 'read') {
      const values = valuesOf(operation);
      return values.length === state.size && values.every((value) => state.has(value)) ? state : ILLEGAL;
    }
    const [value] = valuesOf(operation) as [ValueKey];
    if (f !== 'add' && outcome === 'ok' && output !== state.has(value)) return ILLEGAL;
    return f === 'contains' ? state : state.with(value, f === 'add');
  },

  stateKey: (state: SetVersion): ValueKey => state.key(),
  stateHash: (state: SetVersion): string => state.hash(),
  isObserver: (operation: Operation): boolean => isObserver(operation),
  produces: (operation: Operation): ValueKey | undefined =>
    (operation.f === 'add' ? valueKey(operation.input) : undefined),
  // Only presence is observed: that a value is absent is no wish for an update that could be left out.
  observes: (operation: Operation): readonly ValueKey[] =>
    (operation.f === 'read' || isAnswered(operation, true) ? valuesOf(operation) : []),

  /** Nobody who had not ended before the value was removed found that it was not there. */
  unneededIn(others: readonly Operation[]): (operation: Operation) => boolean {
    const missed = new Map<ValueKey, number>();
    const noteMissed = (value: ValueKey, end: number): void => {
      missed.set(value, Math.max(end, missed.get(value) ?? 0));
    };
    const removed = new Set(others.flatMap(({ f, input }) => (f === 'remove' ? [valueKey(input)] : [])));
    for (const other of others) {
      if (other.outcome !== 'ok') continue;
      const end = other.completedIndex as number;
      if (isAnswered(other, false)) noteMissed(valueKey(other.input), end);
      if (other.f !== 'read') continue;
      const found = new Set(valuesOf(other));
      for (const value of removed) if (!found.has(value)) noteMissed(value, end);
    }
    return ({ f, input, invokedIndex }) => f === 'remove' && (missed.get(valueKey(input)) ?? 0) <= invokedIndex;
  },

  view: {
    isList: false,
    mentions: (operation: Operation): readonly ValueKey[] => valuesOf(operation),
    hide(operation: Operation, hidden: ReadonlySet<ValueKey>): Operation | null {
      if (operation.f !== 'read') return valuesOf(operation).some((value) => hidden.has(value)) ? null : operation;
      return { ...operation, output: membersOf(operation).filter((value) => !hidden.has(valueKey(value))) };
    },
  },

  split(operations: readonly Operation[]): readonly Part[] | null {
    if (operations.some(({ f, outcome }) => f === 'read' && outcome === 'ok')) return null;
    const parts = new Map<ValueKey, Operation[]>();
    for (const operation of operations) {
      if (operation.f === 'read') continue; // It failed, or nobody knows what it found.
      const value = valueKey(operation.input);
      const part = parts.get(value);
      if (part === undefined) parts.set(value, [operation]);
      else part.push(operation);
    }
    return [...parts.values()].map((part) => ({ model: element, operations: part }));
  },
};

/** One value of a set, there or not: a register of two values, and a `remove` that answered is a compare-and-set. */
const element: Model<boolean> = {
  name: 'set',
  initial: false,
  problem: (operation: Operation): string | null => set.problem(operation),

  step(state: boolean, { f, outcome, output }: Operation): boolean | typeof ILLEGAL {
    if (f !== 'add' && outcome === 'ok' && output !== state) return ILLEGAL;
    return f === 'contains' ? state : f === 'add';
  },

  stateKey: (state: boolean): ValueKey => state,
  isObserver: (operation: Operation): boolean => isObserver(operation),
  produces: (operation: Operation): ValueKey | undefined =>
    (isObserver(operation) ? undefined : operation.f === 'add'),
  observes: ({ f, outcome, output }: Operation): readonly ValueKey[] =>
    (f !== 'add' && outcome === 'ok' ? [output as boolean] : []),
  // Until a `remove` has answered that it found nothing, it may as well remove something.
  machine(operations: readonly Operation[]): Machine {
    return { ...registerMachine(element, operations), looksAhead: true };
  },
};

/** Who removed what was not there has only looked. */
function isObserver(operation: Operation): boolean {
  const { f } = operation;
  return f === 'read' || f === 'contains' || (f === 'remove' && isAnswered(operation, false));
}

function isAnswered({ outcome, output }: Operation, answer: boolean): boolean {
  return outcome === 'ok' && output === answer;
}

function valuesOf(operation: Operation): readonly ValueKey[] {
  return operation.f === 'read' ? membersOf(operation).map(valueKey) : [valueKey(operation.input)];
}

function membersOf(operation: Operation): readonly Json[] {
  return (operation.output as readonly Json[] | null) ?? [];
}
