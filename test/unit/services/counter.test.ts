import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterStore, type CounterState } from '../../../src/services/counter.ts';
import { describeDigestAndSnapshot, ok, storeOf } from '../../support/services/store.ts';

describe('a counter store', () => {
  it('reads the sum of what was added, key by key, and 0 before', () => {
    const { apply, ask } = storeOf(counterStore);
    expect(apply('add', 'x', 3)).toEqual(ok(3));
    apply('add', 'x', -5);
    apply('add', 'y', 1);
    expect([ask('read', 'x'), apply('read', 'y'), ask('read', 'z')]).toEqual([ok(-2), ok(1), ok(0)]);
  });

  it('is as if nobody had added, once a sum is 0 again', () => {
    const { state, apply } = storeOf(counterStore);
    apply('add', 'x', 3);
    apply('add', 'x', -3);
    expect(state).toEqual(counterStore.initial());
  });

  it('adds only when it is applied, and refuses, as an assertion, an operation that it does not have', () => {
    const { ask, apply } = storeOf(counterStore);
    expect(ask('add', 'x', 1)).toBe('has to be applied');
    expect(() => apply('write', 'x', 1)).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });

  describe('has a digest that', () => {
    const added = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0x1_0000_0000, 0x2_0000_0000));
    describeDigestAndSnapshot<CounterState>(
      counterStore, fc.tuple(fc.constant('add'), fc.constantFrom('x', 'y', ''), added), [['read', 'x'], ['read', 'z']]);
  });
});
