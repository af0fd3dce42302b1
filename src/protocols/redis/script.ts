import type { Reply } from './reply.ts';
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
