import type { ProtocolModule } from '../contract/module.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** One run, asked for. Plain data but for `module` and the hooks. */
export interface RunRequest {
  readonly scenario: Scenario;
  /** Path of the scenario file as given, and the slug that stands for it in coordinates. */
  readonly file: string | null;
  readonly slug: string;
  /** A normalised, non-empty string without white space, `/`, `#` and `@`. */
  readonly seed: string;
  /** A user's protocol, in place of the built-in one that the scenario names. */
  readonly module?: ProtocolModule;
  /** Keep the full trace. Does not change the fingerprint. */
  readonly trace?: boolean;
  /** Faults to leave out, by their index in the plan, for counterfactuals. */
  readonly without?: readonly number[];
  /** Host's watch over stray promises: starts it, and returns the call that stops it and says how many were made. */
  readonly watchPromises?: () => () => number;
}
