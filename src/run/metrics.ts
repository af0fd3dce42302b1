import type { ProtocolModule } from '../contract/module.ts';
import type { AppliedFault } from '../faults/applied.ts';
import type { History } from '../history/operation.ts';
import { type TimeUs, US_PER_S } from '../kernel/time.ts';
import { formatTime } from '../kernel/trace.ts';
import type { Check, Metric } from '../scenario/scenario.ts';
import type { VerdictRecord } from './result.ts';

const CHANGE_NOTHING: readonly string[] = ['read', 'contains', 'store', 'get', 'exists', 'children', 'sync'];

/** What a world has counted by the end of its run. */
export interface Meters {
  readonly messages: number;
  readonly syncs: number;
  /** The highest epoch that a node shows which is up. */
  readonly terms: number;
  /** When the events were noted that metrics are made of; ascending. */
  readonly notes: ReadonlyMap<string, readonly TimeUs[]>;
}

/** What metrics are measured from. */
export interface Measured {
  readonly meters: Meters;
  readonly history: History;
  readonly faults: readonly AppliedFault[];
  /** When the run ended. */
  readonly endUs: TimeUs;
}

/** A value and when it was settled; without a value, why there is none. */
type Measurement =
  | { readonly value: number; readonly atUs: TimeUs | null }
  | { readonly value: null; readonly never: boolean; readonly why: string; readonly atUs: TimeUs | null };

type MetricCheck = Extract<Check, { readonly checker: 'metric' }>;

/** Whether a metric is a time, in microseconds: its name in results ends in `Us` then. */
function isTime({ kind }: Metric): boolean {
  return kind === 'unavailable' || kind === 'recovery' || kind === 'delay';
}

/** All metrics of a run: those that every run has, those of its protocol, and those that its checks ask for. */
export function metricsOf(
  measured: Measured, module: ProtocolModule, checks: readonly Check[],
): Readonly<Record<string, number>> {
  const whole = { fromUs: 0, toUs: null };
  const named: [string, Metric][] = [
    ['messages', { kind: 'messages' }], ['syncs', { kind: 'syncs' }], ['terms', { kind: 'terms' }],
    ['okPerSecond', { kind: 'okPerSecond', ...whole }], ['unavailable', { kind: 'unavailable', ...whole }],
    ['recovery', { kind: 'recovery' }],
  ];
  for (const [name, { kind, event }] of Object.entries(module.metrics ?? {})) {
    named.push([name, kind === 'delay'
      ? { kind, event, after: { kind: 'instant', atUs: 0 } }
      : { kind, event, ...whole }]);
  }
  for (const check of checks) if (check.checker === 'metric') named.push([check.name, check.metric]);
  const metrics: Record<string, number> = {};
  const served = servedUs(measured.history);
  for (const [name, metric] of named) {
    const { value } = measure(metric, measured, served);
    if (value !== null) metrics[isTime(metric) ? `${name}Us` : name] = value;
  }
  return metrics;
}

/** Events whose instants have to be kept for the metrics of a run. */
export function meteredEvents(module: ProtocolModule, checks: readonly Check[]): readonly string[] {
  const asked = checks.flatMap((check) =>
    (check.checker === 'metric' && 'event' in check.metric ? [check.metric] : []));
  return [...new Set([...Object.values(module.metrics ?? {}), ...asked].map(({ event }) => event))];
}

/** Holds a metric against its bounds. What never came is later than every bound, and less than none. */
export function checkMetric(
  { name, metric, min, max }: MetricCheck, measured: Measured,
): Pick<VerdictRecord, 'verdict' | 'summary' | 'atUs' | 'evidence'> {
  const measurement = measure(metric, measured, null);
  const { value, atUs } = measurement;
  const show = (amount: number): string => (isTime(metric) ? `${formatTime(amount)} s` : String(amount));
  if (value === null) {
    const verdict = !measurement.never ? 'unknown' : max === null ? 'valid' : 'invalid';
    return { verdict, summary: `${name}: ${measurement.why}`, atUs: verdict === 'invalid' ? atUs : null, evidence: [] };
  }
  const said = `${name} is ${show(value)}`;
  if (max !== null && value > max) {
    return { verdict: 'invalid', summary: `${said}, above ${show(max)}`, atUs, evidence: [] };
  }
  if (min !== null && value < min) {
    return { verdict: 'invalid', summary: `${said}, below ${show(min)}`, atUs, evidence: [] };
  }
  return { verdict: 'valid', summary: said, atUs: null, evidence: [] };
}

