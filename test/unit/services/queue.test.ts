import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueStore } from '../../../src/services/queue.ts';
import { describeDigestAndSnapshot, ok, storeOf } from '../../support/services/store.ts';

describe('a queue store', () => {
  it('gives each value once, in the order in which they came, key by key', () => {
    const { apply } = storeOf(queueStore);
    expect([apply('enqueue', 'x', 1), apply('enqueue', 'x', 2), apply('enqueue', 'y', 3)]).toEqual(
      [ok(1), ok(2), ok(3)]);
    expect([apply('dequeue', 'x'), apply('dequeue', 'x'), apply('dequeue', 'x')]).toEqual([ok(1), ok(2), ok(null)]);
    expect([apply('dequeue', 'y'), apply('dequeue', 'z')]).toEqual([ok(3), ok(null)]);
  });

  it('changes only when it is applied, and refuses, as an assertion, an operation that it does not have', () => {
    const { ask, apply } = storeOf(queueStore);
    expect([ask('enqueue', 'x', 1), ask('dequeue', 'x')]).toEqual(['has to be applied', 'has to be applied']);
    expect(() => apply('push', 'x', 1)).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });

  describe('has a digest that', () => {
    const value = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constantFrom('', '1', [1, 2]));
    const change = fc.tuple(fc.constantFrom('enqueue', 'dequeue'), fc.constantFrom('x', 'y', ''), value);
    describeDigestAndSnapshot(queueStore, change, []);
  });
});
