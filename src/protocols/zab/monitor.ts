import type { DiskView } from '../../contract/disk.ts';
import type { ClusterInfo, InvariantInfo, InvariantSet, Monitor, ReportBreach } from '../../contract/invariant.ts';
import type { Message } from '../../contract/message.ts';
import { majority } from '../../contract/quorum.ts';
import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import {
  acceptedOnDisk, currentOnDisk, type EpochGhost, isOnDisk, newNodeGhost, type NodeGhost, type TxnGhost,
} from './ghost.ts';
import * as invariants from './invariants.ts';
import type { Txn, ZabMessage } from './messages.ts';
import { holds, lastZxid, type Leading, LOG_FILE, type ZabState } from './state.ts';
import { counterOf, epochOf, NO_ZXID, showZxid, type Zxid } from './zxid.ts';

/** What every log has dropped is forgotten when so often something was dropped. */
const DROPS = 16;
/** Connections that are remembered: those before them have long been closed. */
const CONNECTIONS = 1_024;

/**
 * Evaluates the invariants of Zab as a run goes, from all that was ever proposed and committed, and from the disks: at
 * constant cost per message and transaction, but for a commit and a new leader, which look at every disk.
 */
export class ZabMonitor implements Monitor<ZabState> {
  protected readonly cluster: ClusterInfo;
  private readonly report: ReportBreach;
  private readonly breached = new Set<string>();
  private readonly nodes: readonly NodeGhost[];
  private readonly quorum: number;
  private readonly txns = new Map<Zxid, TxnGhost>();
  private readonly epochs = new Map<number, EpochGhost>();
  private highestEstablished = 0;
  private readonly committed = new Set<Zxid>();
  private lastCommitted: Zxid = NO_ZXID;
  /** By epoch: the last transaction that its leader has committed. */
  private readonly committedIn = new Map<number, Zxid>();
  /** By transaction: the state after it. */
  private readonly digests = new Map<Zxid, number>();
  /** Nothing is remembered of the transactions up to here. */
  private forgottenTo: Zxid = NO_ZXID;
  private drops = 0;
  /** By connection: the last transaction that the receiver has, once it has taken all that was sent. */
  private readonly sentTo = new Map<ConnectionId, Zxid>();

  constructor(cluster: ClusterInfo, report: ReportBreach) {
    this.cluster = cluster;
    this.report = report;
    this.nodes = cluster.nodes.map(newNodeGhost);
    this.quorum = majority(cluster.nodes.length);
  }

  // ── Starts and files ─────────────────────────────────────────────────

  onStarted(node: NodeId, state: ZabState, synced: DiskView): void {
    const ghost = this.ghostOf(node);
    const { log, acceptedEpoch, currentEpoch } = state.durable;
    ghost.state = state;
    ghost.synced = synced;
    ghost.role = null;
    ghost.phase = '';
    ghost.delivered = -1;
    ghost.digest = -1;
    ghost.last = lastZxid(log);
    ghost.end = log.dropped + log.entries.length;
    ghost.positions.clear();
    log.entries.forEach(({ zxid }, at) => ghost.positions.set(zxid, log.dropped + at + 1));
    if (state.isAmnesiac) return;
    const { attestedAccepted, attestedCurrent } = ghost;
    if (acceptedEpoch < attestedAccepted || currentEpoch < attestedCurrent) {
      this.breach(invariants.epochOrder, `${this.name(node)} starts with the epochs ${acceptedEpoch} and ` +
        `${currentEpoch}, but has told others of ${attestedAccepted} and ${attestedCurrent}`);
    }
    this.checkBegin(node, currentEpoch, (begin) => holds(log, begin) || begin <= log.base);
  }

