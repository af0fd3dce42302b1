import type { Context, PersistTag } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { type Ballot, NO_BALLOT, roundOf } from './ballot.ts';
import { Commanders } from './commanders.ts';
import { membersOf } from './configuration.ts';
import { lifeOf, type Lives } from './lives.ts';
import type {
  AcceptedValue, Heartbeat, HeartbeatReply, Preempted, Prepare, Promised, Value,
} from './messages.ts';
import { isAmong } from './quorums.ts';
import { BALLOT_FILE, type Candidate, type CountedPromise, FOLLOWER, type Leader } from './state.ts';

/** What phase 1 has left to be proposed, by slot; and the last of these slots. */
interface LeftOver {
  readonly adopted: ReadonlyMap<number, Value>;
  readonly barrier: number;
}

/** What stands, has a ballot promised for all slots at once, and leads (PMMC, section 2: scouts and leaders). */
export abstract class Proposer extends Commanders {
  /** Who accepts nothing does not stand, nor who lacks the last stop. */
  protected abstract lookOn(ctx: Context): void;
  /** A replica has told its leader how far it is. */
  protected abstract onProgress(ctx: Context, leader: Leader, from: NodeId, executed: number): void;

  // ── When to propose ──────────────────────────────────────────────────

  protected resetElectionTimer(ctx: Context): void {
    ctx.setTimer('election', this.electionTimeoutUs(ctx) + this.backOffUs(ctx));
  }

  protected onElectionTimeout(ctx: Context): void {
    assert(this.state.role.kind === 'follower', 'who proposes waits for nobody');
    this.state.leaderId = null;
    const isLeased = this.isLeasedToOther(this.self, ctx.monotonicUs());
    if (isLeased || !this.mayPropose()) return this.resetElectionTimer(ctx);
    if (!this.standsIn(this.inForce) || this.lacksStop()) return this.lookOn(ctx);
    if (!this.isBeginningStored()) return ctx.setTimer('election', this.settings.heartbeatUs);
    this.prepare(ctx);
  }

  // ── Phase 1 (the scout) ──────────────────────────────────────────────

  /** The round is on the disk before anybody hears of it: a ballot that is used twice can have two values in a slot. */
  protected prepare(ctx: Context): void {
    const { state } = this;
    const { durable } = state;
    const ballot = this.nextBallot();
    assert(this.mayPromise(ballot), 'who prepares a ballot promises it as well');
    durable.round = roundOf(ballot);
    durable.promised = ballot;
    state.role = { kind: 'candidate', ballot, promises: [] };
    state.leaderId = null;
    ctx.cancelTimer('election');
    ctx.note({ event: 'became-candidate', ballot });
    ctx.put(BALLOT_FILE, this.ballotRecord());
    ctx.persist({ kind: 'own-promise', ballot });
    const message: Prepare = { kind: 'Prepare', ballot, fromSlot: state.executed + 1 };
    for (const node of this.acceptors()) ctx.send(node, message);
    ctx.setTimer('prepare', this.settings.heartbeatUs);
  }

  /** Everybody else who accepts in the next slot, or in a later one that we know of. */
  private acceptors(): readonly NodeId[] {
    return membersOf(this.state.configurations).filter((node) => node !== this.self);
  }

  /** The same ballot again: what was lost is asked for once more, and nobody is pre-empted by it. */
  protected onPrepareAgain(ctx: Context): void {
    const { role, executed } = this.state;
    assert(role.kind === 'candidate', 'only a candidate repeats its question');
    ctx.setTimer('prepare', this.settings.heartbeatUs);
    const message: Prepare = { kind: 'Prepare', ballot: role.ballot, fromSlot: executed + 1 };
    for (const node of this.acceptors()) {
      if (role.promises.every(({ from }) => from !== node)) ctx.send(node, message);
    }
  }

  protected onOwnPromise(ctx: Context, tag: PersistTag): void {
    const { role, executed } = this.state;
    if (role.kind !== 'candidate' || role.ballot !== tag['ballot']) return;
    // Its round is stored, and that is all.
    if (this.onlyProposes(this.self)) return;
    this.countPromise(ctx, role, this.self, this.promised(role.ballot, executed + 1));
  }

  protected onPromised(ctx: Context, from: NodeId, reply: Promised): void {
    const { role } = this.state;
    if (role.kind === 'candidate' || (role.kind === 'leader' && role.reach < Infinity)) {
      this.countPromise(ctx, role, from, reply);
    }
  }

