import type { ClientRequest } from '../../../../src/contract/client.ts';
import type {
  AcquireEnd, LockClient, LockClientInit, LockGrant, LockListener, ReleaseEnd,
} from '../../../../src/contract/lock.ts';
import type { Message } from '../../../../src/contract/message.ts';
import type { Node } from '../../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../../src/contract/options.ts';
import type { FaultEffect, LinkProfile } from '../../../../src/contract/world-control.ts';
import { noEffect } from '../../../../src/faults/applied.ts';
import { nodeId, type NodeId } from '../../../../src/kernel/ids.ts';
import type { TimeUs } from '../../../../src/kernel/time.ts';
import type { Call } from '../../../../src/protocols/redis/messages.ts';
import { redis } from '../../../../src/protocols/redis/module.ts';
import { redlockOptions } from '../../../../src/protocols/redlock/options.ts';
import { RedlockClient } from '../../../../src/protocols/redlock/redlock.ts';
import { listStore } from '../../../../src/services/kv.ts';
import { GENEROUS_LIMITS, SessionMachine } from '../../../../src/services/sessions.ts';
import { Control } from '../../../../src/world/control.ts';
import type { World } from '../../../../src/world/world.ts';
import { smallWorld } from '../../../support/world.ts';

export const LOCK = 'k0';

/** What a client was told, and when in true time. */
export type Told = { readonly atUs: TimeUs } & (
  | { readonly kind: 'attempt'; readonly owner: string }
  | { readonly kind: 'acquired'; readonly end: AcquireEnd }
  | { readonly kind: 'extended'; readonly grant: LockGrant }
  | { readonly kind: 'lost'; readonly owner: string }
  | { readonly kind: 'released'; readonly end: ReleaseEnd }
);

/** A command that a client has sent. */
export interface Sent {
  readonly id: number;
  readonly atUs: TimeUs;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly args: readonly string[];
}

export interface BenchSettings {
  readonly nodes?: number;
  readonly clients?: number;
  /** Of Redlock and of its servers. */
  readonly options?: Options;
  readonly seed?: string;
  readonly timeoutMs?: number;
  readonly create?: (init: LockClientInit) => LockClient;
}

/** Independent Redis nodes n1, n2, … and Redlock clients c1, c2, …: latency is 1 ms, clocks are perfect. */
export class Bench {
  readonly world: World;
  readonly control: Control;
  /** By client, from 0. */
  readonly told: Told[][];
  readonly sent: Sent[] = [];
  private readonly settings: BenchSettings;
  private occupied = 0;

  constructor(settings: BenchSettings = {}) {
    this.settings = settings;
    const { nodes = 5, clients = 1, options = {}, seed = 'redlock' } = settings;
    const defaults = { ...defaultOptions(redis.options), ...defaultOptions(redlockOptions) };
    const all = { ...defaults, layout: 'independent', save: 'off', ...options };
    const ids = Array.from({ length: nodes }, (_, index) => nodeId(index));
    const machine = new SessionMachine(listStore, GENEROUS_LIMITS);
    const incarnations = new Map<NodeId, number>();
    this.told = Array.from({ length: clients }, () => []);
    this.world = smallWorld((self, disk, isNew, now) => {
      if (self < nodes) return redis.create({ self, nodes: ids, options: now, machine, isNew, initial: null, disk });
      const incarnation = incarnations.get(self) ?? 0;
      incarnations.set(self, incarnation + 1);
      return this.application(self, ids, all, incarnation);
    }, {
      nodes, clients, seed, options: all,
      monitor: {
        onSend: (from, to, message) => {
          if (message.kind !== 'ClientRequest') return;
          const { id, command } = message as ClientRequest;
          const { args } = command as unknown as Call;
          this.sent.push({ id, atUs: this.world.nowUs, from, to, args });
        },
      },
    });
    this.control = new Control(this.world, (state) => redis.view(state as never));
    this.world.start();
    this.wait(10);
  }

  /** Does what it is told by messages of its own: a lock client is called in a handler of its process. */
  private application(self: NodeId, nodes: readonly NodeId[], options: Options, incarnation: number): Node {
    const { clients = 1, timeoutMs = 60_000, create = (init) => new RedlockClient(init) } = this.settings;
    const client = create({
      self, nodes, options, client: self - nodes.length, clients, firstRequest: incarnation * 1_000_000,
      timeoutUs: timeoutMs * 1_000, attemptTimeoutUs: timeoutMs * 1_000, listener: this.listener(self - nodes.length),
    });
    return {
      state: client.state,
      onMessage: (ctx, from, message) => {
        if (message.kind === 'Acquire') return client.acquire(ctx, LOCK);
        if (message.kind === 'Release') return client.release(ctx);
        return client.onMessage(ctx, from, message);
      },
      onTimer: (ctx, name) => client.onTimer(ctx, name),
    };
  }

