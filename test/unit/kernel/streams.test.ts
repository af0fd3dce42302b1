import fc from 'fast-check';
import alea from 'seedrandom/lib/alea.js';
import { describe, expect, it } from 'vitest';
import { Digest } from '../../../src/kernel/digest.ts';
import { Stream } from '../../../src/kernel/rng.ts';
import { Streams } from '../../../src/kernel/streams.ts';

const take = (stream: Stream, count: number): number[] =>
  Array.from({ length: count }, () => stream.between(0, 999_999));
const fingerprintOf = (streams: Streams): string => {
  const digest = new Digest();
  streams.foldInto(digest);
  return digest.hex();
};

describe('labelled streams', () => {
  it('give pinned numbers for a pinned seed and label: seeds are part of the interface', () => {
    expect(take(new Stream('7', 'network/n1>n2'), 4)).toEqual([65384, 832229, 392888, 719215]);
  });

  it('are the draws of alea one after the other, whoever takes them', () => {
    const stream = new Stream('s', 'x');
    const fraction = alea('s/x');
    for (let i = 0; i < 50; i += 1) {
      expect(stream.word()).toBe(fraction() * 2 ** 32);
      expect(stream.between(3, 999)).toBe(3 + Math.floor(fraction() * 997));
      expect(stream.chance(400_000)).toBe(fraction() < 0.4);
    }
    expect(stream.draws).toBe(150);
  });

  it('do not move each other: draws of one leave all others as they were', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 }), (order) => {
      const mixed = new Streams('s');
      const drawn: Record<string, number[]> = { a: [], b: [], c: [] };
      for (const label of order) drawn[label]?.push(mixed.get(label).between(0, 999_999));
      for (const label of ['a', 'b', 'c']) {
        expect(drawn[label]).toEqual(take(new Stream('s', label), drawn[label]?.length ?? 0));
      }
    }), { seed: 1, numRuns: 100 });
  });

  it('reach both ends of a range and nothing beyond', () => {
    const stream = new Stream('ends', 'x');
    const seen = new Set(Array.from({ length: 2_000 }, () => stream.between(-2, 2)));
    expect([...seen].sort((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2]);
  });

  it('meet a probability within five standard deviations', () => {
    const stream = new Stream('p', 'x');
    let hits = 0;
    for (let i = 0; i < 100_000; i += 1) hits += stream.chance(30_000) ? 1 : 0;
    expect(Math.abs(hits - 3_000)).toBeLessThan(5 * 54);
    expect(stream.chance(0)).toBe(false);
    expect(stream.chance(1_000_000)).toBe(true);
  });

  it('refuse an empty range and an empty seed', () => {
    expect(() => new Stream('s', 'x').between(2, 1)).toThrow('min <= max');
    expect(() => new Stream('', 'x')).toThrow('non-empty');
  });

  it('are fingerprinted by draw count and next draw, in the order of labels', () => {
    const one = new Streams('s');
    const other = new Streams('s');
    take(one.get('b'), 3);
    take(one.get('a'), 1);
    take(other.get('a'), 1);
    take(other.get('b'), 3);
    const more = new Streams('s');
    take(more.get('a'), 1);
    take(more.get('b'), 4);
    const expected = fingerprintOf(one);
    expect(fingerprintOf(other)).toBe(expected);
    expect(fingerprintOf(more)).not.toBe(expected);
  });
});
