import type { ClientRequest } from '../../contract/client.ts';
import type { NotExecuted } from '../../contract/leader-client.ts';
import type { Plain } from '../../contract/message.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import type { Configuration } from './configuration.ts';

/** An entry of the replicated log: one object travels and is stored everywhere, unchanged. Its index is its place. */
export type LogEntry = {
  readonly term: number;
  /** The cluster's time when the leader appended it: never goes down along a log (thesis §6.3, expiry of sessions). */
  readonly timeUs: TimeUs;
  /** What it weighs in messages and windows. */
  readonly bytes: number;
} & (
  | { readonly kind: 'command'; readonly command: Plain }
  /** What a leader commits first in its term (§8). */
  | { readonly kind: 'no-op' }
  | { readonly kind: 'configuration'; readonly configuration: Configuration }
);

/** What RequestVote and PreVote say of the log of a candidate, which is the sender. */
interface Candidacy {
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

/** Figure 2, RequestVote. */
export interface RequestVote extends Candidacy {
  readonly kind: 'RequestVote';
  /** Thesis §4.2.3: the leader wants it so; servers that hear the leader listen all the same. */
  readonly isTransfer: boolean;
}

/** A granted vote is for the request of this very term: in one term a candidate asks for one and the same. */
export interface RequestVoteReply {
  readonly kind: 'RequestVoteReply';
  readonly term: number;
  readonly voteGranted: boolean;
}

/** Thesis §9.6. `term` is the one that its sender is in; it would ask for votes in `nextTerm`. */
export interface PreVote extends Candidacy {
  readonly kind: 'PreVote';
  readonly nextTerm: number;
}

/** `term` is the one that the sender is in, whatever it was asked about. */
export interface PreVoteReply {
  readonly kind: 'PreVoteReply';
  readonly term: number;
  readonly nextTerm: number;
  readonly voteGranted: boolean;
}

/** What tells one message of a leader from its others; replies carry it back. */
interface LeaderStamp {
  /** Numbers what a leader sends in its term, upwards. */
  readonly requestId: number;
  /** By the leader's own monotonic clock. A lease begins here (thesis §6.4.1). */
  readonly sentAtUs: DurationUs;
}

/** Figure 2, AppendEntries; without entries, a heartbeat. The leader is the sender. */
export interface AppendEntries extends LeaderStamp {
  readonly kind: 'AppendEntries';
  readonly term: number;
  readonly prevLogIndex: number;
  readonly prevLogTerm: number;
  readonly entries: readonly LogEntry[];
  readonly leaderCommit: number;
}

/** AppendEntries results with success = true. */
export interface AppendEntriesAccepted extends LeaderStamp {
  readonly kind: 'AppendEntriesAccepted';
  readonly term: number;
  /** The last index that the request covered: up to here the sender's synced log is the leader's. */
  readonly matchIndex: number;
}

/** AppendEntries results with success = false. */
export interface AppendEntriesRejected extends LeaderStamp {
  readonly kind: 'AppendEntriesRejected';
  readonly term: number;
  /** §5.3 Where the leader should try next: at the latest, the first index of the term that conflicts. */
  readonly conflictIndex: number;
}

/** Figure 13, InstallSnapshot: one chunk. Chunks of one snapshot come in the order of their offsets. */
export interface InstallSnapshot extends LeaderStamp {
  readonly kind: 'InstallSnapshot';
  readonly term: number;
  readonly lastIncludedIndex: number;
  readonly lastIncludedTerm: number;
  readonly timeUs: TimeUs;
  readonly configuration: Configuration;
  readonly offset: number;
  readonly data: string;
  readonly done: boolean;
}

/** The sender has this much of the snapshot; all of it once it is installed and synced. */
export interface InstallSnapshotReply extends LeaderStamp {
  readonly kind: 'InstallSnapshotReply';
  readonly term: number;
  readonly lastIncludedIndex: number;
  readonly received: number;
  readonly isInstalled: boolean;
}

/**
 * What AppendEntries and InstallSnapshot of an older term are answered with. It says nothing of what was sent: a leader
 * that was deposed and elected again would take a rejection of its first life for one of its second, and believe that a
 * majority follows it.
 */
export interface Outdated {
  readonly kind: 'Outdated';
  readonly term: number;
}

/** Thesis §3.10: the receiver is to start an election at once. */
export interface TimeoutNow {
  readonly kind: 'TimeoutNow';
  readonly term: number;
}

/** Thesis §6.4: a follower asks from which index on it may answer a read. `id` is unique for its sender, for ever. */
export interface ReadIndexRequest {
  readonly kind: 'ReadIndexRequest';
  readonly term: number;
  readonly id: number;
}

/** The answer: every read that waits for it may be answered once `readIndex` is applied. */
export interface ReadIndexReply {
  readonly kind: 'ReadIndexReply';
  readonly term: number;
  readonly id: number;
  readonly readIndex: number;
}

/** A follower hands the request of a client on to the leader, which answers the client itself. */
export interface Forward {
  readonly kind: 'Forward';
  readonly term: number;
  readonly request: ClientRequest;
}

/** What Raft nodes say to each other. */
export type RaftMessage =
  | RequestVote
  | RequestVoteReply
  | PreVote
  | PreVoteReply
  | AppendEntries
  | AppendEntriesAccepted
  | AppendEntriesRejected
  | InstallSnapshot
  | InstallSnapshotReply
  | Outdated
  | TimeoutNow
  | ReadIndexRequest
  | ReadIndexReply
  | Forward;

/** What a node answers a client. */
export type RaftAnswer =
  /** `index`: the answer reflects every entry up to here. */
  | { readonly kind: 'applied'; readonly result: Plain; readonly index: number }
  /** Busy is a leader that is being replaced, or has too much under way. */
  | NotExecuted;
