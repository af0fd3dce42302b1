import type { Context, PersistTag } from '../../contract/context.ts';
import { assert, unreachable } from '../../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import { Election } from './election.ts';
import type { Ack, AckEpoch, FollowerInfo, LeaderInfo, Ping, QuorumPacket, Snap, Txn } from './messages.ts';
import { type Following, type FollowerPhase, indexAfter } from './state.ts';
import { showZxid, type Zxid, zxidOf } from './zxid.ts';

/** A leader that refuses us so often is not one. */
const REFUSALS_MAX = 5;

/** What follows: steps f.1.1 to f.3.4 of the paper, by the names of ZooKeeper's packets. */
export abstract class Follower extends Election {
  protected override follow(ctx: Context, leader: NodeId): void {
    this.state.role = {
      kind: 'following', leader, phase: 'connecting', connection: null, refusals: 0, epoch: 0,
      snapshot: null, history: [], early: [], committedTo: 0, ackedTo: 0,
    };
    ctx.note({ event: 'following', leader });
    ctx.setTimer('init', this.settings.initLimitUs);
    this.reachLeader(ctx, this.state.role);
  }

  // ── Reaching the leader ──────────────────────────────────────────────

  private reachLeader(ctx: Context, role: Following): void {
    role.phase = 'connecting';
    role.connection = ctx.connect(role.leader);
  }

