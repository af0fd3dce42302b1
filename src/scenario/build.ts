import type { Recorder } from '../clients/recorder.ts';
import { ScriptedClient } from '../clients/scripted-client.ts';
import { SessionClient, type ClientInit } from '../clients/session-client.ts';
import type { DiskView } from '../contract/disk.ts';
import type { ClusterInfo } from '../contract/invariant.ts';
import type { Plain } from '../contract/message.ts';
import type { ProtocolModule } from '../contract/module.ts';
import type { Node, NodeInit } from '../contract/node.ts';
import type { Options } from '../contract/options.ts';
import type { Service } from '../contract/service.ts';
import type { SessionLimits } from '../contract/session.ts';
import type { StateMachine } from '../contract/state-machine.ts';
import type { ReplicaParts } from '../contract/variant.ts';
import { Nemesis } from '../faults/nemesis.ts';
import { planFaults } from '../faults/plan.ts';
import { HistoryRecorder, type HistorySink } from '../history/recorder.ts';
import { assert } from '../kernel/assert.ts';
import { nodeId, nodeName, type NodeId } from '../kernel/ids.ts';
import type { Streams } from '../kernel/streams.ts';
import type { TimeUs } from '../kernel/time.ts';
import type { TraceMode } from '../kernel/trace.ts';
import { counterStore } from '../services/counter.ts';
import { listStore, registerStore } from '../services/kv.ts';
import { leaseLockService } from '../services/lease-lock.ts';
import { fencedLock, mutex } from '../services/lock.ts';
import { queueStore } from '../services/queue.ts';
import { GENEROUS_LIMITS, SessionMachine } from '../services/sessions.ts';
import { setStore } from '../services/set.ts';
import { createWorkload, type OperationKind } from '../workloads/workload.ts';
import { Control } from '../world/control.ts';
import { World } from '../world/world.ts';
import { Armed } from './armed.ts';
import { lockCrew } from './build-locks.ts';
import { znodeCrew } from './build-znodes.ts';
import { stepsOf } from './client-script.ts';
import { CommitOrder, type SentUpdate } from './commit-order.ts';
import type { BuildParts, Crew } from './crew.ts';
import { Intake } from './intake.ts';
import type { Scenario } from './scenario.ts';

/** The first breach of one invariant, or one failed assertion. */
export interface Breach {
  /** `R1`, or `assertion`. */
  readonly id: string;
  readonly text: string;
  readonly atUs: TimeUs;
  /** Number of the event at which it was seen. */
  readonly event: number;
}

/** A scenario set up to run with one seed. */
export interface Built {
  readonly world: World;
  readonly nemesis: Nemesis;
  readonly history: HistoryRecorder;
  /** What took effect in which order; `null` where the history goes into a sink. */
  readonly order: CommitOrder | null;
  /** The updates that clients have sent, those of one session in that order; `null` where no check asks for them. */
  updates(): readonly SentUpdate[] | null;
  /** When nodes noted what {@link BuildSettings.meteredEvents} names; grows as the run goes. */
  readonly notes: ReadonlyMap<string, readonly TimeUs[]>;
  /** Grows as the run goes. */
  readonly breaches: readonly Breach[];
  /** To be called when the run is over: writes what is known of a run only then. */
  finish(): void;
  /** How often the armed variant has differed from the reference. */
  fired(): number;
}

/** How to build; see {@link buildWorld}. */
export interface BuildSettings {
  readonly module: ProtocolModule;
  readonly streams: Streams;
  readonly trace: TraceMode;
  /** Takes the lines of a full trace instead of keeping them. */
  readonly onLine?: (line: string) => void;
  /** Freeze each message as it leaves, so that a protocol which writes to one is caught. Slower. */
  readonly freezeMessages: boolean;
  /** Events whose instants are kept. */
  readonly meteredEvents: readonly string[];
  /** Takes the history instead of keeping it: for runs that are longer than memory. */
  readonly sink?: HistorySink;
  /** Indices of planned faults to leave out. */
  readonly without: readonly number[];
}

/** Messages that a paused process keeps before it drops the newest. */
const MAILBOX_LIMIT = 10_000;

/** Kinds of workload that take a tree. */
type OfTreeAlone = 'znodes' | 'barrier' | 'double-barrier';

