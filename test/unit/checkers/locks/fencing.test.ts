import { describe, expect, test } from 'vitest';
import { checkFencing, checkMutualExclusion, type LockResult } from '../../../../checkers/index.ts';
import { hold, PLANTED, storesWithTokens, timed } from '../../../support/histories/locks.ts';

function kinds({ evidence }: LockResult): readonly string[] {
  return evidence?.findings.map(({ kind }) => kind) ?? [];
}

const store = (grant: number, more: object = {}): string =>
  `store ${JSON.stringify({ token: grant, grant, ...more })}`;

describe('published timelines', () => {
  test.each(['pauseBeforeStore', 'latePacket', 'twoBeliefs'] as const)('%s: invalid, or prevented', (name) => {
    const bare = checkFencing(PLANTED[name]);
    expect(bare).toMatchObject({ verdict: 'invalid', verified: true, prevented: 0, witness: null });
    expect(kinds(bare)).toEqual(['older-after-newer']);
    const fenced = checkFencing(PLANTED[`${name}Fenced`]);
    expect(fenced).toMatchObject({ verdict: 'valid', verified: true, prevented: 1, evidence: null });
    expect(fenced.reason).toBe('no store of an older grant followed one of a newer grant; 1 refused for a stale token');
  });

  test('where only beliefs are wrong, the resource is not, and the other way round', () => {
    const verdicts = Object.values(PLANTED).map((history) =>
      `${checkFencing(history).verdict} ${checkMutualExclusion(history).verdict}`);
    expect(verdicts).toEqual(
      ['invalid valid', 'valid valid', 'invalid valid', 'valid valid', 'invalid invalid', 'valid invalid']);
  });

  test('name both holders, their grants and tokens, both stores and both beliefs, on one axis', () => {
    const { evidence } = checkFencing(PLANTED.latePacket);
    expect(evidence?.findings[0]).toMatchObject({
      key: null,
      stores: [
        { process: 2, grant: 34, token: 34, place: 0, invokedAtUs: 10_150_000, completedAtUs: 10_154_000 },
        { process: 1, grant: 33, token: 33, place: 1, invokedAtUs: 40_000, completedAtUs: 12_042_000 },
      ],
      holds: [{ process: 2, fromUs: 10_100_000 }, { process: 1, untilUs: 9_898_000 }],
      atUs: 12_042_000,
      summary: 'a store of process 1 with grant 33 was applied after one of process 2 with the newer grant 34',
    });
    expect(evidence?.axis).toEqual([
      ' 0.020000 s  process 1 believes that it holds l from here (grant 33)',
      ' 0.040000 s  process 1 asks to store (grant 33, token 33)',
      ' 9.898000 s  process 1 believes that it holds l until here (grant 33)',
      '10.100000 s  process 2 believes that it holds l from here (grant 34)',
      '10.150000 s  process 2 asks to store (grant 34, token 34)',
      '10.154000 s  process 2 is answered ok, place 0 at the resource',
      '12.042000 s  process 1 is answered ok, place 1 at the resource',
      '19.980000 s  process 2 believes that it holds l until here (grant 34)',
    ]);
  });
});

test('of a lock that was extended, the belief counts on which the store was asked for', () => {
  const history = timed(`50 2 invoke ${store(2)}`, `51 2 ok ${store(2)}`,
    `60 1 invoke ${store(1)}`, `61 1 ok ${store(1)}`,
    hold('believes', 1, 1, 30, 40), hold('believes', 1, 1, 0, 10), hold('believes', 1, 1, 90, 99),
    hold('believes', 1, 1, 10, 30), hold('believes', 1, 2, 60, 70), hold('believes', 2, 2, 55, 99));
  expect(checkFencing(history).evidence?.findings[0]?.holds).toMatchObject([{ process: 1, grant: 1, fromUs: 30_000 }]);
});

