import type { RunJob, ScenarioEntry } from '../explore/job.ts';
import { formatProblems, parseScenario } from '../scenario/file/parse.ts';
import { catalogueWith } from './catalogue.ts';
import { pinnedFingerprint } from './pinned-fingerprint.ts';
import { Pool } from './pool.ts';

/** A run that takes no time, and in which all that could differ takes part: network, disks, clocks, faults. */
const scenarioText = `name: the self-test ends as it does everywhere
system: { protocol: raft, nodes: 3 }
workload: { kind: append, keys: 1 }
network: { latency: 1..5ms, loss: 1%, duplicate: 1% }
clocks: { drift: 200ppm, offset: 10ms }
duration: 2s
faults: [{ random: { every: 200..400ms, kinds: [crash, pause, partition, clock-jump] } }]
check: [linearizable]
`;

/** What two runs of one coordinate, each in a thread of its own, came to. */
export interface SelfTest {
  readonly fingerprints: readonly string[];
  /** What it is on every machine. */
  readonly pinned: string;
}

/** The scenario of the self-test; its seed is 1. */
export function selfTestEntry(): ScenarioEntry {
  const file = 'self-test.yaml';
  const parsed = parseScenario(scenarioText, { fileName: file, catalogue: catalogueWith() });
  if (!parsed.ok) throw new Error(formatProblems(parsed.problems));
  return { scenario: parsed.scenario, file, slug: 'self-test' };
}

/** Makes the same run twice. Takes some tenths of a second. */
export async function selfTest(): Promise<SelfTest> {
  const pool = new Pool(2, { entries: [selfTestEntry()], protocolPath: null });
  const job: RunJob = { entry: 0, seed: '1', without: [], history: 'never', trace: false, verify: false };
  try {
    const reports = await Promise.all([pool.run(job, false), pool.run(job, false)]);
    const results = reports.flatMap((report) => (report === null ? [] : [report.result]));
    const broken = results.find(({ outcome }) => outcome === 'error');
    if (broken !== undefined) throw new Error(broken.reason ?? 'no reason is known');
    return { fingerprints: results.map(({ fingerprint }) => fingerprint), pinned: pinnedFingerprint };
  } finally {
    await pool.close();
  }
}
