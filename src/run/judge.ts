import {
  type BarrierResult, checkBarriers, checkLinearizable, checkLock, checkProgress, checkTotalQueue, pairOperations,
  prepareZnodes, type Evidence, type Json, type LinearizabilityOptions, type LockModelName, type Operation,
  type QueueResult, type ZnodeModelName, type ZnodeResult,
} from '../../checkers/index.ts';
import type { ProtocolModule } from '../contract/module.ts';
import type { AppliedFault } from '../faults/applied.ts';
import type { History } from '../history/operation.ts';
import { nodeName } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import { assert } from '../kernel/assert.ts';
import { formatTime } from '../kernel/trace.ts';
import type { Breach } from '../scenario/build.ts';
import type { SentUpdate } from '../scenario/commit-order.ts';
import { progressBudgetUs } from '../scenario/progress-budget.ts';
import type { Check, Scenario } from '../scenario/scenario.ts';
import { checkClientOrder } from './client-order.ts';
import { brokenBy, claimedOf } from './ledger.ts';
import { lockAxis, lockSummary, type LockSurroundings } from './lock-axis.ts';
import { checkMetric, propertyOf, type Measured } from './metrics.ts';
import type { VerdictRecord } from './result.ts';

/** What there is to judge. */
export interface Judged extends Measured {
  readonly scenario: Scenario;
  readonly module: ProtocolModule;
  /** For each key the order in which its operations took effect, where somebody knows it; see `checkLinearizable`. */
  readonly order?: LinearizabilityOptions['order'];
  /** The updates that clients sent, where somebody has watched what became of them. */
  readonly updates?: readonly SentUpdate[] | null;
  readonly breaches: readonly Breach[];
  /** The monotonic clocks of the nodes; without them, time is true time alone. */
  readonly nodeClocks?: readonly NodeClock[];
}

/** What a node's own clock showed, at any time of the run. */
export interface NodeClock {
  readonly name: string;
  monotonicAtUs(trueUs: TimeUs): TimeUs;
}

type Finding = Pick<VerdictRecord, 'verdict' | 'summary' | 'atUs' | 'evidence'> & Partial<Pick<VerdictRecord, 'proof'>>;

/**
 * All verdicts of a run: the scenario's checks in their order, then invariants and assertions that were breached or
 * that the scenario expects to be, in the order of the first breach.
 */
export function judge(judged: Judged): VerdictRecord[] {
  const { scenario, module, breaches, history } = judged;
  let prepared: ReturnType<typeof prepareZnodes> | null = null;
  const checkZnodes = (model: ZnodeModelName): ZnodeResult => (prepared ??= prepareZnodes(history))(model);
  const records = scenario.checks.map((check) => {
    const property = check.checker === 'metric' ? propertyOf(check.metric) : check.checker;
    return record(judged, check.name, property, findingOf(judged, check, checkZnodes));
  });
  for (const breach of breaches) {
    const info = module.invariants.declared.find(({ id }) => id === breach.id);
    const text = `${breach.text} (event #${breach.event})`;
    const summary = info === undefined ? text : `${info.name} (${info.source}): ${text}`;
    const finding: Finding = { verdict: 'invalid', summary, atUs: breach.atUs, evidence: [] };
    records.push(record(judged, breach.id, breach.id, finding));
  }
  for (const name of Object.keys(scenario.expect)) {
    if (records.some(({ checker }) => checker === name)) continue;
    records.push(record(judged, name, name, { verdict: 'valid', summary: 'no breach', atUs: null, evidence: [] }));
  }
  return records;
}

function record(judged: Judged, name: string, property: string, finding: Finding): VerdictRecord {
  const { scenario, faults, module, endUs } = judged;
  const untilUs = finding.atUs ?? endUs;
  const isInvalid = finding.verdict === 'invalid';
  const suspects = isInvalid ? [...faults.keys()].filter((at) => isBefore(faults[at], untilUs)).reverse() : [];
  const { assumptions } = module;
  const broken = isInvalid ? brokenBy(property, untilUs, faults, assumptions, claimedOf(scenario)) : null;
  return {
    checker: name,
    verdict: finding.verdict,
    expected: scenario.expect[name] ?? 'valid',
    summary: finding.summary,
    atUs: finding.atUs,
    cause: null,
    suspects,
    contract: broken === null ? 'intact' : 'outside',
    broken,
    evidence: finding.evidence,
    proof: finding.proof ?? null,
  };
}

function isBefore(fault: AppliedFault | undefined, instantUs: TimeUs): boolean {
  return fault !== undefined && fault.atUs <= instantUs;
}

