import type { Operation } from '../../src/history/operations.ts';
import { ANYTHING, NONE, type Machine, type Model } from '../model.ts';
import type { ValueKey } from '../value-key.ts';

/**
 * Registers of all kinds: a state is a value, and an operation is what it needs to find (or nothing, or anything but
 * one) and what it leaves behind (or nothing). Demands and supplies are values too.
 */
export function registerMachine<State>(model: Model<State>, operations: readonly Operation[]): Machine {
  const numbers = new Map<ValueKey, number>();
  const numberOf = (key: ValueKey | undefined): number => {
    if (key === undefined) return NONE;
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  };
  const initial = numberOf(model.stateKey(model.initial));
  const needs = Int32Array.from(operations, (operation) => numberOf(model.observes(operation)[0]));
  const makes = Int32Array.from(operations, (operation) => numberOf(model.produces(operation)));
  const bars = Int32Array.from(operations, (operation) => numberOf(model.excludes?.(operation)));
  /** The state of an object of which nobody knows what it holds: whatever is needed, it may hold. */
  const unseen = model.isUnseenAtFirst === true ? initial : NONE;
  const need = (operation: number): number => needs[operation] as number;
  const make = (operation: number): number => makes[operation] as number;
  const isLegal = (state: number, operation: number): boolean =>
    (need(operation) === NONE || need(operation) === state || state === unseen) && bars[operation] !== state;

  return {
    initial,
    looksAhead: false,
    step(state: number, operation: number): number {
      if (!isLegal(state, operation)) return NONE;
      if (make(operation) !== NONE) return make(operation);
      return state === unseen && need(operation) !== NONE ? need(operation) : state;
    },
    // Whoever is the first to find something tells what others will find.
    isEager: (state: number, operation: number): boolean =>
      make(operation) === NONE && isLegal(state, operation) && (state !== unseen || need(operation) === NONE),
    isBlind: (operation: number): boolean => need(operation) === NONE && bars[operation] === NONE,
    demandOfState: (): number => NONE,
    demandOf: (operation: number): number => (bars[operation] === NONE ? need(operation) : ANYTHING),
    supplyOf: make,
  };
}
