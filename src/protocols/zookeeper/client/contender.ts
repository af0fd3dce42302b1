import type { Context } from '../../../contract/context.ts';
import { assert } from '../../../kernel/assert.ts';
import type { Zxid } from '../../zab/zxid.ts';
import { ANY_VERSION, type Op, type OpResult, type WatcherEvent } from '../messages.ts';
import type { RequestEnd, SessionLibrary } from './library.ts';

/** A znode of one's own. */
export interface Own {
  readonly path: string;
  readonly czxid: Zxid;
}

/** How a contender has gone. `unsure`: it is gone, but who deleted it is not known, since an answer was lost. */
export type LeftEnd = 'left' | 'not-there' | 'unsure';

/** What a contender tells. */
export interface ContenderListener {
  /** Nobody is before it. */
  onFirst(ctx: Context, contender: Contender, own: Own): void;
  /** Its znode is gone, and it did not leave: its session is over, or somebody else has deleted it. */
  onDropped(ctx: Context, contender: Contender): void;
  /** Nothing of it is left in the tree, and nothing will come. */
  onLeft(ctx: Context, contender: Contender, end: LeftEnd): void;
}

/** What a contender is made from. */
export interface ContenderInit {
  readonly library: SessionLibrary;
  readonly listener: ContenderListener;
  /** Tags of its requests begin with this. */
  readonly prefix: string;
  /** The directory in which contenders stand. */
  readonly dir: string;
  /** Names it among all contenders of the run. */
  readonly guid: string;
}

/**
 * `entering`: has no znode that it knows of. `standing`: finds out where it stands. `waiting`: for who is before it.
 * `gone`: and `leaving` before it, wherever it was.
 */
type Phase = 'entering' | 'standing' | 'waiting' | 'first' | 'leaving' | 'gone';

/** Everything that a contender knows. Plain data. */
export interface ContenderState {
  phase: Phase;
  readonly dir: string;
  readonly guid: string;
  own: Own | null;
  /** What it waits for. */
  ahead: string | null;
  /** The answer to a request to create was lost: there may be more znodes of its own than it knows of. */
  isUncertain: boolean;
  /** The answer to a request to delete was lost. */
  hasLostDelete: boolean;
}

/**
 * One who stands in a queue in the tree, and is first when nobody is before it: what locks and elections are made of
 * ("ZooKeeper Recipes and Solutions", Locks, Leader Election). Its znode goes with its session.
 *
 * What can be repeated is repeated when a connection is lost. To create is not: (1) the server creates the znode;
 * (2) the answer is lost; (3) the client, which knows of none, creates another one; (4) it waits behind the first, its
 * own, and so does everybody else, until the session ends. So the name of the znode carries a GUID, and who has lost an
 * answer looks for it first; after a `sync`, because the server that it comes to may not have heard of it yet.
 */
export class Contender {
  readonly state: ContenderState;
  protected readonly init: ContenderInit;

  constructor(init: ContenderInit) {
    this.init = init;
    const { dir, guid } = init;
    this.state = { phase: 'entering', dir, guid, own: null, ahead: null, isUncertain: false, hasLostDelete: false };
  }

  // ── Rules ────────────────────────────────────────────────────────────

  /** What its znodes are called, before the number. */
  protected pathToCreate(): string {
    const { dir, guid } = this.state;
    return `${dir}/_c_${guid}-lock-`;
  }

  /** Whether an answer that was lost is looked for, before the same is asked again. */
  protected looksForItsOwn(): boolean {
    return true;
  }

  /** Whether a child of the directory is this contender's. */
  protected isOwn(name: string): boolean {
    return name.startsWith(`_c_${this.state.guid}-`);
  }

  /** Whom to wait for, of those before it in their order: the last one alone, so that nobody else is woken. */
  protected whomToWatch(before: readonly string[]): string {
    return before.at(-1) as string;
  }

  /** Whether it has to look again: who is gone already when the watch is set will not go. */
  protected isGone(result: OpResult): boolean {
    return result.op === 'error';
  }

