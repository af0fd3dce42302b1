import type { Context } from '../../../contract/context.ts';
import type { Plain } from '../../../contract/message.ts';
import type { Op, OpResult, WatcherEvent } from '../messages.ts';

/**
 * How an operation that a recipe carries out ended. `refused`: nothing was asked of the service, nor will be.
 * `unknown`: nobody knows whether it had an effect, or will.
 */
export type RecipeEnd =
  | { readonly kind: 'ok'; readonly value: Plain }
  | { readonly kind: 'refused'; readonly error: string }
  | { readonly kind: 'unknown'; readonly error: string };

/** Where a client stands in the tree between two operations of one key; `null`: nowhere. It goes with the session. */
export interface Standing {
  place: { readonly dir: string; readonly name: string; readonly round: number } | null;
}

/** Who carries a recipe out. */
export interface RecipeHost {
  /** Asks for one thing; {@link Recipe.onEnd} follows with the same `step`, from a later event. */
  ask(ctx: Context, step: string, op: Op): void;
  end(ctx: Context, end: RecipeEnd): void;
}

/** What a recipe is made from. */
export interface RecipeInit {
  readonly host: RecipeHost;
  /** The znode below which everything happens. */
  readonly dir: string;
  /** Names the operation among all of the run. */
  readonly guid: string;
  /** Whether what has to be fresh is read behind a `sync`. */
  readonly syncs: boolean;
  /** Is kept from one operation to the next. */
  readonly standing: Standing;
}

/**
 * One operation of a workload that takes several requests. It asks for one thing at a time. State is plain data.
 *
 * A request without an answer may have been executed or not; but once the client is connected again and a `sync` was
 * answered, it will not be executed any more: what came first on a connection is done first, a server that the session
 * has left is refused (`SessionMoved`), and so is whatever comes of a session that is over.
 */
export abstract class Recipe<S = unknown> {
  abstract readonly state: S;
  protected readonly init: RecipeInit;

  constructor(init: RecipeInit) {
    this.init = init;
  }

  abstract begin(ctx: Context): void;

  /** What was asked for at `step` was answered; `null`: there was no answer, and will be none. */
  abstract onEnd(ctx: Context, step: string, op: Op, result: OpResult | null): void;

  /** A watch of the client has fired. */
  onEvent(_ctx: Context, _event: WatcherEvent): void {
    // Who sets no watch waits for nothing.
  }

  /** There is a connection again, perhaps of another session. */
  onSession(_ctx: Context): void {
    // Who has asked for something was told that there is no answer, and has asked again.
  }

  /** The session is over, and so is whatever was left in the tree by it. What was asked for ends behind this. */
  onExpired(_ctx: Context): void {
    // Who leaves nothing to a session loses nothing.
  }

  protected ask(ctx: Context, step: string, op: Op): void {
    this.init.host.ask(ctx, step, op);
  }

  protected succeed(ctx: Context, value: Plain): void {
    this.init.host.end(ctx, { kind: 'ok', value });
  }

  protected refuse(ctx: Context, error: string): void {
    this.init.host.end(ctx, { kind: 'refused', error });
  }

  protected giveUp(ctx: Context, error: 'connection-loss' | 'session-expired' = 'connection-loss'): void {
    this.init.host.end(ctx, { kind: 'unknown', error });
  }
}

/** Whether an answer is this error. */
export function isError(result: OpResult, error: string): boolean {
  return result.op === 'error' && result.error === error;
}
