import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock } from '../../../src/world/clock.ts';

const drift = fc.integer({ min: -200_000, max: 200_000 });
const instant = fc.integer({ min: 0, max: 100_000_000_000 });

describe('Clock', () => {
  it('finds the first true instant at which the monotonic clock shows a reading', () => {
    fc.assert(fc.property(drift, instant, fc.integer({ min: 0, max: 10_000_000 }), (perMillion, nowUs, afterUs) => {
      const clock = new Clock(perMillion, 0, 12_345);
      const reading = clock.monotonicUs(nowUs) + afterUs;
      const at = clock.trueAtUs(reading);
      expect(clock.monotonicUs(at)).toBeGreaterThanOrEqual(reading);
      expect(at === 0 || clock.monotonicUs(at - 1) < reading).toBe(true);
    }), { seed: 3, numRuns: 500 });
  });

  it('never goes back on its monotonic side, whatever happens to rate and wall', () => {
    const [afterUs, jumpUs] = [fc.integer({ min: 0, max: 5_000_000 }), fc.integer({ min: -9e9, max: 9e9 })];
    const change = fc.record({ afterUs, drift, jumpUs });
    fc.assert(fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const clock = new Clock(0, 0, 0);
      let nowUs = 0;
      let last = clock.monotonicUs(0);
      for (const { afterUs, drift: perMillion, jumpUs } of changes) {
        nowUs += afterUs;
        const before = clock.monotonicUs(nowUs);
        clock.setDrift(nowUs, perMillion);
        clock.jump(jumpUs);
        expect(clock.monotonicUs(nowUs)).toBe(before);
        expect(before).toBeGreaterThanOrEqual(last);
        last = before;
      }
    }), { seed: 4, numRuns: 300 });
  });

  it('gains its drift and jumps its wall, both ways', () => {
    const clock = new Clock(20_000, 500, 1_000_000);
    expect(clock.monotonicUs(1_000_000)).toBe(2_020_000);
    expect(clock.readWallUs(0)).toBe(500);
    clock.jump(-3_000_000);
    expect(clock.readWallUs(1_000_000)).toBe(500 + 1_020_000 - 3_000_000);
    clock.jump(4_000_000);
    expect(clock.readWallUs(1_000_000)).toBe(500 + 1_020_000 + 1_000_000);
  });
});
