import type { BarrierResult } from '../../checkers/barriers/result.ts';
import type { LinearizabilityResult } from '../../checkers/linearizability.ts';
import type { LockResult } from '../../checkers/locks/result.ts';
import type { QueueResult } from '../../checkers/queues/result.ts';
import type { ZnodeResult } from '../../checkers/zookeeper/result.ts';
import { counted, oneLine } from './text.ts';

type CheckedOperation = NonNullable<LinearizabilityResult['evidence']>['operations'][number];

type CheckResult = LinearizabilityResult | QueueResult | BarrierResult | LockResult | ZnodeResult;

/**
 * The judgement of a stored history, `quorumquake/check@1`: `witness` only with `valid`, `evidence` with `invalid`,
 * `prevented` with `fencing`, `checked` of znodes and with `total-queue` and `barriers`.
 */
export function checkJson(result: CheckResult): string {
  const { verdict, model, operations, algorithm, witness, evidence, verified, reason } = result;
  const proof = { ...(witness === null ? {} : { witness }), ...(evidence === null ? {} : { evidence }) };
  const refused = 'prevented' in result && result.prevented !== null ? { prevented: result.prevented } : {};
  const looked = 'checked' in result ? { checked: result.checked } : {};
  const schema = 'quorumquake/check@1';
  const all = { schema, verdict, model, operations, algorithm, ...proof, verified, reason, ...refused, ...looked };
  return `${JSON.stringify(all)}\n`;
}

/** No person follows more operations. */
const OPERATIONS_MAX = 12;

/** The same for a person; of long evidence its end, of many breaches of a lock the first on its axis of true time. */
export function checkText(result: CheckResult): string {
  const more = 'prevented' in result ? lockText(result) : 'checked' in result ? znodeText(result) : textOf(result);
  const lines = [`${result.verdict}: ${result.reason}`, ...more];
  return lines.map((line) => `${oneLine(line)}\n`).join('');
}

function textOf({ verdict, model, operations: count, algorithm, evidence, verified }: LinearizabilityResult): string[] {
  const lines: string[] = [];
  if (evidence !== null) {
    const { operations } = evidence;
    const shown = operations.length <= OPERATIONS_MAX ? operations : operations.slice(1 - OPERATIONS_MAX);
    if (shown.length < operations.length) lines.push(`  (${operations.length - shown.length} earlier ones)`);
    lines.push(...shown.map((operation) => `  ${operationText(operation)}`));
    lines.push(...evidence.forced.map((sentence) => `  - ${sentence}`));
  }
  const proof = `${checkedText(verdict, verified)}${evidence?.minimal === false ? ', perhaps not minimal' : ''}`;
  lines.push(`${model}, ${counted(count, 'operation')}, ${algorithm}${proof}`);
  return lines;
}

/** No person follows more breaches, either. */
const FINDINGS_MAX = 4;

function lockText({ verdict, model, operations: count, algorithm, evidence, verified }: LockResult): string[] {
  const lines = breachText(evidence);
  const noun = model === 'fencing' ? 'store' : 'interval';
  lines.push(`${model}, ${counted(count, noun)}, ${algorithm}${checkedText(verdict, verified)}`);
  return lines;
}

/** What a person is told of breaches: the first with its lines, some others in a sentence. */
function breachText(
  evidence: { readonly axis: readonly string[]; readonly findings: readonly { readonly summary: string }[] } | null,
): string[] {
  const others = evidence?.findings.slice(1) ?? [];
  const lines = (evidence?.axis ?? []).map((line) => `  ${line}`);
  lines.push(...others.slice(0, FINDINGS_MAX - 1).map(({ summary }) => `  - ${summary}`));
  if (others.length >= FINDINGS_MAX) lines.push(`  (${others.length + 1 - FINDINGS_MAX} more)`);
  return lines;
}

/** A valid history has no witness but the log that is in it: there is nothing to verify. */
function znodeText(result: ZnodeResult | QueueResult | BarrierResult): string[] {
  const { verdict, model, operations: count, algorithm, evidence, verified } = result;
  const proof = verdict === 'invalid' ? checkedText(verdict, verified) : '';
  return [...breachText(evidence), `${model}, ${counted(count, 'operation')}, ${algorithm}${proof}`];
}

function checkedText(verdict: CheckResult['verdict'], verified: boolean): string {
  return verdict === 'unknown' ? '' : verified ? ', verified' : ', not verified';
}

function operationText(operation: CheckedOperation): string {
  const { process, f, key, input, output, outcome, invokedIndex, completedIndex } = operation;
  const object = key === null ? '' : ` ${key}`;
  const call = `process ${process}: ${f}${object} ${JSON.stringify(input)}`;
  // It may well have completed: the contradiction does not need that.
  if (outcome !== 'ok') return `${call}, at any time from index ${invokedIndex} on, or never`;
  return `${call} -> ok ${JSON.stringify(output)} (index ${invokedIndex} to ${completedIndex})`;
}
