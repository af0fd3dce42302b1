import type {
  Committed, PersistentMode, SessionId, WatchEventType, ZnodeAnswer, ZnodeChange, ZnodeRequest, ZnodeStat, ZnodeWrite,
  Zxid,
} from '../../src/history/znode-lines.ts';
import { once } from './once.ts';

/** A znode at one time. Never changed: each change makes another one. */
export interface Znode {
  readonly data: string;
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  readonly version: number;
  /** How often a child came or went. */
  readonly cversion: number;
  readonly ephemeralOwner: SessionId;
  /** Names, ascending. */
  readonly children: readonly string[];
}

/** What a change did that somebody may be watching for, in the order in which it did. */
export interface Happening {
  readonly type: WatchEventType;
  readonly path: string;
}

const ROOT: Znode = {
  data: '', czxid: 0, mzxid: 0, pzxid: 0, version: 0, cversion: 0, ephemeralOwner: 0, children: [],
};

/** Any version will do. */
const ANY = -1;

export function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function childOf(path: string, name: string): string {
  return path === '/' ? `/${name}` : `${path}/${name}`;
}

export function statOf(znode: Znode): ZnodeStat {
  const { czxid, mzxid, pzxid, version, cversion, ephemeralOwner, data, children } = znode;
  return {
    czxid, mzxid, pzxid, version, cversion, aversion: 0, ephemeralOwner,
    dataLength: data.length, numChildren: children.length,
  };
}

/** One transaction over a tree that it leaves alone. Does what it is told; {@link perform} knows the conditions. */
export class Draft {
  readonly happened: Happening[] = [];
  readonly changed: Map<string, Znode | null> = new Map();
  private readonly zxid: Zxid;
  private readonly before: (path: string) => Znode | null;

  constructor(zxid: Zxid, before: (path: string) => Znode | null) {
    this.zxid = zxid;
    this.before = before;
  }

  find(path: string): Znode | null {
    const changed = this.changed.get(path);
    return changed === undefined ? this.before(path) : changed;
  }

  create(path: string, data: string, ephemeralOwner: SessionId): void {
    const { zxid } = this;
    this.changed.set(path, {
      data, czxid: zxid, mzxid: zxid, pzxid: zxid, version: 0, cversion: 0, ephemeralOwner, children: [],
    });
    this.moveChild(path, (children, name) => [...children.filter((other) => other !== name), name].sort());
    this.happened.push({ type: 'NodeCreated', path }, { type: 'NodeChildrenChanged', path: parentOf(path) });
  }

  delete(path: string): void {
    if (this.find(path) === null) return;
    this.changed.set(path, null);
    this.moveChild(path, (children, name) => children.filter((other) => other !== name));
    this.happened.push({ type: 'NodeDeleted', path }, { type: 'NodeChildrenChanged', path: parentOf(path) });
  }

  set(path: string, data: string, version: number): void {
    const znode = this.find(path);
    if (znode === null) return;
    this.changed.set(path, { ...znode, data, version, mzxid: this.zxid });
    this.happened.push({ type: 'NodeDataChanged', path });
  }

  /** Whether this is what another one has made of the same tree. */
  isSameAs(other: Draft): boolean {
    const paths = [...this.changed.keys(), ...other.changed.keys()];
    return paths.every((path) => isSameZnode(this.find(path), other.find(path)));
  }

  private moveChild(path: string, move: (children: readonly string[], name: string) => readonly string[]): void {
    const parent = this.find(parentOf(path));
    if (parent === null) return;
    const children = move(parent.children, nameOf(path));
    this.changed.set(parentOf(path), { ...parent, children, cversion: parent.cversion + 1, pzxid: this.zxid });
  }
}

function isSameZnode(left: Znode | null, right: Znode | null): boolean {
  if (left === null || right === null) return left === right;
  return left.data === right.data && left.version === right.version && left.ephemeralOwner === right.ephemeralOwner
    && left.czxid === right.czxid && left.mzxid === right.mzxid && left.children.join('/') === right.children.join('/');
}

/** Does what a transaction of the log says, whatever was asked for. */
export function apply(draft: Draft, change: ZnodeChange): void {
  switch (change.change) {
    case 'create': return draft.create(change.path, change.data, change.ephemeralOwner);
    case 'delete': return draft.delete(change.path);
    case 'set': return draft.set(change.path, change.data, change.version);
    case 'multi': return change.changes.forEach((one) => apply(draft, one));
    case 'close-session': return change.paths.forEach((path) => draft.delete(path));
    case 'check': case 'create-session': case 'error': return;
  }
}

