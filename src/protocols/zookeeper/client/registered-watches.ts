import type { Zxid } from '../../zab/zxid.ts';
import type { Op, OpResult, SetWatches, WatcherEvent } from '../messages.ts';

/** What a client has asked to be told of, and was not: paths, by what they were asked with. */
export interface RegisteredWatches {
  /** By `get`, and by `exists` of what was there. */
  readonly data: Set<string>;
  /** By `exists` of what was not. */
  readonly exists: Set<string>;
  readonly children: Set<string>;
}

export function noWatches(): RegisteredWatches {
  return { data: new Set(), exists: new Set(), children: new Set() };
}

/** The operation was answered: the watch that it asked for stands, where the answer allows one. */
export function register(watches: RegisteredWatches, op: Op, result: OpResult): void {
  const isWatch = (op.op === 'get' || op.op === 'exists' || op.op === 'children') && op.watch;
  if (!isWatch) return;
  if (result.op === 'children') watches.children.add(op.path);
  else if (result.op !== 'error') watches.data.add(op.path);
  else if (op.op === 'exists' && result.error === 'NoNode') watches.exists.add(op.path);
}

/** An event takes the watches that it answers; without one, all are over. */
export function forget(watches: RegisteredWatches, event?: WatcherEvent): void {
  const { data, exists, children } = watches;
  if (event === undefined) {
    for (const paths of [data, exists, children]) paths.clear();
    return;
  }
  const { type, path } = event;
  if (type !== 'NodeChildrenChanged') {
    data.delete(path);
    exists.delete(path);
  }
  if (type === 'NodeChildrenChanged' || type === 'NodeDeleted') children.delete(path);
}

/** What the next server is told; `null` where there is nothing to watch. */
export function setWatches({ data, exists, children }: RegisteredWatches, relativeZxid: Zxid): SetWatches | null {
  if (data.size + exists.size + children.size === 0) return null;
  return { kind: 'SetWatches', relativeZxid, data: [...data], exists: [...exists], children: [...children] };
}
