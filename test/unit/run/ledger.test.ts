import { describe, expect, it } from 'vitest';
import type { Assumption } from '../../../src/contract/module.ts';
import { noEffect, type AppliedFault } from '../../../src/faults/applied.ts';
import { type Claimed, contractOf } from '../../../src/run/ledger.ts';

/** A fault that struck at 100. */
function struck(kind: AppliedFault['kind'], untilUs: number | null = null, target: string = 'n1'): AppliedFault {
  return { index: 0, line: 0, kind, atUs: 100, untilUs, target, perMillion: null, effect: noEffect() };
}

function relying(properties: readonly string[], brokenBy: readonly string[]): Assumption {
  return { id: 'planted', text: 'nothing of the kind happens', properties, brokenBy };
}

const one: Claimed = { nodes: 1, options: {} };
const steady = relying(['fencing'], ['clock-jump', 'pause']);
const connected = relying(['progress'], ['partition', 'pause']);

describe('a violation is inside the contract', () => {
  it.each<[string, string, number, readonly AppliedFault[], readonly Assumption[]]>([
    ['without any fault', 'fencing', 200, [], [steady]],
    ['without any assumption', 'fencing', 200, [struck('pause')], []],
    ['after a fault of a kind that breaks nothing', 'fencing', 200, [struck('crash')], [steady]],
    ['after a fault that breaks what only another property relies on', 'fencing', 200, [struck('partition')],
      [steady, connected]],
    ['before the fault', 'fencing', 50, [struck('pause')], [steady]],
    ['of progress, when the fault is over', 'progress', 400, [struck('partition', 300)], [connected]],
  ])('%s', (_when, property, atUs, faults, assumptions) => {
    expect(contractOf(property, atUs, faults, assumptions, one)).toBe('intact');
  });
});

describe('a violation is outside the contract', () => {
  it.each<[string, string, number, readonly AppliedFault[], readonly Assumption[]]>([
    ['after a fault that broke an assumption', 'fencing', 200, [struck('pause')], [steady]],
    ['long after it was over: safety does not recover', 'fencing', 9_000, [struck('pause', 300)], [steady]],
    ['if one of several faults did it', 'fencing', 200,
      [struck('crash'), struck('clock-jump'), struck('heal')], [steady]],
    ['if one of several assumptions was broken', 'fencing', 200, [struck('crash')],
      [steady, relying(['fencing'], ['crash'])]],
    ['if what every property relies on was broken', 'fencing', 200, [struck('crash')], [relying(['*'], ['crash'])]],
    ['of progress, while the fault is on', 'progress', 200, [struck('partition', 300)], [connected]],
    ['of progress, if nobody ever undid the fault', 'progress', 9_000, [struck('partition')], [connected]],
    ['of progress, if one of several faults is still on', 'progress', 400,
      [struck('pause', 300), struck('partition', 500)], [connected]],
  ])('%s', (_when, property, atUs, faults, assumptions) => {
    expect(contractOf(property, atUs, faults, assumptions, one)).toBe('outside');
  });

  it('only for properties that are named, where not all are', () => {
    const all = relying(['*'], ['pause']);
    for (const property of ['fencing', 'linearizable', 'assertion', 'R1']) {
      expect(contractOf(property, 200, [struck('pause')], [all], one), property).toBe('outside');
      expect(contractOf(property, 200, [struck('pause')], [steady], one), property)
        .toBe(property === 'fencing' ? 'outside' : 'intact');
    }
  });
});

describe('an assumption that tolerates a minority', () => {
  const brokenBy = ['crash', 'pause', 'partition', 'cut'];
  const majority: Assumption = { ...relying(['progress'], brokenBy), tolerates: 'minority' };
  const contract = (nodes: number, faults: readonly AppliedFault[]): string =>
    contractOf('progress', 200, faults, [majority], { nodes, options: {} });

  it.each<[string, number, readonly AppliedFault[]]>([
    ['a crash of one of three', 3, [struck('crash')]],
    ['a pause of two of five', 5, [struck('pause', null, 'n2 n4')]],
    ['a crash of two of five, one after the other', 5, [struck('crash', null, 'n2'), struck('crash', null, 'n4')]],
    ['a crash and a pause of the same one', 3, [struck('crash', null, 'n2'), struck('pause', null, 'n2')]],
    ['a second crash when the first is over', 3, [struck('crash', 150, 'n1'), struck('crash', null, 'n2')]],
    ['a partition that leaves a majority together', 5, [struck('partition', null, 'n1 n4 | n2 n3 n5')]],
    ['a client that is gone', 3, [struck('crash', null, 'n1 c1 c2')]],
  ])('is not broken by %s', (_what, nodes, faults) => {
    expect(contract(nodes, faults)).toBe('intact');
  });

  it.each<[string, number, readonly AppliedFault[]]>([
    ['a crash of two of three', 3, [struck('crash', null, 'n1 n3')]],
    ['a crash of half', 4, [struck('crash', null, 'n1 n2')]],
    ['a crash of one and a pause of another of three', 3, [struck('crash', null, 'n1'), struck('pause', null, 'n2')]],
    ['a partition into halves', 4, [struck('partition', null, 'n1 n4 | n2 n3')]],
    ['a partition into three small groups', 5, [struck('partition', null, 'n1 n4 | n2 n3 | n5')]],
    ['a cut: nobody knows what is left', 5, [struck('cut', null, 'n1 > n2')]],
  ])('is broken by %s', (_what, nodes, faults) => {
    expect(contract(nodes, faults)).toBe('outside');
  });
});

describe('an assumption about the rates of clocks', () => {
  const rates: Assumption = {
    ...relying(['R20'], ['clock-drift']),
    toleratedDrift: ({ reads, bound }) => (reads === 'lease' ? (bound as number) / 2 : Infinity),
  };
  const contract = (perMillion: number, reads: string): string =>
    contractOf('R20', 200, [{ ...struck('clock-drift'), perMillion }], [rates], {
      nodes: 3, options: { reads, bound: 100_000 },
    });

  it('is broken by a drift beyond what the system says that it tolerates, either way, and by no other', () => {
    expect([contract(50_000, 'lease'), contract(-50_000, 'lease')]).toEqual(['intact', 'intact']);
    expect([contract(50_001, 'lease'), contract(-50_001, 'lease')]).toEqual(['outside', 'outside']);
    expect(contract(-900_000, 'log')).toBe('intact');
  });
});
