import type { Omitted } from '../run/request.ts';
import type { RunResult } from '../run/result.ts';
import type { Scenario, SystemPart } from '../scenario/scenario.ts';

/** A scenario that was selected, and where it came from. Plain data that travels between threads. */
export interface ScenarioEntry {
  readonly scenario: Scenario;
  /** Path as given, for people and results; `null` for a scenario that came from a program. */
  readonly file: string | null;
  readonly slug: string;
  /** Where its file has several systems: which one this is, and what the file has for others alone. */
  readonly part?: SystemPart;
}

/** The claim and, where its file has several systems, the one that it is about. */
export function titleOf({ scenario: { name }, part }: ScenarioEntry): string {
  return part === undefined ? name : `${name} (${part.system})`;
}

/** One run to be made. Plain data that travels between threads. */
export interface RunJob {
  /** Zero-based place in the list of {@link ScenarioEntry} that the pool was opened with. */
  readonly entry: number;
  readonly seed: string;
  /** What to leave out. */
  readonly without: readonly Omitted[];
  /** Which runs are to bring their history along; it is too big to travel with every one. */
  readonly history: 'never' | 'unexpected' | 'always';
  /** Bring the full trace along. */
  readonly trace: boolean;
  /** Run twice and compare; runs that differ have the outcome `nondeterministic`. */
  readonly verify: boolean;
}

/** What came of a {@link RunJob}. Plain data that travels between threads. */
export interface RunReport {
  /** As in the job. */
  readonly entry: number;
  readonly result: RunResult;
  /** The history in JSON lines, where the job asked for it. */
  readonly history: string | null;
  /** `null` unless the job asked for it. */
  readonly trace: readonly string[] | null;
}
