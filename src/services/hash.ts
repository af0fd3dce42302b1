import type { Plain } from '../contract/message.ts';

/** Folds one integer into a rolling 32-bit hash; the result is unsigned. */
export function mix(hash: number, value: number): number {
  const folded = Math.imul(hash ^ value, 0x9e3779b1);
  return (folded ^ (folded >>> 15)) >>> 0;
}

/** Folds plain data into a rolling 32-bit hash. Linear in its size; keys count in their own order. */
export function mixPlain(hash: number, value: Plain): number {
  if (typeof value === 'number') return Number.isInteger(value) ? mix(hash, value) : mixText(hash, String(value));
  return mixText(hash, typeof value === 'string' ? value : JSON.stringify(value) ?? 'undefined');
}

function mixText(hash: number, text: string): number {
  let result = mix(hash, text.length);
  for (let i = 0; i < text.length; i++) result = mix(result, text.charCodeAt(i));
  return result;
}
