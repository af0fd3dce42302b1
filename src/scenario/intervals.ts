import type { TimeUs } from '../kernel/time.ts';
import type { Interval } from '../world/clock.ts';

/**
 * The instants that lie in at least `count` of some intervals, in any order: ascending, with room in between.
 * O(n log n).
 */
export function inAtLeast(count: number, intervals: readonly Interval[]): Interval[] {
  const changes = intervals.filter(({ fromUs, untilUs }) => fromUs < untilUs).flatMap(({ fromUs, untilUs }) =>
    [{ atUs: fromUs, by: 1 }, { atUs: untilUs, by: -1 }]).sort((left, right) => left.atUs - right.atUs);
  const found: Interval[] = [];
  let depth = 0;
  let fromUs: TimeUs | null = null;
  changes.forEach(({ atUs, by }, index) => {
    depth += by;
    // What ends at an instant and what begins at it leave no room in between.
    if (changes[index + 1]?.atUs === atUs) return;
    if (fromUs === null && depth >= count) fromUs = atUs;
    if (fromUs === null || depth >= count) return;
    found.push({ fromUs, untilUs: atUs });
    fromUs = null;
  });
  return found;
}

/** What of some intervals lies in `[fromUs, untilUs)`, in their order. */
export function clip(intervals: readonly Interval[], fromUs: TimeUs, untilUs: TimeUs): Interval[] {
  return intervals
    .map((interval) => ({
      fromUs: Math.max(interval.fromUs, fromUs), untilUs: Math.min(interval.untilUs, untilUs),
    }))
    .filter((interval) => interval.fromUs < interval.untilUs);
}

/** The first instant of `inner` that is not in `outer`, both ascending and with room in between; `null`: none. */
export function firstOutside(inner: readonly Interval[], outer: readonly Interval[]): TimeUs | null {
  for (const { fromUs, untilUs } of inner) {
    const around = outer.find((candidate) => candidate.untilUs > fromUs);
    if (around === undefined || around.fromUs > fromUs) return fromUs;
    if (around.untilUs < untilUs) return around.untilUs;
  }
  return null;
}
