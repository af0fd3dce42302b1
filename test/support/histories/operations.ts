import type { History, HistoryEvent, Json, Operation } from '../../../checkers/index.ts';

/**
 * A history from one line of text an event: process, type, f, value as JSON, and perhaps a key. Times are ten times
 * the index.
 *
 *     history('0 invoke write 1', '0 ok write 1 x')
 */
export function history(...lines: readonly string[]): History {
  return lines.map((line, index): HistoryEvent => {
    const [process, type, f, value, key] = line.split(' ');
    return {
      index,
      time: index * 10,
      process: process === 'nemesis' ? 'nemesis' : Number(process),
      type: type as HistoryEvent['type'],
      f: f as string,
      ...(key === undefined ? {} : { key }),
      value: JSON.parse(value ?? 'null') as Json,
    };
  });
}

/** The lines that these operations, as evidence holds them, came from, with the indices they had. */
export function historyOf(operations: readonly Operation[]): History {
  const events: HistoryEvent[] = [];
  for (const operation of operations) {
    const { process, f, key, input, output, outcome, invokedIndex, completedIndex } = operation;
    const common = { process, f, ...(key === null ? {} : { key }) };
    events.push({ ...common, index: invokedIndex, time: invokedIndex, type: 'invoke', value: input });
    if (completedIndex === null) continue;
    events.push({ ...common, index: completedIndex, time: completedIndex, type: outcome, value: output });
  }
  return events.sort((left, right) => left.index - right.index);
}
