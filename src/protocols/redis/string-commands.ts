import { instantText, INTEGER_MAX, parseInteger } from './integers.ts';
import { bulk, failure, integer, NIL, NOT_AN_INTEGER, OK, type Reply, SYNTAX_ERROR, WRONG_TYPE } from './reply.ts';
import type { Args, Entry, Keyspace } from './store.ts';

/** The options of SET, read. */
interface SetOptions {
  condition: 'NX' | 'XX' | null;
  returnsOld: boolean;
  keepsTtl: boolean;
  expiry: { readonly unit: ExpiryUnit; readonly text: string } | null;
}

type ExpiryUnit = 'EX' | 'PX' | 'EXAT' | 'PXAT';
const UNITS: readonly string[] = ['EX', 'PX', 'EXAT', 'PXAT'];

export function get(keys: Keyspace, [, key = '']: Args): Reply {
  return valueOf(keys.find(key));
}

/** SET key value [NX | XX] [GET] [EX | PX | EXAT | PXAT time | KEEPTTL]. */
export function set(keys: Keyspace, args: Args): Reply {
  const [, key = '', value = ''] = args;
  const options = readSetOptions(args.slice(3));
  if (options === null) return SYNTAX_ERROR;
  const expiresAtMs = options.expiry === null ? null : expiryOf(keys, options.expiry.unit, options.expiry.text);
  if (typeof expiresAtMs === 'object' && expiresAtMs !== null) return expiresAtMs;
  const old = keys.find(key);
  if (options.returnsOld && isOther(old)) return WRONG_TYPE;
  const isRefused = options.condition !== null && (options.condition === 'NX') !== (old === undefined);
  if (!isRefused && options.keepsTtl) {
    keys.set(key, value, old?.expiresAtMs ?? null, ['SET', key, value, 'KEEPTTL']);
  } else if (!isRefused) {
    setTo(keys, key, value, expiresAtMs);
  }
  if (options.returnsOld) return valueOf(old);
  return isRefused ? NIL : OK;
}

export function setnx(keys: Keyspace, [, key = '', value = '']: Args): Reply {
  if (keys.find(key) !== undefined) return integer(0);
  setTo(keys, key, value, null);
  return integer(1);
}

export function getset(keys: Keyspace, [, key = '', value = '']: Args): Reply {
  const old = keys.find(key);
  if (isOther(old)) return WRONG_TYPE;
  setTo(keys, key, value, null);
  return valueOf(old);
}

/** DEL and UNLINK. */
export function del(keys: Keyspace, [, ...names]: Args): Reply {
  let count = 0;
  for (const key of names) {
    if (keys.find(key) === undefined) continue;
    keys.remove(key);
    count += 1;
  }
  return integer(count);
}

/** A key that is named twice counts twice. */
export function exists(keys: Keyspace, [, ...names]: Args): Reply {
  return integer(names.filter((key) => keys.find(key) !== undefined).length);
}

/** INCR: keeps the time of expiry. */
export function incr(keys: Keyspace, [, key = '']: Args): Reply {
  return addTo(keys, key, 1n, ['INCR', key]);
}

export function incrby(keys: Keyspace, [, key = '', text = '']: Args): Reply {
  const increment = parseInteger(text);
  return increment === null ? NOT_AN_INTEGER : addTo(keys, key, increment, ['INCRBY', key, text]);
}

function addTo(keys: Keyspace, key: string, increment: bigint, command: Args): Reply {
  const old = keys.find(key);
  if (typeof old?.value === 'object') return WRONG_TYPE;
  const value = parseInteger(old?.value ?? '0');
  if (value === null) return NOT_AN_INTEGER;
  const sum = value + increment;
  if (sum > INTEGER_MAX || sum < -INTEGER_MAX - 1n) return failure('increment or decrement would overflow');
  keys.set(key, String(sum), old?.expiresAtMs ?? null, command);
  return integer(Number(sum));
}

function setTo(keys: Keyspace, key: string, value: string, expiresAtMs: number | null): void {
  const command = ['SET', key, value];
  keys.set(key, value, expiresAtMs, expiresAtMs === null ? command : [...command, 'PXAT', instantText(expiresAtMs)]);
}

function valueOf(entry: Entry | undefined): Reply {
  if (entry === undefined) return NIL;
  return typeof entry.value === 'string' ? bulk(entry.value) : WRONG_TYPE;
}

/** Whether there is something that is no string. */
function isOther(entry: Entry | undefined): boolean {
  return entry !== undefined && typeof entry.value !== 'string';
}

/** `null` for a syntax error. An option that is given twice counts once, or the last time. */
function readSetOptions(words: Args): SetOptions | null {
  const options: SetOptions = { condition: null, returnsOld: false, keepsTtl: false, expiry: null };
  for (let at = 0; at < words.length; at++) {
    const word = (words[at] as string).toUpperCase();
    const next = words[at + 1];
    if ((word === 'NX' || word === 'XX') && (options.condition ?? word) === word) {
      options.condition = word;
    } else if (word === 'GET') {
      options.returnsOld = true;
    } else if (word === 'KEEPTTL' && options.expiry === null) {
      options.keepsTtl = true;
    } else if (isUnit(word) && !options.keepsTtl && (options.expiry?.unit ?? word) === word && next !== undefined) {
      options.expiry = { unit: word, text: next };
      at += 1;
    } else {
      return null;
    }
  }
  return options;
}

function isUnit(word: string): word is ExpiryUnit {
  return UNITS.includes(word);
}

/** The instant in milliseconds, or the error. */
function expiryOf(keys: Keyspace, unit: ExpiryUnit, text: string): number | Reply {
  const given = parseInteger(text);
  if (given === null) return NOT_AN_INTEGER;
  const givenMs = unit.startsWith('EX') ? given * 1_000n : given;
  const instantMs = unit.endsWith('AT') ? givenMs : givenMs + BigInt(keys.nowMs);
  const isValid = given > 0n && givenMs <= INTEGER_MAX && instantMs <= INTEGER_MAX;
  return isValid ? Number(instantMs) : failure("invalid expire time in 'set' command");
}
