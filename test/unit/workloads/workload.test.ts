import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import type { Operation } from '../../../src/contract/session.ts';
import type { Seen } from '../../../src/contract/workload.ts';
import { Stream } from '../../../src/kernel/rng.ts';
import { createWorkload, type Workload } from '../../../src/workloads/workload.ts';

const settings = (kind: Workload['kind'], changes: Partial<Workload> = {}): Workload =>
  ({
    kind, keys: 3, readPerMillion: 500_000, persistentWatchPerMillion: null, thinkUs: { min: 10, max: 20 }, ...changes,
  });

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
  it.each(['append', 'register', 'kv', 'set'] as const)('of kind %s gives no value twice in a run', (kind) => {
    const changes = operations(settings(kind), 5, 600)
      .filter(({ f }) => ['append', 'write', 'cas', 'add'].includes(f))
      .map(({ f, value }) => (f === 'cas' ? (value as readonly Plain[])[1] : value));
    expect(changes.length).toBeGreaterThan(500);
    expect(new Set(changes).size).toBe(changes.length);
  });

  it.each([
    ['append', ['append', 'read']], ['register', ['read', 'write']], ['cas-register', ['cas', 'read', 'write']],
    ['kv', ['cas', 'delete', 'read', 'write']], ['counter', ['add', 'read']],
    ['set', ['add', 'contains', 'read', 'remove']], ['mutex', ['acquire']], ['fenced-lock', ['acquire']],
    ['queue', ['dequeue', 'enqueue']], ['double-barrier', ['enter']], ['barrier', ['pass', 'raise']],
    ['znodes', ['children', 'close', 'create', 'delete', 'exists', 'get', 'multi', 'set', 'sync']],
  ] as const)('of kind %s does only %s', (kind, expected) => {
    const words = new Set(operations(settings(kind), 2, 200).map(({ f }) => f));
    expect([...words].sort((a, b) => (a < b ? -1 : 1))).toEqual(expected);
  });

  it('of a tree sets watches that stay in as many cases as it is told, and removes some of them', () => {
    const sets = ({ f, value }: Operation): boolean =>
      f === 'add-watch' || f === 'remove-watches' || (value as { readonly watch?: boolean } | null)?.watch === true;
    const workload = settings('znodes', { keys: 1, persistentWatchPerMillion: 400_000 });
    const asked = operations(workload, 2, 4_000).filter(sets);
    const kinds = (f: string): readonly Operation[] => asked.filter((each) => each.f === f);
    const stay = [...kinds('add-watch'), ...kinds('remove-watches')];
    expect(stay.length / asked.length).toBeCloseTo(0.4, 1);
    expect(kinds('remove-watches').length / stay.length).toBeCloseTo(0.25, 1);
    const removed = new Set(kinds('remove-watches').map(({ value }) => JSON.stringify(value)));
    expect(removed).toEqual(new Set(['{"type":"any"}']));
    const added = new Set(kinds('add-watch').map(({ key, value }) => `${(value as { mode: string }).mode} ${key}`));
    expect([...added].sort()).toEqual([
      'persistent /k0', 'persistent /k0/a', 'persistent /k0/b', 'persistent /k0/c',
      'persistent-recursive /', 'persistent-recursive /k0',
    ]);
  });

  it('of a tree names few paths, creates in all modes, and conditions what it changes on versions that it saw', () => {
    const source = createWorkload(settings('znodes', { keys: 1, readPerMillion: 300_000 }));
    const random = new Stream('seed', 'tree');
    const seen = seenBy(0, 1);
    const all: Operation[] = [];
    for (let count = 0; count < 3_000; count++) {
      const operation = source.next(random, seen);
      seen.operations += 1;
      seen.last.set(operation.key, { f: operation.f, isRefused: false, value: { stat: { version: 7 } } });
      all.push(operation);
    }
    const fields = (f: string, name: string): Set<unknown> => new Set(all.filter((each) => each.f === f)
      .map(({ value }) => (value as Readonly<Record<string, unknown>>)[name]));
    expect(new Set(all.map(({ key }) => key))).toEqual(
      new Set(['/', '/k0', '/k0/a', '/k0/b', '/k0/c', '/k0/s-']));
    expect(fields('create', 'mode').size).toBe(4);
    expect(fields('set', 'version')).toEqual(new Set([-1, 7]));
    expect(fields('get', 'watch')).toEqual(new Set([true, false]));
    expect(all.filter(({ f }) => f === 'set').length).toBe(fields('set', 'data').size);
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
    const shareOf = (f: string, value: Plain, isRefused = false): number => {
      const seen = seenBy(0, 1);
      seen.last.set('k0', { f, isRefused, value });
      const random = new Stream('seed', f);
      const compares = Array.from({ length: 2_000 }, () => source.next(random, seen)).filter(({ f }) => f === 'cas');
      return compares.filter((cas) => (cas.value as readonly number[])[0] === 3).length / compares.length;
    };
    // Three in four follow what was seen; of the guesses one in five meets it by chance.
    for (const [f, value] of [['write', 3], ['read', 3], ['cas', [1, 3]]] as const) {
      expect(shareOf(f, value), f).toBeCloseTo(0.8, 1);
    }
    expect(shareOf('cas', 3, true), 'what a refused compare found').toBeCloseTo(0.8, 1);
    expect(shareOf('read', null)).toBeCloseTo(0.2, 1);
  });

  it('asks for elements that its client has seen, and removes them', () => {
    const source = createWorkload(settings('set', { keys: 1 }));
    const seen = seenBy(0, 3);
    const random = new Stream('seed', 'set');
    const asked = (f: string): Set<Plain> => new Set(Array.from({ length: 300 }, () => source.next(random, seen))
      .flatMap((operation) => (operation.f === f ? [operation.value] : [])));
    seen.last.set('k0', { f: 'read', isRefused: false, value: [70, 80, 90] });
    expect([asked('contains'), asked('remove')]).toEqual([new Set([70, 80, 90]), new Set([70, 80, 90])]);
    seen.last.set('k0', { f: 'add', isRefused: false, value: 5 });
    expect(asked('remove')).toEqual(new Set([5]));
    seen.last.set('k0', { f: 'remove', isRefused: false, value: true });
    expect(asked('remove')).toEqual(new Set([0, 1, 2]));
  });

  it('of kind kv compares with what its client saw last, and with no value where it saw none', () => {
    const source = createWorkload(settings('kv', { keys: 1, readPerMillion: 0 }));
    const compared = (seen: Seen): Set<Plain> => {
      const random = new Stream('seed', 'kv');
      return new Set(Array.from({ length: 100 }, () => source.next(random, seen))
        .flatMap(({ f, value }) => (f === 'cas' ? [(value as readonly Plain[])[0]] : [])));
    };
    const seen = seenBy(0, 1);
    expect(compared(seen)).toEqual(new Set([null]));
    for (const [f, isRefused, value] of [['read', false, 4], ['cas', true, 4], ['cas', false, [1, 4]]] as const) {
      seen.last.set('k0', { f, isRefused, value });
      expect(compared(seen), f).toEqual(new Set([4]));
    }
    seen.last.set('k0', { f: 'delete', isRefused: false, value: null });
    expect(compared(seen)).toEqual(new Set([null]));
  });

  it.each([['mutex', null], ['fenced-lock', 7]] as const)('of kind %s releases what it holds, and nothing else', (
    kind, token,
  ) => {
    const source = createWorkload(settings(kind, { keys: 1 }));
    const after = (f: string, isRefused: boolean, value: Plain): Operation => {
      const seen = seenBy(0, 2);
      seen.last.set('k0', { f, isRefused, value });
      return source.next(new Stream('seed', 'lock'), seen);
    };
    const acquire = { f: 'acquire', key: 'k0', value: null };
    const release = { f: 'release', key: 'k0', value: token };
    expect(after('acquire', false, token)).toEqual(release);
    expect(after('acquire', true, 7), 'refused because it holds the lock already').toEqual(release);
    expect(after('acquire', true, null), 'refused because another does').toEqual(acquire);
    expect(after('release', false, token)).toEqual(acquire);
    expect(after('release', true, null)).toEqual(acquire);
  });

  it('of a double barrier is inside or not, at one barrier, which takes more than half of the clients', () => {
    const source = createWorkload(settings('double-barrier', { keys: 3 }));
    const after = (f: string, isRefused: boolean): Operation => {
      const seen = seenBy(1, 4);
      seen.last.set('k0', { f, isRefused, value: null });
      return source.next(new Stream('seed', 'double-barrier'), seen);
    };
    const enter = { f: 'enter', key: 'k0', value: 3 };
    expect(after('enter', false)).toEqual({ f: 'leave', key: 'k0', value: null });
    expect([after('enter', true), after('leave', true), after('leave', false)]).toEqual([enter, enter, enter]);
  });

  it('of a barrier has one client that raises and lifts', () => {
    const source = createWorkload(settings('barrier', { keys: 1 }));
    const after = (client: number, f: string): string => {
      const seen = seenBy(client, 3);
      seen.last.set('k0', { f, isRefused: false, value: null });
      return source.next(new Stream('seed', 'barrier'), seen).f;
    };
    expect([after(0, 'lift'), after(0, 'raise'), after(1, 'pass')]).toEqual(['raise', 'lift', 'pass']);
  });

  it('draws pauses from its range', () => {
    const source = createWorkload(settings('append'));
    const random = new Stream('seed', 'think');
    const pauses = new Set(Array.from({ length: 500 }, () => source.thinkUs(random)));
    expect([Math.min(...pauses), Math.max(...pauses), pauses.size]).toEqual([10, 20, 11]);
  });
});