// ── What requests should come to ───────────────────────────────────────

/** What a request comes to: its answer, or why it is refused. */
export type Performed = { readonly answer: ZnodeAnswer } | { readonly error: string };

/**
 * Does what a client asked for, with the conditions that ZooKeeper's guide gives; a request that is refused leaves the
 * draft in an undefined state. `change` is what the log has for it: numbers of sequential znodes are taken from there.
 */
export function perform(
  draft: Draft, request: ZnodeRequest, session: SessionId, change: ZnodeChange | undefined,
): Performed {
  switch (request.op) {
    case 'create': case 'delete': case 'set': case 'check': return performWrite(draft, request, session, change);
    case 'multi': {
      const results: ZnodeAnswer[] = [];
      for (const [at, one] of request.ops.entries()) {
        const part = change?.change === 'multi' ? change.changes[at] : undefined;
        const performed = performWrite(draft, one, session, part);
        if ('error' in performed) return performed;
        results.push(performed.answer);
      }
      return { answer: { results } };
    }
    default: return { answer: {} };
  }
}

function performWrite(
  draft: Draft, request: ZnodeWrite, session: SessionId, change: ZnodeChange | undefined,
): Performed {
  const { path } = request;
  if (request.op === 'create') return performCreate(draft, request, session, change);
  const znode = draft.find(path);
  if (path === '/' && request.op === 'delete') return { error: 'BadArguments' };
  if (znode === null) return { error: 'NoNode' };
  if (request.version !== ANY && request.version !== znode.version) return { error: 'BadVersion' };
  if (request.op === 'check') return { answer: {} };
  if (request.op === 'set') {
    draft.set(path, request.data, znode.version + 1);
    return { answer: { stat: statOf(draft.find(path) as Znode) } };
  }
  if (znode.children.length > 0) return { error: 'NotEmpty' };
  draft.delete(path);
  return { answer: {} };
}

function performCreate(
  draft: Draft, { path: asked, data, mode }: Extract<ZnodeWrite, { op: 'create' }>, session: SessionId,
  change: ZnodeChange | undefined,
): Performed {
  const parent = draft.find(parentOf(asked));
  if (parent === null) return { error: 'NoNode' };
  const named = change?.change === 'create' && isNumbered(change.path, asked) ? change.path : null;
  // What was refused has no number, and would have had one of its own.
  const path = mode.endsWith('sequential') ? named ?? `${asked}?${draft.changed.size}` : asked;
  if (draft.find(path) !== null) return { error: 'NodeExists' };
  if (parent.ephemeralOwner !== 0) return { error: 'NoChildrenForEphemerals' };
  draft.create(path, data, mode.startsWith('ephemeral') ? session : 0);
  return { answer: { path, stat: statOf(draft.find(path) as Znode) } };
}

const SEQUENCE_DIGITS = 10;

/** Whether a path is another one with the number of a sequential znode behind it. */
export function isNumbered(path: string, asked: string): boolean {
  return path.startsWith(asked) && /^\d{10}$/.test(path.slice(asked.length));
}

/** The number of a sequential znode. */
export function numberIn(path: string): number {
  return Number(path.slice(-SEQUENCE_DIGITS));
}

// ── What the tree was, and when ────────────────────────────────────────

/** How a path stood from one transaction on. */
export interface Standing {
  /** The line of the transaction; -1: as it was at first. */
  readonly index: number;
  readonly zxid: Zxid;
  readonly znode: Znode | null;
}

/** Which of a server's two tables a watch is in. `get` and `exists` share one. */
export type WatchTable = 'data' | 'children';

/** What a watch may have been waiting for. */
export interface Trigger extends Happening {
  readonly index: number;
  readonly zxid: Zxid;
  /** Its place among all that happened in its transaction. */
  readonly place: number;
}

/** The tree after each transaction of the log, as the log says. Takes transactions in the order of their zxids. */
export class TreeHistory {
  private readonly standings = new Map<string, Standing[]>([['/', [{ index: -1, zxid: 0, znode: ROOT }]]]);
  private readonly triggers = new Map<string, Trigger[]>();
  /** All of them, each once. */
  private readonly happened: Trigger[] = [];
  /** Those of persistent watches, where anybody has asked: by mode and path. */
  private readonly told = new Map<string, readonly Trigger[]>();

