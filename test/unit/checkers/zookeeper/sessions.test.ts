import { describe, expect, test } from 'vitest';
import { checkZnodes } from '../../../../checkers/index.ts';
import {
  asks, begins, committed, ends, ok, stat, story, turn, type Line,
} from '../../../support/histories/znodes.ts';

function found(...lines: readonly (Line | readonly Line[])[]): readonly string[] {
  const { evidence, verified, verdict, reason } = checkZnodes(story(...lines), 'sessions');
  if (evidence === null) return [`${verdict}: ${reason}`];
  expect(verified).toBe(true);
  return evidence.findings.map(({ guarantee, kind, summary }) => `${guarantee} ${kind}: ${summary}`);
}

const creates = (zxid: number, path: string, owner: number, session = owner): Line =>
  committed(zxid, session, { change: 'create', path, data: 'v', ephemeralOwner: owner, cversion: 1 });

describe('K8, ephemeral znodes', () => {
  test('end with their sessions', () => {
    expect(found(begins(1, 7), creates(2, '/e', 7), creates(3, '/f', 7), ends(4, 7, ['/e', '/f']))).toEqual(
      ['valid: 1 sessions ended with their 2 ephemeral znodes, and 0 clients were told of it']);
    expect(found(begins(1, 7), creates(2, '/e', 7), creates(3, '/f', 7), ends(4, 7, ['/e']))).toEqual(
      ['K8 ephemeral-left: session 7 ended at 0:4, and its ephemeral znode /f did not']);
    expect(found(begins(1, 7), creates(2, '/e', 7), committed(3, 7, { change: 'delete', path: '/e' }),
      ends(4, 7, []))[0]).toMatch(/^valid/);
    expect(found(begins(1, 7), creates(2, '/e', 0, 7), ends(4, 7, []))[0]).toMatch(/^valid/);
  });

  test('and nothing else does', () => {
    expect(found(begins(1, 7), begins(2, 8), creates(3, '/e', 8), ends(4, 7, ['/e']))).toEqual(
      ['K8 ephemeral-left: the end of session 7 took /e, which was not its own']);
  });

  test('are not created for a session that is over', () => {
    expect(found(begins(1, 7), begins(2, 8), ends(3, 7), creates(4, '/e', 7, 8))).toEqual(
      ['K8 ephemeral-left: /e was created at 0:4 for session 7, which had ended']);
  });

  test('are not read any more', () => {
    const log = [begins(1, 7), begins(2, 8), creates(3, '/e', 7), ends(4, 7, ['/e'])];
    const answer = (zxid: number): readonly Line[] => [asks(1, 'exists', '/e', { watch: false }),
      ok(1, 'exists', '/e', 8, zxid, { stat: stat(3, { ephemeralOwner: 7 }) })];
    expect(found(log, answer(3))[0]).toMatch(/^valid/);
    const told = 'K8 ephemeral-seen: a read as of 0:4 shows /e of session 7, which had ended at 0:4';
    expect(found(log, answer(4))).toEqual([told]);
    const names = (zxid: number): readonly Line[] => [asks(1, 'children', '/', { watch: false }),
      ok(1, 'children', '/', 8, zxid, { children: ['e'], stat: stat(0) })];
    expect(found(log, names(3))[0]).toMatch(/^valid/);
    expect(found(log, names(4))).toEqual([told]);
  });
});

test('K9, nothing of a session comes before its beginning, or behind its end, refusals aside', () => {
  expect(found(begins(1, 7), ends(2, 7), committed(3, 7, { change: 'error', error: 'SessionExpired' }))[0]).toMatch(
    /^valid/);
  expect(found(begins(1, 7), ends(2, 7), creates(3, '/a', 0, 7))).toEqual(
    ['K9 change-of-no-session: 0:3 is a transaction of session 7, which had ended at 0:2']);
  expect(found(begins(1, 7), ends(2, 7), ends(3, 7))[0]).toMatch(/^K9/);
  expect(found(begins(1, 7), creates(2, '/a', 0, 8))).toEqual(
    ['K9 change-of-no-session: 0:2 is a transaction of session 8, which never began']);
  expect(found(begins(1, 7), begins(2, 7))).toEqual(['K9 change-of-no-session: session 7 began again at 0:2']);
  expect(found(begins(1, 7), ends(2, 7), begins(3, 7))[0]).toMatch(/^K9/);
  // Of the end of a longer history nothing of the kind can be said.
  expect(found(creates(2, '/a', 0, 8), ends(3, 8))[0]).toMatch(/^valid/);
});

describe('K10, a client takes its session for over', () => {
  test('when a server says so, or the log', () => {
    expect(found(begins(1, 7), turn(7, 'expired', 0, 'n1'), ends(2, 7))).toEqual(
      ['valid: 1 sessions ended with their 0 ephemeral znodes, and 1 clients were told of it']);
    expect(found(begins(1, 7), ends(2, 7), turn(7, 'expired', 0, null))[0]).toMatch(/^valid/);
  });

  test('not because of its own time', () => {
    expect(found(begins(1, 7), turn(7, 'expired', 0, null))).toEqual(
      ['K10 not-expired: a client took session 7 for expired, which never ended, and no server had told it']);
    expect(found(begins(1, 7), turn(7, 'expired', 0, 'n1'))).toEqual(
      ['K10 not-expired: server n1 told a client that session 7 was over, which never ended']);
    expect(found(begins(1, 7), turn(7, 'expired', 0, null), ends(2, 7))).toEqual(
      ['K10 not-expired: a client took session 7 for expired, which ended at 0:2, later, and no server had told it']);
  });

  test('and never comes back to it', () => {
    expect(found(begins(1, 7), ends(2, 7), turn(7, 'expired'), turn(7, 'connected'))).toEqual(
      ['K10 back-from-the-end: a client came back to session 7, of which it had been told that it was over']);
    expect(found(begins(1, 7), turn(7, 'connected'), turn(7, 'disconnected'), turn(7, 'connected'))).toEqual(
      ['unknown: no session ended']);
  });
});
