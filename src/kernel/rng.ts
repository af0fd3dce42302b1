import alea from 'seedrandom/lib/alea.js';
import { assert } from './assert.ts';

const UINT32 = 0x1_0000_0000;

/**
 * Integers from one labelled stream: seedrandom's `alea`, seeded with the run's seed and the label. Nothing here rounds
 * differently on another engine: a draw is a 32-bit integer, scaled by one exact product and one floor.
 */
export class Stream {
  readonly label: string;
  /** How many draws were taken. Part of the fingerprint. */
  draws = 0;
  private readonly fraction: () => number;

  constructor(seed: string, label: string) {
    assert(seed.length > 0, 'a seed is a non-empty string');
    this.label = label;
    this.fraction = alea(`${seed}/${label}`);
  }

  /** A fair integer in [min, max], both included; at most 2^32 values. Draws once. */
  between(min: number, max: number): number {
    assert(max >= min && max - min < UINT32, 'between() needs min <= max, at most 2^32 apart');
    this.draws += 1;
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** A fair integer of 32 bits, without a sign. Draws once: `between(0, 2^32 - 1)`, at less cost. */
  word(): number {
    this.draws += 1;
    return this.fraction() * UINT32;
  }

  /** True with probability `perMillion` / 1,000,000. Draws once, whatever the probability. */
  chance(perMillion: number): boolean {
    this.draws += 1;
    return this.fraction() * 1_000_000 < perMillion;
  }
}
