import { INTEGER_MAX, INTEGER_MIN, parseInteger } from './integers.ts';
import { bulk, failure, integer, NIL, NOT_AN_INTEGER, type Reply, WRONG_TYPE } from './reply.ts';
import type { Args, Entry, Hash, Keyspace } from './store.ts';

const EMPTY: Hash = Object.freeze({ kind: 'hash', fields: Object.freeze([]) });

export function hget(keys: Keyspace, [, key = '', field = '']: Args): Reply {
  const hash = hashOf(keys.find(key));
  if (hash === null) return WRONG_TYPE;
  const value = valueOf(hash, field);
  return value === undefined ? NIL : bulk(value);
}

export function hexists(keys: Keyspace, [, key = '', field = '']: Args): Reply {
  const hash = hashOf(keys.find(key));
  if (hash === null) return WRONG_TYPE;
  return integer(valueOf(hash, field) === undefined ? 0 : 1);
}

/** HSET key field value [field value …]: answers how many fields are new. */
export function hset(keys: Keyspace, args: Args): Reply {
  const [, key = '', ...words] = args;
  if (words.length % 2 !== 0) return failure("wrong number of arguments for 'hset' command");
  const entry = keys.find(key);
  let hash = hashOf(entry);
  if (hash === null) return WRONG_TYPE;
  const before = hash.fields.length;
  for (let at = 0; at < words.length; at += 2) hash = withField(hash, words[at] as string, words[at + 1] as string);
  keys.set(key, hash, entry?.expiresAtMs ?? null, args);
  return integer(hash.fields.length - before);
}

/** HINCRBY: a field that is not there counts from 0. Keeps the time of expiry. */
export function hincrby(keys: Keyspace, args: Args): Reply {
  const [, key = '', field = '', text = ''] = args;
  const increment = parseInteger(text);
  if (increment === null) return NOT_AN_INTEGER;
  const entry = keys.find(key);
  const hash = hashOf(entry);
  if (hash === null) return WRONG_TYPE;
  const value = parseInteger(valueOf(hash, field) ?? '0');
  if (value === null) return failure('hash value is not an integer');
  const sum = value + increment;
  if (sum > INTEGER_MAX || sum < INTEGER_MIN) return failure('increment or decrement would overflow');
  keys.set(key, withField(hash, field, String(sum)), entry?.expiresAtMs ?? null, args);
  return integer(Number(sum));
}

/** The hash, an empty one where nothing is; `null` where something else is. */
function hashOf(entry: Entry | undefined): Hash | null {
  if (entry === undefined) return EMPTY;
  return typeof entry.value === 'object' && entry.value.kind === 'hash' ? entry.value : null;
}

function valueOf({ fields }: Hash, field: string): string | undefined {
  return fields.find(([name]) => name === field)?.[1];
}

function withField({ fields }: Hash, field: string, value: string): Hash {
  const pair = Object.freeze([field, value] as const);
  const at = fields.findIndex(([name]) => name === field);
  const changed = at < 0 ? [...fields, pair] : fields.map((old, index) => (index === at ? pair : old));
  return Object.freeze({ kind: 'hash', fields: Object.freeze(changed) });
}