  private countPromise(ctx: Context, role: Candidate | Leader, from: NodeId, reply: Promised): void {
    const { promises } = role;
    if (!this.isPromiseOf(reply.ballot, role.ballot)) return;
    this.forgetFormerLife(promises, from, reply.lives);
    if (!this.countsPromise(from, promises.map((promise) => promise.from))) return;
    const { ballot, accepted, truncatedTo, lives } = reply;
    promises.push({ from, ballot, accepted, truncatedTo, lives });
    if (role.kind === 'leader') this.reachFurther(ctx, role);
    else if (this.isPrepared(promises, this.inForce)) this.lead(ctx, role);
  }

  /** What was promised in a life that is over takes no place from what is promised in the present one. */
  private forgetFormerLife(promises: CountedPromise[], from: NodeId, lives: Lives): void {
    const at = promises.findIndex((promise) => promise.from === from);
    const former = promises[at];
    if (former !== undefined && lifeOf(former.lives, from).number < lifeOf(lives, from).number) promises.splice(at, 1);
  }

  // ── What may be proposed ─────────────────────────────────────────────

  protected lead(ctx: Context, { ballot, promises }: Candidate): void {
    const { state } = this;
    const floor = this.floorOf(promises);
    const epoch = this.settings.checkEpoch ? ballot : NO_BALLOT;
    const { adopted, barrier } = this.begin(epoch, this.adopt(ballot, promises, floor));
    const times = [...adopted.values()].map((value) => (value.kind === 'command' ? value.timeUs : 0));
    const leader: Leader = {
      kind: 'leader',
      ballot,
      epoch,
      promises,
      adopted,
      floor,
      barrier,
      reach: this.reachOf(promises),
      stopAt: Infinity,
      fillTo: 0,
      change: null,
      audience: this.audienceOf(membersOf(state.configurations)),
      nextSlot: floor + 1,
      commanders: new Map(),
      requests: new Map(),
      queue: [],
      hasAnswered: this.perNode(false),
      refusedBy: [],
      grantedSentAtUs: this.perNode(-Infinity),
      snapshotSlots: this.perNode(0),
      timeBaseUs: times.reduce((latest, timeUs) => Math.max(latest, timeUs), state.timeUs),
      ledSinceUs: ctx.monotonicUs(),
      leaseUntilUs: -Infinity,
      untold: [],
      leaseReads: 0,
    };
    leader.leaseUntilUs = this.leaseUntilUs(leader);
    state.role = leader;
    state.leaderId = this.self;
    ctx.cancelTimer('prepare');
    ctx.note({ event: 'became-leader', ballot });
    if (this.settings.checkQuorum) ctx.setTimer('check-quorum', this.settings.electionTimeoutUsMax);
    this.onHeartbeatDue(ctx);
    this.pullDropped(ctx, leader);
    this.proposeWaiting(ctx, leader);
  }

  /** Whoever has dropped what we lack has it in a snapshot. */
  private pullDropped(ctx: Context, { promises }: Leader): void {
    for (const { from, truncatedTo } of promises) {
      if (from !== this.self && truncatedTo > this.state.executed) this.pull(ctx, from, truncatedTo);
    }
  }

  /** Up to where we may propose by these promises: through the configurations that they prepare and that we are in. */
  protected reachOf(promises: readonly CountedPromise[]): number {
    for (const configuration of this.state.configurations) {
      if (!this.standsIn(configuration) || !this.isPrepared(promises, configuration)) return configuration.from - 1;
    }
    return Infinity;
  }

  /** Who accepts in later slots is asked as soon as that is known: once for all of them, in our ballot. */
  protected prepareFurther(ctx: Context, leader: Leader): void {
    const next = this.state.configurations.find(({ from }) => from > leader.reach);
    if (next === undefined || !this.standsIn(next)) return;
    const message: Prepare = { kind: 'Prepare', ballot: leader.ballot, fromSlot: next.from };
    for (const node of next.members) {
      if (node !== this.self && leader.promises.every(({ from }) => from !== node)) ctx.send(node, message);
    }
  }

