import type { Plain } from './message.ts';

/**
 * Folds one integer into a rolling 32-bit hash. Hashes are signed in here: half of the unsigned ones are no small
 * integers to V8, which puts each of those on the heap. {@link unsigned} is for whoever shows one.
 */
export function mix(hash: number, value: number): number {
  const folded = Math.imul(hash ^ value, 0x9e3779b1);
  return folded ^ (folded >>> 15);
}

/** The same 32 bits as an unsigned integer. */
export function unsigned(hash: number): number {
  return hash >>> 0;
}

/** Folds an integer of up to 53 bits into a rolling 32-bit hash. */
export function mixInteger(hash: number, value: number): number {
  const low = value | 0;
  return mix(mix(hash, low), low === value ? low >> 31 : Math.floor(value / 0x1_0000_0000));
}

/** Folds plain data into a rolling 32-bit hash. Linear in its size; keys count in their own order. */
export function mixPlain(hash: number, value: Plain): number {
  if (Number.isSafeInteger(value)) return mixInteger(mix(hash, 1), value as number);
  if (typeof value === 'string') return mixText(mix(hash, 2), value);
  return mixText(mix(hash, 3), JSON.stringify(value) ?? 'undefined');
}

/** Folds a text into a rolling 32-bit hash. */
export function mixText(hash: number, text: string): number {
  let result = mix(hash, text.length);
  for (let i = 0; i < text.length; i++) result = mix(result, text.charCodeAt(i));
  return result;
}

/**
 * The digest of a collection is the sum of the hashes of its members, so that one comes or goes at the cost of its own
 * hash, and the order in which they came does not count. `before` is the hash of what a member was, `after` of what it
 * is now; 0 where there is none.
 */
export function exchange(digest: number, before: number, after: number): number {
  return (digest - before + after) | 0;
}
