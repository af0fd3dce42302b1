import { describe, expect, test } from 'vitest';
import { pairOperations } from '../../../src/history/operations.ts';
import { history } from '../../support/histories/operations.ts';

describe('pairing', () => {
  test('joins each invocation with its completion, in the order of invocations', () => {
    const { operations, problems } = pairOperations(history(
      '0 invoke write 1 x', '1 invoke read null x', '1 ok read 1 x', '0 fail write 1 x',
    ));
    expect(problems).toEqual([]);
    expect(operations).toEqual([
      { process: 0, f: 'write', key: 'x', input: 1, output: 1, outcome: 'fail', invokedIndex: 0, completedIndex: 3,
        invokedAtUs: 0, completedAtUs: 30 },
      { process: 1, f: 'read', key: 'x', input: null, output: 1, outcome: 'ok', invokedIndex: 1, completedIndex: 2,
        invokedAtUs: 10, completedAtUs: 20 },
    ]);
  });

  test('takes an invocation without completion as unknown, and a missing key as one object', () => {
    const [operation] = pairOperations(history('0 invoke write 1')).operations;
    expect(operation).toMatchObject({ outcome: 'info', key: null, completedIndex: null, completedAtUs: null });
  });

  test('leaves out the nemesis', () => {
    expect(pairOperations(history('nemesis info pause {}', 'nemesis info pause {}'))).toEqual({
      operations: [], problems: [],
    });
  });

  test.each([
    ['a completion that nothing opened', ['0 ok write 1'], 'has no open operation'],
    ['a completion after the completion',
      ['0 invoke write 1', '0 ok write 1', '0 ok write 1'], 'has no open operation'],
    ['a busy process that invokes', ['0 invoke write 1', '0 invoke write 2'], 'while its last operation is open'],
    ['a process that goes on after info', ['0 invoke write 1', '0 info write 1', '0 invoke read null'], 'retired'],
    ['a completion of another f', ['0 invoke write 1', '0 ok read 1'], 'had invoked "write"'],
    ['a write that answers another value', ['0 invoke write 1', '0 ok write 2'],
      'process 0 completes "write" with 2, but had invoked it with 1'],
    ['a write that answers a text', ['0 invoke write 1', '0 ok write "1"'], 'with "1"'],
    ['a cas that answers another one', ['0 invoke cas [1,2]', '0 ok cas [2,1]'], 'with [2,1]'],
    ['an append that answers a list', ['0 invoke append 1', '0 ok append [1]'], 'with [1]'],
    ['an add that answers a sum', ['0 invoke add {"a":1}', '0 ok add {"a":2}'], 'with {"a":2}'],
    ['a completion of another key', ['0 invoke write 1 x', '0 ok write 1 y'], 'another key'],
  ])('reports %s', (_, lines, message) => {
    const { problems } = pairOperations(history(...lines));
    expect(problems).toEqual([{ index: lines.length - 1, message: expect.stringContaining(message) as string }]);
  });

  test('takes a write that answers its value, however it is written, or nothing, or did not succeed', () => {
    for (const lines of [
      ['0 invoke write {"a":1,"b":[2]}', '0 ok write {"b":[2],"a":1}'], ['0 invoke write 1', '0 ok write null'],
      ['0 invoke write 1', '0 fail write 2'], ['0 invoke write 1', '0 info write 2'],
      ['0 invoke remove 1', '0 ok remove true'], ['0 invoke read null', '0 ok read 2'],
    ]) expect(pairOperations(history(...lines)).problems).toEqual([]);
  });

  test('goes on after an answer with another value, which is an end all the same', () => {
    const lines = ['0 invoke write 1', '0 ok write 2', '0 invoke write 3', '0 ok write 3'];
    expect(pairOperations(history(...lines)).problems).toHaveLength(1);
  });

  test('reports an index that does not grow and a time that decreases', () => {
    const [first, second] = history('0 invoke write 1', '0 ok write 1');
    expect(pairOperations([first!, { ...second!, index: 0 }]).problems).toHaveLength(1);
    expect(pairOperations([{ ...first!, time: 50 }, second!]).problems).toHaveLength(1);
    expect(pairOperations([first!, { ...second!, time: 0 }]).problems).toEqual([]);
  });
});
