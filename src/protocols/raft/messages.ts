import type { Plain } from '../../contract/message.ts';
import type { NodeId } from '../../kernel/ids.ts';

/** An entry of the replicated log. Frozen; one object travels and is stored everywhere. Its index is its place. */
export type LogEntry =
  | { readonly kind: 'command'; readonly term: number; readonly command: Plain }
  /** What a leader commits first in its term (§8). */
  | { readonly kind: 'no-op'; readonly term: number };

/** Figure 2, RequestVote. The candidate is the sender. */
export interface RequestVote {
  readonly kind: 'RequestVote';
  readonly term: number;
  readonly lastLogIndex: number;
  readonly lastLogTerm: number;
}

/** A granted vote is for the request of this very term: in one term a candidate asks for one and the same. */
export interface RequestVoteReply {
  readonly kind: 'RequestVoteReply';
  readonly term: number;
  readonly voteGranted: boolean;
}

/** Figure 2, AppendEntries; without entries, a heartbeat. The leader is the sender. */
export interface AppendEntries {
  readonly kind: 'AppendEntries';
  readonly term: number;
  /** Numbers what a leader sends in its term, upwards; the reply carries it back. */
  readonly requestId: number;
  readonly prevLogIndex: number;
  readonly prevLogTerm: number;
  readonly entries: readonly LogEntry[];
  readonly leaderCommit: number;
}

/** AppendEntries results with success = true. */
export interface AppendEntriesAccepted {
  readonly kind: 'AppendEntriesAccepted';
  readonly term: number;
  readonly requestId: number;
  /** The last index that the request covered: up to here the sender's synced log is the leader's. */
  readonly matchIndex: number;
}

/** AppendEntries results with success = false. */
export interface AppendEntriesRejected {
  readonly kind: 'AppendEntriesRejected';
  readonly term: number;
  readonly requestId: number;
  /** §5.3 Where the leader should try next: at the latest, the first index of the term that conflicts. */
  readonly conflictIndex: number;
}

/** What Raft nodes say to each other. */
export type RaftMessage =
  | RequestVote
  | RequestVoteReply
  | AppendEntries
  | AppendEntriesAccepted
  | AppendEntriesRejected;

/** What a node answers a client. */
export type RaftAnswer =
  /** `index`: the answer reflects every entry up to here. */
  | { readonly kind: 'applied'; readonly result: Plain; readonly index: number }
  /** The command was not taken. */
  | { readonly kind: 'not-leader'; readonly leader: NodeId | null }
  /** The command was taken, then leadership was lost: a later leader may still commit it. */
  | { readonly kind: 'leadership-lost' };