  onAppend(node: NodeId, file: string, index: number, entry: unknown): void {
    if (file !== LOG_FILE) return;
    const ghost = this.ghostOf(node);
    const txn = entry as Txn;
    const { zxid } = txn;
    const { last } = ghost;
    if (zxid <= last) {
      this.breach(invariants.zxidOrder, `${this.name(node)} logs ${showZxid(zxid)} behind ${showZxid(last)}`);
    }
    this.checkLogged(node, txn, last);
    ghost.last = zxid;
    ghost.end = index;
    ghost.positions.set(zxid, index);
  }

  private checkLogged(node: NodeId, txn: Txn, last: Zxid): void {
    const { zxid } = txn;
    if (zxid <= this.forgottenTo) return;
    const known = this.txns.get(zxid);
    const logs = `${this.name(node)} logs ${showZxid(zxid)}`;
    if (known === undefined) {
      this.txns.set(zxid, { txn, before: last });
      if (this.leads(node, epochOf(zxid))) return;
      return this.breach(invariants.integrity, `${logs}, which the leader of that epoch has not proposed`);
    }
    if (!isSameTxn(known.txn, txn)) {
      return this.breach(invariants.integrity, `${logs} with another command than was proposed`);
    }
    if (known.before === last) return;
    this.breach(invariants.agreement,
      `${logs} behind ${showZxid(last)}, where it stands behind ${showZxid(known.before)} in other histories`);
  }

  onTruncate(node: NodeId, file: string, index: number): void {
    if (file !== LOG_FILE) return;
    const ghost = this.ghostOf(node);
    ghost.last = ghost.state?.durable.log.base ?? NO_ZXID;
    for (const [zxid, position] of ghost.positions) {
      if (position >= index) ghost.positions.delete(zxid);
      else ghost.last = Math.max(ghost.last, zxid);
    }
    ghost.end = index - 1;
  }

  onDrop(node: NodeId, file: string, index: number): void {
    if (file !== LOG_FILE) return;
    const ghost = this.ghostOf(node);
    for (const [zxid, position] of ghost.positions) if (position <= index) ghost.positions.delete(zxid);
    if (index >= ghost.end) {
      ghost.end = index;
      ghost.last = ghost.state?.durable.log.base ?? NO_ZXID;
    }
    this.drops += 1;
    if (this.drops < DROPS) return;
    this.drops = 0;
    this.forget();
  }

  /** What is in no log any more was committed long ago. */
  private forget(): void {
    let low = this.lastCommitted;
    for (const { state } of this.nodes) {
      if (state === null) return;
      low = Math.min(low, state.durable.log.base);
    }
    for (const table of [this.txns, this.committed, this.digests]) {
      for (const zxid of table.keys()) if (zxid < low) table.delete(zxid);
    }
    this.forgottenTo = Math.max(this.forgottenTo, low - 1);
  }

  // ── Events ───────────────────────────────────────────────────────────

  afterEvent(node: NodeId, state: ZabState): void {
    if (state.isAmnesiac) return;
    const ghost = this.ghostOf(node);
    ghost.state = state;
    if (state.illegal !== null) this.breach(invariants.noIllegalPackets, `${this.name(node)} gets ${state.illegal}`);
    this.checkEpochs(node, ghost, state);
    const { role } = state;
    const phase = role.kind === 'looking' ? '' : role.phase;
    if (role !== ghost.role || phase !== ghost.phase) {
      ghost.role = role;
      ghost.phase = phase;
      ghost.delivered = -1;
      ghost.committedTo = NO_ZXID;
      if (role.kind === 'leading') this.onLeads(node, ghost, role);
    }
    if (role.kind === 'leading' && role.committedTo !== ghost.committedTo) this.onCommits(node, ghost, role);
    this.checkService(node, ghost, state);
    if (phase === 'broadcast' && state.applied !== ghost.delivered) this.onDelivers(node, ghost, state.applied);
  }

  private checkEpochs(node: NodeId, ghost: NodeGhost, { durable: { acceptedEpoch, currentEpoch } }: ZabState): void {
    if (currentEpoch > acceptedEpoch) {
      this.breach(invariants.epochOrder,
        `${this.name(node)} is in epoch ${currentEpoch} and has promised ${acceptedEpoch} only`);
    }
    const onDisk = currentOnDisk(ghost.synced);
    if (onDisk === ghost.currentOnDisk) return;
    ghost.currentOnDisk = onDisk;
    this.checkBegin(node, onDisk, (begin) => isOnDisk(ghost, ghost.synced, begin));
  }

