import { fc, it as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { checkLinearizable } from '../../../checkers/index.ts';
import type { History, Json } from '../../../src/history/operation.ts';
import { staleReads } from '../../../src/run/stale-reads.ts';

/** An operation of a process of its own: what it does, its value, when it begins and ends, and how. */
type Line = readonly [f: string, value: Json, fromUs: number, toUs: number, type?: 'ok' | 'info', key?: string];

function history(...lines: readonly Line[]): History {
  const events = lines.flatMap(([f, value, fromUs, toUs, type = 'ok', key = 'x'], process) => [
    { time: fromUs, process, type: 'invoke', f, key, value: f === 'read' ? null : value },
    { time: toUs, process, type, f, key, value },
  ]);
  return events.sort((a, b) => a.time - b.time).map((event, index) => ({ index, ...event })) as History;
}

describe('stale reads of a register', () => {
  const count = (...lines: readonly Line[]): number | null => staleReads(history(...lines), 'register');

  it('found what was written over before they began', () => {
    expect(count(['write', 1, 10, 20], ['write', 2, 30, 40], ['read', 1, 50, 60], ['read', 1, 70, 80])).toBe(2);
    expect(count(['write', 1, 10, 20], ['write', 2, 30, 40], ['read', 2, 50, 60])).toBe(0);
    expect(count(['write', 1, 10, 20], ['read', null, 50, 60])).toBe(1);
  });

  it('are certain only where nothing overlaps', () => {
    expect(count(['write', 1, 10, 35], ['write', 2, 30, 40], ['read', 1, 50, 60])).toBe(0);
    expect(count(['write', 1, 10, 20], ['write', 2, 30, 55], ['read', 1, 50, 60])).toBe(0);
    expect(count(['write', 1, 10, 20, 'info'], ['write', 2, 30, 40], ['read', 1, 50, 60])).toBe(0);
    expect(count(['write', 1, 10, 20], ['write', 2, 30, 40, 'info'], ['read', 1, 50, 60])).toBe(0);
  });

  it('are those of each key by itself', () => {
    expect(count(['write', 1, 10, 20], ['write', 2, 30, 40, 'ok', 'y'], ['read', 1, 50, 60])).toBe(0);
  });

  const times = fc.tuple(fc.nat(99), fc.integer({ min: 1, max: 30 }));
  const operations = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 6 }), times), { maxLength: 10 });
  property.prop([operations], { seed: 4, numRuns: 3_000 })('are none where the history is linearizable', (drawn) => {
    const lines = drawn.map(([isWrite, value, [fromUs, lengthUs]], place): Line => {
      const found = drawn[value]?.[0] === true ? value : null;
      return [isWrite ? 'write' : 'read', isWrite ? place : found, fromUs, fromUs + lengthUs];
    });
    const { verdict } = checkLinearizable(history(...lines), { model: 'register' });
    if (verdict === 'valid') expect(count(...lines)).toBe(0);
  });
});

describe('stale reads of a list', () => {
  it('lack what was appended before they began', () => {
    const appends: readonly Line[] = [['append', 1, 10, 20], ['append', 2, 30, 40], ['append', 3, 45, 55]];
    expect(staleReads(history(...appends, ['read', [1], 50, 60]), 'append')).toBe(1);
    expect(staleReads(history(...appends, ['read', [1, 2], 50, 60], ['read', null, 5, 15]), 'append')).toBe(0);
  });

  it('are not counted of other objects', () => { expect(staleReads(history(), 'set')).toBe(null); });
});
