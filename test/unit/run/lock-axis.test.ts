import { describe, expect, it } from 'vitest';
import { checkLock, type History, type LockFinding, type LockModelName } from '../../../checkers/index.ts';
import { noEffect, type AppliedFault } from '../../../src/faults/applied.ts';
import { lockAxis, lockSummary, type LockSurroundings } from '../../../src/run/lock-axis.ts';
import { noStrength } from '../../support/faults/strength.ts';
import { PLANTED, storesWithTokens, timed } from '../../support/histories/locks.ts';

function believes(process: number, grant: number, ms: readonly number[], clock: string = 'monotonic'): string {
  const [fromUs, untilUs, fromClockUs, untilClockUs] = ms.map((each) => each * 1000);
  const value = { process, lock: 'k0', grant, fromUs, untilUs, clock, fromClockUs, untilClockUs };
  return `60000 nemesis info believes ${JSON.stringify(value)}`;
}

const asked = (grant: number): string => `store {"token":${grant},"grant":${grant}} k0`;
const stored = (grant: number, place: number): string =>
  `store {"token":${grant},"grant":${grant},"index":${place}} k0`;

/** Kleppmann's first figure: c1 checks that its lock is valid, pauses for fifteen seconds, and stores. */
const paused = timed(
  '0 0 invoke acquire null k0', '20 0 ok acquire null k0',
  '10050 1 invoke acquire null k0', '10100 1 ok acquire null k0',
  `10150 1 invoke ${asked(34)}`, `10154 1 ok ${stored(34, 0)}`,
  `15030 0 invoke ${asked(33)}`, `15034 0 ok ${stored(33, 1)}`,
  believes(0, 33, [20, 9_898, 21, 9_899]), believes(1, 34, [10_100, 19_980, 10_050, 19_930]));

function fault(kind: AppliedFault['kind'], atMs: number, untilMs: number | null, target: string): AppliedFault {
  const untilUs = untilMs === null ? null : untilMs * 1000;
  return { index: 0, line: 0, kind, atUs: atMs * 1000, untilUs, target, ...noStrength, effect: noEffect() };
}

const pause = fault('pause', 31, 15_030, 'c1');

function told(
  model: LockModelName, history: History, faults: readonly AppliedFault[] = [], clients: number = 2,
): { readonly summary: string; readonly axis: readonly string[] } {
  const finding = checkLock(history, model).evidence?.findings[0] as LockFinding;
  const surroundings: LockSurroundings = { model, history, clients, faults };
  return { summary: lockSummary(finding, surroundings), axis: lockAxis(finding, surroundings) };
}

