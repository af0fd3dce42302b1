import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { setStore, type SetState } from '../../../src/services/set.ts';
import { describeDigestAndSnapshot, ok, stateAfter, storeOf } from '../../support/services/store.ts';

describe('a set store', () => {
  it('has what was added and not removed, key by key', () => {
    const { apply, ask } = storeOf(setStore);
    expect([apply('add', 'x', 1), apply('add', 'x', 2), apply('add', 'x', 1), apply('add', 'y', 3)]).toEqual(
      [ok(1), ok(2), ok(1), ok(3)]);
    expect([apply('remove', 'x', 1), apply('remove', 'x', 1), apply('remove', 'z', 1)]).toEqual(
      [ok(true), ok(false), ok(false)]);
    expect([ask('contains', 'x', 1), ask('contains', 'x', 2), ask('contains', 'z', 2)]).toEqual(
      [ok(false), ok(true), ok(false)]);
    expect([ask('read', 'x'), ask('read', 'y'), ask('read', 'z')]).toEqual([ok([2]), ok([3]), ok([])]);
  });

  it('compares elements by value', () => {
    const { apply } = storeOf(setStore);
    for (const value of [[1], [1], '1', 1, null]) apply('add', 'x', value);
    expect([apply('contains', 'x', [1]), apply('contains', 'x', '1'), apply('contains', 'x', [2])]).toEqual(
      [ok(true), ok(true), ok(false)]);
    expect(apply('read', 'x')).toMatchObject({ value: { length: 4 } });
  });

  it('reads the same list on every replica, whatever the order in which its elements came', () => {
    const [one, other] = [[3, 1, 2, 4], [2, 4, 3, 1]].map((values) =>
      stateAfter(setStore, [...values.map((value) => ['add', 'x', value] as const), ['remove', 'x', 4]]));
    const read = { f: 'read', key: 'x', value: null };
    expect(setStore.query(one as SetState, read)).toEqual(setStore.query(other as SetState, read));
  });

  it('never changes a result that it gave, and shares it while nothing changes', () => {
    const { apply, ask } = storeOf(setStore);
    apply('add', 'x', 1);
    const [first, second] = [ask('read', 'x'), ask('read', 'x')];
    expect((first as { value: unknown }).value).toBe((second as { value: unknown }).value);
    apply('add', 'x', 2);
    apply('remove', 'x', 1);
    expect([first, ask('read', 'x')]).toEqual([ok([1]), ok([2])]);
  });

  it('changes only when it is applied, and refuses, as an assertion, an operation that it does not have', () => {
    const { ask, apply } = storeOf(setStore);
    expect([ask('add', 'x', 1), ask('remove', 'x', 1)]).toEqual(['has to be applied', 'has to be applied']);
    expect(() => apply('write', 'x', 1)).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });

  describe('has a digest that', () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('', '1', [1, 2], [2, 1]));
    const change = fc.tuple(fc.constantFrom('add', 'remove'), fc.constantFrom('x', 'y', ''), value);
    describeDigestAndSnapshot(setStore, change, [['read', 'x'], ['contains', 'x', 1], ['read', 'z']]);
  });
});
