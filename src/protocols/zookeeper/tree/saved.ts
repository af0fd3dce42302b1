import { seal, unseal } from '../../../contract/seal.ts';
import type { Zxid } from '../../zab/zxid.ts';
import type { SessionId } from '../messages.ts';
import { childOf } from './paths.ts';
import {
  addSession, addZnode, emptyTree, rehash, type TreeSession, type TreeState, type Znode,
} from './state.ts';

const NAME = 'tree';

type SavedZnode = readonly [
  path: string, data: string, czxid: Zxid, mzxid: Zxid, pzxid: Zxid, version: number, created: number,
  ephemeralOwner: SessionId,
];
type SavedSession = readonly [session: SessionId, timeoutUs: number, password: number];
type Saved = readonly [sessions: readonly SavedSession[], znodes: readonly SavedZnode[], settledAt: Zxid];

/**
 * A snapshot that is written piece by piece while transactions are applied (ZooKeeper's fuzzy snapshot), so that nobody
 * waits for it: the sessions first, then the znodes from the root downwards, each as it is when it is written. It is no
 * state that the tree was ever in; with all that was applied since it was begun applied once more, it is.
 */
export interface FuzzySave {
  readonly sessions: readonly SavedSession[];
  readonly znodes: SavedZnode[];
  /** Paths, the next one last. What has gone when it comes to it is left out. */
  readonly left: string[];
}

// ── Exact ──────────────────────────────────────────────────────────────

/** The tree as it is now, as text that is made when it is asked for. */
export function saveExactly(tree: TreeState): () => string {
  const { settledAt } = tree;
  const sessions = savedSessions(tree);
  const znodes = [...tree.znodes].map(([path, znode]) => savedZnode(path, znode));
  return () => sealSaved(sessions, znodes, settledAt);
}

/** The tree that was saved. Parents come before their children: a path is longer than what it begins with. */
export function loadTree(text: string): TreeState {
  const [sessions, znodes, settledAt] = unseal(NAME, text) as Saved;
  const tree = emptyTree();
  tree.settledAt = settledAt;
  for (const [session, timeoutUs, password] of sessions) addSession(tree, session, { timeoutUs, password });
  for (const [path, data, czxid, mzxid, pzxid, version, created, ephemeralOwner] of znodes) {
    const znode = path === '/' ? tree.znodes.get(path) as Znode : addZnode(tree, path, { data, czxid, ephemeralOwner });
    Object.assign(znode, { data, mzxid, pzxid, version, created });
    rehash(tree, path, znode);
  }
  return tree;
}

// ── Fuzzy ──────────────────────────────────────────────────────────────

export function beginSave(tree: TreeState): FuzzySave {
  return { sessions: savedSessions(tree), znodes: [], left: ['/'] };
}

/** Writes the next znodes as they are now. False: there are no more. */
export function saveMore({ znodes }: TreeState, save: FuzzySave, count: number): boolean {
  for (let written = 0; written < count; written++) {
    const path = save.left.pop();
    if (path === undefined) return false;
    const znode = znodes.get(path);
    if (znode === undefined) continue;
    save.znodes.push(savedZnode(path, znode));
    for (const name of [...znode.children].sort().reverse()) save.left.push(childOf(path, name));
  }
  return save.left.length > 0;
}

/** `settledAt`: the last transaction that was applied while it was written. */
export function endSave({ sessions, znodes }: FuzzySave, settledAt: Zxid): string {
  return sealSaved(sessions, znodes, settledAt);
}

// ── Rows ───────────────────────────────────────────────────────────────

function sealSaved(sessions: readonly SavedSession[], znodes: readonly SavedZnode[], settledAt: Zxid): string {
  return seal(NAME, [[...sessions].sort(byFirst), [...znodes].sort(byFirst), settledAt] satisfies Saved);
}

function savedZnode(path: string, znode: Znode): SavedZnode {
  const { data, czxid, mzxid, pzxid, version, created, ephemeralOwner } = znode;
  return [path, data, czxid, mzxid, pzxid, version, created, ephemeralOwner];
}

function savedSessions({ sessions }: TreeState): SavedSession[] {
  return [...sessions].map(([session, { timeoutUs, password }]: [SessionId, TreeSession]) =>
    [session, timeoutUs, password] as const);
}

function byFirst<T extends readonly [string | number, ...unknown[]]>(a: T, b: T): number {
  return a[0] < b[0] ? -1 : 1;
}
