import { describe, expect, it } from 'vitest';
import { withLazyData } from '../../../src/contract/lazy-data.ts';
import { Digest } from '../../../src/kernel/digest.ts';

const digestOf = (value: unknown): string => {
  const digest = new Digest();
  digest.addPlain(value);
  return digest.hex();
};

describe('an object with lazy data', () => {
  it('makes its data once, when somebody reads it', () => {
    let made = 0;
    const snapshot = withLazyData({ slot: 7 }, () => {
      made += 1;
      return `text ${made}`;
    });
    expect(snapshot.slot).toBe(7);
    expect(made).toBe(0);
    expect([snapshot.data, snapshot.data]).toEqual(['text 1', 'text 1']);
  });

  it('reads like one that was made with its data, as the last field', () => {
    const snapshot = withLazyData({ slot: 7, timeUs: 8 }, () => 'text');
    expect(Object.keys(snapshot)).toEqual(['slot', 'timeUs', 'data']);
    expect(snapshot).toEqual({ slot: 7, timeUs: 8, data: 'text' });
    expect({ ...snapshot }).toStrictEqual({ slot: 7, timeUs: 8, data: 'text' });
    expect(digestOf(snapshot)).toBe(digestOf({ slot: 7, timeUs: 8, data: 'text' }));
  });

  it('is frozen, and keeps its data apart from that of others', () => {
    const [one, other] = [withLazyData({ slot: 1 }, () => 'one'), withLazyData({ slot: 1 }, () => 'other')];
    expect(Object.isFrozen(one)).toBe(true);
    expect([one.data, other.data]).toEqual(['one', 'other']);
  });
});
