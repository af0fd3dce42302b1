import type { Context } from '../../src/contract/context.ts';
import type { Message } from '../../src/contract/message.ts';
import type { Node } from '../../src/contract/node.ts';
import type { NodeId } from '../../src/kernel/ids.ts';
import { Streams } from '../../src/kernel/streams.ts';
import type { TraceMode } from '../../src/kernel/trace.ts';
import { World } from '../../src/world/world.ts';

interface Ball extends Message {
  readonly kind: 'Ball';
  readonly hops: number;
}

/** Sends every ball on to a drawn peer, as a fresh message. */
class Player implements Node {
  readonly state = { received: 0 };
  private readonly serves: number;

  constructor(serves: number) {
    this.serves = serves;
  }

  onStart(ctx: Context): void {
    for (let ball = 0; ball < this.serves; ball += 1) this.pass(ctx, 0);
  }

  onMessage(ctx: Context, _from: NodeId, message: Message): void {
    this.state.received += 1;
    this.pass(ctx, (message as Ball).hops + 1);
  }

  private pass(ctx: Context, hops: number): void {
    const to = ctx.peers[hops % ctx.peers.length] as NodeId;
    ctx.send(to, { kind: 'Ball', hops } as Ball);
  }
}

/** Ping-pong through everything that a message meets in the world; returns the number of events. */
export function pingPong(nodes: number, inFlight: number, events: number, trace: TraceMode): number {
  const serves = Math.ceil(inFlight / nodes);
  const world = new World({
    streams: new Streams('bench'),
    protocol: 'bench',
    nodes,
    options: {},
    resources: 0,
    clients: 0,
    network: {
      latencyUsMin: 1_000, latencyUsMax: 5_000, lossPerMillion: 0, duplicatePerMillion: 0,
      slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
    },
    syncUs: { min: 0, max: 0 },
    driftPerMillion: 0,
    wallOffsetUs: 0,
    mailboxLimit: 10_000,
    limits: { events, sameInstantEvents: 1_000_000 },
    trace,
    nodeFields: [],
    freezeMessages: false,
    create: () => new Player(serves),
    monitor: {},
    onAssertion: () => undefined,
  });
  world.start();
  world.runUntil(Number.MAX_SAFE_INTEGER);
  return world.trace.events;
}
