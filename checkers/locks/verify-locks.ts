import type { History, HistoryEvent, Json } from '../../src/history/operation.ts';
import type { Semantics } from '../settle.ts';
import type { KeyWitness } from '../verify.ts';
import type { LockFinding, LockModelName, Store } from './result.ts';

/** How the history was read; see `Semantics`. */
export type LockVerification = Pick<Semantics, 'equalTimes'>;

/**
 * Checks findings without trusting what found them: shares nothing with it, and reads the lines of the history itself.
 * Returns what is wrong with one, or `null` if each stands in the history as told and is a breach:
 *
 * - stores that follow each other in `older-after-newer` were both ok, and the second was invoked after the first had
 *   completed, or has a higher place at the resource; the grant of the last is older than that of the first;
 * - the tokens of two grants fall, or are equal;
 * - two intervals of different processes and one lock have an instant in common.
 *
 * Linear in the history and the findings together.
 */
export function verifyLockFindings(
  history: History, model: LockModelName, findings: readonly LockFinding[], options: LockVerification = {},
): string | null {
  const lines = new Lines(history, options);
  for (const [position, finding] of findings.entries()) {
    const problem = (finding.kind === 'overlap') !== (model !== 'fencing') ? `${model} has no finding ${finding.kind}`
      : finding.kind === 'overlap' ? overlapProblem(lines, finding, nameIn(model))
        : finding.kind === 'older-after-newer' ? orderProblem(lines, finding) : tokenProblem(lines, finding);
    if (problem !== null) return `finding ${position}: ${problem}`;
  }
  return null;
}

/**
 * Checks a witness of a valid history in the same way. Returns what is wrong, or `null` if it shows that there is no
 * breach: with `fencing`, the order of each resource holds all of its ok stores, contradicts neither lines nor places,
 * and no grant in it is older than one before, while tokens grow with grants over all stores; else the order of each
 * lock holds all intervals that have a length, and each begins when those of other processes before it have ended.
 * O(n log n).
 */
export function verifyLockWitness(
  history: History, model: LockModelName, witness: readonly KeyWitness[], options: LockVerification = {},
): string | null {
  const lines = new Lines(history, options);
  if (new Set(witness.map(({ key }) => key)).size !== witness.length) return 'two orders for one key';
  if (model !== 'fencing') return holdsProblem(history, lines, nameIn(model), witness);
  const problem = storesProblem(history, lines, witness);
  return problem ?? growthProblem(history);
}

function nameIn(model: LockModelName): string {
  return model === 'lock-ownership' ? 'owns' : 'believes';
}

/** The lines of a history by their index, and which completes which. */
class Lines {
  private readonly byIndex = new Map<number, HistoryEvent>();
  private readonly completions = new Map<number, HistoryEvent>();
  private readonly isConcurrent: boolean;

  constructor(history: History, { equalTimes }: LockVerification) {
    this.isConcurrent = equalTimes === 'concurrent';
    const open = new Map<number | 'nemesis', number>();
    for (const event of history) {
      this.byIndex.set(event.index, event);
      if (event.type === 'invoke') open.set(event.process, event.index);
      else this.completions.set(open.get(event.process) ?? -1, event);
    }
  }

  at(index: number): HistoryEvent | undefined {
    return this.byIndex.get(index);
  }

  /** The answer to an ok store, by the line of its invocation. */
  okOf(invokedIndex: number): HistoryEvent | undefined {
    const completion = this.completions.get(invokedIndex);
    return this.at(invokedIndex)?.f === 'store' && completion?.type === 'ok' ? completion : undefined;
  }

  /** Whether one line told of an end before another told of a beginning. */
  isBefore(end: HistoryEvent, beginning: HistoryEvent): boolean {
    return this.isConcurrent ? end.time < beginning.time : end.index < beginning.index;
  }
}

function number(value: Json | undefined, name: string): number | null {
  const field = typeof value === 'object' && value !== null ? (value as { readonly [name: string]: Json })[name] : null;
  return typeof field === 'number' ? field : null;
}

// ── Findings ───────────────────────────────────────────────────────────

function orderProblem(lines: Lines, { key, stores }: LockFinding): string | null {
  const [first, last] = [stores[0], stores.at(-1)];
  if (first === undefined || last === undefined || !isTold(lines, first, key) || !isTold(lines, last, key)) {
    return 'a store is not as the history has it';
  }
  for (const [at, store] of stores.slice(1).entries()) {
    const before = stores[at] as Store;
    const [beginning, end] = [lines.at(store.invokedIndex), lines.okOf(before.invokedIndex)];
    const answer = lines.okOf(store.invokedIndex);
    if (beginning === undefined || end === undefined || answer === undefined) return 'a store was not ok';
    if ((beginning.key ?? null) !== key || (end.key ?? null) !== key) return 'the stores are of different resources';
    const places = [number(end.value, 'index'), number(answer.value, 'index')];
    const isPlaced = places[0] !== null && places[1] !== null && (places[0] as number) < (places[1] as number);
    if (!isPlaced && !lines.isBefore(end, beginning)) return 'it is not certain that one store came first';
  }
  return last.grant < first.grant ? null : 'the grant of the last store is not older';
}

