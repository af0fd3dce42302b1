import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import { ILLEGAL, type Model } from '../model.ts';
import { valueKey, type ValueKey } from '../value-key.ts';
import { collection } from './collection.ts';

/** A stack: the value that went in last, and what is below it. `null`: it is empty. */
export interface StackState {
  readonly top: Json;
  readonly below: StackState | null;
}

/**
 * Last in, first out; empty at first. `push` v; `pop` answers with the value that went in last, or with `null` where
 * there is none.
 */
export const stack: Model<StackState | null> = {
  ...collection({ name: 'stack', put: 'push', take: 'pop' }),
  name: 'stack',
  initial: null,

  step(state: StackState | null, { f, input, output, outcome }: Operation): StackState | null | typeof ILLEGAL {
    if (f === 'push') return { top: input, below: state };
    if (state === null) return outcome === 'ok' && output !== null ? ILLEGAL : state;
    if (outcome === 'ok' && (output === null || valueKey(output) !== valueKey(state.top))) return ILLEGAL;
    return state.below;
  },

  stateKey(state: StackState | null): ValueKey {
    const values: Json[] = [];
    for (let rest = state; rest !== null; rest = rest.below) values.push(rest.top);
    return valueKey(values);
  },
};
