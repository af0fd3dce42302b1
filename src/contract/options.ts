import { unboxed } from '../kernel/time.ts';

/** How a swarm profile draws an option for one seed. Weights are relative integers. */
export type SwarmDraw =
  | { readonly kind: 'between'; readonly min: number; readonly max: number }
  /** Each factor of two between `min` and `max` is equally likely. */
  | { readonly kind: 'log-uniform'; readonly min: number; readonly max: number }
  | { readonly kind: 'choice'; readonly of: readonly (readonly [value: OptionValue, weight: number])[] };

export type OptionValue = number | boolean | string;

/** Complete options of a protocol, one value for each declared option. Durations are in integer microseconds. */
export type Options = Readonly<Record<string, OptionValue>>;

/** One tunable of a protocol: what scenario files may set, its default and its limits. */
export type OptionSpec = { readonly doc: string; readonly swarm?: SwarmDraw } & (
  | { readonly kind: 'duration'; readonly default: number; readonly min: number; readonly max: number }
  | { readonly kind: 'integer'; readonly default: number; readonly min: number; readonly max: number }
  | { readonly kind: 'boolean'; readonly default: boolean }
  | { readonly kind: 'choice'; readonly default: string; readonly of: readonly string[] }
);

/** All options of a protocol, keyed by name in the order in which they are documented. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The defaults of a table. */
export function defaultOptions(table: OptionTable): Options {
  const options: Record<string, OptionValue> = {};
  for (const [name, spec] of Object.entries(table)) options[name] = spec.default;
  return options;
}

/**
 * The same options, each integer {@link unboxed}: the table of a protocol's options, where most values come from, holds
 * some number that needs a box, and so gives all of them one.
 */
export function withoutBoxes(options: Options): Options {
  const values = Object.entries(options).map(([name, value]) =>
    [name, typeof value === 'number' ? unboxed(value) : value] as const);
  return Object.freeze(Object.fromEntries(values));
}
