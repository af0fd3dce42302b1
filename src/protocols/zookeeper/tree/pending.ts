import type { Zxid } from '../../zab/zxid.ts';
import type { SessionId } from '../messages.ts';
import type { TreeState } from './state.ts';

/** What conditions are checked against. */
export interface PendingZnode {
  readonly version: number;
  readonly created: number;
  readonly childCount: number;
  readonly ephemeralOwner: SessionId;
}

/** What a proposal makes of one znode; `null`: it is gone. What ZooKeeper calls a change record. */
interface ChangeRecord {
  readonly zxid: Zxid;
  readonly znode: PendingZnode | null;
}

interface SessionRecord {
  readonly zxid: Zxid;
  readonly isOpen: boolean;
}

/**
 * What the tree will be once all that is proposed is applied, where that is something else than what it is: plain data
 * of the leader, and gone with its role.
 */
export interface PendingChanges {
  /** By path, of the last proposal that changes it. */
  readonly znodes: Map<string, ChangeRecord>;
  readonly sessions: Map<SessionId, SessionRecord>;
}

export function noPending(): PendingChanges {
  return { znodes: new Map(), sessions: new Map() };
}

/** Everything up to `zxid` is in the tree. Cost: what is outstanding. */
export function applied({ znodes, sessions }: PendingChanges, zxid: Zxid): void {
  for (const [path, record] of znodes) if (record.zxid <= zxid) znodes.delete(path);
  for (const [session, record] of sessions) if (record.zxid <= zxid) sessions.delete(session);
}

/** The tree as one more transaction will find it, and what that transaction makes of it: for nothing, until kept. */
export class Draft {
  readonly session: SessionId;
  private readonly tree: TreeState;
  private readonly pending: PendingChanges;
  private readonly changed = new Map<string, PendingZnode | null>();

  constructor(tree: TreeState, pending: PendingChanges, session: SessionId) {
    this.tree = tree;
    this.pending = pending;
    this.session = session;
  }

  /** `null`: there is no such znode. */
  find(path: string): PendingZnode | null {
    const drafted = this.changed.get(path);
    if (drafted !== undefined) return drafted;
    const record = this.pending.znodes.get(path);
    if (record !== undefined) return record.znode;
    const znode = this.tree.znodes.get(path);
    if (znode === undefined) return null;
    const { version, created, ephemeralOwner, children } = znode;
    return { version, created, ephemeralOwner, childCount: children.size };
  }

  change(path: string, znode: PendingZnode | null): void {
    this.changed.set(path, znode);
  }

  /** Whether the session will be there, once what is proposed is applied. */
  get isOpen(): boolean {
    return this.pending.sessions.get(this.session)?.isOpen ?? this.isInTree;
  }

  /** Whether the session is there now. */
  get isInTree(): boolean {
    return this.tree.sessions.has(this.session);
  }

  /** Paths of what the tree has of the session now. */
  get ephemerals(): ReadonlySet<string> {
    return this.tree.ephemerals.get(this.session) ?? NONE;
  }

  /** Paths of what it will have of the session, once what is proposed is applied. Ascending. */
  get ephemeralsToCome(): readonly string[] {
    const paths = new Set(this.ephemerals);
    for (const [path, { znode }] of this.pending.znodes) {
      if (znode?.ephemeralOwner === this.session) paths.add(path);
      else paths.delete(path);
    }
    return [...paths].sort();
  }

  /** The transaction is proposed. */
  keep(zxid: Zxid, isOpen: boolean | null): void {
    for (const [path, znode] of this.changed) this.pending.znodes.set(path, { zxid, znode });
    if (isOpen !== null) this.pending.sessions.set(this.session, { zxid, isOpen });
  }
}

const NONE: ReadonlySet<string> = new Set();
