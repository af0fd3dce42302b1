import { describe, expect, it } from 'vitest';
import {
  checkLinearizable, type Evidence, type History, type LockEvidence, type LockModelName,
} from '../../../checkers/index.ts';
import type { ProtocolModule } from '../../../src/contract/module.ts';
import { noEffect, type AppliedFault } from '../../../src/faults/applied.ts';
import { judge, type Judged } from '../../../src/run/judge.ts';
import type { VerdictRecord } from '../../../src/run/result.ts';
import type { Scenario } from '../../../src/scenario/scenario.ts';
import { noStrength } from '../../support/faults/strength.ts';
import { PLANTED, timed } from '../../support/histories/locks.ts';
import { history } from '../../support/histories/operations.ts';
import { asks, begins, created, ok, story } from '../../support/histories/znodes.ts';
import { toy, toyScenario } from '../../support/run/toy.ts';

const END_US = 500_000;

const declared = ['T1', 'T2', 'T3'].map((id) => ({ id, name: `name of ${id}`, source: `Planted 2024, section ${id}` }));

function moduleWith(more: Partial<ProtocolModule> = {}): ProtocolModule {
  return toy({ module: { invariants: { declared, observe: () => ({}) }, ...more } });
}

interface Given extends Partial<Omit<Judged, 'scenario' | 'module'>> {
  readonly scenario?: Partial<Scenario>;
  /** YAML of the checks. */
  readonly check?: string;
  readonly module?: Partial<ProtocolModule>;
}

function verdictsOf({ scenario, check = '[linearizable]', module: more, ...given }: Given): VerdictRecord[] {
  const module = moduleWith(more);
  const workload = 'workload: { kind: register }';
  const whole = { ...toyScenario(`check: ${check}\n${workload}\n`, module), ...scenario };
  const meters = { messages: 0, syncs: 0, terms: 0, notes: new Map() };
  return judge({ meters, module, scenario: whole, history: sound, breaches: [], faults: [], endUs: END_US, ...given });
}

const breach = (id: string, atUs: number): Judged['breaches'][number] =>
  ({ id, text: `what broke ${id}`, atUs, event: 7 });

const fault = (kind: AppliedFault['kind'], atUs: number, untilUs: number | null = null): AppliedFault =>
  ({ index: 90 - atUs / 10, line: 3, kind, atUs, untilUs, target: 'n1', ...noStrength, effect: noEffect() });

/** Lines are 10 us apart, from 0. */
const sound = history('0 invoke write 1 x', '0 ok write 1 x', '1 invoke read null x', '1 ok read 1 x');
/** The read completes at 50 us. */
const stale = history(
  '0 invoke write 1 x', '0 ok write 1 x', '0 invoke write 2 x', '0 ok write 2 x',
  '1 invoke read null x', '1 ok read 1 x');
const stalled = history('0 invoke write 1 x', '1 invoke read null x');

describe('the verdicts of a run are', () => {
  it('its checks in their order, then breaches in theirs, then what else was expected', () => {
    const verdicts = verdictsOf({
      check: '[{ progress: { name: late } }, linearizable, progress]',
      breaches: [breach('T2', 30), breach('assertion', 40), breach('T1', 50)],
      scenario: { expect: { T3: 'valid', T1: 'invalid', linearizable: 'valid' } },
    });
    expect(verdicts.map(({ checker }) => checker)).toEqual(
      ['late', 'linearizable', 'progress', 'T2', 'assertion', 'T1', 'T3']);
  });

  it('compared with `valid`, but where the scenario expects something else', () => {
    const verdicts = verdictsOf({
      check: '[linearizable, progress]',
      breaches: [breach('T2', 30), breach('T1', 50)],
      scenario: { expect: { T1: 'invalid', progress: 'unknown' } },
    });
    expect(verdicts.map(({ checker, expected }) => `${checker} ${expected}`)).toEqual(
      ['linearizable valid', 'progress unknown', 'T2 valid', 'T1 invalid']);
  });

  it('`valid` for an invariant, or an assertion, that was expected to be breached and was not', () => {
    const verdicts = verdictsOf({ scenario: { expect: { T1: 'invalid', assertion: 'invalid' } } });
    expect(verdicts.slice(1)).toMatchObject([
      {
        checker: 'T1', verdict: 'valid', expected: 'invalid', atUs: null, suspects: [], contract: 'intact',
        evidence: [],
      },
      { checker: 'assertion', verdict: 'valid', expected: 'invalid' },
    ]);
  });

  it('no more than the checks, where nothing was breached and nothing else expected', () => {
    expect(verdictsOf({})).toMatchObject([{ checker: 'linearizable', verdict: 'valid', expected: 'valid' }]);
  });
});

