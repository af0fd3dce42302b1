import type { Check, Metric } from '../scenario.ts';
import { suggestion } from './did-you-mean.ts';
import type { FaultSurroundings } from './faults.ts';
import { quote } from './problem.ts';
import { formatDuration, readDuration } from './quantity.ts';
import type { Report } from './report.ts';
import type { CheckFile } from './schema.ts';
import type { Path } from './tree.ts';

type MetricFile = NonNullable<Exclude<CheckFile, string>['metric']>;

/** Metrics that every run has, and the settings that each of them takes. */
const everyRun: Readonly<Record<string, 'whole' | 'window'>> = {
  messages: 'whole', syncs: 'whole', terms: 'whole', recovery: 'whole', okPerSecond: 'window', unavailable: 'window',
};

/** Which settings a metric takes besides its bounds. */
const settingsOf = { whole: [], window: ['from', 'to'], delay: ['after', 'afterFault'] } as const;

/** A metric of a check, complete; `null` if something is wrong, which the report then has. */
export function resolveMetric(
  file: MetricFile, path: Path, surroundings: FaultSurroundings, report: Report,
): Check | null {
  const metric = metricOf(file, path, surroundings, report);
  if (metric === null) return null;
  const isTime = metric.kind === 'unavailable' || metric.kind === 'recovery' || metric.kind === 'delay';
  const read = (key: 'min' | 'max'): number | null => {
    const value = file[key];
    return value === undefined ? null : readBound(value, isTime, [...path, key], report);
  };
  const [min, max] = [read('min'), read('max')];
  if (file.min === undefined && file.max === undefined) {
    report.value(path, 'this metric has no bound', 'write `max`, `min` or both');
  } else if (min !== null && max !== null && min > max) {
    report.value([...path, 'min'], '`min` is above `max`');
  }
  return { checker: 'metric', name: file.as ?? file.name, metric, min, max };
}

function metricOf(
  file: MetricFile, path: Path, surroundings: FaultSurroundings, report: Report,
): Metric | null {
  const { name, from, to, after, afterFault } = file;
  const { protocol, lines } = surroundings;
  const own = protocol?.metrics ?? {};
  const spec = Object.hasOwn(own, name) ? own[name] : undefined;
  const standard = Object.hasOwn(everyRun, name) ? everyRun[name] : undefined;
  const shape = spec === undefined ? standard : spec.kind === 'delay' ? 'delay' : 'window';
  if (shape === undefined) {
    if (protocol === null) return null;
    const names = [...Object.keys(everyRun), ...Object.keys(own)];
    report.value([...path, 'name'], `${quote(name)} is not a metric of this protocol`, suggestion(name, names));
    return null;
  }
  const taken: readonly string[] = settingsOf[shape];
  for (const key of ['from', 'to', 'after', 'afterFault'] as const) {
    if (file[key] === undefined || taken.includes(key)) continue;
    const hint = taken.length === 0 ? 'it is that of the whole run' : `it takes ${taken.join(', ')}`;
    report.key([...path, key], `${quote(name)} has no ${quote(key)}`, hint);
  }
  if (shape === 'delay') {
    if (after !== undefined && afterFault !== undefined) {
      report.value([...path, 'afterFault'], 'there is an `after` already', 'keep one of the two');
    } else if (afterFault !== undefined && !lines.includes(afterFault - 1)) {
      const isThere = afterFault <= (lines.at(-1) ?? -1);
      const why = isThere ? 'which is not for this system' : `and there are ${lines.length}`;
      report.value([...path, 'afterFault'], `this is fault ${afterFault}, ${why}`);
    }
    const start = afterFault === undefined
      ? { kind: 'instant', atUs: after ?? 0 } as const
      : { kind: 'line', line: Math.max(0, lines.indexOf(afterFault - 1)) } as const;
    return { kind: 'delay', event: spec?.event ?? '', after: start };
  }
  if (shape === 'whole') return { kind: name as 'messages' | 'syncs' | 'terms' | 'recovery' };
  const window = { fromUs: from ?? 0, toUs: to ?? null };
  checkWindow({ fromUs: window.fromUs, toUs: to ?? surroundings.durationUs ?? 0 }, path, surroundings, report);
  return spec === undefined
    ? { kind: name as 'okPerSecond' | 'unavailable', ...window }
    : { kind: spec.kind as 'count' | 'share', event: spec.event, ...window };
}

function readBound(value: string | number, isTime: boolean, path: Path, report: Report): number | null {
  if (isTime) {
    const reading = readDuration(value);
    if (reading.ok) return reading.value;
    report.value(path, reading.message, reading.hint);
    return null;
  }
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  report.value(path, `expected a whole number, found ${quote(String(value))}`);
  return null;
}

/** A window of a check lies inside the run. */
export function checkWindow(
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number }, path: Path,
  { durationUs }: FaultSurroundings, report: Report,
): void {
  if (durationUs === null) return;
  if (toUs > durationUs) {
    const message = `\`to\` is ${formatDuration(toUs)}, but the run lasts ${formatDuration(durationUs)}`;
    report.value([...path, 'to'], message, 'lengthen `duration`, or end the window earlier');
  } else if (fromUs >= toUs) {
    const message = `this window ends (${formatDuration(toUs)}) before it begins (${formatDuration(fromUs)})`;
    report.value([...path, 'from'], message);
  }
}
