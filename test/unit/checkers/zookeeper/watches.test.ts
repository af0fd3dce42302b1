import { describe, expect, test } from 'vitest';
import { checkZnodes } from '../../../../checkers/index.ts';
import {
  asks, begins, committed, created, ends, event, lost, ok, refused, stat, story, turn, wasSet, watched, type Line,
} from '../../../support/histories/znodes.ts';

function found(...lines: readonly (Line | readonly Line[])[]): readonly string[] {
  const { evidence, verified, verdict, reason } = checkZnodes(story(start, ...lines), 'watches');
  if (evidence === null) return [`${verdict}: ${reason}`];
  expect(verified).toBe(true);
  return evidence.findings.map(({ guarantee, kind, summary }) => `${guarantee} ${kind}: ${summary}`);
}

const start = [begins(1, 7), begins(2, 8), ...created(0, 7, 3, '/a')];
const set4 = wasSet(0, 7, 4, '/a', 'w', 1, 3);
const set5 = wasSet(0, 7, 5, '/a', 'x', 2, 3);
const watch3 = watched(1, 8, 3, '/a', 'v', stat(3));
const changed4 = event(8, 'NodeDataChanged', '/a', 4);
const sees = (process: number, session: number, zxid: number): readonly Line[] =>
  [asks(process, 'sync', '/', null), ok(process, 'sync', '/', session, zxid)];
const awaits = (path: string, zxid: number): readonly Line[] =>
  [asks(1, 'exists', path, { watch: true }), refused(1, 'exists', path, 8, zxid, 'NoNode')];
const removed = (zxid: number, path: string): readonly Line[] => [asks(0, 'delete', path, { version: -1 }),
  committed(zxid, 7, { change: 'delete', path }), ok(0, 'delete', path, 7, zxid)];
const lists = (zxid: number, children: readonly string[], more: object): readonly Line[] =>
  [asks(1, 'children', '/a', { watch: true }),
    ok(1, 'children', '/a', 8, zxid, { children, stat: stat(3, { ...more, numChildren: children.length }) })];

describe('a watch that stands', () => {
  test('has one event, before anything newer', () => {
    expect(found(watch3, set4, changed4, sees(1, 8, 4))).toEqual(
      ['valid: 1 events of 1 watches came once, in order, and before what is newer']);
    // Who is not answered has seen nothing newer.
    expect(found(watch3, set4)).toEqual(['unknown: of no watch was anything to be told']);
    expect(found(watch3, sees(1, 8, 3))).toEqual(['unknown: of no watch was anything to be told']);
    expect(found(sees(1, 8, 3))).toEqual(['unknown: no watch was set']);
  });

  test('K5, not after data that is newer, of whatever path', () => {
    expect(found(watch3, set4, sees(1, 8, 4), changed4)).toEqual(
      ['K5 data-before-event: session 8 was answered as of 0:4 before it was told of NodeDataChanged of /a at 0:4']);
    expect(found(watch3, set4, sees(1, 8, 3), changed4)[0]).toMatch(/^valid/);
  });

  test('K7, not never', () => {
    expect(found(watch3, set4, sees(1, 8, 4))).toEqual(
      ['K7 event-lost: session 8 was answered as of 0:4, and never told of NodeDataChanged of /a at 0:4']);
    // What comes of the same watch later is no other breach.
    expect(found(watch3, set4, sees(1, 8, 4), set5, event(8, 'NodeDataChanged', '/a', 5))).toHaveLength(1);
    expect(found(watch3, set4, set5, event(8, 'NodeDataChanged', '/a', 5))).toEqual(
      ['K7 event-lost: session 8 was told of NodeDataChanged of /a at 0:5, '
        + 'and not of NodeDataChanged at 0:4 before it']);
  });

  test('K7, not twice, and not without a watch or a change', () => {
    expect(found(watch3, set4, changed4, set5, event(8, 'NodeDataChanged', '/a', 5))).toEqual(
      ['K7 event-unasked: session 8 was told of NodeDataChanged of /a at 0:5, for which no watch stood']);
    expect(found(set4, changed4)).toEqual(
      ['K7 event-unasked: session 8 was told of NodeDataChanged of /a at 0:4, for which no watch stood']);
    expect(found(watch3, set4, event(8, 'NodeChildrenChanged', '/a', 4), changed4)[0]).toMatch(/^K7 event-unasked/);
    expect(found(watch3, changed4)).toEqual(
      ['K7 event-without-change: session 8 was told of NodeDataChanged of /a at 0:4, where nothing had changed']);
    const [, set] = watch3;
    if (set === undefined) throw new Error('an answer');
    expect(found(asks(1, 'get', '/a', { watch: false }), set, set4, changed4)[0]).toMatch(/^K7 event-unasked/);
  });

  test('K6, in the order of the changes, also within one transaction', () => {
    const children = (zxid: number): Line => event(8, 'NodeChildrenChanged', '/a', zxid);
    const child5 = created(0, 7, 5, '/a/b');
    expect(found(watch3, lists(3, [], {}), set4, child5, changed4, children(5), sees(1, 8, 5))[0]).toMatch(/^valid/);
    expect(found(watch3, lists(3, [], {}), set4, child5, children(5), changed4, sees(1, 8, 5))).toEqual(
      ['K6 events-swapped: session 8 was told of NodeDataChanged of /a at 0:4 after 0:5']);
    const ops = [{ op: 'create', path: '/a/b', data: 'v', mode: 'persistent' },
      { op: 'set', path: '/a', data: 'w', version: -1 }];
    const multi = [asks(0, 'multi', '/', { ops }), committed(4, 7, { change: 'multi', changes: [
      { change: 'create', path: '/a/b', data: 'v', ephemeralOwner: 0, cversion: 1 },
      { change: 'set', path: '/a', data: 'w', version: 1 }] })];
    expect(found(watch3, lists(3, [], {}), multi, children(4), changed4, sees(1, 8, 4))[0]).toMatch(/^valid/);
    expect(found(watch3, lists(3, [], {}), multi, changed4, children(4), sees(1, 8, 4))).toEqual([
      'K6 events-swapped: session 8 was told of NodeChildrenChanged of /a after NodeDataChanged of /a, '
        + 'which 0:4 did later',
    ]);
  });

  test('is one with another of its kind, and two with one of the other kind', () => {
    expect(found(watch3, watch3, set4, changed4, sees(1, 8, 4))).toEqual(
      ['valid: 1 events of 1 watches came once, in order, and before what is newer']);
    expect(found(watch3, lists(3, [], {}), removed(4, '/a'), event(8, 'NodeDeleted', '/a', 4), sees(1, 8, 4))).toEqual(
      ['valid: 2 events of 2 watches came once, in order, and before what is newer']);
  });

  test('ends with its session', () => {
    expect(found(watch3, turn(8, 'expired'), set4, sees(1, 8, 4))).toEqual(
      ['unknown: of no watch was anything to be told']);
    const close = [asks(1, 'close', '/'), ends(5, 8, [], 1), ok(1, 'close', '/', 8, 5)];
    expect(found(watch3, set4, changed4, close)[0]).toMatch(/^valid/);
    expect(found(watch3, set4, close)[0]).toMatch(/^K7 event-lost/);
  });
});

