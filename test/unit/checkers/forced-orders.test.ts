import { describe, expect, test } from 'vitest';
import { checkLinearizable, type ModelName } from '../../../checkers/index.ts';
import { history } from '../../support/histories/operations.ts';

function forced(model: ModelName, ...lines: readonly string[]): readonly string[] | undefined {
  return checkLinearizable(history(...lines), { model }).evidence?.forced;
}

describe('the forced orders of evidence', () => {
  test('lead from real time and answers to an operation before itself', () => {
    expect(forced('register', '0 invoke write 1', '0 ok write 1', '0 invoke write 2', '0 ok write 2',
      '1 invoke read', '1 ok read 1')).toEqual([
      'write 1 was answered before write 2 began',
      'write 2 was answered before read → 1 began',
      'write 2 comes before read → 1, which found what write 1 had left, so it comes before write 1 as well',
      'so write 1 would have to come before itself',
    ]);
  });

  test('go through updates of unknown outcome, which an answer shows to have happened', () => {
    expect(forced('cas-register', '0 invoke write 1', '1 invoke cas [1,2]', '2 invoke read', '2 ok read 2',
      '2 invoke cas [1,3]', '2 ok cas [1,3]')?.at(-1)).toBe('so write 1 would have to come before itself');
  });

  test.each<[string, ModelName, readonly string[], string]>([
    ['what nobody wrote', 'register', ['0 invoke read', '0 ok read 7'], 'read → 7 needs 7, which nobody had written'],
    ['a text that nobody wrote', 'register', ['0 invoke read', '0 ok read "7"'], 'read → "7" needs "7"'],
    ['what was not appended so often', 'append', ['0 invoke append 3', '0 ok append 3', '0 invoke read',
      '0 ok read [3,3]'], 'needs 3 more often (2) than it had been added (1)'],
    ['the initial value after an update', 'cas-register',
      ['0 invoke cas [null,1]', '0 ok cas [null,1]', '0 invoke read', '0 ok read null'],
      'read → null found the initial value, so it comes before cas [null,1]'],
    ['a list that lost a value', 'append', ['0 invoke append 1', '1 invoke read', '1 ok read [1]', '1 invoke read',
      '1 ok read []'], 'read → [] does not show what append 1 left, so it comes before that'],
    ['two orders of a list', 'append', ['0 invoke append 1', '1 invoke append 2', '2 invoke read', '3 invoke read',
      '2 ok read [1,2]', '3 ok read [2,1]'], 'read → [2,1] shows what append 2 left before what append 1 left'],
  ])('name %s', (_, model, lines, sentence) => {
    expect(forced(model, ...lines)?.join('\n')).toContain(sentence);
  });

  test('are those of real time where a value was written twice, since nobody can tell by whom', () => {
    expect(forced('register', '0 invoke write 1', '0 ok write 1', '0 invoke write 1', '0 ok write 1',
      '0 invoke write 2', '0 ok write 2', '1 invoke read', '1 ok read 1')?.join('\n'))
      .not.toContain('before itself');
  });

  test('tell operations of the same name apart', () => {
    const text = forced('cas-register', '0 invoke cas [null,1]', '1 invoke cas [null,1]', '0 ok cas [null,1]',
      '1 ok cas [null,1]')?.join('\n');
    expect(text).toContain('cas [null,1] (process 1, index 1) found the initial value, so it comes before cas [');
  });
});
