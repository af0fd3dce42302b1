import { describe, expect, test } from 'vitest';
import {
  checkLinearizable, checkOperations, modelByName, pairOperations, verifyWitness,
  type History, type LinearizabilityResult, type ModelName, type Operation,
} from '../../../checkers/index.ts';
import { drawFrom, randomHistory } from '../../support/histories/random-history.ts';
import { history, historyOf } from '../../support/histories/operations.ts';

function check(model: ModelName, ...lines: readonly string[]): LinearizabilityResult {
  return checkLinearizable(history(...lines), { model });
}

const STALE_READ = [
  '0 invoke write 1', '0 ok write 1', '0 invoke write 2', '0 ok write 2', '1 invoke read null', '1 ok read 1',
];

describe('the models', () => {
  test.each<[string, ModelName, string, readonly string[]]>([
    ['a read of the last write is right', 'register', 'valid',
      ['0 invoke write 1', '0 ok write 1', '1 invoke read', '1 ok read 1']],
    ['a stale read is wrong', 'register', 'invalid', STALE_READ],
    ['a read of null sees the initial value', 'register', 'valid', ['0 invoke read', '0 ok read null']],
    ['a read of null after a write is wrong', 'register', 'invalid',
      ['0 invoke write 1', '0 ok write 1', '0 invoke read', '0 ok read null']],
    ['a read of null after a write of null is right', 'register', 'valid',
      ['0 invoke write null', '0 ok write null', '0 invoke read', '0 ok read null']],
    ['a value that nobody wrote is wrong', 'register', 'invalid', ['0 invoke read', '0 ok read 7']],
    ['a number is not its text', 'register', 'invalid',
      ['0 invoke write 1', '0 ok write 1', '0 invoke read', '0 ok read "1"']],
    ['the order of an object does not matter', 'register', 'valid',
      ['0 invoke write {"a":1,"b":[2]}', '0 ok write {"b":[2],"a":1}', '0 invoke read', '0 ok read {"b":[2],"a":1}']],
    ['a failed write leaves no value', 'register', 'invalid',
      ['0 invoke write 1', '0 fail write 1', '1 invoke read', '1 ok read 1']],
    ['a failed read says nothing', 'register', 'valid',
      ['0 invoke read', '0 fail read 9', '1 invoke read', '1 ok read null']],
    ['an unknown read says nothing', 'register', 'valid',
      ['0 invoke read', '0 info read 9', '1 invoke read', '1 ok read null']],
    ['an unknown write may take effect late', 'register', 'valid',
      ['0 invoke write 1', '0 info write 1', '1 invoke read', '1 ok read null', '1 invoke read', '1 ok read 1']],
    ['an unknown write takes effect once', 'register', 'invalid',
      ['0 invoke write 1', '0 info write 1', '1 invoke read', '1 ok read 1', '1 invoke write 2', '1 ok write 2',
        '1 invoke read', '1 ok read 1']],
    ['a pending write is unknown', 'register', 'valid', ['0 invoke write 1', '1 invoke read', '1 ok read 1']],
    ['an unknown write has no effect before its invocation', 'register', 'invalid',
      ['1 invoke read', '1 ok read 1', '0 invoke write 1', '0 info write 1']],
    ['a cas finds its old value', 'cas-register', 'valid',
      ['0 invoke cas [null,1]', '0 ok cas [null,1]', '1 invoke read', '1 ok read 1']],
    ['a cas without its old value is wrong', 'cas-register', 'invalid', ['0 invoke cas [1,2]', '0 ok cas [1,2]']],
    ['a failed cas says nothing', 'cas-register', 'valid',
      ['0 invoke cas [null,1]', '0 fail cas [null,1]', '1 invoke read', '1 ok read null']],
    ['unknown cas chain up to a read', 'cas-register', 'valid',
      ['0 invoke write 1', '1 invoke cas [1,2]', '2 invoke cas [2,3]', '3 invoke read', '3 ok read 3']],
    ['two cas cannot consume one value', 'cas-register', 'invalid',
      ['0 invoke cas [null,1]', '1 invoke cas [null,2]', '0 ok cas [null,1]', '1 ok cas [null,2]']],
    ['a cas that changes nothing is a read', 'cas-register', 'valid',
      ['0 invoke write 1', '1 invoke cas [1,1]', '0 ok write 1', '1 ok cas [1,1]', '1 invoke read', '1 ok read 1']],
    ['an unknown delete of nothing hides a write that ends later', 'kv', 'valid',
      ['0 invoke write 19', '1 invoke delete null', '2 invoke cas [null,16]', '2 ok cas [null,16]', '0 ok write 19',
        '2 invoke cas [16,40]', '2 ok cas [16,40]']],
    ['and not one that began when the delete was over', 'kv', 'invalid',
      ['1 invoke delete null', '1 ok delete null', '0 invoke write 19', '2 invoke cas [null,16]', '2 ok cas [null,16]',
        '0 ok write 19', '2 invoke cas [16,40]', '2 ok cas [16,40]']],
    ['so does an unknown write of what is there', 'cas-register', 'valid',
      ['0 invoke write 7', '0 ok write 7', '0 invoke write 19', '1 invoke write 7', '2 invoke cas [7,16]',
        '2 ok cas [7,16]', '0 ok write 19', '2 invoke cas [16,40]', '2 ok cas [16,40]']],
    ['appends are read in one order', 'append', 'valid',
      ['0 invoke append 1', '1 invoke append 2', '0 ok append 1', '1 ok append 2', '0 invoke read', '0 ok read [2,1]']],
    ['appends are not read in two orders', 'append', 'invalid',
      ['0 invoke append 1', '1 invoke append 2', '2 invoke read', '3 invoke read',
        '2 ok read [1,2]', '3 ok read [2,1]']],
    ['an append is not lost', 'append', 'invalid',
      ['0 invoke append 1', '0 ok append 1', '1 invoke read', '1 ok read []']],
    ['a list of null is the empty list', 'append', 'valid',
      ['0 invoke read', '0 ok read null', '0 invoke read', '0 ok read []']],
    ['an append that was read twice is wrong', 'append', 'invalid',
      ['0 invoke append 1', '0 ok append 1', '1 invoke read', '1 ok read [1,1]']],
    ['a value appended twice is read twice', 'append', 'valid',
      ['0 invoke append 1', '1 invoke append 1', '0 ok append 1', '2 invoke read', '2 ok read [1,1]']],
  ])('%s', (_, model, verdict, lines) => {
    const result = check(model, ...lines);
    expect(result).toMatchObject({ verdict, verified: true });
  });
});

