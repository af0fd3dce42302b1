import { expect, test } from 'vitest';
import { DEFAULT_BUDGET, modelByName, pairOperations, verifyWitness, type Operation } from '../../../checkers/index.ts';
import { Meter } from '../../../checkers/budget.ts';
import { registerMachine } from '../../../checkers/models/register-machine.ts';
import { testBlocks } from '../../../checkers/search/block-test.ts';
import { searchFrontier } from '../../../checkers/search/frontier.ts';
import { isLinearizableByBruteForce } from '../../support/histories/brute-force.ts';
import { drawFrom, randomHistory } from '../../support/histories/random-history.ts';

/** More of them, and others, by environment: `HISTORIES=600000 HISTORY_SEED=7`. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 20_000);
const SEED = Number(process.env['HISTORY_SEED'] ?? 20_260_202);

const model = modelByName('cas-register');

function meter(): Meter {
  return new Meter(DEFAULT_BUDGET, () => false);
}

function positionsOf(operations: readonly Operation[], order: readonly number[]): number[] {
  return order.map((position) => (operations[position] as Operation).invokedIndex);
}

test(`the block test agrees with brute force and with the search on ${HISTORIES} histories of distinct values`, () => {
  const draw = drawFrom(SEED);
  const count = { linearizable: 0, stuck: 0 };
  for (let round = 0; round < HISTORIES; round += 1) {
    const history = randomHistory(draw, {
      model: 'cas-register', operations: 2 + Math.max(draw(7), draw(7)), clients: 1 + draw(5), keys: 1,
      readPercent: [20, 40, 60][draw(3)] as number, values: 0, unknownPercent: [0, 20, 45][draw(3)] as number,
      corruptPercent: [10, 30, 60][draw(3)] as number,
    });
    const { operations } = pairOperations(history);
    const text = `${round}\n${history.map((event) => JSON.stringify(event)).join('\n')}`;
    const blocks = testBlocks(operations, model, meter());
    if (blocks === null || blocks.kind === 'gave-up') throw new Error(`the block test has no answer: ${text}`);
    expect(blocks.kind === 'linearizable', text).toBe(isLinearizableByBruteForce(history, 'cas-register'));
    count[blocks.kind] += 1;
    const search = searchFrontier(operations, model, meter(), (some) => registerMachine(model, some));
    if (blocks.kind === 'stuck') expect(blocks, text).toEqual(search);
    else {
      const witness = [{ key: null, order: positionsOf(operations, blocks.order) }];
      expect(verifyWitness(operations, model, witness), text).toBeNull();
    }
  }
  expect(count.linearizable).toBeGreaterThan(HISTORIES / 5);
  expect(count.stuck).toBeGreaterThan(HISTORIES / 5);
});
