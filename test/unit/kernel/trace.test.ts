import { describe, expect, it } from 'vitest';
import { Trace } from '../../../src/kernel/trace.ts';

describe('names in a trace', () => {
  it('keep their index, however many share a length, and in whatever order they are asked for', () => {
    const trace = new Trace('off');
    const names = Array.from({ length: 300 }, (_, number) => `n${number}`.padEnd(1 + (number % 45), '.'));
    const distinct = [...new Set(names)];
    const indices = new Map(distinct.map((name): [string, number] => [name, trace.indexOf(name)]));
    expect(new Set(indices.values()).size).toBe(distinct.length);
    for (let round = 0; round < 7; round += 1) {
      for (let at = 0; at < distinct.length; at += 1) {
        const name = distinct[(at * (round + 1)) % distinct.length] as string;
        expect(trace.indexOf(name)).toBe(indices.get(name));
        expect(trace.names[trace.indexOf(name)]).toBe(name);
      }
    }
  });
});
