import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/run/run.ts';
import type { RunResult } from '../../src/run/result.ts';
import { findsOf } from '../support/profiles.ts';
import { scenarioIn } from '../support/scenario-file.ts';
import { armedFor, isSeen } from './exhibit.ts';
import { exhibits } from './museum.ts';

const folder = 'test/defects/scripts';
const seeds = Array.from({ length: 20 }, (_, index) => String(index + 1));

/** A script with a folder in its name is a scenario of the library. */
function fileOf(script: string): string {
  return `${script.includes('/') ? 'scenarios' : folder}/${script}.yaml`;
}

function resultsOf(script: string, defect: string | null): RunResult[] {
  const file = fileOf(script);
  const scenario = { ...scenarioIn(file), defect };
  return seeds.map((seed) => run({ scenario, file, slug: 'script', seed }).result);
}

const scripted = exhibits.flatMap((exhibit) => {
  const { where } = exhibit;
  return typeof where === 'string' ? [] : [{ ...exhibit, exhibit, script: where.script }];
});

describe('what no search finds', () => {
  it('has a script each, and no script is without its defect', () => {
    const files = readdirSync(folder).map((name) => `${folder}/${name}`);
    const named = scripted.map(({ script }) => fileOf(script));
    expect(named.filter((file) => !existsSync(file))).toEqual([]);
    expect(files.filter((file) => !named.includes(file))).toEqual([]);
  });

  it.each(scripted)('$row $id is seen in at least nine of ten runs of $script', ({ exhibit, script }) => {
    const results = resultsOf(script, armedFor(exhibit));
    const seen = results.filter((result) => isSeen(exhibit, result));
    expect(seen.length).toBeGreaterThanOrEqual(0.9 * seeds.length);
    for (const result of seen) expect(result.fired).toBeGreaterThan(0);
    expect(seen.map((result) => findsOf(result)[0])).toContain(exhibit.firstCatcher);
  });

  it.each(scripted)('and the reference passes $script', ({ script }) => {
    const results = resultsOf(script, null);
    expect(results.flatMap(findsOf)).toEqual([]);
    expect(results.map(({ outcome }) => outcome)).toEqual(seeds.map(() => 'pass'));
  });
});
