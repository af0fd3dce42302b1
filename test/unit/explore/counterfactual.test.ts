import { describe, expect, it } from 'vitest';
import { establishCause, withCause } from '../../../src/explore/counterfactual.ts';
import type { Omitted } from '../../../src/run/request.ts';
import type { RunResult } from '../../../src/run/result.ts';
import { lostWrite, resultOf, verdictOf } from '../../support/cli/results.ts';

type Cause = ReturnType<ReturnType<typeof establishCause>['next']>['value'];

/** Runs the search against a world in which `isNeeded` says which faults the violation cannot do without. */
function search(isGone: (without: readonly Omitted[]) => boolean, width: number, found: RunResult = lostWrite()) {
  const steps = establishCause(found, 'linearizable', width);
  let trials = 0;
  let step = steps.next();
  while (step.done !== true) {
    trials += step.value.length;
    step = steps.next(step.value.map((without) => (isGone(without) ? resultOf() : found)));
  }
  const cause: Cause = step.value;
  return { cause, trials };
}

describe('the cause of a violation', () => {
  it('is the suspect without which it does not happen', () => {
    const { cause } = search((without) => without.includes(0), 1);
    expect(cause).toEqual({ fault: 0, text: 'crash of n2 at 0.1 s' });
  });

  it('is the latest of several, however many runs are made at once', () => {
    for (const width of [1, 2, 8]) {
      const { cause } = search((without) => without.includes(0) || without.includes(1), width);
      expect(cause, `width ${width}`).toEqual({ fault: 1, text: 'partition of n1 | n2 n3 at 1.5 s' });
    }
  });

  it('may be a pair, where each alone is enough to bring it about', () => {
    const { cause } = search((without) => without.includes(1) && without.includes(0), 4);
    expect(cause).toEqual({ fault: 1, text: 'partition of n1 | n2 n3 at 1.5 s together with crash of n2 at 0.1 s' });
  });

  it('stays open if nothing helps, after a bounded number of runs', () => {
    expect(search(() => false, 2)).toEqual({ cause: null, trials: 6 });
    const many = lostWrite({
      faults: Array.from({ length: 40 }, (_, index) =>
        ({ index, kind: 'pause', atUs: index, untilUs: null, target: 'n1', effect: {}, line: index })),
      verdicts: [verdictOf({ verdict: 'invalid', suspects: Array.from({ length: 40 }, (_, index) => 39 - index) })],
    });
    expect(search(() => false, 5, many)).toEqual({ cause: null, trials: 12 + 15 });
  });

  it('is the armed defect where no fault is needed', () => {
    const defect = 'redlock/plain-del';
    const { cause, trials } = search((without) => without.includes('defect'), 2, lostWrite({ defect }));
    expect(cause).toEqual({ fault: null, text: `the defect ${defect}` });
    expect(trials).toBe(7);
    expect(search(() => false, 2, lostWrite({ defect })).cause).toBeNull();
  });

  it('is not shown by a run that broke off or a checker that gave up', () => {
    for (const trial of [
      resultOf({ outcome: 'error', verdicts: [] }),
      resultOf({ outcome: 'unknown', verdicts: [verdictOf({ verdict: 'unknown' })] }),
    ]) {
      const steps = establishCause(lostWrite(), 'linearizable', 3);
      steps.next();
      const next = steps.next([trial, trial, trial]);
      expect(next.done, trial.outcome).toBe(false);
    }
  });

  it('is shown by a run in which there was no second holder to collide with', () => {
    const steps = establishCause(lostWrite(), 'linearizable', 1);
    steps.next();
    const trial = resultOf({ outcome: 'vacuous', reason: 'x', verdicts: [verdictOf({ verdict: 'unknown' })] });
    expect(steps.next([trial]).value).toMatchObject({ fault: 2 });
  });

  it('is not searched for where nothing was violated', () => {
    expect(establishCause(resultOf(), 'linearizable', 1).next()).toEqual({ done: true, value: null });
  });

  it('is filled in for its checker alone', () => {
    const cause = { fault: 0, text: 'x' };
    const { verdicts } = withCause(lostWrite(), 'R4', cause);
    expect(verdicts.map((verdict) => verdict.cause?.text)).toEqual(['partition of n1 | n2 n3 at 1.5 s', 'x']);
  });
});
