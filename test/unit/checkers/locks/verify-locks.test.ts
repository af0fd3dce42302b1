import { describe, expect, test } from 'vitest';
import {
  checkFencing, checkLock, checkMutualExclusion, verifyLockFindings, verifyLockWitness,
  type History, type KeyWitness, type LockFinding, type Store,
} from '../../../../checkers/index.ts';
import { hold, PLANTED, storesWithTokens, timed } from '../../../support/histories/locks.ts';

function findingIn(history: History, model: 'fencing' | 'mutual-exclusion'): LockFinding {
  return checkLock(history, model).evidence?.findings[0] as LockFinding;
}

function withStores(finding: LockFinding, change: (stores: readonly Store[]) => readonly Store[]): LockFinding {
  return { ...finding, stores: change(finding.stores) };
}

function withHolds(finding: LockFinding, change: object): LockFinding {
  return { ...finding, holds: finding.holds.map((each, at) => (at === 1 ? { ...each, ...change } : each)) };
}

describe('a finding that the history does not bear out is refused', () => {
  const paused = PLANTED.pauseBeforeStore;
  const late = PLANTED.latePacket;
  const unplaced = late.map((event) => ({ ...event, value: event.type === 'ok' ? null : event.value }));
  const stale = findingIn(paused, 'fencing');
  const overlap = findingIn(PLANTED.twoBeliefs, 'mutual-exclusion');
  const fall = findingIn(storesWithTokens(33, 32), 'fencing');
  const reuse = findingIn(storesWithTokens(33, 33), 'fencing');

  test.each<[string, History, LockFinding, RegExp]>([
    ['the stores turned round', paused, withStores(stale, (stores) => [...stores].reverse()), /not certain/],
    ['one store alone', paused, withStores(stale, (stores) => stores.slice(1)), /not older/],
    ['none', paused, withStores(stale, () => []), /not as the history/],
    ['another grant', paused, withStores(stale, ([first, last]) => [first as Store, { ...last as Store, grant: 1 }]),
      /not as the history/],
    ['a store that was refused', PLANTED.pauseBeforeStoreFenced, stale, /not ok/],
    ['another resource', paused, { ...stale, key: 'r' }, /not as the history/],
    ['places that were never told', unplaced, findingIn(late, 'fencing'), /not certain/],
    ['a token that is as it should be', storesWithTokens(33, 34), fall, /not as the history/],
    ['the other kind', storesWithTokens(33, 32), { ...fall, kind: 'token-reused' }, /as they should/],
    ['the kind of the other', storesWithTokens(33, 33), { ...reuse, kind: 'token-falls' }, /as they should/],
    ['tokens of one grant', storesWithTokens(33, 33), withStores(reuse, ([first]) => [first as Store, first as Store]),
      /no two such grants/],
    ['a finding of another judgement', paused, overlap, /fencing has no finding overlap/],
  ])('%s', (_what, history, finding, problem) => {
    expect(verifyLockFindings(history, 'fencing', [stale].slice(1))).toBeNull();
    expect(verifyLockFindings(history, 'fencing', [finding])).toMatch(problem);
  });

  test.each<[string, string, LockFinding, RegExp]>([
    ['an interval that is longer', 'believes', withHolds(overlap, { untilUs: 99_000_000 }), /not as the history/],
    ['of another process', 'believes', withHolds(overlap, { process: 7 }), /not as the history/],
    ['of another kind', 'owns', overlap, /not as the history/],
    ['of one line', 'believes', { ...overlap, holds: overlap.holds.slice(1).concat(overlap.holds.slice(1)) },
      /of one process/],
    ['one alone', 'believes', { ...overlap, holds: overlap.holds.slice(1) }, /two intervals/],
  ])('intervals: %s', (_what, f, finding, problem) => {
    const model = f === 'owns' ? 'lock-ownership' : 'mutual-exclusion';
    expect(verifyLockFindings(PLANTED.twoBeliefs, 'mutual-exclusion', [overlap])).toBeNull();
    expect(verifyLockFindings(PLANTED.twoBeliefs, model, [finding])).toMatch(problem);
  });

  test('intervals that only touch', () => {
    const touching = timed(hold('believes', 1, 1, 0, 10), hold('believes', 2, 2, 10, 20));
    const [first, second] = [[0, 1, 0, 10], [1, 2, 10, 20]].map(([index = 0, process = 0, from = 0, until = 0]) => (
      { index, process, lock: 'l', grant: process, fromUs: from * 1000, untilUs: until * 1000 }));
    const told = { ...overlap, holds: [first, second] } as LockFinding;
    expect(verifyLockFindings(touching, 'mutual-exclusion', [told])).toMatch(/no instant in common/);
  });

  test('lines of one time, where these may overlap', () => {
    const value = (grant: number): string => `store {"token":${grant},"grant":${grant}}`;
    const history = timed(`0 2 invoke ${value(2)}`, `5 2 ok ${value(2)}`,
      `5 1 invoke ${value(1)}`, `9 1 ok ${value(1)}`);
    const finding = findingIn(history, 'fencing');
    expect(verifyLockFindings(history, 'fencing', [finding])).toBeNull();
    expect(verifyLockFindings(history, 'fencing', [finding], { equalTimes: 'concurrent' })).toMatch(/not certain/);
  });
});

