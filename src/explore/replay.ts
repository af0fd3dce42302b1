import type { Coordinate } from '../scenario/coordinate.ts';
import { scenarioHash12 } from '../scenario/hash.ts';
import type { ScenarioEntry } from './job.ts';

export { isSeed, parseCoordinate } from '../scenario/coordinate.ts';

/** The scenario that a coordinate means, armed as the coordinate says, or why none of the candidates is it. */
export type ReplayChoice =
  | { readonly ok: true; readonly entry: ScenarioEntry }
  | { readonly ok: false; readonly message: string };

/** The entry with this variant armed in place of what its file says. */
export function armed(entry: ScenarioEntry, defect: string | null): ScenarioEntry {
  return { ...entry, scenario: { ...entry.scenario, defect } };
}

/** Chooses among the files that the slug can stand for, by hash: an edited scenario is another one, and never runs. */
export function chooseReplay(coordinate: Coordinate, candidates: readonly ScenarioEntry[]): ReplayChoice {
  const entries = candidates.map((entry) => armed(entry, coordinate.defect));
  const entry = entries.find(({ scenario }) => scenarioHash12(scenario) === coordinate.hash);
  if (entry !== undefined) return { ok: true, entry };
  const found = entries.map(({ file, scenario }) => `${file ?? 'scenario'} has the hash ${scenarioHash12(scenario)}`);
  const message = `the coordinate has the hash ${coordinate.hash}, but ${found.join(' and ')}: the scenario was changed`
    + ' since. Take it back to what it was, or run it anew with --seed';
  return { ok: false, message };
}

/** One argument of a command line that a POSIX shell takes as it stands. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
