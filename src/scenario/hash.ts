import { canonicalScenario } from './canonical.ts';
import type { Scenario } from './scenario.ts';

/** 12 hexadecimal digits that stand for the meaning of a scenario in coordinates. Stable for ever. */
export function scenarioHash12(scenario: Scenario): string {
  return hash12(canonicalScenario(scenario));
}

/**
 * 48 bits of a text, as 12 hexadecimal digits. Not cryptographic: it tells an edited scenario from the one that ran,
 * and protects against nobody. Two 32-bit lanes read every UTF-16 unit, each with a multiplier of its own, and are
 * then folded into each other, so that every bit of the input reaches all of the output.
 */
export function hash12(text: string): string {
  let low = 0x243f6a88; // The first digits of the fraction of pi: numbers without a purpose of ours.
  let high = 0x85a308d3;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    low = rotate(Math.imul(low ^ unit, 0x9e3779b1), 13);
    high = rotate(Math.imul(high ^ unit, 0x85ebca77), 17);
  }
  low ^= text.length;
  low = avalanche(low ^ Math.imul(high, 0xc2b2ae3d));
  high = avalanche(high ^ low);
  return digits(low, 8) + digits(high & 0xffff, 4);
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

/** Spreads each bit of a word over all of it; no two words give the same. */
function avalanche(word: number): number {
  let mixed = word;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}

function digits(word: number, count: number): string {
  return (word >>> 0).toString(16).padStart(count, '0');
}