describe('a witness that does not show it is refused', () => {
  const store = (grant: number, more: object = {}): string =>
    `store ${JSON.stringify({ token: grant, grant, ...more })}`;
  const history = timed(`0 1 invoke ${store(1)}`, `1 2 invoke ${store(2)}`, `2 1 ok ${store(1, { index: 0 })}`,
    `3 2 ok ${store(2, { index: 1 })}`, `4 3 invoke ${store(2)}`, `5 3 ok ${store(2)}`,
    `6 4 invoke ${store(3)}`, `7 4 info ${store(3)}`);
  const orderOf = (...order: readonly number[]): KeyWitness[] => [{ key: null, order }];

  test('and the right one is not', () => {
    expect(checkFencing(history)).toMatchObject({ verdict: 'valid', witness: orderOf(0, 1, 4) });
    expect(verifyLockWitness(history, 'fencing', orderOf(0, 1, 4))).toBeNull();
  });

  test.each<[string, readonly KeyWitness[], RegExp]>([
    ['a grant behind a newer one', orderOf(1, 0, 4), /older than one before/],
    ['an order against the lines', orderOf(0, 4, 1), /had ended/],
    ['a store left out', orderOf(0, 1), /store 4 has no place/],
    ['a store twice', orderOf(0, 1, 1, 4), /twice/],
    ['a store of unknown outcome', orderOf(0, 1, 4, 6), /not ok/],
    ['another resource', [{ key: 'r', order: [0, 1, 4] }], /another resource/],
    ['two orders', [...orderOf(0, 1, 4), ...orderOf()], /two orders/],
  ])('%s', (_what, witness, problem) => {
    expect(verifyLockWitness(history, 'fencing', witness)).toMatch(problem);
  });

  test('an order against the places of the resource', () => {
    const turned = history.map((event) => (event.type === 'ok' && event.index < 5
      ? { ...event, value: { index: 3 - event.index } } : event));
    expect(verifyLockWitness(turned, 'fencing', orderOf(0, 1, 4))).toMatch(/applied store 1 before/);
  });

  test.each([
    [[33, 32], /too low/], [[33, 33], /two grants/],
  ] as const)('tokens that do not grow: %j', (tokens, problem) => {
    expect(verifyLockWitness(storesWithTokens(...tokens), 'fencing', orderOf(0, 2))).toMatch(problem);
  });

  const holds = timed(hold('believes', 1, 1, 0, 10), hold('believes', 2, 2, 10, 20), hold('believes', 2, 3, 12, 30),
    hold('believes', 3, 4, 25, 25));
  const ofLock = (...order: readonly number[]): KeyWitness[] => [{ key: 'l', order }];

  test('intervals, of which those without length do not count', () => {
    expect(checkMutualExclusion(holds)).toMatchObject({ verdict: 'valid', witness: ofLock(0, 1, 2) });
    expect(verifyLockWitness(holds, 'mutual-exclusion', ofLock(0, 1, 2))).toBeNull();
  });

  test.each<[string, readonly KeyWitness[], RegExp]>([
    ['left out', ofLock(0, 1), /line 2 has no place/],
    ['twice', ofLock(0, 1, 1, 2), /twice/],
    ['not by their start', ofLock(1, 0, 2), /begins before one placed/],
    ['while another process holds', ofLock(0, 1, 2, 3), /while another process holds/],
    ['of another lock', [{ key: 'm', order: [0, 1, 2] }], /no interval of this lock/],
  ])('intervals: %s', (_what, witness, problem) => {
    expect(verifyLockWitness(holds, 'mutual-exclusion', witness)).toMatch(problem);
  });
});
