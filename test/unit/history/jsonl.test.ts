import { describe, expect, test } from 'vitest';
import { formatHistory, parseHistory, PROBLEM_LIMIT } from '../../../src/history/jsonl.ts';
import type { History, HistoryEvent } from '../../../src/history/operation.ts';

const INVOKE = '{"index":0,"time":1200,"process":0,"type":"invoke","f":"write","key":"x","value":3}';
const OK = '{"index":1,"time":3400,"process":0,"type":"ok","f":"write","key":"x","value":3}';
const PAUSE = '{"index":2,"time":9950,"process":"nemesis","type":"info","f":"pause","value":{"target":"n1","forUs":3}}';

function problemsOf(text: string): readonly { line: number; column: number; message: string }[] {
  const parsed = parseHistory(text);
  return parsed.ok ? [] : parsed.problems;
}

function parsed(text: string): History {
  const result = parseHistory(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.history;
}

describe('a history in JSON lines', () => {
  test('is read as it was written, byte for byte', () => {
    const text = `${INVOKE}\n${OK}\n${PAUSE}\n`;
    expect(parsed(text)).toHaveLength(3);
    expect(formatHistory(parsed(text))).toBe(text);
  });

  test('is written with its fields in one order, whatever order the events have them in', () => {
    const event = { value: null, f: 'read', error: 'timeout', type: 'info', process: 2, time: 7, index: 5 } as const;
    expect(formatHistory([event])).toBe(
      '{"index":5,"time":7,"process":2,"type":"info","f":"read","value":null,"error":"timeout"}\n',
    );
  });

  test('may end its lines in CRLF, begin with a byte order mark, and end in blank lines or without newline', () => {
    const plain = parsed(`${INVOKE}\n${OK}\n`);
    for (const text of [`${INVOKE}\r\n${OK}\r\n`, `\ufeff${INVOKE}\n${OK}`, `${INVOKE}\n${OK}\n\r\n\n`]) {
      expect(parsed(text)).toEqual(plain);
    }
  });

  test('numbers its events itself where no line has index or time', () => {
    const text = '{"process":0,"type":"invoke","f":"read","value":null}\n'
      + '{"process":0,"type":"ok","f":"read","value":1}';
    expect(parsed(text).map(({ index, time }) => [index, time])).toEqual([[0, 0], [1, 1]]);
  });

  test('keeps values of every shape', () => {
    const value = { list: [1.5, -2e3, 'a\u2028"\\\n\ud83d\ude00', true, false, null, {}, []], nested: { deeper: 'é' } };
    const text = INVOKE.replace('"value":3', `"value":${JSON.stringify(value)}`);
    expect(parsed(text)[0]?.value).toEqual(value);
    expect(parsed(text.replace('é', '\\u00e9'))[0]?.value).toEqual(value);
  });

  test.each([
    ['an empty file', '', 1, 1, 'empty'],
    ['nothing but blank lines', '\n\n', 1, 1, 'empty'],
    ['what is not JSON', `${INVOKE}\nnonsense`, 2, 1, 'expected a value'],
    ['a line that ends too early', `${INVOKE}\n{"index":1,`, 2, 12, 'expected a key'],
    ['a string that does not end', '{"index', 1, 8, 'does not end'],
    ['two values in a line', `${INVOKE} 5`, 1, INVOKE.length + 2, 'end of the line'],
    ['a list instead of an event', '[1]', 1, 1, 'in braces'],
    ['a blank line in between', `${INVOKE}\n\n${OK}`, 2, 1, 'blank line'],
    ['a missing field', INVOKE.replace('"type":"invoke",', ''), 1, 1, '"type" is missing'],
    ['a missing value', INVOKE.replace(',"value":3', ''), 1, 1, '"value" is missing'],
    ['a text for a number', INVOKE.replace('1200', '"1200"'), 1, 19, '"time" is not'],
    ['a negative index', INVOKE.replace('"index":0', '"index":-1'), 1, 10, '"index" is not'],
    ['half a process', INVOKE.replace('"process":0', '"process":0.5'), 1, 34, '"process" is not'],
    ['a process by another name', INVOKE.replace('"process":0', '"process":"c1"'), 1, 34, '"nemesis"'],
    ['a key that is no text', INVOKE.replace('"x"', '7'), 1, 70, '"key" is not'],
    ['an unknown type', INVOKE.replace('invoke', 'start'), 1, 43, '"type" is none of'],
    ['a time that decreases', `${INVOKE}\n${OK.replace('3400', '100')}`, 2, 1, 'before the previous time'],
    ['an index that does not grow', `${INVOKE}\n${OK.replace('"index":1', '"index":0')}`, 2, 1, 'not above'],
    ['an index in some lines only', `${INVOKE}\n${OK.replace('"index":1,', '')}`, 2, 1, 'is missing here'],
    ['a completion without invocation', OK, 1, 1, 'no open operation'],
    ['a process busy twice', `${INVOKE}\n${INVOKE.replace('"index":0', '"index":1')}`, 2, 1, 'is open'],
    ['another f at the end', `${INVOKE}\n${OK.replace('"f":"write"', '"f":"read"')}`, 2, 1, 'had invoked'],
    ['an integer beyond 2^53', INVOKE.replace('3}', '9007199254740993}'), 1, 82, 'beyond 2^53'],
    ['a number beyond all numbers', INVOKE.replace('3}', '1e999}'), 1, 82, 'beyond 2^53'],
    ['a number with a leading zero', INVOKE.replace('3}', '03}'), 1, 83, 'expected'],
    ['a control character in a string', INVOKE.replace('"x"', '"\u0001"'), 1, 71, 'control character'],
    ['a wrong escape', INVOKE.replace('"x"', '"\\x"'), 1, 71, 'no such escape'],
    ['half an escape', INVOKE.replace('"x"', '"\\u12"'), 1, 71, 'hexadecimal'],
    ['a key twice', INVOKE.replace('"value":3', '"value":{"a":1,"a":2}'), 1, 89, 'twice'],
    ['a NUL byte', '\u0000\u0000\u0001', 1, 1, 'NUL byte'],
    ['too many levels', INVOKE.replace('3}', `${'['.repeat(100_000)}`), 1, 82 + 63, 'levels'],
  ])('is refused for %s, with the place', (_, text, line, column, message) => {
    expect(problemsOf(text)[0]).toEqual({ line, column, message: expect.stringContaining(message) as string });
  });

  test.each(['__proto__', 'constructor', 'prototype', '\\u005f_proto__'])('is refused for the key %s', (key) => {
    const inValue = INVOKE.replace('"value":3', `"value":{"${key}":{"polluted":1}}`);
    const texts = [inValue, INVOKE.replace('"key"', `"${key}"`)];
    for (const text of texts) expect(problemsOf(text)[0]?.message).toContain('is not allowed');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('reports all its problems at once, up to a limit', () => {
    const bad = [INVOKE, 'x', OK.replace('"ok"', '"fine"'), '{"index":9}', PAUSE].join('\n');
    expect(problemsOf(bad).map(({ line }) => line)).toEqual([2, 3, 4]);
    expect(problemsOf('x\n'.repeat(1000))).toHaveLength(PROBLEM_LIMIT);
  });

  test('does not report the other half of an operation whose line could not be read', () => {
    expect(problemsOf(`${INVOKE.slice(5)}\n${OK}`).map(({ line }) => line)).toEqual([1]);
  });

  test('gives events or problems, and never throws, for thousands of damaged texts', () => {
    const text = `${INVOKE}\n${OK}\n${PAUSE}\n`;
    let refused = 0;
    for (let at = 0; at < text.length; at += 1) {
      for (const damage of ['', '"', '}', '\\', '\u0000', '9', '\n', '{', ',', '\ud800']) {
        const result = parseHistory(text.slice(0, at) + damage + text.slice(at + 1));
        if (result.ok) continue;
        refused += 1;
        expect(result.problems.length).toBeGreaterThan(0);
      }
    }
    expect(refused).toBeGreaterThan(text.length * 5);
  });

  test('of ten megabytes takes time in proportion to its length', () => {
    const events = Array.from({ length: 120_000 }, (_, index): HistoryEvent => ({
      index, time: index, process: 0, type: index % 2 === 0 ? 'invoke' : 'ok',
      f: 'write', key: 'some-key', value: index >> 1,
    }));
    const text = formatHistory(events);
    expect(text.length).toBeGreaterThan(9_500_000);
    // A quadratic reader would take minutes for this; the limit of the test run is the bound.
    expect(parsed(text)).toEqual(events);
  });
});