  /** What is to come over the tree as it is. */
  draft(zxid: Zxid): Draft {
    return new Draft(zxid, (path) => this.standings.get(path)?.at(-1)?.znode ?? null);
  }

  /** Over the tree as a transaction found it that came long ago. */
  before(zxid: Zxid): Draft {
    return new Draft(zxid, (path) => this.at(path, zxid - 1).znode);
  }

  /** The transaction came. */
  take({ index, zxid, change }: Committed): void {
    const draft = this.draft(zxid);
    apply(draft, change);
    for (const [path, znode] of draft.changed) listOf(this.standings, path).push({ index, zxid, znode });
    draft.happened.forEach(({ type, path }, place) => {
      const trigger = { index, zxid, type, path, place };
      this.happened.push(trigger);
      if (type !== 'NodeChildrenChanged') listOf(this.triggers, `data ${path}`).push(trigger);
      const isOfChildren = type === 'NodeChildrenChanged' || type === 'NodeDeleted';
      if (isOfChildren) listOf(this.triggers, `children ${path}`).push(trigger);
    });
  }

  /** How the path stood after the last transaction up to `zxid`. Logarithmic. */
  at(path: string, zxid: Zxid): Standing {
    const standings = this.standings.get(path) ?? [];
    const after = firstAfter(standings, zxid);
    return standings[after - 1] ?? { index: -1, zxid: 0, znode: null };
  }

  /** All standings of the path, in their order. */
  allOf(path: string): readonly Standing[] {
    return this.standings.get(path) ?? [];
  }

  /** What a watch on the path waits for from `zxid` on; `null` if it never came. Logarithmic. */
  triggerAfter(table: WatchTable, path: string, zxid: Zxid): Trigger | null {
    const triggers = this.triggers.get(`${table} ${path}`) ?? [];
    return triggers[firstAfter(triggers, zxid)] ?? null;
  }

  /** Where in its transaction something happened to a path: more than once, if a multi did it so often. Ascending. */
  placesOf({ type, path }: Happening, zxid: Zxid): readonly number[] {
    const places: number[] = [];
    for (let at = firstAfter(this.happened, zxid - 1); this.happened[at]?.zxid === zxid; at += 1) {
      const one = this.happened[at] as Trigger;
      if (one.type === type && one.path === path) places.push(one.place);
    }
    return places;
  }

  /** All that a persistent watch may tell, once all transactions have come. Looks at all that happened, once. */
  toldBy(mode: PersistentMode, path: string): readonly Trigger[] {
    const name = `${mode} ${path}`;
    const known = this.told.get(name);
    if (known !== undefined) return known;
    const told = this.happened.filter((one) => isToldBy(mode, path, one));
    this.told.set(name, told);
    return told;
  }
}

/** Whether an event is one for a persistent watch. Recursive ones have none of children, which have their own. */
export function isToldBy(mode: PersistentMode, watched: string, { type, path }: Happening): boolean {
  if (mode === 'persistent') return path === watched;
  if (type === 'NodeChildrenChanged') return false;
  return path === watched || path.startsWith(watched === '/' ? '/' : `${watched}/`);
}

/** What the log comes to, for reading. Where its zxids fall, which is a breach of its own, the rest is left out. */
export const treeOf: (log: readonly Committed[]) => TreeHistory = once((log) => {
  const tree = new TreeHistory();
  for (const committed of ascending(log)) tree.take(committed);
  return tree;
});

/** The transactions whose zxids grow: all of them, as it should be. */
export function ascending(log: readonly Committed[]): readonly Committed[] {
  let last = 0;
  return log.filter(({ zxid }) => {
    if (zxid <= last) return false;
    last = zxid;
    return true;
  });
}

/** How many are up to `zxid`. Logarithmic. */
export function firstAfter(inOrder: readonly { readonly zxid: Zxid }[], zxid: Zxid): number {
  let low = 0;
  let high = inOrder.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((inOrder[middle] as { readonly zxid: Zxid }).zxid <= zxid) low = middle + 1;
    else high = middle;
  }
  return low;
}

function listOf<T>(lists: Map<string, T[]>, name: string): T[] {
  const list = lists.get(name);
  if (list !== undefined) return list;
  const fresh: T[] = [];
  lists.set(name, fresh);
  return fresh;
}
