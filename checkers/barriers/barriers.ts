import type { History } from '../../src/history/operation.ts';
import { pairOperations, type Operation } from '../../src/history/operations.ts';
import { linesOfInstants } from '../instants.ts';
import { DoubleBarrier } from './double.ts';
import type { BarrierFinding, BarrierResult } from './result.ts';
import { SimpleBarrier } from './simple.ts';
import { verifyBarrierFindings } from './verify-barriers.ts';

const OPERATIONS: readonly string[] = ['enter', 'leave', 'raise', 'lift', 'pass'];

/**
 * Whether barriers hold, key by key.
 *
 * A *double barrier*: `enter` is asked with how many there have to be, and answered with the round, which may be any
 * value; `leave` with the same round. Nobody is in before so many have invoked `enter` of that round, and nobody is out
 * before all have invoked `leave` who leave it with an answer. Who does not may have lost his session, with which he is
 * out. A *barrier*: nobody who asks behind an answered `raise` passes before a `lift` is invoked.
 *
 * Only what is certain of the order counts: an operation took effect at some time between its two lines, one of unknown
 * outcome at any time behind its first line, or never. `unknown`: nobody came through, or nobody behind a raise; a
 * malformed history. Costs n log n, for rounds times how many enter one, and for passes times how many lifts there are.
 */
export function checkBarriers(history: History): BarrierResult {
  const { operations, problems } = pairOperations(history);
  const problem = problems[0] === undefined ? null : `at index ${problems[0].index}: ${problems[0].message}`;
  const count = operations.length;
  if (problem !== null) return unknown(`the history is malformed ${problem}`, count);
  const odd = operations.find((operation) => oddity(operation) !== null);
  if (odd !== undefined) return unknown(`operation ${odd.invokedIndex}: ${oddity(odd) ?? ''}`, count);

  const keys = byKey(operations.filter(({ outcome }) => outcome !== 'fail'));
  const doubles = keys.map(([key, ofKey]) => new DoubleBarrier(key, ofKey));
  const simples = keys.map(([key, ofKey]) => new SimpleBarrier(key, ofKey));
  const answered = (name: string): number =>
    operations.filter(({ f, outcome }) => f === name && outcome === 'ok').length;
  const checked = {
    entered: answered('enter'),
    left: answered('leave'),
    rounds: doubles.reduce((sum, { rounds }) => sum + rounds, 0),
    passed: answered('pass'),
    held: simples.reduce((sum, { held }) => sum + held, 0),
  };
  const findings = [...doubles, ...simples].flatMap((barrier) => barrier.findings()).sort((a, b) => a.atUs - b.atUs);
  const [first] = findings;
  const common = { model: 'barriers', operations: count, witness: null, checked } as const;
  if (first !== undefined) {
    const summary = `${first.summary}${findings.length === 1 ? '' : `, and ${findings.length - 1} more`}`;
    const evidence = { findings, summary, axis: axisOf(history, first) };
    const verified = verifyBarrierFindings(history, findings) === null;
    return { ...common, verdict: 'invalid', algorithm: 'intervals', evidence, verified, reason: summary };
  }
  const { entered, left, rounds, passed, held } = checked;
  if (entered + left + passed === 0) return unknown('nobody came through a barrier', count);
  if (entered + left + held === 0) return unknown('nobody passed a barrier that had been raised before', count);
  const ofRounds = entered + left === 0 ? [] : [`${entered} entered and ${left} left, in ${rounds} rounds`];
  const ofPasses = passed === 0 ? [] : [`${passed} passed, ${held} of them behind a raise`];
  const reason = `${[...ofRounds, ...ofPasses].join('; ')}: none too early`;
  return { ...common, verdict: 'valid', algorithm: 'intervals', evidence: null, verified: true, reason };
}

function unknown(reason: string, operations: number): BarrierResult {
  return {
    verdict: 'unknown', model: 'barriers', operations, algorithm: 'none', witness: null, evidence: null,
    verified: false, reason, checked: {},
  };
}

/** Why an operation cannot be judged, or `null`. */
function oddity({ f, input }: Operation): string | null {
  if (!OPERATIONS.includes(f)) return `"${f}" is no operation of a barrier`;
  const isCount = Number.isSafeInteger(input) && (input as number) > 0;
  return f === 'enter' && !isCount ? 'it does not say how many there have to be' : null;
}

function byKey(operations: readonly Operation[]): [string | null, Operation[]][] {
  const keys = new Map<string | null, Operation[]>();
  for (const operation of operations) {
    const ofKey = keys.get(operation.key);
    if (ofKey === undefined) keys.set(operation.key, [operation]);
    else ofKey.push(operation);
  }
  return [...keys];
}

/** The lines themselves, of long evidence the last ones. */
const LINES_MAX = 12;

function axisOf(history: History, { lines }: BarrierFinding): readonly string[] {
  const kept = new Set(lines.slice(-LINES_MAX));
  return linesOfInstants(history.filter(({ index }) => kept.has(index)).map(
    ({ process, type, f, key, value, time }) =>
      ({ atUs: time, text: `process ${process} ${type} ${f} ${key ?? ''} ${JSON.stringify(value)}` })));
}
