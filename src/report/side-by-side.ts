import type { ChalkInstance } from 'chalk';
import Table from 'cli-table3';
import type { Comparison, SystemSummary } from '../explore/side-by-side.ts';
import { oneLine, seconds, wrapped, type TextStyle } from './text.ts';

/** With fewer columns the words of its head would be cut: plain lines then. */
const COLUMNS_MIN = 100;
const COLUMNS_MAX = 120;

/** What stands for a number that nobody measured. */
const NONE = '-';

/** Of the column of systems, with a space at both ends: the longest of our own names has room. */
const NAME_WIDTH_MIN = 14;
const NAME_WIDTH_MAX = 16;

const heads: readonly (readonly [head: string, width: number])[] = [
  ['system', NAME_WIDTH_MIN], ['as\nexpected', 10], ['verdicts', 0], ['ok', 7], ['longest\nwithout ok', 12],
  ['stale\nor lost', 9], ['messages\nper ok', 10], ['syncs\nper ok', 8], ['time to\nrecover', 10],
];
/** Lines between columns and at both ends. */
const BORDERS = heads.length + 1;

/** A scenario with several systems, for a person: a row for each, and what it was not asked for. */
export function comparisonText(comparison: Comparison, style: TextStyle, paint: ChalkInstance): string {
  const { scenario, systems } = comparison;
  const runs = [...new Set(systems.map((system) => system.runs))];
  const title = `${paint.bold(oneLine(scenario))}: medians of ${runs.join(' or ')} runs each`;
  const isNarrow = style.columns === null || style.columns < COLUMNS_MIN;
  const body = isNarrow ? systems.map(plainLine) : [tableText(systems, style, style.columns, paint)];
  const notes = systems.flatMap(({ system, leftOut }) =>
    (leftOut.length === 0 ? [] : [oneLine(`${system} was run without ${leftOut.join(', ')}`)]));
  return [title, ...body, ...notes].join('\n');
}

function tableText(
  systems: readonly SystemSummary[], style: TextStyle, columns: number, paint: ChalkInstance,
): string {
  const longest = Math.max(...systems.map(({ system }) => oneLine(system).length + 2));
  const spare = columns - COLUMNS_MIN;
  const nameWidth = Math.min(Math.max(longest, NAME_WIDTH_MIN), NAME_WIDTH_MIN + spare, NAME_WIDTH_MAX);
  const taken = heads.reduce((sum, [, width]) => sum + width, BORDERS + nameWidth - NAME_WIDTH_MIN);
  const rest = Math.min(columns, COLUMNS_MAX) - taken;
  const table = new Table({
    head: heads.map(([head]) => head),
    colWidths: [nameWidth, ...heads.slice(1).map(([, width]) => (width === 0 ? rest : width))],
    colAligns: heads.map((_head, at) => (at === 0 || at === 2 ? 'left' : 'right')),
    style: { head: [], border: [] },
    ...(style.hasUnicode ? {} : { chars: asciiFrame }),
  });
  for (const system of systems) {
    const { name, met, verdicts, numbers } = cellsOf(system);
    const colour = system.asExpected === system.runs ? paint.green : paint.red;
    const lines = verdicts.flatMap((verdict) => wrapped(verdict, rest - 2));
    table.push([wrapped(name, nameWidth - 2).join('\n'), colour(met), lines.join('\n'), ...numbers]);
  }
  return table.toString();
}

function plainLine(system: SystemSummary): string {
  const { name, met, verdicts, numbers: [ok, without, stale, messages, syncs, recovery] } = cellsOf(system);
  return `  ${name}: as expected ${met}; ${verdicts.join(', ')}; ok ${ok}; longest without ok ${without}; `
    + `stale or lost ${stale}; messages per ok ${messages}; syncs per ok ${syncs}; time to recover ${recovery}`;
}

function cellsOf(system: SystemSummary) {
  const { runs, asExpected, ok, unavailableUs, staleOrLost, messagesPerOk, syncsPerOk, recoveryUs } = system;
  const told = Object.entries(system.verdicts).map(([checker, counts]) => {
    const parts = Object.entries(counts).map(([verdict, count]) => (count === runs ? verdict : `${verdict} ${count}`));
    return oneLine(`${checker}: ${parts.join(', ')}`);
  });
  const shown = (value: number | null): string => (value === null ? NONE : String(value));
  const time = (us: number | null): string => (us === null ? NONE : seconds(us));
  const numbers = [
    shown(ok), time(unavailableUs), shown(staleOrLost), messagesPerOk?.toFixed(1) ?? NONE,
    syncsPerOk?.toFixed(1) ?? NONE, recoveryUs === 'never' ? recoveryUs : time(recoveryUs),
  ] as const;
  return {
    name: oneLine(system.system), met: `${asExpected} of ${runs}`, numbers,
    verdicts: told.length === 0 ? ['all valid'] : told,
  };
}

const asciiFrame = {
  'top': '-', 'top-mid': '+', 'top-left': '+', 'top-right': '+',
  'bottom': '-', 'bottom-mid': '+', 'bottom-left': '+', 'bottom-right': '+',
  'left': '|', 'left-mid': '+', 'mid': '-', 'mid-mid': '+', 'right': '|', 'right-mid': '+', 'middle': '|',
};
