import { unreachable } from '../../../kernel/assert.ts';
import type { OpResult, ReadOp, StandardWatches, WatcherEvent, WatchEventType } from '../messages.ts';
import { statOf, type TreeState } from './state.ts';

/** The answer to a read. What it asks to be told of later is the server's affair. */
export function read({ znodes }: TreeState, { op, path }: ReadOp): OpResult {
  const znode = znodes.get(path);
  if (znode === undefined) return { op: 'error', error: 'NoNode', results: [] };
  const stat = statOf(znode);
  switch (op) {
    case 'get': return { op, data: znode.data, stat };
    case 'exists': return { op, stat };
    case 'children': return { op, children: [...znode.children].sort(), stat };
    default: return unreachable(op);
  }
}

/**
 * What a client has missed of what it watches, by what it has seen last. A path that is not in here has to be watched
 * again. Whoever watches for a znode to exist and was away while it came and went again learns of neither.
 */
export function watchesDue({ znodes }: TreeState, watches: StandardWatches): Pick<WatcherEvent, 'type' | 'path'>[] {
  const { relativeZxid, data, exists, children } = watches;
  const due: Pick<WatcherEvent, 'type' | 'path'>[] = [];
  const look = (paths: readonly string[], typeOf: (path: string) => WatchEventType | null): void => {
    for (const path of paths) {
      const type = typeOf(path);
      if (type !== null) due.push({ type, path });
    }
  };
  look(data, (path) => {
    const znode = znodes.get(path);
    if (znode === undefined) return 'NodeDeleted';
    return znode.mzxid > relativeZxid ? 'NodeDataChanged' : null;
  });
  look(exists, (path) => znodes.has(path) ? 'NodeCreated' : null);
  look(children, (path) => {
    const znode = znodes.get(path);
    if (znode === undefined) return 'NodeDeleted';
    return znode.pzxid > relativeZxid ? 'NodeChildrenChanged' : null;
  });
  return due;
}
