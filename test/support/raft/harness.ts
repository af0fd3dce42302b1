import type { ClientRequest, ClientResponse } from '../../../src/contract/client.ts';
import type { Context, Note, PersistTag, RandomStream } from '../../../src/contract/context.ts';
import { type DiskView, WHOLE } from '../../../src/contract/disk.ts';
import type { Monitor } from '../../../src/contract/invariant.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { Node, NodeInit } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import { assert } from '../../../src/kernel/assert.ts';
import { type NodeId, nodeId } from '../../../src/kernel/ids.ts';
import type { LogEntry, RaftAnswer, RaftMessage } from '../../../src/protocols/raft/messages.ts';
import { raftOptions } from '../../../src/protocols/raft/options.ts';
import { RaftNode } from '../../../src/protocols/raft/raft.ts';
import { LOG_FILE, type RaftState, VOTE_FILE, type VoteRecord } from '../../../src/protocols/raft/state.ts';
import { listStore } from '../../../src/services/kv.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';

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
  readonly options?: Options;
  /** Vote and log that a node starts from, by position. */
  readonly disks?: readonly StartingDisk[];
  readonly create?: (init: NodeInit) => Node<RaftState>;
  readonly monitor?: Monitor<RaftState>;
}

interface StartingDisk {
  readonly term: number;
  readonly votedFor?: NodeId | null;
  /** Terms of the entries; each entry appends its own index to the list `k`. */
  readonly terms?: readonly number[];
}

/** What a disk holds of its two files. */
interface Content {
  vote: VoteRecord | undefined;
  log: unknown[];
}

interface Host {
  node: Node<RaftState>;
  isUp: boolean;
  written: Content;
  synced: Content;
  /** Since the last sync: tags that were asked for, and sends that wait. */
  readonly tags: (PersistTag | undefined)[];
  readonly held: Packet[];
  readonly timers: Map<string, number>;
  readonly notes: Note[];
}

/** An entry that appends `value` to the list `k`. */
export function entry(term: number, value: number): LogEntry {
  return { kind: 'command', term, command: appendCommand(value) };
}

/** A command of the first session, numbered by its value. */
export function appendCommand(value: number): Plain {
  const operation = { f: 'append', key: 'k', value };
  return { kind: 'execute', session: 1, sequence: value, acknowledged: 1, operation };
}

/** Raft nodes in the hand of a test: nothing is delivered, no timer fires and no disk syncs unless the test says so. */
export class Cluster {
  /** What has left a node and was neither delivered nor taken. */
  packets: Packet[] = [];
  private readonly hosts: Host[] = [];
  private readonly settings: ClusterSettings;
  private readonly ids: readonly NodeId[];
  private requests = 0;
  private draws = 0;

  constructor(settings: ClusterSettings = {}) {
    this.settings = settings;
    this.ids = Array.from({ length: settings.size ?? 3 }, (_, index) => nodeId(index));
    for (const id of this.ids) {
      const disk = settings.disks?.[id];
      const vote = disk === undefined ? undefined : { currentTerm: disk.term, votedFor: disk.votedFor ?? null };
      const log = (disk?.terms ?? []).map((term, index) => entry(term, index + 1));
      this.hosts.push({
        node: this.createNode(id, { vote, log }),
        isUp: true,
        written: { vote, log: log.slice() },
        synced: { vote, log: log.slice() },
        tags: [],
        held: [],
        timers: new Map(),
        notes: [],
      });
    }
    for (const id of this.ids) this.begin(id);
  }

  // ── Looking ──────────────────────────────────────────────────────────

  state(id: NodeId): RaftState {
    return this.host(id).node.state;
  }

  terms(id: NodeId): number[] {
    return this.state(id).durable.log.map(({ term }) => term);
  }

  /** What a machine crash would leave. */
  synced(id: NodeId): Content {
    return this.host(id).synced;
  }

  timer(id: NodeId, name: string): number | undefined {
    return this.host(id).timers.get(name);
  }

  notes(id: NodeId): readonly Note[] {
    return this.host(id).notes;
  }

  /** Takes away what has left, and returns it; restricted to a sender if one is named. */
  take(from?: NodeId): Packet[] {
    const taken = this.packets.filter((packet) => from === undefined || packet.from === from);
    this.packets = this.packets.filter((packet) => !taken.includes(packet));
    return taken;
  }

  /** Takes the one message that a node has sent. */
  takeOne(from: NodeId): RaftMessage {
    const taken = this.take(from);
    assert(taken.length === 1, `one message was sent, not ${taken.length}`);
    return (taken[0] as Packet).message as RaftMessage;
  }

