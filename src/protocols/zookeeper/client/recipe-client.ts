import type { ConnectedClientInit } from '../../../contract/coordination.ts';
import type { Context } from '../../../contract/context.ts';
import type { Operation } from '../../../contract/session.ts';
import type { Seen } from '../../../contract/workload.ts';
import { AssertionError } from '../../../kernel/assert.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { Op, WatcherEvent } from '../messages.ts';
import { Lift, Pass, Raise } from './barrier.ts';
import { Enter, Leave } from './double-barrier.ts';
import { type RequestEnd, SessionLibrary } from './library.ts';
import { Dequeue, Enqueue } from './queue.ts';
import type { Recipe, RecipeEnd, RecipeInit, Standing } from './recipe.ts';
import { WorkloadClient, type WorkloadClientInit } from './workload-client.ts';

/** A client whose operations are recipes: each takes several requests, and goes on when its connection is lost. */
export class RecipeClient extends WorkloadClient<WorkloadClientInit> {
  private readonly recipes = new Map<number, Recipe>();
  /** By lane: who has entered a barrier is to leave it, and who shares its session is not. */
  private readonly last = new Map<number, Seen['last']>();
  /** By lane and key. */
  private readonly standings = new Map<string, Standing>();

  constructor(init: ConnectedClientInit) {
    super({ ...init, createLibrary: (own) => new SessionLibrary(own) });
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** What an operation takes. */
  protected recipeOf({ f, value }: Operation, init: RecipeInit): Recipe {
    switch (f) {
      case 'enqueue': return new Enqueue(init, value);
      case 'dequeue': return new Dequeue(init);
      case 'enter': return new Enter(init, value as number);
      case 'leave': return new Leave(init);
      case 'raise': return new Raise(init);
      case 'lift': return new Lift(init);
      case 'pass': return new Pass(init);
      default: throw new AssertionError(`there is no recipe for ${f}`);
    }
  }

  // ── Events ───────────────────────────────────────────────────────────

  protected override seenBy(lane: number): Seen {
    return { ...this.state.seen, last: this.lastOf(lane) };
  }

  protected override begin(ctx: Context, lane: number, operation: Operation): void {
    const { client, operations } = this.state.seen;
    const recipe = this.recipeOf(operation, {
      dir: `/${operation.key}`,
      guid: `${client}.${operations}`,
      syncs: this.init.options['reads'] !== 'local',
      standing: this.standingOf(`${lane}/${operation.key}`),
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

  override onEvent(ctx: Context, event: WatcherEvent): void {
    for (const recipe of [...this.recipes.values()]) recipe.onEvent(ctx, event);
  }

  override onSession(ctx: Context): void {
    super.onSession(ctx);
    for (const recipe of [...this.recipes.values()]) recipe.onSession(ctx);
  }

  override onExpired(ctx: Context, by: NodeId | null): void {
    super.onExpired(ctx, by);
    for (const standing of this.standings.values()) standing.place = null;
    for (const recipe of [...this.recipes.values()]) recipe.onExpired(ctx);
  }

  private end(ctx: Context, lane: number, { f, key, value }: Operation, end: RecipeEnd): void {
    const last = this.lastOf(lane);
    this.recipes.delete(lane);
    if (end.kind === 'unknown') {
      last.delete(key);
      return this.complete(ctx, lane, 'info', value, end.error);
    }
    const isRefused = end.kind === 'refused';
    last.set(key, { f, isRefused, value: isRefused ? null : end.value });
    if (isRefused) this.complete(ctx, lane, 'fail', value, end.error);
    else this.complete(ctx, lane, 'ok', end.value);
  }

  private lastOf(lane: number): Seen['last'] {
    const last = this.last.get(lane) ?? (new Map() as Seen['last']);
    this.last.set(lane, last);
    return last;
  }

  private standingOf(name: string): Standing {
    const standing = this.standings.get(name) ?? { place: null };
    this.standings.set(name, standing);
    return standing;
  }
}
