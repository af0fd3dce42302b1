import type { ClientRequest } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import type { Plain } from '../../contract/message.ts';
import { assert } from '../../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import { Follower } from './follower.ts';
import type { AckEpoch, FollowerInfo, LeaderInfo, Ping, QuorumPacket, Txn, ZabAnswer } from './messages.ts';
import { indexAfter, type Leading, type Learner, type Outstanding, type Submission } from './state.ts';
import { type Zxid, zxidOf } from './zxid.ts';

/** What leads: steps l.1.1 to l.3.4 of the paper, by the names of ZooKeeper's packets. */
export abstract class Leader extends Follower {
  protected override lead(ctx: Context): void {
    const { state } = this;
    const { acceptedEpoch, currentEpoch } = state.durable;
    const role: Leading = {
      kind: 'leading', phase: 'discovery', epoch: 0, currentEpoch, lastZxid: state.applied, learners: new Map(),
      promised: new Map([[this.self, acceptedEpoch]]), epochAckedBy: [], newLeaderAckedBy: [],
      counter: 1, outstanding: new Map(), committedTo: 0, submissions: [], waiting: new Map(),
      timeBaseUs: 0, ledSinceUs: 0,
    };
    state.role = role;
    ctx.note({ event: 'elected' });
    ctx.setTimer('init', this.settings.initLimitUs);
    ctx.setTimer('tick', this.settings.tickUs >> 1);
    this.chooseEpoch(ctx, role);
  }

  // ── Learners ─────────────────────────────────────────────────────────

  protected onLearnerConnected(ctx: Context, { learners }: Leading, connection: ConnectionId, node: NodeId): void {
    // Whoever comes again has given up its connection of before.
    for (const { node: known, connection: old } of learners.values()) {
      if (known !== node) continue;
      learners.delete(old);
      ctx.close(old);
    }
    const heardAtUs = ctx.monotonicUs();
    learners.set(connection, { node, connection, phase: 'connected', currentEpoch: 0, lastZxid: 0, heardAtUs });
  }

  protected onLearnerClosed(role: Leading, connection: ConnectionId): void {
    role.learners.delete(connection);
  }

  protected onLearnerPacket(ctx: Context, role: Leading, learner: Learner, packet: QuorumPacket): void {
    learner.heardAtUs = ctx.monotonicUs();
    const { phase } = learner;
    if (packet.kind === 'FOLLOWERINFO' && phase === 'connected') return this.onFollowerInfo(ctx, role, learner, packet);
    if (packet.kind === 'ACKEPOCH' && phase === 'informed') return this.onAckEpoch(ctx, role, learner, packet);
    if (packet.kind === 'ACK' && phase === 'synchronising') return this.onAckNewLeader(ctx, role, learner, packet.zxid);
    if (packet.kind === 'ACK' && phase === 'synchronised') return this.onAck(ctx, role, learner.node, packet.zxid);
    if (packet.kind === 'PING' && phase !== 'connected') return this.onPingAnswer(ctx, role, packet);
    this.dropLearner(ctx, role, learner, `${packet.kind} from a follower that is ${phase}`);
  }

  /** A learner has nothing to say with it but that it is there. */
  protected onPingAnswer(_ctx: Context, _role: Leading, _ping: Ping): void { /* It was heard: that is all. */ }

  private dropLearner(ctx: Context, role: Leading, { connection }: Learner, illegal: string | null): void {
    if (illegal !== null) this.state.illegal ??= illegal;
    role.learners.delete(connection);
    ctx.close(connection);
  }

  // ── Phase 1, discovery ───────────────────────────────────────────────

  private onFollowerInfo(ctx: Context, role: Leading, learner: Learner, { acceptedEpoch }: FollowerInfo): void {
    learner.phase = 'informed';
    if (role.epoch > 0) return this.inform(ctx, role, learner);
    role.promised.set(learner.node, acceptedEpoch);
    this.chooseEpoch(ctx, role);
  }

  /** Step l.1.1: when a quorum has said what it has promised. Our own promise is on the disk before the others hear. */
  private chooseEpoch(ctx: Context, role: Leading): void {
    if (role.epoch > 0 || !this.isQuorum([...role.promised.keys()])) return;
    role.epoch = this.nextEpoch(role.promised.values());
    this.storeAcceptedEpoch(ctx, role.epoch);
    ctx.persist({ kind: 'own-promise', election: this.state.election });
    for (const learner of role.learners.values()) if (learner.phase === 'informed') this.inform(ctx, role, learner);
  }

  private inform(ctx: Context, { epoch }: Leading, { connection }: Learner): void {
    const message: LeaderInfo = { kind: 'LEADERINFO', epoch };
    ctx.sendOn(connection, message);
  }

  private onAckEpoch(ctx: Context, role: Leading, learner: Learner, packet: AckEpoch): void {
    const { currentEpoch, lastZxid, isFirst } = packet;
    learner.phase = 'promised';
    learner.currentEpoch = currentEpoch;
    learner.lastZxid = lastZxid;
    if (role.phase !== 'discovery') return this.synchronise(ctx, role, learner);
    if (!this.countsPromise(isFirst)) return;
    if (this.isMoreRecent(packet, role)) return this.look(ctx, 'a follower is more recent');
    this.countPromise(ctx, role, learner.node);
  }

