import { describe, expect, it } from 'vitest';
import { runProfile, safetyFinds } from '../support/profiles.ts';
import { defects } from '../../src/scenario/catalogue.ts';
import { findsFor, isSeen, seedBudget, type Exhibit } from './exhibit.ts';
import { exhibits } from './museum.ts';

interface Search {
  readonly isSeen: boolean;
  /** Who saw it first, run by run. */
  readonly firstCatchers: readonly string[];
}

/** Ends as soon as whoever has to see the defect has seen it, and who sees it first in most runs was first in one. */
function search(exhibit: Exhibit): Search {
  let hasSeen = false;
  const firstCatchers: string[] = [];
  for (let seed = exhibit.firstSeed; seed < exhibit.firstSeed + seedBudget(exhibit); seed += 1) {
    const result = runProfile('swarm', exhibit.id, String(seed), exhibit.settings);
    const [first] = findsFor(exhibit, result);
    if (first === undefined) continue;
    expect(result.fired, 'a find in a run in which the defect never fired would be a false alarm').toBeGreaterThan(0);
    firstCatchers.push(first);
    hasSeen ||= isSeen(exhibit, result);
    if (hasSeen && firstCatchers.includes(exhibit.firstCatcher)) break;
  }
  return { isSeen: hasSeen, firstCatchers };
}

describe('the museum of defects, swarm profile', () => {
  it('has a row for every defect of the catalogue', () => {
    expect(defects().map(({ id, row }) => `${row} ${id}`)).toEqual(exhibits.map(({ id, row }) => `${row} ${id}`));
  });

  it('names the catchers that the catalogue names', () => {
    const named = (rows: readonly { readonly id: string; readonly firstCatcher: string }[]): string[] =>
      rows.map(({ id, firstCatcher }) => `${id} ${firstCatcher}`);
    expect(named(defects())).toEqual(named(exhibits));
  });

  it.each(exhibits.filter(({ where }) => where === 'tests'))('$row $id is found by $seenBy', (exhibit) => {
    const found = search(exhibit);
    expect(found.isSeen).toBe(true);
    expect(found.firstCatchers).toContain(exhibit.firstCatcher);
  });

  it('finds nothing in the reference with the same seeds', () => {
    for (let seed = 1; seed <= 46; seed += 1) {
      expect(safetyFinds(runProfile('swarm', null, String(seed))), `seed ${seed}`).toEqual([]);
    }
  });
});
