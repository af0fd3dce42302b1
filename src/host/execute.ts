import type { RunJob, RunReport, ScenarioEntry } from '../explore/job.ts';
import { formatHistory } from '../run/check.ts';
import type { RunRequest } from '../run/request.ts';
import type { RunRecord, RunResult } from '../run/result.ts';
import { formatCoordinate } from '../scenario/coordinate.ts';
import { scenarioHash12 } from '../scenario/hash.ts';
import { PackedLines } from './packed-lines.ts';
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
    trace: job.trace,
    without: job.without,
    watchPromises,
  };
  try {
    const { first, difference } = job.verify ? madeTwice(run, request) : { first: run(request), difference: null };
    const result = difference === null ? first.result : nondeterministic(first.result, difference);
    const isWanted = job.history === 'always' || (job.history === 'unexpected' && !result.asExpected);
    return { entry: job.entry, result, history: isWanted ? formatHistory(first.history) : null, trace: first.trace };
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

/** The first of two runs, and the first line of the trace in which they differ, both sides; `null` if there is none. */
function madeTwice(
  run: Workbench['run'], request: RunRequest,
): { readonly first: RunRecord; readonly difference: string | null } {
  const lines = new PackedLines();
  const first = run({ ...request, onLine: (line) => { lines.add(line); } });
  const expected = lines[Symbol.iterator]();
  let at = 0;
  let difference: string | null = null;
  const compare = (line: string | undefined): void => {
    if (difference !== null) return;
    at += 1;
    const { value } = expected.next() as IteratorResult<string, undefined>;
    if (value !== line) difference = `line ${at} of the trace is first ${sideOf(value)}, then ${sideOf(line)}`;
  };
  const second = run({ ...request, onLine: compare });
  compare(undefined);
  const [one, other] = [first.result.fingerprint, second.result.fingerprint];
  if (one !== other) difference ??= `the traces are equal, but the fingerprint is first ${one}, then ${other}`;
  return { first: request.trace === true ? { ...first, trace: [...lines] } : first, difference };
}

function sideOf(line: string | undefined): string {
  return line === undefined ? 'at its end' : `"${line.trim()}"`;
}
