import alea from 'seedrandom/lib/alea.js';
import { assert } from './assert.ts';

const UINT32 = 0x1_0000_0000;
/** Draws that are made at once: as many as V8 keeps inside of the object of a typed array. */
const BATCH = 16;

/**
 * Integers from one labelled stream: seedrandom's `alea`, seeded with the run's seed and the label. Nothing here rounds
 * differently on another engine: a draw is a 32-bit integer, scaled by one exact product and one floor.
 *
 * Draws are made in batches. The generator keeps its state behind a closure, in many places of memory, and a run has
 * so many streams that those of the next one are never at hand.
 */
export class Stream {
  readonly label: string;
  /** How many draws were taken. Part of the fingerprint. */
  draws = 0;
  /** Always a whole number of 2^-32. */
  private readonly fraction: () => number;
  private readonly words = new Uint32Array(BATCH);
  /** Of the next word; behind the last one there is none left. */
  private position = BATCH;

  constructor(seed: string, label: string) {
    assert(seed.length > 0, 'a seed is a non-empty string');
    this.label = label;
    this.fraction = alea(`${seed}/${label}`);
  }

  /** A fair integer in [min, max], both included; at most 2^32 values. Draws once. */
  between(min: number, max: number): number {
    assert(max >= min && max - min < UINT32, 'between() needs min <= max, at most 2^32 apart');
    this.draws += 1;
    return min + Math.floor((this.next() / UINT32) * (max - min + 1));
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
    const { words, fraction } = this;
    for (let at = 0; at < BATCH; at += 1) words[at] = fraction() * UINT32;
    this.position = 0;
  }
}
