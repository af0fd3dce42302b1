import { placeOf, storeRequest, type Hold } from '../../src/history/lock-lines.ts';
import type { History, TimeUs } from '../../src/history/operation.ts';
import { pairOperations, type Operation } from '../../src/history/operations.ts';
import { settleOperations, type Semantics } from '../settle.ts';
import type { KeyWitness } from '../verify.ts';
import { placedStores, type Placed } from './applied-order.ts';
import { answer, firstProblem, holdsIn, type LockJudgement } from './answer.ts';
import type { LockFinding, LockResult, Store } from './result.ts';
import { tokenFindings } from './tokens.ts';

/** With which `error` a resource refuses a store because it has seen a higher token. */
export const STALE_TOKEN = 'stale-token';

/** How to read a history of stores. */
export type FencingOptions = Pick<Semantics, 'equalTimes'>;

/**
 * Whether a protected resource ever took a write of an older grant after one of a newer grant, and whether the tokens
 * that it could check grew with the grants. Stores are operations `f: "store"`, and a resource is a `key`.
 *
 * - **Only what is certain counts**; `placedStores` says what is certain of the order in which stores were applied. A
 *   store that overlaps another is ordered only by the places of the resource, if it tells them: the late packet of
 *   Kleppmann's second figure, asked for by the old holder before the new one came, is seen by them alone. Where there
 *   is no finding there is an order in which no grant follows a newer one, and that order is the witness.
 * - Stores of unknown outcome may have been applied at any time, or never: they order nothing.
 * - **Tokens** are judged from what stores were asked with, whatever became of them. Each resource for itself: a token
 *   that is lower than one of an older grant, and a token of two grants. `null` is no token.
 * - A store that failed with the error {@link STALE_TOKEN} is counted as `prevented`, and is no breach.
 *
 * `unknown`: no ok store; fewer than two grants among those that were answered; a malformed history; places that
 * contradict each other or the lines. One resource that is invalid makes the whole so. O(n log n).
 */
export function checkFencing(history: History, options: FencingOptions = {}): LockResult {
  const { operations, problems } = pairOperations(history);
  const stores = settleOperations(operations, options).filter(({ f }) => f === 'store');
  const problem = firstProblem(history, problems);
  const judgement: LockJudgement = { model: 'fencing', history, operations: stores.length, options, prevented: 0 };
  if (problem !== null) return answer(judgement, { unknown: problem });

  const prevented = refused(history, operations);
  const judged = { ...judgement, prevented: prevented.size };
  const resources = byKey(stores.map(toStore));
  const findings = [...resources.values()].flatMap(tokenFindings);
  const witness: KeyWitness[] = [];
  const contradictions: string[] = [];
  for (const [key, ofKey] of resources) {
    const placed = placedStores(ofKey.filter(({ outcome }) => outcome === 'ok'));
    if (typeof placed === 'string') {
      contradictions.push(`${key ?? 'the resource'} contradicts itself: ${placed}`);
      continue;
    }
    for (const finding of staleStores(placed)) findings.push(finding); // There may be too many for arguments.
    witness.push({ key, order: byGrant(placed) });
  }
  if (findings.length > 0) return answer(judged, { findings: withBeliefs(findings, history) });
  const [contradiction] = contradictions;
  if (contradiction !== undefined) return answer(judged, { unknown: contradiction });
  if (!stores.some(({ outcome }) => outcome === 'ok')) return answer(judged, { unknown: 'no store that succeeded' });
  const hasTwo = [...resources.values()].some((ofKey) => grantsOf(ofKey, prevented) >= 2);
  if (!hasTwo) return answer(judged, { unknown: 'no resource answered stores of two grants' });
  const refusals = prevented.size === 0 ? '' : `; ${prevented.size} refused for a stale token`;
  return answer(judged, { witness, valid: `no store of an older grant followed one of a newer grant${refusals}` });
}

/** The stores, by the index of their invocations, that were refused for a stale token. */
function refused(history: History, operations: readonly Operation[]): ReadonlySet<number> {
  const stale = new Set(history.flatMap(({ index, error }) => (error === STALE_TOKEN ? [index] : [])));
  return new Set(operations.flatMap(({ f, outcome, invokedIndex, completedIndex }) =>
    (f === 'store' && outcome === 'fail' && stale.has(completedIndex as number) ? [invokedIndex] : [])));
}

function toStore(operation: Operation): Store {
  const { process, key, input, output, outcome, ...lines } = operation;
  const { invokedIndex, completedIndex, invokedAtUs, completedAtUs } = lines;
  const place = outcome === 'ok' ? placeOf(output) : null;
  const when = { invokedIndex, completedIndex, invokedAtUs, completedAtUs };
  return { process, key, ...storeRequest(input), outcome, place, ...when };
}

