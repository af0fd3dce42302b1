import { expect, test } from 'vitest';
import {
  checkBarriers, pairOperations, type HistoryEvent, type Json, type Operation,
} from '../../../checkers/index.ts';
import { type Draw, drawFrom } from '../../support/histories/random-history.ts';

/** Operations of a few processes, whose answers are drawn. */
function drawn(draw: Draw, next: (process: number) => { readonly f: string; readonly value: Json }): HistoryEvent[] {
  const open = new Map<number, { readonly f: string; readonly value: Json }>();
  const processes = [0, 1, 2, 3];
  const lines: HistoryEvent[] = [];
  for (let index = 0; index < 6 + draw(16); index += 1) {
    const at = draw(processes.length);
    const process = processes[at] as number;
    const operation = open.get(process);
    const common = { index, time: index, process };
    if (operation === undefined) {
      const begun = next(process);
      open.set(process, begun);
      lines.push({ ...common, type: 'invoke', ...begun });
      continue;
    }
    open.delete(process);
    const fate = draw(8);
    const type = fate === 0 ? 'info' : fate === 1 ? 'fail' : 'ok';
    const isOfRound = operation.f === 'enter' || operation.f === 'leave';
    lines.push({ ...common, type, f: operation.f, value: type === 'ok' && isOfRound ? draw(2) : null });
    if (type === 'info') processes[at] = process + 10;
  }
  return lines;
}

const end = ({ outcome, completedIndex }: Operation): number =>
  (outcome === 'ok' ? completedIndex as number : Infinity);

/** Whether those without an answer can be given to rounds so that each round had enough whenever somebody was in. */
function couldHaveEntered(operations: readonly Operation[]): boolean {
  const enters = operations.filter(({ f }) => f === 'enter');
  const answered = enters.filter(({ outcome }) => outcome === 'ok');
  const others = enters.filter(({ outcome }) => outcome === 'info');
  const rounds = [...new Set(answered.map(({ output }) => output))];
  const isRight = (given: readonly Json[]): boolean => answered.every((enter) => {
    const there = new Set(answered.filter(({ output, invokedIndex }) =>
      output === enter.output && invokedIndex < end(enter)).map(({ process }) => process)).size;
    const perhaps = others.filter(({ invokedIndex }, at) => given[at] === enter.output && invokedIndex < end(enter));
    return there + perhaps.length >= (enter.input as number);
  });
  const tryFrom = (given: readonly Json[]): boolean => (given.length === others.length
    ? isRight(given) : [null, ...rounds].some((choice) => tryFrom([...given, choice])));
  return tryFrom([]);
}

function couldHaveLeft(operations: readonly Operation[]): boolean {
  const left = operations.filter(({ f, outcome }) => f === 'leave' && outcome === 'ok');
  return left.every((first) => left.every((later) => first.output !== later.output || later.invokedIndex < end(first)));
}

/** Whether there are instants, between lines, at which a lift ended each raise before who had to wait for it passed. */
function couldHavePassed(operations: readonly Operation[]): boolean {
  const of = (name: string): Operation[] => operations.filter(({ f, outcome }) => f === name && outcome !== 'fail');
  const passes = of('pass').filter(({ outcome }) => outcome === 'ok');
  const raises = of('raise').filter(({ outcome }) => outcome === 'ok');
  const instants = Array.from({ length: 100 }, (_, quarter) => quarter / 4);
  const within = ({ invokedIndex, ...operation }: Operation): number[] =>
    instants.filter((at) => at > invokedIndex && at < end({ invokedIndex, ...operation }));
  return passes.every((pass) => raises.every((raise) => {
    if (end(raise) > pass.invokedIndex) return true;
    return of('lift').some((lift) => within(lift).some((lifted) =>
      within(raise).some((raised) => raised < lifted) && lifted < end(pass)));
  }));
}

function compare(
  rounds: number, make: (draw: Draw) => HistoryEvent[], isRight: (operations: readonly Operation[]) => boolean,
): Record<'valid' | 'invalid' | 'unknown', number> {
  const draw = drawFrom(11);
  const found = { valid: 0, invalid: 0, unknown: 0 };
  for (let round = 0; round < rounds; round += 1) {
    const lines = make(draw);
    const { verdict, verified } = checkBarriers(lines);
    found[verdict] += 1;
    expect(verdict === 'invalid', JSON.stringify(lines)).toBe(!isRight(pairOperations(lines).operations));
    if (verdict === 'invalid') expect(verified, JSON.stringify(lines)).toBe(true);
  }
  return found;
}

test('double barriers are judged as by trying who may have been in which round', () => {
  const make = (draw: Draw): HistoryEvent[] => drawn(draw, () =>
    (draw(3) === 0 ? { f: 'leave', value: null } : { f: 'enter', value: 1 + draw(3) }));
  const found = compare(6_000, make, (operations) => couldHaveEntered(operations) && couldHaveLeft(operations));
  expect(Math.min(found.valid, found.invalid)).toBeGreaterThan(1_000);
});

test('barriers are judged as by trying when they may have been lifted', () => {
  const make = (draw: Draw): HistoryEvent[] => drawn(draw, () =>
    ({ f: ['raise', 'pass', 'pass', 'lift'][draw(4)] as string, value: null }));
  const found = compare(6_000, make, couldHavePassed);
  expect(Math.min(found.valid, found.invalid)).toBeGreaterThan(400);
});