  private checkBegin(node: NodeId, epoch: number, has: (begin: Zxid) => boolean): void {
    const begun = this.epochs.get(epoch);
    if (begun === undefined || begun.begin <= this.forgottenTo || has(begun.begin)) return;
    this.breach(invariants.epochOrder, `epoch ${epoch} is on the disk of ${this.name(node)}, but not the history ` +
      `that it begins with, up to ${showZxid(begun.begin)}`);
  }

  /** The service is what the log comes to. */
  private checkService(node: NodeId, ghost: NodeGhost, state: ZabState): void {
    const { applied, role, durable: { log }, digest } = state;
    const last = lastZxid(log);
    const isWhole = role.kind !== 'looking' || applied === last;
    if (!isWhole || !holds(log, applied)) {
      if (!(applied < log.base && isWhole)) {
        this.breach(invariants.processConsistency, `the service of ${this.name(node)} has applied up to ` +
          `${showZxid(applied)}, where its log ends with ${showZxid(last)}${isWhole ? ' and does not have that' : ''}`);
      }
    }
    if (applied === ghost.applied && digest === ghost.digest) return;
    ghost.applied = applied;
    ghost.digest = digest;
    if (applied <= this.forgottenTo || !this.isSettled(state)) return;
    const known = this.digests.get(applied);
    if (known === undefined) this.digests.set(applied, digest);
    else if (known !== digest) {
      this.breach(invariants.stateConsistency,
        `${this.name(node)} is in another state after ${showZxid(applied)} than a node before it`);
    }
  }

  /** Whether the service is in a state that a log comes to: it may have been saved while it changed. */
  protected isSettled(_state: ZabState): boolean {
    return true;
  }

  // ── Leaders ──────────────────────────────────────────────────────────

  private onLeads(node: NodeId, ghost: NodeGhost, role: Leading): void {
    if (role.phase === 'discovery') return;
    const { epoch } = role;
    const known = this.epochs.get(epoch);
    if (known !== undefined && known.role !== role) {
      this.breach(invariants.leadership,
        `${this.name(node)} has a quorum for epoch ${epoch}, which ${this.name(known.leader as NodeId)} has begun`);
    }
    if (known?.role !== role) this.epochs.set(epoch, { leader: node, role, begin: ghost.last, isEstablished: false });
    if (role.phase === 'broadcast') this.onEstablished(node, ghost, role);
  }

  private onEstablished(node: NodeId, ghost: NodeGhost, { epoch }: Leading): void {
    const begun = this.epochs.get(epoch) as EpochGhost;
    begun.isEstablished = true;
    const promised = this.nodes.filter(({ synced }) => acceptedOnDisk(synced) >= epoch).length;
    const current = this.nodes.filter(({ synced }) => currentOnDisk(synced) >= epoch).length;
    const leads = `${this.name(node)} leads in epoch ${epoch}`;
    if (promised < this.quorum || current < this.quorum) {
      this.breach(invariants.leadership,
        `${leads}, which ${promised} disks have promised and ${current} begun, of ${this.nodes.length}`);
    }
    this.highestEstablished = Math.max(this.highestEstablished, epoch);
    // Its ACKs may have been under way while a later epoch began: it need not have what that has committed.
    const earlier = [...this.committedIn].filter(([by]) => by <= epoch).map(([, zxid]) => zxid);
    const committed = Math.max(NO_ZXID, ...earlier);
    const dropped = ghost.state?.durable.log.base ?? NO_ZXID;
    if (ghost.positions.has(committed) || committed <= dropped) return;
    this.breach(invariants.leaderCompleteness, `${leads} without ${showZxid(committed)}, which is committed`);
  }

