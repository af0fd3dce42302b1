import { describe, expect, it } from 'vitest';
import type { FaultLine, FaultSpec } from '../../../src/faults/fault.ts';
import { progressBudgetUs } from '../../../src/scenario/progress-budget.ts';

const module = {
  progressBudgetUs: (options: Readonly<Record<string, unknown>>): number => 10 * (options['timeout'] as number),
};
const line = (action: FaultSpec): FaultLine => ({ trigger: { kind: 'at', atUs: 0 }, action, allowVacuous: false });
const set = (timeout: number): Extract<FaultSpec, { kind: 'set' }> =>
  ({ kind: 'set', options: { timeout }, forUs: null });
const budget = (...faults: readonly FaultLine[]): number =>
  progressBudgetUs({ system: { protocol: 'x', nodes: 3, options: { timeout: 5 } }, faults }, module);

describe('the patience with a protocol', () => {
  it('is that of its options', () => { expect(budget(line({ kind: 'heal' }))).toBe(50); });

  it('is that of the slowest options that a line sets, drawn ones among them', () => {
    expect(budget(line(set(3)), line(set(8)))).toBe(80);
    expect(budget(line({ kind: 'one-of', choices: [{ weight: 1, action: set(9), forUs: null }] }))).toBe(90);
    expect(budget(line(set(3)))).toBe(50);
  });
});
