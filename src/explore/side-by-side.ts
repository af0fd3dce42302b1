import type { RunResult } from '../run/result.ts';
import type { ScenarioEntry } from './job.ts';

type Verdict = RunResult['verdicts'][number]['verdict'];

/** What one of the systems of a scenario came to. Numbers are medians over its runs. */
export interface SystemSummary {
  readonly system: string;
  readonly runs: number;
  readonly asExpected: number;
  /** Of each checker, how many runs it judged how; checkers that found all of them valid are left out. */
  readonly verdicts: Readonly<Record<string, Readonly<Partial<Record<Verdict, number>>>>>;
  /** Operations that ended with `ok`. */
  readonly ok: number | null;
  /** The longest time without such an end. */
  readonly unavailableUs: number | null;
  /** `null`: nobody looked for them. */
  readonly staleOrLost: number | null;
  /** Of nodes, clients and resources together. */
  readonly messagesPerOk: number | null;
  readonly syncsPerOk: number | null;
  /** From the end of the last fault to an `ok`: `null` where no fault has struck, `never` where there was none. */
  readonly recoveryUs: number | 'never' | null;
  /** What the file has for other systems alone, in words. */
  readonly leftOut: readonly string[];
}

/** The systems of one scenario, in the order of its file. */
export interface Comparison {
  readonly scenario: string;
  readonly file: string | null;
  readonly systems: readonly SystemSummary[];
}

/** What is kept of the runs of one system. */
interface Tally {
  readonly verdicts: Map<string, Map<Verdict, number>>;
  readonly numbers: Readonly<Record<Measure, number[]>>;
  runs: number;
  asExpected: number;
}

type Measure = 'ok' | 'unavailable' | 'staleOrLost' | 'messages' | 'syncs' | 'recovery';

/** Puts the systems of scenarios side by side. Keeps six numbers a run, and nothing of scenarios of one system. */
export class SideBySide {
  private readonly entries: readonly ScenarioEntry[];
  private readonly tallies: readonly (Tally | null)[];

  constructor(entries: readonly ScenarioEntry[]) {
    this.entries = entries;
    this.tallies = entries.map(({ part }) => (part === undefined ? null : emptyTally()));
  }

  /** One more run of an entry, by its place. */
  add(entry: number, result: RunResult): void {
    const tally = this.tallies[entry];
    if (tally === null || tally === undefined) return;
    tally.runs += 1;
    tally.asExpected += result.asExpected ? 1 : 0;
    for (const { checker, verdict } of result.verdicts) {
      const counts = tally.verdicts.get(checker) ?? new Map<Verdict, number>();
      tally.verdicts.set(checker, counts.set(verdict, (counts.get(verdict) ?? 0) + 1));
    }
    // A run that broke off was measured up to wherever it was.
    if (result.outcome === 'error') return;
    for (const [measure, value] of Object.entries(measuresOf(result)) as [Measure, number | null][]) {
      if (value !== null) tally.numbers[measure].push(value);
    }
  }

  /** Each scenario of which two systems or more have run. */
  comparisons(): readonly Comparison[] {
    const rows = new Map<string | null, { readonly scenario: string; readonly systems: SystemSummary[] }>();
    for (const [place, { scenario: { name }, file, part }] of this.entries.entries()) {
      const tally = this.tallies[place];
      if (part === undefined || tally === null || tally === undefined || tally.runs === 0) continue;
      const row = rows.get(file) ?? { scenario: name, systems: [] };
      row.systems.push(summaryOf(part.system, part.leftOut, tally));
      rows.set(file, row);
    }
    return [...rows].map(([file, row]) => ({ file, ...row })).filter(({ systems }) => systems.length > 1);
  }
}

function emptyTally(): Tally {
  const numbers = { ok: [], unavailable: [], staleOrLost: [], messages: [], syncs: [], recovery: [] };
  return { verdicts: new Map(), numbers, runs: 0, asExpected: 0 };
}

function measuresOf(result: RunResult): Readonly<Record<Measure, number | null>> {
  const { operations: { ok }, metrics, faults } = result;
  const perOk = (total: number | undefined): number | null => (ok === 0 || total === undefined ? null : total / ok);
  return {
    ok,
    unavailable: metrics['unavailableUs'] ?? null,
    staleOrLost: staleOrLost(result),
    messages: perOk(metrics['messages']),
    syncs: perOk(metrics['syncs']),
    // What never came is later than whatever did.
    recovery: metrics['recoveryUs'] ?? (faults.length === 0 ? null : Infinity),
  };
}

/** Writes of an older grant that a resource took after one of a newer grant; else reads that missed a write. */
function staleOrLost({ verdicts, metrics }: RunResult): number | null {
  const fencing = verdicts.find(({ checker }) => checker === 'fencing');
  if (fencing === undefined) return metrics['staleReads'] ?? null;
  if (fencing.verdict === 'unknown') return null;
  const evidence = fencing.proof?.evidence;
  return evidence === undefined || !('findings' in evidence) ? 0
    : evidence.findings.filter(({ kind }) => kind === 'older-after-newer').length;
}

function summaryOf(system: string, leftOut: readonly string[], tally: Tally): SystemSummary {
  const { runs, asExpected, verdicts, numbers } = tally;
  const told = [...verdicts].filter(([, counts]) => counts.get('valid') !== runs);
  const recovery = median(numbers.recovery);
  return {
    system, runs, asExpected,
    verdicts: Object.fromEntries(told.map(([checker, counts]) => [checker, Object.fromEntries(counts)])),
    ok: median(numbers.ok),
    unavailableUs: median(numbers.unavailable),
    staleOrLost: median(numbers.staleOrLost),
    messagesPerOk: inHundredths(median(numbers.messages)),
    syncsPerOk: inHundredths(median(numbers.syncs)),
    recoveryUs: recovery === Infinity ? 'never' : recovery,
    leftOut,
  };
}

/** The lower one of two in the middle, so that it is a number of some run. */
function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted[(sorted.length - 1) >> 1] ?? null;
}

function inHundredths(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}
