import type { History } from '../../src/history/operation.ts';
import { type Call, callsIn } from '../calls.ts';
import { valueKey } from '../value-key.ts';
import type { QueueFinding } from './result.ts';

/**
 * Checks findings without trusting what found them: shares nothing with it, and reads the lines of the history itself.
 * Returns what is wrong with one, or `null` if each stands in the history and is a breach. Linear in the history for
 * each finding.
 */
export function verifyQueueFindings(history: History, findings: readonly QueueFinding[]): string | null {
  const all = callsIn(history);
  for (const [position, finding] of findings.entries()) {
    const ofKey = all.filter(({ invoke }) => (invoke.key ?? null) === finding.key);
    const named = new Set(finding.lines);
    const own = ofKey.filter(({ invoke }) => named.has(invoke.index));
    const outs = own.filter((call) => isAnswered(call) && call.end?.value !== null);
    const isBreach = finding.kind === 'lost' ? isLost(ofKey, own) : outs.length > entriesOf(ofKey, outs);
    if (!isBreach) return `finding ${position}: the lines do not say so`;
  }
  return null;
}

function isAnswered({ invoke, end }: Call): boolean {
  return invoke.f === 'dequeue' && end?.type === 'ok';
}

/** How often the one value of these answers may have gone in before the last of them. */
function entriesOf(ofKey: readonly Call[], outs: readonly Call[]): number {
  const values = new Set(outs.map(({ end }) => valueKey(end?.value ?? null)));
  if (values.size !== 1) return Infinity;
  const last = Math.max(...outs.map(({ end }) => end?.index ?? 0));
  return ofKey.filter(({ invoke, end }) => invoke.f === 'enqueue' && end?.type !== 'fail'
    && invoke.index < last && values.has(valueKey(invoke.value))).length;
}

/** Of the named calls, one found the queue empty, and all others had put in what nobody can have taken by then. */
function isLost(ofKey: readonly Call[], own: readonly Call[]): boolean {
  const empty = own.find((call) => isAnswered(call) && call.end?.value === null);
  const emptied = empty?.end;
  if (empty === undefined || emptied === null || emptied === undefined) return false;
  const puts = own.filter((call) => call !== empty);
  const before = ofKey.filter(({ invoke }) => invoke.f === 'dequeue' && invoke.index < emptied.index);
  const asked = before.filter(({ end }) => end === null || end.type === 'info').length;
  const isLeft = ({ invoke, end }: Call): boolean => {
    const key = valueKey(invoke.value);
    const into = ofKey.filter((call) => call.invoke.f === 'enqueue' && call.end?.type === 'ok'
      && call.end.index < empty.invoke.index && valueKey(call.invoke.value) === key).length;
    const out = before.filter((call) => isAnswered(call) && valueKey(call.end?.value ?? null) === key).length;
    return invoke.f === 'enqueue' && end?.type === 'ok' && end.index < empty.invoke.index && out < into;
  };
  return puts.length > asked && puts.every(isLeft);
}
