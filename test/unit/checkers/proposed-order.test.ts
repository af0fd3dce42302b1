import { describe, expect, test } from 'vitest';
import {
  checkLinearizable, modelByName, pairOperations, verifyWitness,
  type History, type LinearizabilityResult, type ModelName,
} from '../../../checkers/index.ts';
import { history } from '../../support/histories/operations.ts';
import { drawFrom, randomHistory } from '../../support/histories/random-history.ts';

/** x: 0 write 1, 1 write 2 (unknown), 4 read 2. y: 6 write 1, 8 write 1, 10 read 1, 12 write 3 (failed). */
const EVENTS = history('0 invoke write 1 x', '1 invoke write 2 x', '0 ok write 1 x', '1 info write 2 x',
  '0 invoke read null x', '0 ok read 2 x', '0 invoke write 1 y', '0 ok write 1 y', '0 invoke write 1 y',
  '0 ok write 1 y', '0 invoke read null y', '0 ok read 1 y', '0 invoke write 3 y', '0 fail write 3 y');

function propose(...orders: readonly (readonly [string | null, readonly number[]])[]): LinearizabilityResult {
  return checkLinearizable(EVENTS, { model: 'register', order: new Map(orders) });
}

describe('a proposed order', () => {
  test('that is right is the witness, and nothing is searched', () => {
    expect(propose(['x', [0, 1, 4]], ['y', [6, 8, 10]])).toMatchObject({
      verdict: 'valid', verified: true, algorithm: 'proposed-order', used: { steps: 0 },
      witness: [{ key: 'x', order: [0, 1, 4] }, { key: 'y', order: [6, 8, 10] }],
    });
  });

  test.each<[string, readonly number[]]>([
    ['contradicts real time', [0, 4, 1]],
    ['contradicts an answer', [1, 0, 4]],
    ['leaves out an answer', [0, 1]],
    ['leaves out an unknown update that was seen', [0, 4]],
    ['is empty', []],
    ['holds an operation twice', [0, 0, 1, 4]],
    ['holds an operation of another key', [0, 1, 4, 6]],
    ['holds what does not exist', [0, 1, 4, 99]],
    ['holds a completion', [0, 1, 4, 5]],
    ['holds no index', [0, 1, 4, -1, 0.5, NaN]],
  ])('that %s is not trusted: its key is searched, the other one not', (_, order) => {
    const result = propose(['x', order], ['y', [6, 8, 10]]);
    expect(result).toMatchObject({ verdict: 'valid', verified: true, algorithm: 'block-test + proposed-order' });
    const { operations } = pairOperations(EVENTS);
    expect(verifyWitness(operations, modelByName('register'), result.witness ?? [])).toBeNull();
  });

  test('with a failed operation is not trusted', () => {
    expect(propose(['x', [0, 1, 4]], ['y', [6, 8, 10, 12]]).algorithm).toBe('proposed-order + just-in-time-frontier');
  });

  test('that leaves out a key leaves it to the search, and one of a key that does not occur is ignored', () => {
    expect(propose(['y', [6, 8, 10]]).algorithm).toBe('block-test + proposed-order');
    expect(propose(['z', [0]], [null, [1]]).algorithm).toBe('block-test + just-in-time-frontier');
    expect(propose().verdict).toBe('valid');
  });

  test('may leave out unknown operations, or hold them', () => {
    const events = history('0 invoke append 1', '1 invoke append 2', '1 ok append 2', '2 invoke read', '2 ok read [2]');
    for (const order of [[1, 3], [1, 3, 0]]) {
      expect(checkLinearizable(events, { model: 'append', order: new Map([[null, order]]) })).toMatchObject(
        { algorithm: 'proposed-order', witness: [{ key: null, order }] });
    }
  });

  test('of a history that is not linearizable changes nothing', () => {
    const events = history('0 invoke write 1', '0 ok write 1', '0 invoke read', '0 ok read null');
    const bare = checkLinearizable(events, { model: 'register' });
    expect(bare.verdict).toBe('invalid');
    for (const order of [[0, 2], [2, 0], [0], []]) {
      expect(checkLinearizable(events, { model: 'register', order: new Map([[null, order]]) })).toEqual(bare);
    }
  });

  test('never changes a verdict, whatever it is', () => {
    const draw = drawFrom(11);
    const models: readonly ModelName[] = ['register', 'cas-register', 'append'];
    const used = { proposed: 0, searched: 0 };
    for (let round = 0; round < 2_000; round += 1) {
      const model = models[round % 3] as ModelName;
      const events: History = randomHistory(draw, {
        model, operations: 8, clients: 3, keys: 1 + draw(2), readPercent: 50, values: draw(3), unknownPercent: 10,
        corruptPercent: draw(3) * 10,
      });
      const bare = checkLinearizable(events, { model });
      // The witness where there is one, or another beginning of it; else the order of the lines.
      const orders = bare.witness ?? [{ key: null, order: events.map(({ index }) => index) }];
      const order = new Map(orders.map(({ key, order: right }) =>
        [key, draw(2) === 0 ? right : rotated(right, draw(right.length || 1))]));
      const result = checkLinearizable(events, { model, order });
      expect(result.verdict).toBe(bare.verdict);
      expect(result.verified).toBe(bare.verified);
      used[result.algorithm.startsWith('proposed') ? 'proposed' : 'searched'] += 1;
    }
    expect(Math.min(used.proposed, used.searched)).toBeGreaterThan(300);
  });
});

function rotated(order: readonly number[], position: number): readonly number[] {
  const [moved, ...rest] = [...order.slice(position), ...order.slice(0, position)];
  return moved === undefined ? order : [...rest, moved];
}
