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

  it('gives a long list the same digest whatever list came before it', () => {
    const entries = Array.from({ length: 100 }, (_, index) => Object.freeze({ index }));
    const mixed = [...entries.slice(0, 50), 7, null, { open: 1 }, ['x'], ...entries.slice(54)];
    const copy = structuredClone(mixed);
    expect(digestOf(entries, mixed, mixed)).toBe(digestOf(structuredClone(entries), copy, structuredClone(mixed)));
    const later = entries.slice(30);
    expect(digestOf(entries, later)).toBe(digestOf(structuredClone(entries), structuredClone(later)));
    expect(digestOf(later, entries)).toBe(digestOf(structuredClone(later), structuredClone(entries)));
    expect(digestOf(entries, entries)).not.toBe(digestOf(entries, [...entries.slice(1), entries[0]]));
  });

  it('looks again at what is not frozen in a long list', () => {
    const open = { size: 1 };
    const list = [open, ...Array.from({ length: 100 }, (_, index) => Object.freeze({ index }))];
    const digest = new Digest();
    digest.addPlain(list);
    open.size = 2;
    digest.addPlain(list);
    expect(digest.hex()).toBe(digestOf([{ size: 1 }, ...list.slice(1)], [{ size: 2 }, ...list.slice(1)]));
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
