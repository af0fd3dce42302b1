import { describe, expect, test } from 'vitest';
import { applicationVariants } from '../../../src/clients/application-variants.ts';
import { Control } from '../../../src/world/control.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { stageApplication, type Stage } from '../../support/lock-application.ts';

const control = ({ world }: Stage): Control => new Control(world, () => ({ role: '', epoch: 0, leader: null }));
const [client, resource] = [1, 2] as const;

const untilUs = (stage: Stage, us: number): readonly string[] => {
  expect(stage.world.runUntil(us)).toEqual({ kind: 'end' });
  return stage.lines;
};

describe('an application that uses a lock', () => {
  test('acquires, works, writes with the token, releases, and thinks again', () => {
    const stage = stageApplication({ token: 7 });
    expect(untilUs(stage, 16_000)).toEqual([
      '1000 0 invoke acquire k0 null',
      '1000 believes 1/1 monotonic',
      '1000 0 ok acquire k0 7 ',
      '12000 0 store k0 7 1',
      '16000 0 ok store k0 {"index":1} ',
      '16000 stops 1/1',
      '16000 0 invoke release k0 7',
      '16000 0 ok release k0 7 ',
    ]);
    expect(untilUs(stage, 17_000).at(-3)).toBe('17000 0 invoke acquire k0 null');
  });

  test('splits its work evenly before its writes', () => {
    const use = { keys: 1, thinkUs: { min: 0, max: 0 }, holdUs: { min: 10_000, max: 10_000 }, writes: 2 };
    const lines = untilUs(stageApplication({}, { use }), 30_000).filter((line) => line.includes(' store '));
    // Each write is 5 ms of work, 1 ms from the check to the write, and a round trip with a sync: 4 ms.
    expect(lines.slice(0, 4)).toEqual([
      '6000 0 store k0 null 1', '10000 0 ok store k0 {"index":1} ',
      '16000 0 store k0 null 2', '20000 0 ok store k0 {"index":2} ',
    ]);
  });

  test('asks the resource for a token where the lock gives none, and works from then on', () => {
    const lines = untilUs(stageApplication({}, { issuesTokens: true }), 20_000);
    expect(lines).toContain('1000 0 ok acquire k0 null ');
    expect(lines).toContain('16000 0 store k0 1 1');
  });

  test('does not write when its validity is over by the clock that the grant names', () => {
    const stage = stageApplication({ validUs: 9_999 });
    expect(untilUs(stage, 11_000).filter((line) => /store|stops/.test(line))).toEqual(['11000 stops 1/1']);
    const wall = stageApplication({ validUs: 9_999, clock: 'wall' });
    wall.world.runUntil(5_000);
    control(wall).jumpClock(client as never, -60_000_000, noEffect());
    expect(untilUs(wall, 20_000)).toContain('12000 0 store k0 null 1');
  });

  test('writes after a pause that falls between the check and the write, however long', () => {
    const stage = stageApplication({ validUs: 10_001 });
    stage.world.runUntil(11_000);
    const effect = noEffect();
    control(stage).pause(client as never, effect);
    stage.world.runUntil(900_000);
    control(stage).resume(client as never, effect);
    expect(untilUs(stage, 1_000_000)).toContain('900000 0 store k0 null 1');
  });

  test.each(['refused', 'unsure'] as const)('takes an acquisition that is %s for what it is', (end) => {
    const lines = untilUs(stageApplication({ end }), 2_000);
    const type = end === 'refused' ? 'fail' : 'info';
    const next = end === 'refused' ? 0 : 1;
    expect(lines).toEqual([
      '1000 0 invoke acquire k0 null', `1000 0 ${type} acquire k0 null because`,
      `2000 ${next} invoke acquire k0 null`, `2000 ${next} ${type} acquire k0 null because`,
    ]);
  });

  test.each([
    ['not-held', 'fail', 0], ['unsure', 'info', 1],
  ] as const)('a release that ends as %s is %s', (releaseEnd, type, next) => {
    const lines = untilUs(stageApplication({ releaseEnd }), 17_000);
    expect(lines).toContain(`16000 0 ${type} release k0 null ${releaseEnd}`);
    expect(lines).toContain(`17000 ${next} invoke acquire k0 null`);
  });

  test('a store without an answer is unknown, never failed, and its process is retired', () => {
    const stage = stageApplication({});
    const effect = noEffect();
    stage.world.runUntil(11_000);
    control(stage).cut(resource as never, client as never, 'lost', effect);
    const lines = untilUs(stage, 112_000);
    expect(lines).toContain('112000 0 info store k0 null timeout');
    expect(lines).toContain('112000 1 invoke release k0 null');
  });

  test('gives a lock back as soon as it is told that it was lost', () => {
    const lines = untilUs(stageApplication({ lostAfterUs: 4_000 }), 5_000);
    expect(lines.slice(3)).toEqual([
      '5000 stops 1/1', '5000 stops 1/1', '5000 0 invoke release k0 null', '5000 0 ok release k0 null ',
    ]);
  });

  test('who has checked and is about to write does not look again', () => {
    const lines = untilUs(stageApplication({ lostAfterUs: 10_500 }), 16_000);
    expect(lines.filter((line) => line.includes('store'))).toEqual([
      '12000 0 store k0 null 1', '16000 0 ok store k0 {"index":1} ',
    ]);
  });

  test('believes for longer once it is told that the lock was extended', () => {
    const lines = untilUs(stageApplication({ validUs: 9_999, extendAfterUs: 5_000 }), 16_000);
    expect(lines.filter((line) => line.includes('believes'))).toEqual([
      '1000 believes 1/1 monotonic', '6000 believes 1/1 monotonic',
    ]);
    expect(lines).toContain('12000 0 store k0 null 1');
  });

  test('does what its script says, when it says so, and nothing else', () => {
    const steps = [{ atUs: 3_000, lock: 'k4' }, { atUs: 4_000, lock: 'k5' }];
    const lines = untilUs(stageApplication({}, { steps }), 1_000_000).filter((line) => line.includes('invoke acquire'));
    // The second step waits for the end of the first.
    expect(lines).toEqual(['3000 0 invoke acquire k4 null', '18000 0 invoke acquire k5 null']);
  });

  test('a client that crashes while it holds the lock begins anew, as another process', () => {
    const stage = stageApplication({});
    stage.world.runUntil(5_000);
    control(stage).crash(client as never, 'process', noEffect());
    stage.world.runUntil(20_000);
    control(stage).restart(client as never, noEffect());
    expect(untilUs(stage, 21_000).slice(3)).toEqual([
      '21000 1 invoke acquire k0 null', '21000 believes 1/1 monotonic', '21000 1 ok acquire k0 null ',
    ]);
  });
});

