import { couldHaveBeenWrong, LOCK_MODEL_NAMES } from '../../checkers/index.ts';
import type { ProtocolModule } from '../contract/module.ts';
import type { History } from '../history/operation.ts';
import { vacuousLines } from '../faults/vacuous.ts';
import type { AppliedFault } from '../faults/applied.ts';
import type { FaultEffect } from '../contract/world-control.ts';
import { assert } from '../kernel/assert.ts';
import { guarded } from '../kernel/guard.ts';
import { nodeId } from '../kernel/ids.ts';
import { Streams } from '../kernel/streams.ts';
import { TRACE_VERSION } from '../kernel/trace.ts';
import { buildWorld, type Built } from '../scenario/build.ts';
import { protocols } from '../scenario/catalogue.ts';
import { formatCoordinate } from '../scenario/coordinate.ts';
import { scenarioHash12 } from '../scenario/hash.ts';
import { applyProfile } from '../scenario/profiles.ts';
import type { FaultLine, Scenario } from '../scenario/scenario.ts';
import type { StopReason } from '../world/settings.ts';
import { judge, type NodeClock } from './judge.ts';
import { meteredEvents, metricsOf, type Measured, type Meters } from './metrics.ts';
import type { RunRequest } from './request.ts';
import { staleReads } from './stale-reads.ts';
import type { FaultRecord, Outcome, RunRecord, VerdictRecord } from './result.ts';

/**
 * Runs one scenario with one seed and judges it. Synchronous, and a pure function of its request: while it runs, the
 * host's clocks, timers and random numbers are trapped.
 */
export function run(request: RunRequest): RunRecord {
  const stopWatching = request.watchPromises?.();
  let promises = 0;
  let record: RunRecord;
  try {
    record = guarded(() => runScenario(request));
  } finally {
    promises = stopWatching?.() ?? 0;
  }
  const { result } = record;
  if (promises === 0 || result.outcome === 'error') return record;
  const reason = `${promises} promises were made while the run was executing: part of the protocol runs outside of it`;
  return { ...record, result: { ...result, outcome: 'error', asExpected: false, reason } };
}

function runScenario(request: RunRequest): RunRecord {
  const { seed } = request;
  const module = request.module ?? protocols.get(request.scenario.system.protocol);
  assert(module !== undefined, 'the parser knows every protocol that a scenario can name');
  const streams = new Streams(seed);
  const isDisarmed = request.without?.includes('defect') === true;
  const asked = isDisarmed ? { ...request.scenario, defect: null } : request.scenario;
  const scenario = applyProfile(asked, (label) => streams.get(label), module);
  const built = buildWorld(scenario, {
    module,
    streams,
    trace: request.trace === true || request.onLine !== undefined ? 'full' : 'digest',
    ...(request.onLine === undefined ? {} : { onLine: request.onLine }),
    // Messages travel by reference. Ours are known to be left alone by whoever has them; a stranger's are not.
    freezeMessages: request.module !== undefined,
    meteredEvents: meteredEvents(module, scenario.checks),
    without: (request.without ?? []).filter((omitted) => omitted !== 'defect'),
  });
  built.world.start();
  built.nemesis.start();
  const stop = built.world.runUntil(scenario.durationUs);
  built.finish();
  return conclude(request, scenario, module, built, stop);
}

function nodeClocksOf({ system }: Scenario, { world }: Built): NodeClock[] {
  return Array.from({ length: system.nodes }, (_, node) => {
    const { name, clock } = world.process(nodeId(node));
    return { name, monotonicAtUs: (trueUs) => clock.shownUs('monotonic', trueUs) };
  });
}

function conclude(
  request: RunRequest, scenario: Scenario, module: ProtocolModule, built: Built, stop: StopReason,
): RunRecord {
  const { world, nemesis, history, breaches } = built;
  const { events } = history;
  const faults = nemesis.applied;
  const measured: Measured = { meters: metersOf(built, module), history: events, faults, endUs: world.nowUs };
  const verdicts = stop.kind === 'error'
    ? []
    : judge({
      scenario, module, breaches, order: built.order?.orderOf(events), updates: built.updates(),
      nodeClocks: nodeClocksOf(scenario, built),
      ...measured,
    });
  const { outcome, reason } = outcomeOf(stop, verdicts, vacuity(scenario, built));
  const isAsExpected = verdicts.every(({ verdict, expected }) => verdict === expected);
  const { defect } = request.scenario;
  return {
    result: {
      scenario: scenario.name,
      file: request.file,
      coordinate: formatCoordinate({
        slug: request.slug, hash: scenarioHash12(request.scenario), defect, seed: request.seed,
        ...(request.namesSystem === true ? { system: module.name } : {}),
      }),
      system: module.name,
      seed: request.seed,
      defect,
      fired: defect === null ? null : built.fired(),
      fingerprint: fingerprintOf(built),
      outcome,
      asExpected: isAsExpected && outcome !== 'error' && outcome !== 'vacuous' && stop.kind === 'end',
      verdicts,
      reason,
      operations: { ...history.counts },
      events: world.trace.events,
      simulatedUs: world.nowUs,
      faults: faults.map(faultRecord),
      metrics: { ...metricsOf(measured, module, scenario.checks), ...staleness(scenario, events, verdicts) },
    },
    history: events,
    trace: world.traceLines(),
  };
}