describe('a breach', () => {
  it('is an `invalid` at its instant, in the words of the invariant, its source and what was seen', () => {
    const [, verdict] = verdictsOf({ breaches: [breach('T2', 30)] });
    expect(verdict).toMatchObject({ checker: 'T2', verdict: 'invalid', atUs: 30 });
    for (const part of ['name of T2', 'Planted 2024, section T2', 'what broke T2']) {
      expect(verdict?.summary).toContain(part);
    }
  });

  it('of something that the protocol did not declare is told all the same', () => {
    const [, verdict] = verdictsOf({ breaches: [breach('assertion', 30)] });
    expect(verdict).toMatchObject({ checker: 'assertion', verdict: 'invalid', atUs: 30 });
    expect(verdict?.summary).toContain('what broke assertion');
  });
});

describe('the check `linearizable`', () => {
  it('finds a planted stale read, at the instant of the read, and nothing in a sound history', () => {
    expect(verdictsOf({ history: stale })[0]).toMatchObject({ verdict: 'invalid', atUs: 50 });
    expect(verdictsOf({ history: sound })[0]).toMatchObject({ verdict: 'valid', atUs: null, evidence: [] });
  });

  it('is unknown where nobody did anything', () => {
    expect(verdictsOf({ history: [] })[0]).toMatchObject(
      { verdict: 'unknown', atUs: null, suspects: [], evidence: [] });
  });

  it('judges by the model of the workload', () => {
    const appended = history('0 invoke append 1 x', '0 ok append 1 x', '1 invoke read null x', '1 ok read [1] x');
    const { workload } = toyScenario('');
    expect(workload.kind).toBe('append');
    expect(verdictsOf({ history: appended, scenario: { workload } })[0]?.verdict).toBe('valid');
    expect(verdictsOf({ history: appended })[0]?.verdict).not.toBe('valid');
  });
});

describe('the checks of locks', () => {
  const ofLocks = (...checkers: readonly LockModelName[]): Partial<Scenario> =>
    ({ checks: checkers.map((checker) => ({ checker, name: `my-${checker}` })) });

  it('find a planted breach, at its instant, with clients by their names, and the whole of it for programs', () => {
    const scenario = ofLocks('fencing', 'mutual-exclusion');
    const [fenced, alone] = verdictsOf({ history: PLANTED.pauseBeforeStore, scenario });
    expect(fenced).toMatchObject({
      checker: 'my-fencing', verdict: 'invalid', atUs: 15_034_000,
      summary: 'a store of c2 with grant 33 was applied after one of c1 with the newer grant 34',
      proof: { verified: true, evidence: { findings: [{ kind: 'older-after-newer' }], summary: fenced?.summary } },
    });
    expect(fenced?.evidence.at(-2)).toContain('15.034000 s  |  .   c2 has stored: the write that slipped through');
    expect((fenced?.proof?.evidence as LockEvidence).axis).toEqual(fenced?.evidence);
    expect(alone).toMatchObject({ verdict: 'valid', proof: null, evidence: [] });
  });

  it('say how many breaches there are besides, and are unknown where there is nothing to judge', () => {
    const again = timed('1 1 invoke store {"token":1,"grant":1}', '2 1 ok store {"token":1,"grant":1}',
      ...[3, 5].flatMap((ms) =>
        ['invoke', 'ok'].map((type, at) => `${ms + at} 2 ${type} store {"token":0,"grant":0}`)));
    const [fenced, owned] = verdictsOf({ history: again, scenario: ofLocks('fencing', 'lock-ownership') });
    expect(fenced?.summary).toMatch(/, and 1 more$/);
    expect(owned).toMatchObject({ verdict: 'unknown', summary: 'no lock of which two grants were held' });
  });
});

