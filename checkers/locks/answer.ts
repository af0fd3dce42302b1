import { holdOf, lockLineProblem, type Hold, type HoldKind } from '../../src/history/lock-lines.ts';
import type { History } from '../../src/history/operation.ts';
import type { PairingProblem } from '../../src/history/operations.ts';
import type { Semantics } from '../settle.ts';
import type { KeyWitness } from '../verify.ts';
import type { LockFinding, LockModelName, LockResult } from './result.ts';
import { axisOf } from './true-time.ts';
import { verifyLockFindings, verifyLockWitness } from './verify-locks.ts';

/** What was judged, and by what. */
export interface LockJudgement {
  readonly model: LockModelName;
  readonly history: History;
  readonly operations: number;
  readonly options: Pick<Semantics, 'equalTimes'>;
  readonly prevented: number | null;
}

/** What a checker of locks found. */
type Found =
  | { readonly findings: readonly LockFinding[] }
  | { readonly witness: readonly KeyWitness[]; readonly valid: string }
  | { readonly unknown: string };

/** The result of what was found, verified by what shares nothing with the search. */
export function answer(judgement: LockJudgement, found: Found): LockResult {
  const { model, history, operations, options, prevented } = judgement;
  const common = { model, operations, prevented, witness: null, evidence: null };
  if ('unknown' in found) {
    return { ...common, verdict: 'unknown', algorithm: 'none', verified: false, reason: found.unknown };
  }
  if ('valid' in found) {
    const { witness, valid } = found;
    const problem = verifyLockWitness(history, model, witness, options);
    // Two parts of this program contradict each other. Whatever the truth is, it has not been shown.
    const contradiction = `internal contradiction: the witness is wrong: ${problem}`;
    if (problem !== null) return answer(judgement, { unknown: contradiction });
    return { ...common, verdict: 'valid', algorithm: 'sweep', witness, verified: true, reason: valid };
  }
  const findings = [...found.findings].sort((left, right) => left.atUs - right.atUs);
  const first = findings[0] as LockFinding;
  const others = findings.length === 1 ? '' : `, and ${findings.length - 1} more`;
  const summary = `${first.summary}${others}`;
  const evidence = { findings, summary, axis: axisOf(first, model) };
  const verified = verifyLockFindings(history, model, findings, options) === null;
  return { ...common, verdict: 'invalid', algorithm: 'sweep', evidence, verified, reason: summary };
}

/** Why a history cannot be judged at all, or `null`. */
export function firstProblem(history: History, problems: readonly PairingProblem[]): string | null {
  for (const { index, message } of problems) return `the history is malformed at index ${index}: ${message}`;
  for (const event of history) {
    const message = lockLineProblem(event);
    if (message !== null) return `the history is malformed at index ${event.index}: ${message}`;
  }
  return null;
}

/** What the nemesis wrote down of holders, in the order of the lines. */
export function holdsIn(history: History, kind: HoldKind): Hold[] {
  return history.flatMap((event) => holdOf(event, kind) ?? []);
}