  private countPromise(ctx: Context, role: Leading, node: NodeId): void {
    if (!role.epochAckedBy.includes(node)) role.epochAckedBy.push(node);
    if (role.phase === 'discovery' && this.isQuorum(role.epochAckedBy)) this.beginSynchronisation(ctx, role);
  }

  // ── Phase 2, synchronisation ─────────────────────────────────────────

  /** Step l.2.1: our history is the one with which the epoch begins. It is on our own disk before our epoch is. */
  private beginSynchronisation(ctx: Context, role: Leading): void {
    role.phase = 'synchronisation';
    ctx.persist({ kind: 'own-history', election: this.state.election });
    ctx.note({ event: 'synchronising', epoch: role.epoch });
    for (const learner of role.learners.values()) {
      if (learner.phase === 'promised') this.synchronise(ctx, role, learner);
    }
  }

  /**
   * What the learner lacks, then what was proposed meanwhile, then NEWLEADER, in one go: what comes next is proposed to
   * it as to all others, so that it misses nothing. Each packet may leave before our own disk has what is in it: that
   * we have it is not said by these.
   */
  private synchronise(ctx: Context, role: Leading, learner: Learner): void {
    const { connection } = learner;
    const { log } = this.state.durable;
    const plan = this.planSync(learner.lastZxid);
    if (plan.kind === 'SNAP') {
      const { zxid, timeUs, data } = plan.snapshot;
      tell(ctx, connection, { kind: 'SNAP', zxid, timeUs, data });
    } else {
      tell(ctx, connection, { kind: plan.kind, zxid: plan.from });
    }
    ctx.note({ event: 'sends-history', to: learner.node, by: plan.kind });
    // What the sync processor has not come to is in no log yet.
    for (const txn of [...log.entries.slice(indexAfter(log, plan.from)), ...this.state.toLog]) {
      if (txn.zxid > plan.from && txn.zxid <= this.endOfSync(role)) this.propose(ctx, connection, txn);
    }
    if (role.committedTo > 0) tell(ctx, connection, { kind: 'COMMIT', zxid: role.committedTo });
    tell(ctx, connection, { kind: 'NEWLEADER', epoch: role.epoch });
    learner.phase = 'synchronising';
  }

  private propose(ctx: Context, connection: ConnectionId, txn: Txn): void {
    tell(ctx, connection, { kind: 'PROPOSAL', txn });
  }

  private onAckNewLeader(ctx: Context, role: Leading, learner: Learner, zxid: Zxid): void {
    if (zxid !== zxidOf(role.epoch, 0)) return this.dropLearner(ctx, role, learner, 'ACK before that of NEWLEADER');
    learner.phase = 'synchronised';
    if (role.phase === 'broadcast') return tell(ctx, learner.connection, { kind: 'UPTODATE' });
    this.countNewLeader(ctx, role, learner.node);
  }

  private countNewLeader(ctx: Context, role: Leading, node: NodeId): void {
    if (!role.newLeaderAckedBy.includes(node)) role.newLeaderAckedBy.push(node);
    if (role.phase === 'synchronisation' && this.isQuorum(role.newLeaderAckedBy)) this.establish(ctx, role);
  }

  /** Step l.2.2: a quorum has our history, so all of it is committed. */
  private establish(ctx: Context, role: Leading): void {
    const { state } = this;
    assert(state.toLog.length === 0, 'nothing is proposed before the epoch begins');
    role.phase = 'broadcast';
    role.committedTo = this.lastZxid;
    role.timeBaseUs = state.timeUs;
    role.ledSinceUs = ctx.monotonicUs();
    state.vote = { ...state.vote, epoch: role.epoch };
    ctx.cancelTimer('init');
    ctx.note({ event: 'became-leader', epoch: role.epoch });
    for (const { phase, connection } of role.learners.values()) {
      if (phase === 'synchronised') tell(ctx, connection, { kind: 'UPTODATE' });
    }
    this.onServing(ctx);
  }

  /** What the leader itself promises, and has: counted when it is on the disk. */
  protected onOwnPersisted(ctx: Context, { kind, election }: PersistTag): void {
    const { role } = this.state;
    if (role.kind !== 'leading' || election !== this.state.election) return;
    switch (kind) {
      case 'own-promise':
        return this.countPromise(ctx, role, this.self);
      case 'own-history':
        this.storeCurrentEpoch(ctx, role.epoch);
        return ctx.persist({ kind: 'own-epoch', election });
      case 'own-epoch':
        return this.countNewLeader(ctx, role, this.self);
      default:
        assert(false, 'a leader writes nothing else to lead');
    }
  }

  // ── Phase 3, broadcast ───────────────────────────────────────────────

