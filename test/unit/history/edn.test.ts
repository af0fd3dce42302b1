import { describe, expect, test } from 'vitest';
import { checkLinearizable, type ModelName } from '../../../checkers/index.ts';
import { EdnReader, ednText } from '../../../src/history/edn-text.ts';
import { parseEdnHistory } from '../../../src/history/edn.ts';
import { formatHistory, parseHistory, PROBLEM_LIMIT } from '../../../src/history/jsonl.ts';
import type { History, HistoryEvent, Json } from '../../../src/history/operation.ts';
import { checkHistory } from '../../../src/run/check.ts';
import { drawFrom, randomHistory, type Draw } from '../../support/histories/random-history.ts';

const INVOKE = '{:index 0, :time 1200999, :process 0, :type :invoke, :f :write, :value 3}';
const OK = '{:index 1, :time 3400000, :process 0, :type :ok, :f :write, :value 3}';
const SPLIT = '{:index 2, :time 9950000, :process :nemesis, :type :info, :f :split, :value {"n1" #{"n2"}}}';

function problemsOf(text: string): readonly { line: number; column: number; message: string }[] {
  const parsed = parseEdnHistory(text);
  return parsed.ok ? [] : parsed.problems;
}

function parsed(text: string): History {
  const result = parseEdnHistory(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.history;
}

/** One event a word: process, type, f, value in EDN. */
function edn(...lines: readonly string[]): string {
  return lines.map((line) => {
    const [, process, type, f, value] = /^(\S+) (\S+) (\S+) ([^]*)$/.exec(line) ?? [];
    return `{:process ${process}, :type :${type}, :f :${f}, :value ${value}}\n`;
  }).join('');
}

/** What an event says, in short. */
function short(text: string): string[] {
  return parsed(text).map(({ process, type, f, key, value, error }) =>
    [process, type, f, key ?? '-', JSON.stringify(value), error ?? ''].join(' ').trim());
}

function verdictOf(text: string, model: ModelName = 'cas-register'): string {
  return checkLinearizable(parsed(text), { model }).verdict;
}

/** The value of a write, as it is read. */
function valueOf(value: string): Json | undefined {
  return parsed(edn(`0 invoke write ${value}`))[0]?.value;
}

describe('a history in EDN', () => {
  const events = [
    { index: 0, time: 1200, process: 0, type: 'invoke', f: 'write', value: 3 },
    { index: 1, time: 3400, process: 0, type: 'ok', f: 'write', value: 3 },
    { index: 2, time: 9950, process: 'nemesis', type: 'info', f: 'split', value: { n1: ['n2'] } },
  ];

  test.each([
    ['one map a line', `${INVOKE}\n${OK}\n${SPLIT}\n`],
    ['one map after another', `${INVOKE}${OK} ${SPLIT}`],
    ['a vector', `[${INVOKE}\n ${OK}\n ${SPLIT}]\n`],
    ['a list, with comments', `; of today\n(${INVOKE} ; begins\n ${OK},\n ; strikes\n ${SPLIT}\n)`],
    ['records', [INVOKE, OK, SPLIT].map((event) => `#jepsen.history.Op${event}`).join('\n')],
    ['records, with metadata', [INVOKE, OK, SPLIT].map((event) => `^{:a 1} #knossos.op.Op ${event}`).join('')],
    ['lines that end in CRLF, after a byte order mark', `\ufeff${INVOKE}\r\n${OK}\r\n${SPLIT}\r\n`],
    ['without commas, with discards', `#_x ${INVOKE.replaceAll(',', '')} #_#_{} [1] ${OK} ${SPLIT} #_ "end"`],
  ])('is read from %s', (_, text) => {
    expect(parsed(text)).toEqual(events);
  });

  test('takes what Jepsen adds for what it is: nothing', () => {
    const extra = ':node "n1" :exception {:via [{:type java.lang.Foo :at [a.B$c_d <init> "B.java" -2]}] '
      + ':cause #object[java.net.Socket 0x1a2b3c4d "text"] :trace (1/2 12345678901234567890 ##NaN \\newline 1e999)} ';
    expect(parsed([INVOKE, OK, SPLIT].map((event) => event.replace('{', `{${extra}`)).join(''))).toEqual(events);
  });

  test('has any keyword for nemesis, and strings for names', () => {
    expect(short('{:process :clock, :type :info, :f "bump"}')).toEqual(['nemesis info bump - null']);
  });

  test('numbers its events itself where index and time are absent, nil or -1 in all', () => {
    for (const fields of ['', ':index nil :time nil', ':index -1, :time -1,']) {
      const text = `{${fields} :process 0 :type :invoke :f :read}{${fields} :process 0 :type :ok :f :read :value 1}`;
      expect(parsed(text).map(({ index, time }) => [index, time])).toEqual([[0, 0], [1, 1]]);
    }
  });

  test('may have gaps in its indices, and times that go back, which then stand still', () => {
    const text = `${INVOKE.replace(':index 0', ':index 7')}${OK.replace('1,', '9,').replace('3400000', '1100000')}`;
    expect(parsed(text).map(({ index, time }) => [index, time])).toEqual([[7, 1200], [9, 1200]]);
  });

  test.each<[string, string, Json]>([
    ['nil', 'nil', null],
    ['booleans', '[true false]', [true, false]],
    ['integers', '[0 -7 +7 42N 0x1F 9007199254740991]', [0, -7, 7, 42, 31, 9_007_199_254_740_991]],
    ['decimals', '[1.5 -2e3 1.25M 1.0E-2]', [1.5, -2000, 1.25, 0.01]],
    ['strings', '"a\\"\\\\\\n\\u00e9\\101 \u001b\n;"', 'a"\\\né' + 'A \u001b\n;'],
    ['characters', '[\\a \\newline \\u0041 \\o101 \\( \\\ud83d\ude00]', ['a', '\n', 'A', 'A', '(', '\ud83d\ude00']],
    ['keywords, by name and namespace', '[:a :b/c :+ :n1.x]', ['a', 'b/c', '+', 'n1.x']],
    ['symbols', '[a b/c - <= nil? true-ish]', ['a', 'b/c', '-', '<=', 'nil?', 'true-ish']],
    ['vectors and lists', '[1 (2 [3] ()) []]', [1, [2, [3], []], []]],
    ['maps', '{:a 1 "b" 2 3 {nil 4} [5 :x] 6}', { a: 1, b: 2, 3: { nil: 4 }, '[5 :x]': 6 }],
    ['tagged values', '#inst "2024-01-01" ', '2024-01-01'],
  ])('has values of every shape: %s', (_, text, value) => {
    expect(valueOf(text)).toEqual(value);
  });

  test('has equal values for equal sets, however they were printed', () => {
    expect(valueOf('#{3 1 #{:b :a} "x"}')).toEqual(valueOf('#{#{:a :b} "x" 1 3}'));
  });

  test('has any error as a text', () => {
    const errors = [':timeout', '"timeout"', '[:net "no route"]', '{:code 13}', 'nil'];
    const found = errors.map((error) =>
      short(`${edn('0 invoke read nil')} {:process 0 :type :fail :f :read :error ${error}}`)[1]);
    expect(found).toEqual(['timeout', 'timeout', '[:net "no route"]', '{:code 13}', ''].map((error) =>
      `0 fail read - null ${error}`.trim()));
  });

  test('is told from JSON lines by how it begins', () => {
    const both = `${INVOKE}\n${OK}`;
    const texts = [both, `[${both}]`, `( ${both})`, `; why\n\n${both}`, `#jepsen.history.Op${both}`,
      `\ufeff\n ${both.replace('{', '{ ,\n')}`];
    for (const text of texts) {
      const result = checkHistory(text, { model: null, shouldStop: () => false });
      expect(result, text).toMatchObject({ kind: 'judged', result: { verdict: 'valid', model: 'register' } });
    }
  });
});

describe('what means something in Jepsen', () => {
  const written = ['0 invoke write 1', '0 ok write 1', '1 invoke cas [1 2]'];
  const read = ['2 invoke read nil'];

  test.each([
    ['a compare that failed had no effect', 'invalid', [...written, '1 fail cas [1 2]', ...read, '2 ok read 2']],
    ['one of unknown outcome may have', 'valid', [...written, '1 info cas :timed-out', ...read, '2 ok read 2']],
    ['or may not', 'valid', [...written, '1 info cas [1 2]', ...read, '2 ok read 1']],
    ['so may one that never ended', 'valid', [...written, ...read, '2 ok read 2']],
    ['a read of nil saw the initial value', 'valid', [...read, '2 ok read nil', ...written]],
    ['which is gone once another is written', 'invalid', [...written, ...read, '2 ok read nil']],
    ['a read that failed saw nothing', 'valid', [...read, '2 fail read 9', ...written, '1 ok cas [1 2]']],
    ['a value in the invocation of a read is a guess', 'valid', [...written, '2 invoke read 7', '2 ok read 1']],
  ])('%s', (_, verdict, lines) => {
    expect(verdictOf(edn(...lines))).toBe(verdict);
  });

  test('a completion that is not ok has the value of its invocation, and its own for an error', () => {
    const text = edn('0 invoke cas [1 2]', '0 info cas :timed-out', '1 invoke read nil', '1 fail read :timed-out');
    expect(short(text)).toEqual(['0 invoke cas - [1,2]', '0 info cas - [1,2] timed-out', '1 invoke read - null',
      '1 fail read - null timed-out']);
  });

  test('a process that goes on after info gets a number that nobody has', () => {
    const text = edn('1 invoke write 1', '1 info write 1', '1 invoke write 2', '1 ok write 2', '1 invoke write 3',
      '1 info write 3', '1 invoke read nil', '2 invoke read nil', '1 ok read 1', '2 ok read 3', '0 invoke read nil');
    expect(parsed(text).map(({ process }) => process)).toEqual([1, 1, 3, 3, 3, 3, 4, 2, 4, 2, 0]);
    // The first write takes effect after the second: with one number for both it could not.
    expect(verdictOf(text)).toBe('valid');
  });

  test('but it cannot go on while its operation is open, nor complete what is none', () => {
    expect(problemsOf(edn('0 invoke read nil', '0 invoke read nil'))[0]).toMatchObject({ line: 2, column: 1 });
    expect(problemsOf(edn('0 invoke read nil', '0 info read nil', '0 ok read 1'))[0]).toMatchObject({ line: 3 });
  });
});

describe('a key inside of the value', () => {
  const keyed = ['0 invoke write [:x 1]', '1 invoke cas [:y [1 2]]', '0 ok write [:x 1]', '1 fail cas [:y [1 2]]',
    '0 invoke read [:x nil]', '0 ok read [:x 1]'];

  test('is found where all values have one', () => {
    expect(short(edn(...keyed))).toEqual(['0 invoke write :x 1', '1 invoke cas :y [1,2]', '0 ok write :x 1',
      '1 fail cas :y [1,2]', '0 invoke read :x null', '0 ok read :x 1']);
  });

  test.each([
    ['a number', '7', '7'], ['a string', '"x"', '"x"'], ['a symbol', 'x', 'x'], ['a keyword', ':a/x', ':a/x'],
  ])('may be %s', (_, key, name) => {
    expect(parsed(edn(`0 invoke append [${key} 1]`, `0 ok append [${key} 1]`, `0 invoke read [${key} nil]`,
      `0 ok read [${key} [1]]`)).map((event) => event.key)).toEqual([name, name, name, name]);
  });

  test('keeps objects apart', () => {
    const lines = ['0 invoke write [0 1]', '0 ok write [0 1]', '0 invoke write [1 2]', '0 ok write [1 2]',
      '0 invoke read [0 nil]'];
    expect(verdictOf(edn(...lines, '0 ok read [0 1]'))).toBe('valid');
    expect(verdictOf(edn(...lines, '0 ok read [0 2]'))).toBe('invalid');
  });

  test('is that of the invocation where an error stands for the value', () => {
    const text = edn(...keyed, '2 invoke cas [:x [1 3]]', '2 info cas :timed-out', '3 invoke read [:x nil]',
      '3 fail read nil');
    expect(short(text).slice(-4)).toEqual(['2 invoke cas :x [1,3]', '2 info cas :x [1,3] timed-out',
      '3 invoke read :x null', '3 fail read :x null']);
  });

  test('is that of the invocation where the ok of a write says something else', () => {
    expect(short(edn(...keyed, '2 invoke write [:x 2]', '2 ok write "done"')).at(-1)).toBe('2 ok write :x 2');
    const swapped = edn(...keyed, '2 invoke read [:x nil]', '2 ok read [:y 1]');
    expect(problemsOf(swapped)[0]?.message).toContain('another key');
  });

  test('is not looked for in what the nemesis does', () => {
    expect(short(edn(...keyed, ':nemesis info start [:x 1]')).at(-1)).toBe('nemesis info start - ["x",1]');
  });

  test('may stand beside the value', () => {
    expect(short('{:process 0 :type :invoke :f :read :key "x" :value [0 nil]}')).toEqual(['0 invoke read x [0,null]']);
  });

  test.each([
    ['reads, writes and compares', ['0 invoke read nil', '1 invoke write 3', '2 invoke cas [1 2]', '0 ok read 3']],
    ['compares alone', ['0 invoke cas [0 1]', '0 ok cas [0 1]', '0 invoke cas [1 0]', '1 invoke cas [2 2]']],
    ['compares from nil', ['0 invoke cas [nil [1 2]]', '0 ok cas [nil [1 2]]']],
    ['compares of pairs', ['0 invoke cas [[0 1] [1 2]]', '0 ok cas [[0 1] [1 2]]', '1 invoke cas [[1 2] [3 4]]']],
    ['compares and reads', ['0 invoke cas [0 1]', '0 ok cas [0 1]', '1 invoke read nil', '1 ok read [0 1]']],
    ['writes of pairs', ['0 invoke write [0 1]', '0 ok write [0 1]', '1 invoke read nil', '1 ok read [0 1]']],
    ['writes of pairs, and guessed reads', ['0 invoke write [0 1]', '0 ok write [0 1]', '1 invoke read [0 1]',
      '1 ok read [0 1]']],
    ['lists in lists', ['0 invoke append [0 1]', '0 ok append [0 1]', '1 invoke read nil', '1 ok read [[0 1]]']],
    ['keys of two kinds', ['0 invoke read [0 nil]', '1 invoke read [:x nil]']],
    ['lists for vectors', ['0 invoke read (0 nil)']],
    ['an answer without key', ['0 invoke read [0 nil]', '0 ok read 4']],
    ['an operation of another name', ['0 invoke read [0 nil]', '1 invoke enqueue [0 1]']],
  ])('is not found in the history of one object: %s', (_, lines) => {
    for (const event of parsed(edn(...lines))) expect(event).not.toHaveProperty('key');
  });
});

describe('malformed EDN', () => {
  const value = INVOKE.indexOf('3}') + 1;

  test.each([
    ['an empty file', '', 1, 1, 'empty'],
    ['nothing but comments', '; x\n#_ {}\n', 1, 1, 'empty'],
    ['an empty vector', '[]', 1, 1, 'empty'],
    ['a map that does not end', `${INVOKE}\n{:a`, 2, 4, 'too early'],
    ['a vector that does not end', `[${INVOKE}\n`, 2, 1, 'too early'],
    ['the wrong bracket', `[${INVOKE})`, 1, INVOKE.length + 2, 'expected a value'],
    ['more after the vector', `[${INVOKE}]\n ${OK}`, 2, 2, 'the end of the text'],
    ['a closing bracket', `${INVOKE}\n}`, 2, 1, 'expected a value'],
    ['a string that does not end', `${INVOKE}\n{:f "abc\n\n`, 2, 5, 'does not end'],
    ['what is no map', `${INVOKE}\n[${OK}]`, 2, 1, 'in braces'],
    ['a key without a value', '{:process 0 :f}', 1, 13, 'without a value'],
    ['a key twice', '{:f :read :f :read}', 1, 11, 'the key stands here twice'],
    ['a key twice, once spelt otherwise', INVOKE.replace('3}', '{:a 1 "a" 2}}'), 1, value + 6, 'as a name'],
    ['an element twice', INVOKE.replace('3}', '#{1 0x1}}'), 1, value + 4, 'the element stands here twice'],
    ['no process', INVOKE.replace(':process 0', ''), 1, 1, ':process is missing'],
    ['no type', INVOKE.replace(':type :invoke', ''), 1, 1, ':type is missing'],
    ['no name', INVOKE.replace(':f :write', ''), 1, 1, ':f is missing'],
    ['a negative process', INVOKE.replace(':process 0', ':process -5'), 1, 36, ':process is neither'],
    ['half a process', INVOKE.replace(':process 0', ':process 0.5'), 1, 36, ':process is neither'],
    ['a process of text', INVOKE.replace(':process 0', ':process "0"'), 1, 36, ':process is neither'],
    ['an unknown type', INVOKE.replace(':invoke', ':start'), 1, 45, ':type is none of :invoke, :ok'],
    ['a type of text', INVOKE.replace(':invoke', '"invoke"'), 1, 45, ':type is none of'],
    ['a number for a name', INVOKE.replace(':write', '7'), 1, 57, ':f is neither'],
    ['a time of text', INVOKE.replace('1200999', '"1"'), 1, 18, ':time is not'],
    ['an index below 0', INVOKE.replace(':index 0', ':index -2'), 1, 9, ':index is not'],
    ['an index in some events only', `${INVOKE}\n ${OK.replace(':index 1,', '')}`, 2, 2, ':index is missing here'],
    ['a time in some events only', edn('0 invoke read nil') + OK.replace(':index 1,', ''), 2, 9, ':time stands here'],
    ['an index that does not grow', `${INVOKE}\n  ${OK.replace(':index 1', ':index 0')}`, 2, 3, 'not above'],
    ['a completion without invocation', `\n${OK}`, 2, 1, 'no open operation'],
    ['another f at the end', `${INVOKE}\n${OK.replace(':write', ':read')}`, 2, 1, 'had invoked'],
    ['an integer beyond 2^53', INVOKE.replace('3}', '9007199254740993}'), 1, value, 'beyond 2^53'],
    ['a big integer', INVOKE.replace('3}', '[1 123456789012345678901234567890N]}'), 1, value + 3, 'beyond 2^53'],
    ['a decimal beyond all numbers', INVOKE.replace('3}', '-1e999}'), 1, value, 'beyond 2^53'],
    ['a process beyond 2^53', INVOKE.replace(':process 0', ':process 1e300'), 1, 36, 'beyond 2^53'],
    ['a ratio', INVOKE.replace('3}', '1/3}'), 1, value, 'a ratio'],
    ['no number at all', INVOKE.replace('3}', '##Inf}'), 1, value, 'a number that is none'],
    ['a leading zero', INVOKE.replace('3}', '03}'), 1, value, 'no such number'],
    ['a number with a tail', INVOKE.replace('3}', '3x}'), 1, value, 'no such number'],
    ['a wrong escape', INVOKE.replace('3}', '"a\\x"}'), 1, value + 2, 'no such escape'],
    ['half an escape', INVOKE.replace('3}', '"\\u12"}'), 1, value + 1, 'hexadecimal'],
    ['a wrong character', INVOKE.replace('3}', '\\newlin}'), 1, value, 'no such character'],
    ['a keyword without name', INVOKE.replace('3}', ':}'), 1, value, 'name of a keyword'],
    ['a keyword of two colons', INVOKE.replace('3}', '::a}'), 1, value, 'name of a keyword'],
    ['a regular expression', INVOKE.replace('3}', '#"a"}'), 1, value, 'a tag or a discard'],
    ['a tag of nothing', '#jepsen.history.Op', 1, 19, 'too early'],
    ['a discard of nothing', `${INVOKE} #_`, 1, INVOKE.length + 4, 'too early'],
    ['a quote', INVOKE.replace('3}', "'a}"), 1, value, 'expected a value'],
    ['a NUL byte', `${INVOKE}\n\u0000`, 2, 1, 'NUL byte'],
    ['a NUL byte in a string', INVOKE.replace('3}', '"\u0000"}'), 1, value + 1, 'NUL byte'],
    ['another control character', `${INVOKE}\u0007`, 1, INVOKE.length + 1, 'expected a value'],
  ])('is refused for %s, with the place', (_, text, line, column, message) => {
    expect(problemsOf(text)[0]).toEqual({ line, column, message: expect.stringContaining(message) as string });
  });

  test('reports all events that are wrong, up to a limit', () => {
    const bad = [INVOKE, '7', OK.replace(':ok', ':fine'), '{:index 9}', SPLIT].join('\n');
    expect(problemsOf(bad).map(({ line }) => line)).toEqual([2, 3, 4]);
    expect(problemsOf('7 '.repeat(1000))).toHaveLength(PROBLEM_LIMIT);
    expect(problemsOf(edn('0 ok read 1').repeat(1000))).toHaveLength(PROBLEM_LIMIT);
  });

  test('does not report the other half of an operation that could not be read', () => {
    expect(problemsOf(`${INVOKE.replace(':invoke', ':begin')}\n${OK}`).map(({ line }) => line)).toEqual([1]);
  });
});

test('a write that answers another value is reported with its place, in EDN and in JSON lines', () => {
  const text = '[{:process 0, :type :invoke, :f :write, :value 1}\n {:process 0, :type :ok, :f :write, :value 2}]';
  const message = 'process 0 completes "write" with 2, but had invoked it with 1';
  expect(parseEdnHistory(text)).toEqual({ ok: false, problems: [{ line: 2, column: 2, message }] });
  const event = { index: 0, time: 0, process: 0, type: 'invoke', f: 'write', value: 1 };
  const lines = [event, { ...event, index: 1, type: 'ok', value: 2 }].map((each) => JSON.stringify(each)).join('\n');
  expect(parseHistory(lines)).toEqual({ ok: false, problems: [{ line: 2, column: 1, message }] });
});

describe('hostile EDN', () => {
  test.each([
    ['vectors', '['], ['lists', '('], ['sets', '#{'], ['maps', '{:a '], ['tags', '#a '], ['discards', '#_'],
    ['metadata', '^'], ['keys', '{'],
  ])('is refused for 100,000 levels of %s', (_, opener) => {
    for (const text of [opener.repeat(100_000), INVOKE.replace('3}', opener.repeat(100_000))]) {
      expect(problemsOf(text)[0]?.message).toContain('64 levels');
    }
  });

  test('may be 64 levels deep', () => {
    const deep = (levels: number): string =>
      `{:process 0 :type :info :f :x :value ${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(problemsOf(deep(63))[0]?.message).toContain('no open operation');
    expect(problemsOf(deep(64))[0]?.message).toContain('64 levels');
  });

  test.each([
    ['sets', (body: string, levels: number) => `${'#{0 '.repeat(levels)}${body}${'}'.repeat(levels)}`],
    ['keys', (body: string, levels: number) => `${'{'.repeat(levels)}${body}${' 0}'.repeat(levels)}`],
  ])('is refused where all of it would be compared again and again, in %s', (_, nested) => {
    const body = `[${'1 2 3 4 '.repeat(2_000)}]`;
    const message = (levels: number): string | undefined =>
      problemsOf(INVOKE.replace('3}', `${nested(body, levels)}}`))[0]?.message;
    expect(message(8) ?? '').not.toContain('compared');
    expect(message(40)).toBe('sets and keys lie within each other too deep to be compared');
  });

  test.each(['"__proto__"', ':__proto__', 'constructor', ':prototype', '"\\u005f_proto__"'])(
    'is refused for the key %s', (key) => {
      const inValue = INVOKE.replace('3}', `{${key} {"polluted" 1}}}`);
      for (const text of [inValue, INVOKE.replace(':f', key), INVOKE.replace('{', `{:exception {${key} 1} `)]) {
        expect(problemsOf(text)[0]?.message).toContain('is not allowed');
      }
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
      expect(Object.keys(Object.prototype)).toEqual([]);
    });

  test('gives events or problems, and never throws, for thousands of damaged texts', () => {
    const text = `[${INVOKE}\n${SPLIT.replace(':index 2', ':index 1')}\n${edn('0 ok write ["a" \\b 1.5M #x {:a 1}]')}]`;
    let refused = 0;
    for (let at = 0; at < text.length; at += 1) {
      for (const damage of ['', '"', '}', '\\', '\u0000', '9', '\n', '{', '#', ':', ']', ';', '^', '\ud800']) {
        const result = parseEdnHistory(text.slice(0, at) + damage + text.slice(at + 1));
        if (result.ok) continue;
        refused += 1;
        expect(result.problems.length).toBeGreaterThan(0);
      }
    }
    expect(refused).toBeGreaterThan(text.length * 5);
  });

  test('of ten megabytes takes time in proportion to its length', () => {
    const event = (index: number): string => `{:index ${index}, :time ${index * 1000}, :process 0, `
      + `:type :${index % 2 === 0 ? 'invoke' : 'ok'}, :f :write, :value ["some-key" ${index >> 1}]}\n`;
    const text = Array.from({ length: 120_000 }, (_, index) => event(index)).join('');
    expect(text.length).toBeGreaterThan(9_000_000);
    expect(parsed(text)).toHaveLength(120_000);
    expect(parsed(`(${text})`)).toHaveLength(120_000);
    const long = 1_000_000;
    // A quadratic reader would take minutes for any of these; the limit of the test run is the bound.
    for (const part of ['9'.repeat(long), `"${'\\n'.repeat(long)}"`, ' '.repeat(long), 'a'.repeat(long),
      ';'.repeat(long), `[${'1 '.repeat(long)}]`, `{${'"'.repeat(long)}`, '#_1 '.repeat(long), '\\'.repeat(long)]) {
      parseEdnHistory(INVOKE.replace('3}', `${part}}`));
      parseEdnHistory(part);
    }
    expect(problemsOf(`${'\n'.repeat(long)}${'7\n'.repeat(100)}`)).toHaveLength(PROBLEM_LIMIT);
  });
});

describe('a form', () => {
  test('is written as it could have been read', () => {
    const text = '[nil true 1.5 "a\\n" \\b :c/d e #{1} (2) {:a 1, "b" [12345678901234567890]}]';
    const form = new EdnReader(text).next();
    expect(form === null ? '' : ednText(form)).toBe(text);
  });
});

/** Writes a history in EDN, in one of the many ways in which that can be done. */
function spelt(history: History, draw: Draw, isNumbered: boolean): string {
  const oneOf = (...choices: readonly string[]): string => choices[draw(choices.length)] as string;
  const blank = (): string => oneOf(' ', ', ', '\n', ',', ' ; x }\n', ' #_ {:type :ok} ', '\t\r\n');
  const form = (value: Json): string => {
    if (value === null) return 'nil';
    if (typeof value === 'string') return oneOf(JSON.stringify(value), `:${value}`, value);
    if (typeof value === 'number') return oneOf(String(value), `${value}N`, `+${value}`);
    return `[${(value as readonly Json[]).map(form).join(blank())}]`;
  };
  const events = history.map(({ index, time, process, type, f, key, value, error }) => {
    const fields = [
      `:process ${process === 'nemesis' ? ':nemesis' : process}`, `:type :${type}`, `:f ${oneOf(`:${f}`, `"${f}"`)}`,
      `:value ${key === undefined ? form(value) : `[${key} ${form(value)}]`}`, `:node "n${draw(5)}"`,
      ...(error === undefined ? [] : [`:error ${form(error)}`]),
      ...(isNumbered ? [`:index ${index}`, `:time ${time * 1000 + draw(1000)}`] : []),
    ];
    for (let last = fields.length - 1; last > 0; last -= 1) {
      const other = draw(last + 1);
      [fields[last], fields[other]] = [fields[other] as string, fields[last] as string];
    }
    return `${oneOf('', '', '#jepsen.history.Op')}{${fields.join(blank())}}`;
  });
  const text = events.join(blank());
  return oneOf(text, `[${text}]`, `(${text} )`, `; history\n${text}\n`);
}

test('any history is the same in EDN and in JSON lines', () => {
  const draw = drawFrom(20_260_801);
  const models: readonly ModelName[] = ['register', 'cas-register', 'append'];
  for (let round = 0; round < 600; round += 1) {
    const drawn = randomHistory(draw, {
      model: models[round % 3] as ModelName, operations: 12 + draw(20), clients: 1 + draw(5), keys: 1 + draw(3),
      readPercent: 50, values: draw(4), unknownPercent: draw(30), corruptPercent: draw(30),
    });
    const events = drawn.flatMap((event): HistoryEvent[] => {
      const error = event.type === 'fail' || event.type === 'info' ? { error: `e${draw(3)}` } : {};
      const fault: HistoryEvent = { ...event, process: 'nemesis', type: 'info', f: 'start', value: 'n1' };
      delete (fault as { key?: string }).key;
      return draw(8) === 0 ? [{ ...event, ...error }, fault] : [{ ...event, ...error }];
    });
    const isNumbered = draw(2) === 0;
    const history = events.map((event, index) => ({ ...event, index, time: isNumbered ? event.time * 7 : index }));
    const text = spelt(history, draw, isNumbered);
    const expected = parseHistory(formatHistory(history));
    expect(expected.ok).toBe(true);
    expect(parseEdnHistory(text), text).toEqual(expected);
  }
});
