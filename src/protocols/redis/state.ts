import { CORRUPT, type DiskView } from '../../contract/disk.ts';
import type { NodeInit } from '../../contract/node.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { TimeUs } from '../../kernel/time.ts';
import { apply } from './commands.ts';
import type { RedisSettings } from './options.ts';
import { type Args, emptyStore, type Entry, isExpired, type Store } from './store.ts';

/** File names on the disk of a node. */
export const CONFIG_FILE = 'config';
export const AOF_FILE = 'aof';
export const RDB_FILE = 'rdb';

/** Keys and what they hold, as files and messages carry them. */
export type Entries = readonly (readonly [key: string, entry: Entry])[];

/** One entry of the log `aof`: what one command did, whole. What a rewrite replaced stands in the log's mark. */
export type AofEntry = readonly Args[];

/** The cell `config`: what the node was told of itself. It is written at its first start, and so tells a later one. */
export interface ConfigRecord {
  readonly startedBefore: true;
}

/** Everything that a node knows. What of `store` a crash leaves is a matter of the files, see {@link recover}. */
export interface RedisState {
  readonly kind: 'server';
  readonly store: Store;
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

/** What is left after a crash. */
export function recover({ disk }: NodeInit, settings: RedisSettings): RedisState {
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
  for (const entry of disk.log(AOF_FILE)) if (entry !== CORRUPT) apply(store, entry as AofEntry);
}

/** With an append-only file, this one is never read. */
function savedEntries(disk: DiskView): Entries {
  return (disk.cell(RDB_FILE) as Entries | undefined) ?? [];
}

/** A node that reads its RDB file leaves out whose time is over now, whatever its clock showed before. */
export function dropExpired(store: Store, nowMs: number): void {
  for (const [key, entry] of store.entries) if (isExpired(entry, nowMs)) store.entries.delete(key);
}
