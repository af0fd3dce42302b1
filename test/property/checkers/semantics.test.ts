import { describe, expect, test } from 'vitest';
import {
  checkLinearizable, pairOperations, modelStartingAt, settleOperations, verifyEvidence, verifyWitness,
  type LinearizabilityOptions, type ModelName,
} from '../../../checkers/index.ts';
import { isLinearizableByBruteForce } from '../../support/histories/brute-force.ts';
import { drawFrom, randomHistory } from '../../support/histories/random-history.ts';

/** More of them by environment: `HISTORIES=400000`. */
const HISTORIES = Number(process.env['HISTORIES'] ?? 20_000);
const MODELS: readonly ModelName[] = ['register', 'cas-register', 'kv'];

describe('what a history means', () => {
  test(`agrees with brute force in all ways, on ${HISTORIES} random histories`, () => {
    const draw = drawFrom(20_260_303);
    const flipped = { failedCas: 0, nilRead: 0, equalTimes: 0, initial: 0 };
    for (let round = 0; round < HISTORIES; round += 1) {
      const model = MODELS[round % 3] as ModelName;
      const history = randomHistory(draw, {
        model, operations: 2 + draw(6), clients: 2 + draw(3), keys: 1, readPercent: [20, 50][draw(2)] as number,
        values: draw(4), unknownPercent: [0, 20, 40][draw(3)] as number, corruptPercent: [0, 20, 50][draw(3)] as number,
      });
      const options = {
        failedCas: draw(2) === 0 ? 'ignore' : 'observe',
        nilRead: draw(2) === 0 ? 'initial' : 'unknown',
        equalTimes: draw(2) === 0 ? 'ordered' : 'concurrent',
        initial: draw(3) === 0 ? 1 : null,
      } as const satisfies Omit<LinearizabilityOptions, 'model'>;
      const text = `${JSON.stringify(options)} ${model} ${round}\n${history.map((e) => JSON.stringify(e)).join('\n')}`;
      const result = checkLinearizable(history, { model, ...options });
      if (result.verdict === 'unknown') continue;
      const expected = isLinearizableByBruteForce(history, model, options);
      expect(result.verdict, text).toBe(expected ? 'valid' : 'invalid');
      expect(result.verified, text).toBe(true);

      const operations = settleOperations(pairOperations(history).operations, options);
      const specification = modelStartingAt(model, options.initial);
      if (specification === null) throw new Error(`${model} cannot begin so`);
      const problem = result.evidence === null ? verifyWitness(operations, specification, result.witness ?? [])
        : verifyEvidence(operations, specification, result.evidence.operations);
      expect(problem, text).toBeNull();
      for (const name of ['failedCas', 'nilRead', 'equalTimes', 'initial'] as const) {
        const { [name]: _, ...rest } = options;
        if (isLinearizableByBruteForce(history, model, rest) !== expected) flipped[name] += 1;
      }
    }
    // Each choice matters, or this test would not see it go wrong.
    expect(Math.min(...Object.values(flipped)), JSON.stringify(flipped)).toBeGreaterThan(HISTORIES / 500);
  });
});
