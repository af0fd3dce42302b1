/**
 * A server of a ZooKeeper-like service: a Zab node whose transactions are changes of a tree of znodes, with clients on
 * connections of their own. Names are ZooKeeper's. The guide is its documentation (Programmer's Guide: sessions,
 * watches, consistency guarantees; Internals: atomic broadcast) and what its issues say of the code.
 *
 * Implemented: the request, sync, commit and final processors (the first three are Zab's); requests that followers
 * hand on to their leader; reads from a server's own tree, in the order of their session; sync, by the leader's word or
 * by a transaction; sessions that the leader tracks, in whole ticks, touched by PING, ended by a transaction, moved
 * from server to server; watches of data, existence and children, for one event or all, of a znode or of all below it,
 * and their re-registration; fuzzy snapshots. Not implemented: ACLs, quotas, containers and TTLs, local sessions,
 * read-only mode, observers, reconfiguration. Deviations are listed in README.md beside this file.
 *
 * A server is one class, in layers of one file each, each on top of the one before: rules, snapshots, sessions (what a
 * leader tracks), pipeline (requests, answers, watches), and here what reaches it, and the handshake of clients.
 *
 * Atomic steps: each handler. A request is read, and handed on, in one; it is prepared in the request processor's, and
 * applied in the commit processor's. A transaction is applied, its events are sent, its client is answered, and so are
 * reads that have waited for it, in one step: nobody sees the tree between two of these. A pause or a crash strikes
 * between two handlers, and nowhere else.
 *
 * Uses of sendNow: all packets but Zab's are sent by sendOnNow. What clients are told is committed, by the disks of a
 * quorum, this one among them or not; REQUEST, REVALIDATE, SYNC and their answers say nothing of a disk.
 */
import type { ClientRequest } from '../../contract/client.ts';
import type { Context } from '../../contract/context.ts';
import type { Message } from '../../contract/message.ts';
import type { Node } from '../../contract/node.ts';
import { unreachable } from '../../kernel/assert.ts';
import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import type { Ping } from '../zab/messages.ts';
import type { Following } from '../zab/state.ts';
import type { ClientPacket, ConnectRequest, SessionId } from './messages.ts';
import type {
  ForwardedRequest, Revalidate, Revalidated, ServicePacket, Standing, SyncRequest, TouchingPing,
} from './packets.ts';
import { Pipeline } from './pipeline.ts';
import { sessionIdOf } from './session-id.ts';
import { type ClientConnection, STARTS_FILE, type ZooKeeperState } from './state.ts';

const PASSWORD_MAX = 0x7fff_ffff;

/** A ZooKeeper server. */
export class ZooKeeperNode extends Pipeline implements Node<ZooKeeperState> {
  /** The count of starts is on the disk before anybody follows us, and before we have a leader's history. */
  override onStart(ctx: Context): void {
    const { isAmnesiac, service } = this.state;
    if (!isAmnesiac) ctx.put(STARTS_FILE, service.starts);
    super.onStart(ctx);
  }

  // ── What reaches a server ────────────────────────────────────────────

  override onConnected(ctx: Context, connection: ConnectionId, peer: NodeId): void {
    if (ctx.peers.includes(peer)) return super.onConnected(ctx, connection, peer);
    if (!this.isServing) return ctx.close(connection);
    this.state.service.clients.set(connection, {
      client: peer, connection, phase: 'connected', session: 0, password: 0, timeoutUs: 0, queue: [],
    });
  }

  override onReceived(ctx: Context, connection: ConnectionId, peer: NodeId, message: Message): void {
    const client = this.clientOf(connection);
    if (client !== undefined) return this.onClientPacket(ctx, client, message as ClientPacket);
    if (isOfService(message)) return this.onServicePacket(ctx, connection, message);
    super.onReceived(ctx, connection, peer, message);
  }

  override onClosed(ctx: Context, connection: ConnectionId): void {
    const client = this.clientOf(connection);
    if (client === undefined) super.onClosed(ctx, connection);
    else this.forget(client);
  }

