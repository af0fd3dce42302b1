import { describe, expect, it } from 'vitest';
import type { FaultLine, FaultSpec, Trigger } from '../../../src/faults/fault.ts';
import { planFaults } from '../../../src/faults/plan.ts';
import { Stream } from '../../../src/kernel/rng.ts';

const random: Trigger = { kind: 'random', everyUs: { min: 10, max: 30 }, fromUs: 100, untilUs: 5_000 };
const line = (trigger: Trigger, action: FaultSpec): FaultLine => ({ trigger, action, allowVacuous: false });
const pause: FaultSpec = { kind: 'pause', target: 'any', forUs: 5 };
const plan = (lines: readonly FaultLine[], seed = 'seed') => planFaults(lines, (label) => new Stream(seed, label));

describe('a plan', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(plan([line(random, pause)])).toEqual(plan([line(random, pause)]));
    expect(plan([line(random, pause)], 'other')).not.toEqual(plan([line(random, pause)]));
  });

  it('numbers its faults in order and keeps their lines', () => {
    const planned = plan([line({ kind: 'at', atUs: 7 }, pause), line(random, pause)]);
    expect(planned.map(({ index }) => index)).toEqual([...planned.keys()]);
    expect(planned[0]).toMatchObject({ line: 0, isRandom: false, trigger: { kind: 'at', atUs: 7 } });
    expect(planned.slice(1).every(({ line, isRandom }) => line === 1 && isRandom)).toBe(true);
  });

  it('spaces random faults as told, between its two instants', () => {
    const instants = plan([line(random, pause)]).map(({ trigger }) => (trigger.kind === 'at' ? trigger.atUs : -1));
    const gaps = instants.map((atUs, at) => atUs - (instants[at - 1] ?? 100));
    expect(instants.length).toBeGreaterThan(150);
    expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([10, 30]);
    expect(Math.max(...instants)).toBeLessThan(5_000);
  });

  it('draws one kind by weight, with its duration', () => {
    const planned = plan([line(random, { kind: 'one-of', choices: [
      { weight: 3, action: pause, forUs: { min: 100, max: 200 } },
      { weight: 1, action: { kind: 'clock-jump', target: 'n1', byUs: { min: -5, max: 5 } }, forUs: null },
      { weight: 0, action: { kind: 'heal' }, forUs: null },
    ] })]);
    const pauses = planned.flatMap(({ action }) => (action.kind === 'pause' ? [action.forUs as number] : []));
    const jumps = planned.flatMap(({ action }) => (action.kind === 'clock-jump' ? [action.byUs] : []));
    expect(pauses.length + jumps.length).toBe(planned.length);
    expect(pauses.length / planned.length).toBeCloseTo(0.75, 1);
    expect(pauses.every((forUs) => forUs >= 100 && forUs <= 200)).toBe(true);
    expect(jumps.every(({ min, max }) => min === max && Math.abs(min) <= 5)).toBe(true);
    expect(new Set(jumps.map(({ min }) => min)).size).toBeGreaterThan(5);
  });

  it('draws each line from a stream of its own: a longer line before it moves nothing', () => {
    const second = (before: FaultSpec, untilUs: number) =>
      plan([line({ ...random, untilUs }, before), line(random, pause)])
        .filter(({ line }) => line === 1).map(({ index: _, ...rest }) => rest);
    expect(second(pause, 5_000)).toEqual(second({ kind: 'clock-jump', target: 'n1', byUs: { min: 0, max: 9 } }, 200));
  });
});