/** What each kind of workload is asked of, where that is not the protocol's own. */
const SERVICES: Readonly<Record<Exclude<OperationKind, OfTreeAlone>, Service>> = {
  'append': listStore,
  'register': registerStore,
  'cas-register': registerStore,
  'kv': registerStore,
  'counter': counterStore,
  'set': setStore,
  'mutex': mutex,
  'fenced-lock': fencedLock,
  'queue': queueStore,
};

/** Makes a world from a scenario whose profile has been applied. Nothing has happened in it yet. */
export function buildWorld(scenario: Scenario, settings: BuildSettings): Built {
  const { module, streams } = settings;
  const { system, clients, network, disk, clocks, limits } = scenario;
  const armed = new Armed(scenario.defect, module);
  const breaches: Breach[] = [];
  const nameOf = (process: NodeId): string => nodeName(process, system.nodes, clients.count);
  const breach = (id: string, text: string, atUs: TimeUs): void => {
    if (breaches.some((earlier) => earlier.id === id)) return;
    breaches.push({ id, text, atUs, event: world.trace.events - 1 });
  };
  const nodes = Array.from({ length: system.nodes }, (_, index) => nodeId(index));
  const history = new HistoryRecorder(() => world.nowUs, clients.count * clients.inFlight, settings.sink);
  const crew = crewOf({
    scenario, module, nodes, history, armed, breach, keepsHistory: settings.sink === undefined,
    nowUs: () => world.nowUs,
    clockOf: (process) => world.process(process).clock,
  });
  const makeNode = nodeMaker(scenario, module, nodes, crew, armed);
  const cluster: ClusterInfo = {
    nodes, nameOf, options: system.options, machine: referenceMachine(scenario, module),
    monotonicUs: (node) => world.process(node).clock.monotonicUs(world.nowUs),
  };
  const monitor = module.invariants.observe(cluster, ({ id }, text) => breach(id, text, world.nowUs));
  const world: World = new World({
    streams,
    protocol: module.name,
    nodes: system.nodes,
    clients: clients.count,
    resources: crew.resources,
    options: system.options,
    network,
    syncUs: disk.syncUs,
    driftPerMillion: clocks.driftPerMillion,
    wallOffsetUs: clocks.offsetUs,
    mailboxLimit: MAILBOX_LIMIT,
    limits,
    trace: settings.trace,
    ...(settings.onLine === undefined ? {} : { onLine: settings.onLine }),
    nodeFields: module.nodeFields ?? [],
    freezeMessages: settings.freezeMessages,
    create: (process, view, isNew, options) =>
      (process < system.nodes ? makeNode(process, view, isNew, options) : crew.create(process, view)),
    monitor: crew.observe(monitor),
    onStopped: (process) => crew.onStopped(process),
    onAssertion: (process, fact) => breach('assertion', `${nameOf(process)}: ${fact}`, world.nowUs),
  });
  const nemesis = new Nemesis({
    control: new Control(world, (state) => module.view(state)),
    plan: planFaults(scenario.faults, (label) => streams.get(label)),
    without: settings.without,
    onFault: (f, value) => history.nemesis(f, value),
  });
  const notes = new Map(settings.meteredEvents.map((event): [string, TimeUs[]] => [event, []]));
  world.onNote(settings.meteredEvents, (_process, event) => notes.get(event)?.push(world.nowUs));
  const { order, intake } = crew;
  return {
    world, nemesis, history, order, notes, breaches,
    updates: () => (order === null || intake === null ? null : order.updatesOf(history.events, intake)),
    finish: () => crew.finish(),
    fired: () => armed.fired(),
  };
}

function crewOf(parts: BuildParts): Crew {
  const { scenario: { locking }, module: { coordination } } = parts;
  if (locking !== null) return lockCrew(parts, locking);
  return coordination === undefined ? sessionCrew(parts) : znodeCrew(parts, coordination);
}

/** Clients of a service behind sessions. Who keeps the history is told the order of commands with it. */
function sessionCrew(parts: BuildParts): Crew {
  const order = parts.keepsHistory ? new CommitOrder() : null;
  const isAskedFor = parts.scenario.checks.some(({ checker }) => checker === 'client-order');
  const makeClient = clientMaker(parts, new OrderedRecorder(parts.history, order));
  return {
    resources: 0,
    order,
    intake: order !== null && isAskedFor ? new Intake(parts.module, () => order.nextPlace) : null,
    watched: (machine) => () => order?.watch(machine) ?? machine,
    observe: (monitor) => monitor,
    create: (process) => makeClient(process),
    onStopped: () => undefined,
    finish: () => undefined,
  };
}

