import type { Omitted } from '../run/request.ts';
import type { FaultRecord, RunResult, VerdictRecord } from '../run/result.ts';

/** Suspects that are left out one at a time, and those that are left out in pairs. */
const SINGLES_MAX = 12;
const PAIRED_MAX = 6;

type Cause = NonNullable<VerdictRecord['cause']>;

/**
 * Looks for the cause of an `invalid` verdict: the first of its suspects, the latest fault first, without which the
 * verdict of that checker is no longer `invalid`; then the first pair; then the defect, if one is armed. `null` where
 * nothing helps.
 *
 * Yields lists of what to leave out, one for each run that it needs, `width` at a time,
 * and is handed the results in the same order. The answer does not depend on `width`.
 */
export function* establishCause(
  result: RunResult, checker: string, width: number,
): Generator<readonly (readonly Omitted[])[], Cause | null, readonly RunResult[]> {
  const verdict = result.verdicts.find((record) => record.checker === checker);
  if (verdict?.verdict !== 'invalid') return null;
  const suspects = verdict.suspects.slice(0, SINGLES_MAX);
  const trials = [...suspects.map((fault) => [fault]), ...pairsOf(suspects.slice(0, PAIRED_MAX))];
  for (let from = 0; from < trials.length; from += width) {
    const round = trials.slice(from, from + width);
    const results = yield round.map((faults) => faults.flatMap((at) => result.faults[at]?.index ?? []));
    const place = results.findIndex((trial) => isGone(trial, checker));
    const faults = round[place];
    if (faults !== undefined) return causeOf(faults, result.faults);
  }
  if (result.defect === null) return null;
  const [disarmed] = yield [['defect']];
  const isTheDefect = disarmed !== undefined && isGone(disarmed, checker);
  return isTheDefect ? { fault: null, text: `the defect ${result.defect}` } : null;
}

/** The result with one cause filled in. */
export function withCause(result: RunResult, checker: string, cause: Cause): RunResult {
  const verdicts = result.verdicts.map((record) => (record.checker === checker ? { ...record, cause } : record));
  return { ...result, verdicts };
}

/** A run that broke off or met a limit, or a checker that gave up, does not show that the fault was needed. */
function isGone(trial: RunResult, checker: string): boolean {
  if (trial.outcome === 'error' || trial.outcome === 'nondeterministic') return false;
  // Vacuous is what a run becomes whose only fault was left out: that is no limit.
  if (trial.outcome !== 'vacuous' && trial.reason !== null) return false;
  const verdict = trial.verdicts.find((record) => record.checker === checker)?.verdict;
  // A second holder that was never granted the lock is a violation that did not happen.
  return verdict === undefined || verdict === 'valid' || (verdict === 'unknown' && trial.outcome === 'vacuous');
}

function pairsOf(suspects: readonly number[]): readonly (readonly number[])[] {
  return suspects.flatMap((fault, place) => suspects.slice(place + 1).map((other) => [fault, other]));
}

function causeOf(faults: readonly number[], records: readonly FaultRecord[]): Cause | null {
  const [fault] = faults;
  if (fault === undefined) return null;
  const words = faults.flatMap((index) => {
    const record = records[index];
    return record === undefined ? [] : [`${record.kind} of ${record.target} at ${seconds(record.atUs)}`];
  });
  return { fault, text: words.join(' together with ') };
}

function seconds(us: number): string {
  return `${String(us / 1_000_000)} s`;
}
