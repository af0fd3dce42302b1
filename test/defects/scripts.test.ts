import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { run } from '../../src/run/run.ts';
import type { RunResult } from '../../src/run/result.ts';
import { catalogueWith } from '../../src/scenario/catalogue.ts';
import { parseScenario } from '../../src/scenario/file/parse.ts';
import { findsOf } from '../support/profiles.ts';
import { isSeen } from './exhibit.ts';
import { exhibits } from './museum.ts';

const folder = 'test/defects/scripts';
const seeds = Array.from({ length: 20 }, (_, index) => String(index + 1));

function resultsOf(script: string, defect: string | null): RunResult[] {
  const fileName = `${folder}/${script}.yaml`;
  const parsed = parseScenario(readFileSync(fileName), { fileName, catalogue: catalogueWith() });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ line, message }) => `${line}: ${message}`).join('; '));
  const scenario = { ...parsed.scenario, defect };
  return seeds.map((seed) => run({ scenario, file: fileName, slug: 'script', seed }).result);
}

const scripted = exhibits.flatMap((exhibit) => {
  const { where } = exhibit;
  return typeof where === 'string' ? [] : [{ ...exhibit, exhibit, script: where.script }];
});

describe('what no search finds', () => {
  it('has a script each, and no script is without its defect', () => {
    const files = readdirSync(folder).map((name) => name.replace(/\.yaml$/, ''));
    expect(scripted.map(({ script }) => script).sort()).toEqual(files.sort());
  });

  it.each(scripted)('$row $id is seen in at least nine of ten runs of $script', ({ exhibit, id, script }) => {
    const results = resultsOf(script, id);
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