type MakeNode = (self: NodeId, disk: DiskView, isNew: boolean, options: Options) => Node;

function nodeMaker(
  scenario: Scenario, module: ProtocolModule, nodes: readonly NodeId[], crew: Crew, armed: Armed,
): MakeNode {
  if (module.coordination !== undefined) return treeNodeMaker(scenario, module, nodes, crew, armed);
  const service = serviceOf(scenario);
  const limits = sessionLimits(scenario);
  const sessions = armed.make('machine', (row, fired) => row.machine(service, fired, limits));
  const machineOfNode = crew.watched(sessions ?? referenceMachine(scenario, module));
  const make = armed.nodeMaker(module);
  return (self, disk, isNew, options) => {
    const machine = machineOfNode();
    const init: NodeInit = { self, nodes, options, machine, disk, isNew, initial: scenario.initial };
    const create = (own: StateMachine): Node => make({ ...init, machine: own });
    const parts: ReplicaParts = { service, limits, client: module.client, create };
    const node = armed.make('replica', (row, fired) => row.replica(parts, fired)) ?? make(init);
    return crew.intake?.watch(node, self) ?? node;
  };
}

/** Nodes whose state machine is the protocol's own. */
function treeNodeMaker(
  scenario: Scenario, module: ProtocolModule, nodes: readonly NodeId[], crew: Crew, armed: Armed,
): MakeNode {
  const machineOfNode = crew.watched(referenceMachine(scenario, module));
  const make = armed.nodeMaker(module);
  return (self, disk, isNew, options) =>
    make({ self, nodes, options, machine: machineOfNode(), disk, isNew, initial: scenario.initial });
}

/** Clients write the history, and whoever knows the order of commands is told which of them carry what. */
class OrderedRecorder implements Recorder {
  private readonly history: HistoryRecorder;
  private readonly order: CommitOrder | null;

  constructor(history: HistoryRecorder, order: CommitOrder | null) {
    this.history = history;
    this.order = order;
  }

  invoke(process: number, f: string, key: string, value: Plain): void {
    this.order?.onInvoked(process, this.history.events.length);
    this.history.invoke(process, f, key, value);
  }

  sent(process: number, session: number, sequence: number): void {
    this.order?.onSent(process, session, sequence);
  }

  complete(
    process: number, type: 'ok' | 'fail' | 'info', f: string, key: string, value: Plain, error?: string,
  ): void {
    this.order?.onCompleted(process, type, value);
    this.history.complete(process, type, f, key, value, error);
  }
}

function serviceOf({ workload: { kind } }: Scenario): Service {
  const isOfTree = kind === 'znodes' || kind === 'barrier' || kind === 'double-barrier';
  assert(!isOfTree, 'who keeps a tree has a state machine of its own');
  return kind === 'lock' ? leaseLockService : SERVICES[kind];
}

function sessionLimits({ clients }: Scenario): SessionLimits {
  return { ...GENEROUS_LIMITS, timeoutUs: clients.sessionTimeoutUs };
}

/** The service with its sessions, or what the protocol has in its place, without a defect. */
function referenceMachine(scenario: Scenario, { coordination }: ProtocolModule): StateMachine {
  return coordination?.machine ?? new SessionMachine(serviceOf(scenario), sessionLimits(scenario));
}

function clientMaker(
  { scenario, module, nodes, history, armed }: BuildParts, recorder: Recorder,
): (self: NodeId) => Node {
  const { count, inFlight, timeoutUs, attemptTimeoutUs, readFrom } = scenario.clients;
  const source = createWorkload(scenario.workload);
  return (self) => {
    const client = self - nodes.length;
    // The client of a process is its number modulo the number of clients, in whichever slot.
    const lanes = Array.from({ length: inFlight }, (_, slot) => slot * count + client);
    const init: ClientInit = {
      self, nodes, clients: count, timeoutUs, attemptTimeoutUs, readFrom, source,
      processStride: count * inFlight,
      processes: lanes.map((lane) => history.freshProcess(lane)),
      operations: lanes.reduce((sum, lane) => sum + history.begun(lane), 0),
      protocol: module.client,
      recorder,
    };
    const steps = stepsOf(scenario, client);
    if (steps.length > 0) return new ScriptedClient(init, steps);
    return armed.make('client', (row, fired) => row.create(init, fired)) ?? new SessionClient(init);
  };
}
