import type { CrashKind, FaultEffect, LinkProfile } from '../contract/world-control.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { PlainFault } from './plan.ts';

/** In what faults of one kind differ, besides whom they strike and for how long; `null` where a kind has no such. */
export interface FaultStrength {
  /** Of a crash. */
  readonly flavour: CrashKind | null;
  /** Of a jump of a wall clock. */
  readonly byUs: DurationUs | null;
  /** Of a change of a clock's rate: parts per million. */
  readonly perMillion: number | null;
  /** Of a changed link: how long a message may take at most. */
  readonly delayUs: DurationUs | null;
}

/** A fault as it was applied. */
export interface AppliedFault extends FaultStrength {
  /** Its index in the plan. */
  readonly index: number;
  /** Index of the scenario's line that brought it. */
  readonly line: number;
  readonly kind: PlainFault['kind'];
  readonly atUs: TimeUs;
  /** When nothing of it was left; `null` while it lasts, and for faults without a duration. */
  untilUs: TimeUs | null;
  /** What it struck, in words: `n2`, `n1 > n2`, `n1 | n2 n3`. */
  readonly target: string;
  /** Counted by the world, as long as the fault lasts. */
  readonly effect: FaultEffect;
}

/** Of a fault whose ranges have shrunk to one number; else of the upper ends. */
export function strengthOf(action: PlainFault): FaultStrength {
  const { kind } = action;
  return {
    flavour: kind === 'crash' ? action.flavour : null,
    byUs: kind === 'clock-jump' ? action.byUs.max : null,
    perMillion: rateOf(action),
    delayUs: kind === 'link' ? longestUs(action.profile) : null,
  };
}

/** A clock that stands still loses all. */
function rateOf(action: PlainFault): number | null {
  if (action.kind === 'clock-drift') return action.perMillion.max;
  return action.kind === 'pause' && action.clock === 'stopped' ? -1_000_000 : null;
}

function longestUs({ latencyUsMax, slowPerMillion, slowUsMax }: LinkProfile): DurationUs {
  return slowPerMillion > 0 ? Math.max(latencyUsMax, slowUsMax) : latencyUsMax;
}

/** Counters of a fault that has changed nothing yet. */
export function noEffect(): FaultEffect {
  return {
    messagesDropped: 0,
    messagesDelayed: 0,
    messagesDuplicated: 0,
    timersDelayed: 0,
    completionsDelayed: 0,
    sendsLost: 0,
    writesLost: 0,
    syncsDelayed: 0,
    syncsFailed: 0,
    failuresUnheard: 0,
    syncsFaked: 0,
    recordsCorrupted: 0,
    recordsWiped: 0,
    processesStopped: 0,
    processesStarted: 0,
    timersMoved: 0,
    ordersGiven: 0,
    optionsChanged: 0,
    clockReadings: 0,
  };
}
