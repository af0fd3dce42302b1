import { expire, persist, pexpire, pexpireat, pexpiretime, pttl, ttl } from './expiry-commands.ts';
import { hexists, hget, hincrby, hset } from './hash-commands.ts';
import { parseInteger } from './integers.ts';
import { lindex, lpop, lrem, rpush, zadd, zrem, zscore } from './queue-commands.ts';
import { bulk, failure, integer, NOT_AN_INTEGER, OK, type Reply, SYNTAX_ERROR } from './reply.ts';
import { evaluate, evaluateSha, scriptExists, scriptFlush, scriptLoad } from './script-commands.ts';
import { type Args, type Expiry, Keyspace, type News, type Store } from './store.ts';
import { del, exists, get, getset, incr, incrby, set, setnx } from './string-commands.ts';
import { cutToBytes, utf8 } from './utf8.ts';

/** What a command did. */
export interface Execution {
  readonly reply: Reply;
  /** What replicas and files are told, see {@link Keyspace.effects}. */
  readonly effects: readonly Args[];
  /** What was published, and is for the subscribers. */
  readonly published: readonly News[];
}

interface Command {
  /** Number of words, the name included; negative: at least so many. */
  readonly arity: number;
  readonly isWrite?: true;
  /** Refused while there is no memory left. */
  readonly mayGrow?: true;
  run(keys: Keyspace, args: Args): Reply;
}

/** How many bytes of an unknown command are told. */
const SHOWN_MAX = 128;
const READ_ONLY: Reply = Object.freeze(
  { kind: 'error', text: "READONLY You can't write against a read only replica." });
/** What a primary answers to writes while too few replicas acknowledge (min-replicas-to-write). */
export const NO_REPLICAS: Reply = Object.freeze(
  { kind: 'error', text: 'NOREPLICAS Not enough good replicas to write.' });

const NO_MEMORY: Reply = Object.freeze(
  { kind: 'error', text: "OOM command not allowed when used memory > 'maxmemory'." });

const table: Readonly<Record<string, Command>> = {
  get: { arity: 2, run: get },
  set: { arity: -3, isWrite: true, mayGrow: true, run: set },
  setnx: { arity: 3, isWrite: true, mayGrow: true, run: setnx },
  getset: { arity: 3, isWrite: true, mayGrow: true, run: getset },
  del: { arity: -2, isWrite: true, run: del },
  unlink: { arity: -2, isWrite: true, run: del },
  exists: { arity: -2, run: exists },
  incr: { arity: 2, isWrite: true, mayGrow: true, run: incr },
  incrby: { arity: 3, isWrite: true, mayGrow: true, run: incrby },
  hget: { arity: 3, run: hget },
  hexists: { arity: 3, run: hexists },
  hset: { arity: -4, isWrite: true, mayGrow: true, run: hset },
  hincrby: { arity: 4, isWrite: true, mayGrow: true, run: hincrby },
  rpush: { arity: -3, isWrite: true, mayGrow: true, run: rpush },
  lpop: { arity: 2, isWrite: true, run: lpop },
  lindex: { arity: 3, run: lindex },
  lrem: { arity: 4, isWrite: true, run: lrem },
  zadd: { arity: 4, isWrite: true, mayGrow: true, run: zadd },
  zrem: { arity: -3, isWrite: true, run: zrem },
  zscore: { arity: 3, run: zscore },
  expire: { arity: -3, isWrite: true, run: expire },
  pexpire: { arity: -3, isWrite: true, run: pexpire },
  pexpireat: { arity: -3, isWrite: true, run: pexpireat },
  persist: { arity: 2, isWrite: true, run: persist },
  ttl: { arity: 2, run: ttl },
  pttl: { arity: 2, run: pttl },
  pexpiretime: { arity: 2, run: pexpiretime },
  dbsize: { arity: 1, run: (keys) => integer(keys.store.entries.size) },
  flushall: { arity: -1, isWrite: true, run: flushall },
  ping: { arity: -1, run: ping },
  publish: { arity: 3, run: publish },
  time: { arity: 1, run: time },
  eval: { arity: -3, run: (keys, args) => evaluate(keys, args, perform) },
  evalsha: { arity: -3, run: (keys, args) => evaluateSha(keys, args, perform) },
  role: { arity: 1, run: roleAlone },
  wait: { arity: 3, run: (_keys, args) => waitWithoutReplicas(args) },
};
const commands: ReadonlyMap<string, Command> = new Map(Object.entries(table));

const scriptCommands: ReadonlyMap<string, Command> = new Map(Object.entries({
  load: { arity: 3, run: scriptLoad },
  exists: { arity: -3, run: scriptExists },
  flush: { arity: -2, run: scriptFlush },
}));

/**
 * Executes one command of a client, at an instant of the node's wall clock. Changes `store` in place; answers with the
 * very words of Redis 7.0. The clock stands still while it does. A replica `hides` what has expired, and refuses to
 * write; a primary does so with `refusal`, if there is one. With `isFull`, nothing may be added. Cost: that of the
 * command.
 */
