import { describe, expect, test } from 'vitest';
import { checkProgress } from '../../../checkers/index.ts';
import { history } from '../../support/histories/operations.ts';

// Times are ten times the index: the fault heals at 40, the client tries at 50 and succeeds at 70.
const RECOVERS = history(
  '0 invoke write 1', '0 ok write 1', 'nemesis info partition {}', '1 invoke write 2', 'nemesis info heal {}',
  '0 invoke write 3', '1 info write 2', '0 ok write 3',
);

describe('after the last fault', () => {
  test('a success within the budget is progress', () => {
    expect(checkProgress(RECOVERS, { budgetUs: 30, endUs: 100 })).toMatchObject({ verdict: 'valid', atUs: 70 });
  });

  test('a success after the budget is a stall, which is known when the budget is over', () => {
    expect(checkProgress(RECOVERS, { budgetUs: 29, endUs: 100 })).toMatchObject({ verdict: 'invalid', atUs: 69 });
  });

  test('an early end of the run leaves it unknown, but never takes a success back', () => {
    expect(checkProgress(RECOVERS, { budgetUs: 29, endUs: 68 })).toMatchObject({ verdict: 'unknown', atUs: null });
    expect(checkProgress(RECOVERS, { budgetUs: 500, endUs: 80 })).toMatchObject({ verdict: 'valid', atUs: 70 });
  });

  test('an operation that was invoked before the fault healed does not count', () => {
    const old = history('0 invoke write 1', 'nemesis info pause {}', '0 ok write 1', '1 invoke read', '1 info read');
    expect(checkProgress(old, { budgetUs: 30, endUs: 100 }).verdict).toBe('invalid');
  });

  test('an operation that failed does not count', () => {
    const failing = history('nemesis info pause {}', '0 invoke write 1', '0 fail write 1');
    expect(checkProgress(failing, { budgetUs: 30, endUs: 100 }).verdict).toBe('invalid');
  });

  test('a client that is still stuck in an old operation has asked', () => {
    const stuck = history('0 invoke write 1', 'nemesis info pause {}');
    expect(checkProgress(stuck, { budgetUs: 30, endUs: 100 }).verdict).toBe('invalid');
  });

  test('where nobody asks, nothing is known', () => {
    const idle = history('0 invoke write 1', '0 ok write 1', 'nemesis info pause {}');
    expect(checkProgress(idle, { budgetUs: 30, endUs: 100 }).verdict).toBe('unknown');
    expect(checkProgress([], { budgetUs: 30, endUs: 100 }).verdict).toBe('unknown');
  });

  test('a fault that says how long it lasts heals then, and beliefs and ownerships are no faults', () => {
    const paused = history('nemesis info pause {"forUs":40}', '0 invoke write 1', '0 ok write 1', '0 invoke read',
      '0 ok read 1', '0 invoke read', '0 ok read 1', 'nemesis info believes {"process":0}',
      'nemesis info owns {"process":0}', 'nemesis info committed {"zxid":1}', 'nemesis info session {"process":0}',
      'nemesis info event {"process":0}');
    expect(checkProgress(paused, { budgetUs: 30, endUs: 100 })).toMatchObject({ verdict: 'valid', atUs: 60 });
  });

  test('without any fault the run itself is judged', () => {
    const plain = history('0 invoke write 1', '0 ok write 1');
    expect(checkProgress(plain, { budgetUs: 10, endUs: 100 })).toMatchObject({ verdict: 'valid', atUs: 10 });
    expect(checkProgress(plain, { budgetUs: 9, endUs: 100 }).verdict).toBe('invalid');
  });
});

describe('within a window', () => {
  test('an operation has to begin and end inside, bounds included', () => {
    const inside = (fromUs: number, toUs: number): string =>
      checkProgress(RECOVERS, { fromUs, toUs, budgetUs: 0, endUs: 100 }).verdict;
    expect(inside(50, 70)).toBe('valid');
    expect(inside(51, 70)).toBe('invalid');
    expect(inside(50, 69)).toBe('invalid');
    expect(inside(20, 45)).toBe('invalid');
    expect(inside(80, 90)).toBe('unknown');
    expect(inside(51, 101)).toBe('unknown');
  });

  test('only operations that count are counted', () => {
    const counts = ({ process }: { process: number }): boolean => process === 1;
    expect(checkProgress(RECOVERS, { fromUs: 0, budgetUs: 100, endUs: 100 }).verdict).toBe('valid');
    expect(checkProgress(RECOVERS, { fromUs: 0, budgetUs: 100, endUs: 100, counts }).verdict).toBe('invalid');
  });
});
