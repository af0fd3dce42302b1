import type { TimeUs } from '../../src/history/operation.ts';
import type { SessionId } from '../../src/history/znode-lines.ts';
import type { Verdict } from '../result.ts';

/** The judgements of a tree of znodes, each for some of ZooKeeper's guarantees; see {@link ZNODE_MODELS}. */
export type ZnodeModelName = 'linearizable-writes' | 'session-order' | 'fresh-sync' | 'watches' | 'sessions';

/** Their names, in the order of the documentation. */
export const ZNODE_MODEL_NAMES: readonly ZnodeModelName[] =
  ['linearizable-writes', 'session-order', 'fresh-sync', 'watches', 'sessions'];

/**
 * The guarantees, by the names of the design:
 *
 * - K1: writes are linearizable: each answer is what its place among all transactions gives, each is committed between
 *   its invocation and its answer, nothing is committed that nobody asked for; so is a `sync`, with what is read behind
 *   it. K11: numbers of sequential znodes grow. K12: a `multi` is one transaction. K13: a version that was asked for is
 *   the one that was found.
 * - K2: what one session asks for takes effect in its order, and its reads show the tree as it was. K3: what it has
 *   seen never goes back. K4: all of it has one order; nobody sees a write before it was asked for.
 * - K5: a watch event comes before what is newer. K6: events come in the order of what caused them. K7: each watch has
 *   one event, if there is something to tell.
 * - K8: ephemeral znodes end with their sessions. K9: nothing of a session comes behind its end. K10: a client takes
 *   its session for over only when it is.
 */
export type Guarantee = 'K1' | 'K2' | 'K3' | 'K4' | 'K5' | 'K6' | 'K7' | 'K8' | 'K9' | 'K10' | 'K11' | 'K12' | 'K13';

/** What each way of breaking a guarantee is called. */
export type BreachKind =
  | 'not-committed' | 'not-as-asked' | 'before-asked' | 'nobody-asked' | 'zxids-fall' | 'wrong-answer' | 'wrong-change'
  | 'number-falls' | 'stale-sync'
  | 'out-of-order' | 'wrong-read' | 'goes-back' | 'ahead-of-log' | 'sees-own-future'
  | 'data-before-event' | 'events-swapped' | 'event-lost' | 'event-unasked' | 'event-without-change'
  | 'ephemeral-left' | 'ephemeral-seen' | 'change-of-no-session' | 'not-expired' | 'back-from-the-end';

/** One breach. */
export interface ZnodeFinding {
  readonly guarantee: Guarantee;
  readonly kind: BreachKind;
  readonly session: SessionId | null;
  readonly path: string | null;
  /** Indices of the lines that contradict each other, ascending. */
  readonly lines: readonly number[];
  /** The time of the line at which it was complete. */
  readonly atUs: TimeUs;
  readonly summary: string;
}

/** Why a history is invalid. */
export interface ZnodeEvidence {
  /** In the order of `atUs`; the first {@link FINDINGS_MAX}. */
  readonly findings: readonly ZnodeFinding[];
  readonly summary: string;
  /** The lines of the first finding, one text each. */
  readonly axis: readonly string[];
}

/** Behind a first breach there may be as many as there are lines. */
export const FINDINGS_MAX = 100;

/** The answer of a checker of znodes. */
export interface ZnodeResult {
  readonly verdict: Verdict;
  readonly model: ZnodeModelName;
  /** How many operations, of any outcome, the history holds. */
  readonly operations: number;
  /** `none` where nothing could be judged. */
  readonly algorithm: 'replay' | 'none';
  /** `null`: the order of the transactions is in the history, and the witness of everything. */
  readonly witness: null;
  /** With `invalid`, else `null`. */
  readonly evidence: ZnodeEvidence | null;
  /** With `invalid`: whether all findings passed `verifyZnodeFindings`. With `valid`: true, see `checked`. */
  readonly verified: boolean;
  /** One sentence: why this verdict. */
  readonly reason: string;
  /** What was looked at, by name. */
  readonly checked: { readonly [name: string]: number };
}