describe('the checks of znodes', () => {
  it('find a planted breach, at its instant, with its lines for people and the whole of it for programs', () => {
    const checks = (['session-order', 'linearizable-writes', 'watches'] as const)
      .map((checker) => ({ checker, name: `my-${checker}` }));
    const back = story(begins(1, 7), ...created(0, 7, 3, '/a'), asks(0, 'sync', '/'), ok(0, 'sync', '/', 7, 2));
    const [order, writes, watches] = verdictsOf({ history: back, scenario: { checks } });
    expect(order).toMatchObject({
      checker: 'my-session-order', verdict: 'invalid', atUs: 50_000,
      summary: 'K3: session 7 had seen 0:3, and was then answered as of 0:2',
      proof: { verified: true, evidence: { findings: [{ guarantee: 'K3', kind: 'goes-back', lines: [3, 4, 5] }] } },
    });
    expect(order?.evidence.at(-1)).toBe('0.050000 s  process 0 is answered sync / of session 7 as of 0:2: ok');
    expect(writes).toMatchObject({ verdict: 'valid', proof: null, evidence: [] });
    expect(watches).toMatchObject({ verdict: 'unknown', summary: 'no watch was set' });
  });
});

describe('evidence', () => {
  /**
   * A register is set up and down again by `pairs` of updates at once, all of which succeed; then it is up. Only all of
   * them together show that it cannot be. Besides, some who wanted to set it up are told that they failed.
   */
  function toggled(pairs: number, failures: number = 0): History {
    const processes = Array.from({ length: 2 * pairs }, (_, process) => process + 1);
    const value = (process: number): string => (process % 2 === 0 ? '[1,0]' : '[0,1]');
    const failing = Array.from({ length: failures }, (_, at) => 100 + at);
    return history(
      '0 invoke write 0 x', '0 ok write 0 x',
      ...failing.flatMap((process) => [`${process} invoke cas [7,1] x`, `${process} fail cas [7,1] x`]),
      ...processes.map((process) => `${process} invoke cas ${value(process)} x`),
      ...processes.map((process) => `${process} ok cas ${value(process)} x`),
      '0 invoke read null x', '0 ok read 1 x');
  }
  const evidenceOf = (given: History): readonly string[] => {
    const { workload } = toyScenario('workload: { kind: cas-register }\n');
    return verdictsOf({ history: given, scenario: { workload } })[0]?.evidence ?? [];
  };

  it('is one line an operation where a few contradict each other, the read that shows it last', () => {
    const lines = verdictsOf({ history: stale })[0]?.evidence ?? [];
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.length).toBeLessThanOrEqual(3);
    expect(lines.at(-1)).toContain('read x');
    expect(lines.join('')).not.toContain('\n');
  });

  it.each([4, 5, 6])('is twelve lines at most, however many operations it takes: %i pairs', (pairs) => {
    const given = toggled(pairs);
    const { verdict, evidence } = checkLinearizable(given, { model: 'cas-register' });
    expect(verdict).toBe('invalid');
    const needed = evidence?.operations.length ?? 0;
    expect(needed).toBe(2 * pairs + 2);
    const lines = evidenceOf(given);
    if (needed <= 12) expect(lines).toHaveLength(needed);
    expect(lines.length).toBeGreaterThanOrEqual(Math.min(needed, 11));
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.at(-1)).toContain('read x');
  });

  it('is there whole for programs, with its argument in words', () => {
    const { workload } = toyScenario('workload: { kind: cas-register }\n');
    const [record] = verdictsOf({ history: toggled(6), scenario: { workload } });
    expect(record?.proof).toMatchObject({ verified: true, evidence: { minimal: true, fromIndex: null } });
    expect((record?.proof?.evidence as Evidence).operations).toHaveLength(14);
    const [short] = verdictsOf({ history: stale });
    const { forced } = short?.proof?.evidence as Evidence;
    expect(forced.at(-1)).toMatch(/^so write .+ would have to come before itself$/);
    expect(verdictsOf({ history: sound })[0]?.proof).toBeNull();
  });

  it.each([1, 6, 20])('is twelve lines at most, whatever else there is to tell: %i updates that failed', (failures) => {
    const lines = evidenceOf(toggled(5, failures));
    expect(lines.length).toBeGreaterThanOrEqual(11);
    expect(lines.length).toBeLessThanOrEqual(12);
    expect(lines.at(-1)).toContain('read x');
  });
});

