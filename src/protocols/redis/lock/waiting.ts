import type { Context } from '../../../contract/context.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { Published, Reply } from '../messages.ts';
import { LockEntries } from './entries.ts';
import { channelOf, HELD } from './rules.ts';
import type { Acquiring } from './state.ts';

/**
 * How a client waits for a lock that is somebody else's, where it does not merely ask again and again: as in Redisson,
 * it subscribes to where the release is told, asks once more, and waits for the news, or until the lock should be over.
 *
 * With a queue, which scripts keep at the server, it has the lock only when its turn comes, and asks again before its
 * place is lost.
 *
 * It asks once more since the lock may have been released between its try and its subscription, and nobody was told.
 */
export abstract class LockWaiting extends LockEntries {
  protected abstract take(ctx: Context, phase: Acquiring): void;
  protected abstract retry(ctx: Context, phase: Acquiring, error: string): void;
  protected abstract giveUp(ctx: Context, phase: Acquiring, error: string): void;

  /** The lock is somebody else's for so long, as a node says. */
  protected wait(ctx: Context, phase: Acquiring, node: NodeId, forMs: number | null): void {
    if (!this.settings.waitsForNews) return this.retry(ctx, phase, HELD);
    phase.error = HELD;
    if (!this.mayTryAgain(phase.tries)) return this.giveUp(ctx, phase, HELD);
    if (phase.subscribedAt !== node) return this.subscribe(ctx, phase, node);
    // (1) our try is executed; (2) the lock is released; (3) that news overtakes the answer to our try.
    if (phase.isWoken) return this.take(ctx, phase);
    phase.step = 'waiting';
    const afterUs = this.asksAfterUs(ctx, forMs);
    if (afterUs !== null) ctx.setTimer('lock/retry', afterUs);
  }

  private subscribe(ctx: Context, phase: Acquiring, node: NodeId): void {
    phase.step = 'subscribing';
    this.ask(ctx, 'task', ['SUBSCRIBE', channelOf(phase.lock)], node);
  }

  protected onSubscribed(ctx: Context, phase: Acquiring, node: NodeId, reply: Reply): void {
    if (reply.kind === 'error') return this.retry(ctx, phase, reply.text);
    phase.subscribedAt = node;
    this.take(ctx, phase);
  }

  /** In a queue, the news is whose turn it is. */
  protected override onPublished(ctx: Context, _from: NodeId, { channel, text }: Published): void {
    const { phase } = this.state;
    if (phase.kind !== 'acquiring' || channelOf(phase.lock) !== channel) return;
    if (this.settings.waitsInTurn && text !== phase.waiter) return;
    phase.isWoken = true;
    if (phase.step !== 'waiting') return;
    ctx.note({ event: 'woken', lock: phase.lock });
    ctx.cancelTimer('lock/retry');
    this.take(ctx, phase);
  }

  /** Nobody has told us anything. The server may have started again, and does not know who has subscribed. */
  protected onNoNews(ctx: Context, phase: Acquiring): void {
    phase.subscribedAt = null;
    this.take(ctx, phase);
  }

  /** What is lost of this costs those behind it no more than the time for which a place is kept. */
  protected leaveQueue(ctx: Context, { lock, waiter }: Acquiring): void {
    const { primary } = this.state;
    if (this.settings.waitsInTurn && primary !== null) this.request(ctx, primary, this.leaveQueueCommand(lock, waiter));
  }

  /** Nobody waits for this to be answered: who is told something that he does not wait for looks away. */
  protected unsubscribe(ctx: Context, { lock, subscribedAt }: Acquiring): void {
    if (subscribedAt !== null) this.request(ctx, subscribedAt, ['UNSUBSCRIBE', channelOf(lock)]);
  }
}
