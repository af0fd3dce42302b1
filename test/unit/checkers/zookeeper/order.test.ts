import { describe, expect, test } from 'vitest';
import { checkZnodes, type History, type ZnodeModelName } from '../../../../checkers/index.ts';
import {
  asks, begins, committed, created, lost, lostAs, ok, refused, stat, story, wasSet, type Line,
} from '../../../support/histories/znodes.ts';

function found(history: History, model: ZnodeModelName = 'session-order'): readonly string[] {
  const { evidence, verified, verdict, reason } = checkZnodes(history, model);
  if (evidence === null) return [`${verdict}: ${reason}`];
  expect(verified).toBe(true);
  return evidence.findings.map(({ guarantee, kind, summary }) => `${guarantee} ${kind}: ${summary}`);
}

const start = [begins(1, 7), begins(2, 8), ...created(0, 7, 3, '/a')];
const reads = (process: number, session: number, zxid: number, data: string, of: object): readonly Line[] =>
  [asks(process, 'get', '/a', { watch: false }), ok(process, 'get', '/a', session, zxid, { data, stat: of })];
const sees = (process: number, session: number, zxid: number): readonly Line[] =>
  [asks(process, 'sync', '/', null), ok(process, 'sync', '/', session, zxid)];

describe('K2, the order of a session', () => {
  const set = (zxid: number, data: string, version: number): Line =>
    committed(zxid, 8, { change: 'set', path: '/a', data, version }, data === 'x' ? 1 : 2);
  const asked = (process: number, data: string): Line => asks(process, 'set', '/a', { data, version: -1 });

  test('is that of its writes in the log, those without an answer included', () => {
    const both = [asked(1, 'x'), lostAs(1, 'set', '/a', 8, 1), asked(5, 'y')];
    const answer = (zxid: number, version: number): Line =>
      ok(5, 'set', '/a', 8, zxid, { stat: stat(3, { mzxid: zxid, version }) });
    expect(found(story(start, sees(1, 8, 3), both, set(4, 'x', 1), set(5, 'y', 2), answer(5, 2)))).toEqual(
      ['valid: 3 answers to 2 sessions never went back, and 0 reads were of the tree as the log has it']);
    expect(found(story(start, sees(1, 8, 3), both, set(4, 'y', 1), answer(4, 1), set(5, 'x', 2)))).toEqual(
      ['K2 out-of-order: session 8 asked for set before set, but 0:5 came behind 0:4']);
    // It may have been of another session, whose end nobody told.
    const guessed = [asked(1, 'x'), lost(1, 'set', '/a'), asked(5, 'y')];
    expect(found(story(start, sees(1, 8, 3), guessed, set(4, 'y', 1), answer(4, 1), set(5, 'x', 2)))[0]).toMatch(
      /^valid/);
  });

  test('is kept where what was left at another server comes late, or behind the end, and is refused', () => {
    const both = [asked(1, 'x'), lostAs(1, 'set', '/a', 8, 1), asked(5, 'y')];
    const answer = ok(5, 'set', '/a', 8, 4, { stat: stat(3, { mzxid: 4, version: 1 }) });
    const late = (error: string): Line => committed(5, 8, { change: 'error', error, results: [] }, 1);
    const told = (error: string): string =>
      found(story(start, sees(1, 8, 3), both, set(4, 'y', 1), answer, late(error)))[0] as string;
    expect(told('SessionMoved')).toMatch(/^valid/);
    // Found in seed 4218 of the swarm: a delete whose server was late, and a close at another one.
    expect(told('SessionExpired')).toMatch(/^valid/);
    expect(told('BadVersion')).toMatch(/^K2 out-of-order/);
  });

  test('is not that of equal writes of others: each has the transaction of its own xid', () => {
    const other = [asks(2, 'set', '/a', { data: 'x', version: -1 }), lostAs(2, 'set', '/a', 8, 7)];
    const history = (xid: number): History => story(start, sees(1, 8, 3), asked(1, 'x'), lostAs(1, 'set', '/a', 8, 1),
      wasSet(5, 8, 4, '/a', 'w', 1, 3), other,
      committed(5, 8, { change: 'set', path: '/a', data: 'x', version: 2 }, xid));
    expect(found(history(7))[0]).toMatch(/^valid/);
    expect(found(history(1))).toEqual(
      ['K2 out-of-order: session 8 asked for set before set, but 0:5 came behind 0:4']);
  });

  test('equal writes without answers are taken in the order that fits', () => {
    const remove = (zxid: number): readonly Line[] => [committed(zxid, 8, { change: 'delete', path: '/a' }),
      ...created(0, 7, zxid + 1, '/a')];
    const ask = (process: number): readonly Line[] =>
      [asks(process, 'delete', '/a', { version: -1 }), lost(process, 'delete', '/a')];
    // The first was never carried out: what came behind the set is the second.
    expect(found(story(start, sees(1, 8, 3), ask(1), wasSet(5, 8, 4, '/a', 'w', 1, 3), ask(9), remove(5)))[0]).toMatch(
      /^valid/);
    const both = story(start, sees(1, 8, 3), ask(1), ask(5), remove(4), remove(6), sees(9, 8, 6));
    expect(found(both)[0]).toMatch(/^valid/);
  });

  test('its reads show the tree as it was', () => {
    const history = (answer: readonly Line[]): History => story(start, wasSet(0, 7, 4, '/a', 'w', 1, 3), answer);
    const set4 = stat(3, { mzxid: 4, version: 1 });
    expect(found(history(reads(1, 8, 4, 'w', set4)))[0]).toMatch(/^valid/);
    expect(found(history(reads(1, 8, 3, 'v', stat(3))))[0]).toMatch(/^valid/);
    expect(found(history(reads(1, 8, 4, 'v', stat(3))))).toEqual(
      ['K2 wrong-read: get /a as of 0:4 shows data "v" instead of "w"; so it was as of 0:3']);
    expect(found(history(reads(1, 8, 4, 'w', { ...set4, mzxid: 3 })))).toEqual(
      ['K2 wrong-read: get /a as of 0:4 shows mzxid 0:3 instead of 0:4']);
    const none = [asks(1, 'exists', '/a', { watch: false }), refused(1, 'exists', '/a', 8, 4, 'NoNode')];
    expect(found(history(none))).toEqual(
      ['K2 wrong-read: exists /a as of 0:4 shows nothing where there is a znode']);
    const root = stat(0, { pzxid: 3, cversion: 1, dataLength: 0, numChildren: 1 });
    const names = (...children: readonly string[]): readonly Line[] =>
      [asks(1, 'children', '/', { watch: false }), ok(1, 'children', '/', 8, 4, { children, stat: root })];
    expect(found(history(names('a')))[0]).toMatch(/^valid/);
    expect(found(history(names('a', 'b')))).toEqual(
      ['K2 wrong-read: children / as of 0:4 shows children ["a","b"] instead of ["a"]']);
  });

  test('K12: not half of a multi', () => {
    const ops = [{ op: 'set', path: '/a', data: 'x', version: -1 }, { op: 'set', path: '/a', data: 'y', version: -1 }];
    const lines = [asks(0, 'multi', '/', { ops }), committed(4, 7, { change: 'multi', changes: [
      { change: 'set', path: '/a', data: 'x', version: 1 }, { change: 'set', path: '/a', data: 'y', version: 2 }] })];
    for (const zxid of [3, 4]) {
      const half = reads(1, 8, zxid, 'x', stat(3, { mzxid: 4, version: 1 }));
      expect(found(story(start, lines, half, lost(0, 'multi', '/')))).toEqual(
        [`K12 wrong-read: get /a as of 0:${zxid} shows half of a multi`]);
    }
  });
});

