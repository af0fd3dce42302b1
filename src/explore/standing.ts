import type { RunResult, VerdictRecord } from '../run/result.ts';

/** What a run means for the exit code. `unknown` and `vacuous`: nothing failed, and nothing was shown either. */
export type Standing = 'expected' | 'unexpected' | 'unknown' | 'vacuous';

/** A verdict that is definite and not the one that the scenario expects. */
export function isMissed({ verdict, expected }: VerdictRecord): boolean {
  return verdict !== 'unknown' && verdict !== expected;
}

/**
 * A run in which one checker found what it should not have and another gave up is a failure, not an unknown: a
 * definite verdict against the expectation outranks everything that is not known.
 */
export function standingOf(result: RunResult): Standing {
  if (result.outcome === 'nondeterministic' || result.outcome === 'error') return 'unexpected';
  if (result.verdicts.some(isMissed)) return 'unexpected';
  if (result.outcome === 'vacuous') return 'vacuous';
  // Nothing is missed: what is not as expected then is a verdict that nobody knows, or a limit that was met.
  return result.asExpected ? 'expected' : 'unknown';
}

/** Counts of a sweep: the first five are those of the results file. Each run counts once, by its {@link Standing}. */
export interface Summary {
  readonly runs: number;
  readonly asExpected: number;
  readonly unexpected: number;
  readonly unknown: number;
  readonly vacuous: number;
  /** Of those unexpected. */
  readonly nondeterministic: number;
}

export const emptySummary: Summary =
  { runs: 0, asExpected: 0, unexpected: 0, unknown: 0, vacuous: 0, nondeterministic: 0 };

/** The summary with one more run. */
export function withRun(summary: Summary, result: RunResult): Summary {
  const standing = standingOf(result);
  return {
    runs: summary.runs + 1,
    asExpected: summary.asExpected + (standing === 'expected' ? 1 : 0),
    unexpected: summary.unexpected + (standing === 'unexpected' ? 1 : 0),
    unknown: summary.unknown + (standing === 'unknown' ? 1 : 0),
    vacuous: summary.vacuous + (standing === 'vacuous' ? 1 : 0),
    nondeterministic: summary.nondeterministic + (result.outcome === 'nondeterministic' ? 1 : 0),
  };
}
