import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runProfile, safetyFinds } from '../support/profiles.ts';
import { defects } from '../../src/scenario/catalogue.ts';
import { armedFor, findsFor, isSeen, seedBudget, type Exhibit } from './exhibit.ts';
import { exhibits } from './museum.ts';
import { unarmed } from './unarmed.ts';

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
    const result = runProfile('swarm', armedFor(exhibit), String(seed), exhibit.settings, exhibit.system);
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
    const named = (rows: readonly { readonly id: string; readonly row: string }[]): string[] =>
      rows.map(({ id, row }) => `${row} ${id}`).sort();
    expect(named(defects())).toEqual(named(exhibits));
  });

  it('names the catchers that the catalogue names', () => {
    const named = (rows: readonly { readonly id: string; readonly firstCatcher: string }[]): string[] =>
      rows.map(({ id, firstCatcher }) => `${id} ${firstCatcher}`).sort();
    expect(named(defects())).toEqual(named(exhibits));
  });

  it.each(exhibits.filter(({ where }) => where === 'tests'))('$row $id is found by $seenBy', (exhibit) => {
    const found = search(exhibit);
    expect(found.isSeen).toBe(true);
    expect(found.firstCatchers).toContain(exhibit.firstCatcher);
  });

  // Whoever has promised a ballot to one of two that prepare it refuses it to the other; and where no two prepare one,
  // nobody but who was promised it asks again.
  it.each([
    ['paxos/ballot-without-proposer', ['P11'], true],
    ['paxos/promise-to-anybody', [], false],
  ])('%s does no harm alone', (defect, broken, isSeenToFire) => {
    for (let seed = 5001; seed < 5041; seed += 1) {
      const result = runProfile('swarm', defect, String(seed), {}, 'paxos');
      expect(safetyFinds(result).filter((find) => !broken.includes(find)), `seed ${seed}`).toEqual([]);
      expect((result.fired ?? 0) > 0).toBe(isSeenToFire);
    }
  });

  it('shows what it does not claim by scenarios that there are', () => {
    for (const { shownBy } of unarmed) if (shownBy !== null) expect(existsSync(`scenarios/${shownBy}.yaml`)).toBe(true);
    const rows = exhibits.map(({ row }) => row);
    expect(unarmed.filter(({ row }) => rows.includes(row))).toEqual([]);
  });

  // What looks like a defect and is none: entries of old terms that wait, a configuration that takes effect late,
  // acknowledgements that overtake each other.
  it.each([
    { noOpOnElection: false }, { configurationFrom: 'apply' }, { asyncStorage: true, durableMachine: true },
  ])('finds nothing in the reference with %o', (options) => {
    for (let seed = 1; seed <= 8; seed += 1) {
      expect(safetyFinds(runProfile('swarm', null, String(seed), { system: { options } })), `seed ${seed}`).toEqual([]);
    }
  });

  it.each([
    'raft', 'multi-paxos', 'zab', 'zookeeper', 'paxos', 'paxos-cas', 'redlock', 'redis-lock', 'raft-lock',
    'zookeeper-lock', 'zookeeper-recipes', 'zookeeper-double-barrier', 'zookeeper-barrier',
  ] as const)('finds nothing in the reference of %s', (system) => {
    for (let seed = 1; seed <= 46; seed += 1) {
      expect(safetyFinds(runProfile('swarm', null, String(seed), {}, system)), `seed ${seed}`).toEqual([]);
    }
  });
});
