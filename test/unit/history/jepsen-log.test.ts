import { describe, expect, test } from 'vitest';
import { checkLinearizable, type ModelName } from '../../../checkers/index.ts';
import { parseJepsenLog } from '../../../src/history/jepsen-log.ts';
import { formatHistory, parseHistory, PROBLEM_LIMIT } from '../../../src/history/jsonl.ts';
import type { History } from '../../../src/history/operation.ts';
import { checkHistory } from '../../../src/run/check.ts';
import { drawFrom, randomHistory } from '../../support/histories/random-history.ts';

function problemsOf(text: string): readonly { line: number; column: number; message: string }[] {
  const parsed = parseJepsenLog(text);
  return parsed.ok ? [] : parsed.problems;
}

function parsed(text: string): History {
  const result = parseJepsenLog(text);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.history;
}

/** One line a word, its fields parted by blanks: process, type, f, value. */
function log(...lines: readonly string[]): string {
  return lines.map((line) => {
    const [, process, type, f, value] = /^(\S+) (\S+) (\S+) (.*)$/.exec(line) ?? [];
    return `INFO  jepsen.util - ${process}\t:${type}\t:${f}\t${value}\n`;
  }).join('');
}

/** What an event says, in short. */
function short(text: string): string[] {
  return parsed(text).map(({ process, type, f, key, value, error }) =>
    [process, type, f, key ?? '-', JSON.stringify(value), error ?? ''].join(' ').trim());
}

function verdictOf(...lines: readonly string[]): string {
  return checkLinearizable(parsed(log(...lines)), { model: 'cas-register' }).verdict;
}

describe('a log of Jepsen', () => {
  test('has its operations in the order of its lines, which is all it knows of time', () => {
    expect(parsed(log('4 invoke cas [3 1]', '0 invoke read nil', '0 ok read 1'))).toEqual([
      { index: 0, time: 0, process: 4, type: 'invoke', f: 'cas', value: [3, 1] },
      { index: 1, time: 1, process: 0, type: 'invoke', f: 'read', value: null },
      { index: 2, time: 2, process: 0, type: 'ok', f: 'read', value: 1 },
    ]);
  });

  test.each([
    ['with level and logger', 'INFO  jepsen.util - 4\t:invoke\t:cas\t[3 1]'],
    ['with time and thread', 'INFO [2024-05-01 12:00:00,123] jepsen worker 4 - jepsen.util 4\t:invoke\t:cas\t[3 1]'],
    ['with the time first', '[2024-05-01 12:00] INFO jepsen.util - 4\t:invoke\t:cas\t[3 1]'],
    ['alone, as in history.txt', '4\t:invoke\t:cas\t[3 1]'],
    ['with spaces for tabs, and a number in front', '   17  4  :invoke  :cas   [3, 1]  '],
    ['that ends in CR', 'INFO  jepsen.util - 4\t:invoke\t:cas\t[3 1]\r'],
    ['after a byte order mark', '\ufeff4\t:invoke\t:cas\t[3 1]'],
    ['whose name is a string', '4\t:invoke\t"cas"\t[3 1]'],
  ])('has lines %s', (_, line) => {
    expect(short(line)).toEqual(['4 invoke cas - [3,1]']);
    expect(short(`${line}\n`)).toEqual(['4 invoke cas - [3,1]']);
  });

  test('has lines that are no operations, which are skipped', () => {
    const noise = ['', '  ', 'INFO  jepsen.core - Worker 3 starting', '$ lein test :only', '\tat a.b$c.invoke(d.clj:1)',
      'WARN  jepsen.core - Process 4 indeterminate', '{:process 4, :type :ok, :f :read}', ' {:f :read :type :ok',
      'Everything looks good!', '4\t:began\t:read\tnil', 'x4\t:ok\t:read\t1', '4:ok :read 1', '4\t:okay\t:read\t1',
      '\u0000\u0001'].join('\n');
    expect(short(`${noise}\n${log('4 invoke read nil')}${noise}\n${log('4 ok read 1')}${noise}`)).toEqual([
      '4 invoke read - null', '4 ok read - 1']);
  });

  test('has faults among its operations', () => {
    const start = ':nemesis info start "Cut off {:n1 #{:n3}}"';
    expect(short(log('1 invoke read nil', start, ':nemesis info stop nil'))).toEqual([
      '1 invoke read - null', 'nemesis info start - "Cut off {:n1 #{:n3}}"', 'nemesis info stop - null']);
  });

  test('has errors behind values, or in their place', () => {
    expect(short(log('1 invoke cas [1 2]', '1 info cas [1 2]\t:timeout', '2 invoke cas [1 2]',
      '2 fail cas [1 2]\t[:code "it} did (not'))).toEqual(['1 invoke cas - [1,2]', '1 info cas - [1,2] timeout',
      '2 invoke cas - [1,2]', '2 fail cas - [1,2] [:code "it} did (not']);
    expect(short(log('1 invoke cas [1 2]', '1 info cas :timed-out', '2 invoke read nil', '2 fail read :timed-out')))
      .toEqual(['1 invoke cas - [1,2]', '1 info cas - [1,2] timed-out', '2 invoke read - null',
        '2 fail read - null timed-out']);
  });

  test('has keys in its values like EDN', () => {
    expect(short(log('0 invoke write [7 4]', '0 ok write [7 4]', '0 invoke cas [7 [4 0]]', '0 info cas :timed-out',
      '1 invoke read [7 nil]', '1 ok read [7 0]'))).toEqual(['0 invoke write 7 4', '0 ok write 7 4',
      '0 invoke cas 7 [4,0]', '0 info cas 7 [4,0] timed-out', '1 invoke read 7 null', '1 ok read 7 0']);
  });

  test('is told from other formats by how it begins', () => {
    const operations = log('0 invoke write 1', '0 ok write 1');
    const texts = [operations, `\n\n${operations}`, operations.replaceAll('INFO  jepsen.util - ', ''),
      `:nemesis\t:info\t:start\tnil\n${operations}`, `[main] INFO starting\n${operations}`];
    for (const text of texts) {
      const result = checkHistory(text, { model: null, shouldStop: () => false });
      expect(result, text).toMatchObject({ kind: 'judged', result: { verdict: 'valid', model: 'register' } });
    }
  });
});