describe('checking linearizability', () => {
  test('gives a witness that another verifier accepts', () => {
    const events = history('0 invoke write 1 x', '1 invoke write 2 x', '0 ok write 1 x', '1 ok write 2 x',
      '0 invoke read null x', '0 ok read 1 x', '1 invoke read null y', '1 ok read null y');
    const result = checkLinearizable(events, { model: 'register' });
    expect(result.witness).toEqual([{ key: 'x', order: [1, 0, 4] }, { key: 'y', order: [6] }]);
    const { operations } = pairOperations(events);
    expect(verifyWitness(operations, modelByName('register'), result.witness ?? [])).toBeNull();
  });

  test('names the earliest offending completion, over all keys', () => {
    const result = check('register', '0 invoke read null x', '1 invoke read null y', '1 ok read 5 y', '0 ok read 6 x');
    expect(result.evidence).toMatchObject({ key: 'y', completedIndex: 2, offending: { process: 1, output: 5 } });
  });

  test('names it in lists as well, where the search looks ahead', () => {
    const result = check('append', '0 invoke append 1', '0 ok append 1', '0 invoke append 2', '0 ok append 2',
      '1 invoke read', '1 ok read [1,2]', '1 invoke read', '1 ok read [2]', '1 invoke read', '1 ok read [2,1]');
    expect(result.evidence?.completedIndex).toBe(7);
  });

  test('shows what contradicts itself in a long history, and little else', () => {
    const lines = STALE_READ.slice(0, 4);
    for (let value = 3; value < 300; value += 1) lines.push(`0 invoke write ${value}`, `0 ok write ${value}`);
    for (let read = 0; read < 200; read += 1) lines.push('1 invoke read', '1 ok read 299');
    const result = check('register', ...lines, '2 invoke read', '2 ok read 1');
    expect(result.verified).toBe(true);
    const operations = result.evidence?.operations ?? [];
    expect(operations.length).toBeLessThanOrEqual(4);
    expect(operations.at(-1)).toMatchObject({ f: 'read', output: 1 });
    const again = checkLinearizable(historyOf(operations), { model: 'register' });
    expect(again.verdict).toBe('invalid');
  });

  test('does not take evidence from what is only true when an unknown operation is left out', () => {
    // Without the unknown write, the read alone would contradict; with it, nothing does.
    expect(check('register', '0 invoke write 1', '0 info write 1', '1 invoke write 2', '1 ok write 2',
      '1 invoke read', '1 ok read 1').verdict).toBe('valid');
  });

  test('shows lists without the values that do not matter', () => {
    const lines: string[] = [];
    for (let value = 0; value < 100; value += 1) lines.push(`0 invoke append ${value}`, `0 ok append ${value}`);
    const all = JSON.stringify(Array.from({ length: 100 }, (_, value) => value));
    const result = check('append', ...lines, '1 invoke read', `1 ok read ${all}`, '1 invoke read', '1 ok read [0,1,2]');
    expect(result.verified).toBe(true);
    expect(result.evidence?.operations.length).toBeLessThanOrEqual(3);
  });

  test('of more than 32 and more than 64 clients at once is exact', () => {
    for (const clients of [33, 70]) {
      const values = Array.from({ length: clients }, (_, client) => client);
      const invokes = values.map((client) => `${client} invoke append ${client}`);
      const oks = values.map((client) => `${client} ok append ${client}`);
      const order = JSON.stringify([...values].reverse());
      const lines = [...invokes, ...oks, '0 invoke read', `0 ok read ${order}`];
      expect(check('append', ...lines).verdict).toBe('valid');
      expect(check('append', ...lines, '0 invoke read', '0 ok read []').verdict).toBe('invalid');
      const reads = values.map((client) => `${client} invoke read`);
      const answers = values.map((client) => `${client} ok read ${client === 7 ? 8 : 1}`);
      const writes = ['100 invoke write 1', '100 ok write 1'];
      expect(check('register', ...writes, ...reads, ...answers).verdict).toBe('invalid');
      const both = ['101 invoke write 8', ...reads, ...answers];
      expect(check('register', ...writes, ...both).verdict).toBe('valid');
    }
  });
});

