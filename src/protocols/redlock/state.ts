import type { LockGrant } from '../../contract/lock.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { TimeUs } from '../../kernel/time.ts';

/** One question to each of the nodes. Each answers once; a copy of an answer finds its number gone. */
export interface Round {
  /** By the clock of the options, before the first request left. */
  readonly startedAtUs: TimeUs;
  /** Nodes that are still to be asked, the next one first. */
  readonly unasked: NodeId[];
  /** By the number of the request: who was asked and has not answered. */
  readonly open: Map<number, NodeId>;
  /** The request that the next node waits for, where nodes are asked in turn. */
  awaited: number | null;
  /** Who has done what was asked, and who has not because the entry is not the caller's. */
  readonly yes: NodeId[];
  readonly no: NodeId[];
  /** The highest number that came with a yes; 0 without any. */
  count: number;
}

/** A try to get the lock from a quorum, under a lock value of its own. */
export interface Attempt {
  readonly owner: string;
  readonly round: Round;
}

export interface Acquiring {
  readonly kind: 'acquiring';
  readonly lock: string;
  /** By the monotonic clock: what bounds an operation is no part of the algorithm. */
  readonly beganAtUs: TimeUs;
  attempts: number;
  /** `null` in the pause between two of them. */
  attempt: Attempt | null;
  /**
   * Until when an earlier attempt that too few answered could have been valid, by the clock of the options; `null`
   * without one. Until then nobody knows whether its entries stood on a quorum.
   */
  unsureUntilUs: TimeUs | null;
}

export interface Holding {
  readonly kind: 'holding';
  /** Replaced at each extension. */
  grant: LockGrant;
  extensions: number;
  extension: Round | null;
}

export interface Releasing {
  readonly kind: 'releasing';
  readonly lock: string;
  readonly owner: string;
  readonly round: Round;
}

export type Phase = { readonly kind: 'idle' } | Acquiring | Holding | Releasing;

/** A request to set an entry that was not answered. */
export interface UnansweredSet {
  readonly node: NodeId;
  readonly lock: string;
  readonly owner: string;
}

/** Everything that a Redlock client knows. Nothing of it survives a crash. Plain data. */
export interface RedlockState {
  phase: Phase;
  nextRequest: number;
  /** By the number of the request, oldest first: whose answer may come when nobody wants the entry any more. */
  readonly unanswered: Map<number, UnansweredSet>;
}