  override onTimer(ctx: Context, name: string): void {
    if (name === 'sessions') this.onEndOfTick(ctx);
    else if (name === 'snapshot') this.writeSnapshot(ctx);
    else super.onTimer(ctx, name);
  }

  /** Who asks this service something has a connection. */
  override onRequest(_ctx: Context, _request: ClientRequest): void { /* It is not for us. */ }

  // ── Taking part ──────────────────────────────────────────────────────

  protected override onServing(ctx: Context): void {
    super.onServing(ctx);
    if (this.state.role.kind === 'leading') this.beginTracking(ctx);
  }

  /** Clients go on at another server, which has what they have seen of this one. */
  protected override leaveRole(ctx: Context): void {
    const { clients, touched } = this.state.service;
    super.leaveRole(ctx);
    for (const client of [...clients.values()]) this.hangUp(ctx, client);
    touched.clear();
    this.endTracking(ctx);
  }

  /** Whose clients we have heard of goes to the leader with our sign of life. */
  protected override pingAnswer(): Ping {
    const { touched } = this.state.service;
    const answer: TouchingPing = { ...super.pingAnswer(), sessions: [...touched] };
    touched.clear();
    return answer;
  }

  // ── Between servers ──────────────────────────────────────────────────

  private onServicePacket(ctx: Context, connection: ConnectionId, packet: ServicePacket): void {
    const { role } = this.state;
    if (role.kind === 'following' && role.connection === connection) {
      if (packet.kind === 'REVALIDATED') this.onRevalidated(ctx, packet);
      else if (packet.kind === 'SYNCED') this.onSynced(ctx, packet);
    }
    if (role.kind !== 'leading' || !this.mayPropose(role)) return;
    const learner = role.learners.get(connection);
    if (learner === undefined) return;
    const origin = learner.node;
    if (packet.kind === 'REQUEST') this.onForwarded(ctx, origin, packet);
    else if (packet.kind === 'REVALIDATE') this.onRevalidate(ctx, connection, origin, packet);
    else if (packet.kind === 'SYNC') this.onSyncAsked(ctx, connection, packet);
  }

  private onForwarded(ctx: Context, origin: NodeId, { session, xid, request }: ForwardedRequest): void {
    const { role } = this.state;
    if (role.kind === 'leading') this.ask(ctx, role, { session, xid, origin, request });
  }

  private onRevalidate(ctx: Context, connection: ConnectionId, origin: NodeId, packet: Revalidate): void {
    const { role } = this.state;
    if (role.kind !== 'leading') return;
    const standing = this.revalidate(ctx, role, origin, packet);
    const answer: Revalidated = { kind: 'REVALIDATED', client: packet.client, standing };
    ctx.sendOnNow(connection, answer);
  }

  private onSyncAsked(ctx: Context, connection: ConnectionId, { client, xid }: SyncRequest): void {
    const { role } = this.state;
    if (role.kind !== 'leading') return;
    const answer: ServicePacket = { kind: 'SYNCED', client, xid, zxid: this.targetOfSync(role) };
    ctx.sendOnNow(connection, answer);
  }

  // ── Clients ──────────────────────────────────────────────────────────

  private onClientPacket(ctx: Context, client: ClientConnection, packet: ClientPacket): void {
    if (packet.kind === 'ConnectRequest' && client.phase === 'connected') {
      return this.onConnectRequest(ctx, client, packet);
    }
    if (client.phase !== 'open') return this.hangUp(ctx, client);
    // The end of a session may wait for a quorum for long: an answer would keep the client here for as long.
    if (!this.hears(ctx, client.session)) return;
    switch (packet.kind) {
      case 'Request':
        return this.onClientRequest(ctx, client, packet);
      case 'SetWatches':
      case 'SetWatches2':
        return this.onSetWatches(ctx, client, packet);
      case 'Ping':
        return this.tellClient(ctx, client, { kind: 'Ping', zxid: this.state.applied });
      case 'ConnectRequest':
      case 'ConnectResponse':
      case 'Reply':
      case 'WatcherEvent':
        return this.hangUp(ctx, client);
      default:
        return unreachable(packet);
    }
  }

