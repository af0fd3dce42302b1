import { describe, expect, it } from 'vitest';
import type { LockClient, LockClientInit } from '../../../src/contract/lock.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { redlockVariants } from '../../../src/protocols/redlock/variants.ts';
import { runRedlock, type Scene } from '../../support/locks/redlock-world.ts';

const SEEDS = ['1', '2', '3'];
const nothing = (): void => undefined;

/** Over some seeds: what was broken in any of them. */
function brokenIn(runs: readonly ReturnType<typeof runRedlock>[]): string[] {
  for (const { grants } of runs) expect(grants).toBeGreaterThan(20);
  return [...new Set(runs.flatMap(({ broken }) => broken))].sort();
}

describe('Redlock on Redis, watched', () => {
  it.each([
    ['without faults', {}, nothing],
    ['with extensions', { ttl: 600_000, extendAt: 300_000 }, nothing],
    ['where a client is paused for far longer than the lock', {}, ({ control, world, id }: Scene) => {
      const effect = noEffect();
      control.pause(id('c1'), effect);
      control.pause(id('c2'), effect);
      world.runUntil(world.nowUs + 10_000_000);
      control.resume(id('c1'), effect);
      control.resume(id('c2'), effect);
    }],
    ['where clients crash', {}, ({ control, world, id }: Scene) => {
      for (const name of ['c1', 'c2', 'c3']) {
        control.crash(id(name), 'machine', noEffect());
        world.runUntil(world.nowUs + 1_000_000);
        control.restart(id(name), noEffect());
      }
    }],
    ['where servers lose their memory and stay out', { startDelay: 3_000_000 }, (scene: Scene) => restart(scene)],
    ['where servers keep all that they said', { appendfsync: 'always' }, (scene: Scene) => restart(scene)],
    ['where the wall clocks of clients jump', {}, ({ control, id }: Scene) => {
      for (const name of ['c1', 'c2', 'c3']) control.jumpClock(id(name), -5_000_000, noEffect());
    }],
  ])('breaks nothing %s', (_name, options, strike) => {
    expect(brokenIn(SEEDS.map((seed) => runRedlock(seed, options, strike)))).toEqual([]);
  });

  it('breaks nothing while clocks differ by less than the drift allows, and L9 where they differ by more', () => {
    const drifting = (perMillion: number): string[] =>
      brokenIn(SEEDS.map((seed) => runRedlock(seed, {}, nothing, { drift: [perMillion, -perMillion] })));
    expect(drifting(4_500)).toEqual([]);
    expect(drifting(20_000)).toContain('L9');
  });

  it('breaks L2 and mutual exclusion where the clocks of servers jump', () => {
    const broken = brokenIn(SEEDS.map((seed) => runRedlock(seed, {}, ({ control, world, id }) => {
      for (let jumps = 0; jumps < 5; jumps += 1) {
        for (const name of ['n1', 'n2', 'n3']) control.jumpClock(id(name), 3_000_000, noEffect());
        world.runUntil(world.nowUs + 1_234_567);
      }
    })));
    expect(broken).toEqual(['L2', 'mutual-exclusion']);
  });

  it('breaks L2 and mutual exclusion where servers lose their memory and grant at once', () => {
    const broken = brokenIn(SEEDS.map((seed) => runRedlock(seed, {}, (scene) => restart(scene))));
    expect(broken).toEqual(['L2', 'mutual-exclusion']);
  });

  it.each([['drift-sign', 'L4'], ['plain-del', 'L3'], ['shared-token', 'L3'], ['force-unlock', 'L3']])(
    'sees the defect %s by %s, without any fault', (name, invariant) => {
      const variant = redlockVariants.find(({ id }) => id === `redlock/${name}`);
      let firings = 0;
      const createLock = (init: LockClientInit): LockClient => {
        if (variant?.in !== 'lock') throw new Error(`no variant ${name} of lock clients`);
        return variant.lock(init, () => { firings += 1; });
      };
      const { broken } = runRedlock('1', {}, nothing, { createLock });
      expect(firings).toBeGreaterThan(0);
      expect(broken).toContain(invariant);
    },
  );
});

/** Three of five servers, one after the other, and again. */
function restart({ control, world, id }: Scene): void {
  for (let times = 0; times < 3; times += 1) {
    for (const name of ['n1', 'n2', 'n3']) {
      control.crash(id(name), 'machine', noEffect());
      world.runUntil(world.nowUs + 20_000);
      control.restart(id(name), noEffect());
      world.runUntil(world.nowUs + 20_000);
    }
    world.runUntil(world.nowUs + 5_000_000);
  }
}
