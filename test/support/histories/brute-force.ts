import type { History, HistoryEvent, Json } from '../../../src/history/operation.ts';
import type { ModelName } from '../../../checkers/index.ts';

interface Call {
  readonly invoke: HistoryEvent;
  readonly completion: HistoryEvent | null;
}

/**
 * Whether some order of the operations explains a history: tries all of them. Deliberately dumb, and written without
 * a look at the checkers: no state is ever remembered, nothing is pruned but what real time or a wrong answer forbids.
 * For histories of about seven operations.
 */
export function isLinearizableByBruteForce(history: History, model: ModelName): boolean {
  const calls = callsOf(history).filter((call) => call.completion?.type !== 'fail');
  const keys = new Set(calls.map((call) => call.invoke.key));
  return [...keys].every((key) => {
    const ofKey = calls.filter((call) => call.invoke.key === key);
    return canFinish(ofKey, model === 'append' ? [] : null);
  });
}

function canFinish(calls: readonly Call[], state: Json): boolean {
  if (!calls.some(isOk)) return true;
  return calls.some((call) => {
    const others = calls.filter((other) => other !== call);
    const tooLate = others.some((other) => isOk(other) && indexOfEnd(other) < call.invoke.index);
    if (tooLate) return false;
    const next = after(state, call);
    return next !== undefined && canFinish(others, next);
  });
}

/** The state after the call, or `undefined` if it could not have ended so. An unknown read could have read anything. */
function after(state: Json, call: Call): Json | undefined {
  const { f, value } = call.invoke;
  const answer = call.completion === null ? null : call.completion.value;
  switch (f) {
    case 'write':
      return value;
    case 'append':
      return [...(state as Json[]), value];
    case 'cas':
      return isSame((value as Json[])[0] as Json, state) ? (value as Json[])[1] : undefined;
    case 'read':
      if (!isOk(call)) return state;
      return isSame(answer, state) || (answer === null && isSame(state, [])) ? state : undefined;
    default:
      throw new Error(`no such operation: ${f}`);
  }
}

function isSame(left: Json, right: Json): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

function isOk(call: Call): boolean {
  return call.completion?.type === 'ok';
}

function indexOfEnd(call: Call): number {
  return call.completion?.index ?? Infinity;
}

function callsOf(history: History): Call[] {
  return history.filter((event) => event.type === 'invoke').map((invoke) => ({
    invoke,
    completion: history.find((event) => event.process === invoke.process && event.index > invoke.index) ?? null,
  }));
}
