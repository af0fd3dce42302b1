import type { Zxid } from '../../zab/zxid.ts';
import type { Op, OpResult, SetWatches, SetWatches2, WatcherEvent } from '../messages.ts';
import { parentOf } from '../tree/paths.ts';

/** What a client has asked to be told of: paths, by what they were asked with. */
export interface RegisteredWatches {
  /** By `get`, and by `exists` of what was there. */
  readonly data: Set<string>;
  /** By `exists` of what was not. */
  readonly exists: Set<string>;
  readonly children: Set<string>;
  /** Not gone with the first event. */
  readonly persistent: Set<string>;
  readonly persistentRecursive: Set<string>;
}

export function noWatches(): RegisteredWatches {
  return {
    data: new Set(), exists: new Set(), children: new Set(), persistent: new Set(), persistentRecursive: new Set(),
  };
}

/** The operation was answered: the watch that it asked for stands, where the answer allows one, or stands no more. */
export function register(watches: RegisteredWatches, op: Op, result: OpResult): void {
  if (op.op === 'add-watch' && result.op === 'add-watch') {
    (op.mode === 'persistent' ? watches.persistent : watches.persistentRecursive).add(op.path);
  } else if (op.op === 'remove-watches' && result.op === 'remove-watches') {
    const { data, exists, children } = watches;
    const removed = op.type === 'any' ? all(watches) : op.type === 'data' ? [data, exists] : [children];
    for (const paths of removed) paths.delete(op.path);
  }
  const isWatch = (op.op === 'get' || op.op === 'exists' || op.op === 'children') && op.watch;
  if (!isWatch) return;
  if (result.op === 'children') watches.children.add(op.path);
  else if (result.op !== 'error') watches.data.add(op.path);
  else if (op.op === 'exists' && result.error === 'NoNode') watches.exists.add(op.path);
}

/**
 * Whether anybody here waits for an event: a server may tell twice of what is gone. Whoever has waited for one event
 * waits no more.
 */
export function take(watches: RegisteredWatches, { type, path }: WatcherEvent): boolean {
  const { data, exists, children, persistent, persistentRecursive } = watches;
  const answered: Set<string>[] = type === 'NodeChildrenChanged' ? [] : [data, exists];
  if (type === 'NodeChildrenChanged' || type === 'NodeDeleted') answered.push(children);
  const isFirst = answered.filter((paths) => paths.delete(path)).length > 0;
  return isFirst || persistent.has(path) || (type !== 'NodeChildrenChanged' && isAtOrBelow(persistentRecursive, path));
}

function isAtOrBelow(paths: ReadonlySet<string>, path: string): boolean {
  if (paths.size === 0) return false;
  return paths.has(path) || (path !== '/' && isAtOrBelow(paths, parentOf(path)));
}

/** All are over. */
export function forget(watches: RegisteredWatches): void {
  for (const paths of all(watches)) paths.clear();
}

function all({ data, exists, children, persistent, persistentRecursive }: RegisteredWatches): readonly Set<string>[] {
  return [data, exists, children, persistent, persistentRecursive];
}

/** What the next server is told; `null` where there is nothing to watch. An old server knows the first packet alone. */
export function setWatches(watches: RegisteredWatches, relativeZxid: Zxid): SetWatches | SetWatches2 | null {
  const { data, exists, children, persistent, persistentRecursive } = watches;
  if (all(watches).every(({ size }) => size === 0)) return null;
  const standard = { relativeZxid, data: [...data], exists: [...exists], children: [...children] };
  if (persistent.size + persistentRecursive.size === 0) return { kind: 'SetWatches', ...standard };
  return {
    kind: 'SetWatches2', ...standard,
    persistent: [...persistent], persistentRecursive: [...persistentRecursive],
  };
}
