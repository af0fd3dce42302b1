import { describe, expect, test } from 'vitest';
import {
  checkLinearizable, MODEL_NAMES, modelByName, modelStartingAt, pairOperations,
  type LinearizabilityOptions, type LinearizabilityResult, type ModelName, type Operation,
} from '../../../checkers/index.ts';
import { EMPTY_SET } from '../../../checkers/models/set-version.ts';
import { history } from '../../support/histories/operations.ts';

function check(options: LinearizabilityOptions, ...lines: readonly string[]): LinearizabilityResult {
  return checkLinearizable(history(...lines), options);
}

/** A few operations of each model that are right, and one answer of the last line that is not. */
const PLANTED: readonly (readonly [ModelName, string, readonly string[], string])[] = [
  ['register', 'a stale read', ['0 invoke write 1', '0 ok write 1', '0 invoke read', '0 ok read 1'], 'null'],
  ['cas-register', 'a lost cas', ['0 invoke cas [null,1]', '0 ok cas [null,1]', '0 invoke read', '0 ok read 1'],
    'null'],
  ['kv', 'a value that came back after it was deleted', ['0 invoke write 1', '0 ok write 1', '0 invoke delete',
    '0 ok delete', '0 invoke read', '0 ok read null'], '1'],
  ['append', 'a lost append', ['0 invoke append 1', '0 ok append 1', '0 invoke read', '0 ok read [1]'], '[]'],
  ['counter', 'an add that counted twice', ['0 invoke add 2', '1 invoke add -5', '0 ok add 2', '1 ok add -5',
    '0 invoke read', '0 ok read -3'], '-1'],
  ['set', 'a member that was lost', ['0 invoke add 1', '0 ok add 1', '0 invoke add 2', '0 ok add 2',
    '1 invoke remove 1', '1 ok remove true', '0 invoke read', '0 ok read [2]'], '[]'],
  ['set', 'a member that was removed twice', ['0 invoke add 1', '0 ok add 1', '1 invoke remove 1', '1 ok remove true',
    '1 invoke remove 1', '1 ok remove false'], 'true'],
  ['queue', 'a value that came out twice', ['0 invoke enqueue 1', '0 ok enqueue 1', '0 invoke dequeue',
    '0 ok dequeue 1', '1 invoke dequeue', '1 ok dequeue null'], '1'],
  ['queue', 'a queue that is not empty', ['0 invoke enqueue 1', '0 ok enqueue 1', '1 invoke dequeue', '1 ok dequeue 1'],
    'null'],
  ['queue', 'a value that overtook another one', ['0 invoke enqueue 1', '0 ok enqueue 1', '0 invoke enqueue 2',
    '0 ok enqueue 2', '1 invoke dequeue', '1 ok dequeue 1'], '2'],
  ['stack', 'a value that went in first and came out first', ['0 invoke push 1', '0 ok push 1', '0 invoke push 2',
    '0 ok push 2', '1 invoke pop', '1 ok pop 2'], '1'],
  ['stack', 'a value that was lost', ['0 invoke push 1', '0 ok push 1', '1 invoke pop', '1 ok pop 1'], 'null'],
  ['fenced-lock', 'a token that did not grow', ['0 invoke acquire', '0 ok acquire 7', '0 invoke release 7',
    '0 ok release 7', '1 invoke acquire', '1 ok acquire 9'], '7'],
];

