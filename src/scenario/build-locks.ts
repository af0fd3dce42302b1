import { LockApplication, type LockApplicationInit } from '../clients/lock-application.ts';
import type { LockRecorder } from '../clients/recorder.ts';
import type { Monitor } from '../contract/invariant.ts';
import type { LockSystem, Validity } from '../contract/lock.ts';
import type { Plain } from '../contract/message.ts';
import type { ProtocolModule } from '../contract/module.ts';
import type { Node } from '../contract/node.ts';
import type { HistoryRecorder } from '../history/recorder.ts';
import { assert } from '../kernel/assert.ts';
import { nodeId, type NodeId } from '../kernel/ids.ts';
import { FencedStore } from '../services/fenced-store.ts';
import { stepsLeft } from './client-script.ts';
import { tellingCommitted } from './committed-log.ts';
import type { BuildParts, Crew } from './crew.ts';
import { GrantingMachine } from './granting-machine.ts';
import { LockWatch } from './lock-watch.ts';
import { OperationRecorder } from './operation-recorder.ts';
import type { Locking, Scenario } from './scenario.ts';

/** Keeps the requests of two incarnations of one client apart: a late answer must not find a number used again. */
const REQUESTS_PER_PROCESS = 1_000_000;

/**
 * Applications that use locks, the resource that these protect, and a watch that knows who held which when. What the
 * nodes execute as a replicated service tells the watch as well.
 */
export function lockCrew(parts: BuildParts, locking: Locking): Crew {
  const { scenario, nodes, history } = parts;
  const { checksTokens } = locking.resource;
  const resource = nodeId(nodes.length + scenario.clients.count);
  const watch = new LockWatch({
    system: lockSystemOf(parts.module), options: scenario.system.options, nodes, locks: lockNames(scenario), history,
    resource,
    nowUs: () => parts.nowUs(),
    clockOf: (process) => parts.clockOf(process),
    breach: ({ id }, text, atUs) => parts.breach(id, text, atUs),
  });
  const makeApplication = applicationMaker(parts, locking, resource, watch);
  return {
    resources: 1,
    order: null,
    intake: null,
    watched: (machine) => {
      if (parts.module.coordination !== undefined) return () => machine;
      // The same for all nodes: whichever executes a command first tells.
      const granting = new GrantingMachine(machine, watch);
      return () => granting;
    },
    observe: (monitor) => observed(monitor, parts.module, watch),
    create: (process, disk) => (process === resource
      ? new FencedStore(disk, checksTokens, (client, owner) => watch.issued(client, owner))
      : makeApplication(process)),
    onStopped: (process) => watch.crashed(process),
    finish: () => watch.finish(parts.nowUs()),
  };
}

/** Where a tree decides who owns a lock, the watch learns of it as transactions are committed. */
function observed(monitor: Monitor, { coordination, locks }: ProtocolModule, watch: LockWatch): Monitor {
  const watched = watch.observe(monitor);
  const ownership = locks?.ownership?.();
  if (coordination === undefined || ownership === undefined) return watched;
  return tellingCommitted(watched, coordination, (command) => { watch.changed(ownership.changes(command)); });
}

/** Makes the applications, each with a lock client in it. */
function applicationMaker(
  parts: BuildParts, locking: Locking, resource: NodeId, watch: LockWatch,
): (self: NodeId) => Node {
  const { scenario, nodes, history, armed } = parts;
  const system = lockSystemOf(parts.module);
  const { count, timeoutUs, attemptTimeoutUs } = scenario.clients;
  const { keys, thinkUs } = scenario.workload;
  const { holdUs, writes } = locking;
  return (self) => {
    const recorder = new WatchedRecorder(history, watch, self);
    const client = self - nodes.length;
    const process = history.freshProcess(client);
    const operations = history.begun(client);
    const init: LockApplicationInit = {
      self, nodes, client, clients: count, timeoutUs, attemptTimeoutUs, process, operations, recorder, resource,
      options: scenario.system.options,
      firstRequest: process * REQUESTS_PER_PROCESS,
      processStride: count,
      issuesTokens: locking.resource.issuesTokens,
      use: { keys, thinkUs, holdUs, writes },
      steps: stepsLeft(scenario, client, operations > 0)?.map(({ atUs, operation: { key } }) => ({ atUs, lock: key }))
        ?? null,
      createLock: (lock) => armed.make('lock', (row, fired) => row.lock(lock, fired)) ?? system.create(lock),
    };
    return armed.make('application', (row, fired) => row.create(init, fired)) ?? new LockApplication(init);
  };
}

/** The lock part of a module of which it is known that it is a lock service. */
function lockSystemOf({ locks }: ProtocolModule): LockSystem {
  assert(locks !== undefined, 'the parser gives locks to use to lock services alone');
  return locks;
}

/** The names of all locks. */
function lockNames({ workload }: Scenario): readonly string[] {
  const drawn = Array.from({ length: workload.keys }, (_, number) => `k${number}`);
  return [...new Set([...drawn, ...workload.script.map(({ operation }) => operation.key)])];
}

/** Applications write the history, and the watch is told what they believe. Only it knows of grants. */
class WatchedRecorder extends OperationRecorder implements LockRecorder {
  private readonly watch: LockWatch;
  private readonly client: NodeId;

  constructor(history: HistoryRecorder, watch: LockWatch, client: NodeId) {
    super(history);
    this.watch = watch;
    this.client = client;
  }

  attempted(process: number, lock: string, owner: string): void {
    this.watch.attempted(process, this.client, lock, owner);
  }

  believes(owner: string, validity: Validity): void {
    this.watch.believes(this.client, owner, validity);
  }

  stops(owner: string): void {
    this.watch.stops(this.client, owner);
  }

  invokeStore(process: number, key: string, owner: string, token: number | null, value: Plain): void {
    this.history.invoke(process, 'store', key, { token, grant: this.watch.grantOf(this.client, owner), value });
  }
}
