import { describe, expect, test } from 'vitest';
import { parseHistory } from '../../../src/history/jsonl.ts';
import { znodeLineProblem } from '../../../src/history/znode-lines.ts';

const STAT = '{"czxid":3,"mzxid":4,"pzxid":3,"version":1,"cversion":0,"aversion":0,"ephemeralOwner":0,"dataLength":1,'
  + '"numChildren":0}';
const op = (process: number, type: string, f: string, value: string, key = '/a'): string =>
  `{"process":${process},"type":"${type}","f":"${f}","key":"${key}","value":${value}}`;
const told = (f: string, value: string): string => `{"process":"nemesis","type":"info","f":"${f}","value":${value}}`;

const RIGHT = [
  op(0, 'invoke', 'create', '{"data":"v","mode":"ephemeral-sequential"}'),
  op(0, 'ok', 'create', `{"session":7,"zxid":3,"path":"/a0000000000","stat":${STAT}}`),
  op(0, 'invoke', 'set', '{"data":"v","version":-1}'),
  op(0, 'fail', 'set', '{"session":7,"zxid":3}'),
  op(0, 'invoke', 'delete', '{"version":2}'),
  op(0, 'ok', 'delete', '{"session":7,"zxid":5}'),
  op(0, 'invoke', 'children', '{"watch":true}'),
  op(0, 'ok', 'children', `{"session":7,"zxid":5,"children":["b"],"stat":${STAT}}`),
  op(0, 'invoke', 'multi', '{"ops":[{"op":"check","path":"/a","version":1},'
    + '{"op":"create","path":"/b","data":"","mode":"persistent"}]}', '/'),
  op(0, 'ok', 'multi',
    `{"session":7,"zxid":6,"results":[{"op":"check"},{"op":"create","path":"/b","stat":${STAT}}]}`, '/'),
  op(0, 'invoke', 'close', 'null', '/'),
  op(0, 'info', 'close', 'null', '/'),
  op(3, 'invoke', 'delete', '{"version":2}'),
  op(3, 'info', 'delete', '{"version":2}'),
  op(2, 'invoke', 'delete', '{"version":2}'),
  op(2, 'info', 'delete', '{"session":7,"xid":0}'),
  told('committed', '{"zxid":6,"session":7,"xid":1,"change":{"change":"multi","changes":[{"change":"check"},'
    + '{"change":"create","path":"/b","data":"","ephemeralOwner":0,"cversion":1}]}}'),
  told('committed', '{"zxid":7,"session":7,"xid":0,"change":{"change":"close-session","paths":["/b"]}}'),
  told('session', '{"process":0,"session":7,"state":"expired","zxid":6,"server":null}'),
  told('event', '{"process":0,"session":7,"type":"NodeDeleted","path":"/a","zxid":6}'),
];

describe('lines about znodes', () => {
  test('are read as they are, and others may carry anything', () => {
    const text = [...RIGHT, told('pause', '7'), op(1, 'invoke', 'write', '7', 'x')].join('\n');
    const parsed = parseHistory(text, znodeLineProblem);
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed).toEqual(parseHistory(text));
  });

  test.each([
    [op(0, 'invoke', 'create', '{"data":"v","mode":"container"}'), '"mode" of "create"'],
    [op(0, 'invoke', 'create', '{"mode":"persistent"}'), '"data" of "create"'],
    [op(0, 'invoke', 'delete', '{"version":-2}'), '"version" of "delete"'],
    [op(0, 'invoke', 'get', '{"watch":1}'), '"watch" of "get"'],
    [op(0, 'invoke', 'get', 'null'), 'the value of "get" is no object'],
    [op(0, 'invoke', 'get', '{"watch":true}', 'a'), 'the key of "get" is no path'],
    [op(0, 'invoke', 'multi', '{"ops":[{"op":"get","path":"/a","watch":false}]}', '/'), '"ops" of "multi"'],
    [told('committed', '{"zxid":6,"session":7,"xid":1,"change":{"change":"toString"}}'), '"change" of "committed"'],
    [told('committed', '{"zxid":6,"session":7,"xid":1,"change":{"change":"multi","changes":[7]}}'), '"change" of'],
    [told('committed', '{"zxid":-6,"session":7,"xid":1,"change":{"change":"check"}}'), '"zxid" of "committed"'],
    [told('session', '{"process":0,"session":7,"state":"lost","zxid":6,"server":null}'), '"state" of "session"'],
    [told('event', '{"process":0,"session":7,"type":"NodeMoved","path":"/a","zxid":6}'), '"type" of "event"'],
  ])('are refused where they matter: %s', (line, message) => {
    const parsed = parseHistory(line, znodeLineProblem);
    expect(parsed.ok ? [] : parsed.problems).toMatchObject([{ message: expect.stringContaining(message) as string }]);
    expect(parseHistory(line)).toMatchObject({ ok: true });
  });

  test.each([
    ['ok', 'get', `{"session":7,"zxid":3,"data":"v","stat":${STAT.replace('"version":1,', '')}}`, '"stat" of'],
    ['ok', 'get', `{"session":7,"zxid":3,"stat":${STAT}}`, '"data" of an ok get'],
    ['ok', 'sync', '{"session":7}', '"zxid" of an ok sync'],
    ['ok', 'multi', '{"session":7,"zxid":3,"results":[{"op":"set"}]}', '"results" of an ok multi'],
    ['fail', 'get', '{"zxid":3}', '"session" of a failed get'],
    ['info', 'get', '{"xid":3}', '"session" of a lost get'],
    ['info', 'get', '{"session":7,"xid":-1}', '"xid" of a lost get'],
  ])('answers are: %s %s', (type, f, value, message) => {
    const asked = RIGHT.find((line) => line.includes(`"f":"${f}"`)) ?? op(0, 'invoke', f, '{"watch":true}');
    const key = f === 'multi' ? '/' : '/a';
    const parsed = parseHistory(`${asked}\n${op(0, type, f, value, key)}`, znodeLineProblem);
    expect(parsed.ok ? [] : parsed.problems).toMatchObject([{ message: expect.stringContaining(message) as string }]);
  });
});