function tokenProblem(lines: Lines, { kind, key, stores }: LockFinding): string | null {
  const [older, later] = stores;
  if (stores.length !== 2 || older === undefined || later === undefined) return 'it takes two stores';
  if (!isTold(lines, older, key) || !isTold(lines, later, key)) return 'a store is not as the history has it';
  if (older.grant >= later.grant || older.token === null || later.token === null) return 'there are no two such grants';
  const isBreach = kind === 'token-falls' ? older.token > later.token : older.token === later.token;
  return isBreach ? null : 'the tokens are as they should be';
}

function isTold(lines: Lines, store: Store, key: string | null): boolean {
  const line = lines.at(store.invokedIndex);
  return line?.type === 'invoke' && line.f === 'store' && (line.key ?? null) === key && line.process === store.process
    && number(line.value, 'grant') === store.grant && number(line.value, 'token') === store.token;
}

function overlapProblem(lines: Lines, { key, holds }: LockFinding, f: string): string | null {
  const [first, second] = holds;
  if (holds.length !== 2 || first === undefined || second === undefined) return 'it takes two intervals';
  for (const { index, ...hold } of holds) {
    const line = lines.at(index);
    const isTold = line?.process === 'nemesis' && line.f === f && hold.lock === key
      && Object.entries(hold).every(([name, value]) =>
        (line.value as { readonly [name: string]: Json } | null)?.[name] === value);
    if (!isTold) return 'an interval is not as the history has it';
  }
  if (first.process === second.process) return 'the intervals are of one process';
  const fromUs = Math.max(first.fromUs, second.fromUs);
  return fromUs < Math.min(first.untilUs, second.untilUs) ? null : 'the intervals have no instant in common';
}

// ── Witnesses ──────────────────────────────────────────────────────────

function storesProblem(history: History, lines: Lines, witness: readonly KeyWitness[]): string | null {
  const placed = new Set<number>();
  for (const { key, order } of witness) {
    let [grant, place] = [-1, -1];
    let latest: HistoryEvent | null = null;
    for (const index of order) {
      const [line, answer] = [lines.at(index), lines.okOf(index)];
      if (line === undefined || answer === undefined || (line.key ?? null) !== key || placed.has(index)) {
        return `store ${index} was not ok, is of another resource, or stands here twice`;
      }
      placed.add(index);
      const own = number(line.value, 'grant') ?? -1;
      if (own < grant) return `the grant of store ${index} is older than one before it`;
      grant = own;
      const ownPlace = number(answer.value, 'index');
      if (ownPlace !== null && ownPlace <= place) return `the resource applied store ${index} before one before it`;
      place = ownPlace ?? place;
      if (latest !== null && lines.isBefore(answer, latest)) return `store ${index} had ended when one before it began`;
      if (latest === null || line.index > latest.index) latest = line;
    }
  }
  const missing = history.find(({ type, index }) => type === 'invoke' && !placed.has(index) && lines.okOf(index));
  return missing === undefined ? null : `store ${missing.index} has no place`;
}

/** By token, grants have to grow, and a token has to have one grant. */
function growthProblem(history: History): string | null {
  const asked = history.flatMap(({ process, type, f, key, value }) => {
    const [token, grant] = [number(value, 'token'), number(value, 'grant')];
    const isAsked = process !== 'nemesis' && type === 'invoke' && f === 'store' && token !== null && grant !== null;
    return isAsked ? [{ key: key ?? null, token, grant }] : [];
  }).sort((left, right) => left.token - right.token || left.grant - right.grant);
  const before = new Map<string | null, { readonly token: number; readonly grant: number }>();
  for (const { key, token, grant } of asked) {
    const last = before.get(key);
    if (last !== undefined && grant < last.grant) return `token ${last.token} of grant ${last.grant} is too low`;
    if (last !== undefined && grant !== last.grant && token === last.token) return `token ${token} has two grants`;
    before.set(key, { token, grant });
  }
  return null;
}

function holdsProblem(
  history: History, lines: Lines, f: string, witness: readonly KeyWitness[],
): string | null {
  const seen = new Set<number>();
  for (const { key, order } of witness) {
    /** Who still holds at the start of the next interval, and until when. */
    const open = new Map<number, number>();
    let lastFromUs = -1;
    for (const index of order) {
      const line = lines.at(index);
      const value = line?.value as { readonly [name: string]: Json } | null | undefined;
      if (line?.process !== 'nemesis' || line.f !== f || value?.['lock'] !== key || seen.has(index)) {
        return `line ${index} is no interval of this lock, or stands here twice`;
      }
      seen.add(index);
      const [process, fromUs, untilUs] = ['process', 'fromUs', 'untilUs'].map((name) => number(value, name) ?? -1) as
        [number, number, number];
      if (fromUs < lastFromUs) return `the interval of line ${index} begins before one placed before it`;
      lastFromUs = fromUs;
      // At most one is left, or the line before would have been a problem.
      for (const [holder, endUs] of open) if (endUs <= fromUs) open.delete(holder);
      if (open.size > (open.has(process) ? 1 : 0)) return `line ${index} begins while another process holds`;
      open.set(process, Math.max(untilUs, open.get(process) ?? 0));
    }
  }
  const missing = history.find(({ index, process, f: name, value }) => process === 'nemesis' && name === f
    && !seen.has(index) && (number(value, 'fromUs') ?? 0) < (number(value, 'untilUs') ?? 0));
  return missing === undefined ? null : `the interval of line ${missing.index} has no place`;
}
