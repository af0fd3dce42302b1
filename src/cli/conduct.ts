import { establishCause, withCause } from '../explore/counterfactual.ts';
import { exitCodeOf, exitWords, type ExitCode } from '../explore/exit-code.ts';
import { titleOf, type RunReport } from '../explore/job.ts';
import { shellQuoted } from '../explore/replay.ts';
import { SideBySide } from '../explore/side-by-side.ts';
import { emptySummary, isMissed, standingOf, withRun } from '../explore/standing.ts';
import { countRuns, sweepJobs, type JobSettings, type SeedSelection, type Shard } from '../explore/sweep.ts';
import { writeRunFiles } from '../host/files.ts';
import type { LoadedProtocol } from '../host/load-protocol.ts';
import { StandardOutput } from '../host/output.ts';
import { toolVersion } from '../host/package.ts';
import { Pool } from '../host/pool.ts';
import { HostError } from '../host/problem.ts';
import { Progress } from '../host/progress.ts';
import { isFoundBySlug, type LoadedScenario } from '../host/scenarios.ts';
import { watchSignals } from '../host/signals.ts';
import { screenStyle, type ColourChoice } from '../host/terminal.ts';
import { runJson } from '../report/json.ts';
import type { RunResult } from '../run/result.ts';
import { TRACE_VERSION } from '../run/check.ts';
import type { ReporterChoice } from './arguments.ts';
import { openReporters } from './open-reporters.ts';

/** A thousand failing seeds of one scenario need no thousand folders. */
const FOLDERS_PER_SCENARIO = 5;

/** What is to be run, and how to tell of it. */
export interface Conduct {
  readonly scenarios: readonly LoadedScenario[];
  readonly seeds: SeedSelection;
  readonly shard: Shard | null;
  readonly settings: JobSettings;
  readonly workers: number;
  /** A user's protocol and the path of its module, or `null`. */
  readonly protocol: { readonly path: string; readonly module: LoadedProtocol } | null;
  readonly reporters: readonly ReporterChoice[];
  readonly colour: ColourChoice;
  /** Gets each report before the reporters do, and may write to standard output. */
  readonly onReport?: (report: RunReport, write: (text: string) => void) => void;
}

/** Runs, judges and reports everything, and says how the process is to exit. */
export async function conduct(request: Conduct): Promise<ExitCode> {
  const entries = request.scenarios.map(({ entry }) => entry);
  const total = countRuns(entries, request.seeds, request.shard).reduce((sum, count) => sum + count, 0);
  if (total === 0) throw new HostError(4, 'nothing was selected: no seed of these scenarios belongs to this shard');

  const protocolPath = request.protocol?.path ?? null;
  const pool = new Pool(Math.min(request.workers, total), { entries, protocolPath });
  const output = new StandardOutput(process.stdout, () => { pool.stop(); });
  const progress = new Progress(process.stderr, total);
  const write = (text: string): void => {
    progress.clear();
    output.write(text);
  };
  const plan = { scenarios: entries.map(titleOf), tool: toolVersion(), trace: TRACE_VERSION };
  const style = screenStyle(process.stdout, process.env, request.colour);
  const reporters = openReporters(request.reporters, plan, write, style);
  const folders = new RunFolders(request.scenarios);
  const seenViolations = new Set<string>();
  const sideBySide = new SideBySide(entries);
  const signals = watchSignals(() => {
    pool.stop();
    progress.clear();
    process.stderr.write('stopping after the runs under way; a second signal stops at once\n');
  }, () => { reporters.abandon(); });

  try {
    let summary = emptySummary;
    for await (const report of pool.runAll(sweepJobs(entries, request.seeds, request.shard, request.settings))) {
      const { entry } = report;
      request.onReport?.(report, write);
      const result = await withCauses(pool, report, seenViolations);
      summary = withRun(summary, result);
      sideBySide.add(entry, result);
      const folder = folders.write({ ...report, result });
      const replay = replayCommand(result, request.scenarios[entry], protocolPath);
      reporters.onRun({ entry, result, standing: standingOf(result), replay, folder });
      progress.update(summary.runs, summary.unexpected);
    }
    const exitCode = signals.received() ?? (folders.failure === null ? exitCodeOf(summary) : folders.failure.exitCode);
    const notRun = total - summary.runs;
    reporters.onEnd({
      summary, exitCode, exitWords: exitWords[exitCode], notRun, foldersOmitted: folders.omitted,
      sideBySide: sideBySide.comparisons(),
    });
    await output.flush();
    return exitCode;
  } catch (error) {
    reporters.abandon();
    throw error;
  } finally {
    progress.clear();
    signals.close();
    await pool.close();
  }
}

