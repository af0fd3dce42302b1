/**
 * A double barrier on ZooKeeper ("ZooKeeper Recipes and Solutions", Double Barriers): nobody is let in before there are
 * so many, and nobody out before all are done. Each has an ephemeral znode; who counts enough of them creates `ready`,
 * which all others watch; and those who leave wait for two of them alone, so that no departure wakes everybody.
 *
 * The page says nothing of how a barrier is used again, and with one directory for all rounds it cannot be: (1) the
 * last one to leave loses its session, or its connection, before it has deleted `ready`; (2) whoever comes next finds
 * `ready`, and goes in alone. And to delete it in time is not enough: (1) a member finds `ready` before it has a znode;
 * (2) all others leave, and nobody waits for it; (3) it creates its znode, and is inside alone. So
 *
 * - each round has a directory of its own, `/k0/3`, and the version of `/k0` says which one is being entered;
 * - who comes creates its znode on condition of that version, in one `multi`;
 * - who opens the round sets `/k0`, on the same condition, and creates `ready` in one `multi`. So those who have a
 *   znode then are its members: nobody joins a round that is open.
 *
 * What a lost answer means. A member that was not told whether it has joined looks for its znode in that round, and not
 * only in the current one: it may have been counted, and then the others will wait for it. What is asked for on
 * condition of a version may be asked again. A session that is over takes the member along: the others need not wait
 * for it, and it cannot know whether it was counted, which is an outcome that nobody knows. Who leaves with success has
 * been inside until it asked for that.
 *
 * Not here: time-outs. One that gives up has to take its znode along, or it is counted (CURATOR-318).
 *
 * Atomic steps: each handler.
 */
import type { Context } from '../../../contract/context.ts';
import { assert } from '../../../kernel/assert.ts';
import { ANY_VERSION, type CreateMode, type Op, type OpResult, type WriteOp } from '../messages.ts';
import { isError, type RecipeInit } from './recipe.ts';
import { WaitingRecipe, type WaitingState } from './waiting.ts';

const READY = 'ready';

/** What who enters knows. */
interface EnterState extends WaitingState {
  /** How many there have to be. */
  readonly members: number;
  /** As far as it knows, the one that is being entered; then its own. */
  round: number;
}

/** Comes in, with enough others. */
export class Enter extends WaitingRecipe<EnterState> {
  readonly state: EnterState;

  constructor(init: RecipeInit, members: number) {
    super(init);
    this.state = { members, round: 0, awaits: null };
  }

  // ── Rules ────────────────────────────────────────────────────────────

  protected mode(): CreateMode {
    return 'ephemeral';
  }

  /** What it stands under. */
  protected name(): string {
    return `m-${this.init.guid}`;
  }

  /** What has to hold for it to join. */
  protected condition(): readonly WriteOp[] {
    return [{ op: 'check', path: this.init.dir, version: this.state.round }];
  }

  /** The answer to a request to join was lost. */
  protected onLostJoin(ctx: Context): void {
    this.ask(ctx, 'sync', { op: 'sync', path: this.init.dir });
  }

  /** What opens the round, and makes the next one the one that is being entered. */
  protected opening(): readonly WriteOp[] {
    return [
      { op: 'set', path: this.init.dir, data: '', version: this.state.round },
      { op: 'create', path: this.ready(), data: '', mode: 'persistent' },
    ];
  }

  /** So many stand there; whether that lets it in, or it waits for who is let in first. */
  protected onCounted(ctx: Context, count: number): void {
    if (count >= this.state.members) this.open(ctx);
  }

  // ── Events ───────────────────────────────────────────────────────────

  begin(ctx: Context): void {
    if (this.init.standing.place === null) this.findRound(ctx);
    else this.refuse(ctx, 'inside');
  }

  onEnd(ctx: Context, step: string, _op: Op, result: OpResult | null): void {
    switch (step) {
      case 'find': return this.onFound(ctx, result);
      case 'make': case 'catch-up': return this.findRound(ctx);
      case 'join': case 'join-first': return this.onJoined(ctx, result);
      case 'sync': return result === null ? this.onLostJoin(ctx) : this.search(ctx);
      case 'search': return this.onSearched(ctx, result);
      case 'look': return this.onLooked(ctx, result);
      case 'count': return this.onListed(ctx, result);
      case 'open': return this.onOpened(ctx, result);
      default: return assert(false, 'who enters asks for nothing else');
    }
  }

