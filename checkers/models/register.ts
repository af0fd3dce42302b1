import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Machine, type Model } from '../model.ts';
import { REFUSED_CAS } from '../settle.ts';
import { isList, valueKey, type ValueKey } from '../value-key.ts';
import { registerMachine } from './register-machine.ts';
import { unseenAtFirst, UNSEEN } from './unseen.ts';

/** The registers, by the operations that they know. */
const OPERATIONS: Readonly<Record<'register' | 'cas-register' | 'kv', readonly string[]>> = {
  register: ['read', 'write'],
  'cas-register': ['read', 'write', 'cas', REFUSED_CAS],
  kv: ['read', 'write', 'cas', REFUSED_CAS, 'delete'],
};

/**
 * One value that is written and read, `initial` at first.
 *
 * - `read` is an observation like any other, of `null` too; {@link settleOperations} says what else `null` may mean.
 * - `cas` [old, new] writes `new` if the value is `old`. A compare that failed is `fail`, and had no effect.
 * - `delete` writes `null`: in a store of keys and values, each key is a register, and an absent one holds `null`.
 */
export function registerModel(name: keyof typeof OPERATIONS, initial: Json): Model<Json> {
  const model: Model<Json> = {
    name,
    initial,
    isRegister: true,

    problem({ f, input }: Operation): string | null {
      if (!OPERATIONS[name].includes(f)) return `"${f}" is no operation of a ${name}`;
      const isPair = isList(input) && input.length === 2;
      return isPair || !takesPair(f) ? null : 'the value of "cas" is not a list [old, new]';
    },

    step(state: Json, operation: Operation): Json | typeof ILLEGAL {
      switch (operation.f) {
        case 'read': return isEqual(operation.output, state) ? state : ILLEGAL;
        case 'cas': return isEqual(oldOf(operation), state) ? newOf(operation) : ILLEGAL;
        case REFUSED_CAS: return isEqual(oldOf(operation), state) ? ILLEGAL : state;
        case 'delete': return null;
        default: return operation.input;
      }
    },

    stateKey: valueKey,

    isObserver(operation: Operation): boolean {
      const { f } = operation;
      return f === 'read' || f === REFUSED_CAS || (f === 'cas' && isEqual(oldOf(operation), newOf(operation)));
    },

    produces(operation: Operation): ValueKey | undefined {
      if (model.isObserver(operation)) return undefined;
      switch (operation.f) {
        case 'cas': return valueKey(newOf(operation));
        case 'delete': return null;
        default: return valueKey(operation.input);
      }
    },

    observes(operation: Operation): readonly ValueKey[] {
      if (operation.f === 'read') return [valueKey(operation.output)];
      return operation.f === 'cas' ? [valueKey(oldOf(operation))] : [];
    },

    excludes(operation: Operation): ValueKey | undefined {
      return operation.f === REFUSED_CAS ? valueKey(oldOf(operation)) : undefined;
    },

    startingUnseen: (): Model => unseenAtFirst(model, (operation) => {
      switch (operation.f) {
        case 'read': return operation.output;
        case 'cas': return newOf(operation);
        case REFUSED_CAS: return UNSEEN;
        case 'delete': return null;
        default: return operation.input;
      }
    }),

    machine(operations: readonly Operation[]): Machine {
      return registerMachine(model, operations);
    },
  };
  return model;
}

function takesPair(f: string): boolean {
  return f === 'cas' || f === REFUSED_CAS;
}

function isEqual(left: Json, right: Json): boolean {
  return left === right || valueKey(left) === valueKey(right);
}

/** The values of a `cas`; {@link Model.problem} has seen that they are there. */
function oldOf(operation: Operation): Json {
  return (operation.input as readonly [Json, Json])[0];
}

function newOf(operation: Operation): Json {
  return (operation.input as readonly [Json, Json])[1];
}
