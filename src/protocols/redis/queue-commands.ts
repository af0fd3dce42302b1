import { parseInteger } from './integers.ts';
import { bulk, failure, integer, NIL, NOT_AN_INTEGER, type Reply, WRONG_TYPE } from './reply.ts';
import type { Args, Entry, Keyspace, List, SortedSet } from './store.ts';

const NO_ITEMS: List = Object.freeze({ kind: 'list', items: Object.freeze([]) });
const NO_MEMBERS: SortedSet = Object.freeze({ kind: 'zset', members: Object.freeze([]) });

// ── Lists ──────────────────────────────────────────────────────────────

/** RPUSH key item [item …]: answers how many there are then. */
export function rpush(keys: Keyspace, args: Args): Reply {
  const [, key = '', ...items] = args;
  const list = listOf(keys.find(key));
  if (list === null) return WRONG_TYPE;
  setItems(keys, key, [...list.items, ...items], args);
  return integer(list.items.length + items.length);
}

/** LPOP key: the first one, which is gone then. */
export function lpop(keys: Keyspace, args: Args): Reply {
  const [, key = ''] = args;
  const list = listOf(keys.find(key));
  if (list === null) return WRONG_TYPE;
  const [first, ...others] = list.items;
  if (first === undefined) return NIL;
  setItems(keys, key, others, args);
  return bulk(first);
}

/** LINDEX key index: from 0 on, or from -1 back. */
export function lindex(keys: Keyspace, [, key = '', text = '']: Args): Reply {
  const entry = keys.find(key);
  if (entry === undefined) return NIL;
  const list = listOf(entry);
  if (list === null) return WRONG_TYPE;
  const index = parseInteger(text);
  if (index === null) return NOT_AN_INTEGER;
  const item = list.items.at(Number(index));
  return item === undefined ? NIL : bulk(item);
}

/** LREM key count item: deletes so many that are equal, from the head; from the tail if negative; all if 0. */
export function lrem(keys: Keyspace, args: Args): Reply {
  const [, key = '', text = '', item = ''] = args;
  const count = parseInteger(text);
  if (count === null) return NOT_AN_INTEGER;
  const list = listOf(keys.find(key));
  if (list === null) return WRONG_TYPE;
  const places = list.items.flatMap((each, at) => (each === item ? [at] : []));
  const most = count === 0n ? places.length : Number(count);
  const gone = new Set(count < 0n ? places.slice(most) : places.slice(0, most));
  if (gone.size > 0) setItems(keys, key, list.items.filter((_each, at) => !gone.has(at)), args);
  return integer(gone.size);
}

// ── Sorted sets ────────────────────────────────────────────────────────

/** ZADD key score member, of one member and a whole number. Answers whether it is new. */
export function zadd(keys: Keyspace, args: Args): Reply {
  const [, key = '', text = '', member = ''] = args;
  const score = parseInteger(text);
  if (score === null) return failure('value is not a valid float');
  const set = setOf(keys.find(key));
  if (set === null) return WRONG_TYPE;
  const others = set.members.filter(([name]) => name !== member);
  setMembers(keys, key, [...others, Object.freeze([member, Number(score)] as const)], args);
  return integer(others.length === set.members.length ? 1 : 0);
}

/** ZREM key member [member …]. */
export function zrem(keys: Keyspace, args: Args): Reply {
  const [, key = '', ...names] = args;
  const set = setOf(keys.find(key));
  if (set === null) return WRONG_TYPE;
  const others = set.members.filter(([name]) => !names.includes(name));
  const count = set.members.length - others.length;
  if (count > 0) setMembers(keys, key, others, args);
  return integer(count);
}

export function zscore(keys: Keyspace, [, key = '', member = '']: Args): Reply {
  const set = setOf(keys.find(key));
  if (set === null) return WRONG_TYPE;
  const found = set.members.find(([name]) => name === member);
  return found === undefined ? NIL : bulk(String(found[1]));
}

// ── Both ───────────────────────────────────────────────────────────────

/** Of another kind: `null`. */
function listOf(entry: Entry | undefined): List | null {
  if (entry === undefined) return NO_ITEMS;
  return typeof entry.value === 'object' && entry.value.kind === 'list' ? entry.value : null;
}

function setOf(entry: Entry | undefined): SortedSet | null {
  if (entry === undefined) return NO_MEMBERS;
  return typeof entry.value === 'object' && entry.value.kind === 'zset' ? entry.value : null;
}

/** The time of expiry stays. A key of nothing is none. */
function setItems(keys: Keyspace, key: string, items: readonly string[], args: Args): void {
  if (items.length === 0) return keys.remove(key);
  const value: List = Object.freeze({ kind: 'list', items: Object.freeze(items) });
  keys.set(key, value, keys.find(key)?.expiresAtMs ?? null, args);
}

function setMembers(keys: Keyspace, key: string, members: SortedSet['members'], args: Args): void {
  if (members.length === 0) return keys.remove(key);
  const value: SortedSet = Object.freeze({ kind: 'zset', members: Object.freeze(members) });
  keys.set(key, value, keys.find(key)?.expiresAtMs ?? null, args);
}
