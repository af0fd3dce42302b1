import type { TimeUs } from '../kernel/time.ts';

/** Checkers count in these, and know nothing of the kernel. */
export type { DurationUs, TimeUs } from '../kernel/time.ts';

/**
 * What a history line tells of its operation. `fail`: it did not happen and never will. `info`: unknown, it may
 * happen at any time after its invocation, or never. A timed-out write is `info`, never `fail`.
 */
export type EventType = 'invoke' | 'ok' | 'fail' | 'info';

/** Plain JSON data, as it stands in a history. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * One line of a history, Jepsen's names. `index` is the order, `time` never decreases. `process` is an integer for
 * operations (retired once an operation ended in `info`) and `'nemesis'` for faults, beliefs and ownerships,
 * which are not operations. A missing `key` means that there is one object.
 */
export interface HistoryEvent {
  readonly index: number;
  readonly time: TimeUs;
  readonly process: number | 'nemesis';
  readonly type: EventType;
  readonly f: string;
  readonly key?: string;
  readonly value: Json;
  readonly error?: string;
}

/** All events of a run or a file, in the order of `index`. */
export type History = readonly HistoryEvent[];