  // ── What it is asked ─────────────────────────────────────────────────

  enter(ctx: Context): void {
    assert(this.state.phase === 'entering', 'a contender enters once');
    this.create(ctx);
  }

  /** Where it stands may have changed, or what it knows of that is too old. */
  lookAgain(ctx: Context): void {
    this.state.phase = 'standing';
    this.askChildren(ctx, 'list');
  }

  /** Goes, whatever it is doing. Comes to its end when a server can be asked. */
  leave(ctx: Context): void {
    const { state } = this;
    state.phase = 'leaving';
    // Without one, what it is waiting for comes to an end, and tells what there is to be deleted.
    if (state.own !== null) this.delete(ctx, state.own.path);
  }

  // ── Answers ──────────────────────────────────────────────────────────

  /** Of requests whose tags begin with its prefix. */
  onEnd(ctx: Context, tag: string, op: Op, end: RequestEnd): void {
    if (this.state.phase === 'gone') return;
    if (end.kind === 'session-expired') return this.drop(ctx);
    const { path } = op as { readonly path: string };
    // Without a connection there is no answer, and no way to know.
    const result = end.kind === 'answered' ? end.result : null;
    switch (tag.slice(this.init.prefix.length)) {
      case 'create': return this.onCreated(ctx, result);
      case 'parent': return this.create(ctx);
      case 'sync': return result === null ? this.search(ctx) : this.askChildren(ctx, 'search');
      case 'search': return this.onSearched(ctx, result);
      case 'stat': return this.onStat(ctx, path, result);
      case 'list': return this.onListed(ctx, result);
      case 'look': return this.onLooked(ctx, result);
      case 'delete': return this.onDeleted(ctx, path, result);
      // A second one of its own, which goes with the session at the latest.
      case 'extra': return;
      default: return assert(false, 'a contender asks for nothing else');
    }
  }

  onEvent(ctx: Context, { path }: WatcherEvent): void {
    if (this.state.phase === 'waiting' && path === this.state.ahead) this.lookAgain(ctx);
  }

  /** The session is over, and with it everything that it had in the tree. */
  onExpired(ctx: Context): void {
    if (this.state.phase !== 'gone') this.drop(ctx);
  }

  private drop(ctx: Context): void {
    const wasLeaving = this.state.phase === 'leaving';
    this.state.phase = 'gone';
    if (wasLeaving) this.init.listener.onLeft(ctx, this, 'not-there');
    else this.init.listener.onDropped(ctx, this);
  }

  // ── Entering ─────────────────────────────────────────────────────────

  private create(ctx: Context): void {
    const { phase, guid, isUncertain } = this.state;
    if (phase === 'leaving') return isUncertain ? this.search(ctx) : this.end(ctx, 'left');
    this.ask(ctx, 'create', { op: 'create', path: this.pathToCreate(), data: guid, mode: 'ephemeral-sequential' });
  }

  private onCreated(ctx: Context, result: OpResult | null): void {
    const { state } = this;
    if (result === null) {
      state.isUncertain = true;
      if (this.looksForItsOwn()) this.search(ctx);
      else this.create(ctx);
      return;
    }
    if (result.op === 'create') return this.stand(ctx, { path: result.path, czxid: result.stat.czxid });
    const isParentMissing = result.op === 'error' && result.error === 'NoNode';
    if (!isParentMissing || state.phase === 'leaving') return this.create(ctx);
    this.ask(ctx, 'parent', { op: 'create', path: state.dir, data: '', mode: 'persistent' });
  }

  private search(ctx: Context): void {
    this.ask(ctx, 'sync', { op: 'sync', path: this.state.dir });
  }

  private onSearched(ctx: Context, result: OpResult | null): void {
    if (result === null) return this.search(ctx);
    const [mine] = this.ownAmong(childrenOf(result));
    const isLeaving = this.state.phase === 'leaving';
    if (mine === undefined) {
      // What is not there after a `sync` will not come.
      this.state.isUncertain = false;
      return this.create(ctx);
    }
    if (isLeaving) this.delete(ctx, this.pathOf(mine));
    else this.ask(ctx, 'stat', { op: 'exists', path: this.pathOf(mine), watch: false });
  }