  /** Queues what the request processor is to propose. */
  protected submit(ctx: Context, role: Leading, submission: Submission): void {
    role.submissions.push(submission);
    ctx.setTimer('prep', 0);
  }

  /** The command of a proposal: what was submitted, or what that comes to. Asked once for each, in their order. */
  protected prepareTxn(_role: Leading, _zxid: Zxid, { command }: Submission): Plain {
    return command;
  }

  /** The request processor (step l.3.1): gives each command its zxid, and proposes it. */
  protected prepare(ctx: Context, role: Leading): void {
    for (;;) {
      const submission = role.submissions[0];
      if (submission === undefined) return;
      if (this.isUsedUp(role.counter)) return this.look(ctx, 'the counter of the epoch is used up');
      role.submissions.shift();
      const zxid = this.zxidFor(role.epoch, role.counter);
      role.counter += 1;
      const timeUs = role.timeBaseUs + ctx.monotonicUs() - role.ledSinceUs;
      const txn: Txn = Object.freeze({ zxid, timeUs, command: this.prepareTxn(role, zxid, submission) });
      role.outstanding.set(zxid, { txn, ackedBy: [] });
      if (submission.request !== null) role.waiting.set(zxid, submission.request);
      for (const learner of role.learners.values()) {
        if (this.isForwardedTo(learner)) this.propose(ctx, learner.connection, txn);
      }
      this.log(ctx, txn);
    }
  }

  /** What is on our own disk counts like the ACK of a follower. */
  protected ackOwn(ctx: Context, role: Leading, upTo: Zxid): void {
    for (const zxid of [...role.outstanding.keys()]) if (zxid <= upTo) this.onAck(ctx, role, this.self, zxid);
  }

  private onAck(ctx: Context, role: Leading, node: NodeId, zxid: Zxid): void {
    const outstanding = role.outstanding.get(zxid);
    if (outstanding === undefined || !this.countsAck(node, outstanding.ackedBy)) return;
    outstanding.ackedBy.push(node);
    this.commitInOrder(ctx, role);
  }

  /** Step l.3.3: a proposal is committed when it and all before it have a quorum. */
  private commitInOrder(ctx: Context, role: Leading): void {
    for (const [zxid, outstanding] of role.outstanding) {
      if (!this.isCommitted(outstanding)) return;
      role.outstanding.delete(zxid);
      role.committedTo = zxid;
      for (const learner of role.learners.values()) {
        if (this.isForwardedTo(learner)) tell(ctx, learner.connection, { kind: 'COMMIT', zxid });
      }
      ctx.note({ event: 'committed', zxid });
      ctx.setTimer('commit', 0);
    }
  }

  protected isCommitted({ ackedBy }: Outstanding): boolean {
    return this.isQuorum(ackedBy);
  }

  /** The final processor: whoever waits for a transaction learns what came of it. */
  protected override onApplied(ctx: Context, { zxid }: Txn, result: unknown): void {
    const { role } = this.state;
    if (role.kind !== 'leading') return;
    const request = role.waiting.get(zxid);
    if (request === undefined) return;
    role.waiting.delete(zxid);
    ctx.reply(request, { kind: 'executed', result: result as Plain, zxid } satisfies ZabAnswer);
  }

  // ── Leading ──────────────────────────────────────────────────────────

  /** Pings, and looks whether a quorum is still there. */
  protected onTick(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'leading', 'only a leader ticks');
    ctx.setTimer('tick', this.settings.tickUs >> 1);
    const nowUs = ctx.monotonicUs();
    for (const learner of [...role.learners.values()]) {
      const limitUs = learner.phase === 'synchronised' ? this.settings.syncLimitUs : this.settings.initLimitUs;
      if (nowUs - learner.heardAtUs > limitUs) this.dropLearner(ctx, role, learner, null);
      else if (this.isForwardedTo(learner)) tell(ctx, learner.connection, { kind: 'PING' });
    }
    if (role.phase === 'broadcast' && !this.hasFollowers(role)) this.look(ctx, 'no quorum is heard');
  }

  protected hasFollowers({ learners }: Leading): boolean {
    const present = [...learners.values()].filter(({ phase }) => phase === 'synchronised').map(({ node }) => node);
    return this.isQuorum([...present, this.self]);
  }

  /** Whoever has been proposed must not be told that it failed: a later leader may have it in its history. */
  protected abandon(ctx: Context, role: Leading): void {
    for (const connection of role.learners.keys()) ctx.close(connection);
    for (const request of role.waiting.values()) this.answerClient(ctx, request, { kind: 'leadership-lost' });
    for (const { request } of role.submissions) {
      if (request !== null) this.answerClient(ctx, request, { kind: 'not-leader', leader: null });
    }
    ctx.note({ event: 'stepped-down', epoch: role.epoch });
  }

  protected answerClient(ctx: Context, request: ClientRequest, answer: ZabAnswer): void {
    ctx.reply(request, answer);
  }
}

function tell(ctx: Context, connection: ConnectionId, packet: QuorumPacket): void {
  ctx.sendOnNow(connection, packet);
}
