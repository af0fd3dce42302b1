import type { Plain } from '../contract/message.ts';

/** Folds one integer into a rolling 32-bit hash; the result is unsigned. */
export function mix(hash: number, value: number): number {
  const folded = Math.imul(hash ^ value, 0x9e3779b1);
  return (folded ^ (folded >>> 15)) >>> 0;
}

/** Folds plain data into a rolling 32-bit hash. Linear in its size; keys count in their own order. */
export function mixPlain(hash: number, value: Plain): number {
  if (Number.isSafeInteger(value)) {
    const number = value as number;
    return mix(mix(mix(hash, 1), number), Math.floor(number / 0x1_0000_0000));
  }
  if (typeof value === 'string') return mixText(mix(hash, 2), value);
  return mixText(mix(hash, 3), JSON.stringify(value) ?? 'undefined');
}

function mixText(hash: number, text: string): number {
  let result = mix(hash, text.length);
  for (let i = 0; i < text.length; i++) result = mix(result, text.charCodeAt(i));
  return result;
}
