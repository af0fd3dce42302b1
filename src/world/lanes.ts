import type { Stream } from '../kernel/rng.ts';
import type { Parked } from './process.ts';

/**
 * One order for the events that waited for a process. Each lane keeps its own order. Without `luck`, lanes are merged
 * by arrival. With it every interleaving is equally likely: a process that comes back from a long pause may read its
 * mail before its timers, or its timers first, and both have broken real systems. Draws once per event.
 */
export function mergeLanes(lanes: readonly (readonly Parked[])[], luck: Stream | null): Parked[] {
  const merged: Parked[] = [];
  const next = lanes.map(() => 0);
  for (let left = lanes.reduce((sum, lane) => sum + lane.length, 0); left > 0; left -= 1) {
    const lane = luck === null ? earliestLane(lanes, next) : drawnLane(lanes, next, luck.between(0, left - 1));
    const at = next[lane] as number;
    merged.push((lanes[lane] as readonly Parked[])[at] as Parked);
    next[lane] = at + 1;
  }
  return merged;
}

function earliestLane(lanes: readonly (readonly Parked[])[], next: readonly number[]): number {
  let best = -1;
  let bestOrder = Number.MAX_SAFE_INTEGER;
  for (let lane = 0; lane < lanes.length; lane += 1) {
    const parked = (lanes[lane] as readonly Parked[])[next[lane] as number];
    if (parked === undefined || parked.order > bestOrder) continue;
    best = lane;
    bestOrder = parked.order;
  }
  return best;
}

/** The lane in which draw number `draw` of all that is left falls: lanes count by what they still hold. */
function drawnLane(lanes: readonly (readonly Parked[])[], next: readonly number[], draw: number): number {
  let rest = draw;
  let lane = 0;
  while (rest >= (lanes[lane] as readonly Parked[]).length - (next[lane] as number)) {
    rest -= (lanes[lane] as readonly Parked[]).length - (next[lane] as number);
    lane += 1;
  }
  return lane;
}
