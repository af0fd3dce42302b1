const INTEGER = /^(?:0|-?[1-9]\d{0,18})$/;

export const INTEGER_MAX = 9_223_372_036_854_775_807n;
export const INTEGER_MIN: bigint = -INTEGER_MAX - 1n;

/**
 * Reads a signed integer of 64 bits as Redis does: no sign but a minus, no leading zeros, no spaces, no minus zero.
 * `null` for anything else.
 */
export function parseInteger(text: string): bigint | null {
  if (!INTEGER.test(text)) return null;
  const value = BigInt(text);
  return value >= INTEGER_MIN && value <= INTEGER_MAX ? value : null;
}

/** An instant as an argument. The last one of 64 bits is rounded up, in a number, to one too many. */
export function instantText(instantMs: number): string {
  const isTooMany = instantMs > Number.MAX_SAFE_INTEGER && BigInt(instantMs) > INTEGER_MAX;
  return String(isTooMany ? INTEGER_MAX : instantMs);
}
