import { describe, expect, test } from 'vitest';
import { checkZnodes, type History, type ZnodeResult } from '../../../../checkers/index.ts';
import {
  asks, begins, committed, created, lost, lostAs, ok, refused, stat, story, wasSet, type Line,
} from '../../../support/histories/znodes.ts';

const judged = (history: History): ZnodeResult => checkZnodes(history, 'linearizable-writes');

/** What was found, and that what shares nothing with the finder finds it too. */
function found(history: History): readonly string[] {
  const { evidence, verified, verdict } = judged(history);
  if (evidence === null) return [verdict];
  expect(verified).toBe(true);
  return evidence.findings.map(({ guarantee, kind }) => `${guarantee} ${kind}`);
}

const start = [begins(1, 7), begins(2, 8), ...created(0, 7, 3, '/a')];
const afterSet = { mzxid: 4, version: 1, dataLength: 1 };

describe('K1, writes are linearizable', () => {
  test('if each is committed between invocation and answer, and answered as its place gives', () => {
    const history = story(start, wasSet(1, 8, 4, '/a', 'w', 1, 3),
      asks(0, 'delete', '/a', { version: 0 }), committed(5, 7, { change: 'error', error: 'BadVersion', results: [] }),
      refused(0, 'delete', '/a', 7, 5, 'BadVersion'),
      asks(0, 'delete', '/a', { version: 1 }), committed(6, 7, { change: 'delete', path: '/a' }),
      ok(0, 'delete', '/a', 7, 6));
    expect(judged(history)).toMatchObject({
      verdict: 'valid', operations: 4, algorithm: 'replay', checked: { writes: 4, transactions: 6, unanswered: 0 },
      reason: 'the answers to 4 writes are those of the 6 transactions in their order',
    });
  });

  test('not if one is answered and never committed, or later', () => {
    const [asked, line, answer] = wasSet(1, 8, 4, '/a', 'w', 1, 3);
    if (asked === undefined || line === undefined || answer === undefined) throw new Error('three lines');
    expect(found(story(start, asked, answer))).toEqual(['K1 not-committed']);
    expect(found(story(start, asked, answer, line))).toEqual(['K1 not-committed']);
    const refusal = refused(1, 'set', '/a', 8, 4, 'BadVersion');
    expect(found(story(start, asked, refusal))).toEqual(['K1 not-committed']);
  });

  test('not if the answer names a transaction from before, or of somebody else', () => {
    const late = story(start, committed(4, 8, { change: 'set', path: '/a', data: 'w', version: 1 }),
      asks(1, 'set', '/a', { data: 'w', version: -1 }), ok(1, 'set', '/a', 8, 4, { stat: stat(3, afterSet) }));
    expect(found(late)).toEqual(['K1 before-asked']);
    const other = story(start, asks(1, 'set', '/a', { data: 'w', version: -1 }),
      committed(4, 8, { change: 'set', path: '/a', data: 'x', version: 1 }),
      ok(1, 'set', '/a', 8, 4, { stat: stat(3, afterSet) }));
    expect(found(other)).toEqual(['K1 not-as-asked']);
    const twice = story(start, asks(1, 'set', '/a', { data: 'w', version: -1 }),
      asks(2, 'set', '/a', { data: 'w', version: -1 }),
      committed(4, 8, { change: 'set', path: '/a', data: 'w', version: 1 }),
      ok(1, 'set', '/a', 8, 4, { stat: stat(3, afterSet) }), ok(2, 'set', '/a', 8, 4, { stat: stat(3, afterSet) }));
    expect(found(twice)).toEqual(['K1 not-as-asked']);
  });

  test('not if something is done that nobody asked for, or done twice', () => {
    const set = (zxid: number, version: number): Line =>
      committed(zxid, 8, { change: 'set', path: '/a', data: 'w', version });
    expect(found(story(start, set(4, 1)))).toEqual(['K1 nobody-asked']);
    expect(found(story(start, wasSet(1, 8, 4, '/a', 'w', 1, 3), set(5, 2)))).toEqual(['K1 nobody-asked']);
  });

  test('one without an answer may be carried out, once, at any time behind its invocation, or not at all', () => {
    const line = committed(4, 8, { change: 'set', path: '/a', data: 'w', version: 1 });
    const asked = asks(1, 'set', '/a', { data: 'w', version: -1 });
    for (const lines of [[asked, line, lost(1, 'set', '/a')], [asked, lost(1, 'set', '/a'), line], [asked, line],
      [asked, lost(1, 'set', '/a')]]) expect(found(story(start, lines))).toEqual(['valid']);
    expect(found(story(start, line, asked))).toEqual(['K1 nobody-asked']);
    expect(judged(story(start, asked, line)).checked).toMatchObject({ unanswered: 1 });
  });

  test('not if the answer is not what its place gives', () => {
    const wrong = story(start, asks(1, 'set', '/a', { data: 'w', version: -1 }),
      committed(4, 8, { change: 'set', path: '/a', data: 'w', version: 1 }),
      ok(1, 'set', '/a', 8, 4, { stat: stat(3, { ...afterSet, version: 2 }) }));
    expect(found(wrong)).toEqual(['K1 wrong-answer']);
    expect(judged(wrong).evidence).toMatchObject({
      summary: 'K1: set at 0:4 has a wrong answer: version 2 instead of 1',
      axis: [
        '0.030000 s  0:3 is committed for session 7, xid 1: create /a "v"',
        '0.050000 s  process 1 asks set /a {"data":"w","version":-1}',
        '0.060000 s  0:4 is committed for session 8, xid 1: set /a "w", version 1',
        '0.070000 s  process 1 is answered set /a of session 8 as of 0:4: {"stat":{"czxid":"0:3","mzxid":"0:4",'
          + '"pzxid":"0:3","version":2,"cversion":0,"aversion":0,"ephemeralOwner":0,"dataLength":1,"numChildren":0}}',
      ],
    });
    const old = story(start, asks(1, 'set', '/a', { data: 'w', version: -1 }),
      committed(4, 8, { change: 'set', path: '/a', data: 'w', version: 1 }),
      ok(1, 'set', '/a', 8, 4, { stat: stat(3, { ...afterSet, mzxid: 0x1_0000_0002 }) }));
    expect(judged(old).evidence?.summary).toBe('K1: set at 0:4 has a wrong answer: mzxid 1:2 instead of 0:4');
    const refusal = story(start, asks(1, 'delete', '/a', { version: -1 }),
      committed(4, 8, { change: 'error', error: 'NoNode', results: [] }), refused(1, 'delete', '/a', 8, 4, 'NoNode'));
    expect(found(refusal)).toEqual(['K1 wrong-change']);
    const over = story(start, asks(1, 'create', '/a', { data: 'x', mode: 'persistent' }),
      committed(4, 8, { change: 'create', path: '/a', data: 'x', ephemeralOwner: 0, cversion: 2 }),
      ok(1, 'create', '/a', 8, 4, { path: '/a', stat: stat(4) }));
    expect(found(over)).toEqual(['K1 wrong-change']);
    const another = story(start, asks(1, 'delete', '/b', { version: -1 }),
      committed(4, 8, { change: 'error', error: 'NoNode', results: [] }), refused(1, 'delete', '/b', 8, 4, 'NotEmpty'));
    expect(found(another)).toEqual(['K1 wrong-answer']);
  });

  test('not if zxids fall', () => {
    const history = story(start, asks(1, 'set', '/a', { data: 'w', version: -1 }),
      committed(3, 8, { change: 'set', path: '/a', data: 'w', version: 1 }), lost(1, 'set', '/a'));
    expect(found(history)).toEqual(['K1 zxids-fall']);
  });
});

