import { describe, expect, test } from 'vitest';
import { checkLock, checkLockOwnership, checkMutualExclusion } from '../../../../checkers/index.ts';
import { hold, timed } from '../../../support/histories/locks.ts';

describe.each([['mutual-exclusion', 'believes', 'owns'], ['lock-ownership', 'owns', 'believes']] as const)(
  '%s', (model, f, other) => {
    const judge = (...lines: readonly string[]): string => checkLock(timed(...lines), model).verdict;

    test.each<[string, readonly string[], string]>([
      ['one after the other', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 20, 30)], 'valid'],
      ['one begins where the other ends', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 10, 30)], 'valid'],
      ['one begins before the other ends', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 9, 30)], 'invalid'],
      ['one inside the other, told first', [hold(f, 2, 2, 5, 6), hold(f, 1, 1, 0, 10)], 'invalid'],
      ['both at once', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 0, 10)], 'invalid'],
      ['of one process', [hold(f, 1, 1, 0, 10), hold(f, 1, 2, 5, 15)], 'valid'],
      ['of two locks', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 10, 20), hold(f, 3, 1, 5, 15, 'm')], 'valid'],
      ['behind two of one process', [hold(f, 1, 1, 0, 9), hold(f, 2, 2, 0, 30), hold(f, 2, 3, 9, 20),
        hold(f, 1, 4, 15, 16)], 'invalid'],
      ['without length, inside', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 5, 5), hold(f, 2, 3, 10, 11)], 'valid'],
      ['that ends before it begins', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 8, 5), hold(f, 2, 3, 10, 11)], 'valid'],
      ['one grant only', [hold(f, 1, 1, 0, 10), hold(f, 1, 1, 20, 30)], 'unknown'],
      ['two grants, one without length', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 5, 5)], 'unknown'],
      ['none', ['0 1 invoke read null', '1 1 ok read null'], 'unknown'],
      ['none of this kind', [hold(other, 1, 1, 0, 10), hold(other, 2, 2, 5, 15)], 'unknown'],
      ['malformed', [hold(f, 1, 1, 0, 10), hold(f, 2, 2, 0.0005, 15)], 'unknown'],
    ])('two intervals: %s', (_what, lines, verdict) => {
      expect(judge(...lines)).toBe(verdict);
    });

    test('tells how many are without length', () => {
      const { reason } = checkLock(timed(hold(f, 1, 1, 0, 10), hold(f, 2, 2, 5, 5), hold(f, 2, 2, 5, 4)), model);
      expect(reason).toBe('no lock of which two grants were held (2 more without length)');
    });
  });

describe('evidence', () => {
  const lines = [hold('believes', 1, 33, 15, 9_898), hold('believes', 2, 34, 600, 10_480)];

  test('tells both holders on one axis', () => {
    expect(checkMutualExclusion(timed(...lines))).toMatchObject({
      verdict: 'invalid',
      verified: true,
      operations: 2,
      prevented: null,
      reason: 'processes 1 (grant 33) and 2 (grant 34) both believed that they held l for 9298000 us',
      evidence: {
        findings: [{ kind: 'overlap', key: 'l', atUs: 600_000, stores: [], holds: [{ process: 1 }, { process: 2 }] }],
        axis: [
          ' 0.015000 s  process 1 believes that it holds l from here (grant 33)',
          ' 0.600000 s  process 2 believes that it holds l from here (grant 34)',
          ' 9.898000 s  process 1 believes that it holds l until here (grant 33)',
          '10.480000 s  process 2 believes that it holds l until here (grant 34)',
        ],
      },
    });
  });

  test('of owners says that they own', () => {
    const owners = lines.map((line) => line.replace('believes', 'owns'));
    expect(checkLockOwnership(timed(...owners)).evidence).toMatchObject({
      summary: 'processes 1 (grant 33) and 2 (grant 34) both owned l for 9298000 us',
      axis: [' 0.015000 s  process 1 owns l from here (grant 33)', {}, {}, {}].map((line) =>
        (typeof line === 'string' ? line : expect.stringContaining(' owns l ') as string)),
    });
  });

  test('has the earliest overlap in front, whatever the order of the lines, and counts the others', () => {
    const later = [hold('believes', 4, 41, 30_000, 30_002), hold('believes', 3, 40, 30_000, 30_001, 'm'),
      hold('believes', 5, 42, 30_001, 30_002)];
    const { evidence, reason } = checkMutualExclusion(timed(...later, ...lines));
    expect(evidence?.findings.map(({ atUs }) => atUs)).toEqual([600_000, 30_001_000]);
    expect(reason).toMatch(/, and 1 more$/);
  });
});
