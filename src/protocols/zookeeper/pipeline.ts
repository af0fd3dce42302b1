import type { Context } from '../../contract/context.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { ConnectionId } from '../../kernel/ids.ts';
import type { Txn } from '../zab/messages.ts';
import type { Following } from '../zab/state.ts';
import {
  ANY_VERSION, type ClientPacket, type ErrorCode, type Op, type OpResult, type ReadOp, type Request, type SessionId,
  type SetWatches, type SetWatches2, type TreeApplied, type TreeCommand, type WatcherEvent, type WatchEventType,
  type WatchMode, type WatchOp,
} from './messages.ts';
import type { ServicePacket, SyncReply } from './packets.ts';
import { Sessions } from './sessions.ts';
import type { ClientConnection, Queued } from './state.ts';
import type { PrepareRequest } from './tree/prepare.ts';
import { read } from './tree/read.ts';
import {
  addWatch, BOTH_TABLES, dropWatches, modesBeside, removeWatch, removeWatches, type Table, tableOf, takeWatchers,
} from './watches.ts';

/**
 * What becomes of a client's requests: each waits for those before it of its connection, a write for its transaction, a
 * sync for what the leader has, a read for nothing else.
 */
export abstract class Pipeline extends Sessions {
  // ── Requests ─────────────────────────────────────────────────────────

  protected onClientRequest(ctx: Context, client: ClientConnection, { xid, op }: Request): void {
    switch (op.op) {
      case 'get':
      case 'exists':
      case 'children':
        return this.enqueueUnlessGone(ctx, client, { kind: 'read', xid, op });
      case 'add-watch':
      case 'remove-watches':
        return this.enqueueUnlessGone(ctx, client, { kind: 'watch', xid, op });
      case 'sync':
        return this.hasGone(client.session)
          ? this.enqueue(ctx, client, { kind: 'moved' })
          : this.onSync(ctx, client, xid);
      case 'close':
        return this.onWrite(ctx, client, xid, op.op, { kind: 'close-session' });
      case 'create':
      case 'delete':
      case 'set':
      case 'check':
      case 'multi':
        return this.onWrite(ctx, client, xid, op.op, { kind: 'op', op });
      default:
        return unreachable(op);
    }
  }

  protected onSetWatches(ctx: Context, client: ClientConnection, packet: SetWatches | SetWatches2): void {
    this.enqueueUnlessGone(ctx, client, { kind: 'watches', packet });
  }

  private enqueueUnlessGone(ctx: Context, client: ClientConnection, queued: Queued): void {
    this.enqueue(ctx, client, this.hasGone(client.session) ? { kind: 'moved' } : queued);
  }

  private enqueue(ctx: Context, client: ClientConnection, queued: Queued): void {
    client.queue.push(queued);
    if (client.queue.length === 1) this.answerWaiting(ctx, client);
  }

  private onWrite(
    ctx: Context, client: ClientConnection, xid: number, op: Op['op'], request: PrepareRequest,
  ): void {
    client.queue.push({ kind: 'write', xid, op });
    this.handOn(ctx, client.session, xid, request);
  }

  /** To whoever proposes: it may leave before anything is on this disk, for it says nothing of it. */
  protected handOn(ctx: Context, session: SessionId, xid: number, request: PrepareRequest): void {
    const { role } = this.state;
    if (role.kind === 'leading') this.ask(ctx, role, { session, xid, origin: this.self, request });
    else if (role.kind === 'following') this.tellLeader(ctx, role, { kind: 'REQUEST', session, xid, request });
  }

  protected tellLeader(ctx: Context, { connection }: Following, packet: ServicePacket): void {
    if (connection !== null) ctx.sendOnNow(connection, packet);
  }

  // ── Sync ─────────────────────────────────────────────────────────────

  private onSync(ctx: Context, client: ClientConnection, xid: number): void {
    const { role } = this.state;
    const { connection } = client;
    if (this.syncsByLog()) {
      const check: Op = { op: 'check', path: '/', version: ANY_VERSION };
      return this.onWrite(ctx, client, xid, 'sync', { kind: 'op', op: check });
    }
    if (role.kind === 'leading') {
      return this.enqueue(ctx, client, { kind: 'sync', xid, target: this.targetOfSync(role) });
    }
    this.enqueue(ctx, client, { kind: 'sync', xid, target: null });
    if (role.kind === 'following') this.tellLeader(ctx, role, { kind: 'SYNC', client: connection, xid });
  }