  override onExpired(ctx: Context): void {
    this.giveUp(ctx, 'session-expired');
  }

  // ── Joining a round ──────────────────────────────────────────────────

  private findRound(ctx: Context): void {
    this.ask(ctx, 'find', { op: 'get', path: this.init.dir, watch: false });
  }

  private onFound(ctx: Context, result: OpResult | null): void {
    if (result !== null && isError(result, 'NoNode')) {
      return this.ask(ctx, 'make', { op: 'create', path: this.init.dir, data: '', mode: 'persistent' });
    }
    if (result?.op !== 'get') return this.findRound(ctx);
    this.state.round = result.stat.version;
    this.join(ctx, []);
  }

  protected join(ctx: Context, before: readonly WriteOp[]): void {
    const own: WriteOp = { op: 'create', path: this.own(), data: '', mode: this.mode() };
    const step = before.length === 0 ? 'join' : 'join-first';
    this.ask(ctx, step, { op: 'multi', ops: [...this.condition(), ...before, own] });
  }

  private onJoined(ctx: Context, result: OpResult | null): void {
    if (result === null) return this.onLostJoin(ctx);
    if (result.op === 'multi') return this.lookAgain(ctx);
    // Of a round that nobody has joined yet there is no directory; somebody else may be making it.
    if (isError(result, 'NoNode')) {
      return this.join(ctx, [{ op: 'create', path: this.dir(), data: '', mode: 'persistent' }]);
    }
    if (isError(result, 'NodeExists')) return this.join(ctx, []);
    // The round is open, and the server that was asked for it has not heard of that.
    this.ask(ctx, 'catch-up', { op: 'sync', path: this.init.dir });
  }

  private search(ctx: Context): void {
    this.ask(ctx, 'search', { op: 'exists', path: this.own(), watch: false });
  }

  private onSearched(ctx: Context, result: OpResult | null): void {
    if (result === null) this.onLostJoin(ctx);
    else if (result.op === 'exists') this.lookAgain(ctx);
    else this.findRound(ctx);
  }

  // ── Waiting for the others ───────────────────────────────────────────

  protected override lookAgain(ctx: Context): void {
    this.state.awaits = null;
    this.ask(ctx, 'look', { op: 'exists', path: this.ready(), watch: true });
  }

  /**
   * The count comes behind the watch: (1) it counts too few; (2) the last one comes, opens the round, and is on its way
   * out; (3) a watch that is set now hears nothing. And it waits from now on, not from the count: the event may come
   * first.
   */
  private onLooked(ctx: Context, result: OpResult | null): void {
    if (result?.op === 'exists') return this.enter(ctx);
    if (result === null || !isError(result, 'NoNode')) return this.lookAgain(ctx);
    this.state.awaits = this.ready();
    this.count(ctx);
  }

  protected count(ctx: Context): void {
    this.ask(ctx, 'count', { op: 'children', path: this.dir(), watch: false });
  }

  private onListed(ctx: Context, result: OpResult | null): void {
    // It was woken, and looks again already.
    if (this.state.awaits === null) return;
    if (result?.op === 'children') this.onCounted(ctx, membersIn(result.children).length);
    else this.lookAgain(ctx);
  }

  protected open(ctx: Context): void {
    this.state.awaits = null;
    this.ask(ctx, 'open', { op: 'multi', ops: this.opening() });
  }

  /** If it was refused, somebody else was faster. */
  protected onOpened(ctx: Context, result: OpResult | null): void {
    if (result?.op === 'multi') this.enter(ctx);
    else this.lookAgain(ctx);
  }

  protected enter(ctx: Context): void {
    const { round } = this.state;
    this.init.standing.place = { dir: this.dir(), name: this.name(), round };
    this.succeed(ctx, round);
  }

  // ── Small things ─────────────────────────────────────────────────────

  protected dir(): string {
    return `${this.init.dir}/${this.state.round}`;
  }

