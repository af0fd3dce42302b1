import type { Context } from '../../../src/contract/context.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { Node, NodeInit } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { assert } from '../../../src/kernel/assert.ts';
import { type ConnectionId, nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import type {
  ClientPacket, ConnectRequest, ConnectResponse, Op, OpResult, Reply, SessionId, SetWatches, SetWatches2,
  WatcherEvent,
} from '../../../src/protocols/zookeeper/messages.ts';
import { zooKeeper } from '../../../src/protocols/zookeeper/module.ts';
import { zooKeeperInvariants } from '../../../src/protocols/zookeeper/monitor.ts';
import { ZooKeeperNode } from '../../../src/protocols/zookeeper/server.ts';
import type { ServiceState, ZooKeeperState } from '../../../src/protocols/zookeeper/state.ts';
import { treeMachine } from '../../../src/protocols/zookeeper/tree/machine.ts';
import { Stage } from '../zab/stage.ts';

const TICK_MS = 100;

/** What a test tells a client to do now. */
type Order =
  | { readonly kind: 'connect'; readonly to: NodeId; readonly hello: ConnectRequest }
  | { readonly kind: 'say'; readonly packet: ClientPacket }
  | { readonly kind: 'close' };

/** A process that says what it is told to, and keeps what it hears. */
class PacketClient implements Node {
  readonly state = {};
  connection: ConnectionId | null = null;
  isOpen = false;
  readonly heard: ClientPacket[] = [];
  /** Whether it shows that it is alive, twice in each tick. */
  pings = true;
  private hello: ConnectRequest | null = null;

  onRequest(ctx: Context, order: unknown): void {
    const what = order as Order;
    if (what.kind === 'connect') {
      if (this.connection !== null) ctx.close(this.connection);
      ctx.cancelTimer('ping'); // Of an earlier connection: on this one, a server has to be greeted first.
      this.isOpen = true;
      this.hello = what.hello;
      this.connection = ctx.connect(what.to);
      return;
    }
    assert(this.connection !== null, 'there is a connection');
    if (what.kind === 'say') ctx.sendOnNow(this.connection, what.packet);
    else {
      ctx.close(this.connection);
      this.onClosed(ctx, this.connection);
    }
  }

  onConnected(ctx: Context, connection: ConnectionId): void {
    if (connection === this.connection && this.hello !== null) ctx.sendOnNow(connection, this.hello);
  }

  onReceived(ctx: Context, connection: ConnectionId, _peer: NodeId, message: Message): void {
    if (connection !== this.connection) return;
    this.heard.push(message as ClientPacket);
    ctx.setTimer('ping', (TICK_MS * 1_000) >> 1);
  }

  onTimer(ctx: Context): void {
    if (this.connection === null || !this.pings) return;
    ctx.sendOnNow(this.connection, { kind: 'Ping', zxid: 0 } as Message);
    ctx.setTimer('ping', (TICK_MS * 1_000) >> 1);
  }

  onClosed(_ctx: Context, connection: ConnectionId): void {
    if (connection !== this.connection) return;
    this.connection = null;
    this.isOpen = false;
  }
}

/** What a test knows of a client, and has it do. */
export class Client {
  readonly node: PacketClient = new PacketClient();
  readonly id: NodeId;
  session: SessionId = 0;
  password = 0;
  xid = 0;
  /** Nobody uses it. */
  isVacant = true;
  /** Where it plays; it is there before its stage is. */
  private stage!: Service;

  constructor(id: NodeId) {
    this.id = id;
  }

  enter(stage: Service): void {
    this.stage = stage;
  }

  private do(order: Order): void {
    this.stage.world.run(this.stage.world.process(this.id), 0, this.id, order);
  }

  /** Sets out for a server, with the session that it has. */
  leaveFor(to: NodeId, { lastZxid = 0, timeoutMs = 1_000 } = {}): void {
    const { session, password } = this;
    this.do({ kind: 'connect', to, hello: {
      kind: 'ConnectRequest', lastZxid, timeoutUs: timeoutMs * 1_000, session, password,
    } });
  }

  /** Goes to a server, with the session that it has; `null`: that has closed the connection. */
  connect(to: NodeId, wish: { readonly lastZxid?: number; readonly timeoutMs?: number } = {}): ConnectResponse | null {
    const before = this.node.heard.length;
    this.leaveFor(to, wish);
    this.stage.until(() => this.node.heard.length > before || !this.node.isOpen, 'a word of the server');
    const answer = this.node.heard[before];
    if (answer?.kind !== 'ConnectResponse') return null;
    if (answer.session !== 0) ({ session: this.session, password: this.password } = answer);
    return answer;
  }

  /** Sends a request; returns its xid. */
  send(op: Op): number {
    this.xid += 1;
    this.do({ kind: 'say', packet: { kind: 'Request', xid: this.xid, op } });
    return this.xid;
  }

  watchAgain(packet: Omit<SetWatches, 'kind'> | Omit<SetWatches2, 'kind'>): void {
    const kind = 'persistent' in packet ? 'SetWatches2' : 'SetWatches';
    this.do({ kind: 'say', packet: { kind, ...packet } as SetWatches | SetWatches2 });
  }

  close(): void {
    this.do({ kind: 'close' });
  }

  /** Somebody else is this process from now on, with a session that there is, or 0. */
  occupy(session: SessionId, password: number): void {
    Object.assign(this, { session, password, isVacant: false });
  }

  /** Leaves its server without a word, and is free for somebody else. */
  vacate(): void {
    if (this.isConnected) this.close();
    this.node.heard.length = 0;
    this.isVacant = true;
  }

  until(holds: () => boolean): void {
    this.stage.until(holds, 'what the client waits for');
  }

  get replies(): readonly Reply[] {
    return this.node.heard.filter((packet): packet is Reply => packet.kind === 'Reply');
  }

  replyTo(xid: number): Reply | undefined {
    return this.replies.find((reply) => reply.xid === xid);
  }

  /** Sends a request and waits for its reply. */
  ask(op: Op): Reply {
    const xid = this.send(op);
    this.stage.until(() => this.replyTo(xid) !== undefined, `the reply to ${op.op}`);
    return this.replyTo(xid) as Reply;
  }

  result(op: Op): OpResult {
    return this.ask(op).result;
  }

  create(path: string, data = '', mode: Extract<Op, { op: 'create' }>['mode'] = 'persistent'): OpResult {
    return this.result({ op: 'create', path, data, mode });
  }

  set(path: string, data: string, version = -1): OpResult {
    return this.result({ op: 'set', path, data, version });
  }

  /** The data of a znode; `null` where there is none. */
  get(path: string, watch = false): string | null {
    const result = this.result({ op: 'get', path, watch });
    return result.op === 'get' ? result.data : null;
  }

  get events(): readonly string[] {
    return this.node.heard.filter((packet): packet is WatcherEvent => packet.kind === 'WatcherEvent')
      .map(({ type, path }) => `${type} ${path}`);
  }

  get isConnected(): boolean {
    return this.node.isOpen;
  }
}

/** What a test may choose. */
export interface ServiceSettings {
  readonly size?: number;
  readonly clients?: number;
  readonly options?: Partial<Options>;
  readonly create?: (init: NodeInit) => Node<ZooKeeperState>;
}

/** ZooKeeper servers in a quiet world, and clients that do as they are told. Nothing is broken but by the test. */
export class Service extends Stage {
  readonly clients: readonly Client[];

  constructor({ size = 3, clients = 2, options = {}, create }: ServiceSettings = {}) {
    const all = Array.from({ length: clients }, (_, at) => new Client(nodeId(size + at)));
    super({
      size,
      options: { ...defaultOptions(zooKeeper.options), ...options },
      create: (init) => create?.(init) ?? new ZooKeeperNode(init),
      machine: treeMachine,
      invariants: zooKeeperInvariants,
      clients: all.map(({ node }) => node),
      events: zooKeeper.events,
    });
    this.clients = all;
    for (const client of all) client.enter(this);
    this.settle();
  }

  service(id: NodeId): ServiceState {
    return (this.state(id) as ZooKeeperState).service;
  }

  events(event: string): number {
    return this.notes.filter((note) => note.event === event).length;
  }

  /** Another process with the session of a client, at no server yet. */
  twinOf({ session, password, xid }: Client): Client {
    const twin = this.clients.find((client) => client.session === 0);
    assert(twin !== undefined, 'a client is left');
    return Object.assign(twin, { session, password, xid });
  }

  /** What goes to a node from others takes longer; returns what ends that. */
  slowTo(id: NodeId, fromMs: number, toMs: number = fromMs): () => void {
    const effect = noEffect();
    const others = this.world.nodes.filter((other) => other !== id);
    const slow = {
      latencyUsMin: fromMs * 1_000, latencyUsMax: toMs * 1_000, lossPerMillion: 0, duplicatePerMillion: 0,
      slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
    };
    for (const other of others) this.control.setLink(other, id, slow, effect);
    return () => {
      for (const other of others) this.control.setLink(other, id, null, effect);
    };
  }

  /** A server that follows. */
  follower(number = 0): NodeId {
    return this.world.nodes.filter((id) => id !== this.leaderId())[number] as NodeId;
  }

  /** Clients, each connected to a server with a session of its own. */
  connected(...servers: readonly NodeId[]): readonly Client[] {
    servers.forEach((server, at) => {
      const answer = (this.clients[at] as Client).connect(server);
      assert(answer !== null && answer.session !== 0, 'the session begins');
    });
    return this.clients;
  }
}

/** Three servers, each with a client of its own: the leader's first; and some more clients, at no server yet. */
export function served(
  settings: ServiceSettings = {},
): { readonly service: Service; readonly clients: readonly [Client, Client, Client] } {
  const service = new Service({ clients: 5, ...settings });
  service.connected(service.leaderId() ?? service.follower(), service.follower(), service.follower(1));
  return { service, clients: service.clients.slice(0, 3) as readonly Client[] as readonly [Client, Client, Client] };
}
