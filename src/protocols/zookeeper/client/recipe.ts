import type { Context } from '../../../contract/context.ts';
import type { Plain } from '../../../contract/message.ts';
import type { Op, OpResult } from '../messages.ts';

/** How an operation that a recipe carries out ended. `unknown`: nobody knows whether it had an effect, or will. */
export type RecipeEnd =
  | { readonly kind: 'ok'; readonly value: Plain }
  | { readonly kind: 'unknown'; readonly error: string };

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

  protected ask(ctx: Context, step: string, op: Op): void {
    this.init.host.ask(ctx, step, op);
  }

  protected succeed(ctx: Context, value: Plain): void {
    this.init.host.end(ctx, { kind: 'ok', value });
  }

  protected giveUp(ctx: Context): void {
    this.init.host.end(ctx, { kind: 'unknown', error: 'connection-loss' });
  }
}

/** Whether an answer is this error. */
export function isError(result: OpResult, error: string): boolean {
  return result.op === 'error' && result.error === error;
}
