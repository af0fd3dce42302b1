import { checkLinearizable, type LinearizabilityResult } from '../../checkers/linearizability.ts';
import type { ModelName } from '../../checkers/model.ts';
import { MODEL_NAMES } from '../../checkers/models/by-name.ts';
import { parseEdnHistory } from '../history/edn.ts';
import { parseJepsenLog } from '../history/jepsen-log.ts';
import { parseHistory, type HistoryProblem, type ParsedHistory } from '../history/jsonl.ts';
import type { History } from '../history/operation.ts';

/** What the layers above may use of those below without knowing them. */
export { MODEL_NAMES } from '../../checkers/models/by-name.ts';
export { formatHistory } from '../history/jsonl.ts';
export { TRACE_VERSION } from '../kernel/trace.ts';

/** How a history is written down. */
export type HistoryFormat = 'jsonl' | 'edn' | 'jepsen-log';

/** How to judge a stored history. */
export interface CheckSettings {
  /** Default: the one that the text begins like, blanks aside. */
  readonly format?: HistoryFormat | 'auto';
  /** `null`: the model that the operations imply. */
  readonly model: ModelName | null;
  /** Asked now and then; `true` ends the search with `unknown`. */
  readonly shouldStop: () => boolean;
}

/** The judgement of a text, or why it is no history, or what keeps the model from being known. */
export type HistoryCheck =
  | { readonly kind: 'judged'; readonly result: LinearizabilityResult }
  | { readonly kind: 'malformed'; readonly problems: readonly HistoryProblem[] }
  | { readonly kind: 'no-model'; readonly message: string };

const parsers: Readonly<Record<HistoryFormat, (text: string) => ParsedHistory>> = {
  jsonl: parseHistory, edn: parseEdnHistory, 'jepsen-log': parseJepsenLog,
};

/** Judges a history. */
export function checkHistory(text: string, { format = 'auto', model, shouldStop }: CheckSettings): HistoryCheck {
  const parsed = parse(text, format === 'auto' ? formatOf(text) : format);
  if (!parsed.ok) return { kind: 'malformed', problems: parsed.problems };
  // Where nobody did anything, every model says the same.
  const isEmpty = operationNames(parsed.history).length === 0;
  const chosen = model ?? (isEmpty ? 'register' : impliedModel(parsed.history));
  if (chosen === null) {
    const names = [...new Set(operationNames(parsed.history))].join(', ');
    const message = `the operations (${names}) do not say which model is meant; name one of ${MODEL_NAMES.join(', ')}`;
    return { kind: 'no-model', message };
  }
  return { kind: 'judged', result: checkLinearizable(parsed.history, { model: chosen, shouldStop }) };
}

function parse(text: string, format: HistoryFormat | null): ParsedHistory {
  if (format !== null) return parsers[format](text);
  const before = text.replace(/^\ufeff/, '').split(/\S/, 1).join().split('\n');
  const message = 'this begins neither like JSON lines nor like EDN nor like a log of Jepsen; name the --format';
  return { ok: false, problems: [{ line: before.length, column: (before.at(-1) ?? '').length + 1, message }] };
}

/**
 * The format that the first characters of a text tell, blanks aside; `null` if none has such.
 *
 * - JSON lines begin as `{` and no keyword; an array of JSON objects is taken for them too, for its better message.
 * - EDN begins as a map with a keyword, as `[` or `(` before a map, a tag or their end, as a comment or a tag.
 * - A log begins with a letter, a digit, the colon of a process, or the bracket of a time stamp.
 */
function formatOf(text: string): HistoryFormat | null {
  const start = text.search(/\S/);
  if (start === -1) return 'jsonl'; // Whose reader says that it is empty.
  const head = text.slice(start, start + 1000);
  if (/^(?:[;#]|\{[\s,]*[:#;]|[[(][\s,]*(?:[#;)\]]|\{[\s,]*[:#;}]))/.test(head)) return 'edn';
  if (/^(?:\{|\[\s*\{)/.test(head)) return 'jsonl';
  return /^[\p{L}\d:[]/u.test(head) ? 'jepsen-log' : null;
}

/** Whether a text names a model. */
export function isModelName(text: string): text is ModelName {
  return (MODEL_NAMES as readonly string[]).includes(text);
}

/** Reads alone imply nothing: they may be of a register or of a list. */
function impliedModel(history: History): ModelName | null {
  const names = new Set(operationNames(history));
  names.delete('read');
  const isOnly = (...allowed: readonly string[]): boolean =>
    names.size > 0 && [...names].every((name) => allowed.includes(name));
  if (isOnly('write')) return 'register';
  if (isOnly('write', 'cas')) return 'cas-register';
  return isOnly('append') ? 'append' : null;
}

function operationNames(history: History): readonly string[] {
  return history.flatMap(({ process, f }) => (process === 'nemesis' ? [] : [f]));
}
