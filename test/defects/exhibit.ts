import type { RunResult } from '../../src/run/result.ts';
import { findsOf, isEndToEnd, type ProfiledSystem, safetyFinds } from '../support/profiles.ts';
import type { Settings } from '../support/scenario-file.ts';

/** One defect of the museum: what to expect of the search for it. */
export interface Exhibit {
  readonly row: string;
  readonly id: string;
  /** Published rate of end-to-end finds per swarm seed, in parts per thousand; `null` where none was published. */
  readonly publishedPerMille: number | null;
  /**
   * The same, of finds by `seenBy`, as measured here with seeds that nothing was fitted to (5001 and following). The
   * budget of the search follows from it. 0 where no search was long enough to say.
   */
  readonly ratePerMille: number;
  /** Who sees it first in most of many seeds, and so in some of few. */
  readonly firstCatcher: string;
  /**
   * Who has to see it within the budget: `end-to-end` is a consequence that a user or a property of the paper would
   * meet. A check is named where such a consequence is rarer than one search in the tests can afford, or where the
   * defect costs liveness alone.
   */
  readonly seenBy: string;
  /**
   * Where it is looked for: `tests` with every change, `museum` when the scorecard is made. `script` is a file that
   * brings about what no search finds: one of `test/defects/scripts`, or with its folder (`raft/…`) of the scenarios.
   */
  readonly where: 'tests' | 'museum' | { readonly script: string };
  /** The defect that this one is armed with, and without which it is harmless. */
  readonly together?: string;
  /** Under whose profile it is looked for; Raft's where none is named. */
  readonly system?: ProfiledSystem;
  /**
   * First seed of the search in the tests, close before a find. The budget does not count on that: when draws change,
   * so do the finds.
   */
  readonly firstSeed: number;
  /** What the row fixes of the profile's scenario, where its draws would bury the defect; why stands beside it. */
  readonly settings?: Settings;
}

/** What is armed to find it. */
export function armedFor({ id, together }: Pick<Exhibit, 'id' | 'together'>): string {
  return together === undefined ? id : [id, together].sort().join('+');
}

/** With this many seeds a defect of that rate is found with 99 % confidence. */
export function seedBudget({ ratePerMille }: Pick<Exhibit, 'ratePerMille'>): number {
  return Math.ceil(4_600 / ratePerMille);
}

/** What was found in a run that this exhibit stands for. The earliest is first. */
export function findsFor(exhibit: Exhibit, result: RunResult): string[] {
  return exhibit.seenBy === 'progress' ? findsOf(result) : safetyFinds(result);
}

export function isSeen({ seenBy }: Exhibit, result: RunResult): boolean {
  return seenBy === 'end-to-end' ? isEndToEnd(result) : findsOf(result).includes(seenBy);
}
