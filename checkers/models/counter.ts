import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Model } from '../model.ts';
import type { ValueKey } from '../value-key.ts';
import { unseenAtFirst, UNSEEN } from './unseen.ts';

/** A number that is added to and read; `initial` at first. What is added may be negative. */
export function counterModel(initial: number): Model<number> {
  const model: Model<number> = {
    name: 'counter',
    initial,
    hasCommutingUpdates: true,

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

    unneededIn: (others: readonly Operation[]) => tooMuchFor(others, initial),
    startingUnseen: (): Model => ({
      ...unseenAtFirst(model, ({ f, output }) => (f === 'read' ? output as number : UNSEEN)),
      unneededIn: (others) => tooMuchFor(others, Math.min(...sumsOf(others).map(({ sum }) => sum))),
    }),

    /** Where nothing is ever taken away, a sum that was passed does not come back. */
    narrowedTo(operations: readonly Operation[]): Model<number> {
      if (operations.some(isSubtraction)) return model;
      return { ...model, isTooLate: (state, { f, output }) => f === 'read' && (output as number) < state };
    },
  };
  return model;
}

/**
 * Tells additions of unknown outcome that nobody can have seen: whoever saw one found at least what it added to the
 * `least` sum of all. Only where nothing is ever taken away.
 */
function tooMuchFor(others: readonly Operation[], least: number): (operation: Operation) => boolean {
  if (others.some(isSubtraction)) return () => false;
  const sums = sumsOf(others).sort((left, right) => right.end - left.end);
  /** The greatest sum among this one and those that were read later. */
  const greatest: number[] = [];
  for (const { sum } of sums) greatest.push(Math.max(sum, greatest.at(-1) ?? sum));
  return (operation) => {
    if (operation.f !== 'add' || isSubtraction(operation)) return false;
    let later = 0;
    for (let high = sums.length; later < high; ) {
      const middle = (later + high) >>> 1;
      if ((sums[middle] as Sum).end > operation.invokedIndex) later = middle + 1;
      else high = middle;
    }
    return later === 0 || (greatest[later - 1] as number) - least < (operation.input as number);
  };
}

/** What was read, and when. */
interface Sum {
  readonly sum: number;
  readonly end: number;
}

function isSubtraction({ f, input }: Operation): boolean {
  return f === 'add' && (input as number) < 0;
}

function sumsOf(operations: readonly Operation[]): Sum[] {
  return operations.flatMap(({ f, outcome, output, completedIndex }) =>
    (f === 'read' && outcome === 'ok' ? [{ sum: output as number, end: completedIndex as number }] : []));
}
