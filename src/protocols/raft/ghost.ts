import { type DiskView, WHOLE } from '../../contract/disk.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { LogEntry } from './messages.ts';

/** What the monitor remembers of one node: what it looked like after its last event. */
export interface NodeGhost {
  currentTerm: number;
  /** Term that the node leads; 0 when it leads none. */
  ledTerm: number;
  commitIndex: number;
  lastApplied: number;
  /** Term of each entry of its log; entry 1 at array index 0. */
  readonly terms: number[];
  /** Lowest index cut off during the event that is going on; 0 for none. */
  truncatedFrom: number;
  /** Lowest index cut off since the node started. */
  cutFrom: number;
  /** matchIndex by NodeId, while the node leads. */
  matchIndex: number[];
  /** Whose matchIndex is looked at next. */
  nextPeer: number;
  /** Highest term in any message that it sent, in its whole life. */
  attestedTerm: number;
  /** Highest term seen on its disk since it started. */
  durableTerm: number;
  /** Highest term that it was ever in, also one that a crash took back before anybody heard of it. */
  highestTerm: number;
  /** What a crash of its machine would leave. */
  synced: DiskView;
}

const NOTHING: DiskView = { cell: () => undefined, log: () => [], head: () => WHOLE };

/** A node of which nothing is known. */
export function newNodeGhost(): NodeGhost {
  return {
    currentTerm: 0,
    ledTerm: 0,
    commitIndex: 0,
    lastApplied: 0,
    terms: [],
    truncatedFrom: 0,
    cutFrom: Infinity,
    matchIndex: [],
    nextPeer: 0,
    attestedTerm: 0,
    durableTerm: 0,
    highestTerm: 0,
    synced: NOTHING,
  };
}

/** Whether two entries say the same. In a run they are one object. */
export function isSameEntry(a: LogEntry | undefined, b: LogEntry | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

interface Vertex {
  readonly entry: LogEntry;
  readonly prevTerm: number;
  next: Vertex | null;
}

/**
 * Every entry that ever stood in any log, by index and term, with the term of the entry before it. If each pair of
 * index and term has one entry and one predecessor's term, then two logs with the same term at an index are, by
 * induction, the same up to there: log matching at constant cost, and exact where a prefix hash could collide.
 * As long as no log is compacted, each can still present its first entry, so nothing can be dropped.
 */
export class EntryTable {
  /** First seen entry of index 1 at array index 0. */
  private readonly heads: Vertex[] = [];

  /** Adds an entry. False if its index and term are known with another content or predecessor. */
  record(index: number, entry: LogEntry, prevTerm: number): boolean {
    const head = this.heads[index - 1];
    if (head === undefined) {
      this.heads[index - 1] = { entry, prevTerm, next: null };
      return true;
    }
    let vertex = head;
    while (vertex.entry.term !== entry.term) {
      if (vertex.next === null) {
        vertex.next = { entry, prevTerm, next: null };
        return true;
      }
      vertex = vertex.next;
    }
    return vertex.prevTerm === prevTerm && isSameEntry(vertex.entry, entry);
  }

  /** Term at `index` of the log that ends at `lastIndex` with `lastTerm`; 0 beyond its end. Walks back from there. */
  termAt(index: number, lastIndex: number, lastTerm: number): number {
    if (index > lastIndex) return 0;
    let term = lastTerm;
    for (let at = lastIndex; at > index; at--) {
      let vertex = this.heads[at - 1] ?? null;
      while (vertex !== null && vertex.entry.term !== term) vertex = vertex.next;
      term = vertex?.prevTerm ?? 0;
    }
    return term;
  }
}

/** Every vote that was ever sent. One row per term in which somebody voted. */
export class VoteTable {
  private readonly rows = new Map<number, (NodeId | undefined)[]>();

  /** Adds a vote. Returns for whom this voter had voted in this term before, or `null`. */
  record(term: number, voter: NodeId, candidate: NodeId): NodeId | null {
    let row = this.rows.get(term);
    if (row === undefined) {
      row = [];
      this.rows.set(term, row);
    }
    const earlier = row[voter];
    row[voter] = earlier ?? candidate;
    return earlier ?? null;
  }

  /** How many others have voted for a candidate. */
  countFor(term: number, candidate: NodeId): number {
    let count = 0;
    for (const [voter, votedFor] of (this.rows.get(term) ?? []).entries()) {
      if (votedFor === candidate && voter !== candidate) count += 1;
    }
    return count;
  }

  /** Whether a node, or the candidate itself, has voted for a candidate. */
  isFor(term: number, candidate: NodeId, voter: NodeId): boolean {
    return voter === candidate || this.rows.get(term)?.[voter] === candidate;
  }
}

/** What was committed, as it was when any node first learned of it, and what came of applying it. */
export class CommittedTable {
  /** Entry 1 at array index 0. */
  readonly entries: LogEntry[] = [];
  /** Term of the leader that committed each entry; never goes down. */
  readonly committedIn: number[] = [];
  /** Digest of the state machine after each index, NO_DIGEST where no node has stopped yet. */
  private readonly digests: number[] = [];
  /** For each session, the index at which each sequence number was executed; 0 for none. */
  private readonly executions: number[][] = [];

  /** How many of the committed entries a leader of `term` must have had when it was elected. */
  requiredFor(term: number): number {
    let count = this.committedIn.length;
    while (count > 0 && (this.committedIn[count - 1] as number) >= term) count -= 1;
    return count;
  }

  /** False if a node was in another state after the same index. */
  recordDigest(index: number, digest: number): boolean {
    while (this.digests.length <= index) this.digests.push(NO_DIGEST);
    if (this.digests[index] === NO_DIGEST) this.digests[index] = digest;
    return this.digests[index] === digest;
  }

  /** Returns the index at which this command was executed first. */
  recordExecution(session: number, sequence: number, index: number): number {
    while (this.executions.length <= session) this.executions.push([]);
    const row = this.executions[session] as number[];
    while (row.length <= sequence) row.push(0);
    if (row[sequence] === 0) row[sequence] = index;
    return row[sequence] as number;
  }
}

const NO_DIGEST = -1;
