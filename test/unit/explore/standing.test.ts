import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySummary, isMissed, standingOf, withRun, type Standing } from '../../../src/explore/standing.ts';
import type { RunResult } from '../../../src/run/result.ts';
import { resultOf, verdictOf } from '../../support/cli/results.ts';

type Word = 'valid' | 'invalid' | 'unknown';

const words: readonly Word[] = ['valid', 'invalid', 'unknown'];
const met = verdictOf();
const wanted = verdictOf({ verdict: 'invalid', expected: 'invalid' });
const found = verdictOf({ verdict: 'invalid' });
const absent = verdictOf({ expected: 'invalid' });
const open = verdictOf({ verdict: 'unknown' });
const asleep = verdictOf({ verdict: 'unknown', expected: 'unknown' });

describe('an expectation is missed', () => {
  it('by a definite verdict that is another one, and by nothing else', () => {
    const missed = words.flatMap((verdict) => words
      .filter((expected) => isMissed(verdictOf({ verdict, expected })))
      .map((expected) => `${verdict} for ${expected}`));
    expect(missed).toEqual(
      ['valid for invalid', 'valid for unknown', 'invalid for valid', 'invalid for unknown']);
  });
});

describe('a run stands as', () => {
  it.each<[Standing, string, Partial<RunResult>]>([
    ['expected', 'everything held', {}],
    ['expected', 'what had to be violated was', { outcome: 'violation', verdicts: [met, wanted] }],
    ['expected', 'what nobody could know is not known', { outcome: 'unknown', verdicts: [met, asleep] }],
    ['unexpected', 'something was violated', { outcome: 'violation', asExpected: false, verdicts: [met, found] }],
    ['unexpected', 'something was violated beside what had to be',
      { outcome: 'violation', asExpected: false, verdicts: [wanted, found] }],
    ['unexpected', 'what had to be violated was not', { asExpected: false, verdicts: [absent] }],
    ['unexpected', 'one checker found what it should not, and another gave up',
      { outcome: 'violation', asExpected: false, verdicts: [open, found] }],
    ['unexpected', 'what had to be violated was not, and nothing happened either',
      { outcome: 'vacuous', asExpected: false, verdicts: [absent] }],
    ['unexpected', 'it broke off, whatever had been found by then',
      { outcome: 'error', asExpected: false, verdicts: [wanted] }],
    ['unexpected', 'it broke off before anything was found', { outcome: 'error', asExpected: false, verdicts: [] }],
    ['unexpected', 'it was not the same twice, whatever the verdicts',
      { outcome: 'nondeterministic', asExpected: false, verdicts: [met] }],
    ['unknown', 'a checker gave up', { outcome: 'unknown', asExpected: false, verdicts: [met, open] }],
    ['unknown', 'a checker gave up beside a violation that was wanted',
      { outcome: 'violation', asExpected: false, verdicts: [wanted, open] }],
    ['unknown', 'a limit was met', { outcome: 'unknown', asExpected: false, reason: 'limit: of events' }],
    ['unknown', 'a limit was met after what had to be violated was',
      { outcome: 'violation', asExpected: false, verdicts: [wanted], reason: 'limit: of events' }],
    ['vacuous', 'nothing happened', { outcome: 'vacuous', asExpected: false }],
  ])('%s, if %s', (standing, _why, fields) => {
    expect(standingOf(resultOf(fields))).toBe(standing);
  });
});

describe('a summary', () => {
  const runs: readonly RunResult[] = [
    resultOf(),
    resultOf({ outcome: 'violation', asExpected: false, verdicts: [found] }),
    resultOf({ outcome: 'unknown', asExpected: false, verdicts: [open] }),
    resultOf({ outcome: 'vacuous', asExpected: false }),
    resultOf({ outcome: 'nondeterministic', asExpected: false }),
    resultOf({ outcome: 'error', asExpected: false, verdicts: [] }),
  ];

  it('of no runs is empty, and stays so', () => {
    const before = { ...emptySummary };
    withRun(emptySummary, resultOf());
    expect(emptySummary).toEqual(before);
    expect(new Set(Object.values(emptySummary))).toEqual(new Set([0]));
  });

  it.each<[keyof typeof emptySummary, number]>([
    ['asExpected', 0], ['unexpected', 1], ['unknown', 2], ['vacuous', 3], ['nondeterministic', 4], ['unexpected', 5],
  ])('counts under %s: run %i', (field, which) => {
    const summary = withRun(emptySummary, runs[which] as RunResult);
    expect(summary[field]).toBe(1);
    expect(summary.runs).toBe(1);
  });

  it('counts each run once, in whatever order they come', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...runs)), (some) => {
      const summary = some.reduce(withRun, emptySummary);
      const { asExpected, unexpected, unknown, vacuous, nondeterministic } = summary;
      expect(summary.runs).toBe(some.length);
      expect(asExpected + unexpected + unknown + vacuous).toBe(some.length);
      expect(nondeterministic).toBe(some.filter(({ outcome }) => outcome === 'nondeterministic').length);
      expect([...some].reverse().reduce(withRun, emptySummary)).toEqual(summary);
    }), { seed: 3, numRuns: 100 });
  });
});
