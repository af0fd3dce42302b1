import type { ClientRequest } from '../../contract/client.ts';
import { CORRUPT, type DiskView } from '../../contract/disk.ts';
import type { NodeInit } from '../../contract/node.ts';
import { nodeId, type NodeId } from '../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import { apply } from './commands.ts';
import type { Entries, RedisAnswer, ReplicationId, Unit } from './messages.ts';
import type { RedisSettings } from './options.ts';
import { emptyStore, isExpired, type Store } from './store.ts';

/** File names on the disk of a node. */
export const CONFIG_FILE = 'config';
export const AOF_FILE = 'aof';
export const RDB_FILE = 'rdb';

/**
 * The cell `config`: whom the node was told to follow; `null`: nobody. It is written at the first start, and so tells a
 * later one. The log `aof` has one {@link Unit} an entry, and for its mark the {@link Entries} that a rewrite left.
 */
export interface ConfigRecord {
  readonly primary: NodeId | null;
}

/** What a primary knows of one that follows it. */
export interface Follower {
  /** Up to where it has executed the stream, and when it said so, by our monotonic clock. */
  offset: number;
  ackedAtUs: DurationUs;
}

/** A client that waits for replicas (WAIT). */
export interface Waiting {
  readonly request: ClientRequest;
  readonly offset: number;
  readonly replicas: number;
  /** By our monotonic clock; `null`: it waits for ever. */
  readonly untilUs: DurationUs | null;
  /** What an operation is answered with; `null` where WAIT itself was asked. */
  readonly answer: RedisAnswer | null;
}

export interface Primary {
  readonly kind: 'primary';
  /** Whoever follows, or did. */
  readonly followers: Map<NodeId, Follower>;
  /** In the order in which they came. */
  waiting: Waiting[];
}

export interface Replica {
  readonly kind: 'replica';
  readonly primary: NodeId;
  isLinked: boolean;
  /** Number of its last Psync. */
  attempt: number;
  /** Units that came before their turn, by offset. */
  readonly early: Map<number, Unit>;
  /** When the primary was heard last, or was lost, by our monotonic clock. */
  heardAtUs: DurationUs;
}

/** A role owns only what that role needs. */
export type Role = Primary | Replica;

/** Where a node is in the history of its data. */
export interface Position {
  id: ReplicationId;
  /** Number of the last unit that it has executed. */
  offset: number;
  /** The history that this one goes on from, up to `previousOffset`: that of the primary before. */
  previousId: ReplicationId | null;
  previousOffset: number;
  /** The last units, of which the last one has number `offset`. */
  readonly backlog: Unit[];
}

/** Everything that a node knows. What of `store` a crash leaves is a matter of the files, see {@link recover}. */
export interface RedisState {
  readonly kind: 'server';
  readonly store: Store;
  role: Role;
  readonly position: Position;
  /** By client: the offset of its last write. */
  readonly lastWrites: Map<NodeId, number>;
  /** Whether it answers anybody. */
  isOpen: boolean;
  /** Its append-only file has an entry that cannot be read before others that can: it does not start. */
  readonly isDamaged: boolean;
  /** Changes since the last save, and when that was, by the wall clock. */
  changes: number;
  savedAtUs: TimeUs;
  /** Position of the last entry of the append-only file, and of the last one that a rewrite replaced. */
  aofEnd: number;
  aofBase: number;
  /** By client: numbers of its last requests, oldest first. */
  readonly recentRequests: Map<NodeId, number[]>;
}

/** Whom all follow at first. */
const FIRST_PRIMARY: NodeId = nodeId(0);

/** The role of a node that follows `primary`, or nobody. */
export function newRole(primary: NodeId | null, nowUs: DurationUs): Role {
  if (primary === null) return { kind: 'primary', followers: new Map(), waiting: [] };
  return { kind: 'replica', primary, isLinked: false, attempt: 0, early: new Map(), heardAtUs: nowUs };
}

/** What is left after a crash. */
export function recover({ self, disk }: NodeInit, settings: RedisSettings): RedisState {
  const config = disk.cell(CONFIG_FILE) as ConfigRecord | undefined;
  const begins = settings.isReplicated && self !== FIRST_PRIMARY ? FIRST_PRIMARY : null;
  const store = emptyStore();
  const hasAof = settings.appendfsync !== 'off';
  const entries = disk.log(AOF_FILE);
  const { dropped } = disk.head(AOF_FILE);
  const isDamaged = hasAof && isCorruptWithin(entries);
  if (hasAof && !isDamaged) load(store, disk);
  if (!hasAof) for (const [key, entry] of savedEntries(disk)) store.entries.set(key, entry);
  return {
    kind: 'server',
    store,
    role: newRole(config === undefined ? begins : config.primary, 0),
    // Named at the start: a node that lost its memory is at the beginning of another history.
    position: { id: '', offset: 0, previousId: null, previousOffset: 0, backlog: [] },
    lastWrites: new Map(),
    isOpen: false,
    isDamaged,
    changes: 0,
    savedAtUs: 0,
    aofEnd: dropped + entries.length,
    aofBase: dropped,
    recentRequests: new Map(),
  };
}

/** A file ends where the write that a crash interrupted ends: nobody was answered for it, and it is cut off. */
function isCorruptWithin(entries: readonly unknown[]): boolean {
  const first = entries.indexOf(CORRUPT);
  return first >= 0 && entries.slice(first).some((entry) => entry !== CORRUPT);
}

function load(store: Store, disk: DiskView): void {
  const base = disk.head(AOF_FILE).mark as Entries | undefined;
  for (const [key, entry] of base ?? []) store.entries.set(key, entry);
  for (const entry of disk.log(AOF_FILE)) if (entry !== CORRUPT) apply(store, entry as Unit);
}

/** With an append-only file, this one is never read. */
function savedEntries(disk: DiskView): Entries {
  return (disk.cell(RDB_FILE) as Entries | undefined) ?? [];
}

/** A node that reads its RDB file leaves out whose time is over now, whatever its clock showed before. */
export function dropExpired(store: Store, nowMs: number): void {
  for (const [key, entry] of store.entries) if (isExpired(entry, nowMs)) store.entries.delete(key);
}
