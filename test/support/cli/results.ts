import type { RunJob, ScenarioEntry } from '../../../src/explore/job.ts';
import type { ReportedRun } from '../../../src/report/reporter.ts';
import type { RunResult, VerdictRecord } from '../../../src/run/result.ts';
import { catalogueWith } from '../../../src/scenario/catalogue.ts';
import { slugOf } from '../../../src/scenario/coordinate.ts';
import { parseScenario } from '../../../src/scenario/file/parse.ts';

/** A scenario of three nodes that runs for a simulated second; `more` is YAML that is put behind it. */
export function entryOf(name: string, more: string = ''): ScenarioEntry {
  const file = `scenarios/${name}.yaml`;
  const text = `name: the claim of ${name}\nsystem: { protocol: raft, nodes: 3 }\nduration: 1s\n`
    + `workload: { kind: append }\n${more}`;
  const parsed = parseScenario(text, { fileName: file, catalogue: catalogueWith() });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  return { scenario: parsed.scenario, file, slug: slugOf(file) };
}

/** A job without anything special. */
export function jobOf(seed: string, entry: number = 0): RunJob {
  return { entry, seed, without: [], history: 'never', trace: false, verify: false };
}

/** A verdict that was hoped for, but for what is given. */
export function verdictOf(fields: Partial<VerdictRecord> = {}): VerdictRecord {
  return {
    checker: 'linearizable', verdict: 'valid', expected: 'valid', summary: 'there is an order', atUs: null, cause: null,
    suspects: [], contract: 'intact', broken: null, evidence: [], proof: null, ...fields,
  };
}

/** A run that passed, but for what is given. */
export function resultOf(fields: Partial<RunResult> = {}): RunResult {
  return {
    scenario: 'a claim', file: 'scenarios/raft/a-claim.yaml', coordinate: 'raft/a-claim@0123456789ab/7', system: 'raft',
    seed: '7', defect: null, fired: null, fingerprint: '00112233445566aa', outcome: 'pass', asExpected: true,
    verdicts: [verdictOf()], reason: null, operations: { ok: 5, fail: 1, info: 2 }, events: 100, simulatedUs: 2_500_000,
    faults: [], metrics: {}, ...fields,
  };
}

/** A run in which a write was lost while a partition was on. */
export function lostWrite(fields: Partial<RunResult> = {}): RunResult {
  return resultOf({
    outcome: 'violation',
    asExpected: false,
    verdicts: [
      verdictOf({
        verdict: 'invalid', summary: 'no order explains the read of 1', atUs: 2_000_000, suspects: [2, 1, 0],
        cause: { fault: 1, text: 'partition of n1 | n2 n3 at 1.5 s' },
        evidence: [
          'c1 (process 0)  write x 2 -> ok  [1.600000 s, 1.700000 s]',
          'c2 (process 1)  read x -> 1  [1.900000 s, 2.000000 s]',
        ],
      }),
      verdictOf({ checker: 'R4', verdict: 'invalid', summary: 'n3 lacks entry 5', atUs: 1_800_000 }),
    ],
    faults: [
      { index: 0, kind: 'crash', atUs: 100_000, untilUs: 200_000, target: 'n2', effect: {}, line: 0 },
      {
        index: 1, kind: 'partition', atUs: 1_500_000, untilUs: 2_400_000, target: 'n1 | n2 n3', line: 1,
        effect: { messagesDropped: 9 },
      },
      { index: 2, kind: 'restart', atUs: 1_900_000, untilUs: null, target: 'n2', effect: {}, line: 2 },
      { index: 3, kind: 'pause', atUs: 2_100_000, untilUs: null, target: 'n1', effect: {}, line: 3 },
    ],
    ...fields,
  });
}

/** A run on its way to a reporter. */
export function reported(
  result: RunResult, standing: ReportedRun['standing'] = 'unexpected', entry: number = 0,
): ReportedRun {
  const folder = standing === 'expected' ? null : 'reports/raft/a-claim/7';
  return { entry, result, standing, replay: `npx quorumquake replay '${result.coordinate}'`, folder };
}
