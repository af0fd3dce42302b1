import type { Validity } from '../contract/lock.ts';
import type { NodeId } from '../kernel/ids.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { Clock, ClockName, Interval } from '../world/clock.ts';
import { inAtLeast } from './intervals.ts';

/** A validity, for as long as a client went by it. */
export interface Belief {
  readonly validity: Validity;
  readonly fromUs: TimeUs;
  /** When it was given up or replaced; `Infinity` while it is not. */
  untilUs: TimeUs;
}

/** One attempt of a client to acquire a lock, and what came of it. */
export interface Acquisition {
  /** The client's number in the history, then. */
  readonly process: number;
  readonly client: NodeId;
  readonly lock: string;
  readonly owner: string;
  readonly attemptedAtUs: TimeUs;
  /** When the same owner was used for another one: `Infinity` unless a client is defective. */
  nextAttemptUs: TimeUs;
  /** Its place among all that were granted the lock, from 1; `null` until then. */
  grant: number | null;
  /** In the order of their starts; one ends before the next begins. */
  readonly beliefs: Belief[];
}

/** What the client goes by now; `null` once it has given the lock up, and before it was granted it. */
export function currentBelief({ beliefs }: Acquisition): Belief | null {
  const last = beliefs.at(-1);
  return last?.untilUs === Infinity ? last : null;
}

/** Whether by the client's own rule and clock it holds the lock now. */
export function believesNow(acquisition: Acquisition, clock: Clock, nowUs: TimeUs): boolean {
  const belief = currentBelief(acquisition);
  return belief !== null && clock.shownUs(belief.validity.clock, nowUs) < belief.validity.untilUs;
}

/**
 * The true time before `endUs` in which its own rule and the whole timeline of its clock said that the client held the
 * lock: ascending, with room in between.
 */
export function believedIn(acquisition: Acquisition, clock: Clock, endUs: TimeUs): Interval[] {
  return inAtLeast(1, acquisition.beliefs.flatMap(({ validity, fromUs, untilUs }) =>
    clock.whenBelow(validity.clock, validity.untilUs, fromUs, Math.min(untilUs, endUs))));
}

/** By which of its clocks the client went at an instant at which it believed. */
export function clockAt({ beliefs }: Acquisition, atUs: TimeUs): ClockName {
  const belief = beliefs.filter(({ fromUs }) => fromUs <= atUs).at(-1);
  return belief?.validity.clock ?? 'monotonic';
}
