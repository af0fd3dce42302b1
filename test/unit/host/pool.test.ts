import { afterEach, describe, expect, it } from 'vitest';
import { Pool } from '../../../src/host/pool.ts';
import type { RunReport } from '../../../src/explore/job.ts';
import { entryOf, jobOf } from '../../support/cli/results.ts';

const entries = [entryOf('raft/one')];
const script = new URL('../../support/cli/fake-worker.js', import.meta.url);
const pools: Pool[] = [];

function threads(count: number): Pool {
  const pool = new Pool(count, { entries, protocolPath: null }, script);
  pools.push(pool);
  return pool;
}

async function all(pool: Pool, seeds: readonly string[]): Promise<RunReport[]> {
  const reports: RunReport[] = [];
  for await (const report of pool.runAll(seeds.map((seed) => jobOf(seed)))) reports.push(report);
  return reports;
}

afterEach(async () => { await Promise.all(pools.splice(0).map((pool) => pool.close())); });

describe('a pool of threads', () => {
  it('reports in the order of the jobs, whatever the order in which they end', async () => {
    const seeds = ['90', '1', '50', '2', '0'];
    const reports = await all(threads(3), seeds);
    expect(reports.map(({ result }) => result.seed)).toEqual(seeds);
  });

  it.each(['throw', 'exit'])('survives a worker that dies (%s), and loses no run', async (death) => {
    const reports = await all(threads(2), ['1', death, '2', death, '3']);
    expect(reports.map(({ result }) => result.seed)).toEqual(['1', death, '2', death, '3']);
    const dead = reports[1]?.result;
    expect(dead).toMatchObject({ outcome: 'error', asExpected: false });
    expect(dead?.reason).toBe(`its worker died: ${death === 'throw' ? 'out of luck' : 'exit code 3'}`);
    expect(dead?.coordinate).toMatch(new RegExp(`^raft/one@[0-9a-f]{12}/${death}$`));
  });

  it('says of a run for which there is not enough memory that nothing is known of it', async () => {
    const [report] = await all(threads(1), ['hoard']);
    expect(report?.result).toMatchObject({ outcome: 'unknown', asExpected: false });
    expect(report?.result.reason).toMatch(/^limit: .* 512 MB/);
  });

  it('makes urgent runs before those that wait', async () => {
    const pool = threads(1);
    const ended: string[] = [];
    const ask = (seed: string, urgent: boolean): Promise<unknown> =>
      pool.run(jobOf(seed), urgent).then(() => ended.push(seed));
    await Promise.all([ask('10', false), ask('11', false), ask('12', true)]);
    expect(ended).toEqual(['10', '12', '11']);
  });

  it('ends those under way after a stop, and begins no other', async () => {
    const pool = threads(2);
    const runs = ['40', '41', '42', '43'].map((seed) => pool.run(jobOf(seed), false));
    pool.stop();
    const reports = await Promise.all(runs);
    expect(reports.map((report) => report?.result.seed ?? null)).toEqual(['40', '41', null, null]);
  });
});