function findingOf(judged: Judged, check: Check, checkZnodes: (model: ZnodeModelName) => ZnodeResult): Finding {
  switch (check.checker) {
    case 'linearizable': return linearizable(judged);
    case 'client-order': return clientOrder(judged);
    case 'total-queue': return ofFindings(checkTotalQueue(judged.history));
    case 'barriers': return ofFindings(checkBarriers(judged.history));
    case 'mutual-exclusion': case 'fencing': case 'lock-ownership': return ofLocks(judged, check.checker);
    case 'linearizable-writes': case 'session-order': case 'fresh-sync': case 'watches': case 'sessions':
      return ofZnodes(checkZnodes(check.checker));
    case 'progress': return progress(judged, check);
    case 'metric': return checkMetric(check, judged);
  }
}

function ofFindings({ verdict, reason, evidence, verified }: QueueResult | BarrierResult): Finding {
  const [first] = evidence?.findings ?? [];
  if (evidence === null || first === undefined) return { verdict, summary: reason, atUs: null, evidence: [] };
  return { verdict, summary: reason, atUs: first.atUs, evidence: evidence.axis, proof: { evidence, verified } };
}

/** Of many breaches the first one is told; programs are given all of them. */
function ofLocks({ history, scenario, faults }: Judged, model: LockModelName): Finding {
  const { verdict, reason, evidence, verified } = checkLock(history, model);
  const [first, ...others] = evidence?.findings ?? [];
  if (evidence === null || first === undefined) return { verdict, summary: reason, atUs: null, evidence: [] };
  const surroundings: LockSurroundings = { model, history, clients: scenario.clients.count, faults };
  const axis = lockAxis(first, surroundings);
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const summary = `${lockSummary(first, surroundings)}${more}`;
  const proof = { evidence: { ...evidence, summary, axis }, verified };
  return { verdict, summary, atUs: first.atUs, evidence: axis, proof };
}

/** Of many breaches the first one is told; programs are given the others. */
function ofZnodes({ verdict, reason, evidence, verified }: ZnodeResult): Finding {
  const [first] = evidence?.findings ?? [];
  if (evidence === null || first === undefined) return { verdict, summary: reason, atUs: null, evidence: [] };
  const lines = evidence.axis.slice(-EVIDENCE_LINES_MAX);
  return { verdict, summary: reason, atUs: first.atUs, evidence: lines, proof: { evidence, verified } };
}

function linearizable({ history, scenario, order }: Judged): Finding {
  const { kind } = scenario.workload;
  assert(kind !== 'lock' && kind !== 'znodes', 'neither locks that end by themselves nor a tree are judged as objects');
  assert(kind !== 'barrier' && kind !== 'double-barrier', 'barriers are no objects, either');
  const result = checkLinearizable(history, { model: kind, order });
  const { verdict, reason, evidence, verified } = result;
  if (verdict !== 'invalid' || evidence === null) return { verdict, summary: reason, atUs: null, evidence: [] };
  const atUs = evidence.offending.completedAtUs;
  const lines = evidenceLines(evidence, history, scenario.clients.count);
  return { verdict, summary: evidence.summary, atUs, evidence: lines, proof: { evidence, verified } };
}

/** Of many breaches the first one is told: the update that took effect first of those that overtook another. */
function clientOrder({ history, scenario, updates }: Judged): Finding {
  const nothing = { atUs: null, evidence: [] };
  const { updates: count, sessions, overtaken } = checkClientOrder(history, updates ?? []);
  if (count === 0) return { verdict: 'unknown', summary: 'no leader took two updates of one session', ...nothing };
  const [first] = overtaken;
  if (first === undefined) {
    const summary = `${count} updates of ${sessions} sessions took effect behind what their leader took before them`;
    return { verdict: 'valid', summary, ...nothing };
  }
  const { earlier, later, isLate, taken } = first;
  const who = `c${(later.process % scenario.clients.count) + 1}`;
  const how = `took effect ${isLate ? 'before' : 'without'} ${updateText(earlier)}, which it had sent before`;
  const more = overtaken.length === 1 ? '' : `, and ${overtaken.length - 1} more`;
  const where = `both came to ${nodeName(taken.node, scenario.system.nodes, scenario.clients.count)} alone, `
    + `in this order, in its epoch ${taken.epoch}`;
  const shown = [earlier, later].map((each) => operationLine(each, each.output, scenario.clients.count));
  const evidence = [...shown, where];
  const atUs = later.outcome === 'info' ? null : later.completedAtUs;
  return { verdict: 'invalid', summary: `${updateText(later)} of ${who} ${how}${more}`, atUs, evidence };
}

function updateText({ f, key, input }: Operation): string {
  return [f, key, ...(input === null ? [] : [JSON.stringify(input)])].join(' ');
}

