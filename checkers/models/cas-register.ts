import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Machine, type Model } from '../model.ts';
import { isList, valueKey, type ValueKey } from '../value-key.ts';
import { register } from './register.ts';
import { registerMachine } from './register-machine.ts';

/**
 * A register with compare-and-set: `cas` [old, new] writes `new` if the value is `old`. As in Jepsen, a compare that
 * failed is `fail`: it had no effect, and what it saw is not used.
 */
export const casRegister: Model<Json> = {
  name: 'cas-register',
  initial: null,
  isRegister: true,

  problem(operation: Operation): string | null {
    const { f, input } = operation;
    if (f === 'read' || f === 'write') return null;
    if (f !== 'cas') return `"${f}" is no operation of a cas-register`;
    return isList(input) && input.length === 2 ? null : 'the value of "cas" is not a list [old, new]';
  },

  step(state: Json, operation: Operation): Json | typeof ILLEGAL {
    if (operation.f !== 'cas') return register.step(state, operation);
    const [from, to] = oldAndNew(operation);
    return valueKey(from) === valueKey(state) ? to : ILLEGAL;
  },

  stateKey: valueKey,

  isObserver(operation: Operation): boolean {
    if (operation.f !== 'cas') return register.isObserver(operation);
    const [from, to] = oldAndNew(operation);
    return valueKey(from) === valueKey(to);
  },

  produces(operation: Operation): ValueKey | undefined {
    if (operation.f !== 'cas') return register.produces(operation);
    return casRegister.isObserver(operation) ? undefined : valueKey(oldAndNew(operation)[1]);
  },

  observes(operation: Operation): readonly ValueKey[] {
    return operation.f === 'cas' ? [valueKey(oldAndNew(operation)[0])] : register.observes(operation);
  },

  machine(operations: readonly Operation[]): Machine {
    return registerMachine(casRegister, operations);
  },
};

/** The two values of a `cas`; {@link Model.problem} has seen that they are there. */
function oldAndNew(operation: Operation): [Json, Json] {
  const pair = operation.input as readonly [Json, Json];
  return [pair[0], pair[1]];
}