  protected onSynced(ctx: Context, { client: connection, xid, zxid }: SyncReply): void {
    const client = this.state.service.clients.get(connection);
    const queued = client?.queue.find((each) => each.kind === 'sync' && each.xid === xid);
    if (client === undefined || queued?.kind !== 'sync') return;
    queued.target = zxid;
    this.answerWaiting(ctx, client);
  }

  // ── Answers ──────────────────────────────────────────────────────────

  /** Answers what need not wait any more, in the order in which it was asked. */
  private answerWaiting(ctx: Context, client: ClientConnection): void {
    const { applied, service: { syncing } } = this.state;
    syncing.delete(client.connection);
    for (;;) {
      const [first] = client.queue;
      if (first === undefined || first.kind === 'write') return;
      if (first.kind === 'sync' && (first.target === null || first.target > applied)) {
        syncing.add(client.connection);
        return;
      }
      if (first.kind === 'moved') return this.hangUp(ctx, client);
      client.queue.shift();
      if (first.kind === 'sync') this.reply(ctx, client, first.xid, { op: 'sync' });
      else if (first.kind === 'read') this.answerRead(ctx, client, first.xid, first.op);
      else if (first.kind === 'watch') this.reply(ctx, client, first.xid, this.changeWatches(client, first.op));
      else this.catchUp(ctx, client, first.packet);
    }
  }

  /** From our own tree, which others may have gone on from; but it has all that this client was told of. */
  private answerRead(ctx: Context, client: ClientConnection, xid: number, op: ReadOp): void {
    const result = read(this.tree, op);
    const isThere = result.op !== 'error';
    if (op.watch && (isThere || op.op === 'exists')) {
      this.watch(client, 'standard', [tableOf(op.op)], op.path);
    }
    this.reply(ctx, client, xid, result);
  }

  private reply(ctx: Context, client: ClientConnection, xid: number, result: OpResult): void {
    this.tellClient(ctx, client, { kind: 'Reply', xid, zxid: this.state.applied, result });
  }

  /** What is told is committed, or is nobody's promise. */
  protected tellClient(ctx: Context, { connection }: ClientConnection, packet: ClientPacket): void {
    ctx.sendOnNow(connection, packet);
  }

  // ── The final processor ──────────────────────────────────────────────

  /**
   * One transaction is applied. Events go first: whoever is answered from now on sees what they tell of. Then its own
   * client is answered, and then whoever has waited for this server to come so far.
   */
  protected override onApplied(ctx: Context, txn: Txn, result: unknown): void {
    super.onApplied(ctx, txn, result);
    const command = txn.command as unknown as TreeCommand;
    const { result: outcome, events } = result as TreeApplied;
    if (this.state.role.kind === 'leading') this.settleTxn(ctx, txn, command);
    for (const { type, path } of events) this.fire(ctx, type, path);
    this.complete(ctx, command, outcome);
    const { syncing, clients } = this.state.service;
    for (const connection of [...syncing]) this.answerWaiting(ctx, clients.get(connection) as ClientConnection);
  }

  private complete(ctx: Context, { session, xid, change }: TreeCommand, outcome: OpResult): void {
    const { connections, clients } = this.state.service;
    const connection = connections.get(session);
    const client = connection === undefined ? undefined : clients.get(connection);
    if (client === undefined) return;
    if (change.change === 'create-session') return this.onSessionCreated(ctx, client);
    const [first] = client.queue;
    const isAnswer = xid !== 0 && first?.kind === 'write' && first.xid === xid;
    // It is the error of a connection, not of the request: whoever is told of it here has heard more elsewhere.
    if (isAnswer && isError(outcome, 'SessionMoved')) return this.hangUp(ctx, client);
    if (isAnswer) {
      client.queue.shift();
      this.reply(ctx, client, xid, first.op === 'sync' && outcome.op === 'check' ? { op: 'sync' } : outcome);
    }
    // What has ended, or has gone elsewhere, has nothing more to hear on this connection.
    const isOver = change.change === 'close-session' || (isAnswer && isError(outcome, 'SessionExpired'));
    if (isOver) return this.hangUp(ctx, client);
    if (isAnswer) this.answerWaiting(ctx, client);
  }

