import { describe, expect, it } from 'vitest';
import { Lift, Pass, Raise } from '../../../../src/protocols/zookeeper/client/barrier.ts';
import { Enter, Leave } from '../../../../src/protocols/zookeeper/client/double-barrier.ts';
import type { Recipe, RecipeInit, Standing } from '../../../../src/protocols/zookeeper/client/recipe.ts';
import type { OpResult } from '../../../../src/protocols/zookeeper/messages.ts';
import { carryOut, done, gone, listed, read, refused, STAT, there } from '../../../support/zookeeper/recipes.ts';

const created = (path: string): OpResult => ({ op: 'create', path, stat: STAT });
const READY = '/k0/4/ready';
const OWN = '/k0/4/m-0.7';

describe('who enters a double barrier', () => {
  const enter = (init: RecipeInit): Recipe => new Enter(init, 3);
  const join = 'check /k0, create /k0/4/m-0.7';
  const inside = { kind: 'ok', value: 4 };

  it('makes the barrier and the directory of a round where there is none', () => {
    const { asked } = carryOut(enter, [gone, created('/k0'), read('', 4), gone, refused('NodeExists'), done]);
    expect(asked).toEqual([
      'get /k0', 'create /k0', 'get /k0', join, 'check /k0, create /k0/4, create /k0/4/m-0.7', join, `exists ${READY}`,
    ]);
  });

  it('opens the round and ends it for those who come, in one step, where it counts enough', () => {
    const standing: Standing = { place: null };
    const { asked, ends } = carryOut(
      enter, [read('', 4), done, gone, listed('m-1.1', 'm-0.7', 'm-2.9'), done], standing);
    expect(asked).toEqual(['get /k0', join, `exists ${READY}`, 'children /k0/4', `set /k0, create ${READY}`]);
    expect(ends).toEqual([inside]);
    expect(standing.place).toEqual({ dir: '/k0/4', name: 'm-0.7', round: 4 });
  });

  it('does not count the one znode that is nobody', () => {
    expect(carryOut(enter, [read('', 4), done, gone, listed('m-1.1', 'm-0.7', 'ready')]).asked).toHaveLength(4);
  });

  it('waits for whoever opens it, and looks again when it is woken', () => {
    const waiting = [read('', 4), done, gone, listed('m-0.7')] as const;
    expect(carryOut(enter, [...waiting, { event: READY }, there]).ends).toEqual([inside]);
    expect(carryOut(enter, [...waiting, { event: '/k0/3/ready' }])).toMatchObject({ ends: [], open: 0 });
    expect(carryOut(enter, [...waiting, 'connected', gone, listed('m-0.7')])).toMatchObject({ ends: [], open: 0 });
  });

  it('hears of it although the event comes before the count, of which others are gone by then', () => {
    const { asked, ends } = carryOut(enter, [read('', 4), done, gone, { event: READY }, listed('m-0.7'), there]);
    expect(asked.at(-1)).toBe(`exists ${READY}`);
    expect(ends).toEqual([inside]);
  });

  it('looks once where it is woken and its count is not answered', () => {
    const { asked, open } = carryOut(enter, [read('', 4), done, gone, { event: READY }, null]);
    expect(asked.slice(2)).toEqual([`exists ${READY}`, 'children /k0/4', `exists ${READY}`]);
    expect(open).toBe(1);
  });

  it('asks nothing twice on the same condition: who was before it has opened the round as well', () => {
    const counted = [read('', 4), done, gone, listed('m-1.1', 'm-0.7', 'm-2.9')] as const;
    for (const answer of [refused('BadVersion'), null]) {
      expect(carryOut(enter, [...counted, answer, there]).ends).toEqual([inside]);
    }
    // The event that it has caused itself is none that wakes it a second time.
    expect(carryOut(enter, [...counted, { event: READY }, done])).toMatchObject({ ends: [inside], open: 0 });
  });

  it('goes on to the next round where this one is open', () => {
    const { asked } = carryOut(enter, [read('', 3), refused('BadVersion'), { op: 'sync' }, read('', 4), done]);
    expect(asked.slice(2)).toEqual(['sync /k0', 'get /k0', join, `exists ${READY}`]);
  });

  it('and is not answered looks for itself in the round that it has asked for', () => {
    const lost = [read('', 4), null, null, { op: 'sync' }] as const;
    expect(carryOut(enter, [...lost, there, there])).toMatchObject({
      asked: ['get /k0', join, 'sync /k0', 'sync /k0', `exists ${OWN}`, `exists ${READY}`], ends: [inside],
    });
    expect(carryOut(enter, [...lost, gone]).asked.at(-1)).toBe('get /k0');
  });

  it('does not know whether it was counted when its session is over, and cannot enter twice', () => {
    expect(carryOut(enter, [read('', 4), done, 'expired']).ends).toEqual(
      [{ kind: 'unknown', error: 'session-expired' }]);
    const place = { dir: '/k0/3', name: 'm-0.1', round: 3 };
    expect(carryOut(enter, [], { place })).toEqual(
      { asked: [], ends: [{ kind: 'refused', error: 'inside' }], open: 0 });
  });
});

