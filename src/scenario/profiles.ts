import type { RandomStream } from '../contract/context.ts';
import type { LockSystem } from '../contract/lock.ts';
import type { ProtocolModule } from '../contract/module.ts';
import type { Options, OptionTable, OptionValue, SwarmDraw } from '../contract/options.ts';
import type { LinkProfile } from '../contract/world-control.ts';
import type { FaultLine, Range, WeightedFault } from '../faults/fault.ts';
import { type DurationUs, type TimeUs, US_PER_MS, US_PER_S } from '../kernel/time.ts';
import { WithinContract } from './assumptions.ts';
import { logUniform } from './log-uniform.ts';
import {
  gentleChoices, gentleOrders, longestFaultUs, swarmChoices, swarmOrders, swarmStrikes,
} from './profile-faults.ts';
import { gentleLockChoices, lockTroubleLines, longestLockFaultUs, swarmLockChoices } from './profile-locks.ts';
import { progressBudgetUs } from './progress-budget.ts';
import type { Scenario } from './scenario.ts';

/** The stream of one label, of the run's seed. */
export type StreamOf = (label: string) => RandomStream;

/** Faults have at least this long, however short the scenario is. */
const FAULT_PHASE_US_MIN = 5 * US_PER_S;
/** The last fault has healed this long before the budget of progress begins to count. */
const MARGIN_US = US_PER_S;
/** Two syncs and a round trip make an election: a disk slower than this part of the budget would never allow one. */
const SYNCS_PER_BUDGET = 160;
/** Where entries are sent one by one, each takes a sync of a follower, and one more to be applied. */
const SYNCS_PER_OPERATION = 2;
/** Messages, one after the other, until a client has a session of its own: the connection, the proposal, the answer. */
const MESSAGES_PER_SESSION = 8;

/**
 * What a profile makes of a scenario with one seed: tunables, network and faults are drawn on top of what stands there,
 * and the result has profile `none`. Labels of its streams begin with `profile/`, one for each thing that is drawn.
 *
 * `swarm` draws everything: the more two seeds differ, the more defects come to light (Groce et al. 2012, "Swarm
 * testing"). `gentle` leaves the system as it is and adds about one per cent of trouble and a fault now and then, as on
 * a bad day. An option that the scenario moved from its default is part of its claim and stays, and a scenario that
 * names processes keeps its numbers of nodes and clients. So does one that says how the nodes begin keep theirs, and an
 * option that a fault sets.
 *
 * Of a lock service, clients and the resource are struck as well, for up to several lengths of a lock. A scenario that
 * is `within` the contract is spared what breaks an assumption of the safety that it checks; no other draw moves.
 *
 * Faults and trouble last as long as the scenario; the run goes on until progress can be judged in the healed world.
 */
export function applyProfile(scenario: Scenario, stream: StreamOf, module: ProfiledModule): Scenario {
  if (scenario.profile === 'none') return scenario;
  const isSwarm = scenario.profile === 'swarm';
  const system = isSwarm ? drawSystem(scenario, stream, module) : scenario;
  const budgetUs = progressBudgetUs(system, module);
  const surrounded = isSwarm ? surround(system, scenario, stream, module) : scenario;
  const drawn = scenario.within === 'contract' ? withClocksWithin(surrounded, module) : surrounded;
  const quietUs = Math.max(scenario.durationUs, FAULT_PHASE_US_MIN);
  const faults = [...scenario.faults, ...drawLines(drawn, stream, module, quietUs)];
  return { ...drawn, durationUs: quietUs + MARGIN_US + budgetUs, profile: 'none', faults };
}

/** What a profile knows of a protocol. */
type ProfiledModule = Pick<
  ProtocolModule,
  'options' | 'events' | 'orders' | 'progressBudgetUs' | 'assumptions' | 'invariants' | 'locks' | 'isWrittenOnce'
  | 'coordination'
>;

