import type { TimeUs } from '../kernel/time.ts';
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
  /**
   * Executes one command. `timeUs` is the cluster's time as the log has it: the same on every node, never going down
   * from one command to the next. Cost: that of the command alone, never of the whole state.
   */
  apply(state: S, command: Plain, timeUs: TimeUs): Applied;
  /** Answers a read-only command without changing anything; `null` for a command that has to be applied. */
  query(state: S, command: Plain): { readonly result: Plain } | null;
  /** All of a state as text: what a snapshot carries. Equal states give equal text. Cost: the size of the state. */
  save(state: S): string;
  /**
   * The same of the state as it is now, made when it is asked for: most snapshots are replaced by the next one before
   * anybody reads them. Cost now: a shallow copy of what may change.
   */
  saveLater(state: S): () => string;
  /** The state that was saved. Throws an {@link AssertionError} for anything else. Cost: the size of the state. */
  load(text: string): S;
  /**
   * An unsigned 32-bit digest of the content, kept up to date by `apply`: equal command sequences give equal digests,
   * and so does a state that was saved and loaded. Cost: O(1).
   */
  digest(state: S): number;
  /** The same of the table of client sessions alone, which {@link digest} includes. Serves invariant R22. */
  sessionsDigest?(state: S): number;
}
