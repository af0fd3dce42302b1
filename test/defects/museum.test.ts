import { describe, expect, it } from 'vitest';
import { isEndToEnd, runProfile, safetyFinds } from '../support/profiles.ts';
import { defects } from '../../src/scenario/catalogue.ts';
import { BASE_SEED, exhibits, seedBudget, type Exhibit } from './museum.ts';

interface Search {
  readonly seenAfter: number | null;
  readonly anyAfter: number | null;
  readonly fired: number;
  readonly catchers: ReadonlyMap<string, number>;
}

function search(exhibit: Exhibit): Search {
  let seenAfter: number | null = null;
  let anyAfter: number | null = null;
  let fired = 0;
  const catchers = new Map<string, number>();
  for (let tried = 1; tried <= seedBudget(exhibit); tried += 1) {
    const result = runProfile('swarm', exhibit.id, String(BASE_SEED + tried - 1));
    fired += result.fired ?? 0;
    const [first] = safetyFinds(result);
    if (first === undefined) continue;
    expect(result.fired, 'a find in a run in which the defect never fired would be a false alarm').toBeGreaterThan(0);
    catchers.set(first, (catchers.get(first) ?? 0) + 1);
    anyAfter ??= tried;
    const isSeen = exhibit.seenBy === 'end-to-end' ? isEndToEnd(result) : safetyFinds(result).includes(exhibit.seenBy);
    if (isSeen) seenAfter ??= tried;
  }
  return { seenAfter, anyAfter, fired, catchers };
}

describe('the museum of defects, swarm profile', () => {
  it('has a row for every defect of the catalogue', () => {
    expect(defects().map(({ id, row }) => `${row} ${id}`)).toEqual(exhibits.map(({ id, row }) => `${row} ${id}`));
  });

  it.each(exhibits)('$row $id is found within its budget of seeds, by $seenBy', (exhibit) => {
    const found = search(exhibit);
    expect(found.fired).toBeGreaterThan(0);
    expect(found.seenAfter).not.toBeNull();
    expect([...found.catchers.keys()]).toContain(exhibit.firstCatcher);
    expect(defects().find(({ id }) => id === exhibit.id)?.firstCatcher).toBe(exhibit.firstCatcher);
  });

  it('finds nothing in the reference with the same seeds', () => {
    for (let seed = BASE_SEED; seed < BASE_SEED + 46; seed += 1) {
      expect(safetyFinds(runProfile('swarm', null, String(seed))), `seed ${seed}`).toEqual([]);
    }
  });
});
