import { availableParallelism } from 'node:os';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import type { RunJob, RunReport, ScenarioEntry } from '../explore/job.ts';
import { brokenReport } from './execute.ts';
import { codeOf, messageOf } from './problem.ts';

/** Heap of one worker. A run that needs more dies alone; typed arrays are not counted by the engine. */
export const WORKER_HEAP_MB = 512;

/**
 * What is new, beside that, in three spaces. A run keeps its history, its logs and what its monitor knows to the end,
 * and the collector copies all of it twice in V8's usual 48 MB before it lets it be: that is 5 to 10 % of the time of a
 * run.
 */
export const WORKER_YOUNG_MB = 192;

export const WORKER_LIMITS: ResourceLimits = {
  maxOldGenerationSizeMb: WORKER_HEAP_MB, maxYoungGenerationSizeMb: WORKER_YOUNG_MB,
};

/** One core is left for the thread that renders and writes. */
export function defaultWorkers(cores: number = availableParallelism()): number {
  return Math.max(1, cores - 1);
}

/** What every worker is started with. */
export interface WorkerData {
  readonly entries: readonly ScenarioEntry[];
  /** Path of a user's protocol module, or `null`. */
  readonly protocolPath: string | null;
}

interface Waiting {
  readonly job: RunJob;
  readonly settle: (report: RunReport | null) => void;
}

/**
 * Runs jobs on some threads, in the order in which they were asked for. One job alone has a thread of its own, too: a
 * run keeps its thread busy, and this one must hear signals; and its heap ends where that of all others ends.
 */
export class Pool {
  /** How many runs can be made at the same time. */
  readonly width: number;
  private readonly slots: readonly ThreadSlot[];
  private readonly free: ThreadSlot[];
  private readonly waiting: Waiting[] = [];
  private isStopped = false;

  /** Long-lived threads; `script` is what they execute, `worker.js` unless a test says otherwise. */
  constructor(width: number, data: WorkerData, script: URL = new URL('./worker.js', import.meta.url)) {
    this.slots = Array.from({ length: width }, () => new ThreadSlot(data, script));
    this.width = width;
    this.free = [...this.slots];
  }

  /** The report of a run, or `null` if the pool was stopped before the run began. `urgent` jobs go first. */
  run(job: RunJob, urgent: boolean): Promise<RunReport | null> {
    return new Promise((settle) => {
      if (urgent) this.waiting.unshift({ job, settle });
      else this.waiting.push({ job, settle });
      this.hand();
    });
  }

  /**
   * The reports of all jobs, in the order of the jobs, whatever the order in which they were done. Runs ahead of its
   * reader by a bounded number of jobs. After {@link stop} it ends with the runs that had begun.
   */
  async *runAll(jobs: Iterable<RunJob>): AsyncGenerator<RunReport, void, void> {
    // One slow run holds back the reports of those behind it; the others must still find work meanwhile.
    const ahead = this.width === 1 ? 2 : this.width * 64;
    const running: Promise<RunReport | null>[] = [];
    const next = async function* (): AsyncGenerator<RunReport, void, void> {
      const report = await running.shift();
      if (report !== null && report !== undefined) yield report;
    };
    for (const job of jobs) {
      if (this.isStopped) break;
      running.push(this.run(job, false));
      if (running.length >= ahead) yield* next();
    }
    while (running.length > 0) yield* next();
  }

  /** No further run begins; those under way end. */
  stop(): void {
    this.isStopped = true;
    this.hand();
  }

  /** Ends the threads. The pool is of no use afterwards. */
  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.slots.map((slot) => slot.close()));
  }

  private hand(): void {
    if (this.isStopped) for (const { settle } of this.waiting.splice(0)) settle(null);
    while (this.waiting.length > 0) {
      const slot = this.free.pop();
      if (slot === undefined) return;
      const { job, settle } = this.waiting.shift() as Waiting;
      void slot.execute(job).then((report) => {
        this.free.push(slot);
        settle(report);
        this.hand();
      });
    }
  }
}

/** Makes one run at a time: a thread and, after its death, its successor. Started with the first job that it gets. */
class ThreadSlot {
  private readonly data: WorkerData;
  private readonly script: URL;
  private worker: Worker | null = null;
  private open: { readonly job: RunJob; readonly settle: (report: RunReport) => void } | null = null;

  constructor(data: WorkerData, script: URL) {
    this.data = data;
    this.script = script;
  }

  execute(job: RunJob): Promise<RunReport> {
    this.worker ??= this.start();
    this.worker.postMessage(job);
    return new Promise((settle) => { this.open = { job, settle }; });
  }

  async close(): Promise<void> {
    await this.worker?.terminate();
  }

  private start(): Worker {
    const worker = new Worker(this.script, { workerData: this.data, resourceLimits: WORKER_LIMITS });
    let failure: Error | null = null;
    worker.on('message', (report: RunReport) => { this.settle(report); });
    worker.on('error', (error: Error) => { failure = error; });
    // A dead thread takes its run with it, and nothing else: the run has a report, and the next one a new thread.
    worker.on('exit', (code) => {
      this.worker = null;
      if (this.open === null) return;
      const { job } = this.open;
      const entry = this.data.entries[job.entry] as ScenarioEntry;
      if (codeOf(failure) === 'ERR_WORKER_OUT_OF_MEMORY') {
        const why = `limit: the run needs more than ${WORKER_HEAP_MB} MB of memory`;
        this.settle(brokenReport(job, entry, 'unknown', why));
      } else {
        const why = failure === null ? `exit code ${code}` : messageOf(failure);
        this.settle(brokenReport(job, entry, 'error', `its worker died: ${why}`));
      }
    });
    return worker;
  }

  private settle(report: RunReport): void {
    const open = this.open;
    this.open = null;
    open?.settle(report);
  }
}
