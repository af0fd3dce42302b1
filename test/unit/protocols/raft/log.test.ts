import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Plain } from '../../../../src/contract/message.ts';
import { bytesOf, bytesOfCommand } from '../../../../src/protocols/raft/log.ts';

test('plain data weighs eight bytes a number, the length of texts and names, and two for what holds them', () => {
  const weights: readonly (readonly [Plain, number])[] = [
    [7, 8], [null, 8], [true, 8], ['', 2], ['abc', 5], [{ a: 1, bc: 'd' }, 2 + (1 + 8) + (2 + 3)], [[5, 6], 2 + 9 + 9],
  ];
  expect(weights.map(([value]) => bytesOf(value))).toEqual(weights.map(([, bytes]) => bytes));
});

test('a command weighs what it would if nothing were known of its keys', () => {
  const operation = fc.record({
    f: fc.string(), key: fc.string(),
    value: fc.oneof(fc.constant(null), fc.integer(), fc.string(), fc.array(fc.integer())),
  });
  const command = fc.oneof(
    fc.record({ kind: fc.constant('register'), client: fc.nat() }),
    fc.record({
      kind: fc.constant('execute'), session: fc.nat(), sequence: fc.nat(), acknowledged: fc.nat(), operation,
    }),
  );
  fc.assert(fc.property(command, (value) => {
    expect(bytesOfCommand(value as Plain)).toBe(bytesOf(value as Plain));
  }));
});
