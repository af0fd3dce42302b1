import type { Context } from '../../contract/context.ts';
import type { Order } from '../../contract/node.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import {
  type Configuration, type ConfigurationAt, isAmong, isJoint, isVoter, joint, left, members, simple,
} from './configuration.ts';
import { lastIndex } from './log.ts';
import type { TimeoutNow } from './messages.ts';
import { filled } from './replication.ts';
import { Reads } from './reads.ts';
import type { Flights, Leader, Promotion, Snapshot } from './state.ts';

/** Thesis §4.2.1: a server that does not catch up within so many rounds is not made a voter. */
const ROUNDS = 10;

/** Who takes part, and how that changes (§6; thesis §3.10 and §4). */
export abstract class Membership extends Reads {
  /** What was asked for cannot be done now, or not by us: it is left undone, and the operator sees that it is. */
  protected onLeaderOrder(ctx: Context, leader: Leader, order: Order): void {
    const [node] = order.nodes;
    switch (order.kind) {
      case 'transfer': return node === undefined ? undefined : this.beginTransfer(ctx, leader, node);
      case 'add-voter': return node === undefined ? undefined : this.beginPromotion(ctx, leader, node);
      case 'add-learner': return node === undefined ? undefined : this.addLearner(ctx, leader, node);
      case 'remove': return node === undefined ? undefined : this.remove(ctx, leader, node);
      case 'set-voters': return this.setVoters(ctx, leader, order.nodes);
      case 'leave-joint': return this.leaveJoint(ctx, leader);
      default: assert(false, 'the module names every order');
    }
  }

  // ── One server at a time (thesis §4.1) ───────────────────────────────

  private addLearner(ctx: Context, leader: Leader, node: NodeId): void {
    const { voters, learners } = this.state.configuration;
    if (members(this.state.configuration).includes(node)) return;
    this.propose(ctx, leader, simple(voters, [...learners, node]));
  }

  /** A leader removes itself like any other, and leads until that is committed (thesis §4.2.2). */
  private remove(ctx: Context, leader: Leader, node: NodeId): void {
    const { configuration } = this.state;
    const voters = configuration.voters.filter((voter) => voter !== node);
    if (!members(configuration).includes(node) || voters.length === 0) return;
    this.propose(ctx, leader, simple(voters, configuration.learners.filter((learner) => learner !== node)));
  }

  /**
   * Whether the last configuration is without us. What we append behind it, only we may ever hold: with configurations
   * that take effect when they are applied, S2 hands over to S1 alone, commits that, steps down, and keeps the entry
   * behind it; S1, who has not heard of the commitment, needs the vote of S2, whose log is longer.
   */
  protected isLeaving(): boolean {
    const { configurations } = this.state;
    const { configuration } = configurations[configurations.length - 1] as ConfigurationAt;
    return !isJoint(configuration) && !isAmong(configuration.voters, this.self);
  }

  // ── Catching up before voting (thesis §4.2.1) ────────────────────────

  /** A new voter with an empty log would leave the others without a spare one for as long as it takes to fill it. */
  private beginPromotion(ctx: Context, leader: Leader, node: NodeId): void {
    const { configuration } = this.state;
    if (isVoter(configuration, node) || leader.promotions.some((promotion) => promotion.node === node)) return;
    if (!configuration.learners.includes(node)) this.addLearner(ctx, leader, node);
    if (!this.state.configuration.learners.includes(node) && !this.isPending(node)) return;
    const roundEnd = lastIndex(this.state.durable.log);
    leader.promotions.push({ node, round: 1, roundEnd, roundSinceUs: ctx.monotonicUs() });
  }

  /** Whether a change that brings a node is appended, and not in force yet. */
  private isPending(node: NodeId): boolean {
    return this.state.configurations.some(({ configuration }) => members(configuration).includes(node));
  }

  /** One round is what the leader had when it began. The last one has to be shorter than an election timeout. */
  protected override onMatched(ctx: Context, leader: Leader, from: NodeId): void {
    if (leader.transferTo !== null) this.continueTransfer(ctx, leader, from);
    if (leader.promotions.length === 0) return;
    const promotion = leader.promotions.find(({ node }) => node === from);
    if (promotion === undefined || (leader.matchIndex[from] as number) < promotion.roundEnd) return;
    const nowUs = ctx.monotonicUs();
    const isFast = nowUs - promotion.roundSinceUs < this.settings.electionTimeoutUsMin;
    if (isFast && this.mayChangeConfiguration()) return this.promote(ctx, leader, promotion);
    if (!isFast) promotion.round += 1;
    promotion.roundEnd = lastIndex(this.state.durable.log);
    promotion.roundSinceUs = nowUs;
    if (promotion.round > ROUNDS) this.endPromotion(leader, promotion);
  }

