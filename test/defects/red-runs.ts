import { standingOf } from '../../src/explore/standing.ts';
import { run } from '../../src/run/run.ts';
import { scenarioIn } from '../support/scenario-file.ts';
import type { Planted } from './reds.ts';

/** What seeds of one scenario came to. */
export interface Shares {
  /** Seeds in which an expectation was missed, as the exit code of the command line counts it. */
  readonly red: readonly string[];
  /** Seeds in which every expectation was met. What is unknown or vacuous is neither. */
  readonly green: readonly string[];
  /** Seeds in which a defect differed from the reference. */
  readonly fired: readonly string[];
}

/** Runs a scenario with what is planted in it, or as it is. */
export function sharesOf(scenario: string, planted: Planted | null, seeds: readonly string[]): Shares {
  const file = `scenarios/${scenario}.yaml`;
  const settings = planted === null || typeof planted === 'string' ? {} : planted.settings;
  const defect = typeof planted === 'string' ? planted : null;
  const armed = { ...scenarioIn(file, settings), defect };
  const red: string[] = [];
  const green: string[] = [];
  const fired: string[] = [];
  for (const seed of seeds) {
    const { result } = run({ scenario: armed, file, slug: scenario, seed });
    const standing = standingOf(result);
    if (standing === 'unexpected') red.push(seed);
    if (standing === 'expected') green.push(seed);
    if ((result.fired ?? 0) > 0) fired.push(seed);
  }
  return { red, green, fired };
}
