import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Model } from '../model.ts';
import { valueKey, type ValueKey } from '../value-key.ts';
import { collection } from './collection.ts';

/**
 * A queue: what lies between `head` and `end` of `values`. What is before that has left it, and what is behind belongs
 * to later states, so that no step copies anything.
 */
export interface QueueState {
  readonly values: Json[];
  readonly head: number;
  readonly end: number;
}

/**
 * First in, first out; empty at first. `enqueue` v; `dequeue` answers with the value that has been in for longest, or
 * with `null` where there is none.
 */
export const queue: Model<QueueState> = {
  ...collection({ name: 'queue', put: 'enqueue', take: 'dequeue' }),
  name: 'queue',
  initial: { values: [], head: 0, end: 0 },

  step(state: QueueState, operation: Operation): QueueState | typeof ILLEGAL {
    const { values, head, end } = state;
    const { f, input, output, outcome } = operation;
    if (f === 'enqueue') {
      // Another state may have gone on from here with another value: what it took in stays its own.
      const own = values.length === end && end > 0 ? values : values.slice(0, end);
      own.push(input);
      return { values: own, head, end: end + 1 };
    }
    if (head === end) return outcome === 'ok' && output !== null ? ILLEGAL : state;
    if (outcome === 'ok' && (output === null || valueKey(output) !== valueKey(values[head] as Json))) return ILLEGAL;
    return { values, head: head + 1, end };
  },

  stateKey: ({ values, head, end }: QueueState): ValueKey => valueKey(values.slice(head, end)),
};