  protected abstract onSessionCreated(ctx: Context, client: ClientConnection): void;

  // ── Watches ──────────────────────────────────────────────────────────

  private fire(ctx: Context, type: WatchEventType, path: string): void {
    const { watches, clients } = this.state.service;
    for (const connection of takeWatchers(watches, type, path)) {
      const client = clients.get(connection);
      if (client !== undefined) this.deliver(ctx, client, type, path);
    }
  }

  private deliver(ctx: Context, client: ClientConnection, type: WatchEventType, path: string): void {
    const event: WatcherEvent = { kind: 'WatcherEvent', type, path, zxid: this.state.applied };
    ctx.note({ event: 'watch-fired', type, path, client: client.client });
    this.sendEvent(ctx, client, event);
  }

  /** Whether there is such a znode, or ever was, is nobody's concern here. */
  private changeWatches(client: ClientConnection, op: WatchOp): OpResult {
    if (op.op === 'add-watch') {
      this.watch(client, op.mode, BOTH_TABLES, op.path);
      return { op: 'add-watch' };
    }
    const wasThere = removeWatches(this.state.service.watches, op.type, op.path, client.connection);
    return wasThere ? { op: 'remove-watches' } : { op: 'error', error: 'NoWatcher', results: [] };
  }

  private watch({ connection }: ClientConnection, mode: WatchMode, tables: readonly Table[], path: string): void {
    const { watches } = this.state.service;
    for (const table of tables) {
      const others = modesBeside(watches, mode, table, path, connection);
      for (const other of this.endWithAnother(others)) removeWatch(watches, other, table, path, connection);
      addWatch(watches, mode, table, path, connection);
    }
  }

  /** On the connection of replies, before all that come later. */
  protected sendEvent(ctx: Context, client: ClientConnection, event: WatcherEvent): void {
    this.tellClient(ctx, client, event);
  }

  /**
   * A client has come from another server, or back: what has changed since it went fires now, the rest is watched. What
   * it watches for more than one event it has to look at by itself, as with ZooKeeper.
   */
  private catchUp(ctx: Context, client: ClientConnection, packet: SetWatches | SetWatches2): void {
    const due = this.missedBy(packet);
    const watch = (op: ReadOp['op'], paths: readonly string[], ...types: readonly WatchEventType[]): void => {
      for (const path of paths) {
        const isDue = due.some((event) => event.path === path && types.includes(event.type));
        if (!isDue) this.watch(client, 'standard', [tableOf(op)], path);
      }
    };
    watch('get', packet.data, 'NodeDeleted', 'NodeDataChanged');
    watch('exists', packet.exists, 'NodeCreated');
    watch('children', packet.children, 'NodeDeleted', 'NodeChildrenChanged');
    if (packet.kind === 'SetWatches2') {
      const { persistent, persistentRecursive } = this.standAgain(packet);
      for (const path of persistent) this.watch(client, 'persistent', BOTH_TABLES, path);
      for (const path of persistentRecursive) this.watch(client, 'persistent-recursive', BOTH_TABLES, path);
    }
    ctx.note({ event: 'watches-set', client: client.client, due: due.length });
    // Who has watched data and children is told twice that both are gone, unlike by one event: clients sort that out.
    for (const { type, path } of due) this.deliver(ctx, client, type, path);
  }

  // ── Ends of connections ──────────────────────────────────────────────

  protected hangUp(ctx: Context, client: ClientConnection): void {
    ctx.close(client.connection);
    this.forget(client);
  }

  /** Its session goes on without it; what it waits for happens all the same, and nobody is told. */
  protected forget({ connection, session }: ClientConnection): void {
    const { clients, connections, syncing, watches } = this.state.service;
    clients.delete(connection);
    if (connections.get(session) === connection) connections.delete(session);
    syncing.delete(connection);
    dropWatches(watches, connection);
  }

  protected clientOf(connection: ConnectionId): ClientConnection | undefined {
    return this.state.service.clients.get(connection);
  }
}

function isError(outcome: OpResult, error: ErrorCode): boolean {
  return outcome.op === 'error' && outcome.error === error;
}
