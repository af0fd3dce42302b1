import type { Catalogue, CatalogueProtocol } from '../catalogue.ts';
import type { Check, FaultLine, Scenario } from '../scenario.ts';
import { suggestion } from './did-you-mean.ts';
import { faultsMax, networkOf, resolveFaultLine, type FaultSurroundings } from './faults.ts';
import { checkWindow, resolveMetric } from './metrics.ts';
import { checkSetsTogether, resolveOptions } from './options.ts';
import { quote } from './problem.ts';
import { formatDuration } from './quantity.ts';
import type { Report } from './report.ts';
import type { CheckFile, FaultLineFile, ScenarioFile } from './schema.ts';
import { resolveLocking } from './locking.ts';
import { resolveScript } from './script.ts';

type Kind = Scenario['workload']['kind'];

const ms = 1_000;
const s = 1_000_000;

/** What a file does not say: five nodes on a quiet local network. */
const lan = {
  nodes: 5,
  clients: {
    count: 3, timeoutUs: 1 * s, attemptTimeoutUs: 300 * ms, sessionTimeoutUs: 60 * s, inFlight: 1, readFrom: 'leader',
  },
  workload: {
    kind: 'append', keys: 3, readPerMillion: 500_000, persistentWatchPerMillion: null,
    thinkUs: { min: 5 * ms, max: 50 * ms },
  },
  network: {
    latencyUsMin: 1 * ms, latencyUsMax: 3 * ms, lossPerMillion: 0, duplicatePerMillion: 0,
    slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
  },
  syncUs: { min: 2 * ms, max: 2 * ms },
  durationUs: 10 * s,
  limits: { events: 5_000_000, sameInstantEvents: 100_000 },
  seeds: { first: 1, count: 20 },
} as const;

/** The parts of a file of one system that have their shape; of lists, the items that have theirs, with positions. */
export type GoodParts = {
  readonly [Key in Exclude<keyof ScenarioFile, 'systems' | 'faults' | 'check'>]?: ScenarioFile[Key] | undefined;
} & {
  readonly faults: readonly { readonly index: number; readonly item: FaultLineFile }[];
  readonly check: readonly { readonly index: number; readonly item: CheckFile }[] | null;
  /** Keys of the file whose part is not here because its shape is wrong. */
  readonly broken: ReadonlySet<string>;
};

/**
 * Fills in what the file leaves out and checks what depends on more than one place. The result means something only if
 * the report has no problem afterwards.
 */
export function resolveScenario(file: GoodParts, catalogue: Catalogue, report: Report): Scenario {
  const { broken } = file;
  const system = resolveSystem(file, catalogue, report);
  const clients = resolveClients(file, report);
  const network = networkOf(file.network ?? {}, lan.network);
  const durationUs = file.duration ?? lan.durationUs;
  const protocol = catalogue.protocols.get(system.protocol);
  const surroundings: FaultSurroundings = {
    nodes: broken.has('system') ? null : system.nodes,
    clients: broken.has('clients') ? null : clients.count,
    resources: protocol?.locks === undefined ? 0 : 1,
    durationUs: broken.has('duration') ? null : durationUs,
    lines: file.faults.map(({ index }) => index),
    protocol: protocol ?? null,
    options: system.options,
    network,
  };
  const lines = file.faults.flatMap(({ index, item }) => {
    const path = ['faults', index];
    const line = resolveFaultLine(item, path, surroundings, report);
    return line === null ? [] : [{ path, index, line }];
  });
  const faults = lines.map(({ index, line }, at) => (index === at ? line : { ...line, place: index }));
  if (protocol !== undefined) checkSetsTogether(lines, { system, protocol }, report);
  refuseTooManyFaults(faults, report);
  const workload = resolveWorkload(file, surroundings, report);
  const checks = resolveChecks(file.check, { ...surroundings, kind: workload.kind }, report);
  const named = file.defect ?? null;
  const defect = named === null ? null : catalogue.defects.get(named) ?? null;
  if (named !== null && defect === null) {
    report.value(['defect'], `${quote(named)} is not in the catalogue`, suggestion(named, catalogue.defects.keys()));
  }
  const { limits, clocks, seeds } = file;
  return {
    name: file.name ?? '',
    why: file.why?.trim() ?? '',
    system,
    clients,
    workload,
    locking: resolveLocking(file, surroundings, report),
    network,
    disk: { syncUs: file.disk?.sync ?? lan.syncUs },
    clocks: { driftPerMillion: clocks?.drift ?? 0, offsetUs: clocks?.offset ?? 0 },
    initial: resolveInitial(file, system.nodes, protocol, report),
    durationUs,
    limits: {
      events: limits?.events ?? lan.limits.events,
      sameInstantEvents: limits?.sameInstant ?? lan.limits.sameInstantEvents,
    },
    profile: file.profile ?? 'none',
    within: resolveWithin(file, report),
    defect,
    faults,
    checks,
    expect: resolveExpect(file, checks, protocol, report),
    seeds: typeof seeds === 'number'
      ? { first: lan.seeds.first, count: seeds }
      : { first: seeds?.first ?? lan.seeds.first, count: seeds?.count ?? lan.seeds.count },
  };
}

