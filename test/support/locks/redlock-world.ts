import { checkLockOwnership, checkMutualExclusion } from '../../../checkers/locks/holding.ts';
import { LockApplication } from '../../../src/clients/lock-application.ts';
import type { LockRecorder } from '../../../src/clients/recorder.ts';
import type { Monitor } from '../../../src/contract/invariant.ts';
import type { LockClient, LockClientInit } from '../../../src/contract/lock.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import { HistoryRecorder } from '../../../src/history/recorder.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import { redisLockServers } from '../../../src/protocols/redis/lock-servers.ts';
import { redis } from '../../../src/protocols/redis/module.ts';
import { redlockSystem } from '../../../src/protocols/redlock/lock-system.ts';
import { LockWatch } from '../../../src/scenario/lock-watch.ts';
import { FencedStore } from '../../../src/services/fenced-store.ts';
import { listStore } from '../../../src/services/kv.ts';
import { GENEROUS_LIMITS, SessionMachine } from '../../../src/services/sessions.ts';
import { Control } from '../../../src/world/control.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../world.ts';

const NODES = 5;
const CLIENTS = 3;
const RESOURCE = nodeId(NODES + CLIENTS);
const SYSTEM = redlockSystem(redisLockServers);

/** What came of a run. */
export interface Watched {
  readonly breaches: readonly { readonly id: string; readonly text: string; readonly atUs: number }[];
  /** Names of invariants and checkers that were broken. */
  readonly broken: readonly string[];
  /** How many grants there were. */
  readonly grants: number;
}

/** What may differ from perfect clocks and the reference. */
export interface Changes {
  /** Parts per million, of the nodes and of the clients. */
  readonly drift?: readonly [nodes: number, clients: number];
  readonly createLock?: (init: LockClientInit) => LockClient;
}

/** Faults strike processes: `n1` … `n5`, `c1` … `c3`. */
export interface Scene {
  readonly world: World;
  readonly control: Control;
  readonly id: (name: string) => NodeId;
}

/**
 * Three applications and Redlock on five Redis servers, watched: they hold the lock for 0.3 to 0.9 s of 2 s. Runs for
 * half a minute and half a minute more, with `strike` in between.
 */
export function runRedlock(
  seed: string, options: Options, strike: (scene: Scene) => void, changes: Changes = {},
): Watched {
  const { drift = [0, 0], createLock = (init: LockClientInit) => SYSTEM.create(init) } = changes;
  const all = {
    ...defaultOptions(redis.options), ...defaultOptions(SYSTEM.options), layout: 'independent', ttl: 2_000_000,
    ...options,
  };
  const nodes = Array.from({ length: NODES }, (_, index) => nodeId(index));
  const history = new HistoryRecorder(() => world.nowUs, CLIENTS);
  const breaches: { id: string; text: string; atUs: number }[] = [];
  const watch = new LockWatch({
    nowUs: () => world.nowUs,
    clockOf: (process) => world.process(process).clock,
    nodes, locks: ['k0'], system: SYSTEM, options: all, history, resource: RESOURCE,
    breach: ({ id }, text, atUs) => breaches.push({ id, text, atUs }),
  });
  const machine = new SessionMachine(listStore, GENEROUS_LIMITS);
  const monitor: Monitor = watch.observe({});
  const world: World = smallWorld((self, disk, isNew, now) => {
    if (self < NODES) return redis.create({ self, nodes, options: now, machine, isNew, initial: null, disk });
    if (self === RESOURCE) return new FencedStore(disk, false, () => undefined);
    return application(self, nodes, all, history, watch, createLock);
  }, { nodes: NODES, clients: CLIENTS, resources: 1, options: all, seed, monitor });
  const id = (name: string): NodeId => nodeId(Number(name.slice(1)) - 1 + (name.startsWith('c') ? NODES : 0));
  for (const process of world.processes) world.changeDrift(process, process.id < NODES ? drift[0] : drift[1]);
  world.start();
  world.runUntil(30_000_000);
  strike({ world, control: new Control(world, (state) => redis.view(state as never)), id });
  world.runUntil(60_000_000);
  watch.finish(world.nowUs);
  const judged = [checkMutualExclusion(history.events), checkLockOwnership(history.events)];
  const invalid = judged.flatMap(({ verdict, model }) => (verdict === 'invalid' ? [model] : []));
  const grants = history.events.filter(({ f, type }) => f === 'acquire' && type === 'ok').length;
  return { breaches, broken: [...new Set(breaches.map((breach) => breach.id)), ...invalid].sort(), grants };
}

function application(
  self: NodeId, nodes: readonly NodeId[], options: Options, history: HistoryRecorder, watch: LockWatch,
  createLock: (init: LockClientInit) => LockClient,
): LockApplication {
  const client = self - NODES;
  const process = history.freshProcess(client);
  const recorder: LockRecorder = {
    invoke: (...all) => history.invoke(...all),
    complete: (...all) => history.complete(...all),
    attempted: (number, lock, owner) => watch.attempted(number, self, lock, owner),
    believes: (owner, validity) => watch.believes(self, owner, validity),
    stops: (owner) => watch.stops(self, owner),
    invokeStore: (number, key, owner, token, value) =>
      history.invoke(number, 'store', key, { token, grant: watch.grantOf(self, owner), value }),
  };
  return new LockApplication({
    self, nodes, options, client, clients: CLIENTS, firstRequest: process * 1_000_000, timeoutUs: 5_000_000,
    attemptTimeoutUs: 500_000, resource: RESOURCE, issuesTokens: false, steps: null, process,
    processStride: CLIENTS, operations: history.begun(client), recorder,
    use: { keys: 1, thinkUs: { min: 1_000, max: 100_000 }, holdUs: { min: 300_000, max: 900_000 }, writes: 1 },
    createLock,
  });
}
