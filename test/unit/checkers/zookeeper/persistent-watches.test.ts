import { describe, expect, test } from 'vitest';
import { checkZnodes } from '../../../../checkers/index.ts';
import {
  asks, begins, committed, created, event, lost, ok, refused, stat, story, turn, wasSet, watched, type Line,
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
const changed = (zxid: number): Line => event(8, 'NodeDataChanged', '/a', zxid);
const [changed4, changed5] = [changed(4), changed(5)];
const adds = (zxid: number, path = '/a', mode = 'persistent'): readonly Line[] =>
  [asks(1, 'add-watch', path, { mode }), ok(1, 'add-watch', path, 8, zxid)];
const below = (zxid: number, path = '/a'): readonly Line[] => adds(zxid, path, 'persistent-recursive');
const removes = (zxid: number, path = '/a', type = 'any'): readonly Line[] =>
  [asks(1, 'remove-watches', path, { type }), ok(1, 'remove-watches', path, 8, zxid)];
const sees = (zxid: number): readonly Line[] => [asks(1, 'sync', '/', null), ok(1, 'sync', '/', 8, zxid)];
const moves = (zxid: number): readonly Line[] => [turn(8, 'disconnected', zxid), turn(8, 'connected', zxid, 'n2')];
const child = (zxid: number): readonly Line[] => created(0, 7, zxid, '/a/b');
const [bornB5, children5] = [event(8, 'NodeCreated', '/a/b', 5), event(8, 'NodeChildrenChanged', '/a', 5)];

describe('a persistent watch', () => {
  test('tells of each change, of whatever kind, before anything newer', () => {
    expect(found(adds(3), set4, changed4, child(5), children5, sees(5))).toEqual(
      ['valid: 2 events of 1 watches came once, in order, and before what is newer']);
    expect(found(adds(3), set4)).toEqual(['unknown: of no watch was anything to be told']);
    // What is set again is one watch, and what was there before it is not told.
    expect(found(set4, adds(4), adds(4), set5, changed5, sees(5))[0]).toMatch(/^valid: 1 events of 1 watches/);
  });

  test('K7, does not end with its first event', () => {
    expect(found(adds(3), set4, changed4, set5, sees(5))).toEqual(['K7 event-lost: session 8 was answered as of 0:5, '
      + 'and never told of NodeDataChanged of /a at 0:5, which a persistent watch was to tell']);
    // Nor with that of another watch of the path.
    const both = [adds(3), watched(1, 8, 3, '/a', 'v', stat(3)), set4, changed4, set5];
    expect(found(...both, changed5, sees(5))[0]).toMatch(/^valid/);
    expect(found(...both, sees(5))[0]).toMatch(/^K7 event-lost.* at 0:5/);
  });

  test('K7, leaves out nothing in between', () => {
    expect(found(adds(3), set4, set5, changed5, sees(5))).toEqual(['K7 event-lost: session 8 was told of '
      + 'NodeDataChanged of /a at 0:5, and not of NodeDataChanged of /a at 0:4 before it']);
  });

  test('K5, tells before what is newer is seen', () => {
    expect(found(adds(3), set4, sees(4), changed4)).toEqual(
      ['K5 data-before-event: session 8 was answered as of 0:4 before it was told of NodeDataChanged of /a at 0:4']);
  });

  test('K7, tells once, and of nothing that has not happened', () => {
    expect(found(adds(3), set4, changed4, changed4)).toEqual(['K7 event-without-change: session 8 was told of '
      + 'NodeDataChanged of /a at 0:4, of which it had been told']);
    expect(found(adds(3), changed4)).toEqual(['K7 event-without-change: session 8 was told of '
      + 'NodeDataChanged of /a at 0:4, where nothing had changed']);
    expect(found(adds(3), child(5), bornB5)[0]).toMatch(/^K7 event-unasked/);
  });

  test('K6, tells in the order of the changes, also within one transaction that does a thing twice', () => {
    expect(found(adds(3), set4, set5, changed5, changed4, sees(5))).toEqual(
      ['K6 events-swapped: session 8 was told of NodeDataChanged of /a at 0:4 after 0:5']);
    const ops = [4, 5].map((version) => ({ op: 'set', path: '/a', data: `${version}`, version: -1 }));
    const all = [...ops.slice(0, 1), { op: 'create', path: '/a/b', data: 'v', mode: 'persistent' }, ...ops.slice(1)];
    const multi = [asks(0, 'multi', '/', { ops: all }), committed(4, 7, { change: 'multi', changes: [
      { change: 'set', path: '/a', data: '4', version: 1 },
      { change: 'create', path: '/a/b', data: 'v', ephemeralOwner: 0, cversion: 1 },
      { change: 'set', path: '/a', data: '5', version: 2 }] })];
    const children4 = event(8, 'NodeChildrenChanged', '/a', 4);
    expect(found(adds(3), multi, changed4, children4, changed4, sees(4))[0]).toMatch(/^valid: 3 events/);
    expect(found(adds(3), multi, changed4, changed4, children4, sees(4))[0]).toMatch(/^K6 events-swapped/);
    expect(found(adds(3), multi, changed4, children4, sees(4))[0]).toMatch(/^K7 event-lost/);
  });

  test('tells of all below its znode, but of no children, if it is recursive', () => {
    expect(found(below(3), set4, changed4, child(5), bornB5, sees(5))[0]).toMatch(/^valid: 2 events of 1 watches/);
    expect(found(below(3, '/'), set4, changed4, child(5), bornB5, sees(5))[0]).toMatch(/^valid: 2 events of 1/);
    expect(found(below(3), child(5), sees(5))[0]).toMatch(/^K7 event-lost.*NodeCreated of \/a\/b at 0:5/);
    expect(found(below(3), child(5), bornB5, children5)[0]).toMatch(/^K7 event-unasked/);
    // Beside another one it has no event of its own.
    expect(found(adds(3), below(3, '/'), set4, changed4, child(5), bornB5, children5, sees(5))[0]).toMatch(/^valid/);
    // A name that begins alike is not below.
    expect(found(below(3), created(0, 7, 5, '/ab'), sees(5))[0]).toMatch(/^unknown/);
    expect(found(below(3), created(0, 7, 5, '/ab'), event(8, 'NodeCreated', '/ab', 5))[0]).toMatch(/^K7 event-unasked/);
  });

  test('tells nothing once it is removed', () => {
    expect(found(adds(3), set4, changed4, removes(4), set5, sees(5))[0]).toMatch(/^valid: 1 events/);
    expect(found(adds(3), removes(3), set4, changed4)[0]).toMatch(/^K7 event-unasked/);
    expect(found(adds(3), set4, removes(4), sees(4))[0]).toMatch(/^K7 event-lost/);
    // Nor does any other of the path.
    expect(found(watched(1, 8, 3, '/a', 'v', stat(3)), removes(3), set4, sees(4))[0]).toMatch(/^unknown/);
    expect(found(watched(1, 8, 3, '/a', 'v', stat(3)), removes(3, '/a', 'data'), set4, changed4)[0]).toMatch(/^K7/);
    expect(found(watched(1, 8, 3, '/a', 'v', stat(3)), removes(3, '/a', 'children'), set4, sees(4))[0]).toMatch(/^K7/);
    const refusal = [
      asks(1, 'remove-watches', '/b', { type: 'any' }), refused(1, 'remove-watches', '/b', 8, 3, 'NoWatcher'),
    ];
    expect(found(adds(3), refusal, set4, sees(4))[0]).toMatch(/^K7 event-lost/);
  });

  test('is judged no more where nobody knows whether it was removed', () => {
    const asked = [asks(4, 'remove-watches', '/a', { type: 'any' }), lost(4, 'remove-watches', '/a')];
    const nothing = 'unknown: of no watch was anything to be told';
    expect(found(adds(3), asked, set4, set5, changed5, sees(5))).toEqual([nothing]);
    expect(found(watched(1, 8, 3, '/a', 'v', stat(3)), asked, set4, set5, changed5, sees(5))).toEqual([nothing]);
    expect(found(adds(3), removes(3, '/a', 'children'), set4, sees(4))).toEqual([nothing]);
  });

  test('may have been set by an answer that was lost, as long as its connection lasts', () => {
    const asked = [asks(4, 'add-watch', '/a', { mode: 'persistent' }), lost(4, 'add-watch', '/a')];
    expect(found(asked, set4, changed4, sees(4))[0]).toMatch(/^unknown: no watch was set/);
    expect(found(asked, turn(8, 'connected', 3), set4, changed4)[0]).toMatch(/^K7 event-unasked/);
  });
});

describe('a session that moves', () => {
  test('is not told of what has happened in between, and of everything from then on', () => {
    expect(found(adds(3), set4, moves(3), sees(4), set5, changed5, sees(5))[0]).toMatch(/^valid: 1 events/);
    expect(found(adds(3), moves(3), sees(3), set4, sees(4))[0]).toMatch(/^K7 event-lost/);
    expect(found(adds(3), set4, moves(3), sees(4), changed4)[0]).toMatch(/^K5 data-before-event/);
  });

  test('shows by its first event since when it is told', () => {
    const six = [...wasSet(0, 7, 6, '/a', 'y', 3, 3), changed(6)];
    expect(found(adds(3), set4, set5, moves(3), changed5, six, sees(6))[0]).toMatch(/^valid: 2 events/);
    expect(found(adds(3), set4, set5, moves(3), changed4, sees(5))[0]).toMatch(/^K7 event-lost.* at 0:5/);
  });

  test('may be told once more by a server that has it later', () => {
    expect(found(adds(3), set4, changed4, moves(3), changed4, sees(4))[0]).toMatch(/^valid: 2 events/);
    expect(found(adds(3), set4, changed4, sees(4), moves(4), changed4)[0]).toMatch(/^K7 event-without-change/);
  });

  test('does not take what another watch has missed for an event of this one', () => {
    const ops = ['/a', '/c'].map((path) => ({ op: 'set', path, data: 'w', version: -1 }));
    const multi = [asks(0, 'multi', '/', { ops }), committed(5, 7, { change: 'multi', changes: [
      { change: 'set', path: '/a', data: 'w', version: 1 }, { change: 'set', path: '/c', data: 'w', version: 1 }] })];
    const both = [created(0, 7, 4, '/c'), below(4, '/'), watched(1, 8, 4, '/a', 'v', stat(3))];
    expect(found(...both, multi, moves(4), changed5, sees(5))[0]).toMatch(/^valid: 1 events/);
    // Nor what one has missed that may have been removed, and comes along all the same.
    const removal = [asks(4, 'remove-watches', '/a', { type: 'any' }), lost(4, 'remove-watches', '/a')];
    expect(found(...both, removal, multi, moves(4), changed5, sees(5))).toEqual(
      ['unknown: of no watch was anything to be told']);
  });
});

test('a history without such watches reads as before, and one with another word for them does not', () => {
  const asked = asks(1, 'add-watch', '/a', { mode: 'for ever' });
  expect(found(asked)).toEqual([
    'unknown: the history is malformed at index 5: "mode" of "add-watch" is not what it should be']);
  expect(found(asks(1, 'remove-watches', '/a', { type: 'data' }))[0]).toMatch(/^unknown: no watch was set/);
});
