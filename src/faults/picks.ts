import type { Pick } from '../world/topology.ts';

/**
 * Many small numbers from the one that was drawn for a fault before the run: how many are needed is known only when the
 * fault applies, and a stream read then would shift with every fault that is left out. A 32-bit xorshift (Marsaglia
 * 2003).
 */
export function picksFrom(pick: number): Pick {
  let state = (Math.imul(pick, 0x9e37_79b1) ^ 0x7f4a_7c15) | 0;
  if (state === 0) state = 1;
  return (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}