test('K11, numbers of sequential znodes grow under their parent, and begin again with it', () => {
  const made = (zxid: number, path: string): readonly Line[] => [
    asks(0, 'create', '/a/s-', { data: 'v', mode: 'persistent-sequential' }),
    committed(zxid, 7, { change: 'create', path, data: 'v', ephemeralOwner: 0, cversion: 1 }),
    ok(0, 'create', '/a/s-', 7, zxid, { path, stat: stat(zxid) }),
  ];
  const gone = (zxid: number, path: string): readonly Line[] => [
    asks(0, 'delete', path, { version: -1 }), committed(zxid, 7, { change: 'delete', path }),
    ok(0, 'delete', path, 7, zxid),
  ];
  const lines = (...parts: readonly (readonly Line[])[]): History => story(start, ...parts);
  expect(found(lines(made(4, '/a/s-0000000000'), gone(5, '/a/s-0000000000'), made(6, '/a/s-0000000001')))).toEqual(
    ['valid']);
  expect(found(lines(made(4, '/a/s-0000000000'), gone(5, '/a/s-0000000000'), made(6, '/a/s-0000000000')))).toEqual(
    ['K11 number-falls']);
  expect(found(lines(made(4, '/a/s-0000000003'), made(5, '/a/s-0000000002')))).toEqual(['K11 number-falls']);
  expect(found(lines(made(4, '/a/s-0000000003'), gone(5, '/a/s-0000000003'), gone(6, '/a'),
    created(0, 7, 7, '/a'), made(8, '/a/s-0000000000')))).toEqual(['valid']);
});

