import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { majority, reachedByMajority } from '../../../src/contract/quorum.ts';

/** The definition, without any cleverness: more than half of `values` are at least the answer, and no more than it. */
function reachedByCounting(values: readonly number[]): number {
  const isReached = (goal: number): boolean => 2 * values.filter((value) => value >= goal).length > values.length;
  return Math.max(...values.filter(isReached));
}

const indices = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 9 });

/** Whether a rule agrees with the definition on some hundreds of clusters, and leaves all values where they were. */
function agrees(rule: (values: number[]) => number): boolean {
  const property = fc.property(indices, (values) => {
    const given = [...values];
    expect(rule(given)).toBe(reachedByCounting(values));
    expect([...given].sort((a, b) => a - b)).toEqual([...values].sort((a, b) => a - b));
  });
  return !fc.check(property, { seed: 7, numRuns: 500 }).failed;
}

describe('a majority', () => {
  it.each([[1, 1], [2, 2], [3, 2], [4, 3], [5, 3], [6, 4], [7, 4], [8, 5], [9, 5]])('of %i is %i', (size, least) => {
    expect(majority(size)).toBe(least);
  });

  it('meets every other one, and is the smallest that does', () => {
    for (let size = 1; size <= 99; size += 1) {
      expect(2 * majority(size), `of ${size}`).toBeGreaterThan(size);
      expect(2 * (majority(size) - 1), `of ${size}`).toBeLessThanOrEqual(size);
    }
  });
});

describe('what a majority has reached', () => {
  it.each([
    ['of one, what it has', [4], 4],
    ['of two, what both have', [9, 4], 4],
    ['of three, what two have', [1, 5, 3], 3],
    ['of four, what three have', [8, 1, 7, 2], 2],
    ['of five, what three have, in numeric order', [100, 20, 3, 3, 100], 20],
  ])('is, %s', (_what, values, reached) => {
    expect(reachedByMajority(values)).toBe(reached);
  });

  it('is the highest value that more than half are not below, whatever the order', () => {
    expect(agrees(reachedByMajority)).toBe(true);
  });

  it('is told from what half have, from what all but one have, and from an order of texts', () => {
    const nth = (place: (size: number) => number) => (values: number[]): number =>
      values.sort((a, b) => a - b)[place(values.length)] ?? 0;
    expect(agrees(nth((size) => Math.floor(size / 2)))).toBe(false);
    expect(agrees(nth((size) => Math.min(1, size - 1)))).toBe(false);
    const asTexts = (values: number[]): number[] => values.sort((a, b) => (String(a) < String(b) ? -1 : 1));
    expect(agrees((values) => asTexts(values)[values.length - majority(values.length)] ?? 0)).toBe(false);
  });
});
