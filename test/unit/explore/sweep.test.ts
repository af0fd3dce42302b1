import { describe, expect, it } from 'vitest';
import { countRuns, sweepJobs, type SeedSelection, type Shard } from '../../../src/explore/sweep.ts';
import { entryOf } from '../../support/cli/results.ts';

const entries = [entryOf('raft/one', 'seeds: { first: 5, count: 2 }\n'), entryOf('raft/two', 'seeds: { count: 3 }\n')];
const settings = { history: 'unexpected', trace: false, verify: true } as const;

function runs(seeds: SeedSelection, shard: Shard | null = null): string[] {
  return [...sweepJobs(entries, seeds, shard, settings)].map(({ entry, seed }) => `${entry}/${seed}`);
}

describe('a sweep', () => {
  it('runs each scenario with its own seeds, scenarios in their order, then seeds in theirs', () => {
    expect(runs({ kind: 'own' })).toEqual(['0/5', '0/6', '1/1', '1/2', '1/3']);
  });

  it('runs any word as the one seed', () => {
    expect(runs({ kind: 'one', seed: 'word' })).toEqual(['0/word', '1/word']);
  });

  it('counts from the first seed of each scenario', () => {
    expect(runs({ kind: 'count', count: 2 })).toEqual(['0/5', '0/6', '1/1', '1/2']);
  });

  it('takes both ends of a range', () => {
    expect(runs({ kind: 'range', first: 9, last: 10 })).toEqual(['0/9', '0/10', '1/9', '1/10']);
  });

  it('gives every job the settings of the sweep', () => {
    const [job] = sweepJobs(entries, { kind: 'own' }, null, settings);
    expect(job).toEqual({ entry: 0, seed: '5', without: [], ...settings });
  });

  it('is divided by shards without loss or overlap, one scenario over all of them', () => {
    const seeds: SeedSelection = { kind: 'range', first: 1, last: 300 };
    const parts = [1, 2, 3].map((index) => runs(seeds, { index, count: 3 }));
    expect(parts.flat().sort((a, b) => (a < b ? -1 : 1))).toEqual(runs(seeds).sort((a, b) => (a < b ? -1 : 1)));
    for (const part of parts) expect(part.length).toBeGreaterThan(150); // Of 600: no shard is starved.
  });

  it('keeps the seeds of a shard: machines that share the work rely on it', () => {
    const shard = { index: 1, count: 4 };
    expect(runs({ kind: 'range', first: 1, last: 8 }, shard)).toEqual(runs({ kind: 'range', first: 1, last: 40 }, shard)
      .filter((run) => Number(run.split('/')[1]) <= 8));
  });

  it('is counted as it will run', () => {
    for (const shard of [null, { index: 2, count: 3 }]) {
      const seeds: SeedSelection = { kind: 'count', count: 50 };
      const counts = countRuns(entries, seeds, shard);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(runs(seeds, shard).length);
    }
  });
});