describe('the order of stores is what is certain of it', () => {
  const overlapping = (older: object, newer: object): LockResult => checkFencing(timed(
    `0 1 invoke ${store(1)}`, `1 2 invoke ${store(2)}`, `2 2 ok ${store(2, newer)}`, `3 1 ok ${store(1, older)}`));

  test('stores that overlap have none, however late the answer of the older one', () => {
    expect(overlapping({}, {}).verdict).toBe('valid');
  });

  test('unless the resource tells its own', () => {
    expect(overlapping({ index: 8 }, { index: 7 }).verdict).toBe('invalid');
    expect(overlapping({ index: 7 }, { index: 8 }).verdict).toBe('valid');
    expect(overlapping({ index: 7 }, {}).verdict).toBe('valid');
  });

  test('a third store ties together what neither lines nor places do, both ways round', () => {
    // Store 5 ended before x began, and x stands before store 4: so 5 came before 4, which it overlaps.
    const forwards = checkFencing(timed(`0 4 invoke ${store(4)}`, `0 5 invoke ${store(5)}`, `1 5 ok ${store(5)}`,
      `2 9 invoke ${store(6)}`, `3 9 ok ${store(6, { index: 1 })}`, `4 4 ok ${store(4, { index: 2 })}`));
    expect(forwards).toMatchObject({ verdict: 'invalid', verified: true });
    // Only with x of an older grant is 5 the newest before 4.
    const older = checkFencing(timed(`0 4 invoke ${store(4)}`, `0 5 invoke ${store(5)}`, `1 5 ok ${store(5)}`,
      `2 9 invoke ${store(4)}`, `3 9 ok ${store(4, { index: 1 })}`, `4 4 ok ${store(4, { index: 2 })}`));
    const grants = older.evidence?.findings.map(({ stores }) => stores.map(({ process }) => process));
    expect(grants).toEqual([[5, 9], [5, 9, 4]]);
    expect(older.verified).toBe(true);
    const backwards = checkFencing(timed(`0 5 invoke ${store(5)}`, `1 9 invoke ${store(5)}`,
      `2 9 ok ${store(5, { index: 2 })}`, `3 4 invoke ${store(4)}`, `4 5 ok ${store(5, { index: 1 })}`,
      `5 4 ok ${store(4)}`));
    expect(backwards).toMatchObject({ verdict: 'invalid', verified: true });
  });

  test('the third store is named where it is the only tie', () => {
    const { evidence, verified } = checkFencing(timed(`0 7 invoke ${store(7)}`, `1 9 invoke ${store(5)}`,
      `2 9 ok ${store(5, { index: 2 })}`, `3 4 invoke ${store(4)}`, `4 7 ok ${store(7, { index: 1 })}`,
      `5 4 ok ${store(4)}`));
    const chains = evidence?.findings.map(({ stores }) => stores.map(({ process }) => process));
    expect(chains).toEqual([[7, 9], [7, 9, 4]]);
    expect(verified).toBe(true);
  });

  test('lines of one time may overlap, if one says so', () => {
    const history = timed(`0 2 invoke ${store(2)}`, `5 2 ok ${store(2)}`,
      `5 1 invoke ${store(1)}`, `9 1 ok ${store(1)}`);
    expect(checkFencing(history).verdict).toBe('invalid');
    expect(checkFencing(history, { equalTimes: 'concurrent' }).verdict).toBe('valid');
  });

  test('resources are apart, and one that is invalid makes the whole so', () => {
    const both = timed(`0 2 invoke ${store(2)} a`, `1 2 ok ${store(2)} a`, `2 1 invoke ${store(1)} b`,
      `3 1 ok ${store(1)} b`, `4 3 invoke ${store(3)} b`, `5 3 ok ${store(3)} b`);
    expect(checkFencing(both)).toMatchObject({
      verdict: 'valid', witness: [{ key: 'a', order: [0] }, { key: 'b', order: [2, 4] }] });
    const last = timed(`6 1 invoke ${store(1)} a`, `7 1 ok ${store(1)} a`)
      .map((event) => ({ ...event, index: event.index + 6 }));
    const worse = checkFencing([...both, ...last]);
    expect(worse).toMatchObject({ verdict: 'invalid', evidence: { findings: [{ key: 'a' }] } });
  });

  test('places that contradict each other or the lines leave it unknown', () => {
    const twice = overlapping({ index: 7 }, { index: 7 });
    expect(twice).toMatchObject({ verdict: 'unknown', algorithm: 'none', verified: false });
    expect(twice.reason).toContain('place 7');
    const backwards = checkFencing(timed(`0 1 invoke ${store(1)}`, `1 1 ok ${store(1, { index: 5 })}`,
      `2 2 invoke ${store(2)}`, `3 2 ok ${store(2, { index: 4 })}`));
    expect(backwards.verdict).toBe('unknown');
    expect(backwards.reason).toContain('place 4 was invoked after that at place 5 had completed');
  });
});