  private onCommits(node: NodeId, ghost: NodeGhost, { epoch, committedTo, phase }: Leading): void {
    ghost.committedTo = committedTo;
    if (phase !== 'broadcast') return;
    const fresh: Zxid[] = [];
    for (let zxid = committedTo; zxid > this.forgottenTo && !this.committed.has(zxid);) {
      fresh.push(zxid);
      const before = this.txns.get(zxid)?.before;
      if (before === undefined || before === this.lastCommitted || before === NO_ZXID) break;
      zxid = before;
    }
    for (const zxid of fresh.reverse()) this.onCommitted(node, zxid);
    if (fresh.length === 0) return;
    this.committedIn.set(epoch, committedTo);
    this.checkDurable(node, committedTo);
  }

  private onCommitted(node: NodeId, zxid: Zxid): void {
    const commits = `${this.name(node)} commits ${showZxid(zxid)}`;
    const { lastCommitted } = this;
    const before = this.txns.get(zxid)?.before;
    if (zxid <= lastCommitted) {
      this.breach(invariants.globalPrimaryOrder, `${commits} behind ${showZxid(lastCommitted)}`);
    } else if (before !== undefined && before !== lastCommitted) {
      this.breach(invariants.localPrimaryOrder,
        `${commits}, before which ${showZxid(before)} was proposed, behind ${showZxid(lastCommitted)}`);
    }
    const later = this.epochs.get(this.highestEstablished);
    if (later !== undefined && this.highestEstablished > epochOf(zxid) && zxid > later.begin) {
      this.breach(invariants.primaryIntegrity,
        `${commits}, which the leader of epoch ${this.highestEstablished} does not have`);
    }
    this.committed.add(zxid);
    this.lastCommitted = Math.max(lastCommitted, zxid);
    const known = this.txns.get(zxid);
    if (known !== undefined) this.onCommittedTxn(node, known);
  }

  /** Hears of every transaction once, in the order in which they are committed. */
  protected onCommittedTxn(_node: NodeId, _txn: TxnGhost): void { /* What it comes to, a service has to say. */ }

  private checkDurable(node: NodeId, zxid: Zxid): void {
    const holders = this.nodes.filter((ghost) => isOnDisk(ghost, ghost.synced, zxid)).length;
    if (holders >= this.quorum) return;
    this.breach(invariants.committedIsDurable,
      `${this.name(node)} commits ${showZxid(zxid)}, which is on ${holders} disks of ${this.nodes.length}`);
  }

  // ── Delivery ─────────────────────────────────────────────────────────

  private onDelivers(node: NodeId, ghost: NodeGhost, applied: Zxid): void {
    const { delivered } = ghost;
    ghost.delivered = applied;
    if (applied < delivered) {
      this.breach(invariants.totalOrder,
        `${this.name(node)} goes back from ${showZxid(delivered)} to ${showZxid(applied)}`);
    }
    if (applied <= this.forgottenTo || applied === NO_ZXID || this.committed.has(applied)) return;
    this.breach(invariants.committedPrefix, `${this.name(node)} delivers ${showZxid(applied)}, which is not committed`);
  }

  // ── Messages ─────────────────────────────────────────────────────────

  onSend(from: NodeId, to: NodeId, message: Message, synced: DiskView, connection?: ConnectionId): void {
    const { length } = this.nodes;
    if (from >= length || to >= length || connection === undefined) return;
    const sent = message as ZabMessage;
    switch (sent.kind) {
      case 'DIFF': case 'TRUNC': case 'SNAP':
        return this.onBegins(connection, sent.zxid);
      case 'PROPOSAL':
        return this.onProposal(from, to, connection, sent.txn);
      case 'ACKEPOCH':
        return this.onAckEpoch(from, sent.epoch, synced);
      case 'ACK':
        return this.onAck(from, sent.zxid, synced);
      default:
    }
  }