/** Each line has been held to the limit by itself. */
function refuseTooManyFaults(faults: readonly FaultLine[], report: Report): void {
  const counts = faults.map(({ trigger }) =>
    (trigger.kind === 'random' ? (trigger.untilUs - trigger.fromUs) / trigger.everyUs.min : 1));
  if (counts.every((count) => count <= faultsMax) && counts.reduce((sum, count) => sum + count, 0) > faultsMax) {
    report.value(['faults'], `together these may be more than ${faultsMax} faults`, 'leave more time between them');
  }
}

function resolveWithin({ within, profile = 'none', broken }: GoodParts, report: Report): Scenario['within'] {
  if (within !== undefined && profile === 'none' && !broken.has('profile')) {
    const message = 'there is no profile whose faults could be held inside the contract';
    report.key(['within'], message, 'write `profile: swarm`');
  }
  return within ?? null;
}

function resolveSystem({ system }: GoodParts, catalogue: Catalogue, report: Report): Scenario['system'] {
  const nodes = system?.nodes ?? lan.nodes;
  if (system === undefined) return { protocol: '', nodes, options: {} };
  const { protocol } = system;
  const known = catalogue.protocols.get(protocol);
  if (known === undefined) {
    const hint = suggestion(protocol, catalogue.protocols.keys());
    report.value(['system', 'protocol'], `${quote(protocol)} is not a protocol that is known here`, hint);
    return { protocol, nodes, options: {} };
  }
  return { protocol, nodes, options: resolveOptions(system.options ?? {}, known, report) };
}

function resolveInitial(
  file: GoodParts, nodes: number, protocol: CatalogueProtocol | undefined, report: Report,
): Scenario['initial'] {
  const initial = plainData(file.initial);
  if (initial === null || protocol === undefined || file.broken.has('system')) return null;
  if (!isFinite(initial)) {
    report.value(['initial'], 'a number must be finite');
    return null;
  }
  const problem = protocol.initialProblem === undefined
    ? `${quote(file.system?.protocol ?? '')} has no other beginning than its own`
    : protocol.initialProblem(initial, nodes);
  if (problem !== null) report.value(['initial'], problem);
  return initial;
}

/** What a file says in a part whose shape is the protocol's own affair. */
function plainData(value: unknown): Scenario['initial'] {
  if (Array.isArray(value)) return value.map(plainData);
  if (typeof value !== 'object' || value === null) return (value ?? null) as Scenario['initial'];
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plainData(field)]));
}

function isFinite(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(isFinite);
}

function resolveClients({ clients }: GoodParts, report: Report): Scenario['clients'] {
  const timeoutUs = clients?.timeout ?? lan.clients.timeoutUs;
  const attemptTimeoutUs = clients?.attemptTimeout ?? Math.min(lan.clients.attemptTimeoutUs, timeoutUs);
  if (attemptTimeoutUs > timeoutUs) {
    const message = `an attempt (${formatDuration(attemptTimeoutUs)}) outlasts its operation`
      + ` (\`timeout\` is ${formatDuration(timeoutUs)})`;
    report.value(['clients', 'attemptTimeout'], message, 'make `attemptTimeout` the shorter one');
  }
  const sessionTimeoutUs = clients?.sessionTimeout ?? lan.clients.sessionTimeoutUs;
  return {
    count: clients?.count ?? lan.clients.count,
    timeoutUs,
    attemptTimeoutUs,
    sessionTimeoutUs,
    inFlight: clients?.inFlight ?? lan.clients.inFlight,
    readFrom: clients?.readFrom ?? lan.clients.readFrom,
  };
}

