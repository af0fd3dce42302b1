import { unsigned } from '../../../contract/hash.ts';
import type { Plain } from '../../../contract/message.ts';
import type { Applied, StateMachine } from '../../../contract/state-machine.ts';
import { unreachable } from '../../../kernel/assert.ts';
import { NO_ZXID, type Zxid } from '../../zab/zxid.ts';
import type { ErrorCode, OpResult, SessionId, TreeApplied, TreeChange, TreeCommand } from '../messages.ts';
import { parentOf } from './paths.ts';
import { loadTree, saveExactly } from './saved.ts';
import {
  addSession, addZnode, emptyTree, rehash, removeSession, removeZnode, statOf, type TreeState,
} from './state.ts';

type Change<K extends TreeChange['change']> = Extract<TreeChange, { change: K }>;
/** What has happened, in its order. */
export type Events = { readonly type: TreeApplied['events'][number]['type']; readonly path: string }[];

/**
 * The tree as a state machine (ZooKeeper's DataTree): applies {@link TreeCommand}s, answers {@link TreeApplied}.
 *
 * A transaction changes nothing when it is repeated over a tree that has it, or later ones, already, if all that came
 * behind it are repeated as well, up to the last that the tree has: snapshots are written while transactions are
 * applied, and rest on it. What a transaction finds out of order then, a parent that is gone, a child that is there, is
 * of a time that comes again. When it is applied for the first time it finds everything as it was prepared.
 */
export class TreeMachine implements StateMachine<TreeState> {
  readonly name = 'tree';

  initial(): TreeState {
    return emptyTree();
  }

  digest({ digest }: TreeState): number {
    return unsigned(digest);
  }

  /** Whatever the log carries is to be applied. Reads do not come by it. */
  query(): null {
    return null;
  }

  apply(tree: TreeState, command: Plain): Applied {
    const { zxid, session, xid, change } = command as unknown as TreeCommand;
    const events: Events = [];
    const result = this.applyChange(tree, zxid, session, change, events);
    if (zxid >= tree.settledAt) tree.settledAt = NO_ZXID;
    const applied: TreeApplied = { result, events };
    const isExecuted = xid !== 0 && change.change !== 'error';
    return { result: applied as unknown as Plain, executed: isExecuted ? { session, sequence: xid } : null };
  }

  // ── Snapshots ────────────────────────────────────────────────────────

  save(tree: TreeState): string {
    return this.saveLater(tree)();
  }

  saveLater(tree: TreeState): () => string {
    return saveExactly(tree);
  }

  load(text: string): TreeState {
    return loadTree(text);
  }

  // ── Changes ──────────────────────────────────────────────────────────

  protected applyChange(
    tree: TreeState, zxid: Zxid, session: SessionId, change: TreeChange, events: Events,
  ): OpResult {
    switch (change.change) {
      case 'create': return this.create(tree, zxid, change, events);
      case 'delete': return this.delete(tree, zxid, change.path, events);
      case 'set': return this.set(tree, zxid, change, events);
      case 'check': return { op: 'check' };
      case 'multi': {
        const results = change.changes.map((one) => this.applyChange(tree, zxid, session, one, events));
        return { op: 'multi', results };
      }
      case 'create-session': return this.createSession(tree, session, change);
      case 'close-session': return this.closeSession(tree, zxid, session, change, events);
      case 'error': return { op: 'error', error: change.error, results: change.results };
      default: return unreachable(change);
    }
  }

  /**
   * ZOOKEEPER-3249: a child that is there no more was created by what is repeated; its parent has counted later ones,
   * which may be there and are not created again, and never counts back. ZOOKEEPER-3125: whether the child is there
   * says nothing of its parent, which was written at another time: it counts in either case.
   */
  protected create(
    tree: TreeState, zxid: Zxid, { path, data, ephemeralOwner, cversion }: Change<'create'>, events: Events,
  ): OpResult {
    const parentPath = parentOf(path);
    const parent = tree.znodes.get(parentPath);
    if (parent === undefined) return outOfOrder('NoNode');
    if (cversion > parent.created) {
      parent.created = cversion;
      parent.pzxid = zxid;
      rehash(tree, parentPath, parent);
    }
    if (tree.znodes.has(path)) return outOfOrder('NodeExists');
    const znode = addZnode(tree, path, { data, czxid: zxid, ephemeralOwner });
    events.push({ type: 'NodeCreated', path }, { type: 'NodeChildrenChanged', path: parentPath });
    return { op: 'create', path, stat: statOf(znode) };
  }

  /** ZOOKEEPER-3125: the child may have gone before it could be written, its parent was written before: it counts. */
  protected delete(tree: TreeState, zxid: Zxid, path: string, events: Events): OpResult {
    const parentPath = parentOf(path);
    const parent = tree.znodes.get(parentPath);
    if (parent === undefined) return outOfOrder('NoNode');
    if (zxid > parent.pzxid) {
      parent.pzxid = zxid;
      rehash(tree, parentPath, parent);
    }
    if (!tree.znodes.has(path)) return outOfOrder('NoNode');
    removeZnode(tree, path);
    events.push({ type: 'NodeDeleted', path }, { type: 'NodeChildrenChanged', path: parentPath });
    return { op: 'delete' };
  }

  private set(tree: TreeState, zxid: Zxid, { path, data, version }: Change<'set'>, events: Events): OpResult {
    const znode = tree.znodes.get(path);
    if (znode === undefined) return outOfOrder('NoNode');
    znode.data = data;
    znode.version = version;
    znode.mzxid = zxid;
    rehash(tree, path, znode);
    events.push({ type: 'NodeDataChanged', path });
    return { op: 'set', stat: statOf(znode) };
  }

  private createSession(
    tree: TreeState, session: SessionId, { timeoutUs, password }: Change<'create-session'>,
  ): OpResult {
    addSession(tree, session, { timeoutUs, password });
    return { op: 'check' };
  }

  private closeSession(
    tree: TreeState, zxid: Zxid, session: SessionId, change: Change<'close-session'>, events: Events,
  ): OpResult {
    for (const path of this.endsWithSession(tree, session, change)) this.delete(tree, zxid, path, events);
    removeSession(tree, session);
    return { op: 'close' };
  }

  /** ZOOKEEPER-3145: a replay may find the tree without them, and their parents have to have seen them go. */
  protected endsWithSession(
    _tree: TreeState, _session: SessionId, { paths }: Change<'close-session'>,
  ): readonly string[] {
    return paths;
  }
}

/** The state machine of the reference. */
export const treeMachine: StateMachine<TreeState> = new TreeMachine();

/** What only a replay comes to, and nobody waits for. */
function outOfOrder(error: ErrorCode): OpResult {
  return { op: 'error', error, results: [] };
}