describe('K12, a multi', () => {
  const ops = [{ op: 'check', path: '/a', version: 0 }, { op: 'create', path: '/a/b', data: 'x', mode: 'ephemeral' },
    { op: 'set', path: '/a', data: 'w', version: 0 }];
  const create = { change: 'create', path: '/a/b', data: 'x', ephemeralOwner: 8, cversion: 1 };
  const set = { change: 'set', path: '/a', data: 'w', version: 1 };
  const results = (more = {}): { readonly results: readonly object[] } => ({ results: [{ op: 'check' },
    { op: 'create', path: '/a/b', stat: stat(4, { ephemeralOwner: 8 }) },
    { op: 'set', stat: stat(3, { mzxid: 4, pzxid: 4, version: 1, cversion: 1, numChildren: 1, ...more }) }] });

  test('is one transaction', () => {
    const whole = (...changes: readonly object[]): History => story(start, asks(1, 'multi', '/', { ops }),
      committed(4, 8, { change: 'multi', changes }), ok(1, 'multi', '/', 8, 4, results()));
    expect(found(whole({ change: 'check' }, create, set))).toEqual(['valid']);
    expect(found(whole({ change: 'check' }, create))).toEqual(['K1 not-as-asked']);
    expect(found(whole({ change: 'check' }, create, { ...set, version: 2 }))).toEqual(['K12 wrong-change']);
    const wrong = story(start, asks(1, 'multi', '/', { ops }),
      committed(4, 8, { change: 'multi', changes: [{ change: 'check' }, create, set] }),
      ok(1, 'multi', '/', 8, 4, results({ numChildren: 0 })));
    expect(found(wrong)).toEqual(['K12 wrong-answer']);
    const short = story(start, asks(1, 'multi', '/', { ops }),
      committed(4, 8, { change: 'multi', changes: [{ change: 'check' }, create, set] }),
      ok(1, 'multi', '/', 8, 4, { results: [] }));
    expect(found(short)).toEqual(['K12 wrong-answer']);
    const swapped = story(start, asks(1, 'multi', '/', { ops }),
      committed(4, 8, { change: 'multi', changes: [{ change: 'check' }, create, set] }),
      ok(1, 'multi', '/', 8, 4, { results: [...results().results.slice(0, 2), { op: 'check' }] }));
    expect(found(swapped)).toEqual(['K12 wrong-answer']);
    expect(judged(swapped).reason).toBe('K12: multi at 0:4 has a wrong answer: result 3: no stat');
  });

  test('is refused as a whole, for the first that is', () => {
    const twice = [...ops, { op: 'create', path: '/a/b/c', data: 'x', mode: 'persistent' }];
    const refusal = (error: string): History => story(start, asks(1, 'multi', '/', { ops: twice }),
      committed(4, 8, { change: 'error', error, results: [] }), refused(1, 'multi', '/', 8, 4, error));
    expect(found(refusal('NoChildrenForEphemerals'))).toEqual(['valid']);
    expect(found(refusal('NotEmpty'))).toEqual(['K12 wrong-change']);
  });
});

test('K13, a version that was asked for is the one that is found', () => {
  const conditional = (version: number): History => story(start, wasSet(0, 7, 4, '/a', 'w', 1, 3),
    asks(1, 'set', '/a', { data: 'x', version }),
    committed(5, 8, { change: 'set', path: '/a', data: 'x', version: 2 }),
    ok(1, 'set', '/a', 8, 5, { stat: stat(3, { mzxid: 5, version: 2 }) }));
  expect(found(conditional(1))).toEqual(['valid']);
  expect(found(conditional(0))).toEqual(['K13 wrong-change']);
  const refusal = (version: number): History => story(start, asks(1, 'delete', '/a', { version }),
    committed(4, 8, { change: 'error', error: 'BadVersion', results: [] }),
    refused(1, 'delete', '/a', 8, 4, 'BadVersion'));
  expect(found(refusal(1))).toEqual(['valid']);
  expect(found(refusal(0))).toEqual(['K13 wrong-change']);
});

