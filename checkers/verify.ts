import type { Operation } from '../src/history/operations.ts';
import { ILLEGAL, type Model } from './model.ts';

/** An order of one key's operations that explains all answers. */
export interface KeyWitness {
  readonly key: string | null;
  /** `invokedIndex` of each operation: every `ok` one, and those of unknown outcome that took effect. */
  readonly order: readonly number[];
}

/**
 * Checks a witness without trusting the search that made it: shares nothing with it but {@link Model.step}. Returns
 * what is wrong, or `null` if the witness proves that the operations are linearizable. Linear.
 *
 * For each key the order must hold every `ok` operation once, no failed one, those of unknown outcome at most once;
 * no operation may stand behind one that was invoked after it had completed; and each step must be legal.
 */
export function verifyWitness(
  operations: readonly Operation[], model: Model, witness: readonly KeyWitness[],
): string | null {
  const verifier = new OrderVerifier(operations, model);
  const keys = new Set<string | null>();
  for (const { key, order } of witness) {
    if (keys.has(key)) return `two orders for key ${JSON.stringify(key)}`;
    keys.add(key);
    const problem = verifier.problemOf(key, order);
    if (problem !== null) return problem;
  }
  const missing = operations.find(({ key, outcome }) => outcome === 'ok' && !keys.has(key));
  return missing === undefined ? null : withoutPlace(missing);
}

/** Verifies orders of the operations of single keys. Each verification is one pass over the order. */
export class OrderVerifier {
  private readonly model: Model;
  private readonly operations: readonly Operation[];
  /** Position of each operation, by the index of its invocation. */
  private readonly positions = new Map<number, number>();
  /** How many operations of each key have to stand in its order. */
  private readonly definite = new Map<string | null, number>();
  /** By position, the number of the verification that has placed it. */
  private readonly placedIn: Int32Array;
  private verification = 0;

  constructor(operations: readonly Operation[], model: Model) {
    this.model = model;
    this.operations = operations;
    this.placedIn = new Int32Array(operations.length);
    for (let position = 0; position < operations.length; position += 1) {
      const { key, outcome, invokedIndex } = operations[position] as Operation;
      if (outcome === 'ok') this.definite.set(key, (this.definite.get(key) ?? 0) + 1);
      this.positions.set(invokedIndex, position);
    }
  }

  /** What is wrong with an order of one key's operations, by the index of their invocations, or `null`. */
  problemOf(key: string | null, order: readonly number[]): string | null {
    this.verification += 1;
    let state = this.model.initial;
    let latestInvokedIndex = -1;
    let definite = 0;
    for (const invokedIndex of order) {
      const position = this.positions.get(invokedIndex);
      const operation = position === undefined ? undefined : (this.operations[position] as Operation);
      if (position === undefined || operation === undefined || operation.outcome === 'fail'
        || this.placedIn[position] === this.verification) {
        return `operation ${invokedIndex} failed, does not exist, or stands here twice`;
      }
      this.placedIn[position] = this.verification;
      if (operation.key !== key) return `operation ${invokedIndex} is not one of key ${JSON.stringify(key)}`;

      if (operation.outcome === 'ok') {
        definite += 1;
        if ((operation.completedIndex as number) < latestInvokedIndex) {
          const before = `operation ${latestInvokedIndex}, placed before it, began`;
          return `operation ${invokedIndex} had completed when ${before}`;
        }
      }
      if (invokedIndex > latestInvokedIndex) latestInvokedIndex = invokedIndex;

      const next = this.model.step(state, operation);
      if (next === ILLEGAL) return `operation ${invokedIndex} cannot have ended as it did where it stands`;
      state = next;
    }
    if (definite === (this.definite.get(key) ?? 0)) return null;
    const isMissing = (operation: Operation, position: number): boolean =>
      operation.key === key && operation.outcome === 'ok' && this.placedIn[position] !== this.verification;
    return withoutPlace(this.operations.find(isMissing) as Operation);
  }
}

function withoutPlace({ invokedIndex }: Operation): string {
  return `operation ${invokedIndex} succeeded, but has no place`;
}
