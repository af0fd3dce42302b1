/**
 * A Redis node, as version 7.0 behaves: strings that expire, the scripts of locks, the two kinds of files, replicas.
 * Sentinels are in `sentinel.ts`.
 *
 * Sources: the documentation of Redis (commands, persistence, replication, Sentinel, "Distributed Locks with Redis"),
 * and a real server, beside which `npm run test:real` holds every reply.
 *
 * Implemented: the commands of `commands.ts`; channels that clients subscribe to; expiry by the wall clock, on access
 * and by a search at `hz`; the append-only file with each of its policies, and its rewriting; save points; restarts
 * with and without data; delayed restarts; asynchronous replicas with full and partial resynchronisation, and WAIT;
 * failover by Sentinels.
 *
 * Deviations, with reasons, are listed in README.md beside this file.
 *
 * Atomic steps: each handler. A command, or a script with all that it calls, is one step, in which the clock stands
 * still. With appendfsync: always, its answer leaves after the sync of what it wrote; a pause or a crash can strike in
 * between.
 *
 * Uses of sendNow: answers to clients, what is published for them, and the stream to replicas, unless appendfsync is
 * always. Redis syncs in a thread of its own, and nobody waits for it; what an answer says may be lost, and that is the
 * point. Everything else that nodes say to each other promises nothing durable.
 */
import type { ClientRequest, ClientResponse } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import type { Message } from '../../contract/message.ts';
import type { Node, Order } from '../../contract/node.ts';
import type { Options } from '../../contract/options.ts';
import type { Operation } from '../../contract/session.ts';
import { assert, unreachable } from '../../kernel/assert.ts';
import { type NodeId, nodeId } from '../../kernel/ids.ts';
import {
  execute, isRole, NO_REPLICAS, readSubscription, readWait, type Subscription, type Wait,
} from './commands.ts';
import { evictions, isFull } from './eviction.ts';
import type { Published, RedisAnswer, RedisMessage, RedisRequest } from './messages.ts';
import { answerOf, commandOf, notOffered } from './operations.ts';
import { readSettings } from './options.ts';
import { bulk, failure, integer, OK, type Reply } from './reply.ts';
import { Replication } from './replication.ts';
import type { RedisState } from './state.ts';
import { type Args, isExpired, type News } from './store.ts';

/** How many expired keys one search deletes at most. */
const CRON_KEYS_MAX = 20;
/** How many requests of one client are told from their copies. */
const RECENT_MAX = 64;

const WAIT_AT_REPLICA: Reply = Object.freeze(failure('WAIT cannot be used with replica instances. Please also note '
  + 'that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are '
  + 'just local and are not propagated.'));

/** A Redis server: what reaches it, and where that is dealt with. */
export class RedisNode extends Replication implements Node<RedisState> {
  onStart(ctx: Context): void {
    if (this.state.isDamaged) return ctx.note({ event: 'refused-file' });
    this.startFiles(ctx);
    if (this.settings.cronUs > 0) ctx.setTimer('cron', this.settings.cronUs);
    if (this.staysOut()) ctx.setTimer('open', this.settings.startDelayUs);
  }

  onPersisted(ctx: Context, tag: PersistTag): void {
    assert(tag.kind === 'config', 'Redis waits for no other persist');
    if (!this.staysOut() && !this.state.isOpen) this.open(ctx);
  }

  private open(ctx: Context): void {
    this.state.isOpen = true;
    this.startRole(ctx);
  }

