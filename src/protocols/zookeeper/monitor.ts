import type { DiskView } from '../../contract/disk.ts';
import type { ClusterInfo, InvariantSet, ReportBreach } from '../../contract/invariant.ts';
import type { Message } from '../../contract/message.ts';
import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import type { TxnGhost } from '../zab/ghost.ts';
import type { Txn } from '../zab/messages.ts';
import { ZabMonitor } from '../zab/monitor.ts';
import { LOG_FILE, type ZabState } from '../zab/state.ts';
import { showZxid, type Zxid } from '../zab/zxid.ts';
import { CommittedTree, partsOf } from './ghost.ts';
import * as invariants from './invariants.ts';
import type { TreeChange, TreeCommand } from './messages.ts';
import { SessionTimes } from './session-times.ts';
import type { ZooKeeperState } from './state.ts';
import { parentOf } from './tree/paths.ts';
import type { TreeState } from './tree/state.ts';

/**
 * Evaluates the invariants of Zab, and those of the tree over it: what is committed is held against a tree of its own,
 * and the trees of the servers against what is committed. Cost: that of each transaction, and, each time a server has
 * applied something, its sessions.
 */
class ZooKeeperMonitor extends ZabMonitor {
  private readonly committedTree: CommittedTree;
  private readonly times: SessionTimes;
  private readonly states = new Map<NodeId, ZooKeeperState>();
  /** By node: its tree when it was looked at last. That it has applied more may be wrong without a change of it. */
  private readonly looked = new Map<NodeId, { readonly digest: number; readonly applied: Zxid }>();
  /** One is enough: a tree that is not what the log comes to costs time at each look. */
  private hasPartialMulti = false;

  constructor(cluster: ClusterInfo, report: ReportBreach) {
    super(cluster, report);
    this.committedTree = new CommittedTree(cluster.machine);
    this.times = new SessionTimes(cluster);
  }

  protected override isSettled({ machine, applied }: ZabState): boolean {
    return (machine as TreeState).settledAt <= applied;
  }

  override afterEvent(node: NodeId, state: ZabState): void {
    const { digest, applied, isAmnesiac } = state;
    const before = this.looked.get(node);
    if (!isAmnesiac && this.isSettled(state) && (before?.digest !== digest || before.applied !== applied)) {
      this.looked.set(node, { digest, applied });
      this.checkSessions(node, state);
      this.checkMultis(node, state);
    }
    this.states.set(node, state as ZooKeeperState);
    this.times.look(node, state as ZooKeeperState);
    super.afterEvent(node, state);
  }

  // ── What leaders say and log ─────────────────────────────────────────

  override onSend(from: NodeId, to: NodeId, message: Message, synced: DiskView, connection?: ConnectionId): void {
    if (connection !== undefined) this.times.onSend(from, message, connection, this.states.get(from));
    super.onSend(from, to, message, synced, connection);
  }

  override onAppend(node: NodeId, file: string, index: number, entry: unknown): void {
    super.onAppend(node, file, index, entry);
    const early = file === LOG_FILE ? this.times.onLogged(node, entry as Txn) : null;
    if (early !== null) this.breach(invariants.noEarlyExpiry, early);
  }

  // ── What servers have ────────────────────────────────────────────────

  private checkSessions(node: NodeId, { applied, machine }: ZabState): void {
    const { sessions, ephemerals } = machine as TreeState;
    for (const [session, paths] of ephemerals) {
      if (sessions.has(session) && !this.committedTree.isOver(session, applied)) continue;
      const [path] = paths;
      this.breach(invariants.ephemeralLiveness, `${this.name(node)} has ${String(path)} after ${showZxid(applied)}, ` +
        `of session ${session}, which is over`);
    }
    for (const session of sessions.keys()) {
      if (!this.committedTree.isOver(session, applied)) continue;
      this.breach(invariants.ephemeralLiveness,
        `${this.name(node)} has session ${session} after ${showZxid(applied)}, behind its end`);
    }
  }

  private checkMultis(node: NodeId, { applied, machine, digest }: ZabState): void {
    if (this.hasPartialMulti) return;
    const expected = this.committedTree.digestAt(applied);
    if (expected === undefined || expected === digest) return;
    const partial = this.committedTree.partialMulti(node, machine as TreeState, applied);
    if (partial === null) return;
    this.hasPartialMulti = true;
    this.breach(invariants.multiIsAtomic,
      `${this.name(node)} has a part of the multi ${showZxid(partial.zxid)} after ${showZxid(applied)}`);
  }

  // ── What is committed ────────────────────────────────────────────────

  protected override onCommittedTxn(node: NodeId, { txn, before }: TxnGhost): void {
    const command = txn.command as unknown as TreeCommand;
    if (!this.committedTree.isNext(before)) return;
    this.checkSession(node, command);
    // Each part finds what those before it have left.
    const parts = partsOf(command.change);
    if (parts.length === 1) this.checkCondition(node, command, parts[0] as TreeChange);
    for (const part of parts) this.checkNumber(node, command, part);
    this.committedTree.add(command);
  }

  private checkSession(node: NodeId, { zxid, session, change }: TreeCommand): void {
    if (change.change === 'error' || change.change === 'create-session') return;
    if (this.committedTree.tree.sessions.has(session)) return;
    this.breach(invariants.noResurrection,
      `${this.name(node)} commits ${showZxid(zxid)}, a ${change.change} of session ${session}, which is over`);
  }

  private checkCondition(node: NodeId, { zxid }: TreeCommand, change: TreeChange): void {
    if (this.isAsPrepared(change)) return;
    const path = 'path' in change ? change.path : '';
    this.breach(invariants.conditionsHold,
      `${this.name(node)} commits ${showZxid(zxid)}, a ${change.change} of ${path}, over a tree that it is not for`);
  }

  private isAsPrepared(change: TreeChange): boolean {
    const { znodes } = this.committedTree.tree;
    switch (change.change) {
      case 'create': {
        const parent = znodes.get(parentOf(change.path));
        return parent?.ephemeralOwner === 0 && parent.created + 1 === change.cversion && !znodes.has(change.path);
      }
      case 'delete': return znodes.get(change.path)?.children.size === 0;
      case 'set': return znodes.get(change.path)?.version === change.version - 1;
      default: return true;
    }
  }

  private checkNumber(node: NodeId, { zxid }: TreeCommand, change: TreeChange): void {
    const number = change.change === 'create' ? this.committedTree.numberOf(change) : null;
    if (number === null || number.given > number.highest || change.change !== 'create') return;
    this.breach(invariants.sequentialNames,
      `${this.name(node)} commits ${showZxid(zxid)}, which creates ${change.path} behind number ${number.highest}`);
  }
}

/** The invariants of the service and of Zab below it, and the monitor that checks them all. */
export const zooKeeperInvariants: InvariantSet<ZooKeeperState> = {
  declared: invariants.declaredInvariants,
  observe: (cluster, report) => new ZooKeeperMonitor(cluster, report),
};