  private onStat(ctx: Context, path: string, result: OpResult | null): void {
    const { phase, own } = this.state;
    if (phase === 'leaving' && own !== null) return;
    if (result?.op === 'exists') this.stand(ctx, { path, czxid: result.stat.czxid });
    else this.search(ctx);
  }

  // ── Standing in the queue ────────────────────────────────────────────

  private stand(ctx: Context, own: Own): void {
    const { state } = this;
    state.own = own;
    if (state.phase === 'leaving') this.delete(ctx, own.path);
    else this.lookAgain(ctx);
  }

  private onListed(ctx: Context, result: OpResult | null): void {
    const { state } = this;
    if (state.phase !== 'standing') return;
    if (result === null) return this.lookAgain(ctx);
    const names = childrenOf(result);
    const [mine, ...extra] = this.ownAmong(names);
    if (mine === undefined) return this.drop(ctx);
    for (const name of extra) this.ask(ctx, 'extra', { op: 'delete', path: this.pathOf(name), version: ANY_VERSION });
    const path = this.pathOf(mine);
    if (path !== state.own?.path) return this.ask(ctx, 'stat', { op: 'exists', path, watch: false });
    const before = names.slice(0, names.indexOf(mine));
    if (before.length === 0) return this.becomeFirst(ctx, state.own);
    state.ahead = this.pathOf(this.whomToWatch(before));
    this.ask(ctx, 'look', { op: 'exists', path: state.ahead, watch: true });
  }

  private onLooked(ctx: Context, result: OpResult | null): void {
    if (this.state.phase !== 'standing') return;
    if (result === null || this.isGone(result)) this.lookAgain(ctx);
    else this.state.phase = 'waiting';
  }

  private becomeFirst(ctx: Context, own: Own): void {
    this.state.phase = 'first';
    this.state.ahead = null;
    this.init.listener.onFirst(ctx, this, own);
  }

  // ── Leaving ──────────────────────────────────────────────────────────

  private delete(ctx: Context, path: string): void {
    this.ask(ctx, 'delete', { op: 'delete', path, version: ANY_VERSION });
  }

  private onDeleted(ctx: Context, path: string, result: OpResult | null): void {
    const { state } = this;
    if (result === null) {
      state.hasLostDelete = true;
      return this.delete(ctx, path);
    }
    const wasThere = result.op === 'delete';
    if (!wasThere && result.op === 'error' && result.error !== 'NoNode') return this.delete(ctx, path);
    if (state.isUncertain && this.looksForItsOwn()) return this.search(ctx);
    if (wasThere) this.end(ctx, 'left');
    else this.end(ctx, state.hasLostDelete ? 'unsure' : 'not-there');
  }

  private end(ctx: Context, end: LeftEnd): void {
    this.state.phase = 'gone';
    this.init.listener.onLeft(ctx, this, end);
  }

  // ── Small things ─────────────────────────────────────────────────────

  private ask(ctx: Context, what: string, op: Op): void {
    this.init.library.submit(ctx, `${this.init.prefix}${what}`, op);
  }

  private askChildren(ctx: Context, what: string): void {
    this.ask(ctx, what, { op: 'children', path: this.state.dir, watch: false });
  }

  /** Of its own, in the order of the queue. */
  private ownAmong(names: readonly string[]): readonly string[] {
    const { own } = this.state;
    return names.filter((name) => this.isOwn(name) || (own !== null && this.pathOf(name) === own.path));
  }

  private pathOf(name: string): string {
    return `${this.state.dir}/${name}`;
  }
}

/** In the order of their numbers: before these stands what names them apart. */
function childrenOf(result: OpResult): readonly string[] {
  if (result.op !== 'children') return [];
  return [...result.children].sort((a, b) => numberOf(a) - numberOf(b));
}

/** ZooKeeper appends ten digits. */
export function numberOf(name: string): number {
  return Number(name.slice(-10));
}