  private onBegins(connection: ConnectionId, zxid: Zxid): void {
    this.sentTo.set(connection, zxid);
    if (this.sentTo.size <= CONNECTIONS) return;
    for (const oldest of this.sentTo.keys()) {
      this.sentTo.delete(oldest);
      break;
    }
  }

  private onProposal(from: NodeId, to: NodeId, connection: ConnectionId, txn: Txn): void {
    const { zxid } = txn;
    if (this.leads(from, epochOf(zxid))) this.onProposed(from, txn);
    const last = this.sentTo.get(connection);
    this.sentTo.set(connection, zxid);
    const known = this.txns.get(zxid);
    if (zxid <= this.forgottenTo || last === undefined || known === undefined || known.before === last) return;
    this.breach(invariants.zxidOrder, `${this.name(from)} sends ${showZxid(zxid)} to ${this.name(to)} behind ` +
      `${showZxid(last)}, and leaves out ${showZxid(known.before)}`);
  }

  /** The leader of its epoch proposes it, for the first time or once more. */
  private onProposed(node: NodeId, txn: Txn): void {
    const { zxid } = txn;
    const epoch = this.epochs.get(epochOf(zxid));
    const proposes = `${this.name(node)} proposes ${showZxid(zxid)}`;
    if (epoch?.isEstablished !== true) {
      this.breach(invariants.activation, `${proposes} before a quorum has the history that this epoch begins with`);
    }
    const known = this.txns.get(zxid);
    if (known === undefined) {
      const before = counterOf(zxid) === 1 ? epoch?.begin ?? NO_ZXID : zxid - 1;
      this.txns.set(zxid, { txn, before });
    } else if (!isSameTxn(known.txn, txn)) {
      this.breach(invariants.integrity, `${proposes} with another command than before`);
    }
  }

  private onAckEpoch(from: NodeId, epoch: number, synced: DiskView): void {
    const ghost = this.ghostOf(from);
    ghost.attestedAccepted = Math.max(ghost.attestedAccepted, epoch);
    const stored = acceptedOnDisk(synced);
    if (stored >= epoch) return;
    this.breach(invariants.acksAreDurable,
      `${this.name(from)} promises epoch ${epoch}, but only ${stored} is on its disk`);
  }

  private onAck(from: NodeId, zxid: Zxid, synced: DiskView): void {
    const ghost = this.ghostOf(from);
    if (counterOf(zxid) === 0) {
      const epoch = epochOf(zxid);
      ghost.attestedCurrent = Math.max(ghost.attestedCurrent, epoch);
      this.checkBegin(from, epoch, (begin) => isOnDisk(ghost, synced, begin));
      if (currentOnDisk(synced) >= epoch) return;
    } else if (isOnDisk(ghost, synced, zxid)) {
      return;
    }
    this.breach(invariants.acksAreDurable, `${this.name(from)} acknowledges ${showZxid(zxid)}, but its disk does not`);
  }

  // ── Small things ─────────────────────────────────────────────────────

  /** Messages are seen when their handler is over: a leader may have proposed and then given way, in one step. */
  private leads(node: NodeId, epoch: number): boolean {
    if (this.epochs.get(epoch)?.leader === node) return true;
    const role = this.ghostOf(node).state?.role;
    return role?.kind === 'leading' && role.epoch === epoch;
  }

  private ghostOf(node: NodeId): NodeGhost {
    return this.nodes[node] as NodeGhost;
  }

  protected name(process: NodeId): string {
    return this.cluster.nameOf(process);
  }

  protected breach(invariant: InvariantInfo, text: string): void {
    if (this.breached.has(invariant.id)) return;
    this.breached.add(invariant.id);
    this.report(invariant, text);
  }
}

/** Mostly one object, which travels and is stored unchanged. */
function isSameTxn(a: Txn, b: Txn): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** The invariants of Zab, and the monitor that checks them all. */
export const zabInvariants: InvariantSet<ZabState> = {
  declared: invariants.declaredInvariants,
  observe: (cluster, report) => new ZabMonitor(cluster, report),
};
