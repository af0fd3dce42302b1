/**
 * A client of the lock on a single Redis, which may have replicas and Sentinels: "Correct Implementation with a Single
 * Instance" in Redis, "Distributed Locks with Redis". Its lease is renewed as Redisson does it, if that is wanted.
 *
 * Implemented: SET NX PX with a value of its own for each try; release and renewal by scripts that compare that value;
 * validity counted from before the request, less what clocks may drift apart; bounded tries with a delay and jitter;
 * WAIT for replicas; finding the primary by Sentinels, or among the servers where there are none. Reentrant locks, and
 * waiters that are told of a release, or stand in a queue, as Redisson has them.
 *
 * What it cannot do is in the same document: replication is asynchronous, so that a primary that fails takes locks with
 * it, which the replica that is promoted grants again. WAIT makes that rarer; whoever has acknowledged need not be
 * whoever is promoted.
 *
 * Deviations: no connections, see `requests.ts`; scripts travel whole (EVAL), so that a server that has forgotten them
 * needs no second round trip.
 *
 * Atomic steps: each handler. The clock is read when the command is sent and again when it is answered; a pause in
 * between makes the validity shorter, or ends it before the lock was granted.
 */
import type { Context } from '../../../contract/context.ts';
import type { LockClient, LockGrant, ReleaseEnd } from '../../../contract/lock.ts';
import { assert } from '../../../kernel/assert.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { US_PER_MS } from '../../../kernel/time.ts';
import type { Reply } from '../messages.ts';
import { type Acquiring, type Asked, type Held, IDLE, type Lane, type LockState, type Releasing } from './state.ts';
import { LockWaiting } from './waiting.ts';

/** Of how many tries that nobody has answered a late answer is recognised. */
const ABANDONED_MAX = 32;

