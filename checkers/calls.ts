import type { History, HistoryEvent } from '../src/history/operation.ts';

/** One operation, as two lines; `end` is `null` where it never came. */
export interface Call {
  readonly invoke: HistoryEvent;
  readonly end: HistoryEvent | null;
}

/**
 * What verifiers read of a history: its operations, the ended ones by their ends, then the open ones. Apart from the
 * pairing that checkers begin with, so that a mistake there is none here. Linear.
 */
export function callsIn(history: History): Call[] {
  const open = new Map<number | 'nemesis', HistoryEvent>();
  const calls: Call[] = [];
  for (const event of history) {
    if (event.process === 'nemesis') continue;
    const invoke = open.get(event.process);
    if (event.type === 'invoke') open.set(event.process, event);
    else if (invoke !== undefined) {
      calls.push({ invoke, end: event });
      open.delete(event.process);
    }
  }
  return [...calls, ...[...open.values()].map((invoke): Call => ({ invoke, end: null }))];
}
