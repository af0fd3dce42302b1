import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Machine, type Model } from '../model.ts';
import { valueKey, type ValueKey } from '../value-key.ts';
import { registerMachine } from './register-machine.ts';

/**
 * One value that is written and read; `null` at first.
 *
 * A read of `null` is an observation like any other: the register held its initial value (or somebody wrote `null`).
 * Knossos lets a read of nil pass as "result not known"; here such a read has to be recorded as `info`.
 */
export const register: Model<Json> = {
  name: 'register',
  initial: null,
  isRegister: true,

  problem(operation: Operation): string | null {
    const { f } = operation;
    return f === 'read' || f === 'write' ? null : `"${f}" is no operation of a register`;
  },

  step(state: Json, operation: Operation): Json | typeof ILLEGAL {
    if (operation.f === 'write') return operation.input;
    return valueKey(operation.output) === valueKey(state) ? state : ILLEGAL;
  },

  stateKey: valueKey,

  isObserver(operation: Operation): boolean {
    return operation.f === 'read';
  },

  produces(operation: Operation): ValueKey | undefined {
    return operation.f === 'write' ? valueKey(operation.input) : undefined;
  },

  observes(operation: Operation): readonly ValueKey[] {
    return operation.f === 'read' ? [valueKey(operation.output)] : [];
  },

  machine(operations: readonly Operation[]): Machine {
    return registerMachine(register, operations);
  },
};
