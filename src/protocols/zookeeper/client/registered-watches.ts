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

/** An event takes the watches that it answers; whether there were any. A server may tell twice of what is gone. */
export function take({ data, exists, children }: RegisteredWatches, { type, path }: WatcherEvent): boolean {
  const answered: Set<string>[] = type === 'NodeChildrenChanged' ? [] : [data, exists];
  if (type === 'NodeChildrenChanged' || type === 'NodeDeleted') answered.push(children);
  return answered.filter((paths) => paths.delete(path)).length > 0;
}

/** All are over. */
export function forget({ data, exists, children }: RegisteredWatches): void {
  for (const paths of [data, exists, children]) paths.clear();
}

/** What the next server is told; `null` where there is nothing to watch. */
export function setWatches({ data, exists, children }: RegisteredWatches, relativeZxid: Zxid): SetWatches | null {
  if (data.size + exists.size + children.size === 0) return null;
  return { kind: 'SetWatches', relativeZxid, data: [...data], exists: [...exists], children: [...children] };
}