/** Trouble, faults now and then, and strikes at events; as far as the contract allows, where the scenario is within. */
function drawLines(
  scenario: Scenario, stream: StreamOf, module: ProfiledModule, quietUs: TimeUs,
): readonly FaultLine[] {
  const isSwarm = scenario.profile === 'swarm';
  const { events, orders = {}, locks } = module;
  const trouble = isSwarm ? swarmTrouble(scenario, stream) : gentleTrouble(scenario);
  const everyUs = isSwarm
    ? { min: 20 * US_PER_MS, max: 780 * US_PER_MS }
    : { min: 1_500 * US_PER_MS, max: 3_500 * US_PER_MS };
  const pausedUs = locks === undefined ? undefined : longestLockFaultUs(locks, scenario, quietUs);
  const untilUs = quietUs - Math.max(longestFaultUs, pausedUs ?? 0);
  const drawOrders = isSwarm ? swarmOrders : gentleOrders;
  const choices = [
    ...(isSwarm ? swarmChoices(stream('profile/faults'), trouble) : gentleChoices(trouble)),
    ...drawOrders(stream('profile/orders'), orders, scenario.system.nodes),
    ...(locks === undefined ? [] : drawLockChoices(scenario, stream, locks, quietUs)),
  ];
  const troubles = [
    ...troubleLines(scenario, trouble, quietUs),
    ...(locks === undefined ? [] : lockTroubleLines(scenario, trouble, quietUs)),
  ];
  const strikes = isSwarm ? swarmStrikes(stream('profile/strikes'), events, untilUs, pausedUs) : [];
  if (scenario.within === null) return [...troubles, randomLine(everyUs, choices, untilUs), ...strikes];
  const contract = new WithinContract(scenario, module);
  const isAllowed = ({ action }: FaultLine): boolean => action.kind !== 'one-of' && contract.allows(action, null);
  const allowed = choices.flatMap((fault) => contract.narrowed(fault));
  const random = allowed.length === 0 ? [] : [randomLine(everyUs, allowed, untilUs)];
  return [...troubles.filter(isAllowed), ...random, ...strikes.filter(isAllowed)];
}

function drawLockChoices(
  scenario: Scenario, stream: StreamOf, locks: LockSystem, quietUs: TimeUs,
): readonly WeightedFault[] {
  if (scenario.profile !== 'swarm') return gentleLockChoices(locks, scenario, quietUs);
  return swarmLockChoices(stream('profile/locks'), locks, scenario, quietUs);
}

function withClocksWithin(drawn: Scenario, module: ProfiledModule): Scenario {
  const driftPerMillion = new WithinContract(drawn, module).drift(drawn.clocks.driftPerMillion);
  return { ...drawn, clocks: { ...drawn.clocks, driftPerMillion } };
}

// ── The system ─────────────────────────────────────────────────────────

function drawSystem(
  scenario: Scenario, stream: StreamOf, { options: table, isWrittenOnce }: ProfiledModule,
): Scenario {
  const { system, clients, workload } = scenario;
  const namesProcesses = /"[ncr]\d+"/.test(JSON.stringify([scenario.faults, scenario.checks, workload.script]));
  // The beginning is that of so many nodes.
  const keepsNodes = namesProcesses || scenario.initial !== null;
  return {
    ...scenario,
    system: {
      ...system,
      nodes: keepsNodes ? system.nodes : drawNodes(stream('profile/nodes')),
      options: drawOptions(system.options, stream, table, optionsSet(scenario.faults)),
    },
    clients: {
      ...clients,
      count: namesProcesses ? clients.count : stream('profile/clients').between(3, 6),
      // A client that gives up on a dead leader soon is there when the next one is elected.
      attemptTimeoutUs: Math.min(clients.attemptTimeoutUs, stream('profile/attempts').between(50_000, 300_000)),
      ...drawSessions(clients, stream),
      // A client holds one lock at a time.
      ...(scenario.locking === null ? {} : { inFlight: 1 }),
    },
    // Few keys are hot keys: operations that never meet cannot contradict each other.
    // Busy clients always have something at stake when a fault strikes.
    workload: {
      ...workload,
      keys: isWrittenOnce === true ? workload.keys : stream('profile/keys').between(1, 5),
      // Many reads find what is stale, many changes what is lost.
      readPerMillion: stream('profile/reads').between(200_000, 900_000),
      persistentWatchPerMillion: drawPersistentWatches(workload, stream),
      thinkUs: { min: 0, max: logUniform(stream('profile/think'), { min: US_PER_MS, max: 60 * US_PER_MS }) },
    },
  };
}

/**
 * In some seeds sessions expire while copies of their commands are on the way, in some a session has several commands
 * open at a time, and in some reads go to nodes that have not applied everything. What the scenario set stays.
 */
function drawSessions(
  clients: Scenario['clients'], stream: StreamOf,
): Pick<Scenario['clients'], 'sessionTimeoutUs' | 'inFlight' | 'readFrom'> {
  const random = stream('profile/sessions');
  const isShort = random.chance(300_000);
  const shortUs = logUniform(random, { min: 200 * US_PER_MS, max: 3 * US_PER_S });
  const inFlight = [1, 1, 1, 1, 1, 1, 2, 2, 3][random.between(0, 8)] ?? 1;
  const readFrom = random.chance(300_000) ? 'any' : 'leader';
  return {
    sessionTimeoutUs: isShort ? Math.min(clients.sessionTimeoutUs, shortUs) : clients.sessionTimeoutUs,
    inFlight: clients.inFlight === 1 ? inFlight : clients.inFlight,
    readFrom: clients.readFrom === 'leader' ? readFrom : clients.readFrom,
  };
}