describe('every model', () => {
  test.each(PLANTED)('%s catches a planted violation: %s', (model, _, lines, wrong) => {
    expect(check({ model }, ...lines)).toMatchObject({ verdict: 'valid', verified: true });
    const planted = [...lines.slice(0, -1), (lines.at(-1) as string).replace(/\S+$/, wrong)];
    expect(check({ model }, ...planted)).toMatchObject({ verdict: 'invalid', verified: true });
  });

  test('mutex catches two holders, and a release of nobody', () => {
    const held = ['0 invoke acquire', '0 ok acquire'];
    expect(check({ model: 'mutex' }, ...held, '0 invoke release', '1 invoke acquire', '1 ok acquire')).toMatchObject(
      { verdict: 'valid' });
    expect(check({ model: 'mutex' }, ...held, '1 invoke acquire', '1 ok acquire')).toMatchObject(
      { verdict: 'invalid', verified: true });
    expect(check({ model: 'mutex' }, '0 invoke release', '0 ok release')).toMatchObject(
      { verdict: 'invalid', reason: 'no order of 1 operation explains how process 0 completed release' });
    expect(check({ model: 'mutex' }, ...held, '1 invoke release', '1 ok release').verdict).toBe('valid');
  });

  test.each<[ModelName, string, string]>([
    ['register', '0 invoke cas [1,2]', 'no operation of a register'],
    ['cas-register', '0 invoke delete', 'no operation of a cas-register'],
    ['kv', '0 invoke cas 5', 'not a list [old, new]'],
    ['append', '0 invoke add 1', 'no operation of an append list'],
    ['counter', '0 invoke add 0.5', 'not a whole number'],
    ['counter', '0 invoke write 1', 'no operation of a counter'],
    ['set', '0 invoke append 1', 'no operation of a set'],
    ['queue', '0 invoke push 1', 'no operation of a queue'],
    ['queue', '0 invoke enqueue', 'is null, which is what "dequeue" says of an empty queue'],
    ['stack', '0 invoke push', 'is null, which is what "pop" says of an empty stack'],
    ['mutex', '0 invoke lock', 'no operation of a mutex'],
    ['mutex', '0 invoke toString', 'no operation of a mutex'],
    ['fenced-lock', '0 invoke release', 'no whole number'],
    ['fenced-lock', '0 invoke lock', 'no operation of a fenced-lock'],
  ])('%s does not judge what it does not know: %s', (model, line, reason) => {
    const result = check({ model }, line, '1 invoke read', '1 ok read 1');
    expect(result).toMatchObject({ verdict: 'unknown', witness: null, evidence: null });
    expect(result.reason).toContain(reason);
  });

  test.each<[ModelName, string, string]>([
    ['counter', 'read "x"', 'not a whole number'],
    ['set', 'contains 1', 'no true or false'],
    ['set', 'read [1,1]', 'holds a value twice'],
    ['set', 'read 1', 'not a list'],
    ['fenced-lock', 'acquire null', 'no whole number'],
  ])('%s does not judge the answer %s', (model, answer, reason) => {
    const [f = '', value] = answer.split(' ');
    const result = check({ model }, `0 invoke ${f} ${f === 'contains' ? 1 : 'null'}`, `0 ok ${f} ${value}`);
    expect(result.verdict).toBe('unknown');
    expect(result.reason).toContain(reason);
  });

  test('tells states apart by their keys alone', () => {
    for (const name of MODEL_NAMES) {
      const model = modelByName(name);
      expect(model.stateKey(model.initial)).toEqual(model.stateKey(model.initial));
    }
    const list = modelByName('append');
    const [first, second] = pairOperations(history('0 invoke append 1', '1 invoke append "1"')).operations;
    const after = (operation: Operation | undefined): unknown => list.step(list.initial, operation as Operation);
    expect(list.stateKey(after(first))).not.toEqual(list.stateKey(after(second)));
  });
});

describe('a fenced lock', () => {
  const unknown = ['0 invoke acquire', '0 info acquire'];

  test('may have been taken by an acquisition of unknown outcome, whose token a release names', () => {
    expect(check({ model: 'fenced-lock' }, ...unknown, '1 invoke release 5', '1 ok release 5').verdict).toBe('valid');
    expect(check({ model: 'fenced-lock' }, '1 invoke release 5', '1 ok release 5').verdict).toBe('invalid');
  });

  test('does not give an unknown acquisition a token below one that was seen', () => {
    const seen = ['1 invoke acquire', '1 ok acquire 8', '1 invoke release 8', '1 ok release 8'];
    expect(check({ model: 'fenced-lock' }, ...seen, ...unknown, '1 invoke release 9', '1 ok release 9').verdict)
      .toBe('valid');
    expect(check({ model: 'fenced-lock' }, ...seen, ...unknown, '1 invoke release 5', '1 ok release 5').verdict)
      .toBe('invalid');
  });

  test('may leave gaps between tokens', () => {
    expect(check({ model: 'fenced-lock' }, '1 invoke acquire', '1 ok acquire 1', '1 invoke release 1',
      '1 ok release 1', '1 invoke acquire', '1 ok acquire 1000').verdict).toBe('valid');
  });
});

