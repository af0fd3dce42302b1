import { describe, expect, it } from 'vitest';
import { failuresAreHeard } from '../../../src/contract/assumptions.ts';
import type { Assumption } from '../../../src/contract/module.ts';
import { noEffect, type AppliedFault } from '../../../src/faults/applied.ts';
import { multiPaxos } from '../../../src/protocols/multi-paxos/module.ts';
import { paxos } from '../../../src/protocols/paxos/module.ts';
import { raft } from '../../../src/protocols/raft/module.ts';
import { zab } from '../../../src/protocols/zab/module.ts';
import { zooKeeper } from '../../../src/protocols/zookeeper/module.ts';
import { brokenBy, type Claimed, contractOf } from '../../../src/run/ledger.ts';
import { noStrength } from '../../support/faults/strength.ts';

/** A fault that struck at 100. */
function struck(kind: AppliedFault['kind'], untilUs: number | null = null, target: string = 'n1'): AppliedFault {
  return { index: 0, line: 0, kind, atUs: 100, untilUs, target, ...noStrength, effect: noEffect() };
}

function relying(properties: readonly string[], brokenBy: readonly string[]): Assumption {
  return { id: 'planted', text: 'nothing of the kind happens', properties, brokenBy };
}

const one: Claimed = { nodes: 1, options: {}, checksTokens: false, driftPerMillion: 0 };
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

describe('a violation after a sync that failed', () => {
  const failed = (failuresUnheard: number): AppliedFault =>
    ({ ...struck('sync-error'), effect: { ...noEffect(), syncsFailed: 1, failuresUnheard } });

  it.each([raft, multiPaxos, paxos, zab, zooKeeper].map(({ name, assumptions }) => [name, assumptions] as const))(
    'is a bug of %s, unless nobody was told', (_name, assumptions) => {
      expect(contractOf('assertion', 200, [failed(0)], assumptions, one)).toBe('intact');
      expect(brokenBy('assertion', 200, [failed(1)], assumptions, one)?.assumption).toBe(failuresAreHeard.text);
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
    contractOf('progress', 200, faults, [majority], { ...one, nodes });

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
    withstands: ({ perMillion }, { options: { reads, bound } }) =>
      Math.abs(perMillion ?? 0) <= (reads === 'lease' ? (bound as number) / 2 : Infinity),
  };
  const claimed = (reads: string, driftPerMillion: number): Claimed =>
    ({ ...one, nodes: 3, options: { reads, bound: 100_000 }, driftPerMillion });
  const drift = (perMillion: number): AppliedFault => ({ ...struck('clock-drift'), perMillion });
  const contract = (perMillion: number, reads: string): string =>
    contractOf('R20', 200, [drift(perMillion)], [rates], claimed(reads, 0));

  it('is broken by a drift beyond what the system says that it tolerates, either way, and by no other', () => {
    expect([contract(50_000, 'lease'), contract(-50_000, 'lease')]).toEqual(['intact', 'intact']);
    expect([contract(50_001, 'lease'), contract(-50_001, 'lease')]).toEqual(['outside', 'outside']);
    expect(contract(-900_000, 'log')).toBe('intact');
  });

  it('is broken by clocks that are drawn too far apart, without any fault, where it says how far that is', () => {
    const broken = (driftPerMillion: number, assumption: Assumption): unknown =>
      brokenBy('R20', 200, [], [assumption], claimed('lease', driftPerMillion));
    expect(broken(50_001, rates)).toEqual({ fault: null, assumption: rates.text });
    expect(broken(50_000, rates)).toBeNull();
    expect(broken(900_000, relying(['R20'], ['clock-drift']))).toBeNull();
  });

  it('is told by how much two of them may differ, the drawn ones and those of other faults included', () => {
    const apart = (...rates: readonly number[]): number => {
      const seen: number[] = [];
      const asked: Assumption = {
        ...relying(['R20'], ['clock-drift']), withstands: (strike) => seen.push(strike.apartPerMillion) > 0,
      };
      brokenBy('R20', 200, rates.map(drift), [asked], { ...one, driftPerMillion: 100 });
      return seen.at(-1) as number;
    };
    expect([apart(50), apart(300), apart(-300), apart(700, -500)]).toEqual([200, 400, 400, 1_200]);
  });
});

describe('an assumption about options', () => {
  it('is broken without any fault, or never', () => {
    const isGiven: Assumption['isGiven'] = ({ options }) => options['evicts'] === false;
    const assumption: Assumption = { ...relying(['fencing'], []), isGiven };
    const broken = (evicts: boolean): unknown =>
      brokenBy('fencing', 200, [struck('pause')], [assumption], { ...one, options: { evicts } });
    expect([broken(true), broken(false)]).toEqual([{ fault: null, assumption: assumption.text }, null]);
  });
});

describe('an assumption that asks for more than the kind of a fault', () => {
  const contract = (assumption: Partial<Assumption>, fault: AppliedFault, atUs: number = 200): string =>
    contractOf('fencing', atUs, [fault], [{ ...steady, brokenBy: [fault.kind], ...assumption }], one);

  it.each<[Assumption['of'], string, 'intact' | 'outside']>([
    ['clients', 'n1', 'intact'], ['clients', 'n1 c2', 'outside'], ['nodes', 'c1 c2', 'intact'],
    ['nodes', 'n3', 'outside'], ['resource', 'r1', 'outside'], [undefined, 'n1', 'outside'],
    ['resource', 'c1 > r1', 'outside'], ['resource', 'r1 > c1', 'intact'], ['clients', 'c1 > r1', 'intact'],
    ['clients', 'n1 n2 | n3 c1', 'outside'],
  ])('of %s, is about them alone: a fault of %s leaves it %s', (of, target, expected) => {
    expect(contract(of === undefined ? {} : { of }, struck('pause', 150, target))).toBe(expected);
  });

  it('asks how long it had lasted by then, and whether it was over', () => {
    const asked = (fault: AppliedFault, atUs: number): unknown => {
      let told: unknown = null;
      contract({ withstands: ({ lastedUs, isOver }) => (told = [lastedUs, isOver]) !== null }, fault, atUs);
      return told;
    };
    expect(asked(struck('pause', 150), 200)).toEqual([50, true]);
    expect(asked(struck('pause', 250), 200)).toEqual([100, false]);
    expect(asked(struck('pause'), 300)).toEqual([200, false]);
  });

  it('asks how strong it is', () => {
    const crash: AppliedFault = { ...struck('crash'), flavour: 'machine' };
    const withstands: Assumption['withstands'] = ({ flavour }) => flavour === 'process';
    expect(contract({ withstands }, crash)).toBe('outside');
    expect(contract({ withstands }, { ...crash, flavour: 'process' })).toBe('intact');
  });
});