describe('the check `progress`', () => {
  const budgeted = (budgetUs: number): Partial<ProtocolModule> => ({ progressBudgetUs: () => budgetUs });

  it('gives the protocol its own budget, and finds that nobody was answered in it', () => {
    expect(verdictsOf({ check: '[progress]', history: stalled, module: budgeted(100) })[0])
      .toMatchObject({ verdict: 'invalid', atUs: 100 });
    expect(verdictsOf({ check: '[progress]', history: sound, module: budgeted(100) })[0])
      .toMatchObject({ verdict: 'valid', atUs: null });
    expect(verdictsOf({ check: '[progress]', history: stalled, module: budgeted(100), endUs: 99 })[0])
      .toMatchObject({ verdict: 'unknown', atUs: null });
  });

  it('is patient in true time, and by the clock of each node, of which the fastest ends it', () => {
    const clock = (name: string, rate: number): { name: string; monotonicAtUs(trueUs: number): number } =>
      ({ name, monotonicAtUs: (trueUs) => 1_000 + trueUs * rate });
    const verdictWith = (fastest: number, budgetUs: number, window = ''): VerdictRecord | undefined => verdictsOf({
      check: `[progress${window}]`, history: sound, module: budgeted(budgetUs),
      nodeClocks: [clock('n1', 1), clock('n2', fastest), clock('n3', 0.5)],
    })[0];
    // The first success is at 10 us.
    expect(verdictWith(1, 10)).toMatchObject({ verdict: 'valid', atUs: null });
    expect(verdictWith(2, 20)).toMatchObject({ verdict: 'valid', atUs: null });
    expect(verdictWith(2, 19)).toMatchObject({ verdict: 'invalid', atUs: 10 });
    expect(verdictWith(2, 19)?.summary).toContain('0.000020 s passed by the clock of n2, where 0.000019 s may');
    expect(verdictWith(0.5, 9)).toMatchObject({ verdict: 'invalid', atUs: 9 });
    expect(verdictWith(2, 19, ': { from: 0us, to: 19us }')).toMatchObject({ verdict: 'valid' });
  });

  it('looks into its window, if it has one, and at the clients that count', () => {
    const busy = history(
      '0 invoke write 1 x', '0 ok write 1 x', '1 invoke read null x', '0 invoke write 2 x', '0 ok write 2 x');
    const verdictIn = (window: string): unknown =>
      verdictsOf({ check: `[{ progress: ${window} }]`, history: busy, module: budgeted(9) })[0]?.verdict;
    expect(verdictIn('{ from: 0us, to: 100us }')).toBe('valid');
    expect(verdictIn('{ from: 35us, to: 100us }')).toBe('invalid');
    expect(verdictIn('{ from: 0us, to: 100us, clients: [c1] }')).toBe('valid');
    expect(verdictIn('{ from: 0us, to: 100us, clients: [c2] }')).toBe('invalid');
    expect(verdictIn('{ from: 0us, to: 100us, clients: [c1, c2] }')).toBe('valid');
  });

  it('counts a client under every number that it goes on under', () => {
    const later = history('1 invoke write 1 x', '1 info write 1 x', '3 invoke write 2 x', '3 ok write 2 x');
    const verdictFor = (client: string): unknown => verdictsOf({
      check: `[{ progress: { from: 15us, to: 100us, clients: [${client}] } }]`, history: later, module: budgeted(9),
    })[0]?.verdict;
    expect(verdictFor('c2')).toBe('valid');
    expect(verdictFor('c1')).toBe('unknown');
  });
});

