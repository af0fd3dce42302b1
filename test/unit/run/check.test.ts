import { describe, expect, it } from 'vitest';
import { ZNODE_MODEL_NAMES } from '../../../checkers/index.ts';
import { checkHistory, formatHistory, isModelName, MODEL_NAMES, type HistoryCheck } from '../../../src/run/check.ts';
import { PLANTED } from '../../support/histories/locks.ts';
import { history } from '../../support/histories/operations.ts';
import { begins, created, ends, story, wasSet } from '../../support/histories/znodes.ts';

const never = (): boolean => false;

function check(text: string, model: Parameters<typeof checkHistory>[1]['model'] = null): HistoryCheck {
  return checkHistory(text, { model, shouldStop: never });
}

/** A text of some lines, and what becomes of it in short: the model and the verdict, or why there is none. */
function judged(...lines: readonly string[]): string {
  const found = check(formatHistory(history(...lines)));
  return found.kind === 'judged' ? `${found.result.model} ${found.result.verdict}` : found.kind;
}

describe('a stored history', () => {
  it('of barriers is judged by their name, and cannot begin otherwise', () => {
    const text = formatHistory(history('0 invoke enter 2', '1 invoke enter 2', '0 ok enter 7', '1 ok enter 8'));
    const found = check(text, 'barriers');
    expect(found.kind === 'judged' && [found.result.model, found.result.verdict, found.result.verified]).toEqual(
      ['barriers', 'invalid', true]);
    expect(check(text).kind).toBe('no-model');
    expect(checkHistory(text, { model: 'barriers', initial: 7, shouldStop: never }).kind).toBe('no-model');
  });

  it.each([
    ['a register', 'register', ['0 invoke write 1', '0 ok write 1', '0 invoke read null', '0 ok read 1'], '2'],
    ['a compare-and-set register', 'cas-register',
      ['0 invoke write 1', '0 ok write 1', '1 invoke cas [1,2]', '1 ok cas [1,2]', '0 invoke read null', '0 ok read 2'],
      '1'],
    ['a compare-and-set register without writes', 'cas-register',
      ['0 invoke cas [null,2]', '0 ok cas [null,2]', '0 invoke read null', '0 ok read 2'], '1'],
    ['a key-value store', 'kv', ['0 invoke write 1', '0 ok write 1', '1 invoke delete', '1 ok delete',
      '0 invoke read null', '0 ok read null'], '1'],
    ['counters', 'counter', ['0 invoke add 1', '0 ok add 1', '0 invoke read null', '0 ok read 1'], '2'],
    ['sets', 'set', ['0 invoke add 1', '0 ok add 1', '0 invoke read null', '0 ok read [1]'], '[]'],
    ['sets by their elements', 'set', ['0 invoke add 1', '0 ok add 1', '0 invoke contains 1', '0 ok contains true'],
      'false'],
    ['fenced locks', 'fenced-lock', ['0 invoke acquire null', '0 ok acquire 1', '0 invoke release 1', '0 ok release 1',
      '0 invoke acquire null', '0 ok acquire 2'], '1'],
    ['queues', 'queue', ['0 invoke enqueue 1', '0 ok enqueue 1', '0 invoke dequeue null', '0 ok dequeue 1'], 'null'],
    ['stacks', 'stack', ['0 invoke push 1', '0 ok push 1', '0 invoke pop null', '0 ok pop 1'], 'null'],
    ['lists', 'append', ['0 invoke append 1', '0 ok append 1', '0 invoke read null', '0 ok read [1]'], '[]'],
  ])('is judged by the model that its operations imply, which finds a wrong read: %s', (_, model, lines, wrong) => {
    expect(judged(...lines)).toBe(`${model} valid`);
    const last = lines.at(-1) ?? '';
    expect(judged(...lines.slice(0, -1), last.replace(/\S+$/, wrong))).toBe(`${model} invalid`);
  });

  it('may say with the invocation of a read what it likes, and never answer', () => {
    const lines = ['0 invoke append 1', '0 ok append 1', '1 invoke read "?"', '1 info read "?"',
      '2 invoke read null', '2 ok read []'];
    expect(judged(...lines)).toBe('append invalid');
  });

  it('is judged by the model that is named, whatever its operations imply', () => {
    const text = formatHistory(history('0 invoke write 1', '0 ok write 1', '0 invoke read null', '0 ok read 1'));
    for (const model of ['register', 'cas-register'] as const) {
      expect(check(text, model)).toMatchObject({ kind: 'judged', result: { model, verdict: 'valid' } });
    }
    expect(check(text, 'append')).toMatchObject({ kind: 'judged', result: { model: 'append', verdict: 'unknown' } });
  });

  it.each([
    ['reads alone, of a register or of a list', ['0 invoke read null', '0 ok read null'], /read/],
    ['operations of two models', ['0 invoke write 1', '0 ok write 1', '0 invoke append 1', '0 ok append 1'],
      /write, append/],
    ['operations of none', ['0 invoke frobnicate 1', '0 ok frobnicate 1'], /frobnicate/],
  ])('whose model nobody can tell asks for one, with what it found and what there is: %s', (_what, lines, found) => {
    const result = check(formatHistory(history(...lines)));
    expect(result.kind).toBe('no-model');
    const message = result.kind === 'no-model' ? result.message : '';
    expect(message).toMatch(found);
    for (const model of MODEL_NAMES) expect(message).toContain(model);
  });

  it('does not take lines of the nemesis for operations', () => {
    expect(judged('nemesis info append 1', '0 invoke write 1', '0 ok write 1')).toBe('register valid');
  });

  it('that is none is malformed, with every place', () => {
    const good = formatHistory(history('0 invoke write 1', '0 ok write 1'));
    for (const model of [null, 'register'] as const) {
      expect(check(`${good}nonsense\n`, model)).toMatchObject(
        { kind: 'malformed', problems: [{ line: 3, column: 1 }] });
      expect(check('', model).kind).toBe('malformed');
    }
  });

  it('is judged by a checker of locks only where one is named, and then its lines have to be right', () => {
    const text = formatHistory(PLANTED.twoBeliefs);
    expect(check(text).kind).toBe('no-model');
    for (const model of ['fencing', 'mutual-exclusion'] as const) {
      expect(check(text, model)).toMatchObject({ result: { model, verdict: 'invalid', verified: true } });
    }
    expect(check(text, 'lock-ownership')).toMatchObject({ result: { model: 'lock-ownership', verdict: 'unknown' } });
    const broken = text.replace('"grant":34', '"grant":"34"');
    expect(check(broken, 'fencing')).toMatchObject({ kind: 'malformed', problems: [{ line: 1, column: 74 }] });
    expect(check(broken, 'register').kind).toBe('judged');
  });

  it('is judged as a tree of znodes only where that is asked for, and then its lines have to be right', () => {
    const start = [begins(1, 7), begins(2, 8), ...created(0, 7, 3, '/a')];
    const text = formatHistory(story(start, wasSet(1, 8, 4, '/a', 'w', 1, 3), ends(5, 7)));
    const verdicts = ZNODE_MODEL_NAMES.map((model) => {
      const result = check(text, model);
      return result.kind === 'judged' ? result.result.verdict : result.kind;
    });
    expect(verdicts).toEqual(['valid', 'unknown', 'unknown', 'unknown', 'valid']);
    expect(check(text).kind).toBe('no-model');
    const broken = text.replace('"version":-1', '"version":"any"');
    expect(check(broken, 'watches')).toMatchObject({ kind: 'malformed', problems: [{ line: 6 }] });
    expect(check(broken, 'register').kind).toBe('judged');
    expect(checkHistory(text, { model: 'watches', initial: 7, shouldStop: never }).kind).toBe('no-model');
  });

  it('may be one of Jepsen, about locks too', () => {
    const store = (process: number, type: string, value: string, error = ''): string =>
      `{:process ${process}, :type :${type}, :f :store, :value ${value}${error}, :time ${process}000}\n`;
    const value = (grant: number): string => `{:token ${grant}, :grant ${grant}}`;
    const begin = store(2, 'invoke', value(34)) + store(2, 'ok', value(34)) + store(3, 'invoke', value(33));
    const judge = (end: string): HistoryCheck => check(begin + end, 'fencing');
    expect(judge(store(3, 'ok', value(33)))).toMatchObject({ result: { verdict: 'invalid', prevented: 0 } });
    expect(judge(store(3, 'fail', value(33), ', :error :stale-token'))).toMatchObject(
      { result: { verdict: 'valid', prevented: 1 } });
  });

  it('may have lines of one time that overlap, about locks too', () => {
    const text = formatHistory(PLANTED.pauseBeforeStore.map((event) => ({ ...event, time: 7 })));
    const judge = (equalTimes: 'ordered' | 'concurrent'): HistoryCheck =>
      checkHistory(text, { model: 'fencing', equalTimes, shouldStop: never });
    expect(judge('ordered')).toMatchObject({ result: { verdict: 'invalid' } });
    expect(judge('concurrent')).toMatchObject({ result: { verdict: 'valid' } });
  });

  it('reads CRLF like LF', () => {
    const text = formatHistory(history('0 invoke write 1', '0 ok write 1', '0 invoke read null', '0 ok read 2'));
    expect(check(text)).toMatchObject({ kind: 'judged', result: { verdict: 'invalid' } });
    expect(check(text.replace(/\n/g, '\r\n'))).toEqual(check(text));
  });
});