describe('the algorithm', () => {
  const distinct = ['0 invoke write 1 x', '0 ok write 1 x', '0 invoke read null x', '0 ok read 1 x'];
  const twice = ['1 invoke write 1 y', '1 ok write 1 y', '1 invoke write 1 y', '1 ok write 1 y'];
  const initial = ['1 invoke write null y', '1 ok write null y'];

  test.each([
    ['the block test, where values are distinct', distinct, 'block-test'],
    ['the search, where a value is written twice', twice, 'just-in-time-frontier'],
    ['the search, where the initial value is written', initial, 'just-in-time-frontier'],
    ['each for its keys', [...distinct, ...twice], 'block-test + just-in-time-frontier'],
    ['that of the offending key', [...twice, '2 invoke read null x', '2 ok read 9 x'], 'block-test'],
    ['none, where there is nothing to judge', ['0 invoke write 1', '0 fail write 1'], 'none'],
  ])('is named: %s', (_, lines, algorithm) => {
    expect(check('register', ...lines)).toMatchObject({ algorithm });
  });

  test('does not take what failed for a second write of a value', () => {
    expect(check('register', '0 invoke write 1', '0 fail write 1', '0 invoke write 1', '0 ok write 1').algorithm)
      .toBe('block-test');
  });
});

describe('the block test', () => {
  test.each<[string, string, readonly string[]]>([
    ['keeps an unknown write that was read', 'valid', ['0 invoke write 1', '1 invoke read', '1 ok read 1']],
    ['drops an unknown write that nobody saw', 'valid', ['0 invoke write 1', '1 invoke read', '1 ok read null']],
    ['keeps unknown updates along a chain', 'valid',
      ['0 invoke write 1', '1 invoke cas [1,2]', '2 invoke cas [2,3]', '3 invoke cas [3,4]', '3 ok cas [3,4]']],
    ['keeps none that began too late', 'invalid',
      ['0 invoke write 1', '2 invoke cas [2,3]', '2 ok cas [2,3]', '1 invoke cas [1,2]']],
    ['finds updates in a circle', 'invalid', ['0 invoke cas [1,2]', '1 invoke cas [2,1]', '0 ok cas [1,2]']],
    ['finds two that took the same value', 'invalid',
      ['0 invoke cas [null,1]', '1 invoke cas [null,2]', '0 ok cas [null,1]', '1 ok cas [null,2]']],
    ['lets the first of two that could take a value be one that never happened', 'valid',
      ['0 invoke cas [null,1]', '1 invoke cas [null,2]', '1 ok cas [null,2]']],
    ['finds a read that ended before its chain could begin', 'invalid',
      ['0 invoke write 1', '1 invoke read', '1 ok read 2', '2 invoke cas [1,2]', '2 ok cas [1,2]', '0 ok write 1']],
    ['finds a block inside another one', 'invalid',
      ['0 invoke write 1', '0 ok write 1', '1 invoke write 2', '1 ok write 2', '0 invoke read', '0 ok read 1']],
    ['finds two blocks across each other', 'invalid',
      ['0 invoke write 1', '1 invoke write 2', '0 ok write 1', '1 ok write 2', '0 invoke read', '1 invoke read',
        '0 ok read 1', '1 ok read 2', '0 invoke read', '0 ok read 1']],
    ['puts the initial value first', 'invalid',
      ['0 invoke write 1', '0 ok write 1', '1 invoke read', '1 ok read null']],
  ])('%s', (_, verdict, lines) => {
    expect(check('cas-register', ...lines)).toMatchObject({ verdict, verified: true, algorithm: 'block-test' });
  });

  test('of 20,000 operations of 20 clients, a twentieth unknown, takes few steps', () => {
    const long = randomHistory(drawFrom(8), {
      model: 'cas-register', operations: 20_000, clients: 20, keys: 1, readPercent: 50, values: 0, unknownPercent: 5,
      corruptPercent: 0,
    });
    const result = checkLinearizable(long, { model: 'cas-register' });
    expect(result).toMatchObject({ verdict: 'valid', algorithm: 'block-test', used: { steps: 20_000 } });
  });
});

