import { Chalk, type ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import type { Outcome } from '../run/result.ts';
import { failureLines, reasonLines } from './failure.ts';
import type { ReportedRun, ReportEnd, Reporter, ReportPlan, Write } from './reporter.ts';
import { comparisonText } from './side-by-side.ts';
import { counted, oneLine, wrapped, type TextStyle } from './text.ts';

/** A table is never wider than this, and below the other it would be unreadable: plain lines then. */
const COLUMNS_MAX = 100;
const COLUMNS_MIN = 64;

const OUTCOMES: readonly Outcome[] = ['nondeterministic', 'error', 'violation', 'unknown', 'vacuous', 'pass'];

/** What one scenario came to. */
interface Row {
  readonly claim: string;
  readonly outcomes: Map<Outcome, number>;
  runs: number;
  asExpected: number;
  unexpected: number;
}

/** For people: the first failure of each kind as it comes, then a table, then the exit code in words. */
export function listReporter(write: Write, { scenarios }: ReportPlan, style: TextStyle): Reporter {
  const paint = new Chalk({ level: style.colourLevel });
  const rows: readonly Row[] =
    scenarios.map((claim) => ({ claim, outcomes: new Map(), runs: 0, asExpected: 0, unexpected: 0 }));
  const printed = new Set<string>();
  let alike = 0;
  let armed = 0;
  let fired = 0;
  const isNew = (entry: number, kind: string): boolean => {
    const key = `${entry} ${kind}`;
    const isFirst = !printed.has(key);
    printed.add(key);
    return isFirst;
  };

  return {
    onRun: (run) => {
      const row = rows[run.entry];
      if (row !== undefined) count(row, run);
      armed += run.result.defect === null ? 0 : 1;
      fired += (run.result.fired ?? 0) > 0 ? 1 : 0;
      if (run.standing === 'expected') return;
      const [head, ...rest] = blockOf(run, (kind) => isNew(run.entry, kind));
      const mark = run.standing === 'unexpected' ? paint.red('FAIL') : paint.yellow('????');
      if (head === undefined) alike += 1;
      else write(`${mark} ${paint.bold(head)}\n${rest.map((line) => `${line}\n`).join('')}\n`);
    },
    onEnd: (end) => {
      if (alike > 0) write(`${counted(alike, 'more run')} ended in the ways above\n\n`);
      const taken = rows.filter(({ runs }) => runs > 0);
      if (taken.length > 0) write(`${tableText(taken, style, paint)}\n\n`);
      for (const comparison of end.sideBySide) write(`${comparisonText(comparison, style, paint)}\n\n`);
      // A defect that never fired was not put to the test, and its absence from the failures says nothing.
      if (armed > 0) write(`the armed defect fired in ${fired} of ${counted(armed, 'run')}\n`);
      write(summaryText(end, paint));
    },
  };
}

function count(row: Row, { result, standing }: ReportedRun): void {
  row.runs += 1;
  if (standing === 'expected') row.asExpected += 1;
  if (standing === 'unexpected') row.unexpected += 1;
  row.outcomes.set(result.outcome, (row.outcomes.get(result.outcome) ?? 0) + 1);
}

/** What is to be told of a run: nothing of what earlier runs of its scenario have shown already. */
function blockOf(run: ReportedRun, isNew: (kind: string) => boolean): readonly string[] {
  const { outcome, verdicts } = run.result;
  const missed = verdicts.filter(({ verdict, expected }) => verdict !== 'unknown' && verdict !== expected);
  // Where nothing happened, or no run came to its end, the verdicts are not the news.
  const isVerdict = outcome === 'violation' || outcome === 'unknown' || outcome === 'pass';
  if (isVerdict && missed.length > 0) return failureLines(run, missed.filter(({ checker }) => isNew(checker)));
  return isNew(outcome) ? reasonLines(run) : [];
}

function tableText(rows: readonly Row[], style: TextStyle, paint: ChalkInstance): string {
  if (style.columns === null || style.columns < COLUMNS_MIN) {
    const lines = rows.map((row) => `${verdictOf(row)}: ${oneLine(row.claim)} (${outcomesOf(row)})`);
    return lines.join('\n');
  }
  const widths = [Math.min(style.columns, COLUMNS_MAX) - 50, 8, 21, 16];
  const table = new Table({
    head: ['scenario', 'runs', 'outcomes', 'verdict'],
    colWidths: widths,
    colAligns: ['left', 'right', 'left', 'left'],
    style: { head: [], border: [] },
    chars: style.hasUnicode ? noLines : { ...asciiFrame, ...noLines },
  });
  for (const row of rows) {
    const claim = wrapped(oneLine(row.claim), (widths[0] ?? 0) - 2).join('\n');
    const outcomes = [...wrapped(outcomesOf(row), 19)].join('\n');
    table.push([claim, String(row.runs), outcomes, colourOf(row, paint)(verdictOf(row))]);
  }
  return table.toString();
}

/** A line under each row would double the height of a table that is read at one glance. */
const noLines = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };

const asciiFrame = {
  top: '-', 'top-mid': '+', 'top-left': '+', 'top-right': '+',
  bottom: '-', 'bottom-mid': '+', 'bottom-left': '+', 'bottom-right': '+',
  left: '|', right: '|', middle: '|',
};

function outcomesOf({ outcomes }: Row): string {
  return OUTCOMES.flatMap((outcome) => {
    const runs = outcomes.get(outcome);
    return runs === undefined ? [] : [`${outcome} ${runs}`];
  }).join(', ');
}

function verdictOf(row: Row): string {
  if (row.unexpected > 0) return 'UNEXPECTED';
  return row.asExpected === row.runs ? 'as expected' : 'inconclusive';
}

function colourOf(row: Row, paint: ChalkInstance): ChalkInstance {
  if (row.unexpected > 0) return paint.red;
  return row.asExpected === row.runs ? paint.green : paint.yellow;
}

function summaryText(end: ReportEnd, paint: ChalkInstance): string {
  const { summary, exitCode, exitWords, notRun, foldersOmitted } = end;
  const counts = [
    counted(summary.runs, 'run'), `${summary.asExpected} as expected`, `${summary.unexpected} unexpected`,
    `${summary.unknown} unknown`, `${summary.vacuous} vacuous`,
  ];
  const notes = [
    ...(notRun > 0 ? [`${counted(notRun, 'run')} did not take place`] : []),
    ...(foldersOmitted > 0 ? [`${counted(foldersOmitted, 'more run')} left no folder in reports/`] : []),
  ];
  const colour = exitCode === 0 ? paint.green : exitCode === 2 || exitCode === 4 ? paint.yellow : paint.red;
  return `${[counts.join(', '), ...notes, colour(`exit ${exitCode}: ${exitWords}`)].join('\n')}\n`;
}
