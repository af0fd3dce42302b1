import type { Plain } from './message.ts';

/** What one command did to the state machine. */
export interface Applied {
  /** The answer for the client. */
  readonly result: Plain;
  /**
   * Identity of the command when it was executed now, as (session, sequence); `null` when it was not executed (a
   * duplicate answered from the session table, a refused command) or has no identity. Serves invariant R23.
   */
  readonly executed: CommandId | null;
}

/** Names one command of one client session. */
export interface CommandId {
  readonly session: number;
  readonly sequence: number;
}

/**
 * A deterministic state machine behind a protocol. The state is plain data owned by the node; `apply` changes it in
 * place and depends on nothing but its arguments.
 */
export interface StateMachine<S = unknown> {
  readonly name: string;
  /** A fresh state. */
  initial(): S;
  /** Executes one command. Cost: that of the command alone, never of the whole state. */
  apply(state: S, command: Plain): Applied;
  /** Answers a read-only command without changing anything; `null` for a command that has to be applied. */
  query(state: S, command: Plain): { readonly result: Plain } | null;
  /** An unsigned 32-bit digest kept up to date by `apply`: equal command sequences give equal digests. Cost: O(1). */
  digest(state: S): number;
}
