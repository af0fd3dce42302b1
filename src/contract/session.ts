import type { DurationUs } from '../kernel/time.ts';
import type { Plain } from './message.ts';

/** One operation on a service, in the words of the history: `f`, `key`, `value`. */
export interface Operation {
  readonly f: string;
  readonly key: string;
  readonly value: Plain;
}

/**
 * What a client asks of a replicated service, as one replicated command (Raft thesis §6.3, "Implementing linearizable
 * semantics"). `sequence` starts at 1 in each session and goes up by one for each new operation; a retry repeats it.
 * Nobody waits any more for a sequence number below `acknowledged`, so its cached result may be dropped.
 */
export type SessionCommand =
  /** `client`: who asks, whatever number its process has now. */
  | { readonly kind: 'register'; readonly client: number }
  | {
      readonly kind: 'execute';
      readonly session: number;
      readonly sequence: number;
      readonly acknowledged: number;
      readonly operation: Operation;
    };

/** What the service answers. */
export type SessionResult =
  | { readonly kind: 'registered'; readonly session: number }
  /** The operation happened, now or when an earlier copy of the command was executed. */
  | { readonly kind: 'ok'; readonly value: Plain }
  /** Definite: the operation did not happen (a failed compare). `value`: what stood in its way; `null` for no word. */
  | { readonly kind: 'refused'; readonly error: string; readonly value: Plain }
  /** The result was dropped or the session was never registered: whether it happened cannot be said any more. */
  | { readonly kind: 'no-session' }
  /** The session was unused for too long and is gone: an earlier copy may have been executed, this one was not. */
  | { readonly kind: 'expired' };

/** How long sessions are remembered. Part of the replicated state machine: the same on every node. */
export interface SessionLimits {
  /** A session that was not used for longer than this, by the cluster's time, expires. */
  readonly timeoutUs: DurationUs;
  /** With one session more than this, the one that was used least recently expires. */
  readonly max: number;
}
