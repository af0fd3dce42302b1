import type { Context } from '../../../contract/context.ts';
import type { WatcherEvent } from '../messages.ts';
import { Recipe } from './recipe.ts';

/** What a recipe that waits for something knows. */
export interface WaitingState {
  /** The path whose watch is waited for; `null`: it waits for nothing, or for an answer alone. */
  awaits: string | null;
}

/**
 * A recipe that waits for a znode to come or to go. An event says only that something was true once, and that its watch
 * stands no more: so whoever is woken looks again. A session that is over takes its watches along, and nothing is ever
 * heard of them: so whoever has a connection again looks again, too.
 */
export abstract class WaitingRecipe<S extends WaitingState = WaitingState> extends Recipe<S> {
  /** Asks whether it still has to wait, and sets its watch anew. */
  protected abstract lookAgain(ctx: Context): void;

  // ── Rules ────────────────────────────────────────────────────────────

  /** What follows from an event, or from a new connection. */
  protected wake(ctx: Context): void {
    this.lookAgain(ctx);
  }

  /** Whether who waits looks again when there is a connection again. */
  protected looksWhenConnected(): boolean {
    return true;
  }

  // ── Events ───────────────────────────────────────────────────────────

  override onEvent(ctx: Context, { path }: WatcherEvent): void {
    if (path !== this.state.awaits) return;
    this.state.awaits = null;
    this.wake(ctx);
  }

  override onSession(ctx: Context): void {
    if (this.state.awaits === null || !this.looksWhenConnected()) return;
    this.state.awaits = null;
    this.wake(ctx);
  }
}
