import type { Operation } from '../src/history/operations.ts';
import { ILLEGAL, type Model } from './model.ts';
import type { ValueKey } from './value-key.ts';

/** How many operations the verifier tries before it gives up, by default: less than a second. */
export const VERIFIER_STEPS = 500_000;

/**
 * Checks evidence without trusting what found it: shares nothing with searches and shrinking but the model. Returns
 * what is wrong, or `null` if `evidence` shows that the operations of its key among `operations` are not linearizable:
 *
 * - it was made from them by weakening alone, so that an order of all of them would leave an order of the evidence;
 * - no order of the evidence explains all answers: all of them are tried, up to `steps` operations placed.
 */
export function verifyEvidence(
  operations: readonly Operation[], model: Model, evidence: readonly Operation[], steps: number = VERIFIER_STEPS,
): string | null {
  const { key } = evidence[0] ?? { key: null };
  const ofKey = operations.filter((operation) => operation.key === key);
  return weakeningProblem(ofKey, model, evidence) ?? new Exhaustion(model, evidence, steps).problem();
}

// ── Weakening ──────────────────────────────────────────────────────────

/** Why `evidence` may ask for more than `operations` do, or `null`. Linear, but for a sort. */
function weakeningProblem(
  operations: readonly Operation[], model: Model, evidence: readonly Operation[],
): string | null {
  const kept = new Map(evidence.map((operation) => [operation.invokedIndex, operation]));
  if (kept.size !== evidence.length) return 'an operation stands in the evidence twice';
  const hidden = hiddenValues(operations, model, evidence);
  const omission = new Omissions(model, evidence, hidden);
  const originals = [...operations].sort((left, right) => left.invokedIndex - right.invokedIndex);
  for (const original of originals) {
    const weaker = kept.get(original.invokedIndex);
    kept.delete(original.invokedIndex);
    const isWeaker = weaker === undefined ? omission.isAllowed(original)
      : isWeakened(weaker, original, hidden, model);
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
  /** Operations that begin later come after everything definite in the evidence, so an order may end before them. */
  private readonly lastIndex: number;
  /** How many operations of the evidence could do with any other value. */
  private readonly choosy: number;
  /** How often each value is observed in the evidence. */
  private readonly observed = new Map<ValueKey, number>();
  /** Indices of the updates of unknown outcome in the evidence, by their call. */
  private readonly unknown = new Map<string, number[]>();

  constructor(model: Model, evidence: readonly Operation[], hidden: ReadonlySet<ValueKey>) {
    this.model = model;
    this.hidden = hidden;
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

/** Tries all orders. Remembers which operations were placed in which state, and nothing else. */
class Exhaustion {
  private readonly model: Model;
  private readonly operations: readonly Operation[];
  private readonly isPlaced: boolean[];
  private readonly hopeless = new Set<string>();
  private stepsLeft: number;

  constructor(model: Model, operations: readonly Operation[], steps: number) {
    this.model = model;
    this.operations = operations;
    this.isPlaced = operations.map(() => false);
    this.stepsLeft = steps;
  }

  problem(): string | null {
    if (this.canFinish(this.model.initial)) return 'there is an order that explains it';
    return this.stepsLeft < 0 ? 'it takes too many steps to verify' : null;
  }

  /** As deep as there are operations, which evidence keeps few. */
  private canFinish(state: unknown): boolean {
    const { operations, isPlaced, model } = this;
    const end = operations.reduce((earliest, operation, position) =>
      (operation.outcome === 'ok' && isPlaced[position] !== true
        ? Math.min(earliest, operation.completedIndex as number) : earliest), Infinity);
    if (end === Infinity) return true;
    const place = `${isPlaced.map(Number).join('')} ${typeof model.stateKey(state)} ${String(model.stateKey(state))}`;
    if (this.hopeless.has(place)) return false;
    for (const [position, operation] of operations.entries()) {
      if (isPlaced[position] === true || operation.invokedIndex > end) continue;
      this.stepsLeft -= 1;
      if (this.stepsLeft < 0) return false;
      const next = model.step(state, operation);
      if (next === ILLEGAL) continue;
      isPlaced[position] = true;
      const isFinished = this.canFinish(next);
      isPlaced[position] = false;
      if (isFinished) return true;
    }
    this.hopeless.add(place);
    return false;
  }
}
