import { describe, expect, it, test } from 'vitest';
import { checkLinearizable, checkTotalQueue, verifyQueueFindings } from '../../../checkers/index.ts';
import { history } from '../../support/histories/operations.ts';
import { drawFrom, randomHistory } from '../../support/histories/random-history.ts';

function verdict(...lines: readonly string[]): string {
  const { verdict, verified, evidence, reason } = checkTotalQueue(history(...lines));
  const kinds = evidence?.findings.map(({ kind }) => kind).join() ?? reason;
  return `${verdict}${verdict === 'invalid' && !verified ? ', not verified' : ''}: ${kinds}`;
}

const one = ['0 invoke enqueue 1', '0 ok enqueue 1'];
const two = [...one, '0 invoke enqueue 2', '0 ok enqueue 2'];
const empty = ['2 invoke dequeue', '2 ok dequeue null'];
const take = (value: number, process = 1): readonly string[] =>
  [`${process} invoke dequeue`, `${process} ok dequeue ${value}`];

describe('what goes into a queue', () => {
  it('comes out once, in whatever order', () => {
    expect(verdict(...two, ...take(2), ...take(1), ...empty)).toBe(
      'valid: 2 of 2 values came out, each at most as often as it went in');
    expect(verdict(...two, ...take(2), ...take(2))).toBe('invalid: duplicated');
    expect(verdict(...two, ...take(2), ...take(3))).toBe('invalid: unexpected');
    expect(verdict(...take(1), ...one)).toBe('invalid: unexpected');
  });

  it('may go in more than once, and come out as often', () => {
    expect(verdict(...one, ...one, ...take(1), ...take(1), ...empty)).toMatch(/^valid/);
    expect(verdict(...one, ...one, ...take(1), ...empty)).toBe('invalid: lost');
    expect(verdict('0 invoke enqueue 1', '0 info enqueue 1', '3 invoke enqueue 1', '3 ok enqueue 1', ...take(1),
      ...take(1))).toMatch(/^valid/);
  });

  it('is lost where the queue is found empty, and not before', () => {
    expect(verdict(...two, ...take(2))).toBe('valid: 1 of 2 values came out, each at most as often as it went in; '
      + 'no queue was found empty, so nothing is said of what is lost');
    expect(verdict(...two, ...take(2), ...empty)).toBe('invalid: lost');
    // It may have come out while the other one looked, and gone in after that.
    expect(verdict(...two, ...take(2), '1 invoke dequeue', ...empty, '1 ok dequeue 1')).toMatch(/^valid/);
    expect(verdict(...two, ...take(2), '2 invoke dequeue', '0 invoke enqueue 3', '0 ok enqueue 3', '1 invoke dequeue',
      '1 ok dequeue 1', '2 ok dequeue null')).toMatch(/^valid/);
    expect(verdict(...two, ...take(2), ...empty, ...take(1))).toBe('invalid: lost');
  });

  it('may have been taken by who was not answered, one value each', () => {
    const asked = ['3 invoke dequeue', '3 info dequeue'];
    expect(verdict(...two, ...asked, ...take(2), ...empty)).toMatch(/^valid/);
    expect(verdict(...two, ...one, ...asked, ...take(2), ...empty)).toBe('invalid: lost');
    expect(verdict(...two, ...take(2), ...empty, ...asked)).toBe('invalid: lost');
    expect(verdict(...two, '3 invoke dequeue', ...take(2), ...empty)).toMatch(/^valid/);
  });

  it('is judged key by key, and not at all where nothing came out or something else was done', () => {
    expect(verdict('0 invoke enqueue 1 x', '0 ok enqueue 1 x', '1 invoke dequeue null y', '1 ok dequeue 1 y'))
      .toBe('invalid: unexpected');
    expect(verdict(...one)).toBe('unknown: no value came out of a queue');
    expect(verdict('0 invoke push 1', '0 ok push 1')).toBe('unknown: operation 0: "push" is no operation of a queue');
    expect(verdict('0 ok enqueue 1')).toMatch(/^unknown: the history is malformed at index 0/);
  });

  it('is told with its lines, which are read again', () => {
    const lines = history(...two, ...take(2), ...take(2), ...empty);
    const { evidence } = checkTotalQueue(lines);
    expect(evidence?.findings.map(({ kind, lines: at }) => [kind, at])).toEqual(
      [['duplicated', [2, 3, 4, 5, 6, 7]], ['lost', [0, 1, 8, 9]]]);
    const [duplicated, lost] = evidence?.findings ?? [];
    for (const wrong of [{ ...duplicated, lines: [2, 3, 4, 5] }, { ...lost, lines: [2, 3, 8, 9] }]) {
      expect(verifyQueueFindings(lines, [wrong as NonNullable<typeof lost>])).toMatch(/do not say so/);
    }
  });
});

test('nothing is found in a history that is linearizable, and whatever is found is none', () => {
  const draw = drawFrom(7);
  const found = { valid: 0, invalid: 0, unknown: 0 };
  for (let round = 0; round < 6_000; round += 1) {
    const lines = randomHistory(draw, {
      model: 'queue', operations: 4 + draw(12), clients: 1 + draw(4), keys: 1 + draw(2), readPercent: 0,
      values: draw(2) * 3, unknownPercent: draw(2) * 20, corruptPercent: draw(2) * 20,
    });
    const result = checkTotalQueue(lines);
    found[result.verdict] += 1;
    if (result.verdict !== 'invalid') continue;
    expect(result.verified).toBe(true);
    expect(checkLinearizable(lines, { model: 'queue' }).verdict).toBe('invalid');
  }
  expect(Math.min(found.valid, found.invalid)).toBeGreaterThan(1_000);
});