test('K3, what a session has seen never goes back, whoever answers', () => {
  expect(found(story(start, wasSet(0, 7, 4, '/a', 'w', 1, 3), sees(1, 8, 3), sees(1, 8, 4)))[0]).toMatch(/^valid/);
  expect(found(story(start, wasSet(0, 7, 4, '/a', 'w', 1, 3), sees(1, 8, 4), sees(1, 8, 3)))).toEqual(
    ['K3 goes-back: session 8 had seen 0:4, and was then answered as of 0:3']);
  // Another session is another matter.
  expect(found(story(start, wasSet(0, 7, 4, '/a', 'w', 1, 3), sees(1, 8, 3)))[0]).toMatch(/^valid/);
});

test('K3, and never what nobody has committed', () => {
  const line = committed(4, 7, { change: 'set', path: '/a', data: 'w', version: 1 });
  const asked = asks(0, 'set', '/a', { data: 'w', version: -1 });
  expect(found(story(start, asked, sees(1, 8, 4), line, lost(0, 'set', '/a')))).toEqual(
    ['K3 ahead-of-log: an answer as of 0:4 came before 0:4 was committed']);
});

test('K4, nobody sees a write of its own before it is asked for', () => {
  const line = committed(4, 7, { change: 'set', path: '/a', data: 'w', version: 1 });
  const asked = asks(0, 'set', '/a', { data: 'w', version: -1 });
  const answer = ok(0, 'set', '/a', 7, 4, { stat: stat(3, { mzxid: 4, version: 1 }) });
  expect(found(story(start, asked, line, answer, sees(0, 7, 4)))[0]).toMatch(/^valid/);
  expect(found(story(start, line, sees(0, 7, 4), asked, answer))).toEqual(
    ['K4 sees-own-future: session 7 had seen 0:4 before it asked for what that does']);
});

test('K1 of sync: what is written before is read behind it', () => {
  const fresh = (history: History): readonly string[] => found(history, 'fresh-sync');
  expect(fresh(story(start, sees(1, 8, 3)))).toEqual(
    ['valid: 1 of 1 syncs were called after writes, and had them all']);
  expect(fresh(story(start, wasSet(0, 7, 4, '/a', 'w', 1, 3), sees(1, 8, 3)))).toEqual(
    ['K1 stale-sync: 0:4 had been answered when sync was called, which was answered as of 0:3']);
  // A write that overlaps it need not be there.
  const [asked, ...others] = wasSet(0, 7, 4, '/a', 'w', 1, 3);
  const [call, answer] = sees(1, 8, 3);
  expect(fresh(story(start, asked as Line, call as Line, others, answer as Line))[0]).toMatch(/^valid/);
  expect(fresh(story(begins(1, 7), sees(1, 8, 1)))).toEqual(['unknown: no sync was called after a write']);
});

test('no two answers: unknown', () => {
  expect(found(story(begins(1, 7), ...created(0, 7, 3, '/a')))).toEqual(['unknown: no session had two answers']);
});
