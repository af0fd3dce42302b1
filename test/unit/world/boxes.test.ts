import { setFlagsFromString } from 'node:v8';
import { runInThisContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Streams } from '../../../src/kernel/streams.ts';
import { unboxed } from '../../../src/kernel/time.ts';
import { raft } from '../../../src/protocols/raft/module.ts';
import { buildWorld } from '../../../src/scenario/build.ts';
import { standard } from '../../bench/standard.ts';

type HoldsDoubles = (array: readonly number[]) => boolean;

setFlagsFromString('--allow-natives-syntax');
/** Whether V8 keeps an array as one of doubles, which it does once it has held a number with a box. */
const holdsDoubles = runInThisContext('(array) => %HasDoubleElements(array)') as HoldsDoubles;

describe('numbers without boxes', () => {
  it('are the same integers, however they came about', () => {
    const [double] = new Float64Array([5]);
    for (const integer of [0, -1, double ?? 5, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 52]) {
      expect(unboxed(integer)).toBe(integer);
    }
    expect(holdsDoubles([double ?? 5])).toBe(true);
    expect(holdsDoubles([unboxed(double ?? 5)])).toBe(false);
  });

  it('are all that handlers ask for, times and receivers alike', () => {
    const { world } = buildWorld(standard(), {
      module: raft, streams: new Streams('1'), trace: 'off', freezeMessages: false, meteredEvents: [], without: [],
    });
    world.start();
    world.runUntil(2_000_000);
    expect(world.effects.items.length).toBeGreaterThan(3);
    expect(holdsDoubles(world.effects.items.map(({ amount }) => amount))).toBe(false);
    expect(holdsDoubles([world.nowUs, ...Object.values(world.options).filter((value) => typeof value === 'number')]))
      .toBe(false);
  });
});
