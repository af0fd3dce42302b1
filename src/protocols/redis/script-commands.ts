import { parseInteger } from './integers.ts';
import { bulk, failure, integer, NOT_AN_INTEGER, OK, type Reply } from './reply.ts';
import type { Script } from './script.ts';
import { SCRIPTS } from './scripts.ts';
import { sha1 } from './sha1.ts';
import type { Args, Keyspace } from './store.ts';

/** Executes one command that a script calls. */
export type CallCommand = (keys: Keyspace, args: Args) => Reply;

const NO_SCRIPT: Reply = Object.freeze({ kind: 'error', text: 'NOSCRIPT No matching script. Please use EVAL.' });
/** Redis would compile it. Here every script that can be run is known beforehand, and this one is not. */
const NOT_KNOWN_HERE: Reply = Object.freeze(failure('this script has no handler in the simulated Redis'));

/** EVAL script numkeys [key …] [arg …]. The script is remembered, so that EVALSHA finds it until the next restart. */
export function evaluate(keys: Keyspace, args: Args, call: CallCommand): Reply {
  const input = readInput(args);
  if ('kind' in input) return input;
  const hash = sha1(args[1] as string);
  const script = SCRIPTS.get(hash);
  if (script === undefined) return NOT_KNOWN_HERE;
  keys.store.scripts.add(hash);
  return run(keys, script, hash, input, call);
}

/** EVALSHA sha1 numkeys [key …] [arg …]. */
export function evaluateSha(keys: Keyspace, args: Args, call: CallCommand): Reply {
  const hash = (args[1] as string).toLowerCase();
  if (hash.length !== 40) return NO_SCRIPT;
  const input = readInput(args);
  if ('kind' in input) return input;
  const script = keys.store.scripts.has(hash) ? SCRIPTS.get(hash) : undefined;
  return script === undefined ? NO_SCRIPT : run(keys, script, hash, input, call);
}

export function scriptLoad(keys: Keyspace, [, , text = '']: Args): Reply {
  const hash = sha1(text);
  if (!SCRIPTS.has(hash)) return NOT_KNOWN_HERE;
  keys.store.scripts.add(hash);
  return bulk(hash);
}

export function scriptExists(keys: Keyspace, [, , ...hashes]: Args): Reply {
  const items = hashes.map((hash) => integer(keys.store.scripts.has(hash.toLowerCase()) ? 1 : 0));
  return { kind: 'array', items };
}

export function scriptFlush(keys: Keyspace, [, , ...words]: Args): Reply {
  const isUnderstood = words.length === 0 || (words.length === 1 && /^a?sync$/i.test(words[0] as string));
  if (!isUnderstood) return failure('SCRIPT FLUSH only support SYNC|ASYNC option');
  keys.store.scripts.clear();
  return OK;
}

interface Input {
  readonly keys: Args;
  readonly args: Args;
}

/** Keys and arguments, or the error. */
function readInput(args: Args): Input | Reply {
  const count = parseInteger(args[2] as string);
  if (count === null) return NOT_AN_INTEGER;
  const rest = args.slice(3);
  if (count > BigInt(rest.length)) return failure("Number of keys can't be greater than number of args");
  if (count < 0n) return failure("Number of keys can't be negative");
  return { keys: rest.slice(0, Number(count)), args: rest.slice(Number(count)) };
}

function run(keys: Keyspace, script: Script, hash: string, input: Input, call: CallCommand): Reply {
  return script.run({
    // Not a copy with one field more: V8 keeps to an outdated shape for those, and a script that reads one searches.
    keys: input.keys,
    args: input.args,
    call(line, ...command) {
      const reply = command.includes(undefined)
        ? failure('Lua redis lib command arguments must be strings or integers')
        : call(keys, command as Args);
      if (reply.kind !== 'error') return reply;
      return { kind: 'error', text: `${reply.text} script: ${hash}, on @user_script:${line}.` };
    },
  });
}