  private own(): string {
    return `${this.dir()}/${this.name()}`;
  }

  protected ready(): string {
    return `${this.dir()}/${READY}`;
  }
}

/** Goes out, with all others. */
export class Leave extends WaitingRecipe {
  readonly state: WaitingState = { awaits: null };

  // ── Rules ────────────────────────────────────────────────────────────

  /** Of those that stand there, itself perhaps among them: whether all are gone. */
  protected isOver(names: readonly string[]): boolean {
    return names.length === 0;
  }

  /** Whether it has to look again: who is gone already when the watch is set will not go. */
  protected isGone(result: OpResult): boolean {
    return result.op === 'error';
  }

  /** What the last one does with the directory, which nobody needs any more, and in which nobody comes to stand. */
  protected tidying(): readonly WriteOp[] {
    const { dir } = this.place();
    return [`${dir}/${READY}`, dir].map((path) => ({ op: 'delete', path, version: ANY_VERSION }));
  }

  // ── Events ───────────────────────────────────────────────────────────

  begin(ctx: Context): void {
    if (this.init.standing.place === null) this.refuse(ctx, 'not-inside');
    else this.lookAgain(ctx);
  }

  onEnd(ctx: Context, step: string, op: Op, result: OpResult | null): void {
    switch (step) {
      case 'list': return this.onListed(ctx, result);
      case 'watch': return this.onWatched(ctx, (op as { readonly path: string }).path, result);
      case 'delete': return this.lookAgain(ctx);
      case 'delete-last': return result?.op === 'delete' ? this.tidyUp(ctx) : this.lookAgain(ctx);
      case 'tidy-up': return this.leave(ctx);
      default: return assert(false, 'who leaves asks for nothing else');
    }
  }

  override onExpired(ctx: Context): void {
    this.giveUp(ctx, 'session-expired');
  }

  protected override lookAgain(ctx: Context): void {
    this.state.awaits = null;
    this.ask(ctx, 'list', { op: 'children', path: this.place().dir, watch: false });
  }

  /**
   * The lowest stays until it is the only one, so that all others can wait for it; it waits for the highest, and when
   * that is gone, for the next.
   */
  private onListed(ctx: Context, result: OpResult | null): void {
    const isTidy = result !== null && isError(result, 'NoNode');
    if (result?.op !== 'children' && !isTidy) return this.lookAgain(ctx);
    const names = result?.op === 'children' ? membersIn(result.children) : [];
    const { name } = this.place();
    if (this.isOver(names)) return this.leave(ctx);
    if (!names.includes(name)) return this.watch(ctx, names[0] as string);
    if (names.length === 1) return this.delete(ctx, 'delete-last');
    if (names[0] === name) this.watch(ctx, names.at(-1) as string);
    else this.delete(ctx, 'delete');
  }

  private watch(ctx: Context, name: string): void {
    this.ask(ctx, 'watch', { op: 'exists', path: `${this.place().dir}/${name}`, watch: true });
  }

  private onWatched(ctx: Context, path: string, result: OpResult | null): void {
    if (result === null || this.isGone(result)) this.lookAgain(ctx);
    else this.state.awaits = path;
  }

  private delete(ctx: Context, step: 'delete' | 'delete-last'): void {
    const { dir, name } = this.place();
    this.ask(ctx, step, { op: 'delete', path: `${dir}/${name}`, version: ANY_VERSION });
  }

  /** If this is not answered, or not even asked, the directory stays. */
  private tidyUp(ctx: Context): void {
    this.ask(ctx, 'tidy-up', { op: 'multi', ops: this.tidying() });
  }

  private leave(ctx: Context): void {
    const { round } = this.place();
    this.init.standing.place = null;
    this.succeed(ctx, round);
  }

  protected place(): NonNullable<RecipeInit['standing']['place']> {
    const { place } = this.init.standing;
    assert(place !== null, 'only who is inside leaves');
    return place;
  }
}

/** In the order of their names. `ready` is none of them: who counts it opens the barrier for one too few. */
function membersIn(children: readonly string[]): readonly string[] {
  return children.filter((name) => name !== READY).sort((a, b) => (a < b ? -1 : 1));
}