describe('a write without an answer', () => {
  const remove = { change: 'delete', path: '/a' };
  const deletes = (version: number): Line => asks(1, 'delete', '/a', { version });
  const other = asks(2, 'delete', '/a', { version: 7 });

  test('has the transaction of its session and xid, and not an equal one that was never carried out', () => {
    const ends = (first: Line, second: Line): readonly string[] =>
      found(story(start, begins(4, 9), deletes(-1), other, committed(5, 8, remove, 3), first, second));
    expect(ends(lostAs(1, 'delete', '/a', 8, 3), lostAs(2, 'delete', '/a', 9, 1))).toEqual(['valid']);
    expect(ends(lostAs(1, 'delete', '/a', 9, 1), lostAs(2, 'delete', '/a', 8, 3))).toEqual(['K13 wrong-change']);
    expect(ends(lostAs(1, 'delete', '/a', 8, 2), lostAs(2, 'delete', '/a', 8, 4))).toEqual(['K1 nobody-asked']);
    expect(ends(lostAs(1, 'delete', '/a', 8, 0), lostAs(2, 'delete', '/a', 9, 0))).toEqual(['K1 nobody-asked']);
  });

  test('that does not tell them is measured by no condition: the transaction may be that of another one', () => {
    const ends = [lost(1, 'delete', '/a'), lost(2, 'delete', '/a', 'connection-loss', { version: 7 })];
    for (const left of [ends, ends.slice(1), []]) {
      const history = story(start, deletes(-1), other, committed(5, 8, remove, 3), left);
      expect(found(history)).toEqual(['valid']);
      expect(judged(history).checked).toMatchObject({ unanswered: 1 });
    }
  });

  test('was carried out once, and not before it was asked for, and as it was asked for', () => {
    const set = (zxid: number, version: number, data = 'w'): Line =>
      committed(zxid, 8, { change: 'set', path: '/a', data, version }, 5);
    const asked = asks(1, 'set', '/a', { data: 'w', version: -1 });
    const end = lostAs(1, 'set', '/a', 8, 5);
    expect(found(story(start, asked, set(4, 1), end))).toEqual(['valid']);
    expect(found(story(start, asked, end, set(4, 1), set(5, 2)))).toEqual(['K1 nobody-asked']);
    expect(found(story(start, set(4, 1), asked, end))).toEqual(['K1 nobody-asked']);
    expect(found(story(start, asked, set(4, 1, 'x'), end))).toEqual(['K1 nobody-asked']);
  });

  test('is refused as the tree gives it', () => {
    const refusal = (error: string): readonly string[] => found(story(start, other,
      committed(5, 8, { change: 'error', error, results: [] }, 3), lostAs(2, 'delete', '/a', 8, 3)));
    expect(refusal('BadVersion')).toEqual(['valid']);
    expect(refusal('NoNode')).toEqual(['K13 wrong-change']);
  });

  test('tells both, or the history is malformed', () => {
    const history = story(start, deletes(-1), lost(1, 'delete', '/a', 'connection-loss', { xid: 3 }));
    expect(judged(history).reason).toBe(
      'the history is malformed at index 6: "session" of a lost delete is not what it should be');
  });
});

test('nothing committed, nothing answered, nothing right: unknown', () => {
  expect(judged(story(asks(0, 'delete', '/a', { version: -1 })))).toMatchObject({
    verdict: 'unknown', reason: 'nothing was committed', verified: false });
  expect(judged(story(begins(1, 7)))).toMatchObject({ verdict: 'unknown', reason: 'no write was answered' });
  expect(judged(story(asks(0, 'delete', '/a')))).toMatchObject({
    verdict: 'unknown', algorithm: 'none',
    reason: 'the history is malformed at index 0: the value of "delete" is no object',
  });
  expect(judged(story(lost(0, 'delete', '/a'))).reason).toContain('malformed at index 0: process 0 completes');
});
