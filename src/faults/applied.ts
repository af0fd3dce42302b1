import type { FaultEffect } from '../contract/world-control.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { PlainFault } from './plan.ts';

/** A fault as it was applied. */
export interface AppliedFault {
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
  /** Of a change of a clock's rate: parts per million. */
  readonly perMillion: number | null;
  /** Counted by the world, as long as the fault lasts. */
  readonly effect: FaultEffect;
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