describe('the resource', () => {
  test('refuses a store of a lower token where it checks, and one without', () => {
    const without = untilUs(stageApplication({}, {}, true), 16_000);
    expect(without).toContain('16000 0 fail store k0 null no-token');
    let token = 9;
    const lock = { get token(): number { return token--; } };
    const lines = untilUs(stageApplication(lock, {}, true), 40_000).filter((line) => line.includes('store'));
    expect(lines).toEqual([
      '12000 0 store k0 9 1', '16000 0 ok store k0 {"index":1} ',
      '28000 0 store k0 8 4', '32000 0 fail store k0 null stale-token',
    ]);
  });

  test('takes any token where it does not check', () => {
    let token = 9;
    const lock = { get token(): number { return token--; } };
    const lines = untilUs(stageApplication(lock), 40_000);
    expect(lines).toContain('32000 0 ok store k0 {"index":2} ');
  });

  test('applies a request once, whatever the network brings of it, restarts included', () => {
    const stage = stageApplication({}, { steps: [{ atUs: 1_000, lock: 'k0' }, { atUs: 60_000, lock: 'k0' }] });
    control(stage).setLink(client as never, resource as never, {
      latencyUsMin: 1_000, latencyUsMax: 30_000, lossPerMillion: 0, duplicatePerMillion: 1_000_000,
      slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
    }, noEffect());
    const stores = untilUs(stage, 200_000).filter((line) => line.includes('ok store'));
    expect(stores.map((line) => line.split(' ').slice(1).join(' '))).toEqual([
      '0 ok store k0 {"index":1} ', '0 ok store k0 {"index":2} ',
    ]);
  });

  test('forgets nothing that it has answered', () => {
    const stage = stageApplication({}, { issuesTokens: true });
    stage.world.runUntil(25_000);
    control(stage).crash(resource as never, 'machine', noEffect());
    control(stage).restart(resource as never, noEffect());
    const lines = untilUs(stage, 60_000).filter((line) => line.includes(' store '));
    expect(lines.slice(0, 4)).toEqual([
      '16000 0 store k0 1 1', '20000 0 ok store k0 {"index":1} ',
      expect.stringMatching(/ store k0 [23] 4$/), expect.stringMatching(/ok store k0 \{"index":2\} $/),
    ]);
  });
});

test('LC-10: what was checked at the grant is not looked at again', () => {
  const [variant] = applicationVariants;
  let fired = 0;
  const stage = stageApplication({ validUs: 9_999 }, {}, false, (init) =>
    (variant as (typeof applicationVariants)[number]).create(init, () => { fired += 1; }));
  expect(untilUs(stage, 16_000)).toContain('12000 0 store k0 null 1');
  expect(fired).toBe(1);
});
