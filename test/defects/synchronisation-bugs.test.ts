import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { defects } from '../../src/scenario/catalogue.ts';
import { runProfile, safetyFinds } from '../support/profiles.ts';

/** Rows of the table of the README: issue, row, defect, seed, first seen by. */
const rows = readFileSync('src/protocols/zab/README.md', 'utf8').split('\n')
  .map((line) => /^\| ZOOKEEPER-(\d+) \|.*\| (ZB-\d+), `(\S+)` \| (\d+) \| (Z\d+) \|$/.exec(line))
  .flatMap((cells) => (cells === null ? [] : [cells.slice(1) as [string, string, string, string, string]]));

describe('the published bugs of synchronisation', () => {
  it('are in the table, each by the row that has its issue for a source', () => {
    const issues = ['2845', '3642', '3911', '4394', '4643', '4646', '4685', '4712', '4785'];
    expect(rows.map(([issue]) => issue)).toEqual(issues);
    for (const [issue, row, id] of rows) {
      const defect = defects().find((each) => each.id === id);
      expect([defect?.row, defect?.source.split('/').at(-1)]).toEqual([row, `ZOOKEEPER-${issue}`]);
    }
  });

  it.each(rows)('ZOOKEEPER-%s: %s, %s, is seen with seed %s by %s', (_issue, _row, id, seed, catcher) => {
    const result = runProfile('swarm', id, seed, {}, 'zab');
    expect(safetyFinds(result)[0]).toBe(catcher);
    expect(result.fired).toBeGreaterThan(0);
  });

  it.each([...new Set(rows.map(([, , , seed]) => seed))])('and nothing is with seed %s in the reference', (seed) => {
    expect(safetyFinds(runProfile('swarm', null, seed, {}, 'zab'))).toEqual([]);
  });
});