  onTimer(ctx: Context, name: string): void {
    switch (name) {
      case 'cron': return this.onCron(ctx);
      case 'sync': return this.onSyncTimer(ctx);
      case 'open': return this.open(ctx);
      case 'ping-replicas': return this.onPingReplicas(ctx);
      case 'wait': return this.onWaitTimer(ctx);
      case 'replica': return this.onReplicaTimer(ctx);
      case 'gap': return this.onGapTimer(ctx);
      default: assert(false, 'Redis sets no other timer');
    }
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    if (!this.state.isOpen) return;
    const received = message as RedisMessage;
    switch (received.kind) {
      case 'Psync': return this.onPsync(ctx, from, received);
      case 'FullResync': return this.onFullResync(ctx, from, received);
      case 'PartialResync': return this.onPartialResync(ctx, from, received);
      case 'Replicate': return this.onReplicate(ctx, from, received);
      case 'Ack': return this.onAck(ctx, from, received);
      case 'GetAck': return this.onGetAck(ctx, from);
      case 'Closed': return this.onLinkClosed(ctx, from, received);
      case 'ReplicaOf': return this.onReplicaOf(ctx, received);
      case 'Ping': return this.tell(ctx, from, { kind: 'Pong' });
      case 'Info': return this.onInfo(ctx, from);
      case 'Pong': case 'InfoReply': case 'Hello': case 'IsPrimaryDown': case 'IsPrimaryDownReply':
        return assert(false, 'what is for a Sentinel goes to Sentinels');
      case 'Published':
        return assert(false, 'what is for a subscriber goes to clients');
      default: return unreachable(received);
    }
  }

  onOptions(ctx: Context, options: Options): void {
    const before = this.settings;
    this.settings = readSettings(options);
    this.onFileSettings(ctx, before);
  }

  onOrder(ctx: Context, order: Order): void {
    if (!this.state.isOpen) return;
    const [primary = null] = order.nodes;
    this.onReplicaOf(ctx, { kind: 'ReplicaOf', primary: order.kind === 'promote' ? null : primary });
  }

  // ── Clients ──────────────────────────────────────────────────────────

  onRequest(ctx: Context, request: ClientRequest): void {
    if (!this.state.isOpen || this.isCopy(request)) return;
    const command = request.command as unknown as RedisRequest;
    switch (command.kind) {
      case 'call':
        return this.onCall(ctx, request, command.args);
      case 'register':
        return this.answer(ctx, request, { kind: 'result', result: { kind: 'registered', session: request.id } });
      case 'execute':
        return this.onOperation(ctx, request, command.operation);
      default:
        return unreachable(command);
    }
  }

  private onCall(ctx: Context, request: ClientRequest, args: Args): void {
    const wait = readWait(args);
    if (wait !== null) return this.onWait(ctx, request, wait);
    if (isRole(args)) return this.answer(ctx, request, { kind: 'reply', reply: this.roleReply() });
    const subscription = readSubscription(args);
    if (subscription !== null) return this.onSubscription(ctx, request, subscription);
    const followed = this.readReplicaOf(args);
    if (followed !== undefined) this.onReplicaOf(ctx, { kind: 'ReplicaOf', primary: followed });
    const reply = followed === undefined ? this.execute(ctx, request, args) : OK;
    this.answer(ctx, request, { kind: 'reply', reply });
  }

  private onWait(ctx: Context, request: ClientRequest, wait: Wait | Reply): void {
    const isReplica = this.state.role.kind === 'replica';
    if (isReplica) return this.answer(ctx, request, { kind: 'reply', reply: WAIT_AT_REPLICA });
    if ('kind' in wait) return this.answer(ctx, request, { kind: 'reply', reply: wait });
    this.wait(ctx, request, wait.replicas, wait.timeoutMs * 1_000, null);
  }

  /** Ends with UNSUBSCRIBE, or with this server: nobody else notices that a client is gone. */
  private onSubscription(ctx: Context, request: ClientRequest, { name, channel }: Subscription): void {
    const { subscribers } = this.state.store;
    const others = (subscribers.get(channel) ?? []).filter((client) => client !== request.client);
    const now = name === 'subscribe' ? [...others, request.client] : others;
    if (now.length > 0) subscribers.set(channel, now);
    else subscribers.delete(channel);
    let count = 0;
    for (const clients of subscribers.values()) if (clients.includes(request.client)) count += 1;
    const reply: Reply = { kind: 'array', items: [bulk(name), bulk(channel), integer(count)] };
    this.answer(ctx, request, { kind: 'reply', reply });
  }