describe('stores that were not answered', () => {
  test.each(['invoke', 'info'])('are no breach by themselves, and order nothing: %s', (end) => {
    const unknown = end === 'info' ? [`4 1 info ${store(1)} !timeout`] : [];
    const late = timed(`0 2 invoke ${store(2)}`, `1 2 ok ${store(2)}`, `2 1 invoke ${store(1)}`, ...unknown,
      `9 3 invoke ${store(3)}`, `9 3 ok ${store(3)}`);
    const witness = [{ key: null, order: [0, 3 + unknown.length] }];
    expect(checkFencing(late)).toMatchObject({ verdict: 'valid', operations: 3, witness });
    // Nor does one that may never have been applied make an older one stale.
    const newer = timed(`0 3 invoke ${store(3)}`, ...(end === 'info' ? [`1 3 info ${store(3)} !timeout`] : []),
      `2 1 invoke ${store(1)}`, `3 1 ok ${store(1)}`, `4 2 invoke ${store(2)}`, `5 2 ok ${store(2)}`);
    expect(checkFencing(newer).verdict).toBe('valid');
  });

  test('and failed for another reason are not prevented', () => {
    const history = timed(`0 2 invoke ${store(2)}`, `1 2 ok ${store(2)}`, `2 1 invoke ${store(1)}`,
      `3 1 fail ${store(1)} !refused`);
    expect(checkFencing(history)).toMatchObject({ verdict: 'unknown', prevented: 0 });
  });
});

describe('tokens', () => {
  test.each<[string, readonly (number | null)[], readonly string[]]>([
    ['grow', [33, 34, 90], []],
    ['fall', [33, 32, 34], ['token-falls']],
    ['stay', [33, 33], ['token-reused']],
    ['come again, lower than another', [33, 34, 33], ['token-falls', 'token-reused']],
    ['are none', [null, null], []],
    ['are none of one grant', [5, null, 4], ['token-falls']],
  ])('that %s', (_what, tokens, found) => {
    const result = checkFencing(storesWithTokens(...tokens));
    expect(kinds(result)).toEqual(found);
    expect(result).toMatchObject({ verdict: found.length === 0 ? 'valid' : 'invalid', verified: true });
  });

  test('are judged from what was asked, whatever became of it, and name both grants', () => {
    const history = timed('0 1 invoke store {"token":9,"grant":1}', '1 2 invoke store {"token":9,"grant":2}',
      '2 2 fail store {"token":9,"grant":2} !unreachable');
    expect(checkFencing(history)).toMatchObject({
      verdict: 'invalid',
      reason: 'grant 1 of process 1 and grant 2 of process 2 had the same token 9',
      evidence: { findings: [{ stores: [{ process: 1, grant: 1 }, { process: 2, grant: 2 }] }] },
    });
  });

  test('of two stores of one grant may be equal, and of two resources have nothing to do with each other', () => {
    const same = timed('0 1 invoke store {"token":9,"grant":1}', '1 1 ok store null',
      '2 1 invoke store {"token":9,"grant":1}', '3 1 ok store null',
      '4 1 invoke store {"token":9,"grant":2} other', '5 1 ok store null other');
    expect(checkFencing(same).verdict).toBe('unknown');
  });
});

describe('nothing to judge is unknown, with the reason', () => {
  test.each<[string, readonly string[], string]>([
    ['no lines', [], 'no store that succeeded'],
    ['no stores', ['0 1 invoke read null', '1 1 ok read null'], 'no store that succeeded'],
    ['one grant', [`0 1 invoke ${store(1)}`, `1 1 ok ${store(1)}`, `2 1 invoke ${store(1)}`, `3 1 ok ${store(1)}`],
      'no resource answered stores of two grants'],
    ['only refusals', [`0 1 invoke ${store(1)}`, `1 1 fail ${store(1)} !stale-token`], 'no store that succeeded'],
    ['a line in the wrong place', [`0 1 ok ${store(1)}`], 'malformed at index 0'],
    ['a store without grant', ['0 1 invoke store {"token":1}'], 'malformed at index 0: "grant" of "store"'],
  ])('%s', (_what, lines, reason) => {
    const result = checkFencing(timed(...lines));
    expect(result).toMatchObject({ verdict: 'unknown', algorithm: 'none', verified: false });
    expect([result.witness, result.evidence]).toEqual([null, null]);
    expect(result.reason).toContain(reason);
  });
});
