import type { TimeUs } from '../kernel/time.ts';
import type { Operation, SessionResult } from './session.ts';

/**
 * A replicated service without its sessions: what single operations do. Deterministic, and its state is plain data.
 * Sessions stand around it and make a {@link StateMachine} of it.
 */
export interface Service<S = unknown> {
  readonly name: string;
  /** A fresh state. */
  initial(): S;
  /**
   * Executes one operation, which may change the state in place. `client` asks for it, through whatever session: who
   * holds a lock is known by it. `timeUs` is the cluster's time as the log has it: the same on every node, never going
   * down from one operation to the next. A refused operation has changed nothing. Cost: that of the operation alone.
   */
  apply(state: S, operation: Operation, client: number, timeUs: TimeUs): SessionResult;
  /** Answers an operation that changes nothing; `null` for one that has to be applied. */
  query(state: S, operation: Operation): SessionResult | null;
  /** All of a state as text. Equal content gives equal text. Cost: the size of the state. */
  save(state: S): string;
  /** The same of the state as it is now, made when it is asked for. Cost now: a shallow copy of what may change. */
  saveLater(state: S): () => string;
  /** The state that was saved. Throws an {@link AssertionError} for anything else. Cost: the size of the state. */
  load(text: string): S;
  /** An unsigned 32-bit digest of the content: equal after {@link load}, however the content came about. Cost: O(1). */
  digest(state: S): number;
}
