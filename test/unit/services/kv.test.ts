import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import type { Service } from '../../../src/contract/service.ts';
import type { Operation } from '../../../src/contract/session.ts';
import { listStore, registerStore, type RegisterState } from '../../../src/services/kv.ts';

type Command = readonly [f: string, key: string, value?: Plain];

const operationOf = ([f, key, value = null]: Command): Operation => ({ f, key, value });

/** A store on the bench: operations in, results out. */
function storeOf<S>(service: Service<S>) {
  const state = service.initial();
  const apply = (...command: Command): Plain => service.apply(state, operationOf(command), 0);
  const ask = (...command: Command): Plain => service.query(state, operationOf(command)) ?? 'has to be applied';
  return { state, apply, ask, digest: () => service.digest(state) };
}

const ok = (value: Plain): Plain => ({ kind: 'ok', value });
const refused = { kind: 'refused', error: expect.any(String) as string };

/** The state after some operations. */
function stateAfter<S>(service: Service<S>, commands: readonly Command[]): S {
  const store = storeOf(service);
  for (const command of commands) store.apply(...command);
  return store.state;
}

/** What every store keeps to, shown with operations of its own: `changes`, and `asks` that change nothing. */
function describeDigestAndSnapshot<S extends object>(
  service: Service<S>, changes: fc.Arbitrary<Command>, asks: readonly Command[],
): void {
  const commands = fc.array(changes, { maxLength: 12 });
  /** All that can be read, in an order of its own. */
  const contentOf = (state: S): string => service.save(state);

  it('is an unsigned 32-bit integer, the same for the same content, however it came about, and for no other', () => {
    fc.assert(fc.property(commands, commands, (some, others) => {
      const [one, other] = [stateAfter(service, some), stateAfter(service, others)];
      expect(service.digest(one)).toBe(service.digest(one) >>> 0);
      expect(service.digest(one) === service.digest(other)).toBe(contentOf(one) === contentOf(other));
    }), { seed: 6, numRuns: 2_000 });
  });

  it('comes back with a snapshot, and goes on alike', () => {
    fc.assert(fc.property(commands, commands, (before, after) => {
      const state = stateAfter(service, before);
      const loaded = service.load(service.save(state));
      expect([service.digest(loaded), service.save(loaded)]).toEqual([service.digest(state), service.save(state)]);
      for (const command of [...after, ...asks]) {
        const operation = operationOf(command);
        expect(service.apply(loaded, operation, 0)).toEqual(service.apply(state, operation, 0));
      }
      expect(service.digest(loaded)).toBe(service.digest(state));
    }), { seed: 7, numRuns: 300 });
  });

  it('is not moved by questions', () => {
    fc.assert(fc.property(commands, (some) => {
      const state = stateAfter(service, some);
      const before = service.digest(state);
      for (const ask of asks) {
        service.apply(state, operationOf(ask), 0);
        service.query(state, operationOf(ask));
      }
      expect(service.digest(state)).toBe(before);
    }), { seed: 8, numRuns: 100 });
  });

  it('is kept, not computed: it does not look at what is stored', () => {
    const forbidden = (): never => { throw new Error('the digest walks through the state'); };
    const closed = new Proxy({}, { get: forbidden, ownKeys: forbidden, has: forbidden });
    const guarded = Object.fromEntries(Object.keys(service.initial()).map((name) => [name, closed]));
    expect(service.digest({ ...guarded, digest: 7 } as S)).toBe(7);
  });
}

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
    expect(apply('cas', 'x', [other, 'new'])).toEqual(refused);
    expect([apply('read', 'x'), digest()]).toEqual([ok(old), before]);
    const same = old === null ? null : JSON.parse(JSON.stringify(old)) as Plain;
    expect(apply('cas', 'x', [same, 'new'])).toEqual(ok([old, 'new']));
    expect(apply('read', 'x')).toEqual(ok('new'));
    expect(digest()).not.toBe(before);
  });

  it('does not create what a refused compare asked for', () => {
    const { state, apply } = storeOf(registerStore);
    expect(apply('cas', 'x', [1, 2])).toEqual(refused);
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
