import {
  checkLinearizable, checkProgress, pairOperations, type Evidence, type Operation,
} from '../../checkers/index.ts';
import type { ProtocolModule } from '../contract/module.ts';
import type { AppliedFault } from '../faults/applied.ts';
import type { History } from '../history/operation.ts';
import type { TimeUs } from '../kernel/time.ts';
import { formatTime } from '../kernel/trace.ts';
import type { Breach } from '../scenario/build.ts';
import type { Check, Scenario } from '../scenario/scenario.ts';
import { contractOf } from './ledger.ts';
import type { VerdictRecord } from './result.ts';

/** What there is to judge. */
export interface Judged {
  readonly scenario: Scenario;
  readonly module: ProtocolModule;
  readonly history: History;
  readonly breaches: readonly Breach[];
  readonly faults: readonly AppliedFault[];
  /** When the run ended. */
  readonly endUs: TimeUs;
}

type Finding = Pick<VerdictRecord, 'verdict' | 'summary' | 'atUs' | 'evidence'>;

/**
 * All verdicts of a run: the scenario's checks in their order, then invariants and assertions that were breached or
 * that the scenario expects to be, in the order of the first breach.
 */
export function judge(judged: Judged): VerdictRecord[] {
  const { scenario, module, breaches } = judged;
  const records = scenario.checks.map((check) => record(judged, check.name, check.checker, findingOf(judged, check)));
  for (const breach of breaches) {
    const info = module.invariants.declared.find(({ id }) => id === breach.id);
    const summary = info === undefined ? breach.text : `${info.name} (${info.source}): ${breach.text}`;
    const evidence = [`#${breach.event} ${formatTime(breach.atUs)} s: ${breach.text}`];
    records.push(record(judged, breach.id, breach.id, { verdict: 'invalid', summary, atUs: breach.atUs, evidence }));
  }
  for (const name of Object.keys(scenario.expect)) {
    if (records.some(({ checker }) => checker === name)) continue;
    records.push(record(judged, name, name, { verdict: 'valid', summary: 'no breach', atUs: null, evidence: [] }));
  }
  return records;
}

function record(judged: Judged, name: string, property: string, finding: Finding): VerdictRecord {
  const { scenario, faults, module, endUs } = judged;
  const untilUs = finding.atUs ?? endUs;
  const isInvalid = finding.verdict === 'invalid';
  const suspects = isInvalid ? [...faults.keys()].filter((at) => isBefore(faults[at], untilUs)).reverse() : [];
  return {
    checker: name,
    verdict: finding.verdict,
    expected: scenario.expect[name] ?? 'valid',
    summary: finding.summary,
    atUs: finding.atUs,
    cause: null,
    suspects,
    contract: isInvalid ? contractOf(property, untilUs, faults, module.assumptions) : 'intact',
    evidence: finding.evidence,
  };
}

function isBefore(fault: AppliedFault | undefined, instantUs: TimeUs): boolean {
  return fault !== undefined && fault.atUs <= instantUs;
}

function findingOf(judged: Judged, check: Check): Finding {
  switch (check.checker) {
    case 'linearizable': return linearizable(judged);
    case 'progress': return progress(judged, check);
  }
}

function linearizable({ history, scenario }: Judged): Finding {
  const { verdict, reason, evidence } = checkLinearizable(history, { model: scenario.workload.kind });
  if (verdict !== 'invalid' || evidence === null) return { verdict, summary: reason, atUs: null, evidence: [] };
  const atUs = evidence.offending.completedAtUs;
  const lines = evidenceLines(evidence, history, scenario.clients.count);
  return { verdict, summary: evidence.summary, atUs, evidence: lines };
}

/**
 * Evidence has forgotten how an update ended, where the contradiction does not need that. People look for the operation
 * as it was.
 */
function evidenceLines({ operations, omitted }: Evidence, history: History, clients: number): string[] {
  const byIndex = new Map(pairOperations(history).operations.map((operation) => [operation.invokedIndex, operation]));
  const lines = operations.map((operation) => {
    const { outcome, completedAtUs } = byIndex.get(operation.invokedIndex) ?? operation;
    return operationLine({ ...operation, outcome, completedAtUs }, clients);
  });
  return omitted === 0 ? lines : [...lines, `(and ${omitted} earlier operations)`];
}

/** One operation for a person: who, what, the answer, and its true-time interval. */
function operationLine(operation: Operation, clients: number): string {
  const { process, f, key, input, output, outcome, invokedAtUs, completedAtUs } = operation;
  const asked = input === null ? '' : ` ${JSON.stringify(input)}`;
  const answered = outcome === 'ok' ? (f === 'read' ? ` -> ${JSON.stringify(output)}` : ' -> ok') : ' -> unknown';
  const end = completedAtUs === null ? '...' : `${formatTime(completedAtUs)} s`;
  const who = `c${(process % clients) + 1} (process ${process})`;
  return `${who}  ${f} ${key ?? ''}${asked}${answered}  [${formatTime(invokedAtUs)} s, ${end}]`;
}

function progress(judged: Judged, check: Extract<Check, { checker: 'progress' }>): Finding {
  const { history, scenario, module, endUs } = judged;
  const budgetUs = module.progressBudgetUs(scenario.system.options);
  const { window } = check;
  const counted = window?.clients ?? null;
  const counts = counted === null
    ? undefined
    : ({ process }: Operation): boolean => counted.includes(`c${(process % scenario.clients.count) + 1}`);
  const { verdict, summary, atUs } = checkProgress(history, {
    budgetUs,
    endUs,
    ...(window === null ? {} : { fromUs: window.fromUs, toUs: window.toUs }),
    ...(counts === undefined ? {} : { counts }),
  });
  return { verdict, summary, atUs: verdict === 'invalid' ? atUs : null, evidence: [] };
}