  /** REPLICAOF NO ONE, or a node's number and any port; `undefined` for another command. */
  private readReplicaOf(args: Args): NodeId | null | undefined {
    const [name = '', host = '', port] = args;
    if (name.toUpperCase() !== 'REPLICAOF' || port === undefined || args.length !== 3) return undefined;
    return host.toUpperCase() === 'NO' ? null : nodeId(Number(host) - 1);
  }

  /** A client that knows no Redis is one that asks Sentinels for the primary, and then the primary. */
  private onOperation(ctx: Context, request: ClientRequest, operation: Operation): void {
    const { role, position } = this.state;
    const readsHere = operation.f === 'read' && this.settings.replicaReads;
    if (role.kind === 'replica' && !readsHere) {
      return this.answer(ctx, request, { kind: 'moved', node: role.primary });
    }
    const args = commandOf(operation);
    if (args === null) return this.answer(ctx, request, notOffered(operation));
    const before = position.offset;
    const answer = answerOf(operation, this.execute(ctx, request, args));
    const { wait, waitTimeoutUs } = this.settings;
    if (wait === 0 || position.offset === before) return this.answer(ctx, request, answer);
    this.wait(ctx, request, wait, waitTimeoutUs, answer);
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

  private execute(ctx: Context, request: ClientRequest, args: Args): Reply {
    const { role, store, position, lastWrites } = this.state;
    if (role.kind === 'replica') {
      const { reply, published } = execute(store, args, ctx.wallUs(), 'hides');
      this.publish(ctx, published);
      return reply;
    }
    this.evict(ctx);
    const refusal = this.hasEnoughReplicas(role, ctx.monotonicUs()) ? null : NO_REPLICAS;
    const isOutOfMemory = isFull(store.entries.size, this.settings.maxKeys);
    const { reply, effects, published } = execute(store, args, ctx.wallUs(), 'deletes', refusal, isOutOfMemory);
    if (effects.length > 0) {
      this.propagate(ctx, effects);
      lastWrites.set(request.client, position.offset);
    }
    this.publish(ctx, published);
    return reply;
  }

  /** After what the same command has written: with appendfsync: always, subscribers hear of it when it is synced. */
  private publish(ctx: Context, published: readonly News[]): void {
    for (const { channel, text } of published) {
      const message: Published = { kind: 'Published', channel, text };
      for (const client of this.state.store.subscribers.get(channel) ?? []) this.hand(ctx, client, message);
    }
  }

  /** maxmemory: what is asked for makes room first, at the cost of keys that somebody may count on. Locks are such. */
  private evict(ctx: Context): void {
    const { store } = this.state;
    const effects = evictions(store, this.settings);
    if (effects.length === 0) return;
    for (const [, key = ''] of effects) store.entries.delete(key);
    this.propagate(ctx, effects);
    ctx.note({ event: 'evicted', keys: effects.length });
  }

  protected override answer(ctx: Context, request: ClientRequest, answer: RedisAnswer): void {
    const response: ClientResponse = { kind: 'ClientResponse', id: request.id, body: answer };
    this.hand(ctx, request.client, response);
  }

  private hand(ctx: Context, client: NodeId, message: Message): void {
    if (this.answersAfterSync()) ctx.send(client, message);
    else ctx.sendNow(client, message);
  }

  // ── What is done without being asked ─────────────────────────────────

  private onCron(ctx: Context): void {
    // A replica deletes nothing by itself: its primary says what has expired.
    if (this.state.role.kind === 'primary') this.deleteExpired(ctx);
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
    if (effects.length > 0) this.propagate(ctx, effects);
  }
}
