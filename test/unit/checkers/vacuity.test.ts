import fc from 'fast-check';
import { expect, test } from 'vitest';
import { couldHaveBeenWrong, type HistoryEvent, type Operation, pairOperations } from '../../../checkers/index.ts';
import { Pairing } from '../../../src/history/operations.ts';
import { history } from '../../support/histories/operations.ts';

test.each<[string, boolean, readonly string[]]>([
  ['a read after a write', true, ['0 invoke write 1', '0 ok write 1', '1 invoke read', '1 ok read 1']],
  ['a read that missed an overlapping write', true,
    ['1 invoke read', '0 invoke write 1', '1 ok read null', '0 ok write 1']],
  ['a read of a list', true, ['0 invoke append 1', '0 ok append 1', '1 invoke read', '1 ok read []']],
  ['a read after a cas', true, ['0 invoke cas [null,1]', '0 ok cas [null,1]', '1 invoke read', '1 ok read 1']],
  ['a read after a delete', true, ['0 invoke delete', '0 ok delete', '1 invoke read', '1 ok read']],
  ['a question about an element', true, ['0 invoke add 1', '0 ok add 1', '1 invoke contains 1', '1 ok contains true']],
  ['a read of a set after a removal', true, ['0 invoke remove 1', '0 ok remove true', '1 invoke read', '1 ok read []']],
  ['a lock that two were granted', true,
    ['0 invoke acquire', '0 ok acquire', '0 invoke release', '0 ok release', '1 invoke acquire', '1 ok acquire']],
  ['a lock that one was granted twice', false,
    ['0 invoke acquire', '0 ok acquire', '0 invoke release', '0 ok release', '0 invoke acquire', '0 ok acquire']],
  ['a lock that the other was refused', false,
    ['0 invoke acquire', '0 ok acquire', '1 invoke acquire', '1 fail acquire']],
  ['two locks', false,
    ['0 invoke acquire null x', '0 ok acquire null x', '1 invoke acquire null y', '1 ok acquire null y']],
  ['a value that came out of a queue', true,
    ['0 invoke enqueue 1', '0 ok enqueue 1', '1 invoke dequeue', '1 ok dequeue 1']],
  ['a stack of which nobody took', false, ['0 invoke push 1', '0 ok push 1']],
  ['nothing', false, []],
  ['writes alone', false, ['0 invoke write 1', '0 ok write 1']],
  ['a read before the first write', false, ['1 invoke read', '1 ok read null', '0 invoke write 1', '0 ok write 1']],
  ['a read of another key', false,
    ['0 invoke write 1 x', '0 ok write 1 x', '1 invoke read null y', '1 ok read null y']],
  ['a read after a failed write', false, ['0 invoke write 1', '0 fail write 1', '1 invoke read', '1 ok read null']],
  ['a read after an unknown write', false, ['0 invoke write 1', '0 info write 1', '1 invoke read', '1 ok read null']],
  ['a read that failed', false, ['0 invoke write 1', '0 ok write 1', '1 invoke read', '1 fail read']],
  ['a pending read', false, ['0 invoke write 1', '0 ok write 1', '1 invoke read']],
])('%s could have been wrong: %s', (_, expected, lines) => {
  expect(couldHaveBeenWrong(history(...lines))).toBe(expected);
});

test('a client that goes on under another number is no rival of itself', () => {
  const again = ['0 invoke acquire', '0 ok acquire', '0 invoke release', '0 info release'];
  const own = history(...again, '2 invoke acquire', '2 ok acquire');
  expect(couldHaveBeenWrong(own)).toBe(true);
  expect([2, 3].map((clients) => couldHaveBeenWrong(own, clients))).toEqual([false, true]);
  expect(couldHaveBeenWrong(history(...again, '3 invoke acquire', '3 ok acquire'), 2)).toBe(true);
});

/** Its definition, word for word. */
function byDefinition(operations: readonly Operation[]): boolean {
  const answered = operations.filter(({ outcome }) => outcome === 'ok');
  return answered.some((one) => answered.some((other) => one.key === other.key && (
    (one.f === 'read' && other.f === 'write' && other.invokedIndex < (one.completedIndex as number))
    || (one.f === 'acquire' && other.f === 'acquire' && one.process !== other.process))));
}

test('of whatever lines, the first answer that could have been wrong is found if there is one', () => {
  const line = fc.record({
    process: fc.nat(2), type: fc.constantFrom('invoke', 'invoke', 'ok', 'ok', 'fail', 'info'),
    f: fc.constantFrom('read', 'write', 'acquire', 'release'), key: fc.constantFrom('x', 'y'),
  });
  const found = { true: 0, false: 0 };
  fc.assert(fc.property(fc.array(line, { minLength: 5, maxLength: 60, size: 'max' }), (lines) => {
    const pairing = new Pairing();
    const open = new Map<number, Pick<HistoryEvent, 'f' | 'key'>>();
    const events = lines.flatMap(({ process, type, f, key }, index): HistoryEvent[] => {
      const { f: openF, key: openKey } = type === 'invoke' ? { f, key } : open.get(process) ?? { f, key };
      const event = { index, time: index, process, type, f: openF, key: openKey, value: null } as HistoryEvent;
      if (pairing.accept(event) !== null) return [];
      if (type === 'invoke') open.set(process, event);
      return [event];
    });
    const expected = byDefinition(pairOperations(events).operations);
    found[`${expected}`] += 1;
    expect(couldHaveBeenWrong(events)).toBe(expected);
  }), { numRuns: 2_000 });
  expect(Math.min(found.true, found.false)).toBeGreaterThan(50);
});