describe('a session that moves', () => {
  const moves = (zxid: number): readonly Line[] => [turn(8, 'disconnected', zxid), turn(8, 'connected', zxid, 'n2')];

  test('is told at the next server what it missed, as of then', () => {
    const late = event(8, 'NodeDataChanged', '/a', 5);
    expect(found(watch3, set4, set5, moves(3), late, sees(1, 8, 5))[0]).toMatch(/^valid/);
    expect(found(watch3, set4, set5, moves(3), sees(1, 8, 5))).toEqual(
      ['K7 event-lost: session 8 was answered as of 0:5, and never told of NodeDataChanged of /a at 0:4']);
    expect(found(watch3, set4, set5, moves(3), sees(1, 8, 5), late)[0]).toMatch(/^K5/);
    expect(found(watch3, moves(3), event(8, 'NodeDataChanged', '/a', 3), set4)[0]).toMatch(/^K7 event-without-change/);
  });

  test('and stays watched there', () => {
    expect(found(watch3, moves(3), sees(1, 8, 3), set4, changed4, sees(1, 8, 4))[0]).toMatch(/^valid/);
    expect(found(watch3, moves(3), sees(1, 8, 3), set4, sees(1, 8, 4))[0]).toMatch(/^K7 event-lost/);
    // Once it is answered there, nothing is found out late any more.
    expect(found(watch3, moves(3), sees(1, 8, 3), set4, set5, event(8, 'NodeDataChanged', '/a', 5))[0]).toMatch(
      /^K7 event-lost/);
  });

  test('may hear of a change again, from a server that has it later', () => {
    expect(found(watch3, set4, changed4, moves(3), watch3, changed4, sees(1, 8, 4))[0]).toMatch(/^valid: 2 events/);
  });

  test('hears twice of the end of what it watches in both ways', () => {
    const gone = event(8, 'NodeDeleted', '/a', 4);
    expect(found(watch3, lists(3, [], {}), removed(4, '/a'), moves(3), gone, gone, sees(1, 8, 4))[0]).toMatch(/^valid/);
    const thrice = found(watch3, lists(3, [], {}), removed(4, '/a'), moves(3), gone, gone, gone);
    expect(thrice[0]).toMatch(/^K7 event-unasked/);
  });

  test('does not hear of what came and went meanwhile, and goes on to wait for it', () => {
    const blink = [created(0, 7, 4, '/b'), removed(5, '/b')].flat();
    expect(found(awaits('/b', 3), blink, moves(3), sees(1, 8, 5), created(0, 7, 6, '/b'),
      event(8, 'NodeCreated', '/b', 6), sees(1, 8, 6))).toEqual(
      ['valid: 1 events of 1 watches came once, in order, and before what is newer']);
    expect(found(awaits('/b', 3), blink, moves(3), sees(1, 8, 5), created(0, 7, 6, '/b'), sees(1, 8, 6))[0]).toMatch(
      /^K7 event-lost.* at 0:6$/);
    // Neither who did not move, nor who finds it there.
    expect(found(awaits('/b', 3), blink, sees(1, 8, 5))[0]).toMatch(/^K7 event-lost.* at 0:4$/);
    expect(found(awaits('/b', 3), created(0, 7, 4, '/b'), moves(3), sees(1, 8, 4))[0]).toMatch(/^K7 event-lost/);
    // What was there when it was watched is told of in any case.
    const back = [removed(4, '/a'), created(0, 7, 5, '/a')].flat();
    expect(found(watch3, back, moves(3), sees(1, 8, 5))[0]).toMatch(/^K7 event-lost/);
    expect(found(watch3, back, moves(3), event(8, 'NodeDataChanged', '/a', 5), sees(1, 8, 5))[0]).toMatch(/^valid/);
  });
});

test('a watch whose answer was lost may have been set, as long as its connection lasts', () => {
  const asked = asks(1, 'get', '/a', { watch: true });
  expect(found(asked, lost(1, 'get', '/a', 'timeout'), set4, changed4)).toEqual(['unknown: no watch was set']);
  expect(found(asked, lost(1, 'get', '/a'), turn(8, 'connected', 3), set4, changed4)[0]).toMatch(/^K7 event-unasked/);
});
