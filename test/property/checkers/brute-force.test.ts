import { describe, expect, test } from 'vitest';
import {
  checkLinearizable, MODEL_NAMES, type History, type ModelName, type Operation,
} from '../../../checkers/index.ts';
import { isLinearizableByBruteForce, isLinearizableFromAnywhere } from '../../support/histories/brute-force.ts';
import { historyOf } from '../../support/histories/operations.ts';
import { drawFrom, randomHistory, type Draw } from '../../support/histories/random-history.ts';

/** More of them, and others, by environment: `HISTORIES=2000000 HISTORY_SEED=7`. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 50_000);
const SEED = Number(process.env['HISTORY_SEED'] ?? 20_260_101);

function smallHistory(draw: Draw, model: ModelName): ReturnType<typeof randomHistory> {
  return randomHistory(draw, {
    model,
    operations: 1 + Math.max(draw(7), draw(7)),
    clients: 1 + draw(5),
    keys: draw(4) === 0 ? 2 : 1,
    readPercent: oneOf(draw, [20, 40, 60]),
    // In half of the histories no value is written twice.
    values: draw(2) === 0 ? 0 : 1 + draw(3),
    unknownPercent: oneOf(draw, [0, 20, 45]),
    corruptPercent: oneOf(draw, [10, 30, 60]),
  });
}

function oneOf(draw: Draw, choices: readonly number[]): number {
  return choices[draw(choices.length)] as number;
}

/** The operations with one of them weakened, in all ways: a read is dropped, the outcome of an update forgotten. */
function weakenedOnce(operations: readonly Operation[]): Operation[][] {
  return operations.flatMap((weaker, position) => {
    if (weaker.outcome !== 'ok') return [];
    const forgotten: Operation = { ...weaker, outcome: 'info', output: null, completedIndex: null };
    const instead = weaker.f === 'read' || weaker.f === 'contains' ? [] : [forgotten];
    return [[...operations.slice(0, position), ...instead, ...operations.slice(position + 1)]];
  });
}

function withoutFailed(history: History): History {
  return history.filter((event, position) => {
    const own = history.slice(position).filter((other) => other.process === event.process);
    return (event.type === 'invoke' ? own[1]?.type : event.type) !== 'fail';
  });
}

describe('the linearizability search', () => {
  test(`agrees with brute force on ${HISTORIES} random histories of at most 7 operations`, () => {
    const draw = drawFrom(SEED);
    const count = { valid: 0, invalid: 0, unknown: 0 };
    const algorithms = new Set<string>();
    const seen = new Map<string, number>();
    for (let round = 0; round < HISTORIES; round += 1) {
      const model = MODEL_NAMES[round % MODEL_NAMES.length] as ModelName;
      const history = smallHistory(draw, model);
      const { verdict, verified, evidence, reason, algorithm } = checkLinearizable(history, { model });
      count[verdict] += 1;
      seen.set(`${model} ${verdict}`, (seen.get(`${model} ${verdict}`) ?? 0) + 1);
      algorithms.add(algorithm);
      const isLinearizable = isLinearizableByBruteForce(history, model);
      const text = `${model} ${round}\n${history.map((event) => JSON.stringify(event)).join('\n')}`;
      if (verdict === 'unknown') {
        expect(history.some((event) => event.type === 'ok'), text).toBe(false);
        continue;
      }
      expect(verdict, text).toBe(isLinearizable ? 'valid' : 'invalid');
      expect(verified, `${reason}\n${text}`).toBe(true);
      if (evidence === null) continue;
      const isExplained = evidence.fromIndex === null ? isLinearizableByBruteForce : isLinearizableFromAnywhere;
      expect(isExplained(historyOf(evidence.operations), model), text).toBe(false);
      expect(evidence.minimal, text).toBe(true);
      for (const weaker of weakenedOnce(evidence.operations)) {
        expect(isExplained(historyOf(weaker), model), `can be weakened\n${text}`).toBe(true);
      }
      // The earliest offending completion: invalid with that line, not before.
      // (What failed in the end had no effect from the start, so it goes first.)
      const effective = withoutFailed(history);
      const end = effective.findIndex((event) => event.index === evidence.completedIndex);
      expect(isLinearizableByBruteForce(effective.slice(0, end + 1), model), text).toBe(false);
      expect(isLinearizableByBruteForce(effective.slice(0, end), model), text).toBe(true);
    }
    expect([...algorithms]).toEqual(expect.arrayContaining(['block-test', 'just-in-time-frontier', 'wing-gong-lowe']));
    for (const model of MODEL_NAMES) {
      expect(Math.min(...(['valid', 'invalid'] as const).map((verdict) => seen.get(`${model} ${verdict}`) ?? 0)), model)
        .toBeGreaterThan(HISTORIES / 100);
    }
    expect(count.valid).toBeGreaterThan(HISTORIES / 4);
    expect(count.invalid).toBeGreaterThan(HISTORIES / 6);
    expect(count.unknown).toBeLessThan(HISTORIES / 4);
  });
});
