import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { WORKER_LIMITS } from '../../src/host/pool.ts';
import { run } from '../../src/run/run.ts';
import { standard } from './standard.ts';

/**
 * Makes runs of the standard scenario with all checks in so many threads, `seeds` in each, and returns how many there
 * were. Threads live as long as the program, as those of a sweep do; close them with {@link closeThreads}.
 */
export async function sweep(threads: number, seeds: number): Promise<number> {
  while (pool.length < threads) pool.push(new Worker(new URL(import.meta.url), { resourceLimits: WORKER_LIMITS }));
  await Promise.all(pool.slice(0, threads).map((thread) => new Promise<void>((done, fail) => {
    thread.once('message', (clean: boolean) => { if (clean) done(); else fail(new Error('a run was not clean')); });
    thread.postMessage(seeds);
  })));
  return threads * seeds;
}

export async function closeThreads(): Promise<void> {
  await Promise.all(pool.splice(0).map((thread) => thread.terminate()));
}

const pool: Worker[] = [];

function makeRuns(seeds: number): boolean {
  const scenario = standard({ seconds: 30 });
  let isClean = true;
  for (let seed = 1; seed <= seeds; seed += 1) {
    const { result } = run({ scenario, file: null, slug: 'bench', seed: String(seed) });
    isClean &&= result.asExpected;
  }
  return isClean;
}

if (!isMainThread) parentPort?.on('message', (seeds: number) => { parentPort?.postMessage(makeRuns(seeds)); });
