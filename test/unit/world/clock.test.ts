import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noEffect } from '../../../src/faults/applied.ts';
import { Clock, type Interval } from '../../../src/world/clock.ts';

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
    const change = fc.record({ afterUs, drift, jumpUs, isStopped: fc.boolean() });
    fc.assert(fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const clock = new Clock(0, 0, 0);
      let nowUs = 0;
      let last = clock.monotonicUs(0);
      for (const { afterUs, drift: perMillion, jumpUs, isStopped } of changes) {
        nowUs += afterUs;
        const before = clock.monotonicUs(nowUs);
        clock.setDrift(nowUs, perMillion);
        clock.jump(nowUs, jumpUs);
        if (isStopped) {
          clock.stop(nowUs);
          expect([clock.monotonicUs(nowUs + afterUs), clock.trueAtUs(before + 1)]).toEqual([before, Infinity]);
          nowUs += afterUs;
          clock.start(nowUs);
        }
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
    clock.jump(1_000_000, -3_000_000);
    expect(clock.readWallUs(1_000_000)).toBe(500 + 1_020_000 - 3_000_000);
    clock.jump(1_000_000, 4_000_000);
    expect(clock.readWallUs(1_000_000)).toBe(500 + 1_020_000 + 1_000_000);
  });

  it('remembers when it showed less than a reading, as stepping through every microsecond does', () => {
    const change = fc.record({
      afterUs: fc.integer({ min: 0, max: 12 }),
      drift: fc.option(fc.integer({ min: -900_000, max: 900_000 }), { nil: null }),
      jumpUs: fc.integer({ min: -15, max: 15 }),
      /** Stops it where it runs, and the other way round. */
      turns: fc.boolean(),
    });
    const small = fc.integer({ min: 0, max: 60 });
    const asked = fc.record({
      changes: fc.array(change, { maxLength: 6 }), name: fc.constantFrom('monotonic', 'wall'), readingUs: small,
      fromUs: small, toUs: small,
    });
    fc.assert(fc.property(asked, ({ changes, name, readingUs, fromUs, toUs }) => {
      const clock = new Clock(changes.length * 1_000, 3, 5);
      const shown: number[] = [];
      // The wall clock of a sleeper goes on, though he cannot read it.
      // What is shown before each change is written down as it is shown: of one instant, what it ends with stays.
      const step = (untilUs: number): void => {
        for (let atUs = Math.max(0, shown.length - 1); atUs <= untilUs; atUs += 1) {
          const sleptUs = stoppedAtUs === null ? 0 : atUs - stoppedAtUs;
          shown[atUs] = name === 'wall' ? clock.readWallUs(atUs) + sleptUs : clock.readMonotonicUs(atUs);
        }
      };
      let nowUs = 0;
      let stoppedAtUs: number | null = null;
      for (const { afterUs, drift: perMillion, jumpUs, turns } of changes) {
        nowUs += afterUs;
        step(nowUs);
        if (turns && clock.standsStill) clock.start(nowUs);
        else if (turns) clock.stop(nowUs);
        if (turns) stoppedAtUs = stoppedAtUs === null ? nowUs : null;
        if (perMillion !== null) clock.setDrift(nowUs, perMillion);
        if (jumpUs !== 0) clock.jump(nowUs, jumpUs);
      }
      step(80);
      const wanted: number[] = [];
      for (let atUs = fromUs; atUs < toUs; atUs += 1) if (shown[atUs] as number < readingUs) wanted.push(atUs);
      const found = clock.whenBelow(name, readingUs, fromUs, toUs);
      expect(instantsOf(found)).toEqual(wanted);
      expect(found.every(({ fromUs: from, untilUs }, at) =>
        untilUs > from && (at === 0 || (found[at - 1] as Interval).untilUs < from))).toBe(true);
      expect(shown.map((_, atUs) => clock.shownUs(name, atUs))).toEqual(shown);
    }), { seed: 5, numRuns: 3_000 });
  });

  it('says when the wall clock of a sleeper shows a reading', () => {
    const clock = new Clock(0, 500, 1_000_000);
    clock.stop(100);
    expect(clock.firstShowsUs('wall', 800)).toBe(300);
    expect(clock.shownUs('wall', 300)).toBe(800);
    expect(clock.firstShowsUs('monotonic', 1_000_101)).toBe(Infinity);
  });

  it('says when it shows a reading, if it goes on as it does now', () => {
    const clock = new Clock(0, 500, 1_000_000);
    clock.jump(10, 2_000);
    expect(clock.firstShowsUs('monotonic', 1_000_100)).toBe(100);
    expect(clock.firstShowsUs('wall', 2_600)).toBe(100);
    clock.setDrift(100, 500_000);
    expect(clock.firstShowsUs('wall', 2_600 + 300)).toBe(300);
    expect(clock.firstShowsUs('wall', 2_500)).toBeLessThanOrEqual(100);
  });

  it('is read by nobody when it is looked at from outside', () => {
    const clock = new Clock(0, 0, 0);
    const effect = noEffect();
    clock.jump(5, 1_000);
    clock.movedBy.push(effect);
    clock.bentBy = effect;
    clock.shownUs('wall', 3);
    clock.firstShowsUs('wall', 3);
    clock.whenBelow('wall', 1_000, 0, 10);
    expect(effect.clockReadings).toBe(0);
    clock.readWallUs(6);
    expect(effect.clockReadings).toBe(2);
  });
});

function instantsOf(intervals: readonly Interval[]): number[] {
  return intervals.flatMap(({ fromUs, untilUs }) =>
    Array.from({ length: untilUs - fromUs }, (_, index) => fromUs + index));
}
