import type { TimeUs } from '../../src/history/operation.ts';
import type { Hold, StoreRequest } from '../../src/history/lock-lines.ts';
import type { Verdict } from '../result.ts';
import type { KeyWitness } from '../verify.ts';

/** The three judgements of locks, which are never mixed: each may be invalid where the others are valid. */
export type LockModelName = 'fencing' | 'mutual-exclusion' | 'lock-ownership';

/** Their names, in the order of the documentation. */
export const LOCK_MODEL_NAMES: readonly LockModelName[] = ['fencing', 'mutual-exclusion', 'lock-ownership'];

/** A store at a protected resource, of any outcome. */
export interface Store extends StoreRequest {
  readonly process: number;
  /** The resource; `null` where the history names none: there is one. */
  readonly key: string | null;
  readonly outcome: 'ok' | 'fail' | 'info';
  /** Where in its own order the resource applied it; `null` where it did not say. */
  readonly place: number | null;
  readonly invokedIndex: number;
  readonly completedIndex: number | null;
  readonly invokedAtUs: TimeUs;
  readonly completedAtUs: TimeUs | null;
}

/**
 * One breach, with the lines that it takes:
 *
 * - `older-after-newer` (fencing): `stores` begins with the one of the newer grant and ends with the one of the older;
 *   each was certainly applied before the next. A third one stands between them where only it ties them together.
 * - `token-falls`, `token-reused` (fencing): `stores` of two grants, the older first, whose tokens do not grow.
 * - `overlap` (mutual-exclusion, lock-ownership): `holds` are two of one lock, the one that began first in front.
 */
export interface LockFinding {
  readonly kind: 'older-after-newer' | 'token-falls' | 'token-reused' | 'overlap';
  /** The resource, or the lock. */
  readonly key: string | null;
  readonly stores: readonly Store[];
  /** With fencing the belief on which each store was asked for, as far as the history has it. */
  readonly holds: readonly Hold[];
  /** When it was complete: the answer to the last store, the request with the wrong token, the start of the overlap. */
  readonly atUs: TimeUs;
  readonly summary: string;
}

/** Why a history is invalid. */
export interface LockEvidence {
  /** In the order of `atUs`: at most one of each kind for each store, each grant, each interval. */
  readonly findings: readonly LockFinding[];
  readonly summary: string;
  /** The first finding on one axis of true time, an instant each line. */
  readonly axis: readonly string[];
}

/** The answer of a checker of locks. */
export interface LockResult {
  readonly verdict: Verdict;
  readonly model: LockModelName;
  /** How many stores, of any outcome, or how many intervals the history holds. */
  readonly operations: number;
  /** `none` where nothing could be judged. */
  readonly algorithm: 'sweep' | 'none';
  /**
   * With `valid`, else `null`. With `fencing` for each resource an order in which it may have applied its ok stores and
   * in which no grant follows a newer one; else for each lock its intervals by their start, as the indices of lines.
   */
  readonly witness: readonly KeyWitness[] | null;
  /** With `invalid`, else `null`. */
  readonly evidence: LockEvidence | null;
  /** Whether the witness passed `verifyLockWitness`, or all findings `verifyLockFindings`. */
  readonly verified: boolean;
  /** One sentence: why this verdict. */
  readonly reason: string;
  /** With `fencing`: how many stores the resource refused for a stale token. Else `null`. */
  readonly prevented: number | null;
}
