import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import { listStore, registerStore, type RegisterState } from '../../../src/services/kv.ts';
import { describeDigestAndSnapshot, ok, stateAfter, storeOf } from '../../support/services/store.ts';

const refused = (value: Plain): Plain => ({ kind: 'refused', error: 'compare failed', value });

describe('a register store', () => {
  it('reads null from a key that was never written', () => {
    expect(storeOf(registerStore).apply('read', 'x')).toEqual(ok(null));
  });

  it('reads what was written last, key by key', () => {
    const { apply } = storeOf(registerStore);
    expect(apply('write', 'x', 1)).toEqual(ok(1));
    apply('write', 'y', 2);
    apply('write', 'x', 3);
    expect([apply('read', 'x'), apply('read', 'y'), apply('read', 'z')]).toEqual([ok(3), ok(2), ok(null)]);
  });

  it.each([
    ['a number', 1, 2], ['null, which is what was never written', null, 2], ['a text', 'a', 'b'],
    ['a list', [1, [2]], [1, [3]]], ['an object', { a: 1 }, { a: 2 }], ['false', false, 0],
  ])('compares %s by value', (_what, old, other) => {
    const { apply, digest } = storeOf(registerStore);
    if (old !== null) apply('write', 'x', old);
    const before = digest();
    expect(apply('cas', 'x', [other, 'new'])).toEqual(refused(old));
    expect([apply('read', 'x'), digest()]).toEqual([ok(old), before]);
    const same = old === null ? null : JSON.parse(JSON.stringify(old)) as Plain;
    expect(apply('cas', 'x', [same, 'new'])).toEqual(ok([old, 'new']));
    expect(apply('read', 'x')).toEqual(ok('new'));
    expect(digest()).not.toBe(before);
  });

  it('does not create what a refused compare asked for', () => {
    const { state, apply } = storeOf(registerStore);
    expect(apply('cas', 'x', [1, 2])).toEqual(refused(null));
    expect(state).toEqual(registerStore.initial());
  });

  it('answers reads without being changed, and nothing else', () => {
    const { state, apply, ask } = storeOf(registerStore);
    apply('write', 'x', 1);
    const before = structuredClone(state);
    expect([ask('read', 'x'), ask('read', 'y')]).toEqual([ok(1), ok(null)]);
    expect([ask('write', 'x', 2), ask('cas', 'x', [1, 2])]).toEqual(['has to be applied', 'has to be applied']);
    expect(state).toEqual(before);
  });

  it('refuses, as an assertion, an operation that it does not have', () => {
    expect(() => storeOf(registerStore).apply('append', 'x', 1)).toThrow(
      expect.objectContaining({ code: 'ASSERTION' }));
  });

  it('forgets a key that was deleted, or that was set to null', () => {
    const { state, apply, digest } = storeOf(registerStore);
    apply('write', 'x', 1);
    expect([apply('delete', 'x'), apply('delete', 'y'), apply('read', 'x')]).toEqual([ok(null), ok(null), ok(null)]);
    apply('write', 'x', 2);
    apply('cas', 'x', [2, null]);
    expect(state).toEqual(registerStore.initial());
    expect(digest()).toBe(0);
  });

  describe('has a digest that', () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('', '1', null, [1, 2], [2, 1]));
    const key = fc.constantFrom('x', 'y', '');
    describeDigestAndSnapshot<RegisterState>(registerStore, fc.oneof(
      fc.tuple(fc.constant('write'), key, value),
      fc.tuple(fc.constant('delete'), key),
      fc.tuple(fc.constant('cas'), key, fc.tuple(value, value)),
    ), [['read', 'x'], ['read', 'z']]);
  });
});

describe('a list store', () => {
  it('reads [] from a key that was never appended to', () => {
    expect(storeOf(listStore).apply('read', 'x')).toEqual(ok([]));
  });

  it('reads everything that was appended, in order, key by key', () => {
    const { apply } = storeOf(listStore);
    expect(apply('append', 'x', 1)).toEqual(ok(1));
    apply('append', 'y', 2);
    apply('append', 'x', 3);
    expect([apply('read', 'x'), apply('read', 'y'), apply('read', 'z')]).toEqual([ok([1, 3]), ok([2]), ok([])]);
  });

  it('never changes a result that it gave, whatever comes later', () => {
    const command = fc.tuple(fc.constantFrom('read', 'append', 'query'), fc.constantFrom('x', 'y'), fc.nat(9));
    fc.assert(fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      const store = storeOf(listStore);
      const given: { readonly result: Plain; readonly then: string }[] = [];
      for (const [f, key, value] of commands) {
        const result = f === 'query' ? store.ask('read', key) : store.apply(f, key, value);
        given.push({ result, then: JSON.stringify(result) });
      }
      expect(given.map(({ result }) => JSON.stringify(result))).toEqual(given.map(({ then }) => then));
    }), { seed: 9, numRuns: 300 });
  });

  it('answers reads without being changed, and nothing else', () => {
    const { apply, ask, digest } = storeOf(listStore);
    apply('append', 'x', 1);
    const before = digest();
    expect([ask('read', 'x'), ask('read', 'y'), ask('append', 'x', 2)]).toEqual([ok([1]), ok([]), 'has to be applied']);
    expect([apply('read', 'x'), digest()]).toEqual([ok([1]), before]);
  });

  it('refuses, as an assertion, an operation that it does not have', () => {
    expect(() => storeOf(listStore).apply('cas', 'x', [1, 2])).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });

  describe('has a digest that', () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom('', '1', 'x1', [1, 2], [2, 1]));
    const key = fc.constantFrom('x', 'x1', '');
    describeDigestAndSnapshot(listStore, fc.tuple(fc.constant('append'), key, value), [['read', 'x'], ['read', 'z']]);
  });
});

describe('a snapshot', () => {
  const filled = stateAfter(listStore, [['append', 'y', 1], ['append', 'x', 2], ['append', 'x', 'é[3]']]);
  const text = listStore.save(filled);
  const other = listStore.save(stateAfter(listStore, [['append', 'y', 1], ['append', 'x', 2], ['append', 'x', 4]]));

  it('is the same text for the same content in another order', () => {
    const turned = stateAfter(listStore, [['append', 'x', 2], ['append', 'x', 'é[3]'], ['append', 'y', 1]]);
    expect(listStore.save(turned)).toBe(text);
  });

  it.each([
    ['nothing', ''], ['what is no snapshot', '[]'], ['a part', text.slice(0, -1)], ['a part of it twice', text + text],
    ['its end', text.slice(5)], ['the half of one and the half of another', text.slice(0, 25) + other.slice(25)],
    ['one with a changed value', text.replace('2', '3')],
    ['one of another service', registerStore.save(registerStore.initial())],
  ])('is refused, as an assertion, if it is %s', (_what, broken) => {
    expect(broken).not.toBe(text);
    expect(() => listStore.load(broken)).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });
});
