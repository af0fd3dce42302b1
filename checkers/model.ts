import type { Operation } from '../src/history/operations.ts';
import type { ValueKey } from './value-key.ts';

/** The models that exist, by the names that users type. */
export type ModelName =
  | 'register' | 'cas-register' | 'kv' | 'append' | 'counter' | 'set' | 'mutex' | 'fenced-lock'
  | 'queue' | 'stack';

/** The answer of {@link Model.step} where the operation could not have ended as it did. */
export const ILLEGAL: unique symbol = Symbol('illegal');

/**
 * A sequential specification: what one object does when nothing overlaps. States are immutable.
 *
 * `step` alone defines the meaning. All else serves the speed of the search and the size of its evidence; a witness
 * is always checked by `step`.
 */
export interface Model<State = unknown> {
  readonly name: ModelName;
  readonly initial: State;
  /** Whether a state is one value: an operation finds one value or any, and leaves one or none. Absent: no. */
  readonly isRegister?: boolean;

  /** Why the model cannot judge this operation (no such `f`, a value of the wrong shape), or `null`. */
  problem(operation: Operation): string | null;

  /** The state after the operation, or {@link ILLEGAL}. An operation of unknown outcome: the effect it would have. */
  step(state: State, operation: Operation): State | typeof ILLEGAL;

  /** Identifies a state: equal states have equal keys, different ones different keys. Linear in its size. */
  stateKey(state: State): ValueKey;

  /** Equal states have equal hashes, different ones mostly not. For models whose {@link Model.stateKey} is dear. */
  stateHash?(state: State): string;

  /** Whether the operation leaves every state alone in which it is legal. */
  isObserver(operation: Operation): boolean;

  /**
   * What an update leaves behind for others to observe; `undefined` for an observer, and where nobody can say who
   * might need it. An update whose product nobody observes might as well not have been; and where `n` observe it,
   * more than `n` of the kind help nobody.
   */
  produces(operation: Operation): ValueKey | undefined;

  /** What the operation can only have seen if somebody (or the initial state) had produced it. */
  observes(operation: Operation): readonly ValueKey[];

  /**
   * Tells updates of unknown outcome, of which {@link Model.produces} does not say enough, that can help none of the
   * `others`: an order of these with such updates would be one without them. Linear but for a sort, and then
   * logarithmic or less.
   */
  unneededIn?(others: readonly Operation[]): (operation: Operation) => boolean;

  /**
   * The same object where nobody knows what it held at first: the first observation is right whatever it says. Absent
   * where evidence is small without. Evidence may then begin in the middle of a history.
   */
  startingUnseen?(): Model;
  /** Whether it is the answer of {@link Model.startingUnseen}. Absent: no. */
  readonly isUnseenAtFirst?: boolean;

  /** The same specification, with all that can be said of these operations of one key and not of all. */
  narrowedTo?(operations: readonly Operation[]): Model<State>;

  /** Whether only observers can tell in which order updates took effect, and all updates are always legal. */
  readonly hasCommutingUpdates?: boolean;

  /** Whether an operation that is not legal in this state never will be again, whatever happens. */
  isTooLate?(state: State, operation: Operation): boolean;

  /** What a register must not have held for the operation, which changes nothing, to end as it did. */
  excludes?(operation: Operation): ValueKey | undefined;

  /** Absent where every operation concerns the whole object. */
  readonly view?: View;

  /**
   * Parts of one key's operations that are objects of their own, each operation in one; `null` if these operations do
   * not come apart. The whole is linearizable if and only if each part is. Absent where nothing ever does.
   */
  split?(operations: readonly Operation[]): readonly Part[] | null;

  /** The same specification over small integers, for the operations of one key. Absent where that is no help. */
  machine?(operations: readonly Operation[]): Machine;
}

/** See {@link Model.split}. */
export interface Part {
  readonly model: Model;
  readonly operations: readonly Operation[];
}

/**
 * How an object that holds many values looks to somebody who does not know some of them. A linearizable history stays
 * so when the same values are hidden in all of its operations.
 */
export interface View {
  /** Whether values come into an observation in the order in which they were produced, and never leave. */
  readonly isList: boolean;
  /** The values that an operation mentions. */
  mentions(operation: Operation): readonly ValueKey[];
  /** The operation without the `hidden` values, or `null` if nothing of it is left. */
  hide(operation: Operation, hidden: ReadonlySet<ValueKey>): Operation | null;
}

/** The answer of {@link Machine.step} where an operation is illegal; also "no demand" and "no supply". */
export const NONE = -1;
/** The answer of {@link Machine.demandOf} of an operation that might be helped by any change of the state. */
export const ANYTHING = -2;

/**
 * A model compiled for the operations of one key. States, operations and demands are integers from 0; an operation
 * is its position in the list that the machine was made from.
 *
 * *Demand and supply* say which updates of unknown outcome can be of use: such an update never needs to take effect
 * unless the very next operation can tell the difference (otherwise leave it out, and all answers stay the same). So
 * it is tried only where its supply is demanded: by the state, by an open operation, or by another unknown update
 * that is itself demanded.
 */
export interface Machine {
  readonly initial: number;
  /** Whether a state is illegal because of operations still to come, so that the search may fail early. */
  readonly looksAhead: boolean;
  /** The next state, or {@link NONE}. */
  step(state: number, operation: number): number;
  /** Whether the operation is legal here, leaves the state alone, and could not serve better later. */
  isEager(state: number, operation: number): boolean;
  /** Whether the operation is legal in every state and its result depends on none: a write. */
  isBlind(operation: number): boolean;
  demandOfState(state: number): number;
  demandOf(operation: number): number;
  supplyOf(operation: number): number;
}