/**
 * Fills in the cause of the first violation of each kind, a kind being a checker of a scenario. Every later one would
 * cost a dozen runs more and teach little.
 */
async function withCauses(pool: Pool, { entry, result }: RunReport, seen: Set<string>): Promise<RunResult> {
  let judged = result;
  for (const { checker, verdict } of result.verdicts) {
    const kind = `${entry} ${checker}`;
    if (verdict !== 'invalid' || seen.has(kind)) continue;
    seen.add(kind);
    const search = establishCause(result, checker, pool.width);
    let step = search.next();
    while (step.done !== true) {
      const jobs = step.value.map((without) =>
        ({ entry, seed: result.seed, without, history: 'never', trace: false, verify: false } as const));
      const reports = await Promise.all(jobs.map((job) => pool.run(job, true)));
      if (reports.includes(null)) return judged; // Stopped: the cause stays undetermined.
      step = search.next(reports.flatMap((report) => (report === null ? [] : [report.result])));
    }
    if (step.value !== null) judged = withCause(judged, checker, step.value);
  }
  return judged;
}

/** Writes the folders of runs that are not as expected. */
class RunFolders {
  /** Runs that would have had a folder. */
  omitted = 0;
  failure: HostError | null = null;
  private readonly scenarios: readonly LoadedScenario[];
  /** How many folders each scenario has. */
  private readonly written: number[];
  /** What each scenario has shown in a folder: outcomes, and checkers that were missed. */
  private readonly shown: readonly Set<string>[];

  constructor(scenarios: readonly LoadedScenario[]) {
    this.scenarios = scenarios;
    this.written = scenarios.map(() => 0);
    this.shown = scenarios.map(() => new Set());
  }

  /** The path of the folder, or `null` where there is none. A disk that is full does not end the sweep. */
  write({ entry, result, history }: RunReport): string | null {
    const scenario = this.scenarios[entry];
    if (result.asExpected || scenario === undefined) return null;
    const written = this.written[entry] ?? 0;
    // Whatever is told of in full for the first time must have its files.
    const kinds = [result.outcome, ...result.verdicts.filter(isMissed).map(({ checker }) => checker)];
    const isNew = kinds.some((kind) => this.shown[entry]?.has(kind) !== true);
    if ((written >= FOLDERS_PER_SCENARIO && !isNew) || this.failure !== null) {
      this.omitted += 1;
      return null;
    }
    for (const kind of kinds) this.shown[entry]?.add(kind);
    const resultJson = `${runJson(result)}\n`;
    try {
      const { slug, part } = scenario.entry;
      const folder = writeRunFiles({
        slug, system: part?.system ?? null, seed: result.seed, resultJson, history: history ?? '',
        scenario: scenario.bytes,
      });
      this.written[entry] = written + 1;
      return folder;
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      process.stderr.write(`quorumquake: ${error.message}\n`);
      this.failure = error;
      this.omitted += 1;
      return null;
    }
  }
}

/** A line that can be pasted. Where the coordinate alone would not lead back to the file, the file stands in it. */
function replayCommand(result: RunResult, scenario: LoadedScenario | undefined, protocolPath: string | null): string {
  const { coordinate, seed, defect, file, outcome } = result;
  const protocol = protocolPath === null ? '' : ` --protocol ${shellQuoted(protocolPath)}`;
  const isDifferent = outcome === 'nondeterministic';
  if (scenario !== undefined && isFoundBySlug(scenario.entry) && !isDifferent) {
    return `npx quorumquake replay ${shellQuoted(coordinate)}${protocol}`;
  }
  const armed = defect === null ? '' : ` --defect ${shellQuoted(defect)}`;
  const system = scenario?.entry.part === undefined ? '' : ` --system ${shellQuoted(scenario.entry.part.system)}`;
  const more = `${system}${armed}${isDifferent ? ' --verify-determinism' : ''}${protocol}`;
  return `npx quorumquake run ${shellQuoted(file ?? '')} --seed ${shellQuoted(seed)}${more}`;
}
