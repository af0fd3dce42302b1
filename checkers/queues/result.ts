import type { TimeUs } from '../../src/history/operation.ts';
import type { Verdict } from '../result.ts';

/** The judgements of a queue that do not ask for an order. */
export type QueueModelName = 'total-queue';

/** Their names, in the order of the documentation. */
export const QUEUE_MODEL_NAMES: readonly QueueModelName[] = ['total-queue'];

/**
 * One breach, with the lines that it takes:
 *
 * - `duplicated`: a value came out more often than it went in;
 * - `unexpected`: a value came out that nobody had put in before;
 * - `lost`: a queue was found empty, and values had gone in before that nobody took: neither was anybody answered with
 *   them, nor are there as many who were not answered at all.
 */
export interface QueueFinding {
  readonly kind: 'duplicated' | 'unexpected' | 'lost';
  readonly key: string | null;
  /** Indices of lines, ascending. */
  readonly lines: readonly number[];
  readonly atUs: TimeUs;
  readonly summary: string;
}

/** Why a history is invalid. */
export interface QueueEvidence {
  /** In the order of `atUs`. */
  readonly findings: readonly QueueFinding[];
  readonly summary: string;
  /** The lines of the first finding, for a person. */
  readonly axis: readonly string[];
}

/** The answer of {@link checkTotalQueue}. */
export interface QueueResult {
  readonly verdict: Verdict;
  readonly model: QueueModelName;
  /** How many operations, of any outcome, the history holds. */
  readonly operations: number;
  /** `none` where nothing could be judged. */
  readonly algorithm: 'count' | 'none';
  /** `null`: counts need none. */
  readonly witness: null;
  /** With `invalid`, else `null`. */
  readonly evidence: QueueEvidence | null;
  /** With `invalid`: whether all findings passed `verifyQueueFindings`. With `valid`: true. */
  readonly verified: boolean;
  /** One sentence: why this verdict. */
  readonly reason: string;
  /** What was looked at, by name. */
  readonly checked: { readonly [name: string]: number };
}