  /** Takes the answers to the client, by request number. */
  answers(): Map<number, RaftAnswer> {
    const found = this.packets.filter(({ to }) => to === c1);
    this.packets = this.packets.filter(({ to }) => to !== c1);
    return new Map(found.map(({ message }) => {
      const { id, body } = message as ClientResponse;
      return [id, body as unknown as RaftAnswer];
    }));
  }

  // ── Doing ────────────────────────────────────────────────────────────

  receive(to: NodeId, from: NodeId, message: RaftMessage): void {
    this.run(to, (node, ctx) => node.onMessage?.(ctx, from, message));
  }

  fire(id: NodeId, timer: string): void {
    assert(this.host(id).timers.delete(timer), `the timer ${timer} is set`);
    this.run(id, (node, ctx) => node.onTimer?.(ctx, timer));
  }

  /** Sends a command to a node; returns the number that its answer will carry. */
  request(id: NodeId, command: Plain): number {
    this.requests += 1;
    const request: ClientRequest = { kind: 'ClientRequest', client: c1, id: this.requests, command };
    this.settings.monitor?.onSend?.(c1, id, request, viewOf({ vote: undefined, log: [] }));
    this.run(id, (node, ctx) => node.onRequest?.(ctx, request));
    return this.requests;
  }

  /** Everything that a node wrote gets synced; what waited for it leaves, and completions arrive. */
  sync(id: NodeId): void {
    const host = this.host(id);
    host.synced = { vote: host.written.vote, log: host.written.log.slice() };
    const tags = host.tags.splice(0);
    for (const packet of host.held.splice(0)) this.leave(packet);
    for (const tag of tags) if (tag !== undefined) this.run(id, (node, ctx) => node.onPersisted?.(ctx, tag));
  }

  crash(id: NodeId, kind: 'process' | 'machine'): void {
    const host = this.host(id);
    host.isUp = false;
    host.tags.length = 0;
    host.held.length = 0;
    host.timers.clear();
    if (kind === 'machine') host.written = { vote: host.synced.vote, log: host.synced.log.slice() };
    this.settings.monitor?.onCrashed?.(id);
  }

  restart(id: NodeId): void {
    const host = this.host(id);
    host.node = this.createNode(id, host.written);
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
        else if (ids.includes(from) && ids.includes(to)) this.receive(to, from, message as RaftMessage);
      }
    }
  }

  /** Makes a node leader with the help of `ids`, and lets everything settle. */
  elect(id: NodeId, ids: readonly NodeId[] = this.ids): void {
    this.fire(id, 'election');
    this.settle(ids);
    assert(this.state(id).role.kind === 'leader', 'the election is won');
  }

  // ── The world behind it ──────────────────────────────────────────────

  private createNode(self: NodeId, content: Content): Node<RaftState> {
    const init: NodeInit = {
      self,
      nodes: this.ids,
      options: { ...defaultOptions(raftOptions), ...this.settings.options },
      machine: new SessionMachine(listStore),
      disk: viewOf(content),
      isNew: false,
      initial: null,
    };
    return this.settings.create?.(init) ?? new RaftNode(init);
  }

  private begin(id: NodeId): void {
    const host = this.host(id);
    const synced = { cell: () => host.synced.vote, log: () => host.synced.log, head: () => WHOLE };
    this.settings.monitor?.onStarted?.(id, this.state(id), synced);
    this.run(id, (node, ctx) => node.onStart?.(ctx));
    this.sync(id);
  }

  private run(id: NodeId, handler: (node: Node<RaftState>, ctx: Context) => void): void {
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
      throw new Error('Raft has no use for this');
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
      put: (_file, value) => effects.push(() => {
        host.written.vote = value as VoteRecord;
      }),
      append: (file, value) => effects.push(() => {
        host.written.log.push(value);
        monitor?.onAppend?.(self, file, host.written.log.length, value);
      }),
      truncateFrom: (file, index) => effects.push(() => {
        host.written.log.length = index - 1;
        monitor?.onTruncate?.(self, file, index);
      }),
      persist: (tag) => effects.push(() => host.tags.push(tag)),
      dropUntil: cannot,
      continueAs: cannot,
      monotonicUs: cannot,
      wallUs: cannot,
      random: () => stream,
      note: (note) => effects.push(() => host.notes.push(note)),
    };
  }

  private leave(packet: Packet): void {
    const synced = packet.from === c1 ? { vote: undefined, log: [] } : this.host(packet.from).synced;
    this.settings.monitor?.onSend?.(packet.from, packet.to, packet.message, viewOf(synced));
    this.packets.push(packet);
  }

  private host(id: NodeId): Host {
    return this.hosts[id] as Host;
  }
}

/** A disk with these contents. */
export function viewOf({ vote, log }: Content): DiskView {
  return {
    cell: (file) => (file === VOTE_FILE ? vote : undefined),
    log: (file) => (file === LOG_FILE ? log : []),
    head: () => WHOLE,
  };
}