describe('the answer is unknown', () => {
  test.each<[string, History, string]>([
    ['of an empty history', [], 'no operations'],
    ['of faults alone', history('nemesis info pause {}'), 'no operations'],
    ['of pending operations alone', history('0 invoke write 1', '1 invoke read'), 'no operations that succeeded'],
    ['where all failed', history('0 invoke write 1', '0 fail write 1'), 'no operations that succeeded'],
    ['of an operation that the model does not know', history('0 invoke cas [1,2]', '0 ok cas [1,2]'), '"cas" is no'],
    ['of a history that is malformed', history('0 ok write 1'), 'malformed at index 0'],
  ])('%s', (_, events, reason) => {
    const result = checkLinearizable(events, { model: 'register' });
    expect(result).toMatchObject({ verdict: 'unknown', verified: false, witness: null, evidence: null });
    expect(result.reason).toContain(reason);
  });

  test('of values of the wrong shape', () => {
    expect(check('cas-register', '0 invoke cas 5', '0 ok cas 5').reason).toContain('not a list [old, new]');
    expect(check('append', '0 invoke read', '0 ok read 5').reason).toContain('not a list');
  });
});

describe('a budget', () => {
  const hard = randomHistory(drawFrom(5), {
    model: 'cas-register', operations: 400, clients: 20, keys: 1, readPercent: 40, values: 3, unknownPercent: 10,
    corruptPercent: 0,
  });

  test('is counted the same on every run', () => {
    const used = checkLinearizable(hard, { model: 'cas-register' }).used;
    expect(used.steps).toBeGreaterThan(1000);
    expect(checkLinearizable(hard, { model: 'cas-register' }).used).toEqual(used);
  });

  test.each([
    ['steps', { steps: 500 }, 'more than 500 steps'],
    ['configurations', { configurations: 3 }, 'more than 3 configurations'],
    ['bytes', { bytes: 200 }, 'more than 200 bytes'],
  ])('of %s that is used up makes the answer unknown, with the number', (_, budget, reason) => {
    const result = checkLinearizable(hard, { model: 'cas-register', budget });
    expect(result.verdict).toBe('unknown');
    expect(result.reason).toContain(reason);
  });

  test('of wall time says that it was wall time', () => {
    let questions = 0;
    const shouldStop = (): boolean => (questions += 1) > 2;
    const result = checkLinearizable(hard, { model: 'cas-register', shouldStop });
    expect(result.verdict).toBe('unknown');
    expect(result.reason).toContain('wall time');
    expect(checkLinearizable(hard, { model: 'cas-register' }).verdict).not.toBe('unknown');
  });

  test('that is used up after a key was found invalid does not hide it', () => {
    const bad = history('0 invoke read null x', '0 ok read 5 x').concat(hard.map((event) => ({
      ...event, index: event.index + 2, time: event.time + 20, process: (event.process as number) + 1,
    })));
    const result = checkLinearizable(bad, { model: 'cas-register', budget: { steps: 500 } });
    expect(result).toMatchObject({ verdict: 'invalid', evidence: { key: 'x' } });
  });
});

