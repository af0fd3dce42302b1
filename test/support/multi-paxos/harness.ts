import type { ClientResponse, ConditionalRequest } from '../../../src/contract/client.ts';
import type { Context, Note, PersistTag, RandomStream } from '../../../src/contract/context.ts';
import type { Monitor } from '../../../src/contract/invariant.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { NodeInit } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import { assert } from '../../../src/kernel/assert.ts';
import { type NodeId, nodeId } from '../../../src/kernel/ids.ts';
import type { Stream } from '../../../src/kernel/rng.ts';
import type { PaxosAnswer, PaxosMessage, Value } from '../../../src/protocols/multi-paxos/messages.ts';
import { MultiPaxosNode } from '../../../src/protocols/multi-paxos/multi-paxos.ts';
import { paxosOptions } from '../../../src/protocols/multi-paxos/options.ts';
import type { Leader, PaxosState } from '../../../src/protocols/multi-paxos/state.ts';
import { listStore } from '../../../src/services/kv.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';
import { deepFreeze } from '../../../src/world/deep-freeze.ts';
import { Disk, type DiskFile } from '../../../src/world/disk.ts';

export const [n1, n2, n3, n4, n5] = [0, 1, 2, 3, 4].map(nodeId) as [NodeId, NodeId, NodeId, NodeId, NodeId];
/** The one client of these tests. */
export const c1: NodeId = nodeId(100);

/** A message on its way. */
export interface Packet {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
}

/** What a test may choose. */
export interface ClusterSettings {
  readonly size?: number;
  readonly options?: Partial<Options>;
  /** What a scenario says of the beginning. */
  readonly initial?: Plain;
  readonly create?: (init: NodeInit) => MultiPaxosNode;
  readonly monitor?: Monitor<PaxosState>;
}

interface Host {
  node: MultiPaxosNode;
  isUp: boolean;
  disk: Disk;
  /** Since the last sync: tags that were asked for, and sends that wait. */
  readonly tags: (PersistTag | undefined)[];
  readonly held: Packet[];
  readonly timers: Map<string, number>;
  readonly notes: Note[];
}

export const register: Plain = { kind: 'register', client: c1 };

/** A command of the first session, numbered by its value. */
export function appendCommand(value: number): Plain {
  const operation = { f: 'append', key: 'k', value };
  return { kind: 'execute', session: 1, sequence: value, acknowledged: 1, operation };
}

/** The value that a leader would make of it at time 0. */
export function command(value: number): Value {
  return { kind: 'command', timeUs: 0, epoch: 0, command: appendCommand(value) };
}

/** Multi-Paxos nodes in the hand of a test: nothing is delivered, fires or syncs unless the test says so. */
export class Cluster {
  /** What has left a node and was neither delivered nor taken. */
  packets: Packet[] = [];
  private readonly hosts: Host[] = [];
  private readonly settings: ClusterSettings;
  private readonly ids: readonly NodeId[];
  /** What every clock shows. */
  nowUs = 0;
  private requests = 0;
  private draws = 0;

  constructor(settings: ClusterSettings = {}) {
    this.settings = settings;
    this.ids = Array.from({ length: settings.size ?? 3 }, (_, index) => nodeId(index));
    for (const id of this.ids) {
      const disk = new Disk();
      const node = this.createNode(id, disk, true);
      this.hosts.push({ node, isUp: true, disk, tags: [], held: [], timers: new Map(), notes: [] });
    }
    for (const id of this.ids) this.begin(id);
  }

  // ── Looking ──────────────────────────────────────────────────────────

  state(id: NodeId): PaxosState {
    return this.host(id).node.state;
  }

  leader(id: NodeId): Leader {
    const { role } = this.state(id);
    assert(role.kind === 'leader', 'the node leads');
    return role;
  }

  disk(id: NodeId): Disk {
    return this.host(id).disk;
  }

  timer(id: NodeId, name: string): number | undefined {
    return this.host(id).timers.get(name);
  }

  events(id: NodeId): string[] {
    return this.host(id).notes.map(({ event }) => event);
  }

  /** Takes away what has left, and returns it; restricted to a sender if one is named. */
  take(from?: NodeId): Packet[] {
    const taken = this.packets.filter((packet) => from === undefined || packet.from === from);
    this.packets = this.packets.filter((packet) => !taken.includes(packet));
    return taken;
  }

