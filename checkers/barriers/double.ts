import type { Operation } from '../../src/history/operations.ts';
import { valueKey, type ValueKey } from '../value-key.ts';
import { endOf, findingOf, firstWith, textOf } from './finding.ts';
import type { BarrierFinding } from './result.ts';

/** What was done at one double barrier: operations of one key that did not fail, in the order of their invocations. */
export class DoubleBarrier {
  private readonly key: string | null;
  /** That were answered, by round. */
  private readonly entered: ReadonlyMap<ValueKey, readonly Operation[]>;
  private readonly left: ReadonlyMap<ValueKey, readonly Operation[]>;
  /** That were not answered: each may have been counted, in one round. */
  private readonly unanswered: readonly Operation[];

  constructor(key: string | null, operations: readonly Operation[]) {
    this.key = key;
    this.entered = byRound(operations.filter(({ f, outcome }) => f === 'enter' && outcome === 'ok'));
    this.left = byRound(operations.filter(({ f, outcome }) => f === 'leave' && outcome === 'ok'));
    this.unanswered = operations.filter(({ f, outcome }) => f === 'enter' && outcome === 'info');
  }

  get rounds(): number {
    return this.entered.size;
  }

  findings(): BarrierFinding[] {
    return [...this.enteredEarly(), ...[...this.left.values()].flatMap((left) => this.leftEarly(left))];
  }

  /**
   * A round lacks as many as it takes more than had invoked `enter` and were answered with this round. Those who were
   * not answered may make up for that, each of them once: all rounds together may not lack more than there were so far.
   * What is found is not counted again against later rounds.
   */
  private enteredEarly(): BarrierFinding[] {
    const findings: BarrierFinding[] = [];
    const lacks = new Map<ValueKey, number>();
    let lacking = 0;
    const answered = [...this.entered.values()].flat().sort((a, b) => endOf(a) - endOf(b));
    for (const enter of answered) {
      const round = valueKey(enter.output);
      const others = (this.entered.get(round) ?? []).filter((other) => other.invokedIndex < endOf(enter));
      const there = new Set(others.map(({ process }) => process)).size;
      const more = (enter.input as number) - there - (lacks.get(round) ?? 0);
      if (more <= 0) continue;
      const perhaps = this.unanswered.filter(({ invokedIndex }) => invokedIndex < endOf(enter)).length;
      if (lacking + more <= perhaps) {
        lacking += more;
        lacks.set(round, (lacks.get(round) ?? 0) + more);
        continue;
      }
      findings.push(findingOf('entered-early', this.key, enter, others, this.enterText(enter, there, perhaps)));
    }
    return findings;
  }

  private enterText(enter: Operation, there: number, perhaps: number): string {
    const { process, input, output } = enter;
    const others = perhaps === 0 ? '' : `, and no more than ${perhaps} may have without an answer, in any round`;
    return `process ${process} entered ${textOf(this.key, output)}, which takes ${JSON.stringify(input)}: `
      + `${there} had invoked it${others}`;
  }

  /** Of one round: the first to be out, and the first who had not even asked. */
  private leftEarly(left: readonly Operation[]): BarrierFinding[] {
    const first = firstWith(left, endOf);
    const later = left.find(({ invokedIndex }) => first !== undefined && invokedIndex > endOf(first));
    if (first === undefined || later === undefined) return [];
    const who = later.process === first.process ? 'it, in once more' : `process ${later.process}`;
    const text = `process ${first.process} left ${textOf(this.key, first.output)} before ${who}, `
      + 'which was in it until later, had asked for it';
    return [findingOf('left-early', this.key, first, [later], text)];
  }
}

function byRound(operations: readonly Operation[]): Map<ValueKey, Operation[]> {
  const rounds = new Map<ValueKey, Operation[]>();
  for (const operation of operations) {
    const round = valueKey(operation.output);
    const ofRound = rounds.get(round);
    if (ofRound === undefined) rounds.set(round, [operation]);
    else ofRound.push(operation);
  }
  return rounds;
}
