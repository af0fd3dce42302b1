import type { ProtocolModule } from '../contract/module.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** Something that a run is made without: a fault, by its index in the plan, or the defect that is armed. */
export type Omitted = number | 'defect';

/** One run, asked for. Plain data but for `module` and the hooks. */
export interface RunRequest {
  readonly scenario: Scenario;
  /** Path of the scenario file as given, and the slug that stands for it in coordinates. */
  readonly file: string | null;
  readonly slug: string;
  /** The coordinate names the system, since the file has several. */
  readonly namesSystem?: boolean;
  /** A normalised, non-empty string without white space, `/`, `#` and `@`. */
  readonly seed: string;
  /** A user's protocol, in place of the built-in one that the scenario names. */
  readonly module?: ProtocolModule;
  /** Keep the full trace. Does not change the fingerprint. */
  readonly trace?: boolean;
  /** Takes the lines of the full trace, as they come, instead of keeping them. Does not change the fingerprint. */
  readonly onLine?: (line: string) => void;
  /** What to leave out, for counterfactuals. Changes no coordinate. */
  readonly without?: readonly Omitted[];
  /** Host's watch over stray promises: starts it, and returns the call that stops it and says how many were made. */
  readonly watchPromises?: () => () => number;
}
