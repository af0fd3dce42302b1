import type { LinearizabilityResult } from '../../checkers/linearizability.ts';
import { counted, oneLine } from './text.ts';

type CheckedOperation = NonNullable<LinearizabilityResult['evidence']>['operations'][number];

/** The judgement of a stored history, `quorumquake/check@1`: `witness` only with `valid`, `evidence` with `invalid`. */
export function checkJson(result: LinearizabilityResult): string {
  const { verdict, model, operations, algorithm, witness, evidence, verified, reason } = result;
  const proof = { ...(witness === null ? {} : { witness }), ...(evidence === null ? {} : { evidence }) };
  const schema = 'quorumquake/check@1';
  return `${JSON.stringify({ schema, verdict, model, operations, algorithm, ...proof, verified, reason })}\n`;
}

/** No person follows more operations. */
const OPERATIONS_MAX = 12;

/** The same for a person; of long evidence its end. */
export function checkText(result: LinearizabilityResult): string {
  const { verdict, model, operations: count, algorithm, evidence, verified, reason } = result;
  const lines = [`${verdict}: ${reason}`];
  if (evidence !== null) {
    const { operations } = evidence;
    const shown = operations.length <= OPERATIONS_MAX ? operations : operations.slice(1 - OPERATIONS_MAX);
    if (shown.length < operations.length) lines.push(`  (${operations.length - shown.length} earlier ones)`);
    lines.push(...shown.map((operation) => `  ${operationText(operation)}`));
    lines.push(...evidence.forced.map((sentence) => `  - ${sentence}`));
  }
  const checked = verdict === 'unknown' ? '' : verified ? ', verified' : ', not verified';
  const proof = `${checked}${evidence?.minimal === false ? ', perhaps not minimal' : ''}`;
  lines.push(`${model}, ${counted(count, 'operation')}, ${algorithm}${proof}`);
  return lines.map((line) => `${oneLine(line)}\n`).join('');
}

function operationText(operation: CheckedOperation): string {
  const { process, f, key, input, output, outcome, invokedIndex, completedIndex } = operation;
  const object = key === null ? '' : ` ${key}`;
  const call = `process ${process}: ${f}${object} ${JSON.stringify(input)}`;
  // It may well have completed: the contradiction does not need that.
  if (outcome !== 'ok') return `${call}, at any time from index ${invokedIndex} on, or never`;
  return `${call} -> ok ${JSON.stringify(output)} (index ${invokedIndex} to ${completedIndex})`;
}
