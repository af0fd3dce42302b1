import type { Operation } from '../src/history/operations.ts';
import { ILLEGAL, type Model } from './model.ts';
import type { ValueKey } from './value-key.ts';

/** How many operations the verifier tries before it gives up, by default: about a second. */
export const VERIFIER_STEPS = 2_000_000;

/** What there is to know of evidence beside its operations. */
export interface VerificationOptions {
  /** See `Evidence`. Default: `null`. */
  readonly fromIndex?: number | null;
  /** Default: {@link VERIFIER_STEPS}. */
  readonly steps?: number;
}

/**
 * Checks evidence without trusting what found it: shares nothing with searches and shrinking but the model. Returns
 * what is wrong, or `null` if `evidence` shows that the operations of its key among `operations` are not linearizable:
 *
 * - it was made from them by weakening alone, so that an order of all of them would leave an order of the evidence;
 * - no order of the evidence explains all answers: all of them are tried, up to `steps` operations placed.
 *
 * Evidence from some line on: cut an order of everything where the last operation stands that ended before that line.
 * Behind the cut stands all that began at the line or later, and some of what was open. Whatever the object held
 * there, this is an order of the evidence.
 */
export function verifyEvidence(
  operations: readonly Operation[], model: Model, evidence: readonly Operation[], options: VerificationOptions = {},
): string | null {
  const { fromIndex = null, steps = VERIFIER_STEPS } = options;
  const own = fromIndex === null ? model : model.startingUnseen?.();
  if (own === undefined) return `evidence about a ${model.name} has to begin at the start of the history`;
  const { key } = evidence[0] ?? { key: null };
  const ofKey = operations.filter((operation) => operation.key === key);
  return weakeningProblem(ofKey, own, evidence, fromIndex ?? 0) ?? new Exhaustion(own, evidence, steps).problem();
}

// ── Weakening ──────────────────────────────────────────────────────────

/** Why `evidence` may ask for more than `operations` do, or `null`. Linear, but for a sort. */
function weakeningProblem(
  operations: readonly Operation[], model: Model, evidence: readonly Operation[], fromIndex: number,
): string | null {
  const kept = new Map(evidence.map((operation) => [operation.invokedIndex, operation]));
  if (kept.size !== evidence.length) return 'an operation stands in the evidence twice';
  const hidden = hiddenValues(operations, model, evidence);
  const omission = new Omissions(model, evidence, hidden, fromIndex);
  const originals = [...operations].sort((left, right) => left.invokedIndex - right.invokedIndex);
  for (const original of originals) {
    const weaker = kept.get(original.invokedIndex);
    kept.delete(original.invokedIndex);
    const isTooEarly = original.invokedIndex < fromIndex && weaker?.outcome === 'ok';
    const isWeaker = weaker === undefined ? omission.isAllowed(original)
      : !isTooEarly && isWeakened(weaker, original, hidden, model);
    if (!isWeaker) return `operation ${original.invokedIndex} may not be ${weaker === undefined ? 'left out' : 'so'}`;
  }
  for (const invokedIndex of kept.keys()) return `operation ${invokedIndex} is not one of the history`;
  return null;
}

/** All values that the history mentions and the evidence does not, where the model can hide them. */
function hiddenValues(
  operations: readonly Operation[], { view }: Model, evidence: readonly Operation[],
): ReadonlySet<ValueKey> {
  if (view === undefined) return new Set();
  const visible = new Set(evidence.flatMap((operation) => view.mentions(operation)));
  return new Set(operations.flatMap((operation) => view.mentions(operation).filter((value) => !visible.has(value))));
}

/** Whether one operation says no more than another: the same, perhaps without outcome, or without hidden values. */
function isWeakened(weaker: Operation, original: Operation, hidden: ReadonlySet<ValueKey>, model: Model): boolean {
  if (original.outcome === 'fail') return false;
  if (weaker.outcome === 'info') {
    const { output, outcome, completedIndex, completedAtUs } = weaker;
    return isSame(weaker, { ...original, output, outcome, completedIndex, completedAtUs });
  }
  const seen = model.view === undefined ? original : model.view.hide(original, hidden);
  return seen !== null && isSame(weaker, seen);
}

function isSame(left: Operation, right: Operation): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Which operations evidence may leave out altogether. */
class Omissions {
  private readonly model: Model;
  private readonly hidden: ReadonlySet<ValueKey>;
  /** What ended earlier came before everything definite in the evidence, and what it left may have been anything. */
  private readonly fromIndex: number;
  /** Operations that begin later come after everything definite in the evidence, so an order may end before them. */
  private readonly lastIndex: number;
  /** How many operations of the evidence could do with any other value. */
  private readonly choosy: number;
  /** How often each value is observed in the evidence. */
  private readonly observed = new Map<ValueKey, number>();
  /** Indices of the updates of unknown outcome in the evidence, by their call. */
  private readonly unknown = new Map<string, number[]>();
  private readonly helpsNobody: (operation: Operation) => boolean;

