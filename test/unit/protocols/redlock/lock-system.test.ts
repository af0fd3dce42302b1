import { describe, expect, it } from 'vitest';
import { defaultOptions, type Options } from '../../../../src/contract/options.ts';
import { redlockOptions } from '../../../../src/protocols/redlock/options.ts';
import { redlockSystem } from '../../../../src/protocols/redlock/lock-system.ts';
import { Bench, upTo } from './harness.ts';

const system = redlockSystem<string | null>({
  isGranting: (state) => state !== 'closed',
  entryOf: (state, lock) => (state === lock ? { owner: 'someone', untilWallUs: 7 } : null),
});
const withDefaults = (options: Options): Options => ({ ...defaultOptions(redlockOptions), ...options });

describe('the lock system', () => {
  it('reads servers as it is told, and has a quorum of its own', () => {
    const { servers } = system;
    expect([servers?.isGranting('open'), servers?.isGranting('closed')]).toEqual([true, false]);
    expect([servers?.entryOf('k0', 'k0'), servers?.entryOf('k0', 'k1')]).toEqual([
      { owner: 'someone', untilWallUs: 7 }, null,
    ]);
    expect([1, 2, 3, 4, 5, 6].map((nodes) => servers?.quorum(nodes, {}))).toEqual([1, 2, 2, 3, 3, 4]);
  });

  it('says how long a lock is asked for, and what of that is left to drift', () => {
    expect(system.ttlUs(withDefaults({}))).toBe(10_000_000);
    expect(system.driftUs(withDefaults({}))).toBe(102_000);
    expect(system.driftUs(withDefaults({ ttl: 1_000, driftFactor: 0 }))).toBe(2_000);
    expect([
      system.givesTokens(withDefaults({})), system.givesTokens(withDefaults({ counter: 'per-node' })),
    ]).toEqual([false, true]);
  });

  it('refuses to extend what is not held yet', () => {
    const problem = (options: Options): string | undefined => system.optionsProblem?.(withDefaults(options))?.option;
    expect(problem({})).toBeUndefined();
    expect(problem({ ttl: 1_000_000, extendAt: 987_999 })).toBeUndefined();
    expect(problem({ ttl: 1_000_000, extendAt: 988_000 })).toBe('extendAt');
    expect(problem({ ttl: 1_000, extendAt: 0 })).toBeUndefined();
  });

  it('makes clients, whose notes have the events that it names', () => {
    const bench = new Bench({
      options: { ttl: 1_000_000, extendAt: 300_000, retryCount: 0 }, create: (init) => system.create(init),
    });
    const noted = new Set<string>();
    for (const event of system.events) bench.control.onNote([event], () => void noted.add(event));
    bench.acquire(0, 800);
    bench.cut(0, upTo(5));
    bench.wait(2_000);
    bench.release(0, 100);
    bench.acquire(0, 100);
    const late = new Bench({ options: { retryCount: 0 }, create: (init) => system.create(init) });
    late.control.onNote(['late-grant'], () => void noted.add('late-grant'));
    for (const node of [2, 3, 4]) late.delay(0, node, 60, 'back');
    late.acquire(0, 100);
    expect([...noted].sort()).toEqual([...system.events].sort());
  });
});
