import { instantText, INTEGER_MAX, INTEGER_MIN, parseInteger } from './integers.ts';
import { failure, integer, NOT_AN_INTEGER, type Reply } from './reply.ts';
import type { Args, Entry, Keyspace } from './store.ts';

const NO_KEY: Reply = Object.freeze(integer(-2));
const NO_EXPIRY: Reply = Object.freeze(integer(-1));

/** PTTL key: milliseconds. */
export function pttl(keys: Keyspace, [, key = '']: Args): Reply {
  return remaining(keys, key, (leftMs) => leftMs);
}

/** TTL key: seconds, rounded. */
export function ttl(keys: Keyspace, [, key = '']: Args): Reply {
  return remaining(keys, key, (leftMs) => Math.floor((leftMs + 500) / 1_000));
}

export function pexpiretime(keys: Keyspace, [, key = '']: Args): Reply {
  const entry = keys.find(key);
  if (entry === undefined) return NO_KEY;
  return entry.expiresAtMs === null ? NO_EXPIRY : integer(entry.expiresAtMs);
}

export function persist(keys: Keyspace, [, key = '']: Args): Reply {
  const entry = keys.find(key);
  if (entry === undefined || entry.expiresAtMs === null) return integer(0);
  keys.set(key, entry.value, null, ['PERSIST', key]);
  return integer(1);
}

export function expire(keys: Keyspace, args: Args): Reply {
  return setExpiry(keys, args, 'expire', 1_000n, BigInt(keys.nowMs));
}

export function pexpire(keys: Keyspace, args: Args): Reply {
  return setExpiry(keys, args, 'pexpire', 1n, BigInt(keys.nowMs));
}

export function pexpireat(keys: Keyspace, args: Args): Reply {
  return setExpiry(keys, args, 'pexpireat', 1n, 0n);
}

function remaining(keys: Keyspace, key: string, inUnit: (leftMs: number) => number): Reply {
  const entry = keys.find(key);
  if (entry === undefined) return NO_KEY;
  return entry.expiresAtMs === null ? NO_EXPIRY : integer(inUnit(Math.max(0, entry.expiresAtMs - keys.nowMs)));
}

function setExpiry(keys: Keyspace, args: Args, name: string, unitMs: bigint, baseMs: bigint): Reply {
  const [, key = '', text = '', ...words] = args;
  const flags = readFlags(words);
  if ('kind' in flags) return flags;
  const given = parseInteger(text);
  if (given === null) return NOT_AN_INTEGER;
  const instantMs = given * unitMs + baseMs;
  const isValid = given * unitMs >= INTEGER_MIN && instantMs <= INTEGER_MAX;
  if (!isValid) return failure(`invalid expire time in '${name}' command`);
  const entry = keys.find(key);
  const atMs = Number(instantMs);
  if (entry === undefined || !flags.every((flag) => allows(flag, entry, atMs))) return integer(0);
  if (keys.isPast(atMs)) keys.remove(key);
  else keys.set(key, entry.value, atMs, ['PEXPIREAT', key, instantText(atMs)]);
  return integer(1);
}

type Flag = 'NX' | 'XX' | 'GT' | 'LT';
const FLAGS: readonly string[] = ['NX', 'XX', 'GT', 'LT'];

/** The flags, or the error. */
function readFlags(words: Args): Flag[] | Reply {
  const flags = words.map((word) => word.toUpperCase());
  const unknown = flags.findIndex((flag) => !FLAGS.includes(flag));
  if (unknown >= 0) return failure(`Unsupported option ${words[unknown]}`);
  const has = (flag: Flag): boolean => flags.includes(flag);
  if (has('NX') && (has('XX') || has('GT') || has('LT'))) {
    return failure('NX and XX, GT or LT options at the same time are not compatible');
  }
  if (has('GT') && has('LT')) return failure('GT and LT options at the same time are not compatible');
  return flags as Flag[];
}

/** A key that never expires counts as one that expires after all others. */
function allows(flag: Flag, { expiresAtMs }: Entry, atMs: number): boolean {
  switch (flag) {
    case 'NX': return expiresAtMs === null;
    case 'XX': return expiresAtMs !== null;
    case 'GT': return expiresAtMs !== null && atMs > expiresAtMs;
    case 'LT': return expiresAtMs === null || atMs < expiresAtMs;
  }
}
