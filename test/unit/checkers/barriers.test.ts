import { describe, expect, it } from 'vitest';
import { checkBarriers, verifyBarrierFindings } from '../../../checkers/index.ts';
import { history } from '../../support/histories/operations.ts';

function verdict(...lines: readonly string[]): string {
  const { verdict, verified, evidence, reason } = checkBarriers(history(...lines));
  const kinds = evidence?.findings.map(({ kind }) => kind).join() ?? reason;
  return `${verdict}${verdict === 'invalid' && !verified ? ', not verified' : ''}: ${kinds}`;
}

const enters = (process: number, members = 2): string => `${process} invoke enter ${members}`;
const entered = (process: number, round = 0): string => `${process} ok enter ${round}`;
const leaves = (process: number): string => `${process} invoke leave`;
const left = (process: number, round = 0): string => `${process} ok leave ${round}`;
const round = (number: number): readonly string[] => [
  enters(0), enters(1), entered(1, number), entered(0, number), leaves(0), leaves(1), left(0, number), left(1, number),
];

describe('who enters a double barrier', () => {
  it('is in when there are enough, round after round', () => {
    expect(verdict(...round(0), ...round(1))).toBe('valid: 4 entered and 4 left, in 2 rounds: none too early');
  });

  it('is in too early where somebody came later, or came to another round', () => {
    expect(verdict(enters(0), entered(0), enters(1), entered(1))).toBe('invalid: entered-early');
    expect(verdict(enters(0), enters(1), entered(0), entered(1, 1))).toBe('invalid: entered-early,entered-early');
    expect(verdict(...round(0), enters(0), entered(0, 0))).toMatch(/^valid/);
    expect(verdict(...round(0), enters(0), entered(0, 1), enters(1), entered(1, 1))).toBe('invalid: entered-early');
    expect(verdict(enters(0, 3), enters(1, 3), entered(1), entered(0))).toBe('invalid: entered-early,entered-early');
  });

  it('does not count twice, nor who failed', () => {
    expect(verdict(enters(0), '1 invoke enter 2', '1 fail enter 2', entered(0))).toBe('invalid: entered-early');
    expect(verdict(enters(0, 1), entered(0), enters(0), entered(0))).toBe('invalid: entered-early');
  });

  it('may have been let in by who was not answered, each of them once', () => {
    expect(verdict(enters(0), enters(1), entered(0))).toMatch(/^valid/);
    expect(verdict(enters(0), enters(1), '1 info enter 2', entered(0))).toMatch(/^valid/);
    expect(verdict(enters(0), entered(0), enters(1), '1 info enter 2')).toBe('invalid: entered-early');
    const again = [leaves(0), left(0), enters(0), entered(0, 1)];
    expect(verdict(enters(0), enters(1), '1 info enter 2', entered(0), ...again)).toBe('invalid: entered-early');
    expect(verdict(enters(0), enters(1), enters(2), entered(0), ...again)).toMatch(/^valid/);
  });

  it('is told of by its first breach, which excuses nobody who comes later', () => {
    const { reason, evidence } = checkBarriers(history(
      enters(0, 3), enters(1, 3), '1 info enter 3', entered(0, 7),
      enters(2, 3), enters(3, 3), entered(2, 8), entered(3, 8),
    ));
    expect(evidence?.findings.map(({ lines }) => lines)).toEqual([[0, 3]]);
    expect(reason).toBe('process 0 entered round 7 of the barrier, which takes 3: 1 had invoked it, and no more than 1 '
      + 'may have without an answer, in any round');
  });
});

describe('who leaves a double barrier', () => {
  it('is out too early where somebody who was inside asks later', () => {
    const both = [enters(0), enters(1), entered(0), entered(1), leaves(0)];
    expect(verdict(...both, left(0), leaves(1), left(1))).toBe('invalid: left-early');
    expect(verdict(...both, leaves(1), left(0), left(1))).toMatch(/^valid/);
  });

  it('need not wait for a session that may be over, nor for another round', () => {
    const both = [enters(0), enters(1), entered(0), entered(1), leaves(0), left(0)];
    expect(verdict(...both, leaves(1), '1 info leave')).toMatch(/^valid/);
    expect(verdict(...both, leaves(1), '1 fail leave')).toMatch(/^valid/);
    expect(verdict(...both)).toMatch(/^valid/);
    expect(verdict(...round(0), ...round(1))).toMatch(/^valid/);
  });
});

