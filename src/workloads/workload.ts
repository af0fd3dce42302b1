import type { RandomStream } from '../contract/context.ts';
import type { Plain } from '../contract/message.ts';
import type { Operation } from '../contract/session.ts';
import type { OperationSource, Seen } from '../contract/workload.ts';

/** What clients do, over and over. */
export interface Workload {
  /** `append`: append and read lists. `register`: write and read. `cas-register`: write, read and compare-and-set. */
  readonly kind: 'append' | 'register' | 'cas-register';
  /** Keys are `k0`, `k1`, …, drawn uniformly. */
  readonly keys: number;
  /** Share of reads. */
  readonly readPerMillion: number;
  /** Pause between two operations of one client. */
  readonly thinkUs: { readonly min: number; readonly max: number };
}

/** A compare-and-set register holds 0 to this: few enough that a guessed compare succeeds now and then. */
const CAS_VALUE_MAX = 4;
const HALF = 500_000;

/** The generator of a workload. It keeps nothing between two calls, so one serves all clients. */
export function createWorkload(workload: Workload): OperationSource {
  const { kind, keys, readPerMillion, thinkUs } = workload;
  const change = kind === 'append' ? append : kind === 'register' ? write : writeOrCas;
  return {
    next(random: RandomStream, seen: Seen): Operation {
      const key = `k${random.between(0, keys - 1)}`;
      if (random.chance(readPerMillion)) return { f: 'read', key, value: null };
      return change(random, seen, key);
    },
    thinkUs: (random: RandomStream): number => random.between(thinkUs.min, thinkUs.max),
  };
}

function append(_random: RandomStream, seen: Seen, key: string): Operation {
  return { f: 'append', key, value: uniqueValue(seen) };
}

function write(_random: RandomStream, seen: Seen, key: string): Operation {
  return { f: 'write', key, value: uniqueValue(seen) };
}

/** Half of the changes write. The others compare: three in four with what this client saw last, if it saw anything. */
function writeOrCas(random: RandomStream, seen: Seen, key: string): Operation {
  const isWrite = random.chance(HALF);
  const value = random.between(0, CAS_VALUE_MAX);
  if (isWrite) return { f: 'write', key, value };
  const guess = random.between(0, CAS_VALUE_MAX);
  const old = random.chance(HALF + HALF / 2) ? lastValue(seen, key) ?? guess : guess;
  return { f: 'cas', key, value: [old, value] };
}

/** What the register held after the last answer on this key; `null` where nothing is known. */
function lastValue(seen: Seen, key: string): Plain {
  const last = seen.last.get(key);
  if (last === undefined) return null;
  return last.f === 'cas' ? (last.value as readonly Plain[])[1] : last.value;
}

/** A value that no other operation of the run carries: a wrong answer then shows whose value it is. */
function uniqueValue(seen: Seen): number {
  return seen.operations * seen.clients + seen.client;
}
