import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import type { StateMachine } from '../../../src/contract/state-machine.ts';
import { listStore, registerStore } from '../../../src/services/kv.ts';

type Command = readonly [f: string, key: string, value?: Plain];

const commandOf = ([f, key, value = null]: Command): Plain => ({ f, key, value });

/** A store on the bench: commands in, results out. */
function storeOf<S>(machine: StateMachine<S>) {
  const state = machine.initial();
  const apply = (...command: Command): Plain => machine.apply(state, commandOf(command), 0).result;
  const ask = (...command: Command): Plain => machine.query(state, commandOf(command))?.result ?? 'has to be applied';
  return { state, apply, ask, digest: () => machine.digest(state) };
}

const ok = (value: Plain): Plain => ({ kind: 'ok', value });
const refused = { kind: 'refused', error: expect.any(String) as string };

/** The digest after some commands. */
function digestAfter<S>(machine: StateMachine<S>, commands: readonly Command[]): number {
  const store = storeOf(machine);
  for (const command of commands) store.apply(...command);
  return store.digest();
}

/** What every store keeps to, shown with commands of its own. */
function describeDigest<S>(machine: StateMachine<S>, f: 'write' | 'append'): void {
  const changes = fc.array(
    fc.tuple(fc.constant(f), fc.constantFrom('x', 'y', ''), fc.integer({ min: -3, max: 3 })), { maxLength: 12 });

  it('is an unsigned 32-bit integer, equal for equal commands', () => {
    fc.assert(fc.property(changes, (commands) => {
      const digest = digestAfter(machine, commands);
      expect(digest).toBe(digest >>> 0);
      expect(digestAfter(machine, commands)).toBe(digest);
    }), { seed: 5, numRuns: 200 });
  });

  it('tells other commands, another order and a missing one apart', () => {
    fc.assert(fc.property(changes, changes, (one, other) => {
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      expect(digestAfter(machine, one) === digestAfter(machine, other)).toBe(isSame);
    }), { seed: 6, numRuns: 2_000 });
    const [first, second]: Command[] = [[f, 'x', 1], [f, 'x', 2]];
    expect(first !== undefined && second !== undefined).toBe(true);
    const digests = [[], [first], [second], [first, second], [second, first], [first, first]]
      .map((commands) => digestAfter(machine, commands as Command[]));
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('tells where a key ends and its value begins, and a key from its neighbour', () => {
    const digests = ([[f, 'x', '1'], [f, 'x1', ''], [f, '', 'x1'], [f, 'y', '1'], [f, 'x', [1, 2]], [f, 'x', [2, 1]]] as
      Command[]).map((command) => digestAfter(machine, [command]));
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('is not moved by reads', () => {
    const store = storeOf(machine);
    store.apply(f, 'x', 1);
    const before = store.digest();
    store.apply('read', 'x');
    store.apply('read', 'y');
    store.ask('read', 'x');
    expect(store.digest()).toBe(before);
  });

  it('is kept, not computed: it does not look at what is stored', () => {
    const forbidden = (): never => { throw new Error('the digest walks through the state'); };
    const closed = new Proxy({}, { get: forbidden, ownKeys: forbidden, has: forbidden });
    const state = { ...machine.initial(), registers: closed, lists: closed, digest: 7 };
    expect(machine.digest(state)).toBe(7);
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

  describe('has a digest that', () => { describeDigest(registerStore, 'write'); });
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

  describe('has a digest that', () => { describeDigest(listStore, 'append'); });
});

describe('an operation of either store', () => {
  it('has no identity of its own: that is what sessions add', () => {
    const applied = [
      registerStore.apply(registerStore.initial(), commandOf(['write', 'x', 1]), 0),
      listStore.apply(listStore.initial(), commandOf(['append', 'x', 1]), 0),
    ];
    expect(applied.map(({ executed }) => executed)).toEqual([null, null]);
  });
});