/** In one seed of three some of the watches of a tree stay, beside those that the scenario has anyway. */
function drawPersistentWatches(
  { kind, persistentWatchPerMillion: given }: Scenario['workload'], stream: StreamOf,
): number | null {
  if (kind !== 'znodes' || given !== null) return given;
  const random = stream('profile/watches');
  return random.chance(333_333) ? random.between(100_000, 900_000) : null;
}

/** Two to seven, most of them small: there a single node decides a vote. */
function drawNodes(random: RandomStream): number {
  return [2, 3, 3, 3, 3, 4, 4, 5, 5, 5, 6, 7][random.between(0, 11)] ?? 3;
}

/** Durations are drawn together or not at all: only together are they consistent. */
function drawOptions(options: Options, stream: StreamOf, table: OptionTable, set: ReadonlySet<string>): Options {
  const isKept = (name: string): boolean => options[name] !== table[name]?.default || set.has(name);
  const names = Object.keys(table);
  const keepsDurations = names.some((name) => table[name]?.kind === 'duration' && isKept(name));
  const drawn: Record<string, OptionValue> = { ...options };
  for (const name of names) {
    const spec = table[name];
    if (spec?.swarm === undefined || isKept(name) || (spec.kind === 'duration' && keepsDurations)) continue;
    drawn[name] = drawOption(spec.swarm, stream(`profile/options/${name}`));
  }
  if (!keepsDurations) fitElections(drawn);
  return drawn;
}

/** Names of the options that a line sets: what it sets goes together with the others as the file has them. */
function optionsSet(faults: readonly FaultLine[]): ReadonlySet<string> {
  return new Set(faults.flatMap(({ action }) => {
    const actions = action.kind === 'one-of' ? action.choices.map((choice) => choice.action) : [action];
    return actions.flatMap((each) => (each.kind === 'set' ? Object.keys(each.options) : []));
  }));
}

function drawOption(draw: SwarmDraw, random: RandomStream): OptionValue {
  switch (draw.kind) {
    case 'between': return random.between(draw.min, draw.max);
    case 'log-uniform': return logUniform(random, draw);
    case 'choice': {
      let left = random.between(1, draw.of.reduce((sum, [, weight]) => sum + weight, 0));
      const chosen = draw.of.find(([, weight]) => (left -= weight) <= 0);
      return (chosen as readonly [OptionValue, number])[0];
    }
  }
}

/** Without this order nobody is ever elected for long: heartbeat < electionTimeoutMin <= electionTimeoutMax. */
function fitElections(options: Record<string, OptionValue>): void {
  const { electionTimeoutMin: min, electionTimeoutMax: max, heartbeat } = options;
  if (typeof min !== 'number' || typeof max !== 'number') return;
  const lower = Math.min(min, max);
  options['electionTimeoutMin'] = lower;
  options['electionTimeoutMax'] = Math.max(min, max);
  if (typeof heartbeat === 'number' && heartbeat >= lower) options['heartbeat'] = Math.floor(lower / 2);
}

/** What surrounds the system, and clients that are patient enough for the disk that was drawn. */
function surround(system: Scenario, said: Scenario, stream: StreamOf, module: ProfiledModule): Scenario {
  const drawn = { ...system, ...drawSurroundings(said, stream, module, system) };
  return patient(outlasting(drawn, said, module), module);
}

function drawSurroundings(
  scenario: Scenario, stream: StreamOf, module: ProfiledModule, system: Scenario,
): Pick<Scenario, 'network' | 'disk' | 'clocks'> {
  const latencyUsMax = logUniform(stream('profile/latency'), { min: 500, max: 8 * US_PER_MS });
  const slowest = Math.min(100 * US_PER_MS, Math.floor(serversBudgetUs(system, module) / SYNCS_PER_BUDGET));
  const syncUs = logUniform(stream('profile/disk'), { min: US_PER_MS, max: Math.max(US_PER_MS, slowest) });
  const latencyUsMin = Math.min(scenario.network.latencyUsMin, latencyUsMax >> 2);
  return {
    network: { ...scenario.network, latencyUsMin, latencyUsMax },
    disk: { syncUs: { min: Math.floor(syncUs / 2), max: syncUs } },
    clocks: { ...scenario.clocks, driftPerMillion: stream('profile/clocks').between(0, 20_000) },
  };
}

/**
 * The patience with the servers alone. A lease of eight seconds makes no election longer: swarm seed 14966 of raft-lock
 * had a disk that takes 76 ms, for the lease's sake, and elections after 157 to 275 ms; no leader stayed.
 */
