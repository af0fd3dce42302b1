import type { Context } from '../../../src/contract/context.ts';
import type { AcquireEnd, LockClient, LockClientInit, LockGrant, ReleaseEnd } from '../../../src/contract/lock.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { Node } from '../../../src/contract/node.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import type { TimeUs } from '../../../src/kernel/time.ts';
import type { LockState } from '../../../src/protocols/redis/lock/state.ts';
import { singleInstanceLock } from '../../../src/protocols/redis/lock/system.ts';
import { redisLockServers } from '../../../src/protocols/redis/lock-servers.ts';
import { redis } from '../../../src/protocols/redis/module.ts';
import type { RedisState } from '../../../src/protocols/redis/state.ts';
import { listStore } from '../../../src/services/kv.ts';
import { GENEROUS_LIMITS, SessionMachine } from '../../../src/services/sessions.ts';
import { Control } from '../../../src/world/control.ts';
import type { WorldSettings } from '../../../src/world/settings.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../world.ts';

/** What a client was told, in order, with the time. */
export interface Told {
  readonly atUs: TimeUs;
  readonly what: 'attempt' | 'granted' | 'refused' | 'unsure' | 'extended' | 'lost' | ReleaseEnd;
  readonly owner: string;
  readonly error: string;
  /** Of grants and extensions. */
  readonly untilUs: TimeUs;
}

export interface LockClients {
  readonly world: World;
  readonly control: Control;
  readonly id: (process: string) => NodeId;
  /** Runs on. */
  readonly wait: (ms: number) => void;
  /** Asks a client, at once, for lock `k0`, or to give it back. */
  readonly acquire: (client: string) => void;
  readonly release: (client: string) => void;
  readonly told: (client: string) => readonly Told[];
  /** The last thing that a client was told but attempts, in a word; `nothing` at first. */
  readonly last: (client: string) => Told['what'] | 'nothing';
  readonly state: (client: string) => LockState;
  /** By the client's monotonic clock. */
  readonly clockUs: (client: string) => TimeUs;
  /** What a server holds of the lock: its value, or `null`. */
  readonly holder: (node: string) => string | null;
}

type CreateLock = (init: LockClientInit) => LockClient;

/** A process around a lock client that does what a test asks of it by orders. */
class Puppet implements Node {
  readonly state = {};
  readonly lock: LockClient;

  constructor(create: CreateLock, init: Omit<LockClientInit, 'listener'>, tell: (ctx: Context, told: Event) => void) {
    this.lock = create({
      ...init,
      listener: {
        onAttempt: (ctx, _lock, owner) => tell(ctx, { what: 'attempt', owner }),
        onAcquired: (ctx, end) => tell(ctx, eventOf(end)),
        onExtended: (ctx, grant) => tell(ctx, { ...eventOf({ kind: 'granted', grant }), what: 'extended' }),
        onLost: (ctx, owner) => tell(ctx, { what: 'lost', owner }),
        onReleased: (ctx, what) => tell(ctx, { what }),
      },
    });
  }

  onStart(ctx: Context): void {
    this.lock.onStart?.(ctx);
  }

  onMessage(ctx: Context, from: NodeId, message: Message): void {
    if (message.kind === 'Acquire') return this.lock.acquire(ctx, 'k0');
    if (message.kind === 'Release') return this.lock.release(ctx);
    this.lock.onMessage(ctx, from, message);
  }

  onTimer(ctx: Context, name: string): void {
    this.lock.onTimer(ctx, name);
  }

  onContinue(ctx: Context, step: string): void {
    this.lock.onContinue?.(ctx, step);
  }
}

type Event = Partial<Told> & Pick<Told, 'what'>;

function eventOf(end: AcquireEnd): Event {
  if (end.kind !== 'granted') return { what: end.kind, error: end.error };
  const { owner, validity: { untilUs } }: LockGrant = end.grant;
  return { what: 'granted', owner, untilUs };
}

/** Redis nodes and clients of the lock. Latency is exactly 1 ms, a client has 5 s in all and 500 ms for an attempt. */
export function lockClients(
  shape: { readonly nodes: number; readonly clients: number }, options: Options = {},
  changes: Partial<Omit<WorldSettings, 'create'>> & { readonly seed?: string; readonly createLock?: CreateLock } = {},
): LockClients {
  const { nodes, clients } = shape;
  const { createLock = (init) => singleInstanceLock.create(init), ...settings } = changes;
  const all: Options = { ...defaultOptions(redis.options), ...defaultOptions(singleInstanceLock.options), ...options };
  const machine = new SessionMachine(listStore, GENEROUS_LIMITS);
  const ids = Array.from({ length: nodes }, (_unused, index) => nodeId(index));
  const told: Told[][] = Array.from({ length: clients }, () => []);
  const puppets = new Map<NodeId, Puppet>();
  let incarnations = 0;
  const world = smallWorld((self, disk, isNew, now) => {
    if (self < nodes) return redis.create({ self, nodes: ids, options: now, machine, isNew, initial: null, disk });
    const client = self - nodes;
    const puppet = new Puppet(createLock, {
      self, nodes: ids, options: all, client, clients, firstRequest: incarnations * 1_000_000,
      timeoutUs: 5_000_000, attemptTimeoutUs: 500_000,
    }, (_ctx, event) => {
      told[client]?.push({ atUs: world.nowUs, owner: '', error: '', untilUs: 0, ...event });
    });
    incarnations += 1;
    puppets.set(self, puppet);
    return puppet;
  }, { nodes, clients, options: all, ...settings });
  const id = (process: string): NodeId => nodeId(Number(process.slice(1)) - 1 + (process.startsWith('c') ? nodes : 0));
  const eventsOf = (client: string): readonly Told[] => told[id(client) - nodes] ?? [];
  const deliver = (client: string, kind: string): void => {
    world.deliverAfter(0, id(client), id(client), { kind });
  };
  const clockOf = (process: string): TimeUs => world.process(id(process)).clock.monotonicUs(world.nowUs);
  world.start();
  world.runUntil(10_000);
  return {
    world,
    control: new Control(world, (state) => redis.view(state as never)),
    id,
    wait: (ms) => void world.runUntil(world.nowUs + ms * 1_000),
    acquire: (client) => deliver(client, 'Acquire'),
    release: (client) => deliver(client, 'Release'),
    told: eventsOf,
    last: (client) => eventsOf(client).filter(({ what }) => what !== 'attempt').at(-1)?.what ?? 'nothing',
    state: (client) => puppets.get(id(client))?.lock.state as LockState,
    clockUs: clockOf,
    holder: (node) => redisLockServers.entryOf(world.process(id(node)).node?.state as RedisState, 'k0')?.owner ?? null,
  };
}