describe('who passes a barrier', () => {
  const raise = ['0 invoke raise', '0 ok raise'];
  const lift = ['0 invoke lift', '0 ok lift'];
  const pass = ['1 invoke pass', '1 ok pass'];

  it('waits for a lift behind the raise', () => {
    expect(verdict(...raise, '1 invoke pass', ...lift, '1 ok pass')).toBe(
      'valid: 1 passed, 1 of them behind a raise: none too early');
    expect(verdict(...raise, ...pass)).toBe('invalid: passed-early');
    expect(verdict(...lift, ...raise, ...pass)).toBe('invalid: passed-early');
    expect(verdict(...raise, ...lift, ...raise, ...pass)).toBe('invalid: passed-early');
    expect(verdict(...raise, ...lift, ...pass)).toMatch(/^valid/);
  });

  it('may come through while the barrier is being raised, or where it may have been lifted', () => {
    expect(verdict('0 invoke raise', ...pass, '0 ok raise', '1 invoke pass', ...lift, '1 ok pass')).toMatch(/^valid/);
    expect(verdict(...raise, '2 invoke lift', ...pass)).toMatch(/^valid/);
    expect(verdict(...raise, '2 invoke lift', '2 info lift', ...pass)).toMatch(/^valid/);
    expect(verdict(...raise, '2 invoke lift', '2 fail lift', ...pass)).toBe('invalid: passed-early');
    expect(verdict('2 invoke lift', '0 invoke raise', '2 ok lift', '0 ok raise', ...pass)).toMatch(/^valid/);
    expect(verdict('4 invoke raise', '4 info raise', ...pass, ...round(0))).toMatch(/^valid/);
  });
});

describe('barriers', () => {
  it('are judged key by key', () => {
    expect(verdict('0 invoke raise null x', '0 ok raise null x', '1 invoke pass null y', '1 ok pass null y')).toMatch(
      /^unknown: nobody passed a barrier that had been raised/);
    expect(verdict('0 invoke enter 2 x', '1 invoke enter 2 y', '0 ok enter 0 x')).toBe('invalid: entered-early');
    expect(verdict('0 invoke enter 2 x', '0 ok enter 0 x', '0 invoke leave null y', '0 ok leave 0 y')).toBe(
      'invalid: entered-early');
  });

  it('are not judged where nobody came through, or something else was done', () => {
    expect(verdict(enters(0))).toBe('unknown: nobody came through a barrier');
    expect(verdict('0 invoke push 1', '0 ok push 1')).toBe('unknown: operation 0: "push" is no operation of a barrier');
    expect(verdict('0 invoke enter 0', '0 ok enter 0')).toBe(
      'unknown: operation 0: it does not say how many there have to be');
    expect(verdict('0 ok enter 1')).toMatch(/^unknown: the history is malformed at index 0/);
  });

  it('are told of with their lines, which are read again', () => {
    const lines = history(enters(0), entered(0), enters(1), entered(1), leaves(0), left(0), leaves(1), left(1),
      '2 invoke raise', '2 ok raise', '3 invoke pass', '3 ok pass');
    const findings = checkBarriers(lines).evidence?.findings ?? [];
    expect(findings.map(({ kind, lines: at }) => [kind, at])).toEqual([
      ['entered-early', [0, 1]], ['left-early', [4, 5, 6, 7]], ['passed-early', [8, 9, 10, 11]],
    ]);
    expect(verifyBarrierFindings(lines, findings)).toBeNull();
    const [enter, leave, pass] = findings.map((finding) => ({ ...finding }));
    for (const wrong of [
      { ...enter, lines: [2, 3] }, { ...enter, key: 'k9' }, { ...leave, lines: [4, 5] }, { ...pass, lines: [10, 11] },
      { ...pass, kind: 'left-early' as const },
    ]) {
      expect(verifyBarrierFindings(lines, [wrong as NonNullable<typeof pass>])).toMatch(/do not say so/);
    }
  });

  it.each([
    ['entered-early', [1, 2], ['3 invoke enter 2', enters(0), entered(0)]],
    ['entered-early', [0, 3], [enters(0), enters(1), entered(1), entered(0)]],
    ['left-early', [0, 1, 2, 3], [leaves(0), left(0), leaves(1), left(1, 1)]],
    ['passed-early', [1, 2, 3, 4], ['2 invoke lift', '0 invoke raise', '0 ok raise', '1 invoke pass', '1 ok pass']],
    ['passed-early', [0, 2, 1, 3], ['0 invoke raise', '1 invoke pass', '0 ok raise', '1 ok pass']],
  ] as const)('are not accused of %s by lines that say it, and others that excuse it', (kind, at, lines) => {
    const finding = { kind, key: null, lines: [...at], atUs: 0, summary: '' };
    expect(verifyBarrierFindings(history(...lines), [finding])).toBe('finding 0: the lines do not say so');
  });
});
