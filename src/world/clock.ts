import type { FaultEffect } from '../contract/world-control.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';

const MILLION = 1_000_000;
/** The rate of a clock that stands still. */
const STANDSTILL_PER_MILLION = -MILLION;

/** Which of the two clocks of a process. */
export type ClockName = 'monotonic' | 'wall';

/** Instants of simulated time, `[fromUs, untilUs)`. */
export interface Interval {
  readonly fromUs: TimeUs;
  readonly untilUs: TimeUs;
}

/** How both clocks ran until they changed: within a stretch, neither goes back. */
interface Stretch {
  /** Not included; it begins where the one before ends. */
  readonly untilUs: TimeUs;
  readonly baseTrueUs: TimeUs;
  readonly baseMonotonicUs: TimeUs;
  readonly driftPerMillion: number;
  readonly wallOffsetUs: DurationUs;
}

/**
 * The two clocks of one process. The monotonic clock gains `driftPerMillion` microseconds each second of simulated
 * time and never goes back; the wall clock is the monotonic one plus an offset, which a fault may move both ways.
 */
export class Clock {
  /** Microseconds gained per second of simulated time; negative for a slow clock. */
  driftPerMillion: number;
  /** The same while no fault bends the clock. */
  readonly ownDriftPerMillion: number;
  /** The fault that bends the clock now. */
  bentBy: FaultEffect | null = null;
  /** Faults that moved the wall clock. */
  readonly movedBy: FaultEffect[] = [];
  private baseTrueUs: TimeUs = 0;
  private baseMonotonicUs: TimeUs;
  private wallOffsetUs: DurationUs;
  /** Since when both clocks stand still, and the rate with which they go on; `null` while they run. */
  private standstill: { readonly sinceUs: TimeUs; driftPerMillion: number } | null = null;
  /** Before the last change, the earliest first; none is empty. */
  private readonly past: Stretch[] = [];

  /** `monotonicUs` is what the monotonic clock shows when the run starts: the machine has been up for a while. */
  constructor(driftPerMillion: number, wallOffsetUs: DurationUs, monotonicUs: TimeUs) {
    this.driftPerMillion = driftPerMillion;
    this.ownDriftPerMillion = driftPerMillion;
    this.wallOffsetUs = wallOffsetUs - monotonicUs;
    this.baseMonotonicUs = monotonicUs;
  }

  monotonicUs(nowUs: TimeUs): TimeUs {
    const elapsed = nowUs - this.baseTrueUs;
    if (this.driftPerMillion === 0) return this.baseMonotonicUs + elapsed;
    return this.baseMonotonicUs + elapsed + Math.floor((elapsed * this.driftPerMillion) / MILLION);
  }

  /** A process reads its monotonic clock: it sees the fault that bends it. */
  readMonotonicUs(nowUs: TimeUs): TimeUs {
    if (this.bentBy !== null) this.bentBy.clockReadings += 1;
    return this.monotonicUs(nowUs);
  }

  /** A process reads its wall clock: it sees the faults that bend and moved it. */
  readWallUs(nowUs: TimeUs): TimeUs {
    for (const effect of this.movedBy) effect.clockReadings += 1;
    return this.readMonotonicUs(nowUs) + this.wallOffsetUs;
  }

  /** The first instant of simulated time at which the monotonic clock shows at least `monotonicUs`; Infinity: none. */
  trueAtUs(monotonicUs: TimeUs): TimeUs {
    const wanted = monotonicUs - this.baseMonotonicUs;
    if (this.driftPerMillion === 0) return this.baseTrueUs + wanted;
    if (this.driftPerMillion === STANDSTILL_PER_MILLION) return wanted > 0 ? Infinity : this.baseTrueUs;
    let elapsed = Math.ceil((wanted * MILLION) / (MILLION + this.driftPerMillion));
    while (this.monotonicUs(this.baseTrueUs + elapsed) < monotonicUs) elapsed += 1;
    while (elapsed > 0 && this.monotonicUs(this.baseTrueUs + elapsed - 1) >= monotonicUs) elapsed -= 1;
    return this.baseTrueUs + elapsed;
  }

  get standsStill(): boolean {
    return this.standstill !== null;
  }

  /** Both clocks stand still from now on: their machine is suspended. */
  stop(nowUs: TimeUs): void {
    const { driftPerMillion } = this;
    this.setDrift(nowUs, STANDSTILL_PER_MILLION);
    this.standstill = { sinceUs: nowUs, driftPerMillion };
  }

  /**
   * They run again. The host sets the wall clock right, which jumps by the time that has passed; nobody does that to a
   * monotonic clock (on Linux: CLOCK_MONOTONIC does not count suspended time, CLOCK_BOOTTIME does).
   */
  start(nowUs: TimeUs): void {
    const { standstill } = this;
    if (standstill === null) return;
    this.standstill = null;
    this.setDrift(nowUs, standstill.driftPerMillion);
    this.jump(nowUs, nowUs - standstill.sinceUs);
  }

