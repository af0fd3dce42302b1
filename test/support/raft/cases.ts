import type { Options } from '../../../src/contract/options.ts';
import type { NodeId } from '../../../src/kernel/ids.ts';
import type { Configuration } from '../../../src/protocols/raft/configuration.ts';
import type {
  AppendEntries,
  AppendEntriesAccepted,
  AppendEntriesRejected,
  InstallSnapshotReply,
  LogEntry,
  RequestVote,
  RequestVoteReply,
} from '../../../src/protocols/raft/messages.ts';
import { entry } from './harness.ts';
import type { Puppets } from './puppets.ts';

/** What one invariant must report, and the nearest things that it must not report. */
export interface Cases {
  readonly breaches: readonly Breach[];
  readonly legal: readonly Legal[];
}

/** A planted defect. Playing it on the same nodes once more breaches the invariant once more. */
export interface Breach {
  readonly when: string;
  readonly play: (nodes: Puppets) => void;
  /** All that the invariant says about it. */
  readonly text: string;
  /** Other invariants that must break with it. */
  readonly also?: readonly string[];
  /** Nodes in the cluster; three without it. */
  readonly size?: number;
  readonly options?: Partial<Options>;
}

/** What looks like a breach and is none. */
export interface Legal {
  readonly when: string;
  readonly play: (nodes: Puppets) => void;
  readonly size?: number;
  readonly options?: Partial<Options>;
}

// ── Entries ────────────────────────────────────────────────────────────

/** A log with these terms; each entry appends its own index to the list `k`. */
export function logOf(...terms: readonly number[]): LogEntry[] {
  return terms.map((term, index) => entry(term, index + 1));
}

/** What a leader of this term puts into its log first. */
export function noOp(term: number): LogEntry {
  return { kind: 'no-op', term, timeUs: 0, bytes: 0 };
}

/** An entry that says who takes part. */
export function configured(term: number, configuration: Configuration): LogEntry {
  return { kind: 'configuration', term, timeUs: 0, bytes: 0, configuration };
}

/** The same entries, as other objects. */
export function copyOf(log: readonly LogEntry[]): LogEntry[] {
  return log.map((copied) => ({ ...copied }));
}

// ── Messages ───────────────────────────────────────────────────────────

const STAMP = { requestId: 1, sentAtUs: 0 };

export function granted(term: number): RequestVoteReply {
  return { kind: 'RequestVoteReply', term, voteGranted: true };
}

export function refused(term: number): RequestVoteReply {
  return { kind: 'RequestVoteReply', term, voteGranted: false };
}

export function requestVote(term: number): RequestVote {
  return { kind: 'RequestVote', term, lastLogIndex: 0, lastLogTerm: 0, isTransfer: false };
}

export function appendEntries(term: number, entries: readonly LogEntry[] = []): AppendEntries {
  return { kind: 'AppendEntries', term, ...STAMP, prevLogIndex: 0, prevLogTerm: 0, entries, leaderCommit: 0 };
}

export function accepted(term: number, matchIndex: number): AppendEntriesAccepted {
  return { kind: 'AppendEntriesAccepted', term, ...STAMP, matchIndex };
}

export function rejected(term: number): AppendEntriesRejected {
  return { kind: 'AppendEntriesRejected', term, ...STAMP, conflictIndex: 1 };
}

/** The answer to the last chunk of a snapshot. */
export function installed(term: number, lastIncludedIndex: number): InstallSnapshotReply {
  return { kind: 'InstallSnapshotReply', term, ...STAMP, lastIncludedIndex, received: 1, isInstalled: true };
}

// ── Scenes ─────────────────────────────────────────────────────────────

/** A node leads term 1 with the vote of another, and both hold these entries. */
export function replicated(nodes: Puppets, leader: NodeId, follower: NodeId, log: readonly LogEntry[]): void {
  nodes.elect(leader, 1, [follower]);
  nodes.hold([leader, follower], log);
}

/** A node holds these entries, and commits and applies them one by one. */
export function applies(nodes: Puppets, id: NodeId, log: readonly LogEntry[]): void {
  nodes.event(id, { term: log.at(-1)?.term ?? 0, add: log });
  log.forEach((_, index) => { nodes.event(id, { commitIndex: index + 1, lastApplied: index + 1 }); });
}