  /** What the acceptors of later slots show is adopted as it was of the first ones: nothing was proposed there yet. */
  private reachFurther(ctx: Context, leader: Leader): void {
    const reach = this.reachOf(leader.promises);
    if (reach <= leader.reach) return;
    leader.reach = reach;
    leader.floor = this.floorOf(leader.promises);
    leader.nextSlot = Math.max(leader.nextSlot, leader.floor + 1);
    const isBegun = leader.nextSlot > leader.barrier;
    const left = this.adopt(leader.ballot, leader.promises, leader.nextSlot - 1);
    const { adopted, barrier } = this.begin(isBegun ? NO_BALLOT : leader.epoch, left);
    leader.adopted = adopted;
    leader.barrier = Math.max(leader.barrier, barrier);
    leader.leaseUntilUs = this.leaseUntilUs(leader);
    this.pullDropped(ctx, leader);
    this.prepareFurther(ctx, leader);
    this.proposeWaiting(ctx, leader);
  }

  /** For each slot that the promises show, and for each hole below, what to propose. */
  private adopt(ballot: Ballot, promises: readonly CountedPromise[], floor: number): LeftOver {
    const reported = new Map<number, AcceptedValue[]>();
    let barrier = floor;
    for (const { accepted } of promises) {
      for (const entry of accepted) {
        if (entry.slot <= floor || this.isVoid(entry.ballot, ballot)) continue;
        if (entry.slot > barrier) barrier = entry.slot;
        const entries = reported.get(entry.slot);
        if (entries === undefined) reported.set(entry.slot, [entry]);
        else entries.push(entry);
      }
    }
    const adopted = new Map<number, Value>();
    for (let slot = floor + 1; slot <= barrier; slot++) {
      const value = this.chooseValue(reported.get(slot) ?? []) ?? this.holeFiller();
      if (value !== null) adopted.set(slot, value);
    }
    return { adopted, barrier };
  }

  /** Paxos Made Live, section 5.3: behind what others have left, a new master says that it is. */
  private begin(epoch: Ballot, { adopted, barrier }: LeftOver): LeftOver {
    if (epoch === NO_BALLOT) return { adopted, barrier };
    return { adopted: new Map([...adopted, [barrier + 1, { kind: 'new-epoch', epoch }]]), barrier: barrier + 1 };
  }

  private perNode<T>(value: T): T[] {
    return this.nodes.map(() => value);
  }

  // ── Leading ──────────────────────────────────────────────────────────

