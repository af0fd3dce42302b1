import type { ClientRequest } from '../../contract/client.ts';
import type { CommandId } from '../../contract/state-machine.ts';
import type { DiskView } from '../../contract/disk.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { LogEntry } from './messages.ts';

/** File names on the disk of a node. */
export const VOTE_FILE = 'vote';
export const LOG_FILE = 'log';

/** The cell `vote`. Term and vote are one record: a vote that survives without its term could be cast again. */
export interface VoteRecord {
  readonly currentTerm: number;
  readonly votedFor: NodeId | null;
}

/** Figure 2, "Persistent state on all servers". Comes back after a crash, as far as it was written. */
export interface Durable {
  currentTerm: number;
  votedFor: NodeId | null;
  /** Entry with index 1 at array index 0. */
  readonly log: LogEntry[];
}

/** Has asked for votes in the current term. */
export interface Candidate {
  readonly kind: 'candidate';
  /** Who voted for us in this term, each voter once. */
  readonly votesGranted: NodeId[];
  /** Peers that have answered, whatever they said: they are not asked again. */
  readonly haveAnswered: NodeId[];
}

/** Leads the current term. All arrays of numbers per node are indexed by NodeId, this node included. */
export interface Leader {
  readonly kind: 'leader';
  /** Next entry to send. While a follower keeps up it runs ahead of what was acknowledged. */
  readonly nextIndex: number[];
  /** Highest index known to be synced there and to be ours. Never goes back. */
  readonly matchIndex: number[];
  /** Where a follower's log meets ours is not known (again): one message at a time until it accepts one. */
  readonly isProbing: boolean[];
  /** Number of the last AppendEntries. */
  requestId: number;
  /** The requestId with which we last stepped back: rejections of earlier ones have been answered by it. */
  readonly resumedAt: number[];
  /** Index that array index 0 of `holders` and `requests` stands for. */
  readonly trackedFrom: number;
  /** How many nodes are known to hold an entry on their disk; kept up above commitIndex only. */
  readonly holders: number[];
  /** Who waits for an entry; `null` once answered, and for entries without a client. */
  readonly requests: (ClientRequest | null)[];
  /** CheckQuorum: who has answered since the last look. */
  readonly hasAnswered: boolean[];
  answeredCount: number;
}

/** A role owns only what that role needs. */
export type Role = { readonly kind: 'follower' } | Candidate | Leader;

/** Everything that a node knows. */
export interface RaftState {
  readonly durable: Durable;
  role: Role;
  /** Leader of the current term, once known. */
  leaderId: NodeId | null;
  commitIndex: number;
  lastApplied: number;
  /** State of the service, after `lastApplied`. */
  readonly machine: unknown;
  /** Digest of `machine`: replicas that have applied the same must agree. */
  digest: number;
  /** What the last step of application executed: element i belongs to entry `lastApplied - executed.length + 1 + i`. */
  readonly executed: (CommandId | null)[];
}

/** What is left after a crash: the durable part, and a fresh machine that will apply the log again. */
export function recover(disk: DiskView, machine: unknown, digest: number): RaftState {
  const vote = disk.cell(VOTE_FILE) as VoteRecord | undefined;
  const currentTerm = vote?.currentTerm ?? 0;
  const votedFor = vote?.votedFor ?? null;
  const log = disk.log(LOG_FILE).slice() as LogEntry[];
  // The files are synced apart: a crash can keep an entry of a new term and lose that term. Nothing was promised in it.
  const lastTerm = termAt(log, lastIndex(log));
  return {
    durable: lastTerm > currentTerm ? { currentTerm: lastTerm, votedFor: null, log } : { currentTerm, votedFor, log },
    role: { kind: 'follower' },
    leaderId: null,
    commitIndex: 0,
    lastApplied: 0,
    machine,
    digest,
    executed: [],
  };
}

/** Index of the last entry; 0 when there is none. */
export function lastIndex(log: readonly LogEntry[]): number {
  return log.length;
}

/** The entry at `index`, which must exist. */
export function entryAt(log: readonly LogEntry[], index: number): LogEntry {
  const entry = log[index - 1];
  assert(entry !== undefined, 'the log has the entry that is asked for');
  return entry;
}

/** Term of the entry at `index`; 0 before the first entry. */
export function termAt(log: readonly LogEntry[], index: number): number {
  return index === 0 ? 0 : entryAt(log, index).term;
}

/** First index with this term. Terms never go down along a log, so a binary search finds it. */
export function firstIndexOfTerm(log: readonly LogEntry[], term: number): number {
  let low = 1;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entryAt(log, middle).term < term) low = middle + 1;
    else high = middle;
  }
  return low;
}