function resolveWorkload(
  { workload }: GoodParts, surroundings: FaultSurroundings, report: Report,
): Scenario['workload'] {
  const kind = workload?.kind ?? standardKind(surroundings);
  refuseOtherWorkload(kind, surroundings, report);
  if (kind !== 'znodes' && workload?.persistentWatches !== undefined) {
    report.key(['workload', 'persistentWatches'], 'only a workload of kind `znodes` sets watches');
  }
  const isOfOne = kind === 'double-barrier';
  if (isOfOne && (workload?.keys ?? 1) > 1) {
    const message = 'clients that wait at several double barriers would wait for each other';
    report.value(['workload', 'keys'], message, 'write `keys: 1`, or leave it out');
  }
  return {
    kind,
    keys: workload?.keys ?? (isOfOne ? 1 : lan.workload.keys),
    readPerMillion: workload?.reads ?? lan.workload.readPerMillion,
    persistentWatchPerMillion: workload?.persistentWatches ?? lan.workload.persistentWatchPerMillion,
    thinkUs: workload?.think ?? lan.workload.thinkUs,
    script: resolveScript(workload?.script ?? [], kind, surroundings, report),
  };
}

function standardKind({ protocol }: FaultSurroundings): Scenario['workload']['kind'] {
  if (protocol?.locks !== undefined) return 'lock';
  return (protocol?.coordination?.workloads[0] ?? lan.workload.kind) as Kind;
}

/** A tree of znodes is no list and no counter, and nothing else has one. That of locks is told elsewhere. */
function refuseOtherWorkload(kind: Kind, { protocol }: FaultSurroundings, report: Report): void {
  if (protocol === null || protocol.locks !== undefined) return;
  const { coordination } = protocol;
  if (coordination !== undefined && !coordination.workloads.includes(kind) && kind !== 'lock') {
    const message = `this system keeps a tree of znodes: its workloads are ${coordination.workloads.join(', ')}`;
    report.value(['workload', 'kind'], message);
  }
  if (coordination === undefined && kind === 'znodes') {
    report.value(['workload', 'kind'], 'this system has no znodes', 'coordination services have: zookeeper');
  }
  if (coordination === undefined && isOfBarriers(kind)) {
    report.value(['workload', 'kind'], 'this system has no barriers', 'zookeeper-recipes has');
  }
}

function isOfBarriers(kind: Kind): boolean {
  return kind === 'barrier' || kind === 'double-barrier';
}

/** Checkers without settings but their names. Those of locks want a lock service, those of znodes a tree of them. */
const lockCheckers = ['mutual-exclusion', 'fencing', 'lock-ownership'] as const;
/** What ZooKeeper guarantees. That `sync` is fresh it does not, unless it is made to. */
const treeCheckers = ['linearizable-writes', 'session-order', 'watches', 'sessions'] as const;
const znodeCheckers = [...treeCheckers, 'fresh-sync'] as const;
const namedCheckers = [
  'linearizable', 'total-queue', 'barriers', 'client-order', ...lockCheckers, ...znodeCheckers,
] as const;
const checkers = [...namedCheckers, 'progress', 'metric'] as const;

/** What checks depend on. */
interface CheckSurroundings extends FaultSurroundings {
  readonly kind: Kind;
}

function resolveChecks(
  file: GoodParts['check'], surroundings: CheckSurroundings, report: Report,
): readonly Check[] {
  const { protocol, kind } = surroundings;
  const hasLocks = protocol === null ? null : protocol.locks !== undefined;
  if (file === null) {
    const named = standardSafety(hasLocks === true, kind).map((checker): Check => ({ checker, name: checker }));
    return [...named, { checker: 'progress', name: 'progress', window: null }];
  }
  const checks: Check[] = [];
  for (const { index, item } of file) {
    const path = ['check', index];
    const check = typeof item === 'string'
      ? bareCheck(item, path, report)
      : fullCheck(item, path, surroundings, report);
    if (check === null) continue;
    refuseOtherSystem(check.checker, protocol, path, report);
    refuseOtherKind(check.checker, kind, path, report);
    if (checks.some(({ name }) => name === check.name)) {
      const key = check.checker === 'metric' ? 'as' : 'name';
      report.value(path, `a second check with the name ${quote(check.name)}`, `give it a \`${key}\` of its own`);
    }
    checks.push(check);
  }
  return checks;
}

function standardSafety(hasLocks: boolean, kind: Kind): readonly (typeof namedCheckers[number])[] {
  if (hasLocks) return lockCheckers;
  if (isOfBarriers(kind)) return ['barriers'];
  return kind === 'znodes' ? treeCheckers : ['linearizable'];
}

/** A lock that expires is no mutex, and what is asked of a register says nothing of who held what. */
function refuseOtherSystem(
  checker: Check['checker'], protocol: CatalogueProtocol | null, path: readonly PropertyKey[], report: Report,
): void {
  if (protocol === null) return;
  const hasLocks = protocol.locks !== undefined;
  if (checker === 'linearizable' && hasLocks) {
    const message = 'locks that expire are not linearizable';
    report.value(path, message, `their checks are ${lockCheckers.join(', ')}`);
  }
  if (checker === 'client-order' && (hasLocks || protocol.coordination !== undefined)) {
    report.value(path, `${quote(checker)} judges commands in sessions of a log`, 'this system has none of them');
  }
  if ((lockCheckers as readonly string[]).includes(checker) && !hasLocks) {
    const hint = 'lock services are redlock, redis-lock, raft-lock and zookeeper-lock';
    report.value(path, `${quote(checker)} judges locks`, hint);
  }
}

