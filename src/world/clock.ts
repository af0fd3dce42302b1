import type { FaultEffect } from '../contract/world-control.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';

const MILLION = 1_000_000;

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

  /** The first instant of simulated time at which the monotonic clock shows at least `monotonicUs`. */
  trueAtUs(monotonicUs: TimeUs): TimeUs {
    const wanted = monotonicUs - this.baseMonotonicUs;
    if (this.driftPerMillion === 0) return this.baseTrueUs + wanted;
    let elapsed = Math.ceil((wanted * MILLION) / (MILLION + this.driftPerMillion));
    while (this.monotonicUs(this.baseTrueUs + elapsed) < monotonicUs) elapsed += 1;
    while (elapsed > 0 && this.monotonicUs(this.baseTrueUs + elapsed - 1) >= monotonicUs) elapsed -= 1;
    return this.baseTrueUs + elapsed;
  }

  /** Changes the rate from now on; both clocks stay continuous. */
  setDrift(nowUs: TimeUs, perMillion: number): void {
    this.baseMonotonicUs = this.monotonicUs(nowUs);
    this.baseTrueUs = nowUs;
    this.driftPerMillion = perMillion;
  }

  /** Moves the wall clock, forward or back. */
  jump(byUs: DurationUs): void {
    this.wallOffsetUs += byUs;
  }
}
