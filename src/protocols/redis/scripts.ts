import { COMPARE_AND_SET, EXTEND_LOCK, FENCED_LOCK, RELEASE_LOCK } from './messages.ts';
import { integer, type Reply } from './reply.ts';
import { sha1 } from './sha1.ts';
import type { Args } from './store.ts';

/** What a script sees. Its first key and argument are element 0. */
export interface ScriptInput {
  readonly keys: Args;
  readonly args: Args;
  /** Executes a command for the script, which stands in this line of it. An error ends the script. */
  readonly call: (line: number, ...command: readonly (string | undefined)[]) => Reply;
}

/** A script that is known here: what Lua would do, written by hand. Atomic, like every command. */
export interface Script {
  readonly text: string;
  run(input: ScriptInput): Reply;
}

const ZERO: Reply = Object.freeze(integer(0));

/** Whether the key holds the caller's own value. An error is its own answer. */
function owns(found: Reply, value: string | undefined): boolean {
  return found.kind === 'bulk' && found.text === value;
}

const known: readonly Script[] = [
  {
    text: RELEASE_LOCK,
    run({ keys, args, call }) {
      const found = call(1, 'GET', keys[0]);
      if (found.kind === 'error') return found;
      return owns(found, args[0]) ? call(2, 'DEL', keys[0]) : ZERO;
    },
  },
  {
    text: EXTEND_LOCK,
    run({ keys, args, call }) {
      const found = call(1, 'GET', keys[0]);
      if (found.kind === 'error') return found;
      return owns(found, args[0]) ? call(2, 'PEXPIRE', keys[0], args[1]) : ZERO;
    },
  },
  {
    text: FENCED_LOCK,
    run({ keys, args, call }) {
      const granted = call(1, 'SET', keys[0], args[0], 'NX', 'PX', args[1]);
      if (granted.kind === 'error') return granted;
      return granted.kind === 'nil' ? ZERO : call(2, 'INCR', keys[1]);
    },
  },
  {
    text: COMPARE_AND_SET,
    run({ keys, args, call }) {
      const found = call(1, 'GET', keys[0]);
      if (found.kind === 'error') return found;
      const held = found.kind === 'bulk' ? found.text : '';
      return held === args[0] ? call(3, 'SET', keys[0], args[1]) : found;
    },
  },
];

/** The scripts that can be run, keyed by the hash of their text. */
export const SCRIPTS: ReadonlyMap<string, Script> = new Map(known.map((script) => [sha1(script.text), script]));
