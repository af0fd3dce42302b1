import { describe, expect, it } from 'vitest';
import { addReporter, parseSeed, parseSeeds, parseShard, parseTimeLimit, parseWorkers }
  from '../../../src/cli/arguments.ts';

describe('options are read', () => {
  it('as seeds', () => {
    expect(parseSeeds('12')).toEqual({ kind: 'count', count: 12 });
    expect(parseSeeds('0..5')).toEqual({ kind: 'range', first: 0, last: 5 });
    expect(parseSeeds('7..7')).toEqual({ kind: 'range', first: 7, last: 7 });
    expect(parseSeed('e\u0301t\u00e9-1')).toBe('\u00e9t\u00e9-1');
  });

  it('as parts, counts and times', () => {
    expect(parseShard('2/5')).toEqual({ index: 2, count: 5 });
    expect(parseWorkers('8')).toBe(8);
    expect(['500ms', '60s', '5min'].map(parseTimeLimit)).toEqual([500, 60_000, 300_000]);
  });

  it('as reporters, one after the other', () => {
    expect(addReporter('junit=a=b.xml', addReporter('json'))).toEqual(
      [{ name: 'json', file: null }, { name: 'junit', file: 'a=b.xml' }]);
  });
});

describe('options are refused', () => {
  it.each([
    '0', '-1', '1.5', 'x', '', '5..3', '1..', '..3', '1e9', '9999999999', '0..9999999999',
  ])('seeds %s', (text) => {
    expect(() => parseSeeds(text)).toThrow();
  });

  it.each(['', 'a b', 'a/b', 'a#b', 'a@b', 'a\u0000'])('seed %j', (text) => {
    expect(() => parseSeed(text)).toThrow(/white space/);
  });

  it.each(['0/3', '4/3', '1', 'a/b', '1/0', '-1/3'])('shard %s', (text) => {
    expect(() => parseShard(text)).toThrow(/counted from 1/);
  });

  it.each(['0', '-2', '1025', '50%'])('workers %s', (text) => {
    expect(() => parseWorkers(text)).toThrow(/from 1 to 1024/);
  });

  it.each(['5', 's', '5h', '-5s'])('time limit %s', (text) => {
    expect(() => parseTimeLimit(text)).toThrow(/unit/);
  });

  it('reporters that do not exist, have no file after "=", or share their target', () => {
    expect(() => addReporter('html')).toThrow(/list, json, junit/);
    expect(() => addReporter('json=')).toThrow(/file name/);
    expect(() => addReporter('junit', addReporter('json'))).toThrow(/standard output/);
    expect(() => addReporter('junit=x', addReporter('json=x'))).toThrow(/write to x/);
  });
});
