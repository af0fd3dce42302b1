import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, firstOutside, inAtLeast } from '../../../src/scenario/intervals.ts';
import type { Interval } from '../../../src/world/clock.ts';

const SPAN = 30;
const instants = Array.from({ length: SPAN }, (_, atUs) => atUs);
const instant = fc.nat({ max: SPAN });
const interval = fc.record({ fromUs: instant, untilUs: instant });
const intervals = fc.array(interval, { maxLength: 8 });

const countAt = (all: readonly Interval[], atUs: number): number =>
  all.filter(({ fromUs, untilUs }) => fromUs <= atUs && atUs < untilUs).length;

describe('intervals of true time', () => {
  it('are in at least so many where counting each instant says so, with room in between', () => {
    fc.assert(fc.property(intervals, fc.integer({ min: 1, max: 4 }), (all, count) => {
      const found = inAtLeast(count, all);
      for (const atUs of instants) expect(countAt(found, atUs)).toBe(countAt(all, atUs) >= count ? 1 : 0);
      found.forEach(({ fromUs, untilUs }, at) => {
        expect(untilUs).toBeGreaterThan(fromUs);
        expect(at === 0 || (found[at - 1] as Interval).untilUs < fromUs).toBe(true);
      });
    }), { seed: 6, numRuns: 500 });
  });

  it('are clipped to what lies within', () => {
    fc.assert(fc.property(intervals, interval, (all, { fromUs, untilUs }) => {
      const found = clip(all, fromUs, untilUs);
      for (const atUs of instants) {
        expect(countAt(found, atUs)).toBe(fromUs <= atUs && atUs < untilUs ? countAt(all, atUs) : 0);
      }
    }), { seed: 7, numRuns: 500 });
  });

  it('are outside of others from the first instant that these lack', () => {
    fc.assert(fc.property(intervals, intervals, (one, other) => {
      const [inner, outer] = [inAtLeast(1, one), inAtLeast(1, other)];
      const wanted = instants.find((atUs) => countAt(inner, atUs) > 0 && countAt(outer, atUs) === 0);
      expect(firstOutside(inner, outer)).toBe(wanted ?? null);
    }), { seed: 8, numRuns: 1_000 });
  });

  it('may last for ever', () => {
    const [first, second] = [{ fromUs: 1, untilUs: Infinity }, { fromUs: 3, untilUs: Infinity }];
    expect(inAtLeast(2, [first, second])).toEqual([{ fromUs: 3, untilUs: Infinity }]);
  });
});
