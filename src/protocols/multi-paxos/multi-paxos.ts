/**
 * Multi-Paxos. There is no canonical one; this is mostly that of "Paxos Made Moderately Complex" by Van Renesse and
 * Altinbuken, 2015 ("PMMC"): replicas execute slots, a scout prepares a ballot once for all slots, a commander has one
 * value accepted in one slot, within a window. Acceptors are those of "Paxos Made Simple" by Lamport, 2001; the answer
 * to Prepare, which the language has no other word left for, is called Promised. Snapshots and the master lease
 * are those of "Paxos Made Live" by Chandra, Griesemer and Redstone, 2007; quorums of two sizes and in grids those of
 * "Flexible Paxos" by Howard, Malkhi and Spiegelman, 2016.
 *
 * Implemented: unique ballots across restarts; one phase 1 for all slots; values adopted by the highest ballot, no-ops
 * in holes; slots chosen out of order and executed in order, within the window; learners that pull; snapshots and
 * truncation; back-off of pre-empted proposers; sessions (in the service); the master lease, with an epoch in each
 * answer that clients check and, with `checkEpoch`, masters; quorums that need to meet those of the other phase alone.
 * Acceptors that change, by a window or by a stop; that are asked only as far as needed; that come back without their
 * disk; that are other nodes than the proposers. Not implemented: acceptors that execute nothing.
 *
 * A node is acceptor, proposer and replica, in files of their own, over `rules.ts`: here is what reaches it, and where
 * that is dealt with. Deviations, with reasons, are listed in README.md beside this file.
 *
 * Atomic steps: each handler. A pause or a crash strikes between a handler and the completion of its persist, between
 * two handlers, and nowhere else.
 *
 * Uses of sendNow: what promises nothing that is not on the disk already. Accept and Heartbeat: their ballot was synced
 * before it was prepared, and the leader's own acceptance counts only in onPersisted. Decide, Learn, Learned,
 * InstallSnapshot, Remind: what is chosen is so by the disks of a quorum. HeartbeatReply and Reminded: of the snapshot,
 * what is synced; and the lease, which is not on the disk at all: who restarts waits it out.
 */
import type { ClientRequest, ConditionalRequest } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import type { Message } from '../../contract/message.ts';
import type { Node, NodeInit, Order } from '../../contract/node.ts';
import type { Options } from '../../contract/options.ts';
import { assert, unreachable } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { NO_BALLOT } from './ballot.ts';
import type { PaxosAnswer, PaxosMessage } from './messages.ts';
import { readSettings } from './options.ts';
import { Rejoiner } from './rejoin.ts';
import { BALLOT_FILE, JOURNAL_FILE, type Leader, type PaxosState } from './state.ts';
import { isGivenUp, takeGivenUp, takesPlace } from './waiting.ts';

const BUSY: PaxosAnswer = Object.freeze({ kind: 'busy' });

/** A Multi-Paxos node. */
export class MultiPaxosNode extends Rejoiner implements Node<PaxosState> {
  private readonly isNew: boolean;
  /** How many acceptances the disk held, readable or not. */
  private readonly found: number;

  constructor(init: NodeInit) {
    super(init);
    this.isNew = init.isNew;
    this.found = init.disk.log(JOURNAL_FILE).length;
  }

  onStart(ctx: Context): void {
    const { state } = this;
    this.setQuorums();
    if (state.isAmnesiac) return this.beginLife(ctx);
    const { journal, journalBase } = state;
    if (this.found > journal.length) ctx.truncateFrom(JOURNAL_FILE, journalBase + journal.length + 1);
    // We may have granted a lease, in our former life.
    if (!this.isNew) state.lease = { to: null, untilUs: ctx.monotonicUs() + this.settings.replicaLeaseUs };
    // What the disk gave us may be in its cache alone: a process crash leaves it there. Whoever tells of it before it
    // is synced can lose it in the next crash, that of the machine.
    ctx.put(BALLOT_FILE, this.ballotRecord());
    ctx.persist({ kind: 'start', slot: state.durable.snapshot?.slot ?? 0 });
    this.resetElectionTimer(ctx);
  }

  protected override foundInJournal(): number {
    return this.found;
  }

  private setQuorums(): void {
    const { state } = this;
    state.configurations = this.withQuorums(state.configurations);
    state.window = Math.min(this.settings.window, state.durable.window);
  }