/** See the head of this file. */
export class SingleInstanceLock extends LockWaiting implements LockClient<LockState> {
  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case 'lock/task': return this.onPatienceOver(ctx, 'task');
      case 'lock/renewal': return this.onPatienceOver(ctx, 'renewal');
      case 'lock/entry': return this.onPatienceOver(ctx, 'entry');
      case 'lock/retry': return this.onRetry(ctx);
      case 'lock/renew': return this.onRenewTimer(ctx);
      case 'lock/step': return this.onStepTimer(ctx);
      case 'lock/deadline': return this.onDeadline(ctx);
      default: assert(false, 'a lock client sets no other timer');
    }
  }

  protected onReply(ctx: Context, lane: Lane, asked: Asked, reply: Reply): void {
    const { phase } = this.state;
    if (lane === 'renewal') return this.onRenewal(ctx, asked, reply);
    if (lane === 'entry') return this.onEntry(ctx, asked, reply);
    if (phase.kind === 'releasing') return this.onReleaseReply(ctx, phase, reply);
    assert(phase.kind === 'acquiring', 'nothing else is asked');
    switch (phase.step) {
      case 'replicating': return this.onReplicas(ctx, phase, asked.node, reply);
      case 'subscribing': return this.onSubscribed(ctx, phase, asked.node, reply);
      default: return this.onTaking(ctx, phase, asked, reply);
    }
  }

  protected onSilence(ctx: Context, lane: Lane, asked: Asked): void {
    const { phase } = this.state;
    if (lane === 'renewal') return this.onRenewalSilence(ctx, asked);
    if (lane === 'entry') return this.onEntrySilence();
    if (phase.kind === 'releasing') return this.onReleaseSilence(ctx, phase, asked);
    assert(phase.kind === 'acquiring', 'nothing else is asked');
    if (phase.step === 'replicating') return this.onNoReplicas(ctx, phase, asked.node);
    if (phase.step === 'taking') this.abandon(ctx, phase, asked);
    this.retry(ctx, phase, 'no answer');
  }

  protected onLate(ctx: Context, from: NodeId, id: number, reply: Reply): void {
    this.onLateTaking(ctx, from, id, reply);
    this.onLateRenewal(ctx, id, reply);
    this.onLateRelease(ctx, id, reply);
  }

  private onRetry(ctx: Context): void {
    const { phase } = this.state;
    if (phase.kind === 'acquiring' && phase.step === 'waiting') return this.onNoNews(ctx, phase);
    if (phase.kind === 'acquiring') this.take(ctx, phase);
    if (phase.kind === 'releasing') this.askForRelease(ctx, phase);
  }

  /** Time is up for whatever is being done. */
  private onDeadline(ctx: Context): void {
    const { phase, asked: { task } } = this.state;
    if (phase.kind === 'releasing') return this.endRelease(ctx, 'unsure');
    assert(phase.kind === 'acquiring', 'nothing else takes time');
    if (phase.step === 'replicating' && task !== null) return this.onNoReplicas(ctx, phase, task.node);
    const isSent = task?.step === 'sent' && phase.step === 'taking';
    if (isSent) this.abandon(ctx, phase, task);
    this.giveUp(ctx, phase, isSent ? 'no answer' : phase.error || 'no primary found');
  }

  // ── Acquiring ────────────────────────────────────────────────────────

  acquire(ctx: Context, lock: string): void {
    const { state } = this;
    assert(state.phase.kind === 'idle', 'one lock at a time');
    const phase: Acquiring = {
      kind: 'acquiring', lock, firstRequest: state.nextRequest, tries: 0, owner: '', waiter: '', sentAtUs: 0,
      step: 'taking', subscribedAt: null, isWoken: false, error: '',
    };
    state.phase = phase;
    ctx.setTimer('lock/deadline', this.init.timeoutUs);
    this.take(ctx, phase);
  }

  protected override take(ctx: Context, phase: Acquiring): void {
    phase.owner = this.drawOwner(ctx);
    if (phase.waiter === '') phase.waiter = phase.owner;
    phase.tries += 1;
    phase.step = 'taking';
    phase.isWoken = false;
    this.init.listener.onAttempt(ctx, phase.lock, phase.owner);
    const whom = this.settings.asksForEachLock ? 'confirmed' : 'primary';
    this.ask(ctx, 'task', this.takeCommand(ctx, phase.lock, phase.owner), whom);
  }

  protected onTaking(ctx: Context, phase: Acquiring, { node, sentAtUs }: Asked, reply: Reply): void {
    const taking = this.readTaking(reply);
    if (taking.kind === 'taken') {
      phase.sentAtUs = sentAtUs;
      return this.onTaken(ctx, phase, node);
    }
    if (taking.kind === 'held') return this.wait(ctx, phase, node, taking.forMs);
    if (taking.isFinal) this.giveUp(ctx, phase, taking.error);
    else this.retry(ctx, phase, taking.error);
  }

  protected onTaken(ctx: Context, phase: Acquiring, node: NodeId): void {
    const { replicas, replicasTimeoutUs } = this.settings;
    ctx.note({ event: 'taken', lock: phase.lock, owner: phase.owner });
    if (replicas === 0) return this.grant(ctx, phase, node);
    phase.step = 'replicating';
    this.ask(ctx, 'task', ['WAIT', String(replicas), String(Math.floor(replicasTimeoutUs / US_PER_MS))], node);
  }

  private onReplicas(ctx: Context, phase: Acquiring, node: NodeId, reply: Reply): void {
    const count = reply.kind === 'integer' ? reply.value : 0;
    if (this.hasEnoughReplicas(count)) return this.grant(ctx, phase, node);
    this.undo(ctx, phase, node);
    this.giveUp(ctx, phase, reply.kind === 'error' ? reply.text : `acknowledged by ${count} replicas`);
  }

  /** The primary may be gone, and the lock with it, or not. */
  private onNoReplicas(ctx: Context, phase: Acquiring, node: NodeId): void {
    this.undo(ctx, phase, node);
    this.endAcquisition(ctx, 'unsure', 'no answer to WAIT');
  }

  protected grant(ctx: Context, phase: Acquiring, node: NodeId): void {
    const { lock, owner, sentAtUs } = phase;
    const grant: LockGrant = { lock, owner, token: null, validity: this.validityFrom(sentAtUs) };
    if (!this.isValid(ctx, grant.validity)) {
      this.undo(ctx, phase, node);
      return this.retry(ctx, phase, 'validity over');
    }
    this.settle(ctx);
    this.unsubscribe(ctx, phase);
    this.state.phase = { kind: 'held', grant };
    this.startWatchdog(ctx, grant);
    this.startEntries(ctx, grant);
    this.init.listener.onAcquired(ctx, { kind: 'granted', grant });
  }

  /** Nobody waits for this to be answered: what is lost ends with its ttl. */
  private undo(ctx: Context, { lock, owner }: Pick<Acquiring, 'lock' | 'owner'>, node: NodeId): void {
    this.request(ctx, node, this.releaseCommand(lock, owner));
  }

  /**
   * The lock may be taken under this value, or may yet be: the network may let the release overtake it. Then its answer
   * comes in the end, and it is released again.
   */
  private abandon(ctx: Context, phase: Acquiring, { node, id }: Asked): void {
    const { abandoned } = this.state;
    const { lock, owner } = phase;
    abandoned.set(id, { node, lock, owner });
    const [oldest] = abandoned.keys();
    if (abandoned.size > ABANDONED_MAX && oldest !== undefined) abandoned.delete(oldest);
    this.undo(ctx, phase, node);
  }

  private onLateTaking(ctx: Context, from: NodeId, id: number, reply: Reply): void {
    const abandoned = this.state.abandoned.get(id);
    if (abandoned?.node !== from) return;
    this.state.abandoned.delete(id);
    if (this.readTaking(reply).kind === 'taken') this.undo(ctx, abandoned, from);
  }

  protected override retry(ctx: Context, phase: Acquiring, error: string): void {
    if (!this.mayTryAgain(phase.tries)) return this.giveUp(ctx, phase, error);
    phase.error = error;
    phase.step = 'pausing';
    ctx.setTimer('lock/retry', this.retryAfterUs(ctx));
  }

  /** A try whose fate nobody knows makes the whole acquisition unsure. One that was answered late is no secret. */
  protected override giveUp(ctx: Context, phase: Acquiring, error: string): void {
    const isUnsure = [...this.state.abandoned.keys()].some((id) => id >= phase.firstRequest);
    this.endAcquisition(ctx, isUnsure ? 'unsure' : 'refused', error);
  }

  private endAcquisition(ctx: Context, kind: 'refused' | 'unsure', error: string): void {
    const { phase } = this.state;
    assert(phase.kind === 'acquiring', 'nothing else is given up');
    this.unsubscribe(ctx, phase);
    this.leaveQueue(ctx, phase);
    this.settle(ctx);
    this.state.phase = IDLE;
    this.init.listener.onAcquired(ctx, { kind, error });
  }

  /** Nothing more is awaited for what is being done. */
  private settle(ctx: Context): void {
    this.forget(ctx, 'task');
    ctx.cancelTimer('lock/retry');
    ctx.cancelTimer('lock/deadline');
  }

  // ── Releasing ────────────────────────────────────────────────────────

  release(ctx: Context): void {
    const { phase } = this.state;
    assert(phase.kind === 'held', 'only what is held is given back');
    this.beginRelease(ctx, phase);
  }

  private beginRelease(ctx: Context, { grant }: Held): void {
    this.endRenewals(ctx);
    this.stopEntries(ctx);
    const phase: Releasing = { kind: 'releasing', grant, unanswered: [], step: 'asking' };
    this.state.phase = phase;
    ctx.setTimer('lock/deadline', this.init.timeoutUs);
    this.askForRelease(ctx, phase);
  }

  /** Before the release is sent: a renewal that is sent after it may find that its own release has failed. */
  protected endRenewals(ctx: Context): void {
    this.stopWatchdog(ctx);
  }

  private askForRelease(ctx: Context, phase: Releasing): void {
    phase.step = 'asking';
    this.ask(ctx, 'task', this.releaseCommand(phase.grant.lock, phase.grant.owner));
  }

  private onReleaseReply(ctx: Context, phase: Releasing, reply: Reply): void {
    const leaving = this.readLeaving(reply);
    if (leaving === null) return this.releaseAgain(ctx, phase);
    if (leaving === 'released') return this.endRelease(ctx, 'released');
    // An entry that nobody has answered, or that was not given back.
    if (leaving === 'more') return this.askForRelease(ctx, phase);
    // One of those that nobody has answered may have deleted it.
    this.endRelease(ctx, phase.unanswered.length === 0 ? 'not-held' : 'unsure');
  }

  /** To release twice is to release once: nobody else has this value, and of its holds none is wanted any more. */
  private onReleaseSilence(ctx: Context, phase: Releasing, { id }: Asked): void {
    phase.unanswered.push(id);
    this.askForRelease(ctx, phase);
  }

  private releaseAgain(ctx: Context, phase: Releasing): void {
    phase.step = 'pausing';
    ctx.setTimer('lock/retry', this.retryAfterUs(ctx));
  }

  private onLateRelease(ctx: Context, id: number, reply: Reply): void {
    const { phase } = this.state;
    if (phase.kind !== 'releasing' || !phase.unanswered.includes(id)) return;
    phase.unanswered.splice(phase.unanswered.indexOf(id), 1);
    if (this.readLeaving(reply) === 'released') this.endRelease(ctx, 'released');
  }

  private endRelease(ctx: Context, end: ReleaseEnd): void {
    this.settle(ctx);
    this.state.phase = IDLE;
    this.init.listener.onReleased(ctx, end);
  }
}