function metersOf({ world, notes }: Built, module: ProtocolModule): Meters {
  const epochs = world.nodes.map((id) => {
    const { node } = world.process(id);
    return node === null ? 0 : module.view(node.state).epoch;
  });
  return { messages: world.messagesSent, syncs: world.syncs, terms: Math.max(0, ...epochs), notes };
}

/** Worst first. An expected `invalid` is a violation all the same: `asExpected` says that it was wanted. */
function outcomeOf(
  stop: StopReason, verdicts: readonly VerdictRecord[], vacuous: Vacuity | null,
): { readonly outcome: Outcome; readonly reason: string | null } {
  if (stop.kind === 'error') return { outcome: 'error', reason: stop.text };
  const limit = stop.kind === 'limit' ? `limit: ${stop.text}` : null;
  if (verdicts.some(({ verdict }) => verdict === 'invalid')) return { outcome: 'violation', reason: limit };
  if (limit !== null) return { outcome: 'unknown', reason: limit };
  const unknown = verdicts.find(({ checker, verdict }) =>
    verdict === 'unknown' && !(vacuous?.silenced.includes(checker) ?? false));
  if (unknown !== undefined) return { outcome: 'unknown', reason: `${unknown.checker}: ${unknown.summary}` };
  if (vacuous !== null) return { outcome: 'vacuous', reason: vacuous.reason };
  return { outcome: 'pass', reason: null };
}

/** Why the run says nothing. */
interface Vacuity {
  readonly reason: string;
  /** Names of checks that have nothing to judge for this very reason: that they are unknown is no other news. */
  readonly silenced: readonly string[];
}

/** `null` when the run says something. */
function vacuity(scenario: Scenario, { nemesis, history }: Built): Vacuity | null {
  const ofLocks = scenario.checks.filter(({ checker }) => (LOCK_MODEL_NAMES as readonly string[]).includes(checker));
  // A client that goes on under another number is no rival of itself.
  const isContended = ofLocks.length === 0 || couldHaveBeenWrong(history.events, scenario.clients.count);
  const silenced = isContended ? [] : ofLocks.map(({ name }) => name);
  const lines = vacuousLines(scenario.faults, nemesis.applied);
  if (lines.length > 0) {
    const names = lines.map((line) => {
      const { place = line, action } = scenario.faults[line] as FaultLine;
      return `number ${place + 1} (${action.kind})`;
    });
    return { reason: `of its faults, ${names.join(', ')} never applied or changed nothing`, silenced };
  }
  if (!isContended) return { reason: 'no lock was granted to two clients', silenced };
  const asksAnswers = scenario.checks.some(({ checker }) => checker === 'linearizable');
  if (!asksAnswers || couldHaveBeenWrong(history.events)) return null;
  return { reason: 'no answer could have been wrong: no read of anything written', silenced };
}

/** Of linearizable answers none is stale: nobody has to count them. */
function staleness(
  { checks, workload }: Scenario, history: History, verdicts: readonly VerdictRecord[],
): { readonly staleReads?: number } {
  const check = checks.find(({ checker }) => checker === 'linearizable');
  const verdict = verdicts.find(({ checker }) => checker === check?.name)?.verdict;
  if (verdict === undefined) return {};
  const count = verdict === 'valid' ? 0 : staleReads(history, workload.kind);
  return count === null ? {} : { staleReads: count };
}

/** What a run was, as 16 hexadecimal digits: events, history with values, durable content, every stream's next draw. */
function fingerprintOf({ world, history }: Built): string {
  const { digest } = world.trace;
  digest.addWord(TRACE_VERSION);
  for (const event of history.events) {
    digest.addPlain(event.process);
    digest.addNumber(event.time);
    digest.addName(event.type);
    digest.addName(event.f);
    digest.addName(event.key ?? '');
    digest.addPlain(event.value);
  }
  world.foldDisksInto(digest);
  world.streams.foldInto(digest);
  return digest.hex();
}

function faultRecord({ index, kind, atUs, untilUs, target, effect, line }: AppliedFault): FaultRecord {
  const changed = Object.entries(effect).filter(([, count]) => (count as number) > 0) as [keyof FaultEffect, number][];
  return { index, kind, atUs, untilUs, target, effect: Object.fromEntries(changed), line };
}
