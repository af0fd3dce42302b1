import type { ClientRequest, ClientResponse } from '../../../src/contract/client.ts';
import type { Context, PersistTag, RandomStream } from '../../../src/contract/context.ts';
import type { Monitor } from '../../../src/contract/invariant.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { ProtocolModule } from '../../../src/contract/module.ts';
import type { Node, NodeInit } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import type { SessionResult } from '../../../src/contract/session.ts';
import type { Stream } from '../../../src/kernel/rng.ts';
import { type NodeId, nodeId } from '../../../src/kernel/ids.ts';
import { registerStore } from '../../../src/services/kv.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';
import { deepFreeze } from '../../../src/world/deep-freeze.ts';
import { Disk, type DiskFile } from '../../../src/world/disk.ts';

export const [n1, n2, n3, n4, n5, n6] = [0, 1, 2, 3, 4, 5].map(nodeId) as [
  NodeId, NodeId, NodeId, NodeId, NodeId, NodeId,
];
/** Clients come behind the nodes, however many there are. */
const FIRST_CLIENT = 100;
export const [c1, c2, c3] = [0, 1, 2].map((client) => nodeId(FIRST_CLIENT + client)) as [NodeId, NodeId, NodeId];

export const nameOf = (process: NodeId): string =>
  (process >= FIRST_CLIENT ? `c${process - FIRST_CLIENT + 1}` : `n${process + 1}`);

export interface Packet {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
}

interface Host {
  node: Node;
  isUp: boolean;
  readonly disk: Disk;
  /** Persists that were asked for and have not completed; what was sent since then waits. */
  persists: number;
  /** What some of them were for. */
  readonly tags: PersistTag[];
  readonly held: Packet[];
  readonly timers: Set<string>;
}

export interface HandSettings {
  readonly module: ProtocolModule;
  readonly size: number;
  readonly options?: Partial<Options>;
  readonly create?: (init: NodeInit) => Node;
}

/** Paxos nodes in the hand of a test: nothing arrives, no timer fires and no disk syncs unless the test says so. */
export class Hand {
  /** What has left and was neither delivered nor lost. */
  packets: Packet[] = [];
  /** `P1: …`, in the order in which they were reported. */
  readonly breaches: string[] = [];
  readonly nodes: readonly NodeId[];
  readonly options: Options;
  private readonly settings: HandSettings;
  private readonly monitor: Monitor;
  private readonly hosts: readonly Host[];
  private attempts = 0;

  constructor(settings: HandSettings) {
    const { module, size } = settings;
    this.settings = settings;
    this.nodes = Array.from({ length: size }, (_, node) => nodeId(node));
    this.options = { ...defaultOptions(module.options), ...settings.options } as Options;
    const cluster = { nodes: this.nodes, options: this.options, machine, nameOf, monotonicUs: () => 0 };
    this.monitor = module.invariants.observe(cluster, ({ id }, text) => { this.breaches.push(`${id}: ${text}`); });
    this.hosts = this.nodes.map((self): Host => {
      const disk = new Disk();
      return { node: this.make(self, disk), isUp: true, disk, persists: 0, tags: [], held: [], timers: new Set() };
    });
    for (const node of this.nodes) this.begin(node);
  }

  stateOf<S>(node: NodeId): S {
    return this.host(node).node.state as S;
  }

  timersOf(node: NodeId): readonly string[] {
    return [...this.host(node).timers];
  }

  // ── Clients ──────────────────────────────────────────────────────────

  /** The first attempt of the operation number `sequence` of a client, or a further one. */
  ask(client: NodeId, node: NodeId, f: string, value: Plain, sequence = 1, key = 'k'): void {
    const operation = { f, key, value };
    const command = { kind: 'execute', session: 1, sequence, acknowledged: sequence, operation };
    this.request(client, node, command);
  }

  request(client: NodeId, node: NodeId, command: Plain): void {
    this.attempts += 1;
    const request: ClientRequest = { kind: 'ClientRequest', client, id: this.attempts, command };
    this.monitor.onSend?.(client, node, request, new Disk().synced);
    this.run(node, (host, ctx) => host.onRequest?.(ctx, request));
  }

  order(node: NodeId, kind: string, about: NodeId): void {
    this.run(node, (host, ctx) => host.onOrder?.(ctx, { kind, nodes: [about] }));
  }

  /** Takes what clients were answered: `c1 ok 5`, `c2 refused 5`, `c1 not-proposer n1`. */
  answers(): string[] {
    const answers = this.packets.filter(({ to }) => to >= FIRST_CLIENT);
    this.packets = this.packets.filter(({ to }) => to < FIRST_CLIENT);
    return answers.map(({ to, message }) => {
      const body = (message as ClientResponse).body as unknown as Answered;
      const text = body.kind === 'result' ? resultText(body.result) : `${body.kind} ${nameOf(body.proposer)}`;
      return `${nameOf(to)} ${text}`;
    });
  }

  // ── Time ─────────────────────────────────────────────────────────────

  fire(node: NodeId, timer: string): void {
    if (!this.host(node).timers.delete(timer)) throw new Error(`${nameOf(node)} has no timer ${timer}`);
    this.run(node, (host, ctx) => host.onTimer?.(ctx, timer));
  }

