import type { RandomStream } from '../contract/context.ts';
import type { Range } from '../faults/fault.ts';

/** Each doubling from `min` on is equally likely, the last one cut off at `max`. `min` is at least 1. Draws twice. */
export function logUniform(random: RandomStream, { min, max }: Range): number {
  let doublings = 0;
  for (let low = min * 2; low <= max; low *= 2) doublings += 1;
  let low = min;
  for (let left = random.between(0, doublings); left > 0; left -= 1) low *= 2;
  return random.between(low, Math.min(max, low * 2 - 1));
}