/** The checker whose assumptions a metric shares: whoever is not served, or has no leader, has no progress. */
export function propertyOf({ kind }: Metric): string {
  const isProgress = kind === 'okPerSecond' || kind === 'unavailable' || kind === 'recovery' || kind === 'delay';
  return isProgress ? 'progress' : 'metric';
}

/** `served`: when operations were served, for whoever knows it already. */
function measure(metric: Metric, measured: Measured, served: readonly TimeUs[] | null): Measurement {
  const { meters, history, faults, endUs } = measured;
  switch (metric.kind) {
    case 'messages': case 'syncs': case 'terms': return { value: meters[metric.kind], atUs: null };
    case 'delay': return delay(metric, meters, faults, endUs);
    case 'recovery': return recovery(measured);
    case 'count': case 'share': case 'okPerSecond': case 'unavailable': {
      const { fromUs } = metric;
      const toUs = metric.toUs ?? endUs;
      if (toUs > endUs || fromUs >= toUs) {
        const why = `the run ended at ${formatTime(endUs)} s, before its window did`;
        return { value: null, never: false, why, atUs: null };
      }
      const times = 'event' in metric ? meters.notes.get(metric.event) ?? [] : served ?? servedUs(history);
      const isInside = (atUs: TimeUs): boolean => atUs >= fromUs && atUs <= toUs;
      const inside = times.filter(isInside);
      if (metric.kind === 'share') return share(inside, changedUs(history).filter(isInside).length);
      if (metric.kind === 'count') return { value: inside.length, atUs: inside.at(-1) ?? null };
      if (metric.kind === 'unavailable') return longestGap([fromUs, ...inside, toUs]);
      return { value: Math.floor((inside.length * US_PER_S) / (toUs - fromUs)), atUs: toUs };
    }
  }
}

function share(notes: readonly TimeUs[], changes: number): Measurement {
  if (changes === 0) return { value: null, never: false, why: 'nothing was changed', atUs: null };
  return { value: Math.floor((100 * notes.length) / changes), atUs: notes.at(-1) ?? null };
}

function delay(
  { event, after }: Extract<Metric, { readonly kind: 'delay' }>, meters: Meters, faults: readonly AppliedFault[],
  endUs: TimeUs,
): Measurement {
  const fromUs = after.kind === 'instant' ? after.atUs : faults.find(({ line }) => line === after.line)?.atUs;
  if (fromUs === undefined || fromUs > endUs) {
    return { value: null, never: false, why: 'what it is counted from never happened', atUs: null };
  }
  const firstUs = (meters.notes.get(event) ?? []).find((atUs) => atUs >= fromUs);
  if (firstUs !== undefined) return { value: firstUs - fromUs, atUs: firstUs };
  return { value: null, never: true, why: `no ${event} from ${formatTime(fromUs)} s to the end`, atUs: endUs };
}

/**
 * What was asked before the last fault had healed says nothing, even if it is answered afterwards: its work may have
 * been done before the fault.
 */
function recovery({ history, faults, endUs }: Measured): Measurement {
  if (faults.length === 0) return { value: null, never: false, why: 'no fault has struck', atUs: null };
  const healedUs = Math.max(...faults.map(({ atUs, untilUs }) => untilUs ?? atUs));
  const asked = new Set<number | string>();
  for (const { process, type, time } of history) {
    if (process === 'nemesis' || time < healedUs) continue;
    if (type === 'invoke') asked.add(process);
    else if (type === 'ok' && asked.has(process)) return { value: time - healedUs, atUs: time };
  }
  const why = `nothing that was asked from ${formatTime(healedUs)} s on was answered`;
  return { value: null, never: true, why, atUs: endUs };
}

/** When operations were completed with `ok`, ascending. */
function servedUs(history: History): readonly TimeUs[] {
  const times: TimeUs[] = [];
  for (const { process, type, time } of history) if (type === 'ok' && process !== 'nemesis') times.push(time);
  return times;
}

/** When nodes were said to have changed something. A store is at the resource that a lock protects. */
function changedUs(history: History): readonly TimeUs[] {
  return history
    .filter(({ process, type, f }) => type === 'ok' && process !== 'nemesis' && !CHANGE_NOTHING.includes(f))
    .map(({ time }) => time);
}

function longestGap(times: readonly TimeUs[]): Measurement {
  let value = 0;
  let atUs = times[0] ?? 0;
  for (let at = 1; at < times.length; at += 1) {
    const gap = (times[at] as TimeUs) - (times[at - 1] as TimeUs);
    if (gap <= value) continue;
    value = gap;
    atUs = times[at] as TimeUs;
  }
  return { value, atUs };
}