describe('a finding about locks on one axis', () => {
  it('names clients, what they believed by their own clocks, the pause in between and the write', () => {
    const { summary, axis } = told('fencing', paused, [pause]);
    expect(summary).toBe('a store of c1 to k0 with grant 33 was applied after one of c2 with the newer grant 34');
    expect(axis).toEqual([
      '  true time  own monotonic  c1 c2  | believes, # is stopped',
      ' 0.020000 s     0.021000 s  |  .   c1 (process 0) believes that it holds k0: grant 33',
      ' 0.031000 s                 #  .   pause of c1 begins',
      ' 9.898000 s     9.899000 s  #  .   c1 believes so no more',
      '10.100000 s    10.050000 s  #  |   c2 (process 1) believes that it holds k0: grant 34',
      '10.154000 s                 #  |   c2 has stored to k0 at place 0: grant 34, token 34',
      '15.030000 s                 .  |   pause of c1 ends',
      '15.030000 s                 .  |   c1 asks to store to k0: grant 33, token 33',
      '15.034000 s                 .  |   c1 has stored to k0 at place 1: the write that slipped through',
      '19.980000 s    19.930000 s  .  .   c2 believes so no more',
    ]);
  });

  it('shows two who held at one time side by side, what let the second in, and what both wrote', () => {
    const jump: AppliedFault = { ...fault('clock-jump', 500, null, 'n3'), byUs: 11_000_000 };
    const { summary, axis } = told('mutual-exclusion', PLANTED.twoBeliefs, [jump]);
    expect(summary).toBe('c2 (grant 33) and c1 (grant 34) both believed that they held l for 9.298000 s');
    expect(axis).toEqual([
      '  true time  c1 c2  | believes, # is stopped',
      ' 0.015000 s  .  |   c2 (process 1) believes that it holds l: grant 33',
      ' 0.500000 s  .  |   clock-jump of n3 by +11.000000 s',
      ' 0.600000 s  |  |   c1 (process 2) believes that it holds l: grant 34',
      ' 0.704000 s  |  |   c1 has stored: grant 34, token 34',
      ' 0.804000 s  |  |   c2 has stored: grant 33, token 33',
      ' 9.898000 s  |  .   c2 believes so no more',
      '10.480000 s  .  .   c1 believes so no more',
    ]);
  });

  it('says who owned, where the servers are asked', () => {
    const owned = timed(...['0', '1'].map((process) =>
      `60 nemesis info owns {"process":${process},"lock":"k0","grant":${process},"fromUs":${process},"untilUs":5}`));
    const { summary, axis } = told('lock-ownership', owned);
    expect(summary).toBe('c1 (grant 0) and c2 (grant 1) both owned k0 for 0.000004 s');
    expect(axis[0]).toContain('| owns');
    expect(axis[1]).toContain('c1 (process 0) owns k0: grant 0');
    expect(axis.at(-1)).toContain('c2 owns k0 no more');
  });

  it('says when a holder had asked, where it was stopped before it learned of its grant', () => {
    const late = fault('pause', 1, 19, 'c1');
    const text = told('fencing', paused, [late, pause]).axis.join('\n');
    expect(text).toContain(' 0.000000 s                 .  .   c1 asks for k0: grant 33\n');
    expect(text).not.toContain('c2 asks for');
    expect(told('fencing', paused, [fault('pause', 1, 19, 'c2'), pause]).axis.join('\n')).not.toContain('asks for');
  });

  it('leaves out faults of other times, and what undid one', () => {
    const faults = [
      fault('clock-jump', 15, null, 'n1'), fault('crash', 2, 19, 'n2'), fault('pause', 20_000, null, 'c2'),
      fault('resume', 15_029, null, 'c1'),
    ];
    const calm = timed(...['1', '2'].map((process) =>
      `9 nemesis info believes {"process":${process},"lock":"k","grant":${process},"fromUs":20000,"untilUs":30000}`));
    expect(told('mutual-exclusion', calm, faults).axis).toHaveLength(5);
  });

  it('has twelve lines of a hundred columns at most, and those first that stopped a holder', () => {
    const everybody = Array.from({ length: 9 }, (_, node) => `n${node + 1}`).join(' ');
    const crowd = Array.from({ length: 20 }, (_, at) =>
      fault('link', 100 + at, 200 + at, `${everybody} > ${everybody}`));
    const { axis } = told('fencing', paused, [pause, ...crowd]);
    expect(axis).toHaveLength(12);
    expect(axis[0]).toContain('19 more faults are not shown');
    expect(axis.filter((line) => line.includes('pause of c1'))).toHaveLength(2);
    for (const line of axis) expect(line.length).toBeLessThanOrEqual(98);
  });

  it('tells of clocks of two kinds, and of a wall clock from before the start', () => {
    const mixed = timed(believes(0, 1, [20, 500, -5, 475], 'wall'), believes(1, 2, [100, 900, 1, 801]));
    const { axis } = told('mutual-exclusion', mixed);
    expect(axis[0]).toContain('own clock');
    expect(axis[1]).toContain(' -0.005000 s  ');
  });

  it('tells of tokens that do not grow, which take no answer', () => {
    expect(told('fencing', storesWithTokens(7, 5)).summary).toBe(
      'grant 0 of c1 had token 7, and the newer grant 1 of c2 the lower token 5');
    expect(told('fencing', storesWithTokens(7, 7)).summary).toBe(
      'grant 0 of c1 and grant 1 of c2 had the same token 7');
    expect(told('fencing', storesWithTokens(7, 7)).axis.slice(1)).toEqual([
      '0.000000 s  .  .   c1 asks to store: grant 0, token 7', '0.010000 s  .  .   c2 asks to store: grant 1, token 7',
    ]);
  });
});
