import type { Operation } from '../../src/history/operations.ts';
import { endOf, findingOf } from './finding.ts';
import type { BarrierFinding } from './result.ts';

/** What was done at one barrier: operations of one key that did not fail, in the order of their invocations. */
export class SimpleBarrier {
  private readonly key: string | null;
  private readonly raises: readonly Operation[];
  private readonly lifts: readonly Operation[];
  private readonly passes: readonly Operation[];

  constructor(key: string | null, operations: readonly Operation[]) {
    this.key = key;
    this.raises = operations.filter(({ f, outcome }) => f === 'raise' && outcome === 'ok');
    this.lifts = operations.filter(({ f }) => f === 'lift');
    this.passes = operations.filter(({ f, outcome }) => f === 'pass' && outcome === 'ok');
  }

  /** How many came through behind a raise that was answered before they asked. */
  get held(): number {
    return this.passes.filter((pass) => this.raisedBefore(pass) !== undefined).length;
  }

  findings(): BarrierFinding[] {
    return this.passes.flatMap((pass) => {
      const raise = this.raisedBefore(pass);
      if (raise === undefined || this.lifts.some((lift) => couldEnd(lift, raise, pass))) return [];
      const barrier = this.key ?? 'the barrier';
      const text = `process ${pass.process} passed ${barrier}, which process ${raise.process} had raised before, and `
        + 'nobody had invoked a lift since';
      return [findingOf('passed-early', this.key, pass, [raise], text)];
    });
  }

  /** Of those that were answered before it asked, the last to begin: the fewest lifts may have come behind that. */
  private raisedBefore(pass: Operation): Operation | undefined {
    return this.raises.filter((raise) => endOf(raise) < pass.invokedIndex).at(-1);
  }
}

/** Whether a lift may have taken effect behind the raise, and before the pass was answered. */
function couldEnd(lift: Operation, raise: Operation, pass: Operation): boolean {
  return lift.invokedIndex < endOf(pass) && endOf(lift) > raise.invokedIndex;
}