describe('a queue', () => {
  const two = ['0 invoke enqueue 1', '0 ok enqueue 1', '0 invoke enqueue 2', '0 ok enqueue 2'];
  const answer = (...lines: readonly string[]): string => {
    const { verdict, algorithm } = check({ model: 'queue' }, ...lines);
    return `${verdict} by ${algorithm}`;
  };

  test('from which somebody took without an answer has lost the first value, at most one for each who asked', () => {
    const unknown = [...two, '1 invoke dequeue', '1 info dequeue'];
    expect(answer(...unknown, '2 invoke dequeue', '2 ok dequeue 2')).toBe('valid by queue-test');
    expect(answer(...unknown, '2 invoke dequeue', '2 ok dequeue 1')).toBe('valid by queue-test');
    expect(answer(...unknown, '2 invoke dequeue', '2 ok dequeue null')).toBe('invalid by queue-test');
    // Who has asked later cannot have taken it.
    expect(answer(...two, '2 invoke dequeue', '2 ok dequeue 2', '1 invoke dequeue', '1 info dequeue'))
      .toBe('invalid by queue-test');
  });

  test('into which a value goes twice is searched', () => {
    expect(answer('0 invoke enqueue 1', '0 ok enqueue 1', '0 invoke enqueue 1', '0 ok enqueue 1', '1 invoke dequeue',
      '1 ok dequeue 1', '1 invoke dequeue', '1 ok dequeue 1', '1 invoke dequeue', '1 ok dequeue null'))
      .toBe('valid by wing-gong-lowe');
  });

  test('whose values went in at once comes out in an order that the answers tell', () => {
    const atOnce = ['0 invoke enqueue 1', '1 invoke enqueue 2', '0 ok enqueue 1', '1 ok enqueue 2'];
    const second = ['2 invoke dequeue', '2 ok dequeue 2'];
    expect(answer(...atOnce, ...second, '2 invoke dequeue', '2 ok dequeue 1')).toBe('valid by queue-test');
    expect(answer(...atOnce, ...second, '2 invoke dequeue', '2 ok dequeue null')).toBe('invalid by queue-test');
    expect(answer(...two, ...second, '2 invoke dequeue', '2 ok dequeue 1')).toBe('invalid by queue-test');
  });

  test('may be empty between a value that comes out and one that has not gone in', () => {
    const lines = ['0 invoke enqueue 1', '0 ok enqueue 1', '0 invoke enqueue 2', '1 invoke dequeue', '2 invoke dequeue',
      '2 ok dequeue null', '1 ok dequeue 1', '0 ok enqueue 2'];
    expect(answer(...lines)).toBe('valid by queue-test');
    expect(answer(...lines, '1 invoke dequeue', '1 ok dequeue 1')).toBe('invalid by queue-test');
  });

  test('tells in its evidence of the two values that came out in the wrong order, and of no other', () => {
    const many = [3, 4, 5, 6].flatMap((value) => [`1 invoke enqueue ${value}`, `1 ok enqueue ${value}`]);
    const { verified, evidence } = check({ model: 'queue' }, ...two, ...many, '2 invoke dequeue', '2 ok dequeue 2');
    expect([verified, evidence?.operations.map(({ f, input, output }) => [f, input ?? output])]).toEqual(
      [true, [['enqueue', 1], ['enqueue', 2], ['dequeue', 2]]]);
  });
});