function byKey(stores: readonly Store[]): ReadonlyMap<string | null, Store[]> {
  const keys = new Map<string | null, Store[]>();
  for (const store of stores) {
    const ofKey = keys.get(store.key);
    if (ofKey === undefined) keys.set(store.key, [store]);
    else ofKey.push(store);
  }
  return keys;
}

function grantsOf(stores: readonly Store[], prevented: ReadonlySet<number>): number {
  const answered = stores.filter(({ outcome, invokedIndex }) => outcome === 'ok' || prevented.has(invokedIndex));
  return new Set(answered.map(({ grant }) => grant)).size;
}

// ── Older after newer ──────────────────────────────────────────────────

/**
 * For each store that some store of a newer grant precedes for certain, the newest one of these. Two passes: windows
 * that end before others begin, with the highest grant among those that have ended; and the same along the places.
 */
function staleStores(placed: readonly Placed[]): LockFinding[] {
  const newest = new Map<Store, Placed>();
  const byEnd = [...placed].sort((left, right) => left.untilIndex - right.untilIndex);
  const byBegin = [...placed].sort((left, right) => left.fromIndex - right.fromIndex);
  let highest: Placed | null = null;
  let ended = 0;
  for (const { store, fromIndex } of byBegin) {
    for (let next = byEnd[ended]; next !== undefined && next.untilIndex < fromIndex; next = byEnd[ended]) {
      highest = newer(highest, next);
      ended += 1;
    }
    if (highest !== null && highest.store.grant > store.grant) newest.set(store, highest);
  }
  highest = null;
  const ranked = placed.filter(({ store }) => store.place !== null)
    .sort((left, right) => (left.store.place as number) - (right.store.place as number));
  for (const next of ranked) {
    const { store } = next;
    const known = newest.get(store)?.store.grant ?? store.grant;
    if (highest !== null && highest.store.grant > known) newest.set(store, highest);
    highest = newer(highest, next);
  }
  return placed.flatMap((older) => {
    const first = newest.get(older.store);
    return first === undefined ? [] : [staleStore(first, older)];
  });
}

function newer(left: Placed | null, right: Placed): Placed {
  return left === null || right.store.grant > left.store.grant ? right : left;
}

function staleStore(newerOne: Placed, older: Placed): LockFinding {
  const [first, last] = [newerOne.store, older.store];
  const object = last.key === null ? '' : ` to ${last.key}`;
  const what = `a store of process ${last.process}${object} with grant ${last.grant}`;
  return {
    kind: 'older-after-newer',
    key: last.key,
    stores: [first, ...between(newerOne, older), last],
    holds: [],
    atUs: last.completedAtUs as number,
    summary: `${what} was applied after one of process ${first.process} with the newer grant ${first.grant}`,
  };
}

/**
 * The store that ties two together which neither their lines nor their places do. Only a store without place needs one:
 * a, without place, had completed when x was invoked, and x has a lower place than b; or the same the other way round.
 */
function between(first: Placed, last: Placed): readonly Store[] {
  const isTold = first.store.place !== null && last.store.place !== null && first.store.place < last.store.place;
  const isSeen = (first.store.completedIndex as number) < last.store.invokedIndex;
  if (isTold || isSeen) return [];
  return [first.store.place === null ? last.begunBy : first.endedBy];
}

/** An order of the stores in which no grant follows a newer one; a correct one if no store is stale. */
function byGrant(placed: readonly Placed[]): readonly number[] {
  const order = [...placed].sort((left, right) => left.store.grant - right.store.grant
    || left.fromIndex - right.fromIndex || (left.store.place ?? 0) - (right.store.place ?? 0));
  return order.map(({ store }) => store.invokedIndex);
}

// ── Beliefs ────────────────────────────────────────────────────────────

/** Adds the belief on which each store of a finding was asked for: the last one of its holder that had begun then. */
function withBeliefs(findings: readonly LockFinding[], history: History): LockFinding[] {
  const beliefs = new Map<string, Hold[]>();
  for (const belief of holdsIn(history, 'believes').sort((left, right) => left.fromUs - right.fromUs)) {
    const holder = `${belief.process} ${belief.grant}`;
    const ofHolder = beliefs.get(holder);
    if (ofHolder === undefined) beliefs.set(holder, [belief]);
    else ofHolder.push(belief);
  }
  return findings.map((finding) => {
    const held = finding.stores.flatMap(({ process, grant, invokedAtUs }) =>
      lastBegun(beliefs.get(`${process} ${grant}`) ?? [], invokedAtUs) ?? []);
    return { ...finding, holds: [...new Set(held)] };
  });
}

/** A holder that extends its lock again and again has many beliefs, and may store as often. */
function lastBegun(byStart: readonly Hold[], atUs: TimeUs): Hold | undefined {
  let low = 0;
  let high = byStart.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((byStart[middle] as Hold).fromUs <= atUs) low = middle + 1;
    else high = middle;
  }
  return byStart[low - 1];
}
