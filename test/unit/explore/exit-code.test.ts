import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../../src/explore/exit-code.ts';
import { emptySummary, standingOf, withRun } from '../../../src/explore/standing.ts';
import type { RunResult } from '../../../src/run/result.ts';
import { lostWrite, resultOf, verdictOf } from '../../support/cli/results.ts';

const pass = resultOf();
const lost = lostWrite();
const wanted = lostWrite({
  asExpected: true, verdicts: [verdictOf({ verdict: 'invalid', expected: 'invalid' })],
});
const missed = resultOf({ asExpected: false, verdicts: [verdictOf({ expected: 'invalid' })] });
const vacuous = resultOf({ outcome: 'vacuous', asExpected: false, reason: 'nothing happened' });
const unknown = resultOf({ outcome: 'unknown', asExpected: false, verdicts: [verdictOf({ verdict: 'unknown' })] });
const error = resultOf({ outcome: 'error', asExpected: false, verdicts: [] });
const torn = resultOf({ outcome: 'nondeterministic', asExpected: false });

const exitOf = (...results: RunResult[]): number => exitCodeOf(results.reduce(withRun, emptySummary));

describe('the exit code', () => {
  it.each([
    [0, 'every expectation was met', [pass, wanted]],
    [1, 'a violation that was not expected', [pass, lost]],
    [1, 'an expected violation that did not happen', [missed]],
    [1, 'a run that broke off', [pass, error]],
    [1, 'a failure beside what is unknown', [unknown, lost, vacuous]],
    [2, 'something unknown', [pass, unknown]],
    [2, 'something vacuous', [pass, vacuous]],
    [3, 'nondeterminism, whatever else', [lost, torn, unknown]],
    [4, 'no run at all', []],
  ])('is %i for %s', (code, _what, results) => {
    expect(exitOf(...results)).toBe(code);
  });
});

describe('a run', () => {
  it('is a failure if one checker gave up and another found what it should not', () => {
    const verdicts = [verdictOf({ verdict: 'unknown' }), verdictOf({ checker: 'x', expected: 'invalid' })];
    expect(standingOf({ ...unknown, verdicts })).toBe('unexpected');
  });

  it('may be expected to be unknown', () => {
    const verdicts = [verdictOf({ verdict: 'unknown', expected: 'unknown' })];
    expect(standingOf({ ...unknown, verdicts, asExpected: true })).toBe('expected');
  });

  it('counts once in the summary', () => {
    const summary = [pass, lost, unknown, vacuous, torn].reduce(withRun, emptySummary);
    expect(summary).toEqual({ runs: 5, asExpected: 1, unexpected: 2, unknown: 1, vacuous: 1, nondeterministic: 1 });
  });
});
