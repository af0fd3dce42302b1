import type { RunJob, ScenarioEntry } from './job.ts';

/** Which seeds each scenario is run with. */
export type SeedSelection =
  /** The scenario's own. */
  | { readonly kind: 'own' }
  | { readonly kind: 'one'; readonly seed: string }
  /** `count` seeds from the scenario's first one on. */
  | { readonly kind: 'count'; readonly count: number }
  /** Both ends included. */
  | { readonly kind: 'range'; readonly first: number; readonly last: number };

/** The `index`-th of `count` parts of a sweep, one-based. All parts together are the sweep, and none overlap. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What is the same for every run of a sweep. */
export type JobSettings = Pick<RunJob, 'history' | 'trace' | 'verify'>;

/** How many runs each scenario gets, in the order of the entries. Cost: linear in the seeds if there is a shard. */
export function countRuns(
  entries: readonly ScenarioEntry[], seeds: SeedSelection, shard: Shard | null,
): readonly number[] {
  return entries.map((entry) => {
    const { first, last } = rangeOf(entry, seeds);
    if (shard === null) return last - first + 1;
    let count = 0;
    for (const seed of seedsOf(entry, seeds)) if (isInShard(entry, seed, shard)) count += 1;
    return count;
  });
}

/** The runs of a sweep, made one by one as they are asked for: scenarios in their order, then seeds in theirs. */
export function* sweepJobs(
  entries: readonly ScenarioEntry[], seeds: SeedSelection, shard: Shard | null, settings: JobSettings,
): Generator<RunJob, void, void> {
  for (const [index, entry] of entries.entries()) {
    for (const seed of seedsOf(entry, seeds)) {
      if (shard === null || isInShard(entry, seed, shard)) yield { entry: index, seed, without: [], ...settings };
    }
  }
}

/**
 * Whether a run belongs to a shard. Depends on the slug and the seed alone, so that the shards of different machines
 * fit together, and one long scenario is spread over all of them.
 */
function isInShard(entry: ScenarioEntry, seed: string, shard: Shard): boolean {
  const text = `${entry.slug}/${seed}`;
  let hash = 0x811c9dc5; // FNV-1a, with a last round that lets the high bits reach the low ones.
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return ((hash ^ (hash >>> 15)) >>> 0) % shard.count === shard.index - 1;
}

function* seedsOf(entry: ScenarioEntry, seeds: SeedSelection): Generator<string, void, void> {
  if (seeds.kind === 'one') {
    yield seeds.seed;
    return;
  }
  const { first, last } = rangeOf(entry, seeds);
  for (let seed = first; seed <= last; seed += 1) yield String(seed);
}

/** First and last number; one number of no meaning for a seed that is a word. */
function rangeOf({ scenario }: ScenarioEntry, seeds: SeedSelection): { readonly first: number; readonly last: number } {
  switch (seeds.kind) {
    case 'one':
      return { first: 0, last: 0 };
    case 'range':
      return { first: seeds.first, last: seeds.last };
    case 'count':
      return { first: scenario.seeds.first, last: scenario.seeds.first + seeds.count - 1 };
    case 'own':
      return { first: scenario.seeds.first, last: scenario.seeds.first + scenario.seeds.count - 1 };
  }
}