  /** Takes the messages of one kind that a node has sent, and drops its others. */
  takeKind<K extends PaxosMessage['kind']>(from: NodeId, kind: K): Extract<PaxosMessage, { readonly kind: K }>[] {
    return this.take(from).map(({ message }) => message as PaxosMessage)
      .filter((message): message is Extract<PaxosMessage, { readonly kind: K }> => message.kind === kind);
  }

  /** Takes the answers to the client, by request number. */
  answers(): Map<number, PaxosAnswer> {
    const found = this.packets.filter(({ to }) => to === c1);
    this.packets = this.packets.filter(({ to }) => to !== c1);
    return new Map(found.map(({ message }) => {
      const { id, body } = message as ClientResponse;
      return [id, body as unknown as PaxosAnswer];
    }));
  }

  // ── Doing ────────────────────────────────────────────────────────────

  receive(to: NodeId, from: NodeId, message: PaxosMessage): void {
    this.run(to, (node, ctx) => { node.onMessage(ctx, from, message); });
  }

  fire(id: NodeId, timer: string): void {
    assert(this.host(id).timers.delete(timer), `the timer ${timer} is set`);
    this.run(id, (node, ctx) => { node.onTimer(ctx, timer); });
  }

  /** Options of all nodes change as they run. */
  set(changes: Partial<Options>): void {
    for (const id of this.ids) this.run(id, (node, ctx) => { node.onOptions(ctx, this.optionsWith(changes)); });
  }

  /** The operator asks for something. */
  order(id: NodeId, kind: string, nodes: readonly NodeId[] = []): void {
    this.run(id, (node, ctx) => { node.onOrder(ctx, { kind, nodes }); });
  }

  /** Sends a command to a node, for the master of an epoch or of any; returns the number that its answer will carry. */
  request(id: NodeId, asked: Plain, epoch = 0): number {
    this.requests += 1;
    this.attempt(id, asked, this.requests, epoch);
    return this.requests;
  }

  /** The same, as an attempt of this number. */
  attempt(to: NodeId, asked: Plain, id: number, epoch = 0): void {
    const request: ConditionalRequest = { kind: 'ClientRequest', client: c1, id, command: asked, epoch };
    this.settings.monitor?.onSend?.(c1, to, request, new Disk().synced);
    this.run(to, (node, ctx) => { node.onRequest(ctx, request); });
  }

  /** Everything that a node wrote gets synced; what waited for it leaves, and completions arrive. */
  sync(id: NodeId): void {
    const host = this.host(id);
    syncAll(host.disk);
    const tags = host.tags.splice(0);
    for (const packet of host.held.splice(0)) this.leave(packet);
    for (const tag of tags) if (tag !== undefined) this.run(id, (node, ctx) => { node.onPersisted(ctx, tag); });
  }

  crash(id: NodeId, kind: 'process' | 'machine'): void {
    const host = this.host(id);
    host.isUp = false;
    host.tags.length = 0;
    host.held.length = 0;
    host.timers.clear();
    if (kind === 'machine') host.disk.crash(NO_LUCK);
    this.settings.monitor?.onCrashed?.(id);
  }

  restart(id: NodeId): void {
    const host = this.host(id);
    host.node = this.createNode(id, host.disk, false);
    host.isUp = true;
    this.begin(id);
  }

  /** Delivers what is on its way between these nodes, and syncs them, until nothing moves; other messages are lost. */
  settle(ids: readonly NodeId[] = this.ids): void {
    const isMoving = (): boolean => ids.some((id) => this.host(id).tags.length > 0)
      || this.packets.some(({ to }) => to !== c1);
    while (isMoving()) {
      for (const id of ids) this.sync(id);
      for (const { from, to, message } of this.packets.splice(0)) {
        if (to === c1) this.packets.push({ from, to, message });
        else if (ids.includes(from) && ids.includes(to)) this.receive(to, from, message as PaxosMessage);
      }
    }
  }

  /** Makes a node leader with the help of `ids`, and lets everything settle. */
  elect(id: NodeId, ids: readonly NodeId[] = this.ids): void {
    this.fire(id, 'election');
    this.settle(ids);
    assert(this.state(id).role.kind === 'leader', 'a quorum has promised');
  }

  /** A leader's heartbeat, and all that comes of it. */
  beat(id: NodeId, ids: readonly NodeId[] = this.ids): void {
    this.fire(id, 'heartbeat');
    this.settle(ids);
  }

