import { describe, expect, it } from 'vitest';
import { Dequeue, Enqueue } from '../../../../src/protocols/zookeeper/client/queue.ts';
import type { Recipe, RecipeInit } from '../../../../src/protocols/zookeeper/client/recipe.ts';
import type { OpResult } from '../../../../src/protocols/zookeeper/messages.ts';
import { carryOut, gone, listed, read, STAT } from '../../../support/zookeeper/recipes.ts';

describe('who puts an element into a queue', () => {
  const enqueue = (init: RecipeInit): Recipe => new Enqueue(init, 5);
  const created: OpResult = { op: 'create', path: '/k0/_c_0.7-q-0000000003', stat: STAT };

  it('makes the queue where there is none', () => {
    const { asked, ends } = carryOut(enqueue, [gone, { op: 'create', path: '/k0', stat: STAT }, created]);
    expect(asked).toEqual(['create /k0/_c_0.7-q-', 'create /k0', 'create /k0/_c_0.7-q-']);
    expect(ends).toEqual([{ kind: 'ok', value: 5 }]);
  });

  it('and is not answered looks for it behind a sync, and asks for nothing twice', () => {
    const there = carryOut(enqueue, [null, null, { op: 'sync' }, listed('_c_1.2-q-0000000002', '_c_0.7-q-0000000003')]);
    expect(there.asked).toEqual(['create /k0/_c_0.7-q-', 'sync /k0', 'sync /k0', 'children /k0']);
    expect(there.ends).toEqual([{ kind: 'ok', value: 5 }]);
  });

  it('does not know whether it was in where it is not, for it may have been taken', () => {
    const { asked, ends } = carryOut(enqueue, [null, { op: 'sync' }, listed('_c_0.71-q-0000000003')]);
    expect(asked.filter((request) => request.startsWith('create'))).toHaveLength(1);
    expect(ends).toEqual([{ kind: 'unknown', error: 'connection-loss' }]);
  });
});

describe('who takes an element out of a queue', () => {
  const dequeue = (init: RecipeInit): Recipe => new Dequeue(init);
  const two = [{ op: 'sync' }, listed('_c_0.1-q-0000000009', '_c_1.1-q-0000000008')] as const;
  const first = '/k0/_c_1.1-q-0000000008';
  const second = '/k0/_c_0.1-q-0000000009';

  it('takes the one with the lowest number, whatever its name begins with', () => {
    const { asked, ends } = carryOut(dequeue, [...two, read('"a"'), { op: 'delete' }]);
    expect(asked).toEqual(['sync /k0', 'children /k0', `get ${first}`, `delete ${first}`]);
    expect(ends).toEqual([{ kind: 'ok', value: 'a' }]);
  });

  it('goes on to the next one where somebody was faster, and looks again where all are gone', () => {
    const { asked, ends } = carryOut(dequeue, [...two, read('1'), gone, gone, listed()]);
    expect(asked.slice(2)).toEqual([`get ${first}`, `delete ${first}`, `get ${second}`, 'children /k0']);
    expect(ends).toEqual([{ kind: 'ok', value: null }]);
  });

  it('and is not answered takes no other one: it deletes this one if it is still there', () => {
    const { asked, ends } = carryOut(dequeue, [...two, read('1'), null, null, { op: 'sync' },
      { op: 'exists', stat: STAT }, { op: 'delete' }]);
    expect(asked.slice(3)).toEqual(
      [`delete ${first}`, `sync ${first}`, `sync ${first}`, `exists ${first}`, `delete ${first}`]);
    expect(ends).toEqual([{ kind: 'ok', value: 1 }]);
  });

  it('and does not know who has taken it if it is gone', () => {
    const { ends } = carryOut(dequeue, [...two, read('1'), null, { op: 'sync' }, gone]);
    expect(ends).toEqual([{ kind: 'unknown', error: 'connection-loss' }]);
  });

  it('finds a queue empty that was never used, as of a sync', () => {
    expect(carryOut(dequeue, [{ op: 'sync' }, gone])).toEqual(
      { asked: ['sync /k0', 'children /k0'], ends: [{ kind: 'ok', value: null }], open: 0 });
  });
});
