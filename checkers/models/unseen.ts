import type { Operation } from '../../src/history/operations.ts';
import type { ILLEGAL, Machine, Model } from '../model.ts';
import type { ValueKey } from '../value-key.ts';
import { registerMachine } from './register-machine.ts';

/** The state of an object of which nobody knows what it holds. */
export const UNSEEN: unique symbol = Symbol('unseen');

/** No key of a value: those of texts begin with a quote, those of structures with a bracket. */
const UNSEEN_KEY: ValueKey = '?';

/** See {@link Model.startingUnseen}. `first` says what an operation leaves that is the first to touch the object. */
export function unseenAtFirst<State>(
  model: Model<State>, first: (operation: Operation) => State | typeof UNSEEN,
): Model<State | typeof UNSEEN> {
  const unseen: Model<State | typeof UNSEEN> = {
    ...model,
    initial: UNSEEN,
    isUnseenAtFirst: true,
    isRegister: false,
    step: (state, operation): State | typeof UNSEEN | typeof ILLEGAL =>
      (state === UNSEEN ? first(operation) : model.step(state, operation)),
    stateKey: (state): ValueKey => (state === UNSEEN ? UNSEEN_KEY : model.stateKey(state)),
    isTooLate: (state, operation): boolean => state !== UNSEEN && model.isTooLate?.(state, operation) === true,
    narrowedTo: (operations) => unseenAtFirst(model.narrowedTo?.(operations) ?? model, first),
  };
  if (model.isRegister !== true) return unseen;
  return { ...unseen, machine: (operations): Machine => registerMachine(unseen, operations) };
}
