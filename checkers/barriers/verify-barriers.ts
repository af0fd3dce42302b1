import type { History, Json } from '../../src/history/operation.ts';
import { type Call, callsIn } from '../calls.ts';
import type { BarrierFinding } from './result.ts';

/**
 * Checks findings without trusting what found them: shares nothing with it, and reads the lines of the history itself.
 * Returns what is wrong with one, or `null` if each stands in the history and is a breach. Cost: the history for each
 * finding, and of those who entered early the square of it.
 */
export function verifyBarrierFindings(history: History, findings: readonly BarrierFinding[]): string | null {
  const all = effective(history);
  for (const [position, { kind, key, lines }] of findings.entries()) {
    const ofKey = all.filter(({ invoke }) => (invoke.key ?? null) === key);
    const own = ofKey.filter(({ invoke, end }) => end?.type === 'ok' && lines.includes(invoke.index)
      && lines.includes(end.index));
    const isBreach = {
      'entered-early': () => own.some((enter) => isEntered(enter) && areLackingBy(ofKey, enter)),
      'left-early': () => own.some((first) => own.some((later) => isLeftBefore(first, later))),
      'passed-early': () => own.some((pass) => own.some((raise) => isPassed(ofKey, raise, pass))),
    }[kind]();
    if (!isBreach) return `finding ${position}: the lines do not say so`;
  }
  return null;
}

/** Those that may have had an effect; `end` is `null` also where it said that nobody knows. */
function effective(history: History): Call[] {
  return callsIn(history)
    .filter(({ end }) => end?.type !== 'fail')
    .map(({ invoke, end }) => ({ invoke, end: end?.type === 'ok' ? end : null }));
}

function isSame(left: Json | undefined, right: Json | undefined): boolean {
  return JSON.stringify(left ?? null) === JSON.stringify(right ?? null);
}

function isEntered({ invoke, end }: Call): boolean {
  return invoke.f === 'enter' && end !== null;
}

/** How many a round lacks when one of it is answered, by those who are answered with it in the end. */
function lackOf(calls: readonly Call[], enter: Call): number {
  const there = calls.filter((call) => isEntered(call) && isSame(call.end?.value, enter.end?.value)
    && call.invoke.index < (enter.end?.index ?? 0));
  return (enter.invoke.value as number) - new Set(there.map(({ invoke }) => invoke.process)).size;
}

/** Whether its round lacks some by then, and all rounds together more than may have been there without an answer. */
function areLackingBy(calls: readonly Call[], enter: Call): boolean {
  const until = enter.end?.index ?? 0;
  const worst = new Map<string, number>();
  for (const call of calls) {
    if (!isEntered(call) || (call.end?.index ?? Infinity) > until) continue;
    const round = JSON.stringify(call.end?.value ?? null);
    worst.set(round, Math.max(worst.get(round) ?? 0, lackOf(calls, call)));
  }
  const lacking = [...worst.values()].reduce((sum, lack) => sum + lack, 0);
  const perhaps = calls.filter(({ invoke, end }) => invoke.f === 'enter' && end === null && invoke.index < until);
  return lackOf(calls, enter) > 0 && lacking > perhaps.length;
}

/** Whether the first of them was out before the other one had asked. */
function isLeftBefore(first: Call, later: Call): boolean {
  const isLeave = [first, later].every(({ invoke, end }) => invoke.f === 'leave' && end !== null);
  return isLeave && isSame(first.end?.value, later.end?.value) && (first.end?.index ?? Infinity) < later.invoke.index;
}

/** Whether no lift can have stood between the raise and the answer of the pass. */
function isPassed(ofKey: readonly Call[], raise: Call, pass: Call): boolean {
  if (raise.invoke.f !== 'raise' || pass.invoke.f !== 'pass' || raise.end === null || pass.end === null) return false;
  const { end } = pass;
  const between = ofKey.filter((call) => call.invoke.f === 'lift' && call.invoke.index < end.index
    && (call.end === null || call.end.index > raise.invoke.index));
  return raise.end.index < pass.invoke.index && between.length === 0;
}