describe('what an etcd log means', () => {
  const start = ['0 invoke read nil', '0 ok read nil', '1 invoke write 3', '1 ok write 3', '2 invoke cas [3 1]'];
  const read = ['3 invoke read nil'];

  test.each([
    ['a compare-and-set that was done', 'valid', [...start, '2 ok cas [3 1]', ...read, '3 ok read 1']],
    ['cannot be undone', 'invalid', [...start, '2 ok cas [3 1]', ...read, '3 ok read 3']],
    ['one that timed out may be done', 'valid', [...start, '2 info cas :timed-out', ...read, '3 ok read 1']],
    ['or never', 'valid', [...start, '2 info cas :timed-out', ...read, '3 ok read 3']],
    ['or later', 'valid', [...start, '2 info cas :timed-out', ...read, '3 ok read 3', ...read, '3 ok read 1']],
    ['but only from what it compares with', 'invalid', [...start, '2 info cas :timed-out', '1 invoke write 4',
      '1 ok write 4', ...read, '3 ok read 4', ...read, '3 ok read 1']],
    ['one that failed is never done', 'invalid', [...start, '2 fail cas [3 1]', ...read, '3 ok read 1']],
    ['one without an end is like one that timed out', 'valid', [...start, ...read, '3 ok read 1']],
    ['a read that timed out saw nothing, and its process goes on', 'valid', [...start, ...read,
      '3 fail read :timed-out', '3 invoke read nil', '3 ok read 3']],
    ['a read of nil saw that nobody had written', 'invalid', [...start, ...read, '3 ok read nil']],
  ])('%s', (_, verdict, lines) => {
    expect(verdictOf(...lines)).toBe(verdict);
  });

  test('a process that goes on after a timeout gets a new number', () => {
    const text = log('0 invoke write 1', '0 info write :timed-out', '0 invoke write 2', '0 ok write 2',
      '1 invoke read nil', '1 ok read 1');
    expect(parsed(text).map(({ process }) => process)).toEqual([0, 0, 2, 2, 1, 1]);
  });
});

