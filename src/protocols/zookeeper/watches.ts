import type { ConnectionId } from '../../kernel/ids.ts';
import type { ReadOp, WatchEventType } from './messages.ts';

/** Who is to be told of a path, by path; of each path in the order in which they have asked. */
type WatchTable = Map<string, Set<ConnectionId>>;

/**
 * The watches of one server: of its own clients, in memory, gone with their connections. As in ZooKeeper, who asks
 * whether a znode exists and who reads its data wait in one table.
 */
export interface Watches {
  readonly data: WatchTable;
  readonly children: WatchTable;
}

export function noWatches(): Watches {
  return { data: new Map(), children: new Map() };
}

/** One event of this path, once. Whoever asks again while it waits gets one all the same. */
export function addWatch(watches: Watches, op: ReadOp['op'], path: string, connection: ConnectionId): void {
  const table = op === 'children' ? watches.children : watches.data;
  const waiting = table.get(path);
  if (waiting === undefined) table.set(path, new Set([connection]));
  else waiting.add(connection);
}

/** Whom an event is for: each once, and not again. What is gone ends both kinds of watches. */
export function takeWatchers(watches: Watches, type: WatchEventType, path: string): ReadonlySet<ConnectionId> {
  const tables = type === 'NodeDeleted'
    ? [watches.data, watches.children]
    : [type === 'NodeChildrenChanged' ? watches.children : watches.data];
  const found = new Set<ConnectionId>();
  for (const table of tables) {
    for (const connection of table.get(path) ?? []) found.add(connection);
    table.delete(path);
  }
  return found;
}

/** A client has gone. Cost: all watches. */
export function dropWatches(watches: Watches, connection: ConnectionId): void {
  for (const table of [watches.data, watches.children]) {
    for (const [path, waiting] of table) {
      waiting.delete(connection);
      if (waiting.size === 0) table.delete(path);
    }
  }
}
