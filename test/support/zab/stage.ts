import type { ClientRequest, ClientResponse } from '../../../src/contract/client.ts';
import type { InvariantSet, Monitor } from '../../../src/contract/invariant.ts';
import type { Plain } from '../../../src/contract/message.ts';
import type { Node, NodeInit } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import type { StateMachine } from '../../../src/contract/state-machine.ts';
import type { FaultEffect } from '../../../src/contract/world-control.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { assert } from '../../../src/kernel/assert.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import type { QuorumPacket, ZabAnswer } from '../../../src/protocols/zab/messages.ts';
import { zab } from '../../../src/protocols/zab/module.ts';
import { zabInvariants } from '../../../src/protocols/zab/monitor.ts';
import { zabOptions } from '../../../src/protocols/zab/options.ts';
import type { Leading, ZabState } from '../../../src/protocols/zab/state.ts';
import { ZabNode } from '../../../src/protocols/zab/zab.ts';
import { listStore } from '../../../src/services/kv.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';
import { Control } from '../../../src/world/control.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../world.ts';

export const [n1, n2, n3, n4, n5] = [0, 1, 2, 3, 4].map(nodeId) as [NodeId, NodeId, NodeId, NodeId, NodeId];

export const register: Plain = { kind: 'register', client: 1 };

/** A command of the first session, numbered by its value. */
export function appendCommand(value: number): Plain {
  const operation = { f: 'append', key: 'k', value };
  return { kind: 'execute', session: 1, sequence: value, acknowledged: 1, operation };
}

/** What a test may choose. */
export interface StageSettings {
  readonly size?: number;
  readonly options?: Partial<Options>;
  readonly seed?: string;
  readonly create?: (init: NodeInit) => Node<ZabState>;
  /** The service that nodes carry, and what has to hold of them. */
  readonly machine?: StateMachine;
  readonly invariants?: InvariantSet<never>;
  /** Processes behind the nodes, in place of one that keeps answers. */
  readonly clients?: readonly Node[];
  /** Events that are listened to. */
  readonly events?: readonly string[];
}

/** What a node has sent on a connection. */
export interface SentPacket {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly packet: QuorumPacket;
}

/** Zab nodes in a world without faults but those of the test: latency 1 ms, syncs 2 ms, and a monitor that listens. */
export class Stage {
  readonly world: World;
  readonly control: Control;
  readonly monitor: Required<
    Pick<Monitor<ZabState>, 'onSend' | 'onAppend' | 'onDrop' | 'onTruncate' | 'afterEvent' | 'onStarted'>
  >;
  /** Ids of the invariants that were broken, and how. */
  readonly reported: string[] = [];
  readonly texts: string[] = [];
  readonly notes: { readonly node: NodeId; readonly event: string }[] = [];
  readonly sent: SentPacket[] = [];
  readonly answers = new Map<number, ZabAnswer>();
  private readonly size: number;
  private requests = 0;

  constructor(settings: StageSettings = {}) {
    const { size = 3, options = {}, seed = 'stage', create, clients, events = zab.events } = settings;
    const { machine = new SessionMachine(listStore), invariants = zabInvariants } = settings;
    this.size = size;
    const nodes = Array.from({ length: size }, (_, index) => nodeId(index));
    const complete = { ...defaultOptions(zabOptions), ...options } as Options;
    const monitor = invariants.observe(
      {
        nodes, options: complete, machine,
        nameOf: (process) => `n${process + 1}`, monotonicUs: () => this.world.nowUs,
      },
      ({ id }, text) => {
        this.reported.push(id);
        this.texts.push(`${id}: ${text}`);
      },
    ) as Stage['monitor'];
    this.monitor = monitor;
    const client: Node = {
      state: {},
      onMessage: (_ctx, _from, message) => {
        const { id, body } = message as ClientResponse;
        this.answers.set(id, body as unknown as ZabAnswer);
      },
    };
    const make = (self: NodeId, disk: NodeInit['disk'], isNew: boolean, now: Options): Node => {
      if (self >= size) return clients === undefined ? client : clients[self - size] as Node;
      const init: NodeInit = { self, nodes, options: now, machine, disk, isNew, initial: null };
      return create?.(init) ?? new ZabNode(init);
    };
    const listening = this.listening(monitor);
    this.world = smallWorld(make, {
      nodes: size, clients: clients?.length ?? 1, options: complete, seed, monitor: listening,
    });
    this.control = new Control(this.world, (state) => zab.view(state as ZabState));
    this.control.onNote([...events], (node, event) => { this.notes.push({ node, event }); });
    this.world.start();
  }