describe('a malformed log', () => {
  const good = log('0 invoke read nil');

  test.each([
    ['no text', '', 1, 1, 'no line'],
    ['no operations', 'INFO  jepsen.core - Worker 3 starting\n', 1, 1, 'no line of this log is an operation'],
    ['a line that ends too early', `${good}0\t:ok`, 2, 6, 'too early'],
    ['a line without value', `${good}0\t:ok\t:read`, 2, 12, 'too early'],
    ['a value that does not end', `${good}INFO - 0\t:ok\t:read\t[1 `, 2, 23, 'too early'],
    ['a value that is none', `${good}0\t:ok\t:read\t)`, 2, 13, 'expected a value'],
    ['a number beyond 2^53', `${good}0\t:ok\t:read\t9007199254740993`, 2, 13, 'beyond 2^53'],
    ['a process beyond 2^53', `${good} 99999999999999999999\t:ok\t:read\t1`, 2, 2, 'beyond 2^53'],
    ['a name that is none', `${good}0\t:ok\t7\t1`, 2, 7, ':f is neither'],
    ['a NUL byte in an operation', `${good}0\t:ok\t:read\t\u0000`, 2, 13, 'NUL byte'],
    ['a completion without invocation', `noise\nINFO - 3\t:ok\t:read\t1`, 2, 8, 'no open operation'],
    ['a process busy twice', good.repeat(2), 2, 21, 'is open'],
    ['another f at the end', `${good}0\t:ok\t:write\t1`, 2, 1, 'had invoked'],
  ])('is refused for %s, with the place', (_, text, line, column, message) => {
    expect(problemsOf(text)[0]).toEqual({ line, column, message: expect.stringContaining(message) as string });
  });

  test('reports all its problems at once, up to a limit', () => {
    expect(problemsOf(`${good}0\t:ok\t:read\t(\n${good}1\t:ok\t:read\t}\n`).map(({ line }) => line)).toEqual([2, 4]);
    expect(problemsOf('1\t:ok\t:read\t1x\n'.repeat(1000))).toHaveLength(PROBLEM_LIMIT);
  });

  test.each(['[', '{', '#a ', '#_', '^'])('is refused for 100,000 levels of %s', (opener) => {
    expect(problemsOf(`1\t:ok\t:read\t${opener.repeat(100_000)}`)[0]?.message).toContain('64 levels');
  });

  test('is refused for a key that reaches a prototype', () => {
    expect(problemsOf('1\t:invoke\t:write\t{"__proto__" {"polluted" 1}}')[0]?.message).toContain('is not allowed');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test('gives events or problems, and never throws, for thousands of damaged texts', () => {
    const text = log('0 invoke write {"a" [1 :b]}', ':nemesis info start "x"', '0 ok write {"a" [1 :b]}');
    let refused = 0;
    for (let at = 0; at < text.length; at += 1) {
      for (const damage of ['', '"', '}', '\\', '\u0000', '9', '\n', '{', '\t', ':', ' ', '\ud800']) {
        if (!parseJepsenLog(text.slice(0, at) + damage + text.slice(at + 1)).ok) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(text.length);
  });

  test('of ten megabytes takes time in proportion to its length', () => {
    const lines = Array.from({ length: 250_000 }, (_, index) =>
      `INFO  jepsen.util - 4\t:${index % 2 === 0 ? 'invoke' : 'ok'}\t:write\t${index >> 1}\n`);
    expect(parsed(lines.join(''))).toHaveLength(250_000);
    const long = 1_000_000;
    // A quadratic reader would take minutes for any of these; the limit of the test run is the bound.
    for (const part of ['1', '\t', '1 ', '1\t\t', ':a ', '1\t:ok ', '1\t:ok,', '\n', '1\t:ok\t:f\t"']) {
      parseJepsenLog(part.repeat(long));
      parseJepsenLog(`1${part.repeat(long)}x`);
    }
  });
});

test('any history is the same in a log and in JSON lines', () => {
  const draw = drawFrom(20_260_802);
  const models: readonly ModelName[] = ['register', 'cas-register', 'append'];
  for (let round = 0; round < 300; round += 1) {
    const history = randomHistory(draw, {
      model: models[round % 3] as ModelName, operations: 12 + draw(20), clients: 1 + draw(5), keys: 1 + draw(3),
      readPercent: 50, values: draw(4), unknownPercent: draw(30), corruptPercent: draw(30),
    }).map((event, index) => ({ ...event, time: index }));
    const text = history.map(({ process, type, f, key, value }) => {
      // JSON with commas is EDN, but for null.
      const edn = JSON.stringify(value).replaceAll('null', 'nil');
      const noise = draw(4) === 0 ? 'INFO  jepsen.core - Worker 1 starting\n' : '';
      return `${noise}${log(`${process} ${type} ${f} ${key === undefined ? edn : `[${key} ${edn}]`}`)}`;
    }).join('');
    expect(parseJepsenLog(text), text).toEqual(parseHistory(formatHistory(history)));
  }
});
