import type { NotExecuted } from '../../contract/leader-client.ts';
import type { Plain } from '../../contract/message.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { TimeUs } from '../../kernel/time.ts';
import type { Zxid } from './zxid.ts';

/** A transaction: one object travels and is stored everywhere, unchanged. */
export interface Txn {
  readonly zxid: Zxid;
  /** The cluster's time when it was proposed (expiry of sessions). Never goes down along a history. */
  readonly timeUs: TimeUs;
  readonly command: Plain;
}

/** Whom a node wants to lead: compared by epoch, then zxid, then id. */
export interface Vote {
  readonly leader: NodeId;
  /** Last transaction of that node's history. */
  readonly zxid: Zxid;
  /** That node's current epoch. */
  readonly epoch: number;
}

/** Fast Leader Election: what a node votes for, or has voted for. The one message that is a datagram. */
export interface Notification {
  readonly kind: 'Notification';
  readonly state: 'LOOKING' | 'FOLLOWING' | 'LEADING';
  /** The sender's logical clock: votes of one round are counted together. */
  readonly round: number;
  readonly vote: Vote;
}

/** Discovery, step 1 (the paper's CEPOCH): the highest epoch that the follower has promised. */
export interface FollowerInfo {
  readonly kind: 'FOLLOWERINFO';
  readonly acceptedEpoch: number;
}

/** Discovery, step 2 (NEWEPOCH): above all that a quorum has promised. */
export interface LeaderInfo {
  readonly kind: 'LEADERINFO';
  readonly epoch: number;
}

/** Discovery, step 3 (ACK-E): the follower hears no leader of a lower epoch any more. */
export interface AckEpoch {
  readonly kind: 'ACKEPOCH';
  /** The epoch that it has promised. */
  readonly epoch: number;
  /** Epoch of the last NEWLEADER that it has accepted. */
  readonly currentEpoch: number;
  readonly lastZxid: Zxid;
  /** Whether the promise is given by this very message. One that was given before may have been given to another. */
  readonly isFirst: boolean;
}

/** Synchronisation: the follower's history is one of ours up to its end, which is this. What it lacks follows. */
export interface Diff {
  readonly kind: 'DIFF';
  readonly zxid: Zxid;
}

/** Synchronisation: up to here it is. What is behind was never committed. What it lacks follows. */
export interface Trunc {
  readonly kind: 'TRUNC';
  readonly zxid: Zxid;
}

/** Synchronisation: what came of all transactions up to this one. What comes behind it follows. */
export interface Snap {
  readonly kind: 'SNAP';
  readonly zxid: Zxid;
  readonly timeUs: TimeUs;
  readonly data: string;
}

/** Synchronisation: what was sent before this is the history with which the epoch begins. */
export interface NewLeader {
  readonly kind: 'NEWLEADER';
  readonly epoch: number;
}

/** Of NEWLEADER, with counter 0, or of a proposal: the sender has it on its disk. */
export interface Ack {
  readonly kind: 'ACK';
  readonly zxid: Zxid;
}

/** A quorum has acknowledged NEWLEADER: the history with which the epoch began is committed. */
export interface UpToDate {
  readonly kind: 'UPTODATE';
}

export interface Proposal {
  readonly kind: 'PROPOSAL';
  readonly txn: Txn;
}

/** A quorum has this proposal, and all before it, on its disks. */
export interface Commit {
  readonly kind: 'COMMIT';
  readonly zxid: Zxid;
}

/** From the leader, and back. */
export interface Ping {
  readonly kind: 'PING';
}

/** What travels on the connection of a follower to its leader. */
export type QuorumPacket =
  | FollowerInfo
  | LeaderInfo
  | AckEpoch
  | Diff
  | Trunc
  | Snap
  | NewLeader
  | Ack
  | UpToDate
  | Proposal
  | Commit
  | Ping;

/** What Zab nodes say to each other, by the names of ZooKeeper's packets. */
export type ZabMessage = Notification | QuorumPacket;

/** What a node answers a client. */
export type ZabAnswer =
  /** `zxid`: the answer reflects every transaction up to here. */
  | { readonly kind: 'executed'; readonly result: Plain; readonly zxid: Zxid }
  /** Busy is a leader with too many that wait already. */
  | NotExecuted;
