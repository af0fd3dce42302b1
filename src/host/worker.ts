import { parentPort, workerData } from 'node:worker_threads';
import type { RunJob } from '../explore/job.ts';
import { run } from '../run/run.ts';
import { execute, type Workbench } from './execute.ts';
import { loadProtocol } from './load-protocol.ts';
import type { WorkerData } from './pool.ts';

// Entry of a worker thread: gets jobs, one at a time, and posts a report for each.
const { entries, protocolPath } = workerData as WorkerData;
const module = protocolPath === null ? null : await loadProtocol(protocolPath);
const workbench: Workbench = { entries, module, run };

// Messages that arrived while the module was loading wait in the port until somebody listens.
parentPort?.on('message', (job: RunJob) => { parentPort?.postMessage(execute(workbench, job)); });
