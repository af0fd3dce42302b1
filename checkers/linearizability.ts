import type { History, Json } from '../src/history/operation.ts';
import { pairOperations, type Operation } from '../src/history/operations.ts';
import { DEFAULT_BUDGET, Meter, type Budget, type BudgetUse } from './budget.ts';
import { earliestOffending, findEvidence, type Evidence } from './evidence.ts';
import type { Model, ModelName } from './model.ts';
import { modelByName, modelStartingAt } from './models/by-name.ts';
import type { Verdict } from './result.ts';
import { searchLinearization, type Algorithm } from './search/search.ts';
import { settleOperations, type Semantics } from './settle.ts';
import { OrderVerifier, type KeyWitness } from './verify.ts';

/** How to check; see {@link checkLinearizable}. */
export interface LinearizabilityOptions extends Semantics {
  readonly model: ModelName;
  /**
   * What each object holds at first: any value of a register, a whole number of a counter. Default: `null`, and 0 of a
   * counter. Other models begin empty or free, and cannot be told otherwise: the answer is `unknown`.
   */
  readonly initial?: Json | undefined;
  /**
   * For each key (`null` where the history names none) an order in which its operations may have taken effect, as the
   * indices of their invocations: for example that in which a log committed them. An order has to hold every `ok`
   * operation of its key; one of unknown outcome only if it took effect; no failed one.
   *
   * A mere proposal: it is verified, by `verifyWitness` and in one pass, and is then the witness. A key whose
   * order is wrong, or that has none, is searched, so the verdict does not depend on it. Keys that do not occur are
   * ignored.
   */
  readonly order?: ReadonlyMap<string | null, readonly number[]> | undefined;
  /** Limits of the search, over all keys together. Default: {@link DEFAULT_BUDGET}. */
  readonly budget?: Partial<Budget>;
  /** Asked now and then; `true` ends the search with `unknown`. The place for wall time. */
  readonly shouldStop?: () => boolean;
}

/** The answer of {@link checkLinearizable}. */
export interface LinearizabilityResult {
  readonly verdict: Verdict;
  readonly model: ModelName;
  /** How many operations the history holds, failed ones included. */
  readonly operations: number;
  /**
   * Which algorithms answered, joined by ` + ` where keys were judged by different ones: {@link Algorithm} or
   * `proposed-order`;
   * with `invalid` the one that judged the key of the evidence, `none` where nothing could be judged.
   */
  readonly algorithm: string;
  /** With `valid`, else `null`: one entry a key, keys in the order of their first operation. */
  readonly witness: readonly KeyWitness[] | null;
  /** With `invalid`, else `null`. */
  readonly evidence: Evidence | null;
  /** Whether the witness passed `verifyWitness`, or the evidence `verifyEvidence`. */
  readonly verified: boolean;
  /** One sentence: why this verdict. */
  readonly reason: string;
  readonly used: BudgetUse;
}

/**
 * Whether a history is linearizable: each operation seems to take effect at one instant between its invocation and
 * its completion. Keys are independent objects. Failed operations had no effect and say nothing; operations of
 * unknown outcome took effect at some time after their invocation, or never.
 *
 * `valid` comes with a witness, always verified; `invalid` with small evidence; `unknown` with its reason: no
 * successful operation, a history that the model cannot judge, or the budget (R3: the numbers are in the reason).
 * The order of the lines is the order of events, unless {@link Semantics} says otherwise; witness and evidence are
 * about the operations as `settleOperations` leaves them. Never throws on a malformed history.
 */
export function checkLinearizable(history: History, options: LinearizabilityOptions): LinearizabilityResult {
  const { operations, problems } = pairOperations(history);
  const [problem] = problems;
  if (problem === undefined) return checkOperations(operations, options);
  const judge = new Judge(operations, options);
  return judge.unknown(`the history is malformed at index ${problem.index}: ${problem.message}`);
}

/** The same for operations that are already paired, in the order of their invocations. */
export function checkOperations(
  operations: readonly Operation[], options: LinearizabilityOptions,
): LinearizabilityResult {
  return new Judge(operations, options).judge();
}

/** The key whose history first has no order, and where. */
interface Offending {
  readonly operation: Operation;
  readonly ofKey: readonly Operation[];
  readonly algorithm: Algorithm;
}