describe('a set', () => {
  test('that nobody reads as a whole is judged element by element, and the witness orders all of them', () => {
    const lines = ['0 invoke add 1', '1 invoke add 2', '2 invoke contains 1', '2 ok contains true',
      '2 invoke contains 2', '2 ok contains false', '0 ok add 1', '1 ok add 2', '2 invoke remove 2',
      '2 ok remove true'];
    expect(check({ model: 'set' }, ...lines)).toMatchObject(
      { verdict: 'valid', verified: true, algorithm: 'just-in-time-frontier', witness: [{ order: [0, 2, 4, 1, 8] }] });
    expect(check({ model: 'set' }, ...lines, '0 invoke read', '0 ok read [1]')).toMatchObject(
      { verdict: 'valid', verified: true, algorithm: 'wing-gong-lowe' });
  });

  test('of which two elements were seen in two orders is wrong only as a whole', () => {
    const adds = ['0 invoke add 1', '1 invoke add 2'];
    expect(check({ model: 'set' }, ...adds, '2 invoke read', '3 invoke read', '2 ok read [1]', '3 ok read [2]'))
      .toMatchObject({ verdict: 'invalid', verified: true });
  });

  test('keeps its versions apart, whichever was used last', () => {
    const [one, two] = [EMPTY_SET.with(1, true), EMPTY_SET.with('1', true)];
    const both = one.with('1', true);
    const again = both.with(1, false);
    expect([one, two, both, again].map((version) => [version.has(1), version.has('1'), version.size])).toEqual(
      [[true, false, 1], [false, true, 1], [true, true, 2], [false, true, 1]]);
    expect([again.key(), again.hash()]).toEqual([two.key(), two.hash()]);
    expect(one.key()).not.toBe(two.key());
    expect([EMPTY_SET.size, EMPTY_SET.has(1)]).toEqual([0, false]);
  });
});

describe('the meaning of a history', () => {
  const refused = ['0 invoke write 1', '0 ok write 1', '1 invoke cas [1,2]', '1 fail cas [1,2]'];
  const nil = ['0 invoke write 1', '0 ok write 1', '1 invoke read', '1 ok read null'];
  const [model, register] = ['cas-register', 'register'] as const;

  test('is that a failed cas says nothing, or that it found another value', () => {
    expect(check({ model }, ...refused).verdict).toBe('valid');
    expect(check({ model, failedCas: 'ignore' }, ...refused).verdict).toBe('valid');
    const result = check({ model, failedCas: 'observe' }, ...refused);
    expect(result).toMatchObject({ verdict: 'invalid', verified: true });
    expect(result.evidence?.operations.map(({ f }) => f)).toEqual(['write', 'cas-refused']);
  });

  test('is that a read of null found null, or that nobody knows', () => {
    expect(check({ model: register }, ...nil).verdict).toBe('invalid');
    expect(check({ model: register, nilRead: 'initial' }, ...nil).verdict).toBe('invalid');
    expect(check({ model: register, nilRead: 'unknown' }, ...nil).verdict).toBe('valid');
    expect(check({ model: register, nilRead: 'unknown' }, '0 invoke read', '0 ok read null')).toMatchObject(
      { verdict: 'unknown', reason: 'no operations that succeeded (and whose answer says anything)' });
  });

  test('is that equal times follow each other, or overlap', () => {
    const atOnce = history(...nil).map((event) => ({ ...event, time: Math.min(event.time, 10) }));
    expect(checkLinearizable(atOnce, { model: register }).verdict).toBe('invalid');
    const result = checkLinearizable(atOnce, { model: register, equalTimes: 'concurrent' });
    expect(result).toMatchObject({ verdict: 'valid', verified: true, witness: [{ order: [2, 0] }] });
    expect(checkLinearizable(history(...nil), { model: register, equalTimes: 'concurrent' }).verdict).toBe('invalid');
  });

  test('is what objects hold at first', () => {
    const read = ['0 invoke read', '0 ok read 7'];
    expect(check({ model, initial: 7 }, ...read).verdict).toBe('valid');
    expect(check({ model, initial: '7' }, ...read).verdict).toBe('invalid');
    expect(check({ model: 'counter', initial: 5 }, '0 invoke add 2', '0 ok add 2', ...read).verdict).toBe('valid');
    expect(check({ model, initial: null }, ...read).verdict).toBe('invalid');
  });

  test('cannot be that a list, a set or a lock begins as something else', () => {
    for (const name of ['append', 'set', 'mutex', 'fenced-lock', 'queue', 'stack'] as const) {
      expect(modelStartingAt(name, [])).toBeNull();
      expect(check({ model: name, initial: 1 }, '0 invoke read', '0 ok read []')).toMatchObject(
        { verdict: 'unknown', reason: `the objects of ${name} cannot begin as 1` });
    }
    expect(modelStartingAt('counter', 'x')).toBeNull();
  });
});
