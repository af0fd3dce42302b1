/**
 * A queue on ZooKeeper ("ZooKeeper Recipes and Solutions", Queues): an element is a sequential znode, and whoever
 * deletes the first one has taken it. Elements are persistent: the recipe's page has them ephemeral, and then they go
 * with the session of whoever put them in.
 *
 * What it promises. A server's list of elements is the tree at one zxid, so that everything that was in before the
 * first of them is gone when that is deleted: elements come out in the order of their numbers, which is the order in
 * which they went in. That a queue was empty is as fresh as the list, which is why it is read behind a `sync`. All of
 * that is linearizable, as far as clients are answered. The page says nothing of those that are not, and the queue that
 * comes with ZooKeeper does not handle the loss of a connection (`zookeeper-recipes-queue`):
 *
 * - who was not answered when it put an element in looks for it, by the GUID in its name. If it is not there, it may
 *   have been taken already: the outcome stays unknown, and to put it in again could double it;
 * - who was not answered when it took one looks whether that is still there. If not, nobody can say who has taken it:
 *   the outcome stays unknown, and the element is lost to everybody if it was this client. Curator's queue has a lock
 *   for each element where that must not be (`lockPath`), and then an element may be worked on twice.
 *
 * Atomic steps: each handler.
 */
import type { Context } from '../../../contract/context.ts';
import type { Plain } from '../../../contract/message.ts';
import { assert } from '../../../kernel/assert.ts';
import { ANY_VERSION, type CreateMode, type Op, type OpResult } from '../messages.ts';
import { numberOf } from './contender.ts';
import { isError, Recipe, type RecipeInit } from './recipe.ts';

/** Puts one element in. */
export class Enqueue extends Recipe {
  readonly state: { readonly value: Plain };

  constructor(init: RecipeInit, value: Plain) {
    super(init);
    this.state = { value };
  }

  // ── Rules ────────────────────────────────────────────────────────────

  protected mode(): CreateMode {
    return 'persistent-sequential';
  }

  /** Whether an answer that was lost is looked for, before the same is asked again. */
  protected looksForItsOwn(): boolean {
    return true;
  }

  // ── Events ───────────────────────────────────────────────────────────

  begin(ctx: Context): void {
    const { dir, guid } = this.init;
    const data = JSON.stringify(this.state.value);
    this.ask(ctx, 'create', { op: 'create', path: `${dir}/${prefixOf(guid)}`, data, mode: this.mode() });
  }

  onEnd(ctx: Context, step: string, _op: Op, result: OpResult | null): void {
    switch (step) {
      case 'create': return this.onCreated(ctx, result);
      case 'parent': return this.begin(ctx);
      case 'sync': return result === null ? this.search(ctx) : this.list(ctx);
      case 'search': return this.onSearched(ctx, result);
      default: return assert(false, 'who puts something in asks for nothing else');
    }
  }

  private onCreated(ctx: Context, result: OpResult | null): void {
    const { dir } = this.init;
    if (result === null) return this.looksForItsOwn() ? this.search(ctx) : this.begin(ctx);
    if (result.op === 'create') return this.succeed(ctx, this.state.value);
    if (!isError(result, 'NoNode')) return this.begin(ctx);
    this.ask(ctx, 'parent', { op: 'create', path: dir, data: '', mode: 'persistent' });
  }

  private search(ctx: Context): void {
    this.ask(ctx, 'sync', { op: 'sync', path: this.init.dir });
  }

  private list(ctx: Context): void {
    this.ask(ctx, 'search', { op: 'children', path: this.init.dir, watch: false });
  }

  private onSearched(ctx: Context, result: OpResult | null): void {
    if (result === null) return this.search(ctx);
    const names = result.op === 'children' ? result.children : [];
    const isThere = names.some((name) => name.startsWith(prefixOf(this.init.guid)));
    if (isThere) this.succeed(ctx, this.state.value);
    else this.giveUp(ctx);
  }
}

/** What who takes an element knows. */
interface DequeueState {
  /** Elements that may still be there, in the order in which they come out. */
  rest: string[];
  data: string;
}

/** Takes the first element. */
export class Dequeue extends Recipe<DequeueState> {
  readonly state: DequeueState = { rest: [], data: '' };

  // ── Rules ────────────────────────────────────────────────────────────

  /** Elements in the order in which they went in: names begin with what tells them apart. */
  protected inOrder(names: readonly string[]): readonly string[] {
    return [...names].sort((a, b) => numberOf(a) - numberOf(b));
  }

  /** The answer to a request to delete was lost. */
  protected onLostDelete(ctx: Context, path: string): void {
    this.ask(ctx, 'confirm', { op: 'sync', path });
  }

  // ── Events ───────────────────────────────────────────────────────────

  begin(ctx: Context): void {
    if (this.init.syncs) this.ask(ctx, 'sync', { op: 'sync', path: this.init.dir });
    else this.list(ctx);
  }

  onEnd(ctx: Context, step: string, op: Op, result: OpResult | null): void {
    const { path } = op as { readonly path: string };
    switch (step) {
      case 'sync': return result === null ? this.begin(ctx) : this.list(ctx);
      case 'list': return this.onListed(ctx, result);
      case 'get': return this.onRead(ctx, path, result);
      case 'delete': return this.onDeleted(ctx, path, result);
      case 'confirm': return result === null ? this.onLostDelete(ctx, path) : this.look(ctx, path);
      case 'look': return this.onLooked(ctx, path, result);
      default: return assert(false, 'who takes something asks for nothing else');
    }
  }

  private list(ctx: Context): void {
    this.ask(ctx, 'list', { op: 'children', path: this.init.dir, watch: false });
  }

  private onListed(ctx: Context, result: OpResult | null): void {
    if (result === null) return this.begin(ctx);
    this.state.rest = result.op === 'children' ? [...this.inOrder(result.children)] : [];
    if (this.state.rest.length === 0) this.succeed(ctx, null);
    else this.next(ctx);
  }

  /** Goes for the next one; if all are gone, there may be others by now. */
  private next(ctx: Context): void {
    const name = this.state.rest.shift();
    if (name === undefined) this.list(ctx);
    else this.read(ctx, `${this.init.dir}/${name}`);
  }

  private read(ctx: Context, path: string): void {
    this.ask(ctx, 'get', { op: 'get', path, watch: false });
  }

  private onRead(ctx: Context, path: string, result: OpResult | null): void {
    if (result === null) return this.read(ctx, path);
    if (result.op !== 'get') return this.next(ctx);
    this.state.data = result.data;
    this.delete(ctx, path);
  }

  private delete(ctx: Context, path: string): void {
    this.ask(ctx, 'delete', { op: 'delete', path, version: ANY_VERSION });
  }

  private onDeleted(ctx: Context, path: string, result: OpResult | null): void {
    if (result === null) return this.onLostDelete(ctx, path);
    if (result.op === 'delete') return this.succeed(ctx, JSON.parse(this.state.data) as Plain);
    // Somebody else was faster; or the session has moved on.
    if (isError(result, 'NoNode')) this.next(ctx);
    else this.delete(ctx, path);
  }

  private look(ctx: Context, path: string): void {
    this.ask(ctx, 'look', { op: 'exists', path, watch: false });
  }

  private onLooked(ctx: Context, path: string, result: OpResult | null): void {
    if (result === null) return this.onLostDelete(ctx, path);
    if (result.op === 'exists') this.delete(ctx, path);
    else this.giveUp(ctx);
  }
}

/** What the name of an element begins with. */
function prefixOf(guid: string): string {
  return `_c_${guid}-q-`;
}
