import type { LockGrant } from '../../../contract/lock.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { TimeUs } from '../../../kernel/time.ts';
import type { Args } from '../store.ts';

/** What is asked at a time: one thing for the lock, and beside it one renewal, and one entry or the end of one. */
export type Lane = 'task' | 'renewal' | 'entry';

/** A command on its way to the primary, until somebody has answered it or nobody did in time. */
export interface Asked {
  readonly args: Args;
  /** `finding`: asks a Sentinel. `checking`: asks a node whether it is the primary. `pausing`: it is not, so later. */
  step: 'finding' | 'checking' | 'pausing' | 'sent';
  /** Who is asked now, and under which number. */
  node: NodeId;
  id: number;
  /** When the command itself was sent, by the clock of validities. */
  sentAtUs: TimeUs;
}

/** A try to take a lock that nobody answered in time: the server may hold it, or may yet. */
export interface Abandoned {
  readonly node: NodeId;
  readonly lock: string;
  readonly owner: string;
}

export interface Acquiring {
  readonly kind: 'acquiring';
  readonly lock: string;
  /** Number of its first request: whatever was abandoned from there on is its own. */
  readonly firstRequest: number;
  tries: number;
  /** Value of this try. */
  owner: string;
  /** How this client is called in the queue, which is by the value of its first try. */
  waiter: string;
  /** When this try was sent, by the clock of validities. */
  sentAtUs: TimeUs;
  step: 'taking' | 'replicating' | 'pausing' | 'subscribing' | 'waiting';
  /** Who tells of the release; `null`: nobody, or nobody knows. */
  subscribedAt: NodeId | null;
  /** Whether a release was told since this try was sent. */
  isWoken: boolean;
  /** Why the last try failed. */
  error: string;
}

export interface Held {
  readonly kind: 'held';
  grant: LockGrant;
}

export interface Releasing {
  readonly kind: 'releasing';
  readonly grant: LockGrant;
  /** Requests that nobody has answered: each may have released it. */
  readonly unanswered: number[];
  step: 'asking' | 'pausing';
}

export type Phase = { readonly kind: 'idle' } | Acquiring | Held | Releasing;

/** Renews a lock that is held. */
export interface Watchdog {
  readonly lock: string;
  readonly owner: string;
  /** Renewals that nobody answered in time: when each was sent, by the clock of validities; keyed by request. */
  readonly unanswered: Map<number, TimeUs>;
}

/** What a holder has taken again of a reentrant lock. */
export interface Entering {
  readonly lock: string;
  readonly owner: string;
  /** Holds beside the first one, which is given back by the release. */
  entries: number;
  /** `over`: all were given back, or nobody knows how many there are. */
  step: 'entering' | 'leaving' | 'over';
}

/** Everything that a client of a single-instance lock knows. Plain data. */
export interface LockState {
  phase: Phase;
  watchdog: Watchdog | null;
  entering: Entering | null;
  readonly asked: Record<Lane, Asked | null>;
  /** Keyed by request, oldest first. */
  readonly abandoned: Map<number, Abandoned>;
  /** To whom the client is connected; `null`: to nobody, it has to find the primary. */
  primary: NodeId | null;
  /** Whom to ask next for the primary: a Sentinel, or without any a server. */
  nextSource: number;
  nextRequest: number;
}

export const IDLE: Phase = Object.freeze({ kind: 'idle' });
