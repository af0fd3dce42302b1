import type { Operation } from '../../src/history/operations.ts';
import type { Model } from '../model.ts';
import { valueKey, type ValueKey } from '../value-key.ts';

/** What the operations of a collection are called. */
interface Words {
  readonly name: string;
  readonly put: string;
  readonly take: string;
}

/** What a queue and a stack have in common: all but which value comes out. */
type Rules = Required<Pick<
  Model, 'problem' | 'isObserver' | 'produces' | 'observes' | 'unneededIn' | 'view'
>>;

/** The value that an operation was answered with, by its key; `null` of one that took nothing, or that put one in. */
export function takenBy({ f, output, outcome }: Operation): ValueKey {
  const isPut = f === 'enqueue' || f === 'push';
  return isPut || outcome !== 'ok' ? null : valueKey(output);
}

/** Values go in and come out once. Whoever finds nothing is answered with `null`, which is no value therefore. */
export function collection({ name, put, take }: Words): Rules {
  return {
    problem({ f, input }: Operation): string | null {
      if (f === take) return null;
      if (f !== put) return `"${f}" is no operation of a ${name}`;
      return input === null ? `the value of "${put}" is null, which is what "${take}" says of an empty ${name}` : null;
    },

    /** Who found nothing has only looked. */
    isObserver: ({ f, output, outcome }: Operation): boolean => f === take && outcome === 'ok' && output === null,
    produces: ({ f, input }: Operation): ValueKey | undefined => (f === put ? valueKey(input) : undefined),

    observes(operation: Operation): readonly ValueKey[] {
      const value = takenBy(operation);
      return value === null ? [] : [value];
    },

    /**
     * Takes more than was put in, or takes it when nobody looks any more. How many were taken by others does not
     * matter here: what these are known to have taken may be forgotten later, and then it takes somebody else.
     */
    unneededIn(others: readonly Operation[]): (operation: Operation) => boolean {
      const puts = others.filter((other) => other.f === put && other.outcome !== 'fail').length;
      const unknown = others.filter((other) => other.f === take && other.outcome === 'info')
        .map(({ invokedIndex }) => invokedIndex).sort((a, b) => a - b);
      const last = puts === 0 ? -1 : unknown[puts - 1] ?? Infinity;
      const ends = others.map((other) => (other.f === take && other.outcome === 'ok' ? other.completedIndex ?? 0 : -1));
      const lastEnd = ends.reduce((latest, end) => Math.max(latest, end), -1);
      return ({ f, invokedIndex }) => f === take && (invokedIndex > last || lastEnd <= invokedIndex);
    },

    /** What goes in and comes out, and nobody looks at, is not missed: all others keep their order. */
    view: {
      isList: false,
      mentions: (operation: Operation): readonly ValueKey[] => {
        if (operation.f === put) return [valueKey(operation.input)];
        const value = takenBy(operation);
        return value === null ? [] : [value];
      },
      hide(operation: Operation, hidden: ReadonlySet<ValueKey>): Operation | null {
        const value = operation.f === put ? valueKey(operation.input) : takenBy(operation);
        return value !== null && hidden.has(value) ? null : operation;
      },
    },
  };
}
