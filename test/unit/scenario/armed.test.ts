import { describe, expect, it } from 'vitest';
import { defectsNamed } from '../../../src/host/catalogue.ts';
import { assert } from '../../../src/kernel/assert.ts';
import { paxos } from '../../../src/protocols/paxos/module.ts';
import { run } from '../../../src/run/run.ts';
import { Armed, problemOf } from '../../../src/scenario/armed.ts';
import { findDefects } from '../../../src/scenario/catalogue.ts';
import { findsOf } from '../../support/profiles.ts';
import { scenarioIn } from '../../support/scenario-file.ts';

function problem(names: string): string | null {
  const rows = findDefects(names);
  assert(rows !== null, 'the catalogue has them');
  return problemOf(rows);
}

const PAIR = 'paxos/ballot-without-proposer+paxos/promise-to-anybody';

describe('several defects in one run', () => {
  it('have one name, however they were called', () => {
    expect(defectsNamed('PX-16b+PX-16a', undefined).defect).toBe(PAIR);
    expect(defectsNamed(PAIR, undefined).rows.map(({ row }) => row)).toEqual(['PX-16a', 'PX-16b']);
    expect(findDefects('PX-16a+PX-99')).toBeNull();
  });

  it('go together where each has a place of its own', () => {
    expect(problem(PAIR)).toBeNull();
    expect(problem('raft/vote-not-durable+client/unknown-as-failed+client/no-dedupe')).toBeNull();
    expect(problem('raft/vote-not-durable+client/dedupe-not-replicated')).toBeNull();
    expect(problem('raft/vote-not-durable+raft/commit-old-term')).toContain('one another');
    expect(problem('paxos/adopt-first+paxos/promise-to-anybody')).toContain('one another');
    expect(problem('client/no-dedupe+client/dedupe-not-replicated')).toContain('one another');
    expect(problem('PX-16a+PX-16a')).toContain('twice');
  });

  it('have fired when the last of them has', () => {
    const armed = new Armed('raft/vote-not-durable+client/unknown-as-failed', paxos);
    const fire = { node: (): void => undefined, client: (): void => undefined };
    armed.make('node', (_row, fired) => { fire.node = fired; });
    armed.make('client', (_row, fired) => { fire.client = fired; });
    fire.node();
    fire.node();
    expect(armed.fired()).toBe(0);
    fire.client();
    expect(armed.fired()).toBe(1);
    expect(armed.make('machine', () => 'a machine')).toBeUndefined();
  });

  it('of two halves of one, both are at work in every node', () => {
    const file = 'scenarios/paxos/two-proposers-that-begin-at-once-have-two-ballots.yaml';
    const finds = (defect: string): string[] => {
      const scenario = { ...scenarioIn(file), defect };
      return findsOf(run({ scenario, file, slug: 'pair', seed: '1' }).result);
    };
    expect(finds('paxos/promise-to-anybody')).toEqual([]);
    expect(finds('paxos/ballot-without-proposer')).toEqual(['P11']);
    expect(finds(PAIR)).toEqual(expect.arrayContaining(['P4', 'P11']));
  });
});
