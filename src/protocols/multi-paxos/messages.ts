import type { NotExecuted } from '../../contract/leader-client.ts';
import type { Plain } from '../../contract/message.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import type { Ballot } from './ballot.ts';
import type { Life, Lives } from './lives.ts';

/** What is chosen in a slot: one object travels and is stored everywhere, unchanged. */
export type Value =
  /**
   * `timeUs`: the cluster's time when it was first proposed (expiry of sessions). `epoch`: the only one in which it is
   * to be executed; 0 for any.
   */
  | { readonly kind: 'command'; readonly timeUs: TimeUs; readonly epoch: Ballot; readonly command: Plain }
  /** A new master's first: from here on, whatever was asked of those before it is not executed any more. */
  | { readonly kind: 'new-epoch'; readonly epoch: Ballot }
  /** These are who accepts, from a slot on that is as far behind this one as the window reaches. Ascending. */
  | { readonly kind: 'configuration'; readonly members: readonly NodeId[] }
  /** These are who accepts from the next slot on: it is the last one in which the others have accepted anything. */
  | { readonly kind: 'stop'; readonly members: readonly NodeId[] }
  /** What fills a slot in which, as far as a quorum knows, nothing was accepted. */
  | { readonly kind: 'no-op' };

/** What says who accepts other values. */
export type Change = Extract<Value, { readonly kind: 'configuration' | 'stop' }>;

/** Who accepts values, in the slots from one on. Its members alone stand for leadership. Never changed. */
export interface Configuration {
  /** The first slot that it governs. */
  readonly from: number;
  /** How many stops stand before that slot. */
  readonly era: number;
  /** Ascending. */
  readonly members: readonly NodeId[];
}

export type Command = Extract<Value, { readonly kind: 'command' }>;

export const NO_OP: Value = Object.freeze({ kind: 'no-op' });

/** PMMC's pvalue: an acceptor has accepted this value in this slot, last in this ballot. */
export interface AcceptedValue {
  readonly slot: number;
  readonly ballot: Ballot;
  readonly value: Value;
}

/** Phase 1a, for all slots from `fromSlot` on. What is below, its sender has executed. */
export interface Prepare {
  readonly kind: 'Prepare';
  readonly ballot: Ballot;
  readonly fromSlot: number;
}

/** Phase 1b. The sender accepts nothing below this ballot any more. */
export interface Promised {
  readonly kind: 'Promised';
  readonly ballot: Ballot;
  /** All that it has accepted in the slots that it was asked about, and has not dropped; by slot, ascending. */
  readonly accepted: readonly AcceptedValue[];
  /** Up to this slot everything is chosen and executed here, and what was accepted is dropped. */
  readonly truncatedTo: number;
  /** As its sender knew them when it promised. */
  readonly lives: Lives;
}

/** The answer to any message of a ballot that is lower than what was promised. */
export interface Preempted {
  readonly kind: 'Preempted';
  /** The ballot that was refused. */
  readonly ballot: Ballot;
  readonly promised: Ballot;
}

/** Phase 2a. */
export interface Accept {
  readonly kind: 'Accept';
  readonly ballot: Ballot;
  readonly slot: number;
  readonly value: Value;
}

/** Phase 2b. */
export interface Accepted {
  readonly kind: 'Accepted';
  readonly ballot: Ballot;
  readonly slot: number;
  /** As its sender knew them when it accepted. */
  readonly lives: Lives;
}

/** A quorum has accepted this value in this slot, in this ballot, which is the sender's. */
export interface Decide {
  readonly kind: 'Decide';
  readonly ballot: Ballot;
  readonly slot: number;
  readonly value: Value;
}

/** What a leader says at intervals: that it is there, and how far it is. */
export interface Heartbeat {
  readonly kind: 'Heartbeat';
  readonly ballot: Ballot;
  /** By the leader's own monotonic clock. A lease begins here. */
  readonly sentAtUs: DurationUs;
  /** Last slot that the leader has executed. */
  readonly executed: number;
  /** Up to here a quorum has everything in snapshots on its disks. */
  readonly truncateTo: number;
  /** Slots whose values are chosen in this ballot, since the last heartbeat; where no Decide says so. */
  readonly decided: readonly number[];
}

/** Its sender follows this leader, and grants it the lease where there are leases. */
export interface HeartbeatReply {
  readonly kind: 'HeartbeatReply';
  readonly ballot: Ballot;
  readonly sentAtUs: DurationUs;
  readonly executed: number;
  /** Last slot of the snapshot on the sender's disk; 0 for none. */
  readonly snapshotSlot: number;
}

/** A learner that lacks what is chosen from a slot on pulls it from somebody who has executed it. */
export interface Learn {
  readonly kind: 'Learn';
  readonly fromSlot: number;
}

/** Values that are chosen, in the slots from `fromSlot` on, without a gap. */
export interface Learned {
  readonly kind: 'Learned';
  readonly fromSlot: number;
  readonly values: readonly Value[];
  /** Last slot that the sender has executed. */
  readonly executed: number;
  /** None of them was chosen in a higher ballot. */
  readonly ballot: Ballot;
}

/** The answer to Learn where the values are dropped: what came of all slots up to this one. */
export interface InstallSnapshot {
  readonly kind: 'InstallSnapshot';
  readonly slot: number;
  readonly timeUs: TimeUs;
  readonly epoch: Ballot;
  /** No slot up to this one was chosen in a higher ballot. */
  readonly ballot: Ballot;
  /** Of the next slot, and those to come. */
  readonly configurations: readonly Configuration[];
  readonly data: string;
}

/** What a node that accepts no more says to those who do now, until a quorum of them has stored that they do. */
export interface Remind {
  readonly kind: 'Remind';
  /** Last slot that the sender has executed. */
  readonly executed: number;
}

/** The answer to Remind. */
export interface Reminded {
  readonly kind: 'Reminded';
  /** Last slot of the snapshot on the sender's disk; 0 for none. */
  readonly snapshotSlot: number;
}

/** Its sender has lost its disk, and begins another life. */
export interface Rejoin {
  readonly kind: 'Rejoin';
  readonly life: Life;
}

/** Its sender knows of a life of ours, which `lives` says, and holds this. */
export interface Rejoined {
  readonly kind: 'Rejoined';
  readonly lives: Lives;
  readonly promised: Ballot;
  readonly accepted: readonly AcceptedValue[];
  readonly truncatedTo: number;
}

/** What Multi-Paxos nodes say to each other. */
export type PaxosMessage =
  | Prepare
  | Promised
  | Preempted
  | Accept
  | Accepted
  | Decide
  | Heartbeat
  | HeartbeatReply
  | Learn
  | Learned
  | InstallSnapshot
  | Remind
  | Reminded
  | Rejoin
  | Rejoined;

/** What a node answers a client. */
export type PaxosAnswer =
  /**
   * `slot`: the answer reflects every slot up to here. `epoch`: the ballot of the master that answers (Paxos Made Live,
   * section 5.3): who has seen a higher one knows that mastership has changed.
   */
  | { readonly kind: 'executed'; readonly result: Plain; readonly slot: number; readonly epoch: Ballot }
  /** The command was not executed, and will not be: it was asked of a master before this epoch. */
  | { readonly kind: 'epoch-over'; readonly epoch: Ballot }
  /** Busy is a leader with too many that wait already, or with one of a later session of the same client. */
  | NotExecuted;