  /** Changes the rate from now on, or from when the clocks run again; both stay continuous. */
  setDrift(nowUs: TimeUs, perMillion: number): void {
    if (this.standstill !== null) {
      this.standstill.driftPerMillion = perMillion;
      return;
    }
    this.endStretch(nowUs);
    this.baseMonotonicUs = this.monotonicUs(nowUs);
    this.baseTrueUs = nowUs;
    this.driftPerMillion = perMillion;
  }

  /** Moves the wall clock from now on, forward or back. */
  jump(nowUs: TimeUs, byUs: DurationUs): void {
    this.endStretch(nowUs);
    this.wallOffsetUs += byUs;
  }

  // ── Looking at the clock from outside: nothing of this counts as a reading ──

  /** What a clock shows at an instant, or showed; of the future, what it will show if nothing changes. */
  shownUs(name: ClockName, atUs: TimeUs): TimeUs {
    const isNow = atUs >= this.changedAtUs();
    const stretch = isNow ? undefined : this.past.find(({ untilUs }) => atUs < untilUs);
    return shownIn(stretch ?? this.present(), name, atUs);
  }

  /**
   * The first instant at which a clock shows at least `readingUs`, if it always ran as it does now: may lie before the
   * last change.
   */
  firstShowsUs(name: ClockName, readingUs: TimeUs): TimeUs {
    if (name === 'monotonic') return this.trueAtUs(readingUs);
    const wantedUs = readingUs - this.wallOffsetUs;
    return this.standstill === null ? this.trueAtUs(wantedUs) : this.baseTrueUs + wantedUs - this.baseMonotonicUs;
  }

  /**
   * Where in `[fromUs, toUs)` a clock shows less than a reading: several intervals where it was set back, ascending and
   * with room in between. Cost: the number of changes.
   */
  whenBelow(name: ClockName, readingUs: TimeUs, fromUs: TimeUs, toUs: TimeUs): Interval[] {
    const found: Interval[] = [];
    let beginUs = fromUs;
    for (const stretch of [...this.past, this.present()]) {
      const endUs = Math.min(stretch.untilUs, toUs);
      if (endUs <= beginUs) continue;
      const untilUs = firstShowing(stretch, name, readingUs, { fromUs: beginUs, untilUs: endUs });
      const last = found.at(-1);
      if (untilUs > beginUs && last?.untilUs === beginUs) found[found.length - 1] = { fromUs: last.fromUs, untilUs };
      else if (untilUs > beginUs) found.push({ fromUs: beginUs, untilUs });
      beginUs = endUs;
    }
    return found;
  }

  /** Both clocks run in another way from now on. */
  private endStretch(nowUs: TimeUs): void {
    if (nowUs > this.changedAtUs()) this.past.push({ ...this.present(), untilUs: nowUs });
  }

  private changedAtUs(): TimeUs {
    return this.past.at(-1)?.untilUs ?? 0;
  }

  private present(): Stretch {
    const { baseTrueUs, baseMonotonicUs, driftPerMillion, wallOffsetUs } = this;
    return { untilUs: Infinity, baseTrueUs, baseMonotonicUs, driftPerMillion, wallOffsetUs };
  }
}

/**
 * The clock that tells the time of day runs on while its machine is suspended, and is read by nobody: what a sleeper
 * takes for valid by that clock is over while he sleeps.
 */
function shownIn(stretch: Stretch, name: ClockName, atUs: TimeUs): TimeUs {
  const elapsed = atUs - stretch.baseTrueUs;
  const gained = Math.floor((elapsed * stretch.driftPerMillion) / MILLION);
  const monotonicUs = stretch.baseMonotonicUs + elapsed + gained;
  if (name === 'monotonic') return monotonicUs;
  const slept = stretch.driftPerMillion === STANDSTILL_PER_MILLION ? elapsed : 0;
  return monotonicUs + stretch.wallOffsetUs + slept;
}

/** The first instant of a part of a stretch at which the clock shows at least `readingUs`; its end if there is none. */
function firstShowing(stretch: Stretch, name: ClockName, readingUs: TimeUs, { fromUs, untilUs }: Interval): TimeUs {
  if (shownIn(stretch, name, untilUs - 1) < readingUs) return untilUs;
  // By halves: solving for the instant would have to be corrected for what the reading rounds off.
  let [tooEarlyUs, foundUs] = [fromUs - 1, untilUs - 1];
  while (foundUs - tooEarlyUs > 1) {
    const middleUs = Math.floor((tooEarlyUs + foundUs) / 2);
    if (shownIn(stretch, name, middleUs) < readingUs) tooEarlyUs = middleUs;
    else foundUs = middleUs;
  }
  return foundUs;
}
