import type { Context } from '../../../contract/context.ts';
import type { LockGrant } from '../../../contract/lock.ts';
import type { TimeUs } from '../../../kernel/time.ts';
import type { Reply } from '../messages.ts';
import { LockRequests } from './requests.ts';
import type { Asked, Watchdog } from './state.ts';

/**
 * Renews the lock that is held each third of its length, as Redisson does. A renewal that fails is tried again after a
 * retry delay, for as long as the lock is valid: whoever stops at the first one loses the lock to a short partition,
 * and is not told. A server that does not know the holder any more ends it, and so does the release.
 */
export abstract class LockWatchdog extends LockRequests {
  protected startWatchdog(ctx: Context, { lock, owner }: LockGrant): void {
    if (!this.settings.hasWatchdog) return;
    this.state.watchdog = { lock, owner, unanswered: new Map() };
    ctx.setTimer('lock/renew', this.settings.renewAfterUs);
  }

  protected stopWatchdog(ctx: Context): void {
    this.state.watchdog = null;
    ctx.cancelTimer('lock/renew');
    this.forget(ctx, 'renewal');
  }

  protected onRenewTimer(ctx: Context): void {
    const { watchdog } = this.state;
    if (watchdog === null) return;
    if (!this.mayRenew(ctx, watchdog)) return this.stopWatchdog(ctx);
    this.ask(ctx, 'renewal', this.renewCommand(watchdog.lock, watchdog.owner));
  }

  protected onRenewal(ctx: Context, { sentAtUs }: Pick<Asked, 'sentAtUs'>, reply: Reply): void {
    const { watchdog } = this.state;
    if (watchdog === null) return;
    if (reply.kind !== 'integer') return this.renewAgain(ctx);
    if (reply.value === 0) return this.onGone(ctx, watchdog);
    ctx.setTimer('lock/renew', this.settings.renewAfterUs);
    this.onRenewed(ctx, watchdog, sentAtUs);
  }

  protected onRenewalSilence(ctx: Context, { id, sentAtUs }: Asked): void {
    this.state.watchdog?.unanswered.set(id, sentAtUs);
    this.renewAgain(ctx);
  }

  /** An answer that comes late is an answer; what was renewed later may have ended later already. */
  protected onLateRenewal(ctx: Context, id: number, reply: Reply): void {
    const sentAtUs = this.state.watchdog?.unanswered.get(id);
    if (sentAtUs === undefined) return;
    this.state.watchdog?.unanswered.delete(id);
    // A node that was deposed meanwhile knows nobody, and its word counts for nothing.
    if (reply.kind === 'integer' && reply.value === 1) this.onRenewed(ctx, this.state.watchdog as Watchdog, sentAtUs);
  }

  /** Nobody has renewed it: the lock may be over before the next regular renewal. */
  protected renewAgain(ctx: Context): void {
    ctx.note({ event: 'not-renewed' });
    ctx.setTimer('lock/renew', this.retryAfterUs(ctx));
  }

  protected onRenewed(ctx: Context, { owner }: Pick<Watchdog, 'owner'>, sentAtUs: TimeUs): void {
    const { phase } = this.state;
    if (phase.kind !== 'held' || phase.grant.owner !== owner) return;
    const validity = this.validityFrom(sentAtUs);
    // Once it was over, the holder has stopped to act on it, and does not begin again.
    if (!this.isValid(ctx, phase.grant.validity)) return this.stopWatchdog(ctx);
    if (validity.untilUs <= phase.grant.validity.untilUs) return;
    phase.grant = { ...phase.grant, validity };
    ctx.note({ event: 'renewed', lock: phase.grant.lock });
    this.init.listener.onExtended(ctx, phase.grant);
  }

  protected onGone(ctx: Context, { owner }: Pick<Watchdog, 'owner'>): void {
    this.stopWatchdog(ctx);
    const { phase } = this.state;
    if (phase.kind === 'held' && phase.grant.owner === owner) this.init.listener.onLost(ctx, owner);
  }
}