describe('who leaves a double barrier', () => {
  const leave = (init: RecipeInit): Recipe => new Leave(init);
  const inside = (): Standing => ({ place: { dir: '/k0/4', name: 'm-0.7', round: 4 } });
  const left = [{ kind: 'ok', value: 4 }];

  it('stays until it is the only one if it is the lowest, and waits for the highest', () => {
    const standing = inside();
    const { asked, ends } = carryOut(leave, [
      listed('m-2.1', 'm-0.7', 'm-1.1', 'ready'), there, { event: '/k0/4/m-2.1' }, listed('m-0.7', 'm-1.1', 'ready'),
      there, { event: '/k0/4/m-1.1' }, listed('m-0.7', 'ready'), { op: 'delete' }, done,
    ], standing);
    expect(asked).toEqual([
      'children /k0/4', 'exists /k0/4/m-2.1', 'children /k0/4', 'exists /k0/4/m-1.1', 'children /k0/4', `delete ${OWN}`,
      `delete ${READY}, delete /k0/4`,
    ]);
    expect(ends).toEqual(left);
    expect(standing.place).toBeNull();
  });

  it('goes at once if it is not, and waits for the lowest', () => {
    const { asked, ends } = carryOut(leave, [
      listed('m-0.7', 'm-0.2', 'm-1.1'), { op: 'delete' }, listed('m-0.2', 'm-1.1'), there, { event: '/k0/4/m-0.2' },
      listed(),
    ], inside());
    expect(asked).toEqual(
      ['children /k0/4', `delete ${OWN}`, 'children /k0/4', 'exists /k0/4/m-0.2', 'children /k0/4']);
    expect(ends).toEqual(left);
  });

  it('looks again where nothing is answered, where who it waits for is gone already, and when it is connected', () => {
    const first = [null, listed('m-0.7', 'm-0.2'), null, listed('m-0.2')] as const;
    expect(carryOut(leave, [...first, gone, listed()], inside()).ends).toEqual(left);
    expect(carryOut(leave, [...first, null, listed('m-0.2'), there, 'connected', gone], inside()).ends).toEqual(left);
    expect(carryOut(leave, [listed('m-0.7'), null, gone], inside()).ends).toEqual(left);
    expect(carryOut(leave, [listed('m-0.7'), { op: 'delete' }, null], inside()).ends).toEqual(left);
  });

  it('was inside, and cannot say that it was until the end when its session is over', () => {
    expect(carryOut(leave, [])).toEqual({ asked: [], ends: [{ kind: 'refused', error: 'not-inside' }], open: 0 });
    expect(carryOut(leave, [listed('m-0.7', 'm-0.2'), 'expired'], inside()).ends).toEqual(
      [{ kind: 'unknown', error: 'session-expired' }]);
  });
});

describe('a barrier', () => {
  const up = [{ kind: 'ok', value: null }];

  it('is raised and lifted until that is answered', () => {
    const raise = (init: RecipeInit): Recipe => new Raise(init);
    const lift = (init: RecipeInit): Recipe => new Lift(init);
    expect(carryOut(raise, [null, refused('SessionMoved'), created('/k0')]).ends).toEqual(up);
    expect(carryOut(raise, [null, refused('NodeExists')])).toMatchObject(
      { asked: ['create /k0', 'create /k0'], ends: up });
    expect(carryOut(lift, [null, { op: 'delete' }]).ends).toEqual(up);
    expect(carryOut(lift, [gone])).toMatchObject({ asked: ['delete /k0'], ends: up });
  });

  const pass = (init: RecipeInit): Recipe => new Pass(init);
  const sync: OpResult = { op: 'sync' };

  it('is passed where there is none, as of a sync', () => {
    expect(carryOut(pass, [sync, gone])).toEqual({ asked: ['sync /k0', 'exists /k0'], ends: up, open: 0 });
    expect(carryOut(pass, [sync, null, null, sync, gone]).asked).toEqual(
      ['sync /k0', 'exists /k0', 'sync /k0', 'sync /k0', 'exists /k0']);
  });

  it('is waited for, and looked at again behind each event and each connection', () => {
    expect(carryOut(pass, [sync, there])).toMatchObject({ ends: [], open: 0 });
    expect(carryOut(pass, [sync, there, { event: '/k0' }, sync, there, { event: '/k0' }, sync, gone]).ends).toEqual(up);
    expect(carryOut(pass, [sync, there, 'connected', sync, gone]).ends).toEqual(up);
    expect(carryOut(pass, [sync, there, { event: '/k1' }])).toMatchObject({ ends: [], open: 0 });
  });
});
