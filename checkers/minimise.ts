import type { Operation } from '../src/history/operations.ts';
import { DEFAULT_BUDGET, Meter } from './budget.ts';
import type { Model } from './model.ts';
import { withoutUnneeded } from './needed.ts';
import { searchLinearization } from './search/search.ts';
import type { ValueKey } from './value-key.ts';

/** For one trial of a smaller part, and for all of them. Evidence is worth seconds, not minutes. */
const TRIAL_STEPS = 30_000;
const ALL_TRIALS_STEPS = 1_500_000;

/** What begins at the start of a history is easier to follow. If it is as small as this, nothing else is looked for. */
const SMALL = 6;
/** In the first attempt, the most operations that are kept as they were. */
const NEAREST_MAX = 64;

/** A part of one key's operations that no order explains, made by weakening alone. */
export interface Conflict {
  readonly operations: readonly Operation[];
  /** `null`: from the start. Else what ended before this index is left out, and the object may have held anything. */
  readonly fromIndex: number | null;
  /** Whether it was tried of each operation that without it, or without its outcome, an order explains the rest. */
  readonly isMinimal: boolean;
}

/**
 * Weakens operations that no order explains, step by step, as long as none does: an observer is dropped; an `ok`
 * update becomes one of unknown outcome; an unknown update is dropped if nobody left could need it; a value is hidden
 * in all operations ({@link View}); and all that ended before some line is forgotten together with what it left
 * ({@link Model.startingUnseen}). Each of these leaves an order an order: so a contradiction that is left was there at
 * the start.
 *
 * Large steps first (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002), then single
 * operations until none can be weakened. The budget is counted in steps of the search, so that equal input gives an
 * equal answer; where it ends early the answer says that it is not minimal.
 */
export function minimise(
  operations: readonly Operation[], model: Model, offending: Operation, shouldStop: () => boolean,
): Conflict {
  const trials = new Trials(model, shouldStop);
  const whole = hideValues(withoutUnneeded(operations, model), trials);
  const near = nearest(whole, offending, trials);
  const fromStart = near === null ? null : shrink(near, trials);
  if (fromStart !== null && fromStart.operations.length <= SMALL) return fromStart;

  const unseen = model.startingUnseen?.();
  const ofWindow = new Trials(unseen ?? model, shouldStop);
  const window = unseen === undefined ? null : latestWindow(operations, ofWindow);
  const fromWindow = window === null ? null : shrink(window, ofWindow);
  if (fromStart === null) return fromWindow ?? shrink(whole, trials);
  return fromWindow === null || fromStart.operations.length <= fromWindow.operations.length ? fromStart : fromWindow;
}

type Answer = 'contradictory' | 'explained' | 'undecided';

/** Tries parts of a history, each with a small budget, until the budget for all of them is used up. */
class Trials {
  readonly model: Model;
  private readonly shouldStop: () => boolean;
  private stepsLeft = ALL_TRIALS_STEPS;

  constructor(model: Model, shouldStop: () => boolean) {
    this.model = model;
    this.shouldStop = shouldStop;
  }

  /** Whether some order explains `operations`. */
  try(operations: readonly Operation[]): Answer {
    if (this.stepsLeft <= 0) return 'undecided';
    const steps = Math.min(TRIAL_STEPS + 20 * operations.length, this.stepsLeft);
    const meter = new Meter({ ...DEFAULT_BUDGET, steps }, this.shouldStop);
    const { kind } = searchLinearization(operations, this.model, meter);
    // To read the operations costs as well, above all where they hold long lists.
    const size = operations.reduce((sum, operation) => sum + 1 + this.model.observes(operation).length, 0);
    this.stepsLeft -= meter.used().steps + size;
    return kind === 'stuck' ? 'contradictory' : kind === 'linearizable' ? 'explained' : 'undecided';
  }

  isContradictory(operations: readonly Operation[]): boolean {
    return this.try(operations) === 'contradictory';
  }
}

/** Of an operation nobody knows how it ended. */
export function unfinished(operation: Operation): Operation {
  return { ...operation, output: null, outcome: 'info', completedIndex: null, completedAtUs: null };
}

// ── Where to begin ─────────────────────────────────────────────────────

/**
 * Weakens all but the few operations nearest to `offending`: the latest ones, the latest that left what it saw, and the
 * latest that saw the same; then twice as many, until the rest is contradictory. Long histories become short in a few
 * trials. `null` where few do not suffice.
 */
function nearest(operations: readonly Operation[], offending: Operation, trials: Trials): readonly Operation[] | null {
  const { model } = trials;
  const seen = new Set<ValueKey>(model.observes(offending));
  const makers = operations.filter((operation) => {
    const product = model.produces(operation);
    return product !== undefined && seen.has(product);
  });
  const finders = operations.filter((operation) => model.observes(operation).some((value) => seen.has(value)));
  for (let count = 1; count <= NEAREST_MAX; count *= 2) {
    const near = [operations, makers, finders].flatMap((these) => these.slice(-count));
    const kept = new Set([...near, offending].map(({ invokedIndex }) => invokedIndex));
    const weaker = weakened(operations, ({ invokedIndex }) => kept.has(invokedIndex), model);
    if (trials.isContradictory(weaker)) return weaker;
    if (count >= operations.length) return null;
  }
  return null;
}

