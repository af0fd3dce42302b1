import { describe, expect, test } from 'vitest';
import {
  MODEL_NAMES, modelByName, pairOperations, verifyEvidence, type ModelName, type Operation,
} from '../../../checkers/index.ts';
import { DEFAULT_BUDGET, Meter } from '../../../checkers/budget.ts';
import { searchLinearization } from '../../../checkers/search/search.ts';
import { isLinearizableByBruteForce, isLinearizableFromAnywhere } from '../../support/histories/brute-force.ts';
import { historyOf } from '../../support/histories/operations.ts';
import { drawFrom, randomHistory } from '../../support/histories/random-history.ts';

const MODELS: readonly ModelName[] = ['register', 'cas-register', 'kv', 'counter', 'mutex', 'fenced-lock'];
const HISTORIES = 12_000;

/** What is left of operations from a line on: what was open there may have taken effect, or not yet, or never. */
function windowOf(operations: readonly Operation[], fromIndex: number, isObserver: (it: Operation) => boolean):
Operation[] {
  return operations.flatMap((operation): Operation[] => {
    if (operation.outcome === 'fail') return [];
    if (operation.invokedIndex >= fromIndex) return [operation];
    if (isObserver(operation) || (operation.outcome === 'ok' && (operation.completedIndex as number) < fromIndex)) {
      return [];
    }
    return [{ ...operation, outcome: 'info', output: null, completedIndex: null, completedAtUs: null }];
  });
}

describe('a part of a history, whatever the object held before', () => {
  test('is judged as brute force does, and a linearizable history has no part that contradicts itself', () => {
    const draw = drawFrom(41);
    const seen = new Map<string, number>();
    for (let round = 0; round < HISTORIES; round += 1) {
      const name = MODELS[round % MODELS.length] as ModelName;
      const history = randomHistory(draw, {
        model: name, operations: 3 + draw(4), clients: 1 + draw(4), keys: 1, readPercent: 40, values: draw(2) * 3,
        unknownPercent: draw(2) * 25, corruptPercent: draw(2) * 40,
      });
      const { operations } = pairOperations(history);
      const fromIndex = operations[draw(operations.length)]?.invokedIndex ?? 0;
      const model = modelByName(name);
      const window = windowOf(operations, fromIndex, (operation) => model.isObserver(operation));
      const unseen = model.startingUnseen?.() ?? model;
      const { kind } = searchLinearization(window, unseen, new Meter(DEFAULT_BUDGET, () => false));
      const text = `${name} ${round} from ${fromIndex}\n${history.map((event) => JSON.stringify(event)).join('\n')}`;
      const isExplained = isLinearizableFromAnywhere(historyOf(window), name);
      expect(kind, text).toBe(isExplained ? 'linearizable' : 'stuck');
      const problem = verifyEvidence(operations, model, window, { fromIndex });
      expect(problem, text).toBe(isExplained ? 'there is an order that explains it' : null);
      if (!isExplained) expect(isLinearizableByBruteForce(history, name), text).toBe(false);
      const what = `${name} ${kind}`;
      seen.set(what, (seen.get(what) ?? 0) + 1);
    }
    const rare = MODELS.flatMap((model) => ['linearizable', 'stuck'].map((kind) => seen.get(`${model} ${kind}`) ?? 0));
    expect(Math.min(...rare)).toBeGreaterThan(20);
  });

  test('or of a whole one, is verified as brute force does', () => {
    const draw = drawFrom(43);
    const seen = new Map<string, number>();
    for (let round = 0; round < HISTORIES; round += 1) {
      const name = MODEL_NAMES[round % MODEL_NAMES.length] as ModelName;
      const history = randomHistory(draw, {
        model: name, operations: 3 + draw(4), clients: 1 + draw(4), keys: 1, readPercent: 40, values: draw(2) * 3,
        unknownPercent: draw(2) * 25, corruptPercent: draw(2) * 40,
      });
      const { operations } = pairOperations(history);
      const isExplained = isLinearizableByBruteForce(history, name);
      const whole = operations.filter(({ outcome }) => outcome !== 'fail');
      const problem = verifyEvidence(operations, modelByName(name), whole);
      const text = `${name} ${round}\n${history.map((event) => JSON.stringify(event)).join('\n')}`;
      expect(problem, text).toBe(isExplained ? 'there is an order that explains it' : null);
      seen.set(`${name} ${isExplained}`, (seen.get(`${name} ${isExplained}`) ?? 0) + 1);
    }
    const rare = MODEL_NAMES.flatMap((model) => [true, false].map((it) => seen.get(`${model} ${it}`) ?? 0));
    expect(Math.min(...rare)).toBeGreaterThan(20);
  });
});
