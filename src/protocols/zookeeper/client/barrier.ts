/**
 * A barrier on ZooKeeper ("ZooKeeper Recipes and Solutions", Barriers): a znode, `/k0`, which nobody passes while it
 * is there. Who passes reads behind a `sync`: a server that has not heard of the barrier would let it through. What it
 * reads sets the watch. Whoever is told looks again: the barrier may have been raised once more.
 *
 * To raise and to lift are done as often as they have to be until they are answered. A barrier that is up is raised,
 * and one that is not is lifted.
 *
 * Atomic steps: each handler.
 */
import type { Context } from '../../../contract/context.ts';
import { assert } from '../../../kernel/assert.ts';
import { ANY_VERSION, type Op, type OpResult } from '../messages.ts';
import { isError, Recipe } from './recipe.ts';
import { WaitingRecipe, type WaitingState } from './waiting.ts';

/** From then on nobody passes. */
export class Raise extends Recipe<null> {
  readonly state = null;

  begin(ctx: Context): void {
    this.ask(ctx, 'create', { op: 'create', path: this.init.dir, data: '', mode: 'persistent' });
  }

  onEnd(ctx: Context, _step: string, _op: Op, result: OpResult | null): void {
    const isUp = result?.op === 'create' || (result !== null && isError(result, 'NodeExists'));
    if (isUp) this.succeed(ctx, null);
    else this.begin(ctx);
  }
}

/** From then on everybody passes. */
export class Lift extends Recipe<null> {
  readonly state = null;

  begin(ctx: Context): void {
    this.ask(ctx, 'delete', { op: 'delete', path: this.init.dir, version: ANY_VERSION });
  }

  onEnd(ctx: Context, _step: string, _op: Op, result: OpResult | null): void {
    const isGone = result?.op === 'delete' || (result !== null && isError(result, 'NoNode'));
    if (isGone) this.succeed(ctx, null);
    else this.begin(ctx);
  }
}

/** Waits until there is no barrier. */
export class Pass extends WaitingRecipe {
  readonly state: WaitingState = { awaits: null };

  // ── Rules ────────────────────────────────────────────────────────────

  /** Whether an answer to what sets the watch says that there is nothing to wait for. */
  protected isLifted(result: OpResult): boolean {
    return isError(result, 'NoNode');
  }

  // ── Events ───────────────────────────────────────────────────────────

  begin(ctx: Context): void {
    if (this.init.syncs) this.ask(ctx, 'sync', { op: 'sync', path: this.init.dir });
    else this.look(ctx);
  }

  onEnd(ctx: Context, step: string, _op: Op, result: OpResult | null): void {
    // Perhaps there is another session, and another server.
    if (result === null) return this.begin(ctx);
    switch (step) {
      case 'sync': return this.look(ctx);
      case 'look': return this.onLooked(ctx, result);
      default: return assert(false, 'who passes asks for nothing else');
    }
  }

  protected override lookAgain(ctx: Context): void {
    this.begin(ctx);
  }

  protected look(ctx: Context): void {
    this.ask(ctx, 'look', { op: 'exists', path: this.init.dir, watch: true });
  }

  private onLooked(ctx: Context, result: OpResult): void {
    if (this.isLifted(result)) this.succeed(ctx, null);
    else if (result.op === 'exists') this.state.awaits = this.init.dir;
    else this.begin(ctx);
  }
}
