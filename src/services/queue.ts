import type { Plain } from '../contract/message.ts';
import type { Service } from '../contract/service.ts';
import { exchange, mixPlain, unsigned } from '../contract/hash.ts';
import { sealLater, unseal } from '../contract/seal.ts';
import { AssertionError } from '../kernel/assert.ts';
import { ok } from './results.ts';

/** Queues by key. One that nothing was ever put into is empty, and not here. */
export interface QueueState {
  readonly queues: Map<string, Line>;
  digest: number;
}

/** What is in a queue, by its number: numbers are given in turn, and `next` to the next one. */
interface Line {
  readonly values: Map<number, Plain>;
  next: number;
}

/**
 * One first-in-first-out queue per key: `enqueue` v → v; `dequeue` → the value that has been in for longest, or `null`
 * where there is none. Cost: constant.
 */
export const queueStore: Service<QueueState> = {
  name: 'queue-store',
  initial: () => ({ queues: new Map(), digest: 0 }),
  digest: (state) => unsigned(state.digest),
  save: (state) => queueStore.saveLater(state)(),
  saveLater({ queues }) {
    return sealLater('queue-store', [...queues].map(([key, { next, values }]) => [key, [next, ...values.values()]]));
  },
  load(text) {
    const state: QueueState = { queues: new Map(), digest: 0 };
    for (const [key, [next, ...values]] of unseal('queue-store', text) as [string, [number, ...Plain[]]][]) {
      const first = next - values.length;
      state.queues.set(key, { values: new Map(), next: first });
      state.digest = exchange(state.digest, 0, nextHash(key, first));
      for (const value of values) enqueue(state, key, value);
    }
    return state;
  },
  query: () => null,
  apply(state, { f, key, value }) {
    switch (f) {
      case 'enqueue':
        enqueue(state, key, value);
        return ok(value);
      case 'dequeue':
        return ok(dequeue(state, key));
      default:
        throw new AssertionError(`a queue store has no operation ${f}`);
    }
  },
};

function enqueue(state: QueueState, key: string, value: Plain): void {
  const line = state.queues.get(key) ?? { values: new Map<number, Plain>(), next: 0 };
  state.queues.set(key, line);
  line.values.set(line.next, value);
  state.digest = exchange(state.digest, 0, elementHash(key, line.next, value));
  state.digest = exchange(state.digest, nextHash(key, line.next), nextHash(key, line.next + 1));
  line.next += 1;
}

function dequeue(state: QueueState, key: string): Plain {
  const line = state.queues.get(key);
  const [first] = line?.values ?? [];
  if (line === undefined || first === undefined) return null;
  const [number, value] = first;
  line.values.delete(number);
  state.digest = exchange(state.digest, elementHash(key, number, value), 0);
  return value;
}

function elementHash(key: string, number: number, value: Plain): number {
  return mixPlain(mixPlain(mixPlain(11, key), number), value);
}

/** A queue that has never been used is none. */
function nextHash(key: string, next: number): number {
  return next === 0 ? 0 : mixPlain(mixPlain(12, key), next);
}
