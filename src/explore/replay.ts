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
  const { system } = coordinate;
  const all = candidates.map((entry) => armed(entry, coordinate.defect));
  const entries = all.filter(({ scenario }) => system === undefined || scenario.system.protocol === system);
  if (system !== undefined && entries.length === 0) {
    const files = [...new Set(all.map(({ file }) => file ?? 'scenario'))];
    const systems = [...new Set(all.map(({ scenario }) => scenario.system.protocol))];
    return { ok: false, message: `${files.join(' and ')} has no system ${system}, but ${systems.join(', ')}` };
  }
  // Also one of a file that had this system alone: a second one changes nothing for the first.
  const entry = entries.find(({ scenario }) => scenarioHash12(scenario) === coordinate.hash);
  if (entry !== undefined) return { ok: true, entry };
  const found = entries.map(({ file, scenario, part }) => {
    const which = part === undefined ? '' : ` with ${part.system}`;
    return `${file ?? 'scenario'}${which} has the hash ${scenarioHash12(scenario)}`;
  });
  const message = `the coordinate has the hash ${coordinate.hash}, but ${found.join(' and ')}: the scenario was changed`
    + ' since. Take it back to what it was, or run it anew with --seed';
  return { ok: false, message };
}

/** One argument of a command line that a POSIX shell takes as it stands. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