/** No person follows more. */
const EVIDENCE_LINES_MAX = 12;

/**
 * Evidence has forgotten how an update ended, where the contradiction does not need that, and leaves failed ones out.
 * To people operations are shown as they were, and so are those of which it was said that they failed though somebody
 * saw what they did.
 */
function evidenceLines({ key, operations }: Evidence, history: History, clients: number): string[] {
  const all = pairOperations(history).operations;
  const byIndex = new Map(all.map((operation) => [operation.invokedIndex, operation]));
  const seen = new Set(operations.flatMap(({ output }) => (Array.isArray(output) ? (output as Json[]) : [output])));
  const denied = all.filter((operation) => operation.outcome === 'fail' && operation.key === key
    && operation.input !== null && seen.has(producedBy(operation)));
  const shown = [...operations, ...denied].sort((a, b) => a.invokedIndex - b.invokedIndex);
  const lines = shown.map((operation) =>
    operationLine(byIndex.get(operation.invokedIndex) ?? operation, operation.output, clients));
  if (lines.length <= EVIDENCE_LINES_MAX) return lines;
  const kept = lines.slice(1 - EVIDENCE_LINES_MAX);
  return [`(${lines.length - kept.length} earlier ones)`, ...kept];
}

/** What a compare-and-set, a write or an append would have left. */
function producedBy({ f, input }: Operation): Json {
  return f === 'cas' && Array.isArray(input) ? (input as Json[])[1] ?? null : input;
}

/** One operation for a person: who, what, the answer as far as it matters, and its true-time interval. */
function operationLine(operation: Operation, mattering: Json, clients: number): string {
  const { process, f, key, input, output, outcome, invokedAtUs, completedAtUs } = operation;
  const asked = input === null ? '' : ` ${JSON.stringify(input)}`;
  const done = f === 'read' || f === 'dequeue' ? answerText(output, mattering) : 'ok';
  const answered = { ok: done, info: 'unknown', fail: 'failed' }[outcome];
  const end = completedAtUs === null || outcome === 'info' ? '...' : `${formatTime(completedAtUs)} s`;
  const who = `c${(process % clients) + 1} (process ${process})`;
  return `${who}  ${f} ${key ?? ''}${asked} -> ${answered}  [${formatTime(invokedAtUs)} s, ${end}]`;
}

/** A list without the values that do not matter, but with their number: `[82, ...14 others]`. */
function answerText(output: Json, mattering: Json): string {
  const hidden = Array.isArray(output) && Array.isArray(mattering) ? output.length - mattering.length : 0;
  if (hidden === 0) return JSON.stringify(output);
  const kept = (mattering as readonly Json[]).map((value) => JSON.stringify(value));
  return `[${[...kept, `...${hidden} others`].join(', ')}]`;
}

/** The patience is that of true time and of each node's own clock: the fastest one ends it. */
function progress(judged: Judged, check: Extract<Check, { checker: 'progress' }>): Finding {
  const { history, scenario, endUs } = judged;
  const budgetUs = progressBudgetUs(scenario, judged.module);
  const { window } = check;
  const counted = window?.clients ?? null;
  const counts = counted === null
    ? undefined
    : ({ process }: Operation): boolean => counted.includes(`c${(process % scenario.clients.count) + 1}`);
  const { verdict, summary, fromUs, atUs } = checkProgress(history, {
    budgetUs,
    endUs,
    ...(window === null ? {} : { fromUs: window.fromUs, toUs: window.toUs }),
    ...(counts === undefined ? {} : { counts }),
  });
  if (verdict === 'invalid') return { verdict, summary, atUs, evidence: [] };
  const late = window !== null || atUs === null ? null : latestByOwnClock(judged.nodeClocks ?? [], fromUs, atUs);
  if (late === null || late.elapsedUs <= budgetUs) return { verdict, summary, atUs: null, evidence: [] };
  const passed = `${formatTime(late.elapsedUs)} s passed by the clock of ${late.name}`;
  const text = `${summary}; but ${passed}, where ${formatTime(budgetUs)} s may`;
  return { verdict: 'invalid', summary: text, atUs, evidence: [] };
}

/** By whose clock most time passed. */
function latestByOwnClock(
  clocks: readonly NodeClock[], fromUs: TimeUs, toUs: TimeUs,
): { readonly name: string; readonly elapsedUs: DurationUs } | null {
  let latest: { readonly name: string; readonly elapsedUs: DurationUs } | null = null;
  for (const clock of clocks) {
    const elapsedUs = clock.monotonicAtUs(toUs) - clock.monotonicAtUs(fromUs);
    if (latest === null || elapsedUs > latest.elapsedUs) latest = { name: clock.name, elapsedUs };
  }
  return latest;
}
