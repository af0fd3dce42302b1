/**
 * A Redis node, as version 7.0 behaves: strings that expire, the scripts of locks, and the two kinds of files.
 *
 * Sources: the documentation of Redis (commands, persistence, replication, Sentinel, "Distributed Locks with Redis"),
 * and a real server, beside which `npm run test:real` holds every reply.
 *
 * Implemented: the commands of `commands.ts`; expiry by the wall clock, on access and by a search at `hz`; the
 * append-only file with each of its policies, and its rewriting; save points; restarts with and without data; delayed
 * restarts.
 *
 * Deviations, with reasons, are listed in README.md beside this file.
 *
 * Atomic steps: each handler. A command, or a script with all that it calls, is one step, in which the clock stands
 * still. With appendfsync: always, its answer leaves after the sync of what it wrote; a pause or a crash can strike in
 * between.
 *
 * Uses of sendNow: answers to clients, unless appendfsync is always. Redis syncs in a thread of its own, and nobody
 * waits for it; what an answer says may be lost, and that is the point.
 */
import type { ClientRequest, ClientResponse } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import type { Plain } from '../../contract/message.ts';
import type { Node } from '../../contract/node.ts';
import type { Options } from '../../contract/options.ts';
import type { Operation } from '../../contract/session.ts';
import { assert, unreachable } from '../../kernel/assert.ts';
import { execute } from './commands.ts';
import type { RedisAnswer, RedisRequest } from './messages.ts';
import { answerOf, commandOf, notOffered } from './operations.ts';
import { readSettings } from './options.ts';
import { Persistence } from './persistence.ts';
import type { Reply } from './reply.ts';
import type { RedisState } from './state.ts';
import { type Args, isExpired } from './store.ts';

/** How many expired keys one search deletes at most. */
const CRON_KEYS_MAX = 20;
/** How many requests of one client are told from their copies. */
const RECENT_MAX = 64;

/** A Redis server: what reaches it, and where that is dealt with. */
export class RedisNode extends Persistence implements Node<RedisState> {
  onStart(ctx: Context): void {
    if (this.state.isDamaged) return ctx.note({ event: 'refused-file' });
    this.startFiles(ctx);
    if (this.settings.cronUs > 0) ctx.setTimer('cron', this.settings.cronUs);
    if (this.staysOut()) ctx.setTimer('open', this.settings.startDelayUs);
  }

  onPersisted(_ctx: Context, tag: PersistTag): void {
    assert(tag.kind === 'config', 'Redis waits for no other persist');
    if (!this.staysOut()) this.state.isOpen = true;
  }

  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case 'cron': return this.onCron(ctx);
      case 'sync': return this.onSyncTimer(ctx);
      case 'open':
        this.state.isOpen = true;
        return;
      default: assert(false, 'Redis sets no other timer');
    }
  }

  onOptions(ctx: Context, options: Options): void {
    const before = this.settings;
    this.settings = readSettings(options);
    this.onFileSettings(ctx, before);
  }

  // ── Clients ──────────────────────────────────────────────────────────

  onRequest(ctx: Context, request: ClientRequest): void {
    if (!this.state.isOpen || this.isCopy(request)) return;
    const command = request.command as unknown as RedisRequest;
    switch (command.kind) {
      case 'call':
        return this.answer(ctx, request, { kind: 'reply', reply: this.execute(ctx, command.args) });
      case 'register':
        return this.answer(ctx, request, { kind: 'result', result: { kind: 'registered', session: request.id } });
      case 'execute':
        return this.answer(ctx, request, this.perform(ctx, command.operation));
      default:
        return unreachable(command);
    }
  }

  /**
   * A connection brings each request once. The network of a run may bring a copy: INCR would count it, and SET NX would
   * say that the lock is taken, by the very client that asks.
   */
  protected isCopy({ client, id }: ClientRequest): boolean {
    const { recentRequests } = this.state;
    const recent = recentRequests.get(client) ?? [];
    if (recent.includes(id)) return true;
    recent.push(id);
    if (recent.length > RECENT_MAX) recent.shift();
    recentRequests.set(client, recent);
    return false;
  }

  private perform(ctx: Context, operation: Operation): RedisAnswer {
    const args = commandOf(operation);
    return args === null ? notOffered(operation) : answerOf(operation, this.execute(ctx, args));
  }

  protected execute(ctx: Context, args: Args): Reply {
    const { reply, effects } = execute(this.state.store, args, ctx.wallUs());
    if (effects.length > 0) this.record(ctx, effects);
    return reply;
  }

  protected answer(ctx: Context, request: ClientRequest, answer: RedisAnswer): void {
    const body = answer as unknown as Plain;
    if (this.answersAfterSync()) return ctx.reply(request, body);
    const response: ClientResponse = { kind: 'ClientResponse', id: request.id, body };
    ctx.sendNow(request.client, response);
  }

  // ── What is done without being asked ─────────────────────────────────

  private onCron(ctx: Context): void {
    this.deleteExpired(ctx);
    this.saveWhenDue(ctx);
    ctx.setTimer('cron', this.settings.cronUs);
  }

  /** Keys that nobody asks for are deleted, too, some at a time. Cost: the number of keys. */
  private deleteExpired(ctx: Context): void {
    const nowMs = Math.floor(ctx.wallUs() / 1_000);
    const { store } = this.state;
    const effects: Args[] = [];
    for (const [key, entry] of store.entries) {
      if (effects.length === CRON_KEYS_MAX) break;
      if (!isExpired(entry, nowMs)) continue;
      store.entries.delete(key);
      effects.push(['DEL', key]);
    }
    if (effects.length > 0) this.record(ctx, effects);
  }
}
