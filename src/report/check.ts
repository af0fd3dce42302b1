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

/** The same for a person. */
export function checkText(result: LinearizabilityResult): string {
  const { verdict, model, operations, algorithm, evidence, verified, reason } = result;
  const lines = [`${verdict}: ${reason}`];
  if (evidence !== null) {
    lines.push(...evidence.operations.map((operation) => `  ${operationText(operation)}`));
    lines.push(...evidence.forced.map((sentence) => `  - ${sentence}`));
    if (evidence.omitted > 0) lines.push(`  and ${evidence.omitted} earlier ones that the contradiction needs`);
  }
  const proof = verdict === 'unknown' ? '' : verified ? ', verified' : ', not verified';
  lines.push(`${model}, ${counted(operations, 'operation')}, ${algorithm}${proof}`);
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
