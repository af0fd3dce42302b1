import { exchange, mix, mixInteger, mixText } from '../../../contract/hash.ts';
import type { DurationUs } from '../../../kernel/time.ts';
import { NO_ZXID, type Zxid } from '../../zab/zxid.ts';
import type { SessionId, Stat } from '../messages.ts';
import { childOf, nameOf, parentOf } from './paths.ts';

/** One node of the tree. */
export interface Znode {
  data: string;
  readonly czxid: Zxid;
  mzxid: Zxid;
  pzxid: Zxid;
  version: number;
  /** How many children were ever created: what servers of ZooKeeper keep as cversion, and number children by. */
  created: number;
  readonly ephemeralOwner: SessionId;
  /** Names. */
  readonly children: Set<string>;
  /** What it adds to the digest. */
  hash: number;
}

/** What all servers know of a session. When it was heard of last is its leader's affair. */
export interface TreeSession {
  readonly timeoutUs: DurationUs;
  readonly password: number;
}

/** The replicated state of the service: plain data, so that a snapshot can carry all of it. */
export interface TreeState {
  /** By path; the root is always there. */
  readonly znodes: Map<string, Znode>;
  readonly sessions: Map<SessionId, TreeSession>;
  /** By session, paths of what ends with it; no entry where there is nothing. */
  readonly ephemerals: Map<SessionId, Set<string>>;
  digest: number;
  /**
   * The tree was loaded from what was written while transactions were applied, up to this one: until that is applied
   * again, it is no state that the log comes to. {@link NO_ZXID}: it is one.
   */
  settledAt: Zxid;
}

/** Fields of a new znode. */
export type NewZnode = Pick<Znode, 'data' | 'czxid' | 'ephemeralOwner'>;

/** A tree of nothing but its root. */
export function emptyTree(): TreeState {
  const tree: TreeState = {
    znodes: new Map(), sessions: new Map(), ephemerals: new Map(), digest: 0, settledAt: NO_ZXID,
  };
  addZnode(tree, '/', { data: '', czxid: NO_ZXID, ephemeralOwner: 0 });
  return tree;
}

/** What clients see as cversion counts children that went as well. */
export function statOf({ data, czxid, mzxid, pzxid, version, created, ephemeralOwner, children }: Znode): Stat {
  return {
    czxid, mzxid, pzxid, version, cversion: 2 * created - children.size, aversion: 0, ephemeralOwner,
    dataLength: data.length, numChildren: children.size,
  };
}

// ── Changes ────────────────────────────────────────────────────────────

/** A new znode, which its parent and its session know. The parent's own fields are the caller's affair. */
export function addZnode(tree: TreeState, path: string, { data, czxid, ephemeralOwner }: NewZnode): Znode {
  const znode: Znode = {
    data, czxid, mzxid: czxid, pzxid: czxid, version: 0, created: 0, ephemeralOwner, children: new Set(), hash: 0,
  };
  tree.znodes.set(path, znode);
  if (path !== '/') tree.znodes.get(parentOf(path))?.children.add(nameOf(path));
  if (ephemeralOwner !== 0) ephemeralsOf(tree, ephemeralOwner).add(path);
  rehash(tree, path, znode);
  return znode;
}

/** A znode goes, with all that stands below it. */
export function removeZnode(tree: TreeState, path: string): void {
  const znode = tree.znodes.get(path);
  if (znode === undefined) return;
  for (const name of znode.children) removeZnode(tree, childOf(path, name));
  tree.znodes.delete(path);
  tree.znodes.get(parentOf(path))?.children.delete(nameOf(path));
  if (znode.ephemeralOwner !== 0) forgetEphemeral(tree, znode.ephemeralOwner, path);
  tree.digest = exchange(tree.digest, znode.hash, 0);
}

/** After a change of a znode's own fields. */
export function rehash(tree: TreeState, path: string, znode: Znode): void {
  const hash = znodeHash(path, znode);
  tree.digest = exchange(tree.digest, znode.hash, hash);
  znode.hash = hash;
}

export function addSession(tree: TreeState, session: SessionId, record: TreeSession): void {
  removeSession(tree, session);
  tree.sessions.set(session, record);
  tree.digest = exchange(tree.digest, 0, sessionHash(session, record));
}

/** Its ephemeral znodes are the caller's affair. */
export function removeSession(tree: TreeState, session: SessionId): void {
  const record = tree.sessions.get(session);
  if (record === undefined) return;
  tree.sessions.delete(session);
  tree.digest = exchange(tree.digest, sessionHash(session, record), 0);
}

function ephemeralsOf(tree: TreeState, session: SessionId): Set<string> {
  let paths = tree.ephemerals.get(session);
  if (paths === undefined) {
    paths = new Set();
    tree.ephemerals.set(session, paths);
  }
  return paths;
}

function forgetEphemeral(tree: TreeState, session: SessionId, path: string): void {
  const paths = tree.ephemerals.get(session);
  paths?.delete(path);
  if (paths?.size === 0) tree.ephemerals.delete(session);
}

// ── Digest ─────────────────────────────────────────────────────────────

function znodeHash(path: string, znode: Znode): number {
  const { data, czxid, mzxid, pzxid, version, created, ephemeralOwner } = znode;
  const zxids = mixInteger(mixInteger(mixInteger(mixText(8, path), czxid), mzxid), pzxid);
  return mixText(mixInteger(mix(mix(zxids, version), created), ephemeralOwner), data);
}

function sessionHash(session: SessionId, { timeoutUs, password }: TreeSession): number {
  return mixInteger(mixInteger(mixInteger(9, session), timeoutUs), password);
}
