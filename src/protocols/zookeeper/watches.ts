import type { ConnectionId } from '../../kernel/ids.ts';
import type { ReadOp, WatcherType, WatchEventType, WatchMode } from './messages.ts';
import { parentOf } from './tree/paths.ts';

/** Who is to be told of a path, by path; of each path in the order in which they have asked. */
type WatchTable = Map<string, Set<ConnectionId>>;
export type Table = 'data' | 'children';
type WatchTables = Readonly<Record<Table, WatchTable>>;

/**
 * The watches of one server: of its own clients, in memory, gone with their connections. As in ZooKeeper, who asks
 * whether a znode exists and who reads its data wait in one table, and who asks for all events is in both.
 */
export type Watches = Readonly<Record<WatchMode, WatchTables>>;

const MODES: readonly WatchMode[] = ['standard', 'persistent', 'persistent-recursive'];
/** Where a watch waits that no read has set. */
export const BOTH_TABLES: readonly Table[] = ['data', 'children'];

export function noWatches(): Watches {
  const none = (): WatchTables => ({ data: new Map(), children: new Map() });
  return { 'standard': none(), 'persistent': none(), 'persistent-recursive': none() };
}

/** In which table a read waits for what changes its answer. */
export function tableOf(op: ReadOp['op']): Table {
  return op === 'children' ? 'children' : 'data';
}

/** The modes in which a connection watches a path already, other than `mode`. */
export function modesBeside(
  watches: Watches, mode: WatchMode, table: Table, path: string, connection: ConnectionId,
): readonly WatchMode[] {
  return MODES.filter((other) => other !== mode && watches[other][table].get(path)?.has(connection) === true);
}

/** Events of this path: one, or all; whoever asks again while a watch stands has one watch all the same. */
export function addWatch(
  watches: Watches, mode: WatchMode, table: Table, path: string, connection: ConnectionId,
): void {
  const paths = watches[mode][table];
  const waiting = paths.get(path);
  if (waiting === undefined) paths.set(path, new Set([connection]));
  else waiting.add(connection);
}

/**
 * Whom an event is for: each once, in whatever ways it watches. Who has waited for one event waits no more; what is
 * gone ends both kinds of such watches. Cost: who is told, and the depth of the path where anybody watches all below
 * one; not how many watches there are.
 */
export function takeWatchers(watches: Watches, type: WatchEventType, path: string): ReadonlySet<ConnectionId> {
  const tables = type === 'NodeDeleted' ? BOTH_TABLES : [type === 'NodeChildrenChanged' ? 'children' : 'data'] as const;
  const found = new Set<ConnectionId>();
  for (const table of tables) {
    addAll(found, watches.standard[table].get(path));
    watches.standard[table].delete(path);
    addAll(found, watches.persistent[table].get(path));
    const recursive = watches['persistent-recursive'][table];
    if (recursive.size === 0 || type === 'NodeChildrenChanged') continue;
    for (const above of pathAndAbove(path)) addAll(found, recursive.get(above));
  }
  return found;
}

function addAll(found: Set<ConnectionId>, waiting: ReadonlySet<ConnectionId> | undefined): void {
  if (waiting !== undefined) for (const connection of waiting) found.add(connection);
}

function pathAndAbove(path: string): readonly string[] {
  return path === '/' ? [path] : [path, ...pathAndAbove(parentOf(path))];
}

/** Ends what a connection watches of one path; whether there was anything. `data`, `children`: for one event each. */
export function removeWatches(watches: Watches, type: WatcherType, path: string, connection: ConnectionId): boolean {
  const [modes, tables] = type === 'any' ? [MODES, BOTH_TABLES] : [['standard'] as const, [type]];
  return modes.flatMap((mode) => tables.filter((table) => removeWatch(watches, mode, table, path, connection)))
    .length > 0;
}

/** Ends one watch; whether there was one. */
export function removeWatch(
  watches: Watches, mode: WatchMode, table: Table, path: string, connection: ConnectionId,
): boolean {
  const waiting = watches[mode][table].get(path);
  const wasThere = waiting?.delete(connection) ?? false;
  if (waiting?.size === 0) watches[mode][table].delete(path);
  return wasThere;
}

/** A client has gone. Cost: all watches. */
export function dropWatches(watches: Watches, connection: ConnectionId): void {
  for (const mode of MODES) {
    for (const table of BOTH_TABLES) {
      for (const path of watches[mode][table].keys()) removeWatch(watches, mode, table, path, connection);
    }
  }
}