  /** All that nodes wrote is synced, and what waited for it leaves. */
  sync(...nodes: readonly NodeId[]): void {
    for (const node of nodes.length > 0 ? nodes : this.nodes) {
      const host = this.host(node);
      syncAll(host.disk);
      host.persists = 0;
      for (const packet of host.held.splice(0)) this.leave(packet);
      const tags = host.tags.splice(0);
      for (const tag of tags) this.run(node, (each, ctx) => each.onPersisted?.(ctx, tag));
      if (tags.length > 0) this.sync(node);
    }
  }

  /** Packets of this kind between these nodes arrive, in the order in which they left. Returns how many. */
  deliver(kind: string | null, from: readonly NodeId[] = this.nodes, to: readonly NodeId[] = this.nodes): number {
    const taken = this.take(kind, from, to);
    for (const { from: sender, to: receiver, message } of taken) {
      this.run(receiver, (node, ctx) => node.onMessage?.(ctx, sender, message));
    }
    return taken.length;
  }

  /** Takes packets away: they are lost, or the test has them arrive later. */
  take(kind: string | null, from: readonly NodeId[] = this.nodes, to: readonly NodeId[] = this.nodes): Packet[] {
    const isMeant = (packet: Packet): boolean => from.includes(packet.from) && to.includes(packet.to)
      && (kind === null || packet.message.kind === kind);
    const taken = this.packets.filter(isMeant);
    this.packets = this.packets.filter((packet) => !isMeant(packet));
    return taken;
  }

  arrive(packets: readonly Packet[]): void {
    for (const { from, to, message } of packets) this.run(to, (node, ctx) => node.onMessage?.(ctx, from, message));
  }

  /** Everything between these nodes arrives, and they sync, until nothing moves; what goes elsewhere is under way. */
  settle(...among: readonly NodeId[]): void {
    const nodes = among.length > 0 ? among : this.nodes;
    do this.sync(...nodes); while (this.deliver(null, nodes, nodes) > 0);
  }

  crash(node: NodeId, kind: 'process' | 'machine'): void {
    const host = this.host(node);
    host.isUp = false;
    host.persists = 0;
    host.tags.length = 0;
    host.held.length = 0;
    host.timers.clear();
    if (kind === 'machine') host.disk.crash(NO_LUCK);
    this.monitor.onCrashed?.(node);
  }

  restart(node: NodeId): void {
    const host = this.host(node);
    host.node = this.make(node, host.disk);
    host.isUp = true;
    this.begin(node);
  }

  // ── The world behind it ──────────────────────────────────────────────

  private make(self: NodeId, disk: Disk): Node {
    const { create, module } = this.settings;
    const init: NodeInit = {
      self, nodes: this.nodes, options: this.options, machine, disk: disk.written, isNew: false, initial: null,
    };
    return (create ?? module.create)(init);
  }

  private begin(node: NodeId): void {
    this.monitor.onStarted?.(node, this.stateOf(node), this.host(node).disk.synced);
    this.run(node, (host, ctx) => host.onStart?.(ctx));
  }

  private run(id: NodeId, handler: (node: Node, ctx: Context) => void): void {
    const host = this.host(id);
    if (!host.isUp) return;
    const effects: (() => void)[] = [];
    handler(host.node, this.contextOf(id, host, effects));
    for (const effect of effects) effect();
    this.monitor.afterEvent?.(id, host.node.state);
  }

  private contextOf(self: NodeId, host: Host, effects: (() => void)[]): Context {
    const cannot = (): never => {
      throw new Error('Paxos has no use for this');
    };
    const send = (to: NodeId, message: Message): void => {
      if (host.persists > 0) host.held.push({ from: self, to, message });
      else this.leave({ from: self, to, message });
    };
    const response = (request: ClientRequest, body: Plain): ClientResponse =>
      ({ kind: 'ClientResponse', id: request.id, body });
    const shortest: RandomStream = { between: (min) => min, chance: cannot };
    return {
      self,
      peers: this.nodes.filter((node) => node !== self),
      send: (to, message) => effects.push(() => { send(to, message); }),
      broadcast: cannot,
      reply: (request, body) => effects.push(() => { send(request.client, response(request, body)); }),
      sendNow: (to, message) => effects.push(() => { this.leave({ from: self, to, message }); }),
      setTimer: (name) => effects.push(() => host.timers.add(name)),
      cancelTimer: (name) => effects.push(() => host.timers.delete(name)),
      put: (file, value) => effects.push(() => { host.disk.put(file, value); }),
      append: cannot,
      allocate: cannot,
      truncateFrom: cannot,
      dropUntil: cannot,
      persist: (tag) => effects.push(() => {
        host.persists += 1;
        if (tag !== undefined) host.tags.push(tag);
      }),
      continueAs: cannot,
      connect: cannot,
      close: cannot,
      sendOn: cannot,
      sendOnNow: cannot,
      monotonicUs: cannot,
      wallUs: cannot,
      random: () => shortest,
      note: () => undefined,
    };
  }

  private leave(packet: Packet): void {
    deepFreeze(packet.message); // Whoever changes what it has sent, or written, fails.
    this.monitor.onSend?.(packet.from, packet.to, packet.message, this.host(packet.from).disk.synced);
    this.packets.push(packet);
  }

  private host(node: NodeId): Host {
    return this.hosts[node] as Host;
  }
}

type Answered =
  | { readonly kind: 'result'; readonly result: SessionResult }
  | { readonly kind: 'not-proposer'; readonly proposer: NodeId };

function resultText(result: SessionResult): string {
  return 'value' in result ? `${result.kind} ${JSON.stringify(result.value)}` : result.kind;
}

const machine = new SessionMachine(registerStore);

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