describe('a host that has no more time', () => {
  /** So many writes at once, and a read that fits none, that the search takes a while. */
  const writers = Array.from({ length: 14 }, (_, process) => process);
  const text = formatHistory(history(
    ...writers.map((process) => `${process} invoke write ${process}`), '20 invoke read null', '20 ok read 99',
    ...writers.map((process) => `${process} ok write ${process}`)));

  it('ends the search with `unknown`, and the result says so', () => {
    let asked = 0;
    const found = checkHistory(text, { model: null, shouldStop: () => {
      asked += 1;
      return true;
    } });
    expect(asked).toBeGreaterThan(0);
    expect(found).toMatchObject({ kind: 'judged', result: { verdict: 'unknown', witness: null, evidence: null } });
    expect(found.kind === 'judged' ? found.result.reason : '').toContain('time');
    expect(check(text)).toMatchObject({ kind: 'judged', result: { verdict: 'invalid' } });
  });
});

describe('the name of a model', () => {
  it('is one of those that there are', () => {
    expect(MODEL_NAMES).toEqual(expect.arrayContaining(['register', 'cas-register', 'append']));
    expect(MODEL_NAMES.every(isModelName)).toBe(true);
    expect(['', 'Register', 'register ', 'toString', '__proto__'].filter(isModelName)).toEqual([]);
  });
});
