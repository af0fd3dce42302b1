// Stands in for the worker of a pool: answers after the milliseconds that the seed says, or dies as it says.
import { parentPort, workerData } from 'node:worker_threads';

parentPort.on('message', (job) => {
  if (job.seed === 'throw') throw new Error('out of luck');
  if (job.seed === 'exit') process.exit(3);
  if (job.seed === 'hoard') for (const hoard = []; ;) hoard.push(new Array(1_000).fill(hoard.length));
  const { scenario } = workerData.entries[job.entry];
  const result = { scenario: scenario.name, seed: job.seed, without: job.without };
  setTimeout(() => parentPort.postMessage({ entry: job.entry, result, history: null, trace: null }), Number(job.seed));
});
