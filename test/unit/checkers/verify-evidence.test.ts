import { describe, expect, test } from 'vitest';
import {
  checkLinearizable, modelByName, pairOperations, verifyEvidence, type ModelName, type Operation,
} from '../../../checkers/index.ts';
import { history } from '../../support/histories/operations.ts';

/** 0 write 1, 2 write 2 (unknown), 4 cas [2,3], 6 read 1 (wrong), 8 write 4. */
const { operations } = pairOperations(history(
  '0 invoke write 1', '0 ok write 1', '1 invoke write 2', '1 info write 2', '0 invoke cas [2,3]', '0 ok cas [2,3]',
  '0 invoke read null', '0 ok read 1', '0 invoke write 4', '0 ok write 4',
));
const [write1, write2, cas, read, write4] = operations as [Operation, Operation, Operation, Operation, Operation];

function unknown(operation: Operation): Operation {
  return { ...operation, outcome: 'info', output: null, completedIndex: null, completedAtUs: null };
}

function problemOf(...evidence: readonly Operation[]): string | null {
  return verifyEvidence(operations, modelByName('cas-register'), evidence);
}

describe('the verifier of evidence', () => {
  test('accepts what contradicts itself and was made by weakening', () => {
    expect(problemOf(write1, write2, cas, read)).toBeNull();
    expect(problemOf(write1, write2, cas, read, write4)).toBeNull();
  });

  test.each<[string, readonly Operation[], string]>([
    ['does not contradict itself', [write1, write2, cas], 'there is an order that explains it'],
    ['became too weak', [unknown(write1), write2, cas, read], 'there is an order that explains it'],
    ['leaves out an update that somebody needs', [write1, cas, read], 'operation 2 may not be left out'],
    ['leaves out an update that a weakened one needs', [write1, unknown(cas), read], 'operation 2 may not be left out'],
    ['has another answer', [write1, write2, cas, { ...read, output: 4 }], 'operation 6 may not be so'],
    ['has another time', [write1, write2, cas, { ...read, invokedIndex: 9 }], 'operation 9 is not one of the history'],
    ['ends earlier', [write1, write2, cas, { ...read, completedIndex: 5 }], 'operation 6 may not be so'],
    ['knows the outcome of an unknown one', [write1, { ...write2, outcome: 'ok' }, cas, read], 'operation 2 may not'],
    ['holds an operation twice', [write1, write2, cas, read, read], 'twice'],
    ['holds an operation of nobody', [write1, write2, cas, read, { ...read, invokedIndex: 77 }], 'operation 77 is not'],
  ])('rejects evidence that %s', (_, evidence, message) => {
    expect(problemOf(...evidence)).toContain(message);
  });

  test('does not take a failed operation for one that happened', () => {
    const failed = pairOperations(history('0 invoke write 1', '0 fail write 1', '0 invoke read', '0 ok read 1'));
    const asIf = failed.operations.map((operation): Operation => ({ ...operation, outcome: 'ok' }));
    expect(verifyEvidence(failed.operations, modelByName('register'), asIf)).toContain('operation 0 may not be so');
  });

  test('wants as many updates of a kind as there are operations that could need them, the first ones', () => {
    const { operations: all } = pairOperations(history('0 invoke write 1', '1 invoke write 1', '2 invoke write 1',
      '3 invoke read', '3 ok read 1', '3 invoke write 2', '3 ok write 2', '3 invoke read', '3 ok read 7'));
    const judge = (...left: readonly number[]): string | null =>
      verifyEvidence(all, modelByName('register'), all.filter((_, position) => !left.includes(position)));
    expect(judge(2)).toBeNull();
    expect(judge(0)).toContain('operation 0 may not be left out');
    expect(judge(1, 2)).toBeNull();
    expect(judge(0, 1, 2)).toContain('operation 0 may not be left out');
    expect(judge(0, 1, 2, 3)).toBeNull();
  });

  test('hides the same values everywhere or nowhere', () => {
    const lists = pairOperations(history('0 invoke append 1', '0 ok append 1', '0 invoke append 2', '0 ok append 2',
      '1 invoke read', '1 ok read [2,1]', '1 invoke read', '1 ok read [2]')).operations;
    const [append1, append2, first, last] = lists as [Operation, Operation, Operation, Operation];
    const judge = (model: ModelName, ...evidence: readonly Operation[]): string | null =>
      verifyEvidence(lists, modelByName(model), evidence);
    expect(judge('append', append1, { ...last, output: [] })).toBeNull();
    expect(judge('append', append1, append2, first, last)).toBeNull();
    expect(judge('append', append1, append2, { ...first, output: [2] }, last)).toContain('operation 4 may not be so');
    expect(judge('append', append2, first, last)).toContain('operation 0 may not be left out');
  });

  test('lets evidence begin in the middle, where the model can', () => {
    const { operations: all } = pairOperations(history('0 invoke write 1', '1 invoke write 9', '0 ok write 1',
      '0 invoke write 2', '0 ok write 2', '2 invoke read', '2 ok read 3', '1 ok write 9'));
    const [, write9, write2, wrong] = all as [Operation, Operation, Operation, Operation];
    const judge = (fromIndex: number, ...evidence: readonly Operation[]): string | null =>
      verifyEvidence(all, modelByName('register'), evidence, { fromIndex });
    expect(judge(3, write2, wrong)).toBeNull();
    expect(judge(3, unknown(write9), write2, wrong)).toBeNull();
    expect(judge(3, write9, write2, wrong)).toContain('operation 1 may not be so');
    expect(judge(5, write2, wrong)).toContain('operation 3 may not be so');
    expect(judge(5, wrong)).toContain('there is an order that explains it');
    expect(verifyEvidence(all, modelByName('append'), [], { fromIndex: 3 })).toContain('at the start of the history');
  });

  test.each(['write 3', 'write 9'])('does not stop at a %s that changes nothing, for it is needed later', (early) => {
    const { operations: all } = pairOperations(history('0 invoke write 3', '0 ok write 3', `1 invoke ${early}`,
      '2 invoke write 4', '2 ok write 4', `1 ok ${early}`, '3 invoke read', '3 ok read 3'));
    const isExplained = verifyEvidence(all, modelByName('register'), all) === 'there is an order that explains it';
    expect(isExplained).toBe(early === 'write 3');
  });

  test('reaches what thirty operations, ten of them unknown, leave to choose', () => {
    const unknowns = Array.from({ length: 10 }, (_, place) => `${place} invoke add ${2 ** (place + 1)}`);
    const pairs = Array.from({ length: 9 }, () => ['10 invoke add 2048', '10 ok add 2048']).flat();
    const reads = (sum: number): readonly string[] => ['11 invoke read', `11 ok read ${sum}`];
    for (const sum of [18_432 + 1022, 18_432 + 1023]) {
      const lines = history(...unknowns, ...pairs, ...reads(sum));
      const { operations: all } = pairOperations(lines);
      const problem = verifyEvidence(all, modelByName('counter'), all);
      expect(problem).toBe(sum % 2 === 0 ? 'there is an order that explains it' : null);
    }
  });

  test('gives up beyond its budget, and says so', () => {
    const model = modelByName('cas-register');
    expect(verifyEvidence(operations, model, [write1, write2, cas, read], { steps: 2 })).toContain('too many');
  });

  test('is what makes evidence verified', () => {
    const result = checkLinearizable(history('0 invoke read', '0 ok read 5'), { model: 'register' });
    const { evidence, verified } = result;
    expect({ verified, operations: evidence?.operations.length }).toEqual({ verified: true, operations: 1 });
  });
});