/** What is left of the operations from some line on, if that is contradictory; few operations, if that is possible. */
function latestWindow(operations: readonly Operation[], trials: Trials): readonly Operation[] | null {
  for (let count = 2; ; count *= 2) {
    const first = operations[Math.max(0, operations.length - count)];
    if (first === undefined) return null;
    const window = from(operations, first.invokedIndex, trials.model);
    if (trials.isContradictory(window)) return window;
    if (count >= operations.length) return null;
  }
}

/** What began before the line and did not end before it may take effect after it, or may have done so already. */
function from(operations: readonly Operation[], index: number, model: Model): readonly Operation[] {
  const later = operations.filter(({ outcome, completedIndex }) =>
    outcome !== 'ok' || (completedIndex as number) >= index);
  return weakened(later, ({ invokedIndex }) => invokedIndex >= index, model);
}

// ── Weakening ──────────────────────────────────────────────────────────

/** Weakens until no single operation can be weakened, no value hidden, and no later line be the first one. */
function shrink(operations: readonly Operation[], trials: Trials): Conflict {
  let current = operations;
  for (;;) {
    const before = current;
    current = hideValues(moveStart(halve(current, trials), trials), trials);
    const single = weakenSingly(current, trials);
    current = single.operations;
    if (current.length < before.length || definiteOf(current) < definiteOf(before)) continue;
    return { operations: current, fromIndex: firstIndex(current, trials.model), isMinimal: single.isMinimal };
  }
}

function definiteOf(operations: readonly Operation[]): number {
  return operations.filter(({ outcome }) => outcome === 'ok').length;
}

/** Where nobody knows what the object held at first: when the first operation began that has to have taken effect. */
function firstIndex(operations: readonly Operation[], model: Model): number | null {
  if (model.isUnseenAtFirst !== true) return null;
  return operations.find(({ outcome }) => outcome === 'ok')?.invokedIndex ?? null;
}

/** Hides as many values as possible, where the model can: many at once first, then fewer. */
function hideValues(operations: readonly Operation[], trials: Trials): readonly Operation[] {
  const { view } = trials.model;
  if (view === undefined) return operations;
  let current = operations;
  let values = [...new Set(operations.flatMap((operation) => view.mentions(operation)))];
  for (let size = Math.ceil(values.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < values.length; ) {
      const hidden = new Set(values.slice(start, start + size));
      const fewer = current.flatMap((operation) => view.hide(operation, hidden) ?? []);
      if (trials.isContradictory(fewer)) {
        current = fewer;
        values = values.filter((value) => !hidden.has(value));
      } else {
        start += size;
      }
    }
  }
  return current;
}

/**
 * Weakens large runs of operations first, then smaller ones, as long as the rest stays contradictory. Observers go
 * first: an update whose outcome was forgotten stays, and often needs an observer to say that it happened.
 */
function halve(operations: readonly Operation[], trials: Trials): readonly Operation[] {
  const { model } = trials;
  const observers = halveThose((operation) => model.isObserver(operation), operations, trials);
  return halveThose(() => true, observers, trials);
}

function halveThose(
  isMeant: (operation: Operation) => boolean, operations: readonly Operation[], trials: Trials,
): readonly Operation[] {
  let current = operations;
  const meant = (): readonly Operation[] => current.filter((it) => it.outcome === 'ok' && isMeant(it));
  for (let size = Math.ceil(meant().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < meant().length; ) {
      const chunk = new Set(meant().slice(start, start + size));
      const weaker = weakened(current, (operation) => !chunk.has(operation), trials.model);
      if (trials.isContradictory(weaker)) current = weaker;
      else start += size;
    }
  }
  return current;
}

/** Weakens single operations, until each of those left was tried in vain. */
function weakenSingly(operations: readonly Operation[], trials: Trials): Omit<Conflict, 'fromIndex'> {
  let current = operations;
  let isMinimal = false;
  for (let before = -1; before !== definiteOf(current); ) {
    before = definiteOf(current);
    isMinimal = true;
    for (let tried = 0; tried < current.length; ) {
      const operation = current[tried] as Operation;
      const weaker = operation.outcome !== 'ok' ? null
        : weakened(current, (other) => other !== operation, trials.model);
      const answer = weaker === null ? 'explained' : trials.try(weaker);
      if (answer === 'undecided') isMinimal = false;
      // What follows has moved up, by one place at least if it was an observer.
      if (weaker !== null && answer === 'contradictory') current = weaker;
      else tried += 1;
    }
  }
  return { operations: current, isMinimal };
}

/** Forgets what ended before some line, the latest one possible, where the model lets a part begin anywhere. */
function moveStart(operations: readonly Operation[], trials: Trials): readonly Operation[] {
  if (trials.model.isUnseenAtFirst !== true) return operations;
  for (let first = operations.length - 1; first > 0; first -= 1) {
    const { outcome, invokedIndex } = operations[first] as Operation;
    if (outcome !== 'ok') continue;
    const window = from(operations, invokedIndex, trials.model);
    if (window.length < operations.length && trials.isContradictory(window)) return window;
  }
  return operations;
}

/** Weakens what `isKept` does not keep as it is. */
function weakened(
  operations: readonly Operation[], isKept: (operation: Operation) => boolean, model: Model,
): Operation[] {
  const weaker: Operation[] = [];
  for (const operation of operations) {
    if (isKept(operation) || operation.outcome === 'info') weaker.push(operation);
    else if (!model.isObserver(operation)) weaker.push(unfinished(operation));
  }
  return withoutUnneeded(weaker, model);
}
