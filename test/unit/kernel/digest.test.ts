import { describe, expect, it } from 'vitest';
import { Digest } from '../../../src/kernel/digest.ts';

const digestOf = (...values: unknown[]): string => {
  const digest = new Digest();
  for (const value of values) digest.addPlain(value);
  return digest.hex();
};

describe('Digest', () => {
  it('tells plain values apart that print alike', () => {
    const values: unknown[] = [
      0, -1, 1, '1', true, false, null, undefined, '', [], [[]], {}, { a: 1 }, { a: '1' }, { b: 1 },
      [1, 2], [2, 1], [12],
      ['ab', 'c'], ['a', 'bc'], new Map([[1, 2]]), new Set([1, 2]), 0.5, 2 ** 40, 2 ** 40 + 1, 2 ** 33, 2 ** 32, NaN,
      { a: { b: 1 } }, { a: {}, b: 1 },
    ];
    expect(new Set(values.map((value) => digestOf(value))).size).toBe(values.length);
  });

  it('depends on the order of what is added', () => {
    expect(digestOf(1, 2)).not.toBe(digestOf(2, 1));
  });

  it('gives a frozen object the same digest at its first and at its second sight', () => {
    const entry = Object.freeze({ term: 3, command: 'x' });
    const twin = Object.freeze({ term: 3, command: 'x' });
    expect(digestOf([entry, entry])).toBe(digestOf([entry, twin]));
  });

  it('does not see whether an object is frozen', () => {
    const frozen = Object.freeze({ a: Object.freeze([1, Object.freeze({ b: 2 })]) });
    expect(digestOf({ a: [1, { b: 2 }] })).toBe(digestOf(frozen));
  });

  it('has no collision among 200,000 neighbouring headers', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 200_000; i += 1) {
      const digest = new Digest();
      digest.addWords(i >> 8, i & 15, (i >> 4) & 15, 7);
      seen.add(digest.hex());
    }
    expect(seen.size).toBe(200_000);
  });

  it('gives the pinned digest of a pinned value', () => {
    expect(digestOf({ kind: 'AppendEntries', entries: [1, 2, 3], leader: null })).toMatch(/^[0-9a-f]{16}$/);
    const message = { kind: 'AppendEntries', entries: [1, 2, 3], leader: null };
    expect(digestOf(message)).toBe('1f12ee3a19eec857');
  });
});
