import { describe, expect, test } from 'vitest';
import { parseEdnHistory } from '../../../src/history/edn.ts';
import { parseJepsenLog } from '../../../src/history/jepsen-log.ts';
import { parseHistory, type ParsedHistory } from '../../../src/history/jsonl.ts';
import { lockLineProblem } from '../../../src/history/lock-lines.ts';

const STORE = '{"index":0,"time":1200,"process":1,"type":"invoke","f":"store",'
  + '"value":{"token":33,"grant":33,"value":9}}';
const OK = '{"index":1,"time":1300,"process":1,"type":"ok","f":"store","value":{"token":33,"grant":33,"index":4}}';
const HOLD = '{"index":2,"time":9000,"process":"nemesis","type":"info","f":"believes",'
  + '"value":{"process":1,"lock":"l","grant":33,"fromUs":20,"untilUs":9898}}';

function problemsOf(parsed: ParsedHistory): readonly unknown[] {
  return parsed.ok ? [] : parsed.problems;
}

describe('lines about locks', () => {
  test('are read as they are', () => {
    const text = `${STORE}\n${OK}\n${HOLD}\n`;
    expect(parseHistory(text, lockLineProblem)).toEqual(parseHistory(text));
    expect(problemsOf(parseHistory(text, lockLineProblem))).toEqual([]);
    const clocked = text.replace('9898}', '9898,"clock":"wall","fromClockUs":-7,"untilClockUs":9871}');
    expect(clocked).not.toBe(text);
    expect(problemsOf(parseHistory(clocked, lockLineProblem))).toEqual([]);
    const bare = text.replaceAll('"token":33', '"token":null').replace(',"index":4', '').replace('believes', 'owns');
    expect(problemsOf(parseHistory(bare, lockLineProblem))).toEqual([]);
  });

  test.each<[string, string, number, number, string]>([
    ['no object', STORE.replace(/\{"token.*\}\}/, '7}'), 1, 72, 'the value of "store" is no object'],
    ['a list', STORE.replace(/\{"token.*\}\}/, '[33]}'), 1, 72, 'the value of "store" is no object'],
    ['no token', STORE.replace('"token":33,', ''), 1, 72, '"token" of "store" is not a whole number from 0 or null'],
    ['half a grant', STORE.replace('"grant":33', '"grant":33.5'), 1, 72, '"grant" of "store" is not a whole number'],
    ['no grant', STORE.replace('"grant":33', '"grant":null'), 1, 72, '"grant" of "store" is not a whole number'],
    ['a place in words', `${STORE}\n${OK.replace(':4', ':"4"')}`, 2, 68, '"index" of an ok "store" is not'],
    ['no lock', HOLD.replace('"l"', '7'), 1, 81, '"lock" of "believes" is not a text'],
    ['no holder', HOLD.replace('"process":1', '"process":"c1"'), 1, 81, '"process" of "believes" is not'],
    ['a negative time', HOLD.replace('20', '-20'), 1, 81, '"fromUs" of "believes" is not'],
    ['no end', HOLD.replace(',"untilUs":9898', ''), 1, 81, '"untilUs" of "believes" is not'],
    ['half a reading', HOLD.replace('9898}', '9898,"fromClockUs":0.5}'), 1, 81, '"fromClockUs" of "believes" is not'],
    ['a clock without a name', HOLD.replace('9898}', '9898,"clock":1}'), 1, 81, '"clock" of "believes" is not a text'],
    ['no end of an ownership', HOLD.replace('believes', 'owns').replace('9898', 'null'), 1, 77, '"untilUs" of "owns"'],
  ])('are refused with the place of their value for %s, where they matter', (_what, text, line, column, message) => {
    expect(problemsOf(parseHistory(text, lockLineProblem))).toEqual(
      [{ line, column, message: expect.stringContaining(message) as string }]);
    expect(problemsOf(parseHistory(text))).toEqual([]);
  });

  test('of other tools are refused where they begin', () => {
    const edn = '{:process 1, :type :invoke, :f :store, :value {:token 1, :grant 1}}\n'
      + '{:process 2, :type :invoke, :f :store, :value {:token 1}}\n';
    const message = '"grant" of "store" is not a whole number from 0';
    expect(problemsOf(parseEdnHistory(edn, lockLineProblem))).toEqual([{ line: 2, column: 1, message }]);
    const log = '1\t:invoke\t:store\t{:token 1, :grant 1}\nINFO 2\t:invoke\t:store\t{:token 1}\n';
    expect(problemsOf(parseJepsenLog(log, lockLineProblem))).toEqual([{ line: 2, column: 6, message }]);
    expect([...problemsOf(parseEdnHistory(edn)), ...problemsOf(parseJepsenLog(log))]).toEqual([]);
  });

  test('of the nemesis that are faults may carry anything', () => {
    const pause = HOLD.replace('believes', 'pause').replace('"l"', '7');
    expect(problemsOf(parseHistory(pause, lockLineProblem))).toEqual([]);
  });
});
