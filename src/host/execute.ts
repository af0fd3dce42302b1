import type { RunJob, RunReport, ScenarioEntry } from '../explore/job.ts';
import { formatHistory } from '../run/check.ts';
import type { RunRequest } from '../run/request.ts';
import type { RunRecord, RunResult } from '../run/result.ts';
import { formatCoordinate } from '../scenario/coordinate.ts';
import { scenarioHash12 } from '../scenario/hash.ts';
import { messageOf } from './problem.ts';
import { watchPromises } from './promise-watch.ts';

/** What jobs are executed with: the same in every thread. */
export interface Workbench {
  readonly entries: readonly ScenarioEntry[];
  /** A user's protocol, or `null`. */
  readonly module: NonNullable<RunRequest['module']> | null;
  readonly run: (request: RunRequest) => RunRecord;
}

/** Makes one run. Never throws: a run that breaks off is a report, with the outcome `error`. */
export function execute({ entries, module, run }: Workbench, job: RunJob): RunReport {
  const entry = entries[job.entry];
  if (entry === undefined) throw new Error(`no scenario ${job.entry}`);
  const request: RunRequest = {
    scenario: entry.scenario,
    file: entry.file,
    slug: entry.slug,
    ...(entry.part === undefined ? {} : { namesSystem: true }),
    seed: job.seed,
    ...(module === null ? {} : { module }),
    trace: job.trace || job.verify,
    without: job.without,
    watchPromises,
  };
  try {
    const first = run(request);
    const difference = job.verify ? differenceOf(first, run(request)) : null;
    const result = difference === null ? first.result : nondeterministic(first.result, difference);
    const isWanted = job.history === 'always' || (job.history === 'unexpected' && !result.asExpected);
    const trace = job.trace ? first.trace : null;
    return { entry: job.entry, result, history: isWanted ? formatHistory(first.history) : null, trace };
  } catch (error) {
    return brokenReport(job, entry, 'error', `the run broke off: ${messageOf(error)}`);
  }
}

/** The report of a run of which nothing is known but that it did not end. */
export function brokenReport(
  job: RunJob, { scenario, file, slug, part }: ScenarioEntry, outcome: 'error' | 'unknown', reason: string,
): RunReport {
  const { seed } = job;
  const { name, defect, system } = scenario;
  const result: RunResult = {
    scenario: name,
    file,
    coordinate: formatCoordinate({
      slug, hash: scenarioHash12(scenario), ...(part === undefined ? {} : { system: part.system }), defect, seed,
    }),
    system: system.protocol,
    seed,
    defect,
    fired: null,
    fingerprint: '0'.repeat(16),
    outcome,
    asExpected: false,
    verdicts: [],
    reason,
    operations: { ok: 0, fail: 0, info: 0 },
    events: 0,
    simulatedUs: 0,
    faults: [],
    metrics: {},
  };
  return { entry: job.entry, result, history: null, trace: null };
}

function nondeterministic(result: RunResult, reason: string): RunResult {
  return { ...result, outcome: 'nondeterministic', asExpected: false, reason };
}

/** The first event in which two runs of one coordinate differ, both sides; `null` if they are equal. */
function differenceOf(first: RunRecord, second: RunRecord): string | null {
  const one = first.trace ?? [];
  const other = second.trace ?? [];
  const length = Math.max(one.length, other.length);
  for (let at = 0; at < length; at += 1) {
    if (one[at] !== other[at]) {
      return `line ${at + 1} of the trace is first ${sideOf(one[at])}, then ${sideOf(other[at])}`;
    }
  }
  if (first.result.fingerprint === second.result.fingerprint) return null;
  return `the traces are equal, but the fingerprint is first ${first.result.fingerprint}, then `
    + second.result.fingerprint;
}

function sideOf(line: string | undefined): string {
  return line === undefined ? 'at its end' : `"${line.trim()}"`;
}
