import type { Json } from '../../src/history/operation.ts';
import type { Operation } from '../../src/history/operations.ts';
import { NONE, type Machine, type Model } from '../model.ts';
import { valueKey, type ValueKey } from '../value-key.ts';

/**
 * Registers of all kinds: a state is a value, and an operation is what it needs to find (or nothing) and what it
 * leaves behind (or nothing). Demands and supplies are values too.
 */
export function registerMachine(model: Model<Json>, operations: readonly Operation[]): Machine {
  const numbers = new Map<ValueKey, number>();
  const numberOf = (key: ValueKey | undefined): number => {
    if (key === undefined) return NONE;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  };
  const initial = numberOf(valueKey(model.initial));
  const needs = Int32Array.from(operations, (operation) => numberOf(model.observes(operation)[0]));
  const makes = Int32Array.from(operations, (operation) => numberOf(model.produces(operation)));
  const need = (operation: number): number => needs[operation] as number;
  const make = (operation: number): number => makes[operation] as number;

  return {
    initial,
    looksAhead: false,
    step(state: number, operation: number): number {
      if (need(operation) !== NONE && need(operation) !== state) return NONE;
      return make(operation) === NONE ? state : make(operation);
    },
    isEager: (state: number, operation: number): boolean => make(operation) === NONE && need(operation) === state,
    isBlind: (operation: number): boolean => need(operation) === NONE,
    demandOfState: (): number => NONE,
    demandOf: need,
    supplyOf: make,
  };
}
