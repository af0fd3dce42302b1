import type { RandomStream } from './context.ts';
import type { Plain } from './message.ts';
import type { Operation } from './session.ts';
import type { DurationUs } from '../kernel/time.ts';

/** What one client knows when it chooses its next operation. Plain data, owned by the client. */
export interface Seen {
  /** Zero-based number of this client, and how many there are. */
  readonly client: number;
  readonly clients: number;
  /** Operations that this client has begun in this run, incarnations before a crash included. */
  operations: number;
  /** The last operation on each key that was answered, whether it was refused, and the value of its answer. */
  readonly last: Map<string, { readonly f: string; readonly isRefused: boolean; readonly value: Plain }>;
}

/** A pure generator of operations: what it answers depends on its arguments alone. */
export interface OperationSource {
  /** The next operation of a client. Reads have value `null`. */
  next(random: RandomStream, seen: Seen): Operation;
  /** How long a client thinks between two operations. Draws once. */
  thinkUs(random: RandomStream): DurationUs;
}
