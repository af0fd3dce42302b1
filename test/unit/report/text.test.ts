import { describe, expect, it } from 'vitest';
import { counted, displayWidth, oneLine, sanitised, seconds, wrapped } from '../../../src/report/text.ts';

describe('text for a terminal', () => {
  it('cannot steer it: escape sequences are shown, not obeyed', () => {
    expect(sanitised('\u001b[2J\u001b]0;title\u0007x\u009b31m')).toBe(
      '\\u{1b}[2J\\u{1b}]0;title\\u{7}x\\u{9b}31m');
  });

  it('cannot turn the direction of a line', () => {
    expect(sanitised('a\u202eb\u2066c')).toBe('a\\u{202e}b\\u{2066}c');
  });

  it('keeps its newlines and tabs, unless it is to be one line', () => {
    expect(sanitised('a\n\tb')).toBe('a\n\tb');
    expect(oneLine('a\r\n\tb')).toBe('a b');
  });

  it('keeps every letter of every language', () => {
    expect(sanitised('żółw 漢字 \u{1f600}')).toBe('żółw 漢字 \u{1f600}');
  });
});

describe('figures in text', () => {
  it('are seconds to the millisecond', () => { expect(seconds(15_034_499)).toBe('15.034 s'); });
  it('agree with their noun', () => {
    expect([0, 1, 2].map((count) => counted(count, 'run'))).toEqual(['0 runs', '1 run', '2 runs']);
  });
});

describe('wrapped text', () => {
  it('breaks at spaces, and inside a word only where the word is too long', () => {
    expect(wrapped('a bb ccc dddddddd', 4)).toEqual(['a bb', 'ccc', 'dddd', 'dddd']);
  });

  it('counts columns, and cuts no character in two', () => {
    expect(wrapped('漢字 漢字漢 ab', 4)).toEqual(['漢字', '漢字', '漢', 'ab']);
    expect(wrapped('\u{1f600}\u{1f600}\u{1f600}', 5)).toEqual(['\u{1f600}\u{1f600}', '\u{1f600}']);
  });
});

describe('the width of a text', () => {
  it.each([
    ['abc', 3], ['żółw', 4], ['漢字', 4], ['カナ', 4], ['ｶﾅ', 2], ['한글', 4], ['\u{1f600}', 2], ['e\u0301', 1], ['', 0],
    ['Ω≈→', 3],
  ])('of %s is %i', (text, width) => { expect(displayWidth(text)).toBe(width); });
});
