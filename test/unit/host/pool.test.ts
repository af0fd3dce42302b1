import { afterEach, describe, expect, it } from 'vitest';
import { execute } from '../../../src/host/execute.ts';
import { Pool } from '../../../src/host/pool.ts';
import type { RunReport } from '../../../src/explore/job.ts';
import { entryOf, jobOf, resultOf } from '../../support/cli/results.ts';

const entries = [entryOf('raft/one')];
const script = new URL('../../support/cli/fake-worker.js', import.meta.url);
const pools: Pool[] = [];

function threads(count: number): Pool {
  const pool = Pool.threads(count, { entries, protocolPath: null }, script);
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

describe('a pool without threads', () => {
  it('lets a stop in between two runs', async () => {
    const made: string[] = [];
    const pool = Pool.inProcess({
      entries,
      module: null,
      run: ({ seed }) => {
        made.push(seed);
        if (seed === '2') pool.stop();
        return { result: resultOf({ seed }), history: [], trace: null };
      },
    });
    const reports = await all(pool, ['1', '2', '3', '4']);
    expect(reports.map(({ result }) => result.seed)).toEqual(['1', '2']);
    expect(made).toEqual(['1', '2']);
  });

  it('gives what the run gives', async () => {
    const workbench = {
      entries, module: null, run: () => ({ result: resultOf({ outcome: 'violation' }), history: [], trace: null }),
    };
    const [report] = await all(Pool.inProcess(workbench), ['5']);
    expect(report).toEqual(execute(workbench, jobOf('5')));
  });
});