function serversBudgetUs(system: Scenario, module: ProfiledModule): DurationUs {
  return progressBudgetUs(system, {
    progressBudgetUs: (options) => module.progressBudgetUs(options) - (module.locks?.blockedUs(options) ?? 0),
  });
}

/**
 * Sessions that were drawn short outlast the queue: all operations that can be open at once, one after the other. Three
 * clients with three each, on a slow disk: each command would find its session expired by those before it, for ever. In
 * swarm seed 11540 of raft-lock it was four with two each, an acquisition and the release of the one before.
 *
 * And where a client gives each server a part of the session's length to begin it, that part suffices: in swarm seed
 * 2276 of zookeeper it was 41 ms of 248, where a commit took 65, and no client ever had a session again.
 */
function outlasting(drawn: Scenario, said: Scenario, { locks, coordination }: ProfiledModule): Scenario {
  const { clients, disk, network, system } = drawn;
  const open = clients.count * Math.max(clients.inFlight, locks?.sessionCommands ?? 0);
  const queueUs = open * SYNCS_PER_OPERATION * disk.syncUs.max;
  const beginUs = SYNCS_PER_OPERATION * disk.syncUs.max + MESSAGES_PER_SESSION * network.latencyUsMax;
  const attemptsUs = coordination === undefined ? 0 : system.nodes * beginUs;
  const patientUs = Math.max(clients.sessionTimeoutUs, queueUs, attemptsUs);
  return { ...drawn, clients: { ...clients, sessionTimeoutUs: Math.min(said.clients.sessionTimeoutUs, patientUs) } };
}

/**
 * Who asks a lock server does not wait longer each time, as clients of a service do: it waits for a round trip and two
 * syncs from the start. Swarm seed 19935 of redis-lock had clients that gave up after 51 ms on a disk that takes 97.
 */
function patient(drawn: Scenario, { locks }: ProfiledModule): Scenario {
  if (locks?.servers === undefined || locks.servers === null) return drawn;
  const { clients, disk, network } = drawn;
  const attemptTimeoutUs = Math.max(clients.attemptTimeoutUs, 2 * (disk.syncUs.max + network.latencyUsMax));
  return { ...drawn, clients: { ...clients, attemptTimeoutUs } };
}

// ── Network and faults ─────────────────────────────────────────────────

/** Delays longer than an election timeout let messages outlive the term that they were sent in. */
function swarmTrouble(scenario: Scenario, stream: StreamOf): LinkProfile {
  const random = stream('profile/network');
  return {
    ...scenario.network,
    lossPerMillion: random.between(30_000, 50_000),
    duplicatePerMillion: random.between(50_000, 80_000),
    slowPerMillion: random.between(60_000, 150_000),
    slowUsMin: scenario.network.latencyUsMax,
    slowUsMax: random.between(700 * US_PER_MS, 1_500 * US_PER_MS),
  };
}

function gentleTrouble(scenario: Scenario): LinkProfile {
  return {
    ...scenario.network,
    lossPerMillion: 10_000,
    duplicatePerMillion: 10_000,
    slowPerMillion: 10_000,
    slowUsMin: scenario.network.latencyUsMax,
    slowUsMax: Math.max(scenario.network.latencyUsMax, 200 * US_PER_MS),
  };
}

/**
 * Trouble is a fault of all links that somebody uses, so that it ends. Clients do not talk to one another. Those of a
 * lock say little: gentle trouble on their way to the nodes missed all of it in seeds 10504 and 16231 of raft-lock.
 */
function troubleLines(scenario: Scenario, profile: LinkProfile, quietUs: TimeUs): FaultLine[] {
  const clients = Array.from({ length: scenario.clients.count }, (_, client) => `c${client + 1}`);
  const nodes = Array.from({ length: scenario.system.nodes }, (_, node) => `n${node + 1}`);
  const line = (from: readonly string[], to: readonly string[], allowVacuous: boolean): FaultLine => ({
    trigger: { kind: 'at', atUs: 0 },
    action: { kind: 'link', from, to, profile, forUs: quietUs },
    allowVacuous,
  });
  return [line(nodes, [...nodes, ...clients], false), line(clients, nodes, scenario.locking !== null)];
}

/** May change nothing: four gentle faults can all miss, while the trouble has long since made the run say something. */
function randomLine(everyUs: Range, choices: readonly WeightedFault[], untilUs: TimeUs): FaultLine {
  return {
    trigger: { kind: 'random', everyUs, fromUs: 0, untilUs },
    action: { kind: 'one-of', choices },
    allowVacuous: true,
  };
}
