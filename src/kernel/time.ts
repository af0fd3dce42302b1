/**
 * Time inside a run: an integer number of microseconds. A plain `number`, exact below 2^53 µs (285 years).
 * Simulated time starts at 0 when the run starts; a node's clocks have zeros of their own.
 */
export type TimeUs = number;

/** A length of time in integer microseconds. */
export type DurationUs = number;

export const US_PER_MS = 1_000;
export const US_PER_S = 1_000_000;
