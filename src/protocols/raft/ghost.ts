import { type DiskView, WHOLE } from '../../contract/disk.ts';
import type { Configuration, ConfigurationAt } from './configuration.ts';
import type { LogEntry } from './messages.ts';
import {
  FOLLOWER, LOG_FILE, type LogMark, type Role, type Snapshot, SNAPSHOT_FILE, VOTE_FILE, type VoteRecord,
} from './state.ts';

/** What the monitor remembers of one node: what it looked like after its last event. */
export interface NodeGhost {
  currentTerm: number;
  role: Role;
  /** Term that the node leads; 0 when it leads none. */
  ledTerm: number;
  /** `NOBODY` for none. */
  leaderId: number;
  commitIndex: number;
  lastApplied: number;
  snapshot: Snapshot | null;
  /** What its log has dropped, and the term of the last entry of that; -1 where it cannot be told. */
  baseIndex: number;
  baseTerm: number;
  /** Term of each entry that its log holds; entry `baseIndex + 1` at array index 0. */
  readonly terms: number[];
  /** In force. */
  configuration: Configuration | null;
  /** What should be in force is to be looked for, whether or not another one is. */
  mustCheckInForce: boolean;
  /** Of its snapshot, or the one that it began with, and behind it those that its log holds. */
  readonly configurations: ConfigurationAt[];
  /**
   * Index of the one that it found last in its log as it started, or as long as entries counted from their place in the
   * log on; or of the one before it that is left since.
   */
  configuredFrom: number;
  /** Index of a configuration that it was the first to append, in the event that is going on; 0 for none. */
  proposedAt: number;
  /** Lowest index cut off during the event that is going on; 0 for none. */
  truncatedFrom: number;
  /** Lowest index cut off since the node started; `NEVER_CUT` for none. */
  cutFrom: number;
  /** matchIndex by NodeId, while the node leads. */
  matchIndex: number[];
  /**
   * By NodeId, while the node leads: the matchIndex that need not be looked at again. What is on a disk stays there,
   * unless its node cuts it off or starts with less; then `UNSETTLED`.
   */
  settledIndex: number[];
  /** Whose matchIndex is looked at next. */
  nextPeer: number;
  /** How many reads it has answered within its lease, while it leads. */
  leaseReads: number;
  /** Highest term in any message that it sent, in its whole life. */
  attestedTerm: number;
  /** Highest term seen on its disk since it started. */
  durableTerm: number;
  /** Up to here its log was seen on its disk since it started, and not cut since. */
  durableIndex: number;
  /** Highest term that it was ever in, also one that a crash took back before anybody heard of it. */
  highestTerm: number;
  /** What a crash of its machine would leave. */
  synced: DiskView;
}

/** Above every index, and an integer that needs no room on the heap. */
export const NEVER_CUT = 0x3fff_ffff;
/** No node: a number, since V8 calls a function to compare two values that may be a number or null. */
export const NOBODY = -1;
/** No matchIndex. */
export const UNSETTLED = -1;

const NOTHING: DiskView = { cell: () => undefined, log: () => [], head: () => WHOLE, room: () => 0 };

/** A node of which nothing is known. */
export function newNodeGhost(): NodeGhost {
  return {
    currentTerm: 0,
    role: FOLLOWER,
    ledTerm: 0,
    leaderId: NOBODY,
    commitIndex: 0,
    lastApplied: 0,
    snapshot: null,
    baseIndex: 0,
    baseTerm: 0,
    terms: [],
    configuration: null,
    mustCheckInForce: true,
    configurations: [],
    configuredFrom: 0,
    proposedAt: 0,
    truncatedFrom: 0,
    cutFrom: NEVER_CUT,
    matchIndex: [],
    settledIndex: [],
    nextPeer: 0,
    leaseReads: 0,
    attestedTerm: 0,
    durableTerm: 0,
    durableIndex: 0,
    highestTerm: 0,
    synced: NOTHING,
  };
}

/** Index of the last entry of a node's log. */
export function endOf({ baseIndex, terms }: NodeGhost): number {
  return baseIndex + terms.length;
}

/** Term at an index of a node's log; -1 behind its end, and where it was dropped. */
export function termOf({ baseIndex, baseTerm, terms }: NodeGhost, index: number): number {
  if (index === baseIndex) return baseTerm;
  return index < baseIndex || index > baseIndex + terms.length ? -1 : (terms[index - baseIndex - 1] as number);
}

// ── Disks ──────────────────────────────────────────────────────────────

/** Term in the record that a restart finds. */
export function storedTerm(synced: DiskView): number {
  return (synced.cell(VOTE_FILE) as VoteRecord | undefined)?.currentTerm ?? 0;
}

/** Term in which a node would come back: an entry of a term shows that the node was in it. */
export function durableTermOf(synced: DiskView): number {
  const entries = durableLog(synced);
  const { mark } = synced.head(LOG_FILE);
  const last = entries.length > 0 ? (entries[entries.length - 1] as LogEntry) : (mark as LogMark | undefined);
  return Math.max(storedTerm(synced), last?.term ?? 0);
}

/** Index of the last entry on a disk. */
export function endOfDurable(synced: DiskView): number {
  return synced.head(LOG_FILE).dropped + durableLog(synced).length;
}

/** Up to here a disk holds the log as what is left of it: compacted, or in a snapshot. All of that was committed. */
export function compactedOnDisk(synced: DiskView): number {
  const snapshot = synced.cell(SNAPSHOT_FILE) as Snapshot | undefined;
  return Math.max(synced.head(LOG_FILE).dropped, snapshot?.lastIncludedIndex ?? 0);
}

/** Term of the entry that the log on a disk holds at an index; `undefined` where it holds none. */
export function durableTermAt(synced: DiskView, index: number): number | undefined {
  return durableLog(synced)[index - synced.head(LOG_FILE).dropped - 1]?.term;
}

/** Whether the entry of this term is on a disk at this index. What is compacted there was committed, and so is it. */
export function isOnDisk(synced: DiskView, index: number, term: number): boolean {
  return durableTermAt(synced, index) === term || index <= compactedOnDisk(synced);
}

function durableLog(synced: DiskView): readonly LogEntry[] {
  return synced.log(LOG_FILE) as readonly LogEntry[];
}
