import type { ConnectedClientInit } from '../../../contract/coordination.ts';
import type { Context } from '../../../contract/context.ts';
import type { Operation } from '../../../contract/session.ts';
import { AssertionError } from '../../../kernel/assert.ts';
import type { Op } from '../messages.ts';
import { type RequestEnd, SessionLibrary } from './library.ts';
import { Dequeue, Enqueue } from './queue.ts';
import type { Recipe, RecipeEnd, RecipeInit } from './recipe.ts';
import { WorkloadClient, type WorkloadClientInit } from './workload-client.ts';

/** A client whose operations are recipes: each takes several requests, and goes on when its connection is lost. */
export class RecipeClient extends WorkloadClient<WorkloadClientInit> {
  private readonly recipes = new Map<number, Recipe>();

  constructor(init: ConnectedClientInit) {
    super({ ...init, createLibrary: (own) => new SessionLibrary(own) });
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** What an operation takes. */
  protected recipeOf({ f, value }: Operation, init: RecipeInit): Recipe {
    switch (f) {
      case 'enqueue': return new Enqueue(init, value);
      case 'dequeue': return new Dequeue(init);
      default: throw new AssertionError(`there is no recipe for ${f}`);
    }
  }

  // ── Events ───────────────────────────────────────────────────────────

  protected override begin(ctx: Context, lane: number, operation: Operation): void {
    const { client, operations } = this.state.seen;
    const recipe = this.recipeOf(operation, {
      dir: `/${operation.key}`,
      guid: `${client}.${operations}`,
      syncs: this.init.options['reads'] !== 'local',
      host: {
        ask: (ctx, step, op) => { this.library.submit(ctx, `${lane}/${step}`, op); },
        end: (ctx, end) => { this.end(ctx, lane, operation, end); },
      },
    });
    this.recipes.set(lane, recipe);
    recipe.begin(ctx);
  }

  override onEnd(ctx: Context, tag: string, op: Op, end: RequestEnd): void {
    const at = tag.indexOf('/');
    const recipe = this.recipes.get(Number(tag.slice(0, at)));
    recipe?.onEnd(ctx, tag.slice(at + 1), op, end.kind === 'answered' ? end.result : null);
  }

  private end(ctx: Context, lane: number, operation: Operation, end: RecipeEnd): void {
    this.recipes.delete(lane);
    if (end.kind === 'unknown') return this.complete(ctx, lane, 'info', operation.value, end.error);
    this.state.seen.last.set(operation.key, { f: operation.f, isRefused: false, value: end.value });
    this.complete(ctx, lane, 'ok', end.value);
  }
}