  /** A leader drops what comes of a session whose end it has submitted, pings as well; a follower knows of no end. */
  private hears(ctx: Context, session: SessionId): boolean {
    const { role, service } = this.state;
    if (role.kind === 'leading') return this.touch(ctx, session);
    service.touched.add(session);
    return true;
  }

  private onConnectRequest(ctx: Context, client: ClientConnection, request: ConnectRequest): void {
    const { session, password, lastZxid, timeoutUs } = request;
    if (this.isBehind(lastZxid)) return this.hangUp(ctx, client);
    client.timeoutUs = this.timeoutFor(timeoutUs);
    if (session === 0) return this.openSession(ctx, client);
    this.replace(ctx, session, client);
    client.phase = 'revalidating';
    client.session = session;
    client.password = password;
    const { role } = this.state;
    if (role.kind === 'leading') {
      return this.onStanding(ctx, client, this.revalidate(ctx, role, this.self, client));
    }
    if (role.kind === 'following') this.askLeader(ctx, role, client);
  }

  /** The client has given up the connection that we may have of it. Nobody has looked at the password yet. */
  private replace(ctx: Context, session: SessionId, client: ClientConnection): void {
    const { connections } = this.state.service;
    const earlier = connections.get(session);
    const old = earlier === undefined ? undefined : this.clientOf(earlier);
    if (old !== undefined) this.hangUp(ctx, old);
    connections.set(session, client.connection);
  }

  /** Our own tree may not have heard of the end of a session: the leader says what it is. */
  protected askLeader(ctx: Context, role: Following, client: ClientConnection): void {
    const { connection, session, password, timeoutUs } = client;
    this.tellLeader(ctx, role, { kind: 'REVALIDATE', client: connection, session, password, timeoutUs });
  }

  /** A new session is there when its transaction is applied here: from then on, whoever leads knows of it. */
  private openSession(ctx: Context, client: ClientConnection): void {
    const { role, service } = this.state;
    if (role.kind === 'looking') return;
    service.begun += 1;
    client.phase = 'opening';
    client.session = sessionIdOf(role.epoch, this.self, service.starts, service.begun);
    client.password = ctx.random('password').between(1, PASSWORD_MAX);
    service.connections.set(client.session, client.connection);
    const { session, password, timeoutUs } = client;
    this.handOn(ctx, session, 0, { kind: 'create-session', timeoutUs, password });
  }

  protected override onSessionCreated(ctx: Context, client: ClientConnection): void {
    this.open(ctx, client);
  }

  private onRevalidated(ctx: Context, { client: connection, standing }: Revalidated): void {
    const client = this.clientOf(connection);
    if (client?.phase === 'revalidating') this.onStanding(ctx, client, standing);
  }

  protected onStanding(ctx: Context, client: ClientConnection, standing: Standing): void {
    if (standing === 'valid') return this.open(ctx, client);
    if (standing === 'over') {
      this.tellClient(ctx, client, { kind: 'ConnectResponse', timeoutUs: 0, session: 0, password: 0 });
    }
    this.hangUp(ctx, client);
  }

  private open(ctx: Context, client: ClientConnection): void {
    const { session, password, timeoutUs } = client;
    client.phase = 'open';
    this.hears(ctx, session);
    this.tellClient(ctx, client, { kind: 'ConnectResponse', timeoutUs, session, password });
  }
}

const OF_SERVICE: Readonly<Record<ServicePacket['kind'], true>> = {
  REQUEST: true, REVALIDATE: true, REVALIDATED: true, SYNC: true, SYNCED: true,
};

function isOfService(message: Message): message is ServicePacket {
  return Object.hasOwn(OF_SERVICE, message.kind);
}
