import { EdnReader, EdnTextError } from './edn-text.ts';
import { HistoryImport, nameOf, valueOf, type ForeignEvent } from './edn.ts';
import type { EventRule, ParsedHistory } from './jsonl.ts';
import type { EventType } from './operation.ts';

/** Process and type of an operation, after anything. In a map that somebody logged, a type follows `:type`. */
const OPERATION = /(?:^|[ \t])(\d+|:(?!type[ \t])[^\s:]+)[ \t]+:(invoke|ok|fail|info)(?=[ \t\r]|$)/;

/**
 * Reads the operations in a log of Jepsen, such as Porcupine's tests have of etcd, and in its `history.txt`:
 *
 *     INFO  jepsen.util - 4⇥:invoke⇥:cas⇥[3 1]
 *     INFO [2024-05-01 12:00:00,000] jepsen worker 1 - jepsen.util 4⇥:info⇥:cas⇥[3 1]⇥:timed-out
 *
 * An operation is a process, a type, a name, a value and perhaps an error; tabs may have become spaces. Lines without
 * process and type are skipped. The order of the lines is all that is known of time: `index` and `time` count the
 * events. A line with process and type that does not go on as an operation is malformed, and so is a log without
 * operations.
 *
 * What fails, like a timed-out read, did not happen; what is info, like a timed-out compare-and-set, is unknown; a
 * read of `nil` saw the initial value. All else is as in {@link HistoryImport}.
 *
 * Never throws and touches no prototype, whatever the text. Linear: 10 MB take about a second.
 */
export function parseJepsenLog(text: string, rule?: EventRule): ParsedHistory {
  const history = new HistoryImport(text, rule);
  for (let start = 0; start < history.text.length && !history.isFull();) {
    const newline = history.text.indexOf('\n', start);
    const end = newline === -1 ? history.text.length : newline;
    const line = history.text.slice(start, end);
    const offset = start;
    history.attempt(() => {
      const event = readLine(line, offset);
      if (event !== null) history.add(event);
    });
    start = end + 1;
  }
  return history.finish('no line of this log is an operation');
}

function readLine(line: string, lineOffset: number): ForeignEvent | null {
  const found = OPERATION.exec(line);
  if (found === null) return null;
  const [whole, process = '', type] = found;
  const offset = lineOffset + found.index + whole.indexOf(process);
  const isNemesis = process.startsWith(':');
  if (!isNemesis && !Number.isSafeInteger(Number(process))) throw new EdnTextError('a number beyond 2^53', offset);
  const { f, value, tuple, error } = within(lineOffset, () => readRest(line, found.index + whole.length));
  return {
    offset, index: null, timeUs: null, process: isNemesis ? 'nemesis' : Number(process), type: type as EventType,
    f, key: null, value, tuple, error,
  };
}

function readRest(line: string, start: number): Pick<ForeignEvent, 'f' | 'value' | 'tuple' | 'error'> {
  const reader = new EdnReader(line, start);
  const f = reader.next();
  const value = reader.next();
  if (f === null || value === null) throw new EdnTextError('the line ends too early', line.length);
  // Jepsen prints an error as it is, which need not be EDN.
  const error = line.slice(reader.offset).trim();
  return { f: nameOf(f), ...valueOf(value), error: error === '' ? null : error.replace(/^:/, '') };
}

/** Places in a line become places in the text. */
function within<Result>(lineOffset: number, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EdnTextError)) throw error;
    throw new EdnTextError(error.message, lineOffset + error.offset);
  }
}
