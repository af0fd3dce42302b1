import { expect, describe, it } from 'vitest';
import type { Context } from '../../../src/contract/context.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import type { FaultEffect } from '../../../src/contract/world-control.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { Control } from '../../../src/world/control.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../../support/world.ts';

const N1 = nodeId(0);

/** A node that sets a timer of 10 ms when it starts, and a line for each firing: true time, then both clocks. */
function sleeper(driftPerMillion = 0) {
  const lines: string[] = [];
  const tick = (ctx: Context): void => {
    const { clock } = world.process(N1);
    const [monotonicUs, wallUs] = [ctx.monotonicUs() - startUs, ctx.wallUs() - clock.shownUs('wall', 0)];
    lines.push(`${world.nowUs / 1_000}: ${monotonicUs / 1_000}, ${wallUs / 1_000}`);
    ctx.setTimer('tick', 10_000);
  };
  const world: World = smallWorld(() => ({
    state: {},
    onStart: (ctx: Context) => { ctx.setTimer('tick', 10_000); },
    onTimer: tick,
  }), { nodes: 1 });
  const startUs = world.process(N1).clock.monotonicUs(0);
  if (driftPerMillion !== 0) world.process(N1).clock.setDrift(0, driftPerMillion);
  const control = new Control(world, () => ({ role: 'node', epoch: 0, leader: null }));
  const suspend = (fromMs: number, toMs: number, effect: FaultEffect = noEffect()): FaultEffect => {
    control.at(fromMs * 1_000, () => {
      control.pause(N1, effect);
      control.stopClock(N1, effect);
    });
    control.at(toMs * 1_000, () => {
      control.startClock(N1, effect);
      control.resume(N1, effect);
    });
    return effect;
  };
  world.start();
  return { world, control, suspend, until: (ms: number) => (world.runUntil(ms * 1_000), lines) };
}

describe('a process that is suspended', () => {
  it('has its timers late by as long, and does not see it but by its wall clock', () => {
    const { suspend, until } = sleeper();
    const effect = suspend(14, 100);
    expect(until(120)).toEqual(['10: 10, 10', '106: 20, 106', '116: 30, 116']);
    expect(effect).toMatchObject({ timersMoved: 1, timersDelayed: 0, clockReadings: 2 });
  });

  it('is no process that is paused: that one finds its timers due, and the time gone by', () => {
    const { control, until } = sleeper();
    const effect = noEffect();
    control.at(14_000, () => { control.pause(N1, effect); });
    control.at(100_000, () => { control.resume(N1, effect); });
    expect(until(115)).toEqual(['10: 10, 10', '100: 100, 100', '110: 110, 110']);
  });

  it('finds a timer due that was due when it was suspended', () => {
    const { control, suspend, until } = sleeper();
    const effect = noEffect();
    control.at(5_000, () => { control.pause(N1, effect); });
    suspend(14, 100);
    control.at(100_000, () => { control.resume(N1, effect); });
    expect(until(105)).toEqual(['100: 14, 100']);
  });

  it('goes on when each suspension is over that there was', () => {
    const { suspend, until } = sleeper();
    suspend(14, 60);
    suspend(20, 100);
    expect(until(110)).toEqual(['10: 10, 10', '106: 20, 106']);
  });

  it('runs on with the rate that it was given meanwhile', () => {
    const { control, suspend, until } = sleeper(100_000);
    suspend(50, 150);
    control.at(100_000, () => { control.setDrift(N1, 1_000_000, noEffect()); });
    const lines = until(155);
    expect(lines.at(-2)).toBe('45.455: 50, 50');
    // 55 ms on its clock at 50 ms; from 150 ms on it runs twice as fast.
    expect(lines.at(-1)).toBe('152.5: 60, 160');
  });

  it('has clocks that run again when it crashes and is started again', () => {
    const { world, control, suspend, until } = sleeper();
    suspend(14, 100);
    control.at(30_000, () => { control.crash(N1, 'process', noEffect()); });
    control.at(50_000, () => { control.restart(N1, noEffect()); });
    expect(until(101)).toEqual(['10: 10, 10', '60: 44, 60', '70: 54, 70', '80: 64, 80', '90: 74, 90', '100: 84, 100']);
    expect(world.process(N1).clock.standsStill).toBe(false);
  });

  it('has to be paused: clocks of who runs do not stop', () => {
    const { control, until } = sleeper();
    control.at(14_000, () => { control.stopClock(N1, noEffect()); });
    expect(until(20)).toEqual(['10: 10, 10', '20: 20, 20']);
  });

  it('is seen from outside, as it was', () => {
    const { world, suspend, until } = sleeper();
    suspend(14, 100);
    until(200);
    const { clock } = world.process(N1);
    const since = (name: 'monotonic' | 'wall', ms: number): number =>
      (clock.shownUs(name, ms * 1_000) - clock.shownUs(name, 0)) / 1_000;
    expect([13, 14, 99, 100, 110].map((ms) => since('monotonic', ms))).toEqual([13, 14, 14, 14, 24]);
    expect([13, 14, 99, 100, 110].map((ms) => since('wall', ms))).toEqual([13, 14, 99, 100, 110]);
    const readingUs = clock.shownUs('monotonic', 0) + 20_000;
    expect(clock.whenBelow('monotonic', readingUs, 0, 200_000)).toEqual([{ fromUs: 0, untilUs: 106_000 }]);
    const wallUs = clock.shownUs('wall', 0) + 20_000;
    expect(clock.whenBelow('wall', wallUs, 0, 200_000)).toEqual([{ fromUs: 0, untilUs: 20_000 }]);
  });
});
