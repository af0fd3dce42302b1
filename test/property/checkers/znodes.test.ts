import { expect, test } from 'vitest';
import { checkZnodes, ZNODE_MODEL_NAMES, type History } from '../../../checkers/index.ts';
import { drawFrom } from '../../support/histories/random-history.ts';
import { MUTATIONS } from '../../support/histories/znode-mutations.ts';
import { randomZnodes } from '../../support/histories/random-znodes.ts';

/** More of them, and others, by environment: `HISTORIES=60000 HISTORY_SEED=7`. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 200);
const SEED = Number(process.env['HISTORY_SEED'] ?? 20_260_303);

const textOf = (history: History): string => history.map((event) => JSON.stringify(event)).join('\n');

test(`${HISTORIES} histories of a cluster that does everything right are valid`, () => {
  const draw = drawFrom(SEED);
  const valid: Record<string, number> = {};
  for (let round = 0; round < HISTORIES; round += 1) {
    const history = randomZnodes(draw, 50 + draw(1_000));
    for (const model of ZNODE_MODEL_NAMES) {
      const { verdict, reason } = checkZnodes(history, model);
      expect(verdict === 'invalid' ? `${round} ${model} ${reason}\n${textOf(history)}` : '').toBe('');
      valid[model] = (valid[model] ?? 0) + Number(verdict === 'valid');
    }
  }
  expect(Math.min(...ZNODE_MODEL_NAMES.map((model) => valid[model] ?? 0))).toBeGreaterThan(HISTORIES / 2);
});

test.each(MUTATIONS)(`is found and verified where there is place for it: $name`, ({ model, guarantees, mutate }) => {
  const draw = drawFrom(SEED + 1);
  let applied = 0;
  for (let round = 0; round < HISTORIES; round += 1) {
    const history = mutate(randomZnodes(draw, 200 + draw(600)), draw);
    if (history === null) continue;
    applied += 1;
    const { verdict, verified, evidence, reason } = checkZnodes(history, model);
    const text = `${round} ${reason}\n${textOf(history)}`;
    expect(verdict === 'invalid' && verified ? '' : text).toBe('');
    const broken = (evidence?.findings ?? []).map(({ guarantee }) => guarantee);
    expect(guarantees.some((guarantee) => broken.includes(guarantee)) ? '' : text).toBe('');
  }
  expect(applied).toBeGreaterThan(HISTORIES / 50);
});