describe('suspects', () => {
  const faults = [fault('crash', 10), fault('pause', 20), fault('heal', 30), fault('crash', 60)];
  const suspectsOf = (verdicts: readonly VerdictRecord[]): unknown =>
    verdicts.map(({ checker, suspects }) => [checker, suspects]);

  it('are the faults that had struck before the violation, the latest first, by their place among the applied', () => {
    const breaches = [breach('T1', 25), breach('T2', 5), breach('T3', 99)];
    expect(suspectsOf(verdictsOf({ history: stale, faults, breaches }))).toEqual(
      [['linearizable', [2, 1, 0]], ['T1', [1, 0]], ['T2', []], ['T3', [3, 2, 1, 0]]]);
  });

  it('are none where nothing was violated', () => {
    const check = '[linearizable, progress]';
    const unknown = verdictsOf({ check, faults, history: [], scenario: { expect: { T1: 'invalid' } } });
    expect(suspectsOf(unknown)).toEqual([['linearizable', []], ['progress', []], ['T1', []]]);
  });

  it('of a stall are all faults before the end of the patience', () => {
    const module = { progressBudgetUs: () => 1_000 };
    const check = '[{ progress: { from: 0us, to: 25us } }]';
    const [verdict] = verdictsOf({ check, faults, history: stalled, module });
    expect(verdict).toMatchObject({ verdict: 'invalid', atUs: 25, suspects: [1, 0] });
  });

  it('have not established a cause', () => {
    expect(verdictsOf({ history: stale, faults }).map(({ cause }) => cause)).toEqual([null]);
  });
});

describe('the contract', () => {
  const assumptions = [
    { id: 'a', text: 'clocks are steady', properties: ['linearizable', 'T1'], brokenBy: ['clock-jump'] },
    { id: 'b', text: 'nobody is asleep', properties: ['progress'], brokenBy: ['pause'] },
  ];
  const contractsOf = (given: Given): unknown =>
    verdictsOf({ ...given, module: { assumptions, progressBudgetUs: () => 100 } })
      .map(({ checker, contract }) => `${checker} ${contract}`);

  it('of each verdict is judged by its own property and its own instant', () => {
    const breaches = [breach('T1', 5), breach('T2', 60)];
    expect(contractsOf({ history: stale, faults: [fault('clock-jump', 20)], breaches })).toEqual(
      ['linearizable outside', 'T1 intact', 'T2 intact']);
    expect(contractsOf({ history: stale, faults: [fault('clock-jump', 55)], breaches: [breach('T1', 60)] })).toEqual(
      ['linearizable intact', 'T1 outside']);
  });

  it('of a check with a name of its own is that of its checker', () => {
    const check = '[{ progress: { name: takeover } }, { linearizable: { name: order } }]';
    const faults = [fault('pause', 0), fault('clock-jump', 0)];
    expect(contractsOf({ check, history: stalled, faults: faults.slice(0, 1) })).toEqual(
      ['takeover outside', expect.stringMatching(/^order/)]);
    expect(contractsOf({ check: check.replace('name: takeover', ''), history: stale, faults })).toEqual(
      [expect.stringMatching(/^progress/), 'order outside']);
  });

  it('is intact where nothing was violated', () => {
    expect(contractsOf({ history: sound, faults: [fault('clock-jump', 0)] })).toEqual(['linearizable intact']);
  });

  it('counts the nodes of the scenario, where an assumption tolerates a minority', () => {
    const majority = { id: 'm', text: 'a majority runs', properties: ['progress'], brokenBy: ['crash'] };
    const contractWith = (nodes: number): unknown => {
      const { system } = toyScenario('');
      const module = { assumptions: [{ ...majority, tolerates: 'minority' as const }], progressBudgetUs: () => 100 };
      const faults = [{ ...fault('crash', 0), target: 'n1 n2' }];
      const scenario = { system: { ...system, nodes } };
      return verdictsOf({ check: '[progress]', history: stalled, faults, module, scenario })[0]?.contract;
    };
    expect([3, 4, 5].map(contractWith)).toEqual(['outside', 'outside', 'intact']);
  });
});