describe('the report of an invalid history', () => {
  test.each<[string, ModelName, readonly string[]]>([
    ['whose first operation is illegal', 'register',
      ['0 invoke read', '0 ok read 5', '0 invoke write 5', '0 ok write 5']],
    ['of one operation', 'append', ['0 invoke read', '0 ok read [1]']],
    ['whose value is long', 'append', ['0 invoke read', `0 ok read ${JSON.stringify(new Array(500).fill('long'))}`]],
  ])('%s does not crash and is verified', (_, model, lines) => {
    const { verdict, verified, evidence, reason } = check(model, ...lines);
    expect({ verdict, verified, operations: evidence?.operations.length }).toEqual(
      { verdict: 'invalid', verified: true, operations: 1 },
    );
    expect(evidence?.summary).toBe(reason);
    expect(reason.length).toBeLessThan(200);
  });

  test('in which all times are equal does not crash: the order of the lines is the order', () => {
    const events = history(...STALE_READ).map((event) => ({ ...event, time: 0 }));
    expect(checkLinearizable(events, { model: 'register' })).toMatchObject({ verdict: 'invalid', verified: true });
  });

  test('holds all operations that the contradiction needs, and is verified all the same', () => {
    // Thirty cas in a row, and a read that contradicts all of them: each is needed.
    const calls = Array.from({ length: 30 }, (_, value) => `cas [${value === 0 ? null : value - 1},${value}]`);
    const lines = [
      ...calls.map((call, process) => `${process} invoke ${call}`),
      ...calls.map((call, process) => `${process} ok ${call}`),
    ];
    const { verdict, verified, evidence } = check('cas-register', ...lines, '0 invoke read', '0 ok read 3');
    expect({ verdict, verified, minimal: evidence?.minimal }).toEqual(
      { verdict: 'invalid', verified: true, minimal: true });
    const isStill = (operations: readonly Operation[]): boolean =>
      checkOperations(operations, { model: 'cas-register' }).verdict === 'invalid';
    const operations = evidence?.operations ?? [];
    expect(isStill(operations)).toBe(true);
    for (const [position, operation] of operations.entries()) {
      if (operation.outcome !== 'ok') continue;
      const weaker: Operation = { ...operation, outcome: 'info', completedIndex: null };
      const instead = operation.f === 'read' ? [] : [weaker];
      expect(isStill([...operations.slice(0, position), ...instead, ...operations.slice(position + 1)])).toBe(false);
    }
  });

  /** Values come back again and again, so the start of the history alone explains nothing. */
  const rounds = (model: ModelName, last: readonly string[]): LinearizabilityResult => {
    const lines: string[] = [];
    for (let round = 0; round < 100; round += 1) {
      const value = round % 5;
      const updates = model === 'mutex' ? ['acquire', 'release'] : model === 'counter' ? ['add 5'] : [`write ${value}`];
      lines.push(...updates.flatMap((update) => [`0 invoke ${update}`, `0 ok ${update}`]));
      if (model === 'counter') lines.push('1 invoke read', `1 ok read ${5 * (round + 1)}`);
    }
    return check(model, ...lines, ...last);
  };

  test.each<[ModelName, readonly string[], number]>([
    ['register', ['1 invoke read', '1 ok read 2'], 2],
    ['mutex', ['0 invoke release', '0 ok release'], 2],
    ['counter', ['1 invoke add 7', '1 ok add 7', '0 invoke read', '0 ok read 500'], 3],
  ])('of a %s begins in the middle of a long history, whatever the object held there', (model, last, count) => {
    const { verified, evidence, reason } = rounds(model, last);
    expect({ verified, minimal: evidence?.minimal, count: evidence?.operations.length }).toEqual(
      { verified: true, minimal: true, count });
    expect(evidence?.fromIndex).toBe(evidence?.operations[0]?.invokedIndex);
    expect(reason).toContain('whatever it held before');
  });

  test('begins at the start where that is short', () => {
    expect(check('register', ...STALE_READ).evidence?.fromIndex).toBeNull();
  });

  test('can be made from operations as well as from a history', () => {
    const { operations } = pairOperations(history(...STALE_READ));
    expect(checkOperations(operations, { model: 'register' })).toEqual(check('register', ...STALE_READ));
  });
});
