import { afterEach, describe, expect, it } from 'vitest';
import { guarded, LeakError, trappedNames } from '../../../src/kernel/guard.ts';

const reach = (name: string): unknown => {
  let value: unknown = globalThis;
  for (const part of name.split('.')) value = (value as Record<string, unknown>)[part];
  return value;
};

describe('the guard', () => {
  const before = trappedNames.map((name) => reach(name));
  afterEach(() => {
    expect(trappedNames.map((name) => reach(name))).toEqual(before);
  });

  const trappedWhenRead = trappedNames.filter((name) => name !== 'Math.random');

  it.each(trappedWhenRead)('traps %s with an error that names it, and puts it back', (name) => {
    expect(reach(name)).toBeDefined();
    expect(() => guarded(() => reach(name))).toThrow(LeakError);
    expect(() => guarded(() => reach(name))).toThrow(name.split('.').length > 1 ? /\w+ was used/ : name);
    expect(reach(name)).toBeDefined();
  });

  it('traps random numbers when they are asked for, so that the other functions of Math stay fast', () => {
    expect(() => guarded(() => Math.random())).toThrow('Math.random was used');
    expect(guarded(() => Object.keys(Object.getOwnPropertyDescriptor(Math, 'random') ?? {}))).toContain('value');
    expect(Math.random()).toBeLessThan(1);
  });

  it('traps a clock of which somebody has kept the object', () => {
    const [date, clock] = [Date, performance];
    expect(() => guarded(() => date.now())).toThrow('Date.now was used');
    expect(() => guarded(() => clock.now())).toThrow('performance.now was used');
  });

  it('puts everything back when the body throws', () => {
    expect(() => guarded(() => {
      throw new Error('mine');
    })).toThrow('mine');
    expect(Date.now()).toBeGreaterThan(0);
  });

  it('lets through what a run needs', () => {
    expect(guarded(() => Math.floor(2.5) + Math.imul(2, 3))).toBe(8);
  });
});
