import type { ExitCode } from '../explore/exit-code.ts';
import type { Comparison } from '../explore/side-by-side.ts';
import type { Standing, Summary } from '../explore/standing.ts';
import type { RunResult } from '../run/result.ts';

/** A run as reporters get it: judged, with everything that a person needs to see it again. */
export interface ReportedRun {
  /** Zero-based place of its scenario among those of the plan. */
  readonly entry: number;
  readonly result: RunResult;
  readonly standing: Standing;
  /** One command that can be pasted into a shell. */
  readonly replay: string;
  /** Folder with the files of this run; `null` if none was written. */
  readonly folder: string | null;
}

/** What is about to run. */
export interface ReportPlan {
  /** Claims, in the order in which they run. */
  readonly scenarios: readonly string[];
  /** Version of the tool and of the trace. */
  readonly tool: string;
  readonly trace: number;
}

/** How it ended. */
export interface ReportEnd {
  readonly summary: Summary;
  readonly exitCode: ExitCode;
  readonly exitWords: string;
  /** Runs that were planned and did not take place, after a signal. */
  readonly notRun: number;
  /** Runs as not expected that left no folder, because enough others had. */
  readonly foldersOmitted: number;
  /** Scenarios of several systems. */
  readonly sideBySide: readonly Comparison[];
}

/** Where a reporter writes: a file or standard output. */
export type Write = (text: string) => void;

/** Renders runs as they come, in their order, and computes nothing. */
export interface Reporter {
  onRun(run: ReportedRun): void;
  onEnd(end: ReportEnd): void;
}
