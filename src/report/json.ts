import type { RunResult, VerdictRecord } from '../run/result.ts';
import type { Reporter, ReportPlan, Write } from './reporter.ts';

/** The results file, `quorumquake/results@1`: one line a run. Equal runs give equal bytes. */
export function jsonReporter(write: Write, { tool, trace }: ReportPlan): Reporter {
  const head = JSON.stringify({ schema: 'quorumquake/results@1', tool, trace });
  let separator = '';
  write(`${head.slice(0, -1)},"runs":[`);
  return {
    onRun: ({ result }) => {
      write(`${separator}\n${runJson(result)}`);
      separator = ',';
    },
    onEnd: ({ summary: { runs, asExpected, unexpected, unknown, vacuous }, notRun, sideBySide }) => {
      const counts = { runs, asExpected, unexpected, unknown, vacuous };
      // Only where a signal has cut the sweep short.
      const summary = JSON.stringify(notRun === 0 ? counts : { ...counts, notRun });
      const compared = sideBySide.length === 0 ? '' : `,"sideBySide":${JSON.stringify(sideBySide)}`;
      write(`\n],"summary":${summary}${compared}}\n`);
    },
  };
}

/** One run, as it stands in the results file. Field names and their order are those of the schema. */
export function runJson(result: RunResult): string {
  const { scenario, file, coordinate, system, seed, defect, fired, fingerprint, outcome, asExpected } = result;
  const { reason, operations, events, simulatedUs, metrics } = result;
  return JSON.stringify({
    scenario, file, coordinate, system, seed, defect, fired, fingerprint, outcome, asExpected,
    ...(reason === null ? {} : { reason }),
    verdicts: result.verdicts.map(verdictOf),
    operations: { ok: operations.ok, fail: operations.fail, info: operations.info },
    events, simulatedUs,
    faults: result.faults.map(({ kind, atUs, effect }) => ({ kind, atUs, effect })),
    metrics,
  });
}

function verdictOf(record: VerdictRecord): object {
  const { checker, verdict, expected, summary, atUs, cause, suspects, contract, proof } = record;
  // In the words of `check`, for whoever reads both.
  const shown = proof === null ? {} : { evidence: proof.evidence, verified: proof.verified };
  return { checker, verdict, expected, summary, atUs, cause, suspects, contract, ...shown };
}
