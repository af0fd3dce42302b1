import type { ExitCode } from '../explore/exit-code.ts';
import { catalogueWith, defects } from '../host/catalogue.ts';
import { scenarioFiles } from '../host/files.ts';
import { StandardOutput } from '../host/output.ts';
import { HostError } from '../host/problem.ts';
import { loadScenarios } from '../host/scenarios.ts';
import { displayWidth, oneLine } from '../report/text.ts';

/** Options of `list`, as commander hands them over. */
export interface ListOptions {
  readonly defects?: true;
}

/** `list`: one line of claim for each scenario, or the catalogue of defects. */
export async function listCommand(paths: readonly string[], options: ListOptions): Promise<ExitCode> {
  const rows = options.defects === true ? defectRows() : scenarioRows(paths);
  if (rows.length === 0) throw new HostError(4, 'nothing was selected: there are no scenarios here');
  const output = new StandardOutput(process.stdout);
  output.write(aligned(rows));
  await output.flush();
  return 0;
}

function scenarioRows(paths: readonly string[]): readonly (readonly string[])[] {
  const loaded = loadScenarios(scenarioFiles(paths), catalogueWith());
  const claims = new Map(loaded.map(({ entry: { file, scenario } }) => [file ?? '', scenario.name]));
  return [...claims].map(([file, name]) => {
    const systems = loaded.flatMap(({ entry }) => (entry.file === file ? entry.part?.system ?? [] : []));
    return [file, systems.length === 0 ? name : `${name} (${systems.join(', ')})`];
  });
}

function defectRows(): readonly (readonly string[])[] {
  const rows = defects().map(({ row, id, difficulty, firstCatcher, title }) =>
    [row, id, difficulty, firstCatcher, title]);
  return [['row', 'id', 'difficulty', 'first seen by', 'what it does wrong'], ...rows];
}

/** Columns as wide as their widest cell; the last one runs free. */
function aligned(rows: readonly (readonly string[])[]): string {
  const safe = rows.map((row) => row.map(oneLine));
  const widthOf = (column: number): number => Math.max(...safe.map((row) => displayWidth(row[column] ?? '')));
  const widths = (safe[0] ?? []).map((_cell, column) => widthOf(column));
  const lines = safe.map((row) => row.map((cell, column) =>
    (column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - displayWidth(cell)))));
  return lines.map((line) => `${line.join('  ')}\n`).join('');
}
