import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Model } from '../model.ts';
import type { ValueKey } from '../value-key.ts';

/** A number that is added to and read; `initial` at first. What is added may be negative. */
export function counterModel(initial: number): Model<number> {
  const model: Model<number> = {
    name: 'counter',
    initial,

    problem({ f, input, output, outcome }: Operation): string | null {
      if (f === 'add') return Number.isSafeInteger(input) ? null : 'the value of "add" is not a whole number';
      if (f !== 'read') return `"${f}" is no operation of a counter`;
      const isNumber = outcome !== 'ok' || Number.isSafeInteger(output);
      return isNumber ? null : 'the value of an ok "read" is not a whole number';
    },

    step(state: number, { f, input, output }: Operation): number | typeof ILLEGAL {
      if (f === 'add') return state + (input as number);
      return output === state ? state : ILLEGAL;
    },

    stateKey: (state: number): ValueKey => state,
    isObserver: ({ f, input }: Operation): boolean => f === 'read' || input === 0,
    // A read sees all that was added before, and not by whom.
    produces: (): undefined => undefined,
    observes: (): readonly ValueKey[] => [],

    /** Where nothing is ever taken away, a sum that was passed does not come back. */
    narrowedTo(operations: readonly Operation[]): Model<number> {
      if (operations.some(({ f, input }) => f === 'add' && (input as number) < 0)) return model;
      return { ...model, isTooLate: (state, { f, output }) => f === 'read' && (output as number) < state };
    },
  };
  return model;
}