  protected onHeartbeatDue(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'leader', 'only a leader says that it leads');
    ctx.setTimer('heartbeat', this.settings.heartbeatUs);
    const truncateTo = this.heldByQuorum(role);
    const sentAtUs = ctx.monotonicUs();
    const { ballot, untold: decided } = role;
    role.untold = [];
    const { executed } = this.state;
    const message: Heartbeat = { kind: 'Heartbeat', ballot, sentAtUs, executed, truncateTo, decided };
    for (const node of role.audience) ctx.sendNow(node, message);
    this.truncate(ctx, truncateTo);
    this.prepareFurther(ctx, role);
    this.proposeAgain(ctx, role);
  }

  /** Last slot that an accept quorum has in snapshots on its disks: any prepare quorum meets one of them. */
  private heldByQuorum(leader: Leader): number {
    leader.snapshotSlots[this.self] = this.state.snapshotSlot;
    const { members, quorums } = this.inForce;
    const heldBy = (node: NodeId): number => leader.snapshotSlots[node] as number;
    const isHeld = (slot: number): boolean =>
      this.isAcceptQuorum(members.filter((node) => heldBy(node) >= slot), quorums);
    return members.map(heldBy).sort((a, b) => b - a).find(isHeld) ?? 0;
  }

  protected onHeartbeat(ctx: Context, from: NodeId, heartbeat: Heartbeat): void {
    const { ballot, sentAtUs, truncateTo } = heartbeat;
    if (ballot < this.state.durable.promised) {
      // Who stands and accepts nothing has taken no promise from anybody by that.
      return this.onlyProposes(this.self) ? undefined : this.refuse(ctx, from, ballot);
    }
    this.follow(ctx, from, ballot);
    this.state.lease = { to: from, untilUs: ctx.monotonicUs() + this.settings.replicaLeaseUs };
    this.learnAccepted(ctx, heartbeat);
    this.truncate(ctx, truncateTo);
    const { executed, snapshotSlot } = this.state;
    const reply: HeartbeatReply = { kind: 'HeartbeatReply', ballot, sentAtUs, executed, snapshotSlot };
    ctx.sendNow(from, reply);
    this.pull(ctx, from, heartbeat.executed);
  }

  /**
   * What we have accepted in a ballot is what was proposed in it, and so what is chosen in it. In another ballot it
   * says nothing: n1 accepts A in ballot 1, and B is chosen in ballot 2 by others.
   */
  private learnAccepted(ctx: Context, { ballot, decided }: Heartbeat): void {
    for (const slot of decided) {
      const entry = this.state.durable.accepted.get(slot);
      if (entry?.ballot === ballot) this.learn(slot, entry.value);
    }
    this.executeDecided(ctx);
  }

  protected onHeartbeatReply(ctx: Context, from: NodeId, reply: HeartbeatReply): void {
    const { role } = this.state;
    if (role.kind !== 'leader' || reply.ballot !== role.ballot) return;
    role.hasAnswered[from] = true;
    const grantedUs = this.leaseFromUs(reply.sentAtUs, ctx.monotonicUs());
    role.grantedSentAtUs[from] = Math.max(role.grantedSentAtUs[from] as number, grantedUs);
    role.leaseUntilUs = this.leaseUntilUs(role);
    role.snapshotSlots[from] = Math.max(role.snapshotSlots[from] as number, reply.snapshotSlot);
    this.pull(ctx, from, reply.executed); // Who leads need not be the first to have learned.
    this.onProgress(ctx, role, from, reply.executed);
  }

  /** A leader that is not heard must not keep the others waiting. */
  protected onCheckQuorum(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'leader', 'only a leader checks its quorum');
    role.hasAnswered[this.self] = true;
    const { members, quorums } = this.inForce;
    const answered = members.filter((node) => role.hasAnswered[node]);
    if (!this.isAcceptQuorum(answered, quorums)) return this.stepDown(ctx);
    role.hasAnswered.fill(false);
    ctx.setTimer('check-quorum', this.settings.electionTimeoutUsMax);
  }

  // ── Being pre-empted ─────────────────────────────────────────────────

  protected onPreempted(ctx: Context, from: NodeId, { ballot, promised }: Preempted): void {
    const { role } = this.state;
    this.see(promised);
    if (role.kind === 'follower' || ballot !== role.ballot || promised <= role.ballot) return;
    // Whoever has promised a ballot past our lease is alone with it: no quorum can have.
    if (role.kind === 'leader' && this.canDecideWithout(role, from) && this.holdsLease(role, ctx.monotonicUs())) return;
    this.giveWay(ctx);
  }

  /**
   * Whether those who have not refused our ballot are enough to accept. Of acceptors n3 and n4, the one has promised a
   * higher ballot when our lease was over; the other has granted the lease anew. It goes on, and nothing is chosen.
   */
  private canDecideWithout({ refusedBy }: Leader, refusing: NodeId): boolean {
    if (!isAmong(refusedBy, refusing)) refusedBy.push(refusing);
    const { members, quorums } = this.inForce;
    return this.isAcceptQuorum(members.filter((node) => !isAmong(refusedBy, node)), quorums);
  }

  /** A higher ballot than ours is on its way. Its proposer gets a chance, unless nobody is to wait for anybody. */
  private giveWay(ctx: Context): void {
    this.state.preemptions += 1;
    this.stepDown(ctx);
    if (this.settings.backOffUs === 0) ctx.setTimer('election', 1);
  }

  protected override yieldTo(ctx: Context, ballot: Ballot): void {
    const { role } = this.state;
    this.see(ballot);
    if (role.kind === 'follower') this.resetElectionTimer(ctx);
    else if (ballot > role.ballot) this.giveWay(ctx);
  }

  protected override follow(ctx: Context, leader: NodeId, ballot: Ballot): void {
    const { state } = this;
    this.see(ballot);
    state.preemptions = 0;
    if (state.role.kind !== 'follower') this.stepDown(ctx);
    state.leaderId = leader;
    this.resetElectionTimer(ctx);
  }

  protected stepDown(ctx: Context): void {
    const { state } = this;
    const { role } = state;
    assert(role.kind !== 'follower', 'a follower has nothing to step down from');
    state.role = FOLLOWER;
    state.leaderId = null;
    for (const timer of ['prepare', 'heartbeat', 'check-quorum']) ctx.cancelTimer(timer);
    ctx.note({ event: 'stepped-down', ballot: role.ballot });
    if (role.kind === 'leader') this.abandon(ctx, role);
    this.resetElectionTimer(ctx);
  }
}
