import type { FaultRecord, RunResult, VerdictRecord } from '../run/result.ts';
import type { ReportedRun } from './reporter.ts';
import { oneLine, seconds } from './text.ts';

/** More faults than this are counted, not printed. */
const FAULTS_MAX = 4;

/** What undoes a fault, or lets a node start again, is never "active". */
const undoing: readonly string[] = ['heal', 'restart', 'resume'];

/**
 * Missed verdicts of one run, for a person: what was violated, the operations that contradict each other, the faults
 * active at that time, the command that reruns it; and nothing else. The first verdict is told in full, the others by
 * name: most often one breach has brought about all of them.
 */
export function failureLines(run: ReportedRun, verdicts: readonly VerdictRecord[]): readonly string[] {
  const [verdict, ...others] = verdicts;
  if (verdict === undefined) return [];
  const lines = [`${headOf(run.result)}, ${verdictText(verdict)}`];
  lines.push(...evidenceLines(verdict).map((line) => `  ${line}`));
  if (others.length > 0) lines.push(`  also: ${others.map(({ checker }) => checker).join(', ')}`);
  if (verdict.verdict === 'invalid') lines.push(...faultLines(run.result, verdict));
  return [...lines, ...footLines(run)].map(oneLine);
}

/** A run that broke off, or showed nothing: its reason instead of a verdict. */
export function reasonLines(run: ReportedRun): readonly string[] {
  const { outcome, reason } = run.result;
  return [`${headOf(run.result)}: ${outcome}: ${reason ?? 'no reason was given'}`, ...footLines(run)].map(oneLine);
}

/** The operations that contradict each other, and why; nothing where nothing of the kind was found. */
export function evidenceLines({ evidence, proof }: VerdictRecord): readonly string[] {
  if (proof === null) return evidence;
  const { evidence: found, verified } = proof;
  const { forced, minimal } = 'findings' in found ? { forced: [], minimal: true } : found;
  const doubts = [...(verified ? [] : ['not verified']), ...(minimal ? [] : ['perhaps not minimal'])];
  return [...evidence, ...forced.map((sentence) => `- ${sentence}`),
    ...(doubts.length === 0 ? [] : [`evidence: ${doubts.join(', ')}`])];
}

function headOf({ scenario, seed, system }: RunResult): string {
  return `${scenario}, seed ${seed}, ${system}`;
}

function verdictText({ checker, verdict, expected, summary, atUs }: VerdictRecord): string {
  const what = verdict === 'invalid' ? summary : `expected ${expected}, found ${verdict}: ${summary}`;
  return `${checker}: ${what}${atUs === null ? '' : `, at ${seconds(atUs)}`}`;
}

function faultLines(result: RunResult, verdict: VerdictRecord): readonly string[] {
  const atUs = verdict.atUs ?? result.simulatedUs;
  const active = result.faults.filter((fault) => isActive(fault, atUs));
  const shown = active.slice(-FAULTS_MAX).reverse().map(faultText); // The latest is the likeliest.
  const rest = active.length - shown.length;
  const earlier = result.faults.filter((fault) => fault.atUs <= atUs && !undoing.includes(fault.kind)).length;
  const activeText = active.length > 0 ? `${shown.join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`
    : `none${earlier > 0 ? ` (${earlier} had passed)` : ''}`;
  const cause = verdict.cause !== null ? `${verdict.cause.text}; without it this does not happen`
    : verdict.suspects.length === 0 ? 'no fault: none had struck yet' : 'undetermined';
  return [`  faults active: ${activeText}`, `  cause: ${cause}`, `  contract: ${contractText(result, verdict)}`];
}

function contractText({ faults }: RunResult, { broken }: VerdictRecord): string {
  if (broken?.fault === null) return `outside: the scenario itself breaks "${broken.assumption}"`;
  const fault = broken === null ? undefined : faults[broken.fault];
  if (broken === null || fault === undefined) return 'intact: every assumption of this property held, so this is a bug';
  return `outside: ${fault.kind} of ${fault.target} at ${seconds(fault.atUs)} broke "${broken.assumption}"`;
}

function isActive({ kind, atUs, untilUs }: FaultRecord, instantUs: number): boolean {
  return !undoing.includes(kind) && atUs <= instantUs && (untilUs === null || untilUs > instantUs);
}

function faultText({ kind, target, atUs, untilUs }: FaultRecord): string {
  if (kind === 'clock-jump') return `${kind} of ${target} at ${seconds(atUs)}`; // Over at once, but it stays.
  return `${kind} of ${target} from ${seconds(atUs)}${untilUs === null ? '' : ` to ${seconds(untilUs)}`}`;
}

function footLines({ replay, folder }: ReportedRun): readonly string[] {
  return [`  replay: ${replay}`, ...(folder === null ? [] : [`  open:   ${folder}`])];
}
