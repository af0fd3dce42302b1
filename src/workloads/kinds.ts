import type { RandomStream } from '../contract/context.ts';
import type { Plain } from '../contract/message.ts';
import type { Operation } from '../contract/session.ts';
import type { Seen } from '../contract/workload.ts';
import { changeOfTree, readOfTree } from './znodes.ts';

/** Chooses what a client does next with a key. */
export type Change = (random: RandomStream, seen: Seen, key: string) => Operation;

/** A compare-and-set register holds 0 to this: few enough that a guessed compare succeeds now and then. */
const CAS_VALUE_MAX = 4;
/** Sums of numbers up to this seldom agree by chance, so that a sum shows what was added. */
const ADDED_MAX = 1_000;
const HALF = 500_000;
const TENTH = 100_000;

/**
 * What clients do: the operations of this kind, as the table of models in the README of scenarios has them. `lock` is
 * not here: who uses a lock service does not choose one operation after the other.
 */
export type OperationKind =
  'append' | 'register' | 'cas-register' | 'kv' | 'counter' | 'set' | 'mutex' | 'fenced-lock' | 'queue' | 'barrier' |
  'double-barrier' | 'znodes';

/** How each kind of workload changes what it is about. Most names are those of the models that judge. */
export const CHANGES: Readonly<Record<OperationKind, Change>> = {
  'append': (_random, seen, key) => ({ f: 'append', key, value: uniqueValue(seen) }),
  'register': (_random, seen, key) => ({ f: 'write', key, value: uniqueValue(seen) }),
  'cas-register': writeOrCas,
  'kv': writeCasOrDelete,
  'counter': (random, _seen, key) => ({ f: 'add', key, value: random.between(1, ADDED_MAX) }),
  'set': addOrRemove,
  'mutex': (_random, seen, key) => acquireOrRelease(seen, key, () => null),
  'fenced-lock': (_random, seen, key) => acquireOrRelease(seen, key, (token) => token),
  'queue': enqueueOrDequeue,
  'barrier': raiseLiftOrPass,
  'double-barrier': enterOrLeave,
  'znodes': changeOfTree,
};

/** How a kind of workload asks without changing anything; `null` if it cannot. */
export function questions(kind: OperationKind): Change | null {
  if (kind === 'mutex' || kind === 'fenced-lock' || kind === 'queue') return null;
  if (kind === 'barrier' || kind === 'double-barrier') return null;
  if (kind === 'znodes') return readOfTree;
  return kind === 'set' ? readOrContains : read;
}

function read(_random: RandomStream, _seen: Seen, key: string): Operation {
  return { f: 'read', key, value: null };
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

/** Values are unique, so that a wrong answer shows whose value it is; `null` compares with a key that is not there. */
function writeCasOrDelete(random: RandomStream, seen: Seen, key: string): Operation {
  if (random.chance(TENTH)) return { f: 'delete', key, value: null };
  const isWrite = random.chance(HALF);
  const value = uniqueValue(seen);
  return isWrite ? { f: 'write', key, value } : { f: 'cas', key, value: [lastValue(seen, key), value] };
}

/** What the register held after the last answer on this key; `null` where nothing is known. */
function lastValue(seen: Seen, key: string): Plain {
  const last = seen.last.get(key);
  if (last === undefined) return null;
  return last.f === 'cas' && !last.isRefused ? (last.value as readonly Plain[])[1] : last.value;
}

/** Two in three changes add what nobody else adds. The others remove what this client knows of. */
function addOrRemove(random: RandomStream, seen: Seen, key: string): Operation {
  const isAdd = random.between(0, 2) > 0;
  const known = knownElement(random, seen, key);
  return isAdd ? { f: 'add', key, value: uniqueValue(seen) } : { f: 'remove', key, value: known };
}

/** Reads of the whole set see what was lost; questions about one element leave the others out of the search. */
function readOrContains(random: RandomStream, seen: Seen, key: string): Operation {
  const isRead = random.chance(HALF);
  const known = knownElement(random, seen, key);
  return isRead ? read(random, seen, key) : { f: 'contains', key, value: known };
}

/** An element of what this client read last; else one that somebody has added, or may have. */
function knownElement(random: RandomStream, seen: Seen, key: string): Plain {
  const last = seen.last.get(key);
  const guess = random.between(0, (seen.operations + 1) * seen.clients - 1);
  if (last?.f === 'add') return last.value;
  const elements = last?.f === 'read' ? last.value as readonly Plain[] : [];
  return elements[guess % Math.max(1, elements.length)] ?? guess;
}

/**
 * Releases what it was granted, and what it was refused because it holds it already: an acquisition whose answer was
 * lost. A release that was refused says that the lock is not held.
 */
function acquireOrRelease(seen: Seen, key: string, valueOf: (token: Plain) => Plain): Operation {
  const last = seen.last.get(key);
  const holds = last?.f === 'acquire' && (!last.isRefused || last.value !== null);
  return holds ? { f: 'release', key, value: valueOf(last.value) } : { f: 'acquire', key, value: null };
}

/** As much goes in as comes out, so that a queue is empty now and then. No value goes in twice. */
function enqueueOrDequeue(random: RandomStream, seen: Seen, key: string): Operation {
  return random.chance(HALF) ? { f: 'enqueue', key, value: uniqueValue(seen) } : { f: 'dequeue', key, value: null };
}

/** The first client alone raises and lifts: with all clients waiting nobody would lift. */
function raiseLiftOrPass(_random: RandomStream, seen: Seen, key: string): Operation {
  const f = seen.client > 0 ? 'pass' : seen.last.get(key)?.f === 'raise' ? 'lift' : 'raise';
  return { f, key, value: null };
}

/** More than half of all clients have to be there: one that is gone for good keeps nobody out, if there are others. */
function enterOrLeave(_random: RandomStream, seen: Seen, key: string): Operation {
  const last = seen.last.get(key);
  const isInside = last?.f === 'enter' && !last.isRefused;
  if (isInside) return { f: 'leave', key, value: null };
  return { f: 'enter', key, value: Math.floor(seen.clients / 2) + 1 };
}

/** A value that no other operation of the run carries. */
function uniqueValue(seen: Seen): number {
  return seen.operations * seen.clients + seen.client;
}