  private promote(ctx: Context, leader: Leader, promotion: Promotion): void {
    this.endPromotion(leader, promotion);
    const { voters, learners } = this.state.configuration;
    const { node } = promotion;
    if (!learners.includes(node)) return;
    this.propose(ctx, leader, simple([...voters, node], learners.filter((learner) => learner !== node)));
  }

  private endPromotion(leader: Leader, promotion: Promotion): void {
    leader.promotions.splice(leader.promotions.indexOf(promotion), 1);
  }

  // ── Any change at once (§6) ──────────────────────────────────────────

  private setVoters(ctx: Context, leader: Leader, voters: readonly NodeId[]): void {
    const { configuration } = this.state;
    if (voters.length === 0 || isJoint(configuration)) return;
    this.propose(ctx, leader, joint(configuration, voters));
  }

  /** §6 Once both majorities have the joint configuration, the new one alone may decide. */
  private leaveJoint(ctx: Context, leader: Leader): void {
    const { configuration } = this.state;
    if (isJoint(configuration)) this.propose(ctx, leader, left(configuration));
  }

  private propose(ctx: Context, leader: Leader, configuration: Configuration): void {
    if (!this.mayChangeConfiguration() || leader.transferTo !== null) return;
    const { currentTerm: term } = this.state.durable;
    const timeUs = this.clusterTimeUs(ctx, leader);
    const bytes = 8 * members(configuration).length;
    this.appendAsLeader(ctx, leader, { kind: 'configuration', term, timeUs, bytes, configuration });
    this.sendHeartbeats(ctx, leader); // Also to who is new, and has been sent nothing yet.
  }

  // ── What is in force ─────────────────────────────────────────────────

  protected override onConfigurationAppended(index: number, configuration: Configuration): void {
    this.state.configurations.push({ index, configuration });
    this.configure(this.settings.configuresOnAppend ? configuration : this.lastKnownCommitted());
    // Where it is not in force yet, who is new gets the log all the same.
    const { role } = this.state;
    if (role.kind === 'leader' && !this.settings.configuresOnAppend) this.lookAround(role);
  }

  /** Thesis §4.1: whoever loses the entry falls back to the configuration before it. */
  protected override onConfigurationsCut(from: number): void {
    const { configurations } = this.state;
    while (configurations.length > 1 && this.isRolledBack((configurations.at(-1) as { index: number }).index, from)) {
      configurations.pop();
    }
    const last = configurations.at(-1)?.configuration;
    if (last === undefined) return;
    const isCut = !configurations.some(({ configuration }) => configuration === this.state.configuration);
    if (this.settings.configuresOnAppend || isCut) this.configure(last);
  }

  /**
   * The option was set, perhaps to another value, as the server runs. What is in force stays so until it is applied, or
   * cut off; but where an entry counts from its place in the log on, so do those that are there.
   */
  protected onConfigurationRule(): void {
    const { state, settings: { configuresOnAppend } } = this;
    state.configuresOnAppend = configuresOnAppend;
    const last = state.configurations.at(-1);
    if (configuresOnAppend && last !== undefined) this.configure(last.configuration);
  }

  protected override onConfigurationApplied(): void {
    if (!this.settings.configuresOnAppend) this.configure(this.lastKnownCommitted());
  }

  /**
   * The last configuration that is applied, or the one in force if that is later. A server that starts goes by the last
   * one in its log and applies the earlier ones again: were it to go by these, servers 1 and 2, which start with the
   * configurations {1, 2, 3}, {1, 2, 3, 4} and {1, 2, 3, 4, 5} in their logs and apply the first, would elect a leader,
   * and 3, 4 and 5 another one.
   *
   * At least the one before the last in the log: a change is proposed when the one before it is committed, and says so
   * to whoever holds it. A server whose commitIndex lags would else be elected by two of {1, 2, 3}, without what 3, 4
   * and 5 have committed since.
   */
  private lastKnownCommitted(): Configuration {
    const { configurations, configuration, lastApplied } = this.state;
    let at = configurations.length - 1;
    const isLater = ({ index, configuration: found }: ConfigurationAt): boolean =>
      index > lastApplied && found !== configuration;
    while (at > 0 && isLater(configurations[at] as ConfigurationAt)) at -= 1;
    at = Math.max(at, configurations.length - 2);
    return (configurations[at] as ConfigurationAt).configuration;
  }

