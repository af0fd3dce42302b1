import { checkLinearizable, type LinearizabilityResult } from '../../checkers/linearizability.ts';
import type { ModelName } from '../../checkers/model.ts';
import { MODEL_NAMES } from '../../checkers/models/by-name.ts';
import { parseHistory, type HistoryProblem } from '../history/jsonl.ts';
import type { History } from '../history/operation.ts';

/** What the layers above may use of those below without knowing them. */
export { MODEL_NAMES } from '../../checkers/models/by-name.ts';
export { formatHistory } from '../history/jsonl.ts';
export { TRACE_VERSION } from '../kernel/trace.ts';

/** How to judge a stored history. */
export interface CheckSettings {
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

/** Judges a history in JSON lines. */
export function checkHistory(text: string, { model, shouldStop }: CheckSettings): HistoryCheck {
  const parsed = parseHistory(text);
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