export function execute(
  store: Store, args: Args, wallUs: number, expiry: Expiry = 'deletes', refusal: Reply | null = null, isFull = false,
): Execution {
  const why = expiry === 'hides' ? READ_ONLY : refusal;
  const keys = new Keyspace(store, Math.floor(wallUs / 1_000), expiry, why, isFull);
  const reply = perform(keys, args);
  return { reply, effects: keys.effects, published: keys.published };
}

/** Executes what {@link Execution.effects} says, as a replica or from a file: whatever time it is. */
export function apply(store: Store, effects: readonly Args[]): void {
  const keys = new Keyspace(store, 0, 'ignores', null, false);
  for (const args of effects) perform(keys, args);
}

/** What WAIT asks for. `timeoutMs` is 0 for no end. */
export interface Wait {
  readonly replicas: number;
  readonly timeoutMs: number;
}

/** WAIT numreplicas timeout, or the error; `null` for any other command. */
export function readWait(args: Args): Wait | Reply | null {
  if (nameOf(args) !== 'wait' || args.length !== 3) return null;
  const [replicas, timeoutMs] = [parseInteger(args[1] as string), parseInteger(args[2] as string)];
  if (replicas === null) return NOT_AN_INTEGER;
  if (timeoutMs === null) return failure('timeout is not an integer or out of range');
  if (timeoutMs < 0n) return failure('timeout is negative');
  return { replicas: Number(replicas), timeoutMs: Number(timeoutMs) };
}

/** What SUBSCRIBE and UNSUBSCRIBE ask for. */
export interface Subscription {
  readonly name: 'subscribe' | 'unsubscribe';
  readonly channel: string;
}

/** SUBSCRIBE channel or UNSUBSCRIBE channel, which only a node can answer; `null` for any other command. */
export function readSubscription(args: Args): Subscription | null {
  const name = nameOf(args);
  if ((name !== 'subscribe' && name !== 'unsubscribe') || args.length !== 2) return null;
  return { name, channel: args[1] as string };
}

/** ROLE, which only a node can answer. */
export function isRole(args: Args): boolean {
  return nameOf(args) === 'role' && args.length === 1;
}

function perform(keys: Keyspace, args: Args): Reply {
  const name = nameOf(args);
  if (name === 'script') return performOnScripts(keys, args);
  const command = commands.get(name);
  if (command === undefined) return unknownCommand(args);
  if (!fits(command, args)) return wrongArity(name);
  if (keys.isFull && command.mayGrow === true) return NO_MEMORY;
  return (command.isWrite === true ? keys.refusal : null) ?? command.run(keys, args);
}

function performOnScripts(keys: Keyspace, args: Args): Reply {
  if (args.length < 2) return wrongArity('script');
  const given = args[1] as string;
  const name = given.toLowerCase();
  const command = scriptCommands.get(name);
  if (command === undefined) return failure(`unknown subcommand '${cutToBytes(given, SHOWN_MAX)}'. Try SCRIPT HELP.`);
  return fits(command, args) ? command.run(keys, args) : wrongArity(`script|${name}`);
}

function nameOf(args: Args): string {
  return (args[0] ?? '').toLowerCase();
}

function fits({ arity }: Command, args: Args): boolean {
  return arity < 0 ? args.length >= -arity : args.length === arity;
}

function wrongArity(name: string): Reply {
  return failure(`wrong number of arguments for '${name}' command`);
}

function unknownCommand([name = '', ...words]: Args): Reply {
  let shown = '';
  for (const word of words) {
    const left = SHOWN_MAX - utf8(shown).length;
    if (left <= 0) break;
    shown += `'${cutToBytes(word, left)}' `;
  }
  return failure(`unknown command '${cutToBytes(name, SHOWN_MAX)}', with args beginning with: ${shown}`);
}

function flushall(keys: Keyspace, args: Args): Reply {
  const isUnderstood = args.length === 1 || (args.length === 2 && /^a?sync$/i.test(args[1] as string));
  if (!isUnderstood) return SYNTAX_ERROR;
  keys.clear();
  return OK;
}

function ping(_keys: Keyspace, args: Args): Reply {
  if (args.length > 2) return wrongArity('ping');
  return args.length === 2 ? bulk(args[1] as string) : { kind: 'status', text: 'PONG' };
}

/** Seconds and microseconds: here, of whole milliseconds. */
function time({ nowMs }: Keyspace): Reply {
  const [seconds, ms] = [Math.floor(nowMs / 1_000), nowMs % 1_000];
  return { kind: 'array', items: [bulk(String(seconds)), bulk(String(ms * 1_000))] };
}

/** Answers how many hear it. What nobody hears is gone. */
function publish(keys: Keyspace, [, channel = '', text = '']: Args): Reply {
  keys.published.push({ channel, text });
  return integer(keys.store.subscribers.get(channel)?.length ?? 0);
}

/** What a primary says whom nobody follows. */
function roleAlone(): Reply {
  return { kind: 'array', items: [bulk('master'), integer(0), { kind: 'array', items: [] }] };
}

/** Nobody acknowledges: the answer that comes when the time is over, or at once. */
function waitWithoutReplicas(args: Args): Reply {
  const wait = readWait(args);
  return wait === null || 'kind' in wait ? wait ?? SYNTAX_ERROR : integer(0);
}
