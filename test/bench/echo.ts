import type { ClientRequest } from '../../src/contract/client.ts';
import type { Context } from '../../src/contract/context.ts';
import type { ProtocolModule } from '../../src/contract/module.ts';
import type { Node, NodeInit } from '../../src/contract/node.ts';
import { Streams } from '../../src/kernel/streams.ts';
import { buildWorld } from '../../src/scenario/build.ts';
import { standard } from './standard.ts';

/** Executes what clients ask for, in memory. */
class EchoNode implements Node {
  readonly state: { readonly service: unknown };
  private readonly init: NodeInit;

  constructor(init: NodeInit) {
    this.init = init;
    this.state = { service: init.machine.initial() };
  }

  onRequest(ctx: Context, request: ClientRequest): void {
    const { result } = this.init.machine.apply(this.state.service, request.command, ctx.monotonicUs());
    ctx.reply(request, { kind: 'done', result });
  }
}

const echo: ProtocolModule = {
  name: 'echo',
  options: {},
  create: (init) => new EchoNode(init),
  client: { classify: (body) => body as unknown as ReturnType<ProtocolModule['client']['classify']> },
  view: () => ({ role: 'server', epoch: 1, leader: null }),
  events: [],
  invariants: { declared: [], observe: () => ({}) },
  variants: [],
  assumptions: [],
  progressBudgetUs: () => 0,
};

/**
 * Everything around a protocol that remembers nothing: clients, sessions, network, history into a sink that forgets it.
 * Runs until `events` have happened, calls `look` after every tenth of them, and returns how many lines there were.
 */
export function forgetful(events: number, look: () => void): number {
  const scenario = { ...standard({ nodes: 1 }), system: { protocol: 'echo', nodes: 1, options: {} } };
  let lines = 0;
  const built = buildWorld({ ...scenario, limits: { events: events + 1, sameInstantEvents: 100_000 } }, {
    module: echo, streams: new Streams('bench'), trace: 'digest', freezeMessages: false, meteredEvents: [], without: [],
    sink: () => { lines += 1; },
  });
  const { world } = built;
  world.start();
  for (let tenth = 1; tenth <= 10; tenth += 1) {
    while (world.trace.events < (events / 10) * tenth) world.runUntil(world.nowUs + 1_000_000);
    look();
  }
  return lines;
}
