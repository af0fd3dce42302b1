import type { Context } from '../../../contract/context.ts';
import type { LockGrant } from '../../../contract/lock.ts';
import { type DurationUs, US_PER_MS } from '../../../kernel/time.ts';
import type { Reply } from '../messages.ts';
import type { Asked, Entering } from './state.ts';
import { LockWatchdog } from './watchdog.ts';

/** From the grant to the first entry, and from each step to the next: some code of the holder. */
const STEP_US: DurationUs = 10 * US_PER_MS;

/**
 * What a holder of a reentrant lock does with it again while it holds it: code that it calls takes the lock once more,
 * and gives it back. The server counts, and each time the length of the lock begins anew.
 *
 * An entry is left by saying how many holds there are, so that a copy does nothing. Without that: (1) the second of two
 * holds is given back; (2) the server starts again, and knows no copies any more; (3) a copy of that request gives the
 * first one back; (4) another client is granted the lock, and the holder writes on. A copy of a request to enter makes
 * the count too high, which costs nothing: the release takes it down to nothing.
 */
export abstract class LockEntries extends LockWatchdog {
  protected startEntries(ctx: Context, { lock, owner }: LockGrant): void {
    if (this.settings.entries === 0) return;
    this.state.entering = { lock, owner, entries: 0, step: 'entering' };
    ctx.setTimer('lock/step', STEP_US);
  }

  protected stopEntries(ctx: Context): void {
    this.state.entering = null;
    ctx.cancelTimer('lock/step');
    this.forget(ctx, 'entry');
  }

  protected onStepTimer(ctx: Context): void {
    const { entering, phase } = this.state;
    if (entering === null || phase.kind !== 'held' || !this.isValid(ctx, phase.grant.validity)) return;
    const { lock, owner, entries, step } = entering;
    const isEntering = step === 'entering';
    this.ask(ctx, 'entry', isEntering ? this.enterCommand(lock, owner) : this.leaveCommand(lock, owner, entries + 1));
  }

  /** After an error, the lock is as it was, or gone. */
  protected onEntry(ctx: Context, { sentAtUs }: Asked, reply: Reply): void {
    const { entering } = this.state;
    if (entering === null || reply.kind !== 'integer') return;
    if (reply.value === 0) return this.onGone(ctx, entering);
    this.count(ctx, entering);
    this.onRenewed(ctx, entering, sentAtUs);
    if (entering.step !== 'over') ctx.setTimer('lock/step', STEP_US);
  }

  /** Who does not know how many holds it has takes no more, and gives none back before the release. */
  protected onEntrySilence(): void {
    if (this.state.entering !== null) this.state.entering.step = 'over';
  }

  /** Whoever was told first, there is nothing left to take or to give back. */
  protected override onGone(ctx: Context, holder: Pick<Entering, 'owner'>): void {
    this.stopEntries(ctx);
    super.onGone(ctx, holder);
  }

  private count(ctx: Context, entering: Entering): void {
    const isLeaving = entering.step === 'leaving';
    entering.entries += isLeaving ? -1 : 1;
    const { lock, entries } = entering;
    ctx.note({ event: isLeaving ? 'left' : 'entered', lock, entries });
    if (entries === this.settings.entries) entering.step = 'leaving';
    if (entries === 0) entering.step = 'over';
  }
}