  protected override onSnapshotInstalled({ lastIncludedIndex: index, configuration }: Snapshot): void {
    const { configurations } = this.state;
    const behind = configurations.filter((at) => at.index > index && index + 1 <= lastIndex(this.state.durable.log));
    configurations.splice(0, configurations.length, { index, configuration }, ...behind);
    const last = configurations.at(-1)?.configuration ?? configuration;
    this.configure(this.settings.configuresOnAppend ? last : this.lastKnownCommitted());
  }

  private configure(configuration: Configuration): void {
    const { state } = this;
    if (state.configuration === configuration) return;
    state.configuration = configuration;
    if (state.role.kind === 'leader') this.lookAround(state.role);
  }

  /** The leader feeds and counts whoever the configuration names. */
  protected lookAround(leader: Leader): void {
    const { state } = this;
    const before = leader.targets;
    leader.targets = this.audience().filter((node) => node !== this.self);
    for (const node of leader.targets) {
      if (before.includes(node)) continue;
      leader.nextIndex[node] = Math.max(lastIndex(state.durable.log), (leader.matchIndex[node] as number) + 1);
      this.feed(leader, node, 'probe');
      leader.snapshotSent[node] = null;
      leader.hasAnswered[node] = false;
    }
    this.recountHolders(leader);
  }

  /** With configurations that take effect when they are applied, a new server needs the log before that. */
  private audience(): readonly NodeId[] {
    const { configuration, configurations } = this.state;
    const latest = configurations.at(-1)?.configuration ?? configuration;
    return [...new Set([...members(configuration), ...members(latest)])].sort((a, b) => a - b);
  }

  /** A change is done when it is committed: the leader goes on from there (§6; thesis §4.2.2). */
  protected settleConfiguration(ctx: Context, leader: Leader): void {
    const { configuration } = this.state;
    if (!this.mayChangeConfiguration()) return;
    if (isJoint(configuration)) {
      if (this.leavesJoint()) this.leaveJoint(ctx, leader);
    } else if (!isAmong(configuration.voters, this.self)) {
      this.stepDown(ctx);
    }
  }

  // ── Leadership transfer (thesis §3.10) ───────────────────────────────

  private beginTransfer(ctx: Context, leader: Leader, target: NodeId): void {
    const { voters } = this.state.configuration;
    if (target === this.self || !voters.includes(target) || leader.transferTo !== null) return;
    leader.transferTo = target;
    ctx.setTimer('transfer', this.settings.electionTimeoutUsMax);
    this.continueTransfer(ctx, leader, target);
  }

  private continueTransfer(ctx: Context, leader: Leader, from: NodeId): void {
    if (leader.transferTo !== from || !this.mayHandOver(leader, from)) return;
    // Thesis §6.4.1: before the message leaves, for whoever gets it is elected although the others still hear us.
    leader.hasSurrenderedLease = true;
    const message: TimeoutNow = { kind: 'TimeoutNow', term: this.state.durable.currentTerm };
    ctx.send(from, message);
  }

  /** A successor that is not elected in time is given up, and clients are served again. */
  protected onTransferTimeout(): void {
    const { role } = this.state;
    if (role.kind === 'leader') role.transferTo = null;
  }
}

/** What a leader knows when it begins: nothing of the others. */
export function newLeader(
  clusterSize: number, last: number, { timeBaseUs, ledSinceUs }: Pick<Leader, 'timeBaseUs' | 'ledSinceUs'>,
): Leader {
  return {
    kind: 'leader',
    targets: [],
    nextIndex: filled(clusterSize, last + 1),
    matchIndex: filled(clusterSize, 0),
    feed: filled(clusterSize, 'probe'),
    inFlight: Array.from({ length: clusterSize }, (): Flights => ({ ends: [], bytes: [] })),
    inFlightBytes: filled(clusterSize, 0),
    snapshotOffset: filled(clusterSize, 0),
    snapshotMovedAt: filled(clusterSize, 0),
    snapshotSent: filled(clusterSize, null),
    requestId: 0,
    resumedAt: filled(clusterSize, 0),
    answeredId: filled(clusterSize, 0),
    answeredSentAtUs: filled(clusterSize, -Infinity),
    trackedFrom: 1,
    holders: [],
    oldHolders: [],
    requests: [],
    uncommittedBytes: 0,
    timeBaseUs,
    ledSinceUs,
    isBatching: false,
    hasAnswered: filled(clusterSize, false),
    reads: [],
    transferTo: null,
    hasSurrenderedLease: false,
    leaseReads: 0,
    promotions: [],
  };
}