  private listener(client: number): LockListener {
    const told = this.told[client] as Told[];
    const atUs = (): TimeUs => this.world.nowUs;
    return {
      onAttempt: (_ctx, _lock, owner) => void told.push({ atUs: atUs(), kind: 'attempt', owner }),
      onAcquired: (_ctx, end) => void told.push({ atUs: atUs(), kind: 'acquired', end }),
      onExtended: (_ctx, grant) => void told.push({ atUs: atUs(), kind: 'extended', grant }),
      onLost: (_ctx, owner) => void told.push({ atUs: atUs(), kind: 'lost', owner }),
      onReleased: (_ctx, end) => void told.push({ atUs: atUs(), kind: 'released', end }),
    };
  }

  // ── What a test does ─────────────────────────────────────────────────

  wait(ms: number): void {
    this.world.runUntil(this.world.nowUs + ms * 1_000);
  }

  /** Asks for the lock now, and runs on for so long. */
  acquire(client: number, forMs = 5): AcquireEnd | null {
    const before = this.ofKind(client, 'acquired').length;
    this.tell(client, { kind: 'Acquire' });
    this.wait(forMs);
    return this.ofKind(client, 'acquired')[before]?.end ?? null;
  }

  release(client: number, forMs = 5): ReleaseEnd | null {
    const before = this.ofKind(client, 'released').length;
    this.tell(client, { kind: 'Release' });
    this.wait(forMs);
    return this.ofKind(client, 'released')[before]?.end ?? null;
  }

  private tell(client: number, message: Message): void {
    this.world.deliverAfter(0, this.client(client), this.client(client), message);
  }

  crash(process: NodeId): void {
    this.control.crash(process, 'process', noEffect());
  }

  restart(process: NodeId): void {
    this.control.restart(process, noEffect());
  }

  /** Between a client and some nodes, in one direction or in both. Returns what mends it. */
  cut(client: number, nodes: readonly number[], way: 'there' | 'back' | 'both' = 'both'): () => void {
    const effect: FaultEffect = noEffect();
    const links = nodes.flatMap((node) => this.links(client, node, way));
    for (const [from, to] of links) this.control.cut(from, to, 'lost', effect);
    return () => {
      for (const [from, to] of links) this.control.mend(from, to, effect);
    };
  }

  /** Messages between a client and a node take so long from now on. */
  delay(client: number, node: number, ms: number, way: 'there' | 'back' | 'both' = 'both'): void {
    const profile: LinkProfile = {
      latencyUsMin: ms * 1_000, latencyUsMax: ms * 1_000, lossPerMillion: 0, duplicatePerMillion: 0,
      slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
    };
    for (const [from, to] of this.links(client, node, way)) this.control.setLink(from, to, profile, noEffect());
  }

  private links(client: number, node: number, way: 'there' | 'back' | 'both'): (readonly [NodeId, NodeId])[] {
    const there = [this.client(client), nodeId(node)] as const;
    const back = [nodeId(node), this.client(client)] as const;
    return way === 'both' ? [there, back] : [way === 'there' ? there : back];
  }

  /** What a node answers to somebody else who looks, without looking: entries that have run out are gone. */
  entry(node: number): string | null {
    const process = this.world.process(nodeId(node));
    const state = process.node?.state as { store: { entries: Map<string, { value: string; expiresAtMs: number }> } };
    const found = state.store.entries.get(LOCK);
    const nowMs = Math.floor(process.clock.readWallUs(this.world.nowUs) / 1_000);
    return found === undefined || nowMs > found.expiresAtMs ? null : found.value;
  }

  /** Sets an entry at a node, as if another client had. */
  occupy(node: number, value: string, ms: number, key = LOCK): void {
    const from = this.client(0);
    this.occupied += 1;
    const request: ClientRequest = {
      kind: 'ClientRequest', client: from, id: -this.occupied,
      command: { kind: 'call', args: ['SET', key, value, 'PX', String(ms)] },
    };
    this.world.deliverAfter(0, from, nodeId(node), request);
    this.wait(3);
  }

  // ── What it has seen ─────────────────────────────────────────────────

  client(index: number): NodeId {
    return this.world.clients[index] as NodeId;
  }

  ofKind<K extends Told['kind']>(client: number, kind: K): Extract<Told, { kind: K }>[] {
    return (this.told[client] as Told[]).filter((event): event is Extract<Told, { kind: K }> => event.kind === kind);
  }

  owners(client = 0): string[] {
    return this.ofKind(client, 'attempt').map(({ owner }) => owner);
  }

  /** What the monotonic clock of a client shows. */
  monotonicUs(client = 0): TimeUs {
    return this.world.process(this.client(client)).clock.monotonicUs(this.world.nowUs);
  }

  wallUs(client = 0): TimeUs {
    return this.world.process(this.client(client)).clock.readWallUs(this.world.nowUs);
  }

  /** Commands of this name, or scripts that mention it. */
  commands(name: string, client = 0): Sent[] {
    const from = this.client(client);
    return this.sent.filter((sent) => sent.from === from && (sent.args[0] === name || sent.args[1]?.includes(name)));
  }
}

/** The grant that an acquisition must have brought. */
export function grantOf(end: AcquireEnd | null): LockGrant {
  if (end?.kind !== 'granted') throw new Error(`not granted but ${JSON.stringify(end)}`);
  return end.grant;
}

export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