  private listening(monitor: Stage['monitor']): Monitor {
    const onSend = monitor.onSend.bind(monitor);
    monitor.onSend = (from, to, message, synced, connection) => {
      if (connection !== undefined) this.sent.push({ from, to, packet: message as QuorumPacket });
      onSend(from, to, message, synced, connection);
    };
    return monitor;
  }

  // ── Looking ──────────────────────────────────────────────────────────

  state(id: NodeId): ZabState {
    const { node } = this.world.process(id);
    assert(node !== null, 'the node is up');
    return node.state as ZabState;
  }

  /** Who leads; `null` while nobody is established. */
  leaderId(): NodeId | null {
    return this.world.nodes.find((id) => this.control.view(id)?.role === 'leader') ?? null;
  }

  leader(): Leading {
    const id = this.leaderId();
    assert(id !== null, 'somebody leads');
    return this.state(id).role as Leading;
  }

  /** Kinds of what a node has sent to another one since the last look. */
  kinds(from: NodeId, to: NodeId): string[] {
    const found = this.sent.filter((each) => each.from === from && each.to === to);
    for (const each of found) this.sent.splice(this.sent.indexOf(each), 1);
    return found.map(({ packet }) => packet.kind).filter((kind) => kind !== 'PING');
  }

  // ── Doing ────────────────────────────────────────────────────────────

  pass(ms: number): void {
    const reason = this.world.runUntil(this.world.nowUs + ms * 1_000);
    assert(reason.kind === 'end', `the world goes on: ${JSON.stringify(reason)}`);
  }

  /** Lets time pass until the condition holds; fails if it does not within a long time. */
  until(holds: () => boolean, what = 'the condition'): void {
    for (let ms = 0; ms < 20_000 && !holds(); ms += 1) this.pass(1);
    assert(holds(), `${what} holds in time`);
  }

  /** Until somebody leads and `count` nodes take part. */
  settle(count = this.size): void {
    this.until(() => this.leaderId() !== null && this.serving().length >= count, 'a quorum serves');
  }

  serving(): readonly NodeId[] {
    return this.world.nodes.filter((id) => {
      const role = this.world.process(id).node === null ? null : this.state(id).role;
      return role !== null && role.kind !== 'looking' && role.phase === 'broadcast';
    });
  }

  /** Sends a command to a node now; returns the number that its answer will carry. */
  request(to: NodeId, command: Plain): number {
    this.requests += 1;
    const client = nodeId(this.size);
    const request: ClientRequest = { kind: 'ClientRequest', client, id: this.requests, command };
    this.world.run(this.world.process(to), 0, client, request);
    return this.requests;
  }

  /** Has values from `from` to `to` appended by the leader, one after the other. The session is there. */
  append(from: number, to: number): void {
    for (let value = from; value <= to; value += 1) {
      const id = this.request(this.leaderId() as NodeId, appendCommand(value));
      this.until(() => this.answers.has(id), 'the answer');
    }
  }

  begin(): void {
    this.settle();
    const id = this.request(this.leaderId() as NodeId, register);
    this.until(() => this.answers.has(id), 'the session');
  }

  crash(id: NodeId, kind: 'process' | 'machine-cache' = 'process'): void {
    this.control.crash(id, kind, noEffect());
  }

  restart(id: NodeId): void {
    this.control.restart(id, noEffect());
  }

  /** Cuts a node off from all others; returns what ends that. */
  isolate(id: NodeId): () => void {
    const effect: FaultEffect = noEffect();
    const others = this.world.nodes.filter((other) => other !== id);
    for (const other of others) {
      this.control.cut(id, other, 'lost', effect);
      this.control.cut(other, id, 'lost', effect);
    }
    return () => {
      for (const other of others) {
        this.control.mend(id, other, effect);
        this.control.mend(other, id, effect);
      }
    };
  }
}
