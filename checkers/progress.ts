import type { DurationUs, History, TimeUs } from '../src/history/operation.ts';
import { pairOperations, type Operation } from '../src/history/operations.ts';
import type { Verdict } from './result.ts';
import { isList } from './value-key.ts';

/** What to ask of a history with {@link checkProgress}. */
export interface ProgressOptions {
  /** How long after `fromUs` the first success may take. */
  readonly budgetUs: DurationUs;
  /** When the run ended: what would have happened later is unknown. */
  readonly endUs: TimeUs;
  /** Start of the window. Default: when the last fault had healed, 0 without faults. */
  readonly fromUs?: TimeUs;
  /** End of the window, inclusive. Default: `fromUs` plus `budgetUs`. */
  readonly toUs?: TimeUs;
  /** Which operations count, for example those of clients on one side of a partition. Default: all. */
  readonly counts?: (operation: Operation) => boolean;
}

/** The answer of {@link checkProgress}. */
export interface ProgressResult {
  readonly verdict: Verdict;
  readonly summary: string;
  /** Start of the window that was asked about. */
  readonly fromUs: TimeUs;
  /** `valid`: when the first success completed. `invalid`: when the patience ended. `unknown`: `null`. */
  readonly atUs: TimeUs | null;
}

/**
 * Did the system get anything done? `valid` if some `ok` operation was both invoked and completed inside the window,
 * by default the first `budgetUs` after the last fault healed; `invalid` (a stall) if somebody asked and nobody was
 * answered; `unknown` if the run ended too early to say or if nobody asked.
 *
 * Reads nothing but the history. An operation invoked before the window does not count as a success, even if it
 * completes inside: its work may have been done before the fault.
 */
export function checkProgress(history: History, options: ProgressOptions): ProgressResult {
  const counts = options.counts ?? ((): boolean => true);
  const operations = pairOperations(history).operations.filter(counts);
  const fromUs = options.fromUs ?? lastHealUs(history);
  const toUs = options.toUs ?? fromUs + options.budgetUs;
  const window = `${seconds(fromUs)} to ${seconds(toUs)}`;

  let firstUs: TimeUs | null = null;
  for (const { outcome, invokedAtUs, completedAtUs } of operations) {
    if (outcome !== 'ok' || completedAtUs === null || invokedAtUs < fromUs || completedAtUs > toUs) continue;
    if (firstUs === null || completedAtUs < firstUs) firstUs = completedAtUs;
  }
  if (firstUs !== null) {
    const summary = `first success at ${seconds(firstUs)} (asked: ${window})`;
    return { verdict: 'valid', summary, fromUs, atUs: firstUs };
  }
  if (options.endUs < toUs) {
    const summary = `no success yet, but the run ended at ${seconds(options.endUs)}, inside the window ${window}`;
    return { verdict: 'unknown', summary, fromUs, atUs: null };
  }
  const asked = operations.filter((operation) => isOpenBetween(operation, fromUs, toUs)).length;
  if (asked === 0) return { verdict: 'unknown', summary: `no operation was open from ${window}`, fromUs, atUs: null };
  const summary = `no operation succeeded from ${window}; ${asked} tried`;
  return { verdict: 'invalid', summary, fromUs, atUs: toUs };
}

/** Lines of the nemesis that tell what befell others. */
const NO_FAULTS: readonly string[] = ['believes', 'owns', 'session', 'event', 'committed'];

/** When the last fault healed: the time of the last fault line, or later if that fault says how long it lasts. */
function lastHealUs(history: History): TimeUs {
  let healUs = 0;
  for (const { process, f, time, value } of history) {
    if (process !== 'nemesis' || NO_FAULTS.includes(f)) continue;
    const forUs = typeof value === 'object' && value !== null && !isList(value) ? value['forUs'] : 0;
    healUs = Math.max(healUs, typeof forUs === 'number' ? time + forUs : time);
  }
  return healUs;
}

function isOpenBetween(operation: Operation, fromUs: TimeUs, toUs: TimeUs): boolean {
  const { invokedAtUs, completedAtUs } = operation;
  return invokedAtUs <= toUs && (completedAtUs === null || completedAtUs >= fromUs);
}

function seconds(timeUs: TimeUs): string {
  return `${timeUs / 1_000_000} s`;
}
