import { describe, expect, test } from 'vitest';
import { modelByName, pairOperations, verifyWitness, type KeyWitness } from '../../../checkers/index.ts';
import { history } from '../../support/histories/operations.ts';

const REGISTER = modelByName('register');

// Operations by the index of their invocation: 0 write 1, 2 write 2 (unknown), 4 write 3 (failed), 6 read 2, 8 read 2.
const { operations } = pairOperations(history(
  '0 invoke write 1', '0 ok write 1',
  '1 invoke write 2', '1 info write 2',
  '2 invoke write 3', '2 fail write 3',
  '0 invoke read null', '0 ok read 2',
  '0 invoke read null', '3 invoke read null', '0 ok read 2', '3 ok read 2',
));

function problemOf(...witness: readonly KeyWitness[]): string | null {
  return verifyWitness(operations, REGISTER, witness);
}

describe('the verifier of witnesses', () => {
  test('accepts orders that explain every answer', () => {
    expect(problemOf({ key: null, order: [0, 2, 6, 8, 9] })).toBeNull();
    expect(problemOf({ key: null, order: [0, 2, 6, 9, 8] })).toBeNull();
  });

  test.each([
    ['leaves out an operation that succeeded', [0, 2, 6, 8], 'operation 9 succeeded, but has no place'],
    ['holds an operation twice', [0, 2, 6, 6, 8, 9], 'operation 6 failed, does not exist, or stands here twice'],
    ['uses an unknown operation twice', [0, 2, 2, 6, 8, 9], 'operation 2 failed, does not exist'],
    ['holds a failed operation', [0, 4, 2, 6, 8, 9], 'operation 4 failed'],
    ['holds an operation that does not exist', [0, 77, 2, 6, 8, 9], 'operation 77 failed, does not exist'],
    ['contradicts real time', [0, 2, 9, 8, 6], 'operation 6 had completed when operation 9, placed before it, began'],
    ['contradicts an answer', [2, 0, 6, 8, 9], 'operation 0 had completed when operation 2'],
    ['needs the unknown operation, and leaves it out', [0, 6, 8, 9], 'operation 6 cannot have ended as it did'],
  ])('rejects a witness that %s', (_, order, message) => {
    expect(problemOf({ key: null, order })).toContain(message);
  });

  test('rejects an illegal step that breaks no other rule', () => {
    const overlapping = history('0 invoke write 1', '1 invoke write 2', '0 ok write 1', '1 ok write 2',
      '0 invoke read null', '0 ok read 1');
    const judge = (order: number[]): string | null =>
      verifyWitness(pairOperations(overlapping).operations, REGISTER, [{ key: null, order }]);
    expect(judge([1, 0, 4])).toBeNull();
    expect(judge([0, 1, 4])).toContain('operation 4 cannot have ended as it did');
  });

  test('rejects an operation under another key, a key twice, and no witness at all', () => {
    expect(problemOf({ key: 'x', order: [0, 2, 6, 8, 9] })).toContain('not one of key "x"');
    expect(problemOf({ key: null, order: [0, 2, 6, 8, 9] }, { key: null, order: [] })).toContain('two orders');
    expect(problemOf()).toContain('has no place');
  });
});