class Judge {
  private readonly operations: readonly Operation[];
  private readonly model: Model;
  /** Why nothing can be judged, or `null`. */
  private readonly problem: string | null = null;
  private readonly shouldStop: () => boolean;
  private readonly meter: Meter;
  private readonly order: LinearizabilityOptions['order'];
  private algorithm = 'none';

  constructor(operations: readonly Operation[], options: LinearizabilityOptions) {
    const { model, initial } = options;
    this.operations = settleOperations(operations, options);
    this.model = modelByName(model);
    const own = initial === undefined ? this.model : modelStartingAt(model, initial);
    if (own === null) this.problem = `the objects of ${model} cannot begin as ${JSON.stringify(initial)}`;
    else this.model = own;
    this.order = options.order;
    this.shouldStop = options.shouldStop ?? ((): boolean => false);
    this.meter = new Meter({ ...DEFAULT_BUDGET, ...options.budget }, this.shouldStop);
  }

  judge(): LinearizabilityResult {
    const { operations, model, meter } = this;
    if (this.problem !== null) return this.unknown(this.problem);
    if (operations.length === 0) return this.unknown('no operations');
    for (const operation of operations) {
      const problem = model.problem(operation);
      if (problem !== null) return this.unknown(`operation ${operation.invokedIndex}: ${problem}`);
    }
    if (!operations.some(({ outcome }) => outcome === 'ok')) {
      return this.unknown('no operations that succeeded (and whose answer says anything)');
    }

    const verifier = new OrderVerifier(operations, model);
    const witness: KeyWitness[] = [];
    const algorithms = new Set<string>();
    let offending: Offending | null = null;
    for (const [key, ofKey] of byKey(operations)) {
      const proposed = this.order?.get(key);
      if (proposed !== undefined && verifier.problemOf(key, proposed) === null) {
        witness.push({ key, order: proposed });
        algorithms.add('proposed-order');
        continue;
      }
      const { algorithm, ...result } = searchLinearization(ofKey, model, meter);
      algorithms.add(algorithm);
      if (result.kind === 'linearizable') {
        const order = result.order.map((position) => (ofKey[position] as Operation).invokedIndex);
        const problem = verifier.problemOf(key, order);
        // Two parts of this program contradict each other. Whatever the truth is, it has not been shown.
        if (problem !== null) return this.unknown(`internal contradiction: the witness is wrong: ${problem}`);
        witness.push({ key, order });
      } else if (result.kind === 'stuck') {
        const stuck = ofKey[result.position] as Operation;
        const operation = result.isEarliest ? stuck : earliestOffending(ofKey, model, stuck, this.shouldStop);
        const isFirst = offending === null || completedIndexOf(operation) < completedIndexOf(offending.operation);
        if (isFirst) offending = { operation, ofKey, algorithm };
      }
    }
    this.algorithm = offending === null ? [...algorithms].join(' + ') : offending.algorithm;
    if (offending !== null) return this.invalid(offending.ofKey, offending.operation);
    const stopReason = meter.stopReason();
    return stopReason === null ? this.valid(witness) : this.unknown(stopReason);
  }

  unknown(reason: string): LinearizabilityResult {
    return { ...this.result('unknown', reason), verified: false, witness: null, evidence: null };
  }

  private valid(witness: readonly KeyWitness[]): LinearizabilityResult {
    const reason = 'there is an order that explains every answer';
    return { ...this.result('valid', reason), verified: true, witness, evidence: null };
  }

  private invalid(ofKey: readonly Operation[], offending: Operation): LinearizabilityResult {
    const { evidence, verified } = findEvidence(ofKey, this.model, offending, this.shouldStop);
    return { ...this.result('invalid', evidence.summary), verified, witness: null, evidence };
  }

  private result(
    verdict: Verdict, reason: string,
  ): Omit<LinearizabilityResult, 'witness' | 'evidence' | 'verified'> {
    const operations = this.operations.length;
    return { verdict, model: this.model.name, operations, algorithm: this.algorithm, reason, used: this.meter.used() };
  }
}

function byKey(operations: readonly Operation[]): Map<string | null, Operation[]> {
  const groups = new Map<string | null, Operation[]>();
  for (const operation of operations) {
    const group = groups.get(operation.key);
    if (group === undefined) groups.set(operation.key, [operation]);
    else group.push(operation);
  }
  return groups;
}

function completedIndexOf(operation: Operation): number {
  return operation.completedIndex as number;
}
