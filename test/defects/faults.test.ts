import { describe, expect, it } from 'vitest';
import type { CrashKind } from '../../src/contract/world-control.ts';
import type { RunResult } from '../../src/run/result.ts';
import type { ActionKind } from '../../src/scenario/file/schema.ts';
import type { FaultLine, PartitionShape, Trigger } from '../../src/scenario/scenario.ts';
import { resultsOf, scenarioOf } from '../support/faults/experiment.ts';
import { experiments } from '../support/faults/experiments.ts';

/** Checks and invariants that did not find everything as it should be. */
function alarmsOf({ verdicts }: RunResult): string[] {
  return verdicts.filter(({ verdict }) => verdict !== 'valid').map(({ checker }) => checker);
}

/** Instants at which a line has changed something. What `heal` and `resume` change is counted by what they undo. */
function strikesOf({ faults }: RunResult, line: number): number[] {
  return faults
    .filter((fault) => fault.line === line)
    .filter(({ kind, effect }) => kind === 'heal' || kind === 'resume' || Object.keys(effect).length > 0)
    .map(({ atUs }) => atUs);
}

describe.each(experiments.map((each) => [each.claim, each] as const))('%s', (_claim, experiment) => {
  const { line, instead = [], around = [], defect, catcher, seenAnyway = [] } = experiment;

  /** The defect is armed, and nobody sees more of it than can be seen anyway; the runs do say something. */
  function expectUnseen(lines: readonly string[]): void {
    for (const result of resultsOf(experiment, lines, defect)) {
      expect(alarmsOf(result).filter((name) => !seenAnyway.includes(name)), `seed ${result.seed}`).toEqual([]);
      expect(['pass', 'violation'], result.reason ?? '').toContain(result.outcome);
    }
  }

  it(`is how ${catcher} sees ${defect}, after the fault has struck`, () => {
    expect(seenAnyway).not.toContain(catcher);
    const finds = resultsOf(experiment, [line], defect).flatMap((result) => {
      const find = result.verdicts.find(({ checker, verdict }) => checker === catcher && verdict === 'invalid');
      return find === undefined ? [] : [{ result, atUs: find.atUs }];
    });
    expect(finds).not.toEqual([]);
    for (const { result, atUs } of finds) {
      expect(result.fired).toBeGreaterThan(0);
      const [struckAtUs] = strikesOf(result, around.length);
      expect(struckAtUs).toBeLessThanOrEqual(atUs ?? 0);
    }
  });

  it('and does not happen without the fault', () => { expectUnseen([]); });

  for (const other of instead) it(`nor with ${other} in its place`, () => { expectUnseen([other]); });

  it('nor to the reference, which the fault strikes as well', () => {
    const results = resultsOf(experiment, [line], null);
    expect(results.flatMap(alarmsOf)).toEqual([]);
    // A drawn partition may go through where nobody talks. Not in every seed.
    for (const { outcome } of results) expect(['pass', 'vacuous']).toContain(outcome);
    expect(results.map(({ outcome }) => outcome)).toContain('pass');
  });
});

// A new kind, flavour, shape or trigger does not compile until it stands here, and then it needs an experiment.
const flavours: Readonly<Record<CrashKind, true>> = { 'process': true, 'machine': true, 'machine-cache': true };
const shapes: Readonly<Record<PartitionShape['kind'], true>> = {
  'halves': true, 'minority': true, 'minority-with-leader': true, 'ring': true, 'bridge': true,
  'majorities-ring': true, 'isolate': true, 'groups': true,
};
const triggers: Readonly<Record<Trigger['kind'], true>> = { at: true, when: true, random: true };
const ways: Readonly<Record<ActionKind, readonly string[]>> = {
  'crash': Object.keys(flavours),
  'restart': [''],
  'pause': ['', 'stopped'],
  'resume': [''],
  'partition': Object.keys(shapes),
  'cut': [''],
  'hold': ['all', 'one kind'],
  'link': ['loss', 'duplicates', 'slow'],
  'clock-jump': ['back', 'forward'],
  'clock-drift': ['slow', 'fast'],
  'disk-slow': [''],
  'wipe-disk': [''],
  'bit-flip': [''],
  'torn-write': [''],
  'sync-error': [''],
  'disk-full': [''],
  'lying-sync': [''],
  'order': [''],
  'set': [''],
  'heal': [''],
};

/** Which of {@link ways} a line goes; `null` for a line that draws from several kinds. */
function wayOf({ action }: FaultLine): string | null {
  switch (action.kind) {
    case 'crash': return action.flavour;
    case 'pause': return action.clock ?? '';
    case 'partition': return action.shape.kind;
    case 'hold': return action.message === null ? 'all' : 'one kind';
    case 'link': {
      const { lossPerMillion, duplicatePerMillion, slowPerMillion } = action.profile;
      if (slowPerMillion > 0) return 'slow';
      return lossPerMillion > 0 ? 'loss' : duplicatePerMillion > 0 ? 'duplicates' : '';
    }
    case 'clock-jump': return action.byUs.max < 0 ? 'back' : 'forward';
    case 'clock-drift': return action.perMillion.max < 0 ? 'slow' : 'fast';
    case 'one-of': return null;
    default: return '';
  }
}

describe('an experiment', () => {
  const lines = experiments.flatMap((experiment) => scenarioOf(experiment, [experiment.line]).faults);

  it('stands for each kind of fault, in each of its ways', () => {
    const shown = lines.flatMap((line) => (wayOf(line) === null ? [] : [`${line.action.kind} ${wayOf(line)}`]));
    const wanted = Object.entries(ways).flatMap(([kind, all]) => all.map((way) => `${kind} ${way}`));
    expect([...new Set(shown)].sort()).toEqual(wanted.sort());
  });

  it('stands for each trigger, and for the target `it`', () => {
    expect(new Set(lines.map(({ trigger }) => trigger.kind))).toEqual(new Set(Object.keys(triggers)));
    expect(lines.some(({ action }) => 'target' in action && action.target === 'it')).toBe(true);
  });
});
