import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import type { Operation } from '../../../src/contract/session.ts';
import type { Seen } from '../../../src/contract/workload.ts';
import { Stream } from '../../../src/kernel/rng.ts';
import { createWorkload, type Workload } from '../../../src/workloads/workload.ts';

const settings = (kind: Workload['kind'], changes: Partial<Workload> = {}): Workload =>
  ({ kind, keys: 3, readPerMillion: 500_000, thinkUs: { min: 10, max: 20 }, ...changes });

const seenBy = (client: number, clients: number): Seen => ({ client, clients, operations: 0, last: new Map() });

/** `count` operations of each client, none of them answered. */
function operations(workload: Workload, clients: number, count: number): Operation[] {
  const source = createWorkload(workload);
  return Array.from({ length: clients }, (_, client) => {
    const random = new Stream('seed', `workload/${client}`);
    const seen = seenBy(client, clients);
    return Array.from({ length: count }, () => {
      const operation = source.next(random, seen);
      seen.operations += 1;
      return operation;
    });
  }).flat();
}

describe('a workload', () => {
  it.each(['append', 'register'] as const)('of kind %s gives no value twice in a run', (kind) => {
    const changes = operations(settings(kind), 5, 400).filter(({ f }) => f !== 'read');
    expect(changes.length).toBeGreaterThan(500);
    expect(new Set(changes.map(({ value }) => value)).size).toBe(changes.length);
  });

  it.each([
    ['append', ['append', 'read']], ['register', ['read', 'write']], ['cas-register', ['cas', 'read', 'write']],
  ] as const)('of kind %s does only %s', (kind, expected) => {
    const words = new Set(operations(settings(kind), 2, 200).map(({ f }) => f));
    expect([...words].sort((a, b) => (a < b ? -1 : 1))).toEqual(expected);
  });

  it('reads as often as it is told, from all keys, with value null', () => {
    const all = operations(settings('append', { readPerMillion: 250_000 }), 4, 1_000);
    const reads = all.filter(({ f }) => f === 'read');
    expect(reads.length / all.length).toBeCloseTo(0.25, 1);
    expect(reads.every(({ value }) => value === null)).toBe(true);
    expect(new Set(all.map(({ key }) => key))).toEqual(new Set(['k0', 'k1', 'k2']));
  });

  it('compares mostly with what its client saw last, after a write, a read or another compare', () => {
    const source = createWorkload(settings('cas-register', { keys: 1, readPerMillion: 0 }));
    const shareOf = (f: string, value: Plain): number => {
      const seen = seenBy(0, 1);
      seen.last.set('k0', { f, value });
      const random = new Stream('seed', f);
      const compares = Array.from({ length: 2_000 }, () => source.next(random, seen)).filter(({ f }) => f === 'cas');
      return compares.filter((cas) => (cas.value as readonly number[])[0] === 3).length / compares.length;
    };
    // Three in four follow what was seen; of the guesses one in five meets it by chance.
    for (const [f, value] of [['write', 3], ['read', 3], ['cas', [1, 3]]] as const) {
      expect(shareOf(f, value), f).toBeCloseTo(0.8, 1);
    }
    expect(shareOf('read', null)).toBeCloseTo(0.2, 1);
  });

  it('draws pauses from its range', () => {
    const source = createWorkload(settings('append'));
    const random = new Stream('seed', 'think');
    const pauses = new Set(Array.from({ length: 500 }, () => source.thinkUs(random)));
    expect([Math.min(...pauses), Math.max(...pauses), pauses.size]).toEqual([10, 20, 11]);
  });
});