  // ── Messages ─────────────────────────────────────────────────────────

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    const received = message as PaxosMessage;
    if (this.state.isAmnesiac) return this.whileAmnesiac(ctx, from, received);
    switch (received.kind) {
      case 'Accept':
        return this.onAccept(ctx, from, received);
      case 'Accepted':
        return this.onAccepted(ctx, from, received);
      case 'Decide':
        return this.onDecide(ctx, from, received);
      case 'Heartbeat':
        return this.onHeartbeat(ctx, from, received);
      case 'HeartbeatReply':
        return this.onHeartbeatReply(ctx, from, received);
      case 'Prepare':
        return this.onPrepare(ctx, from, received);
      case 'Promised':
        return this.onPromised(ctx, from, received);
      case 'Preempted':
        return this.onPreempted(ctx, from, received);
      case 'Learn':
        return this.onLearn(ctx, from, received);
      case 'Learned':
        this.onLearned(ctx, from, received);
        return this.goOn(ctx);
      case 'InstallSnapshot':
        this.onInstallSnapshot(ctx, received);
        return this.goOn(ctx);
      case 'Remind':
        return this.onRemind(ctx, from, received);
      case 'Reminded':
        return this.onReminded(ctx, from, received);
      case 'Rejoin':
        return this.onRejoin(ctx, from, received);
      case 'Rejoined':
        return;
      default:
        return unreachable(received);
    }
  }

  /** A leader that has executed more has more room in its window. */
  private goOn(ctx: Context): void {
    const { role } = this.state;
    if (role.kind === 'leader') this.proposeWaiting(ctx, role);
  }

  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case 'election':
        return this.onElectionTimeout(ctx);
      case 'prepare':
        return this.onPrepareAgain(ctx);
      case 'heartbeat':
        return this.onHeartbeatDue(ctx);
      case 'check-quorum':
        return this.onCheckQuorum(ctx);
      case 'rejoin':
        return this.askToRejoin(ctx);
      default:
        assert(false, 'Multi-Paxos sets no other timer');
    }
  }

  onPersisted(ctx: Context, tag: PersistTag): void {
    switch (tag.kind) {
      case 'own-acceptance':
        return this.onOwnAcceptance(ctx, tag);
      case 'own-promise':
        return this.onOwnPromise(ctx, tag);
      case 'snapshot':
      case 'start':
        this.onSnapshotPersisted(ctx, tag);
        return this.goOnRejoining(ctx);
      case 'joined':
        return this.onJoined(ctx);
      default:
        assert(false, 'Multi-Paxos persists for no other reason');
    }
  }

  onOptions(_ctx: Context, options: Options): void {
    this.settings = readSettings(options);
    this.setQuorums();
    const { role } = this.state;
    if (role.kind === 'leader') role.leaseUntilUs = this.leaseUntilUs(role);
  }

  onOrder(ctx: Context, order: Order): void {
    if (!this.state.isAmnesiac) this.follows(ctx, order);
  }

  // ── Clients ──────────────────────────────────────────────────────────

  onRequest(ctx: Context, request: ClientRequest): void {
    const { role, leaderId } = this.state;
    if (role.kind !== 'leader') {
      return ctx.reply(request, { kind: 'not-leader', leader: leaderId } satisfies PaxosAnswer);
    }
    const refusal = this.refusalOf(role, request);
    if (refusal !== null) return ctx.reply(request, refusal);
    if (this.serveRead(ctx, role, request) || takesPlace(role, request)) return;
    const { queue } = role;
    for (const over of takeGivenUp(queue, request)) ctx.reply(over, BUSY);
    const isFull = queue.length >= this.settings.maxQueued && role.nextSlot > this.lastSlotToPropose(role);
    if (isFull || isGivenUp(queue, request)) return ctx.reply(request, BUSY);
    queue.push(request);
    this.proposeWaiting(ctx, role);
  }

  /** Paxos Made Live, section 5.3: what was asked of another master is not executed here. */
  private refusalOf({ epoch }: Leader, request: ClientRequest): PaxosAnswer | null {
    const { epoch: asked } = request as ConditionalRequest;
    if (epoch === NO_BALLOT || this.isOfEpoch(asked, epoch)) return null;
    // Our successor has answered already, and we have not heard of it.
    return asked > epoch ? { kind: 'not-leader', leader: null } : { kind: 'epoch-over', epoch };
  }

  /** Paxos Made Live, section 5.2: the master answers reads from what it has executed. False: by a slot. */
  private serveRead(ctx: Context, leader: Leader, request: ClientRequest): boolean {
    if (!this.holdsLease(leader, ctx.monotonicUs()) || !this.mayServeReads(leader)) return false;
    const answer = this.machine.query(this.state.machine, request.command);
    if (answer === null) return false;
    leader.leaseReads += 1;
    this.answer(ctx, leader, request, answer.result);
    return true;
  }
}
