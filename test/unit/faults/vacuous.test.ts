import { describe, expect, it } from 'vitest';
import { noEffect, type AppliedFault } from '../../../src/faults/applied.ts';
import type { FaultLine, Trigger } from '../../../src/faults/fault.ts';
import { vacuousLines } from '../../../src/faults/vacuous.ts';
import { noStrength } from '../../support/faults/strength.ts';

const line = (trigger: Trigger['kind'], allowVacuous = false): FaultLine => ({
  trigger: trigger === 'random'
    ? { kind: 'random', everyUs: { min: 1, max: 1 }, fromUs: 0, untilUs: 9 }
    : { kind: 'at', atUs: 0 },
  action: { kind: 'heal' },
  allowVacuous,
});
const applied = (of: number, dropped: number, kind: AppliedFault['kind'] = 'cut'): AppliedFault => ({
  index: 0, line: of, kind, atUs: 0, untilUs: null, target: 'n1', ...noStrength,
    effect: { ...noEffect(), messagesDropped: dropped },
});

describe('a line is vacuous', () => {
  it('when it never applied', () => { expect(vacuousLines([line('at'), line('at')], [applied(1, 1)])).toEqual([0]); });
  it('when it changed nothing', () => { expect(vacuousLines([line('at')], [applied(0, 0)])).toEqual([0]); });
  it('not when it changed something', () => { expect(vacuousLines([line('at')], [applied(0, 1)])).toEqual([]); });
  it('not when it allows that', () => { expect(vacuousLines([line('at', true)], [])).toEqual([]); });
  it('not when it undid something, which nobody counts', () => {
    expect(vacuousLines([line('at'), line('at')], [applied(0, 0, 'heal'), applied(1, 0, 'resume')])).toEqual([]);
  });

  it('if it is random, only together with all other random lines', () => {
    const lines = [line('random'), line('at'), line('random')];
    expect(vacuousLines(lines, [applied(0, 0), applied(1, 1)])).toEqual([0, 2]);
    expect(vacuousLines(lines, [applied(0, 0), applied(1, 1), applied(2, 1)])).toEqual([]);
  });
});
