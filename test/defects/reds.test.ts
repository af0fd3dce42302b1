import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defects } from '../../src/scenario/catalogue.ts';
import { sharesOf } from './red-runs.ts';
import { nameOfPlant, notPlanted, reds } from './reds.ts';

// `npm run reds` makes the same runs with as many seeds as one has time for.
const seeds = ['1', '2', '3'];

const cases = reds.flatMap(({ row, scenario, plants }) =>
  plants.map((planted) => ({ row, scenario, planted, plant: nameOfPlant(planted) })));
/** Which defect of the catalogue is in which row. */
const rowOf = new Map(defects().map(({ id, row }) => [id, row]));
const scenarios = [...new Set(reds.map(({ scenario }) => scenario))];

describe('the library of scenarios', () => {
  it('has every file that the table names, and the catalogue every defect', () => {
    expect(scenarios.filter((scenario) => !existsSync(`scenarios/${scenario}.yaml`))).toEqual([]);
    const named = cases.flatMap(({ planted }) => (typeof planted === 'string' ? [planted] : []));
    expect(named.filter((ids) => !ids.split('+').every((id) => rowOf.has(id)))).toEqual([]);
  });

  it('plants nothing of which it says that it cannot', () => {
    const planted = cases.map(({ row, plant }) => `${row} ${rowOf.get(plant) ?? plant}`);
    expect(notPlanted.filter(({ row, plant }) => planted.includes(`${row} ${plant}`))).toEqual([]);
    expect(notPlanted.filter(({ plant }) => [...rowOf.values()].includes(plant))).toEqual([]);
  });

  it.each(cases)('$row, $scenario, is red with $plant', ({ scenario, planted }) => {
    const shares = sharesOf(scenario, planted, seeds);
    expect(shares.red).toEqual(seeds);
    if (typeof planted === 'string') expect(shares.fired).toEqual(seeds);
  });

  it.each(scenarios)('%s is green without', (scenario) => {
    expect(sharesOf(scenario, null, seeds).green).toEqual(seeds);
  });
});
