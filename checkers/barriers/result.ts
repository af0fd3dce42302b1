import type { TimeUs } from '../../src/history/operation.ts';
import type { Verdict } from '../result.ts';

/** The judgements of barriers. */
export type BarrierModelName = 'barriers';

/** Their names, in the order of the documentation. */
export const BARRIER_MODEL_NAMES: readonly BarrierModelName[] = ['barriers'];

/**
 * One breach, with the lines that it takes:
 *
 * - `entered-early`: an `enter` was answered before so many had invoked one of the same round;
 * - `left-early`: a `leave` was answered before somebody who left the same round had asked for it;
 * - `passed-early`: a `pass` was answered behind a `raise`, and nobody had invoked a `lift` that could have ended it.
 */
export interface BarrierFinding {
  readonly kind: 'entered-early' | 'left-early' | 'passed-early';
  readonly key: string | null;
  /** Indices of lines, ascending. */
  readonly lines: readonly number[];
  /** When it was answered. */
  readonly atUs: TimeUs;
  readonly summary: string;
}

/** Why a history is invalid. */
export interface BarrierEvidence {
  /** In the order of `atUs`. */
  readonly findings: readonly BarrierFinding[];
  readonly summary: string;
  /** The lines of the first finding, for a person. */
  readonly axis: readonly string[];
}

/** The answer of `checkBarriers`. */
export interface BarrierResult {
  readonly verdict: Verdict;
  readonly model: BarrierModelName;
  /** How many operations, of any outcome, the history holds. */
  readonly operations: number;
  /** `none` where nothing could be judged. */
  readonly algorithm: 'intervals' | 'none';
  /** `null`: intervals need none. */
  readonly witness: null;
  /** With `invalid`, else `null`. */
  readonly evidence: BarrierEvidence | null;
  /** With `invalid`: whether all findings passed `verifyBarrierFindings`. With `valid`: true. */
  readonly verified: boolean;
  /** One sentence: why this verdict. */
  readonly reason: string;
  /** What was looked at, by name. */
  readonly checked: { readonly [name: string]: number };
}
