/**
 * Time inside a run: an integer number of microseconds. A plain `number`, exact below 2^53 µs (285 years).
 * Simulated time starts at 0 when the run starts; a node's clocks have zeros of their own.
 */
export type TimeUs = number;

/** A length of time in integer microseconds. */
export type DurationUs = number;

export const US_PER_MS = 1_000;
export const US_PER_S = 1_000_000;

/**
 * The same integer without a box. An integer that was computed by way of fractions, or that comes out of an array of
 * doubles, is an object on the heap to V8, and so is from then on every field of that name and every element of that
 * array. Whoever brings numbers into a run sends them by here; what needs more than 32 bits stays as it is.
 */
export function unboxed(integer: number): number {
  const low = integer | 0;
  return low === integer ? low : integer;
}