  // ── The world behind it ──────────────────────────────────────────────

  private optionsWith(changes: Partial<Options>): Options {
    return { ...defaultOptions(paxosOptions), ...this.settings.options, ...changes } as Options;
  }

  private createNode(self: NodeId, disk: Disk, isNew: boolean): MultiPaxosNode {
    const init: NodeInit = {
      self,
      nodes: this.ids,
      options: this.optionsWith({}),
      machine: new SessionMachine(listStore),
      disk: disk.written,
      isNew,
      initial: this.settings.initial ?? null,
    };
    return this.settings.create?.(init) ?? new MultiPaxosNode(init);
  }

  private begin(id: NodeId): void {
    const host = this.host(id);
    this.settings.monitor?.onStarted?.(id, this.state(id), host.disk.synced);
    this.run(id, (node, ctx) => { node.onStart(ctx); });
    this.sync(id);
  }

  private run(id: NodeId, handler: (node: MultiPaxosNode, ctx: Context) => void): void {
    const host = this.host(id);
    if (!host.isUp) return;
    const effects: (() => void)[] = [];
    handler(host.node, this.contextOf(id, effects));
    for (const effect of effects) effect();
    this.settings.monitor?.afterEvent?.(id, host.node.state);
  }

  private contextOf(self: NodeId, effects: (() => void)[]): Context {
    const host = this.host(self);
    const { monitor } = this.settings;
    const peers = this.ids.filter((id) => id !== self);
    const send = (to: NodeId, message: Message): void => {
      if (host.tags.length > 0) host.held.push({ from: self, to, message });
      else this.leave({ from: self, to, message });
    };
    const cannot = (): never => {
      throw new Error('Multi-Paxos has no use for this');
    };
    const stream: RandomStream = {
      between: (min, max) => min + (this.draws++ % (max - min + 1)),
      chance: cannot,
    };
    return {
      self,
      peers,
      send: (to, message) => effects.push(() => send(to, message)),
      broadcast: (message) => effects.push(() => peers.forEach((peer) => send(peer, message))),
      reply: ({ client, id }, body) => {
        effects.push(() => send(client, { kind: 'ClientResponse', id, body } as Message));
      },
      sendNow: (to, message) => effects.push(() => this.leave({ from: self, to, message })),
      setTimer: (name, afterUs) => effects.push(() => host.timers.set(name, afterUs)),
      cancelTimer: (name) => effects.push(() => host.timers.delete(name)),
      put: (file, value) => effects.push(() => host.disk.put(file, value)),
      append: (file, value) => effects.push(() => {
        deepFreeze(value);
        const index = host.disk.append(file, value);
        monitor?.onAppend?.(self, file, index, value);
      }),
      allocate: cannot,
      truncateFrom: (file, index) => effects.push(() => {
        host.disk.truncateFrom(file, index);
        monitor?.onTruncate?.(self, file, index);
      }),
      dropUntil: (file, index, mark) => effects.push(() => {
        host.disk.dropUntil(file, index, mark);
        monitor?.onDrop?.(self, file, index);
      }),
      persist: (tag) => effects.push(() => host.tags.push(tag)),
      continueAs: cannot,
      connect: cannot,
      close: cannot,
      sendOn: cannot,
      sendOnNow: cannot,
      monotonicUs: () => this.nowUs,
      wallUs: cannot,
      random: () => stream,
      note: (note) => effects.push(() => host.notes.push(note)),
    };
  }

  private leave(packet: Packet): void {
    deepFreeze(packet.message); // Whoever changes what it has sent, or written, fails.
    const { disk } = this.host(packet.from);
    this.settings.monitor?.onSend?.(packet.from, packet.to, packet.message, disk.synced);
    this.packets.push(packet);
  }

  private host(id: NodeId): Host {
    return this.hosts[id] as Host;
  }
}

/** A crash of the machine keeps nothing that was not synced. */
const NO_LUCK = { between: (min: number): number => min } as unknown as Stream;

function syncAll(disk: Disk): void {
  const running: DiskFile[] = [];
  const start = (file: DiskFile): void => {
    running.push(file);
  };
  disk.requestSync(start);
  for (let file = running.shift(); file !== undefined; file = running.shift()) disk.completeSync(file, start);
}
