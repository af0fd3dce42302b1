import alea from 'seedrandom/lib/alea.js';
import { assert } from './assert.ts';
import { unboxed } from './time.ts';

const UINT32 = 0x1_0000_0000;
/** Draws that are made at once: as many as V8 keeps inside of the object of a typed array. */
const BATCH = 16;
/** Alea's multiplier. It is below 2^21, so that the product with 32 bits is exact. */
const MULTIPLIER = 2_091_639;

/**
 * Integers from one labelled stream: seedrandom's `alea`, seeded with the run's seed and the label. Nothing here rounds
 * differently on another engine: a draw is a 32-bit integer, scaled by one exact product and one floor.
 *
 * Draws are made in batches, and only seeding is left to the package: its generator keeps its state behind a closure,
 * in many places of memory. Alea is a multiply-with-carry generator (Baagøe 2010), one line from a state to the next; a
 * test holds the draws against those of the package.
 */
export class Stream {
  readonly label: string;
  /** How many draws were taken. Part of the fingerprint. */
  draws = 0;
  /** The last three numbers, each a whole number of 2^-32, the oldest first, and the carry. Fields would be boxed. */
  private readonly state: Float64Array;
  private readonly words = new Uint32Array(BATCH);
  /** Of the next word; behind the last one there is none left. */
  private position = BATCH;

  constructor(seed: string, label: string) {
    assert(seed.length > 0, 'a seed is a non-empty string');
    this.label = label;
    const { s0, s1, s2, c } = alea(`${seed}/${label}`, { state: true }).state();
    this.state = Float64Array.of(s0, s1, s2, c);
  }

  /** A fair integer in [min, max], both included; at most 2^32 values. Draws once. */
  between(min: number, max: number): number {
    assert(max >= min && max - min < UINT32, 'between() needs min <= max, at most 2^32 apart');
    this.draws += 1;
    return unboxed(min + Math.floor((this.next() / UINT32) * (max - min + 1)));
  }

  /** A fair integer of 32 bits, without a sign. Draws once: `between(0, 2^32 - 1)`, at less cost. */
  word(): number {
    this.draws += 1;
    return this.next();
  }

  /** True with probability `perMillion` / 1,000,000. Draws once, whatever the probability. */
  chance(perMillion: number): boolean {
    this.draws += 1;
    return (this.next() / UINT32) * 1_000_000 < perMillion;
  }

  private next(): number {
    if (this.position === BATCH) this.refill();
    const word = this.words[this.position] as number;
    this.position += 1;
    return word;
  }

  private refill(): void {
    const { words, state } = this;
    let oldest = state[0] as number;
    let middle = state[1] as number;
    let newest = state[2] as number;
    let carry = state[3] as number;
    for (let at = 0; at < BATCH; at += 1) {
      const sum = MULTIPLIER * oldest + carry / UINT32;
      carry = sum | 0;
      oldest = middle;
      middle = newest;
      newest = sum - carry;
      words[at] = newest * UINT32;
    }
    state[0] = oldest;
    state[1] = middle;
    state[2] = newest;
    state[3] = carry;
    this.position = 0;
  }
}