  protected onReachAgain(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'following', 'only a follower reaches for its leader');
    this.reachLeader(ctx, role);
  }

  protected onLeaderConnected(ctx: Context, role: Following, connection: ConnectionId): void {
    role.phase = 'discovery';
    const message: FollowerInfo = { kind: 'FOLLOWERINFO', acceptedEpoch: this.state.durable.acceptedEpoch };
    ctx.sendOnNow(connection, message); // What was promised before is on the disk, or need not be known.
  }

  /** Whom we follow may not know yet that it leads. A connection that had come to something does not come again. */
  protected onLeaderClosed(ctx: Context, role: Following): void {
    role.connection = null;
    role.refusals += 1;
    const isKnown = role.phase !== 'connecting' && role.phase !== 'discovery';
    if (isKnown || role.refusals > REFUSALS_MAX) return this.look(ctx, 'the leader is gone');
    role.phase = 'connecting';
    ctx.setTimer('connect', this.settings.finalizeWaitUs);
  }

  /** A connection ends with what it was for: nothing that comes on it is for the next one. */
  protected leaveLeader(ctx: Context, { connection }: Following): void {
    if (connection !== null) ctx.close(connection);
  }

  /** Step f.0: initLimit to take part, then syncLimit from each word of the leader to the next. */
  protected onLeaderSilent(ctx: Context): void {
    this.look(ctx, 'nothing is heard of the leader');
  }

  // ── Packets ──────────────────────────────────────────────────────────

  protected onLeaderPacket(ctx: Context, role: Following, packet: QuorumPacket): void {
    if (role.phase === 'broadcast') ctx.setTimer('leader', this.settings.syncLimitUs);
    if (!mayCome(packet.kind, role)) return this.onIllegal(ctx, `${packet.kind} while in ${role.phase}`);
    switch (packet.kind) {
      case 'LEADERINFO':
        return this.onLeaderInfo(ctx, role, packet);
      case 'DIFF':
        return this.beginSync(role);
      case 'TRUNC':
        return this.onTrunc(ctx, role, packet.zxid);
      case 'SNAP':
        return this.onSnap(role, packet);
      case 'NEWLEADER':
        return this.onNewLeader(ctx, role);
      case 'UPTODATE':
        return this.onUpToDate(ctx, role);
      case 'PROPOSAL':
        return this.onProposal(ctx, role, packet.txn);
      case 'COMMIT':
        return this.onCommit(ctx, role, packet.zxid);
      case 'PING':
        return this.answer(ctx, role, this.pingAnswer());
      case 'FOLLOWERINFO':
      case 'ACKEPOCH':
      case 'ACK':
        return this.onIllegal(ctx, `${packet.kind} from a leader`);
      default:
        return unreachable(packet);
    }
  }

  /** Each use promises nothing, or what is on the disk already. */
  private answer(ctx: Context, { connection }: Following, message: Ack | Ping): void {
    if (connection !== null) ctx.sendOnNow(connection, message);
  }

  protected onIllegal(ctx: Context, what: string): void {
    this.state.illegal ??= what;
    this.look(ctx, 'a packet out of place');
  }

  // ── Phase 1, discovery ───────────────────────────────────────────────

  /** Steps f.1.1 and f.1.2: the promise is on the disk before anybody hears of it. */
  private onLeaderInfo(ctx: Context, role: Following, { epoch }: LeaderInfo): void {
    const { durable, applied } = this.state;
    if (epoch < durable.acceptedEpoch) {
      // We can follow it no sooner than it has a new epoch. Until then we would go round as fast as messages do.
      this.state.joinsFromUs = ctx.monotonicUs() + this.settings.notificationUsMax;
      return this.look(ctx, 'the leader is of an epoch that is over');
    }
    const isFirst = epoch > durable.acceptedEpoch;
    role.epoch = epoch;
    role.phase = 'synchronisation';
    if (isFirst) {
      this.storeAcceptedEpoch(ctx, epoch);
      ctx.persist();
    }
    const { currentEpoch } = durable;
    const message: AckEpoch = { kind: 'ACKEPOCH', epoch, currentEpoch, lastZxid: applied, isFirst };
    if (role.connection !== null) ctx.sendOn(role.connection, message);
  }

  // ── Phase 2, synchronisation ─────────────────────────────────────────

  private beginSync(role: Following): void {
    role.history.length = 0;
  }

  private onTrunc(ctx: Context, role: Following, zxid: Zxid): void {
    this.beginSync(role);
    const end = this.endOfTruncated(zxid);
    if (!this.holds(end)) return this.onIllegal(ctx, `TRUNC to ${showZxid(end)}, which this history does not have`);
    this.truncateTo(ctx, end);
  }

  private onSnap(role: Following, { zxid, timeUs, data }: Snap): void {
    this.beginSync(role);
    role.snapshot = Object.freeze({ zxid, timeUs, data });
  }

  /**
   * Step f.2.1: the history goes to the disk, then the epoch, then our answer. With the epoch first (ZOOKEEPER-4643):
   * we have synced epoch 3 and crash before the history is written; with the highest epoch and a short history we win
   * the next election, and have those truncate that have the rest.
   */
  private onNewLeader(ctx: Context, role: Following): void {
    const { election } = this.state;
    role.phase = 'writing';
    if (!this.storesHistoryFirst()) {
      this.storeCurrentEpoch(ctx, role.epoch);
      ctx.persist();
    }
    if (!this.storesSnapshot(role.snapshot)) return this.writeHistory(ctx, role);
    assert(role.snapshot !== null, 'what is stored has come');
    this.storeSnapshot(ctx, role.snapshot);
    ctx.persist({ kind: 'synced-snapshot', election });
  }

  /** Our log is dropped only when the snapshot that stands for it is on the disk. */
  private writeHistory(ctx: Context, role: Following): void {
    const { state } = this;
    if (role.snapshot !== null) {
      this.replaceLog(ctx, role.snapshot.zxid);
      this.loadSnapshot(ctx, role);
    }
    this.writeTxns(ctx, role.history);
    if (!this.acksDurably()) return this.acknowledgeNewLeader(ctx, role);
    ctx.persist({ kind: 'synced-history', election: state.election });
  }

  protected writeTxns(ctx: Context, history: readonly Txn[]): void {
    for (const txn of history) this.appendTxn(ctx, txn);
  }

  private loadSnapshot(ctx: Context, { snapshot }: Following): void {
    const { state } = this;
    assert(snapshot !== null, 'there is a snapshot to load');
    state.machine = this.machine.load(snapshot.data);
    state.digest = this.machine.digest(state.machine);
    state.applied = snapshot.zxid;
    state.timeUs = snapshot.timeUs;
    state.sinceSnapshot = 0;
    ctx.note({ event: 'installed-snapshot', zxid: snapshot.zxid });
  }

  protected onSyncPersisted(ctx: Context, { kind, election }: PersistTag): void {
    const { role } = this.state;
    if (role.kind !== 'following' || election !== this.state.election) return; // That was for another leader.
    switch (kind) {
      case 'synced-snapshot':
        return this.writeHistory(ctx, role);
      case 'synced-history':
        this.storeCurrentEpoch(ctx, role.epoch);
        return ctx.persist({ kind: 'synced-epoch', election });
      case 'synced-epoch':
        return this.acknowledgeNewLeader(ctx, role);
      default:
        assert(false, 'synchronisation writes nothing else');
    }
  }

  private acknowledgeNewLeader(ctx: Context, role: Following): void {
    if (this.state.durable.currentEpoch !== role.epoch) this.storeCurrentEpoch(ctx, role.epoch);
    role.phase = 'waiting';
    this.answer(ctx, role, { kind: 'ACK', zxid: zxidOf(role.epoch, 0) });
    // Proposals of this epoch that came with the history are acknowledged like all others.
    this.acknowledge(ctx, role, this.lastZxid);
    for (const txn of role.early) this.log(ctx, txn);
    role.early.length = 0;
  }

  private onUpToDate(ctx: Context, role: Following): void {
    const { state } = this;
    role.phase = 'broadcast';
    role.committedTo = this.committedAtUpToDate(role);
    // We have looked for a leader with all of our log. What is under way of that is not delivered yet.
    if (state.applied > role.committedTo) this.rebuild(role.committedTo);
    state.vote = { ...state.vote, epoch: role.epoch };
    ctx.cancelTimer('init');
    ctx.setTimer('leader', this.settings.syncLimitUs);
    ctx.setTimer('commit', 0);
    ctx.note({ event: 'became-follower', leader: role.leader, epoch: role.epoch });
    this.onServing(ctx);
  }

  /** This node takes part in broadcast from now on, until it leaves its role. */
  protected onServing(_ctx: Context): void { /* Clients of Zab itself ask whomever they like. */ }

  protected pingAnswer(): Ping {
    return { kind: 'PING' };
  }

  // ── Phase 3, broadcast ───────────────────────────────────────────────

  private onProposal(ctx: Context, role: Following, txn: Txn): void {
    if (role.phase === 'synchronisation') this.collect(role, txn);
    else if (this.mayLog(role)) this.log(ctx, txn);
    else role.early.push(txn);
  }

  /** What comes before NEWLEADER is written, and delivered, when it is whole. */
  protected collect({ history }: Following, txn: Txn): void {
    history.push(txn);
  }

  private onCommit(ctx: Context, role: Following, zxid: Zxid): void {
    role.committedTo = zxid;
    if (role.phase === 'broadcast') ctx.setTimer('commit', 0);
  }

  /** Step f.3.1: what is on our disk is acknowledged, one by one. */
  protected acknowledge(ctx: Context, role: Following, upTo: Zxid): void {
    const { log } = this.state.durable;
    for (let at = indexAfter(log, Math.max(role.ackedTo, zxidOf(role.epoch, 0))); at < log.entries.length; at++) {
      const { zxid } = log.entries[at] as Txn;
      if (zxid > upTo) return;
      role.ackedTo = zxid;
      this.answer(ctx, role, { kind: 'ACK', zxid });
    }
  }

  /** Hands a proposal to the sync processor. */
  protected abstract log(ctx: Context, txn: Txn): void;
}

/** Which packets a follower waits for, where. COMMIT and PROPOSAL of what was under way come with the history. */
const PLACES: Readonly<Record<QuorumPacket['kind'], readonly FollowerPhase[]>> = {
  LEADERINFO: ['discovery'],
  DIFF: ['synchronisation'],
  TRUNC: ['synchronisation'],
  SNAP: ['synchronisation'],
  NEWLEADER: ['synchronisation'],
  UPTODATE: ['waiting'],
  PROPOSAL: ['synchronisation', 'writing', 'waiting', 'broadcast'],
  COMMIT: ['synchronisation', 'writing', 'waiting', 'broadcast'],
  PING: ['synchronisation', 'writing', 'waiting', 'broadcast'],
  FOLLOWERINFO: [],
  ACKEPOCH: [],
  ACK: [],
};

function mayCome(kind: QuorumPacket['kind'], { phase }: Following): boolean {
  return PLACES[kind].includes(phase);
}