function refuseOtherKind(
  checker: Check['checker'], kind: Kind, path: readonly PropertyKey[], report: Report,
): void {
  if (checker === 'linearizable' && kind === 'znodes') {
    const hint = `its checks are ${znodeCheckers.join(', ')}; registers that are kept in it are linearizable`;
    report.value(path, 'a tree that is read locally is not linearizable', hint);
  }
  if (checker === 'linearizable' && isOfBarriers(kind)) {
    report.value(path, 'who waits at a barrier is answered by what others do', 'its check is `barriers`');
  }
  if (checker === 'barriers' && !isOfBarriers(kind)) {
    report.value(path, '`barriers` judges barriers', 'the workloads that have them are `barrier` and `double-barrier`');
  }
  if (checker === 'total-queue' && kind !== 'queue') {
    report.value(path, '`total-queue` judges queues', 'the workload that has them is `queue`');
  }
  if ((znodeCheckers as readonly string[]).includes(checker) && kind !== 'znodes') {
    report.value(path, `${quote(checker)} judges a tree of znodes`, 'the workload that has one is `znodes`');
  }
}

function isNamedChecker(word: string): word is typeof namedCheckers[number] {
  return (namedCheckers as readonly string[]).includes(word);
}

function bareCheck(word: string, path: readonly PropertyKey[], report: Report): Check | null {
  if (isNamedChecker(word)) return { checker: word, name: word };
  if (word === 'progress') return { checker: word, name: word, window: null };
  if (word === 'metric') report.value(path, '`metric` needs its settings', 'write { metric: { name: terms, max: 3 } }');
  else report.value(path, `${quote(word)} is not a checker`, suggestion(word, checkers));
  return null;
}

function fullCheck(
  item: Exclude<CheckFile, string>, path: readonly PropertyKey[], surroundings: FaultSurroundings, report: Report,
): Check | null {
  const given = checkers.filter((checker) => item[checker] !== undefined);
  const [only] = given;
  if (only === undefined || given.length !== 1) {
    report.value(path, `this check names ${given.length} checkers`, `write exactly one of ${checkers.join(', ')}`);
    return null;
  }
  if (item.metric !== undefined) return resolveMetric(item.metric, [...path, 'metric'], surroundings, report);
  if (isNamedChecker(only)) return { checker: only, name: item[only]?.name ?? only };
  const { name = 'progress', from, to, clients } = item.progress ?? {};
  const hasWindow = from !== undefined || to !== undefined || clients !== undefined;
  if (!hasWindow) return { checker: 'progress', name, window: null };

  const at = [...path, 'progress'];
  const fromUs = from ?? 0;
  const toUs = to ?? surroundings.durationUs ?? 0;
  checkWindow({ fromUs, toUs }, at, surroundings, report);
  (clients ?? []).forEach((client, index) => {
    const number = Number(/^c([1-9]\d*)$/.exec(client)?.[1] ?? NaN);
    if (surroundings.clients === null || number <= surroundings.clients) return;
    report.value([...at, 'clients', index], Number.isNaN(number)
      ? `${quote(client)} is not the name of a client: they are c1, c2, …`
      : `${client}: there are ${surroundings.clients} clients`);
  });
  return { checker: 'progress', name, window: { fromUs, toUs, clients: clients ?? null } };
}

function resolveExpect(
  file: GoodParts, checks: readonly Check[], protocol: CatalogueProtocol | undefined, report: Report,
): Scenario['expect'] {
  const invariants = (protocol?.invariants.declared ?? []).map(({ id }) => id);
  const names = [...checks.map(({ name }) => name), 'assertion'];
  // An expectation of a check that is wrong itself was told already.
  const isComplete = !file.broken.has('check') && checks.length === (file.check ?? checks).length
    && protocol !== undefined;
  const expect: Record<string, 'valid' | 'invalid' | 'unknown'> = {};
  for (const [name, verdict] of Object.entries(file.expect ?? {})) {
    if (!names.includes(name) && !invariants.includes(name) && isComplete) {
      const hint = suggestion(name, [...names, ...invariants]) ?? `known here: ${[...names, ...invariants].join(', ')}`;
      report.key(['expect', name], `${quote(name)} is neither a check of this scenario nor an invariant`, hint);
    }
    expect[name] = verdict;
  }
  return expect;
}
