import { expect, test } from 'vitest';
import { mergeVerdicts } from '../../../checkers/index.ts';

test('one invalid part makes the whole invalid, else one unknown part unknown, and nothing is no pass', () => {
  expect(mergeVerdicts(['valid', 'unknown', 'invalid'])).toBe('invalid');
  expect(mergeVerdicts(['valid', 'unknown', 'valid'])).toBe('unknown');
  expect(mergeVerdicts(['valid', 'valid'])).toBe('valid');
  expect(mergeVerdicts([])).toBe('unknown');
});