  constructor(model: Model, evidence: readonly Operation[], hidden: ReadonlySet<ValueKey>, fromIndex: number) {
    this.model = model;
    this.hidden = hidden;
    this.fromIndex = fromIndex;
    this.helpsNobody = model.unneededIn?.(evidence) ?? ((): boolean => false);
    const ends = evidence.map(({ outcome, completedIndex }) => (outcome === 'ok' ? completedIndex ?? 0 : 0));
    this.lastIndex = Math.max(0, ...ends);
    this.choosy = evidence.filter((operation) => model.excludes?.(operation) !== undefined).length;
    for (const operation of evidence) {
      for (const value of model.observes(operation)) this.observed.set(value, (this.observed.get(value) ?? 0) + 1);
      if (operation.outcome !== 'info') continue;
      const call = callOf(operation);
      this.unknown.set(call, [...(this.unknown.get(call) ?? []), operation.invokedIndex]);
    }
  }

  isAllowed(operation: Operation): boolean {
    const { model } = this;
    if (operation.outcome === 'fail' || operation.invokedIndex > this.lastIndex) return true;
    if (operation.outcome === 'ok' && (operation.completedIndex as number) < this.fromIndex) return true;
    if (this.helpsNobody(operation)) return true;
    if (model.isObserver(operation) || model.view?.hide(operation, this.hidden) === null) return true;
    const product = model.produces(operation);
    if (product === undefined) return false;
    // An update matters only to what observes it before the next one, so as many as there are observers suffice; and
    // of those that ask for the same, one that began earlier can do all that a later one can.
    const earlier = (this.unknown.get(callOf(operation)) ?? []).filter((index) => index < operation.invokedIndex);
    return earlier.length >= (this.observed.get(product) ?? 0) + this.choosy;
  }
}

function callOf({ f, input }: Operation): string {
  return JSON.stringify([f, input]);
}

// ── Exhaustion ─────────────────────────────────────────────────────────

/**
 * Tries all orders. What has led nowhere is remembered: which operations were placed, and in which state. An
 * observation that may stand at a place and changes nothing there is not tried elsewhere as well, nor is an update of
 * unknown outcome that changes nothing, or the second of two that ask for the same. Where only observers can tell the
 * order of updates, those of unknown outcome stand directly before one, in their order.
 */
class Exhaustion {
  private readonly model: Model;
  private readonly operations: readonly Operation[];
  /** By position, that of the last one before it that asks for the same, if nobody knows how both ended; else -1. */
  private readonly twins: readonly number[];
  private readonly isPlaced: boolean[];
  private readonly hopeless = new Set<string>();
  private stepsLeft: number;

  constructor(model: Model, evidence: readonly Operation[], steps: number) {
    this.model = model.narrowedTo?.(evidence) ?? model;
    this.operations = [...evidence].sort((left, right) => left.invokedIndex - right.invokedIndex);
    const last = new Map<string, number>();
    this.twins = this.operations.map((operation, position) => {
      if (operation.outcome === 'ok') return -1;
      const call = callOf(operation);
      const twin = last.get(call) ?? -1;
      last.set(call, position);
      return twin;
    });
    this.isPlaced = this.operations.map(() => false);
    this.stepsLeft = steps;
  }

  problem(): string | null {
    if (this.canFinish(this.model.initial, -1)) return 'there is an order that explains it';
    return this.stepsLeft < 0 ? 'it takes too many steps to verify' : null;
  }

  /** As deep as there are operations, which are few. `after`: the update that has to precede an observer, or -1. */
  private canFinish(state: unknown, after: number): boolean {
    const { operations, isPlaced, model } = this;
    const end = this.firstEnd();
    if (end === Infinity) return true;
    if (this.isTooLateForAny(state)) return false;
    const place = `${after} ${this.placeOf(state)}`;
    if (this.hopeless.has(place) || this.stepsLeft < 0) return false;
    for (const [position, operation] of operations.entries()) {
      if (operation.invokedIndex > end) break;
      if (isPlaced[position] === true || isPlaced[this.twins[position] as number] === false) continue;
      const isDefinite = operation.outcome === 'ok';
      if (after >= 0 && (isDefinite ? !model.isObserver(operation) : position < after)) continue;
      this.stepsLeft -= 1;
      if (this.stepsLeft < 0) return false;
      const next = model.step(state, operation);
      if (next === ILLEGAL || (!isDefinite && next === state)) continue;
      isPlaced[position] = true;
      const isFinished = this.canFinish(next, !isDefinite && model.hasCommutingUpdates === true ? position : -1);
      isPlaced[position] = false;
      if (isFinished) return true;
      if (isDefinite && next === state && model.isObserver(operation)) break;
    }
    this.hopeless.add(place);
    return false;
  }

  /** Whether one that has to take effect has missed its time. */
  private isTooLateForAny(state: unknown): boolean {
    const { model, isPlaced } = this;
    if (model.isTooLate === undefined) return false;
    return this.operations.some((operation, position) =>
      operation.outcome === 'ok' && isPlaced[position] === false && model.isTooLate?.(state, operation) === true);
  }

  /** When the first of those ends that have to take effect and have no place yet. */
  private firstEnd(): number {
    let end = Infinity;
    for (const [position, { outcome, completedIndex }] of this.operations.entries()) {
      if (outcome === 'ok' && this.isPlaced[position] === false) end = Math.min(end, completedIndex as number);
    }
    return end;
  }

  private placeOf(state: unknown): string {
    const key = this.model.stateKey(state);
    if (typeof key === 'string') this.stepsLeft -= key.length >>> 6; // Large states cost more than a step.
    return `${this.isPlaced.map(Number).join('')} ${typeof key} ${String(key)}`;
  }
}
