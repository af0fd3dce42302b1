import type { ClientRequest, ClientResponse } from '../../../src/contract/client.ts';
import type { Context, Note, PersistTag, RandomStream } from '../../../src/contract/context.ts';
import type { Monitor } from '../../../src/contract/invariant.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { Node, NodeInit } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import { assert } from '../../../src/kernel/assert.ts';
import { type NodeId, nodeId } from '../../../src/kernel/ids.ts';
import { bytesOf } from '../../../src/protocols/raft/log.ts';
import type { LogEntry, RaftAnswer, RaftMessage } from '../../../src/protocols/raft/messages.ts';
import { raftOptions } from '../../../src/protocols/raft/options.ts';
import { RaftNode } from '../../../src/protocols/raft/raft.ts';
import { LOG_FILE, type RaftState, VOTE_FILE, type VoteRecord } from '../../../src/protocols/raft/state.ts';
import type { Stream } from '../../../src/kernel/rng.ts';
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
  readonly initial?: Plain;
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

interface Host {
  node: Node<RaftState>;
  isUp: boolean;
  disk: Disk;
  /** Since the last sync: tags that were asked for, and sends that wait. */
  readonly tags: (PersistTag | undefined)[];
  readonly held: Packet[];
  readonly timers: Map<string, number>;
  readonly notes: Note[];
}

/** An entry that appends `value` to the list `k`. */
export function entry(term: number, value: number): LogEntry {
  const command = appendCommand(value);
  return { kind: 'command', term, timeUs: 0, bytes: bytesOf(command), command };
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
  /** What every clock shows. */
  nowUs = 0;
  private requests = 0;
  private draws = 0;

  constructor(settings: ClusterSettings = {}) {
    this.settings = settings;
    this.ids = Array.from({ length: settings.size ?? 3 }, (_, index) => nodeId(index));
    for (const id of this.ids) {
      const disk = diskOf(settings.disks?.[id]);
      const isNew = settings.disks?.[id] === undefined;
      this.hosts.push({
        node: this.createNode(id, disk, isNew),
        isUp: true,
        disk,
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
    return this.state(id).durable.log.entries.map(({ term }) => term);
  }

  /** What a machine crash would leave. */
  synced(id: NodeId): { readonly vote: unknown; readonly log: readonly unknown[] } {
    const { synced } = this.host(id).disk;
    return { vote: synced.cell(VOTE_FILE), log: synced.log(LOG_FILE) };
  }

  /** The disk itself. */
  disk(id: NodeId): Disk {
    return this.host(id).disk;
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

  /** An operator asks a node for something. */
  order(id: NodeId, kind: string, ...nodes: readonly NodeId[]): void {
    this.run(id, (node, ctx) => node.onOrder?.(ctx, { kind, nodes }));
  }

  /** An option of a node changes as it runs. */
  set(id: NodeId, changes: Partial<Options>): void {
    this.run(id, (node, ctx) => node.onOptions?.(ctx, this.optionsWith(changes)));
  }

  /** Sends a command to a node; returns the number that its answer will carry. */
  request(id: NodeId, command: Plain): number {
    this.requests += 1;
    const request: ClientRequest = { kind: 'ClientRequest', client: c1, id: this.requests, command };
    this.settings.monitor?.onSend?.(c1, id, request, new Disk().synced);
    this.run(id, (node, ctx) => node.onRequest?.(ctx, request));
    return this.requests;
  }

  /** Everything that a node wrote gets synced; what waited for it leaves, and completions arrive. */
  sync(id: NodeId): void {
    const host = this.host(id);
    syncAll(host.disk);
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

  private optionsWith(changes: Partial<Options>): Options {
    return { ...defaultOptions(raftOptions), ...PAPER_ALONE, ...this.settings.options, ...changes } as Options;
  }

  private createNode(self: NodeId, disk: Disk, isNew: boolean): Node<RaftState> {
    const init: NodeInit = {
      self,
      nodes: this.ids,
      options: this.optionsWith({}),
      machine: new SessionMachine(listStore),
      disk: disk.written,
      isNew,
      initial: this.settings.initial ?? null,
    };
    return this.settings.create?.(init) ?? new RaftNode(init);
  }

  private begin(id: NodeId): void {
    const host = this.host(id);
    this.settings.monitor?.onStarted?.(id, this.state(id), host.disk.synced);
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

/** What the paper describes, without what the thesis adds. */
const PAPER_ALONE: Options = { preVote: false, stickiness: false, snapshotEvery: 0 };

/** A crash of the machine keeps nothing that was not synced. */
const NO_LUCK = { between: (min: number): number => min } as unknown as Stream;

function diskOf(content: StartingDisk | undefined): Disk {
  const disk = new Disk();
  if (content === undefined) return disk;
  disk.put(VOTE_FILE, { currentTerm: content.term, votedFor: content.votedFor ?? null } satisfies VoteRecord);
  (content.terms ?? []).forEach((term, index) => disk.append(LOG_FILE, entry(term, index + 1)));
  syncAll(disk);
  return disk;
}

function syncAll(disk: Disk): void {
  const running: DiskFile[] = [];
  const start = (file: DiskFile): void => {
    running.push(file);
  };
  disk.requestSync(start);
  for (let file = running.shift(); file !== undefined; file = running.shift()) disk.completeSync(file, start);
}
