import type { ClientRequest } from '../../../src/contract/client.ts';
import type { Context, PersistTag } from '../../../src/contract/context.ts';
import type { ProtocolModule } from '../../../src/contract/module.ts';
import type { Node, NodeInit, Order } from '../../../src/contract/node.ts';
import type { Options } from '../../../src/contract/options.ts';
import type { Operation, SessionCommand, SessionResult } from '../../../src/contract/session.ts';
import type { RunRequest } from '../../../src/run/request.ts';
import { catalogueWith } from '../../../src/scenario/catalogue.ts';
import { parseScenario } from '../../../src/scenario/file/parse.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';

/** What a test puts into the nodes of the toy. */
export interface Plants {
  start?(ctx: Context): void;
  timer?(ctx: Context, name: string): void;
  persisted?(ctx: Context, tag: PersistTag): void;
  order?(ctx: Context, order: Order): void;
  options?(ctx: Context, options: Options): void;
  /** Sees what each node is made from. */
  made?(init: NodeInit): void;
  /** Changes what a client is told of an operation that was executed. */
  answer?(result: SessionResult, operation: Operation): SessionResult;
  readonly module?: Partial<ProtocolModule>;
}

/**
 * The simplest service there is: the first node keeps it in memory and the others send clients there. Linearizable as
 * long as that node does not crash; after a crash it has forgotten everything. The other nodes say nothing to anybody.
 */
class ToyNode implements Node {
  readonly state: { readonly isLeader: boolean; readonly service: unknown };
  private readonly init: NodeInit;
  private readonly plants: Plants;

  constructor(init: NodeInit, plants: Plants) {
    this.init = init;
    this.plants = plants;
    plants.made?.(init);
    this.state = { isLeader: init.self === init.nodes[0], service: init.machine.initial() };
  }

  onStart(ctx: Context): void {
    this.plants.start?.(ctx);
  }

  onTimer(ctx: Context, name: string): void {
    this.plants.timer?.(ctx, name);
  }

  onPersisted(ctx: Context, tag: PersistTag): void {
    this.plants.persisted?.(ctx, tag);
  }

  onOrder(ctx: Context, order: Order): void {
    this.plants.order?.(ctx, order);
  }

  onOptions(ctx: Context, options: Options): void {
    this.plants.options?.(ctx, options);
  }

  onRequest(ctx: Context, request: ClientRequest): void {
    const { isLeader, service } = this.state;
    if (!isLeader) return ctx.reply(request, { kind: 'redirect', leader: this.init.nodes[0] as number });
    const command = request.command as unknown as SessionCommand;
    const result = this.init.machine.apply(service, request.command, 0).result as SessionResult;
    const told = command.kind === 'register' ? result : this.plants.answer?.(result, command.operation);
    ctx.reply(request, { kind: 'done', result: told ?? result });
  }
}

/** The toy as a module, with what a test puts into it. */
export function toy(plants: Plants = {}): ProtocolModule {
  return {
    name: 'toy',
    options: {},
    create: (init) => new ToyNode(init, plants),
    client: { classify: (body) => body as unknown as ReturnType<ProtocolModule['client']['classify']> },
    view: (state) => ({ role: (state as ToyNode['state']).isLeader ? 'leader' : 'follower', epoch: 1, leader: null }),
    events: [],
    invariants: { declared: [], observe: () => ({}) },
    variants: [],
    assumptions: [],
    progressBudgetUs: () => 100_000,
    ...plants.module,
  };
}

/** Calls `act` on one node, once, this long after its start. */
export function once(node: number, afterUs: number, act: (ctx: Context) => void): Plants {
  return {
    start: (ctx) => { if (ctx.self === node) ctx.setTimer('once', afterUs); },
    timer: (ctx) => { act(ctx); },
  };
}

const DEFAULTS: Readonly<Record<string, string>> = {
  name: 'the toy keeps its promises',
  system: '{ protocol: toy, nodes: 3 }',
  clients: '{ count: 2, timeout: 60ms, attemptTimeout: 20ms }',
  workload: '{ kind: append, keys: 1, reads: 50%, think: 1..5ms }',
  network: '{ latency: 500us..1500us }',
  duration: '500ms',
  check: '[linearizable]',
};

/**
 * A scenario of the toy: three nodes, two clients that append to and read one list for half a simulated second. `more`
 * is YAML; its keys stand in for those above.
 */
export function toyScenario(more: string = '', module: ProtocolModule = toy()): Scenario {
  const lines = Object.entries(DEFAULTS).filter(([key]) => !new RegExp(`^${key}:`, 'm').test(more));
  const text = `${lines.map(([key, value]) => `${key}: ${value}\n`).join('')}${more}`;
  const parsed = parseScenario(text, { fileName: 'toy.yaml', catalogue: catalogueWith(module) });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return parsed.scenario;
}

/** What it takes to run {@link toyScenario}. */
export function toyRequest(more: string = '', plants: Plants = {}, seed: string = '1'): RunRequest {
  const module = toy(plants);
  return { scenario: toyScenario(more, module), module, file: null, slug: 'toy', seed };
}
