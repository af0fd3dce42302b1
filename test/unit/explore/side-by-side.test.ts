import { describe, expect, it } from 'vitest';
import type { ScenarioEntry } from '../../../src/explore/job.ts';
import { SideBySide } from '../../../src/explore/side-by-side.ts';
import type { RunResult } from '../../../src/run/result.ts';
import { entryOf, lostWrite, resultOf, verdictOf } from '../../support/cli/results.ts';

const alone = entryOf('raft/one');
const parted = (system: string, leftOut: readonly string[] = []): ScenarioEntry =>
  ({ ...alone, file: 'scenarios/two.yaml', part: { system, leftOut } });
const entries = [alone, parted('raft'), parted('redis', ['fault 2 (order)'])];

function compared(...runs: readonly (readonly [entry: number, result: RunResult])[]) {
  const sideBySide = new SideBySide(entries);
  for (const [entry, result] of runs) sideBySide.add(entry, result);
  return sideBySide.comparisons();
}

const measured = (ok: number, metrics: RunResult['metrics']): RunResult =>
  resultOf({ operations: { ok, fail: 0, info: 0 }, metrics });

describe('systems side by side', () => {
  it('are those of one file of which two have run', () => {
    expect(compared([0, resultOf()], [1, resultOf()])).toEqual([]);
    expect(compared([0, resultOf()], [1, resultOf()], [2, resultOf()])).toMatchObject([{
      scenario: 'the claim of raft/one', file: 'scenarios/two.yaml',
      systems: [{ system: 'raft', runs: 1, leftOut: [] }, { system: 'redis', runs: 1, leftOut: ['fault 2 (order)'] }],
    }]);
  });

  it('have the medians of their runs', () => {
    const [comparison] = compared(
      [1, measured(10, { messages: 100, syncs: 5, unavailableUs: 3_000 })],
      [1, measured(30, { messages: 100, syncs: 10, unavailableUs: 1_000 })],
      [1, measured(20, { messages: 400, syncs: 0, unavailableUs: 2_000 })],
      [2, measured(0, { messages: 9, syncs: 0, unavailableUs: 2_500 })],
      [2, measured(4, { messages: 9, syncs: 0, unavailableUs: 500 })],
    );
    expect(comparison?.systems).toMatchObject([
      { ok: 20, unavailableUs: 2_000, messagesPerOk: 10, syncsPerOk: 0.33, recoveryUs: null },
      { ok: 0, unavailableUs: 500, messagesPerOk: 2.25, syncsPerOk: 0 },
    ]);
  });

  it('took for ever to recover where most runs never did', () => {
    const { faults } = lostWrite();
    const recovered = { ...measured(1, { recoveryUs: 700 }), faults };
    const stuck = { ...measured(1, {}), faults };
    const [comparison] = compared([1, recovered], [1, stuck], [1, recovered], [2, stuck], [2, stuck], [2, recovered]);
    expect(comparison?.systems.map(({ recoveryUs }) => recoveryUs)).toEqual([700, 'never']);
  });

  it('tell how often each checker found what, but for those that found nothing', () => {
    const [comparison] = compared([1, resultOf()], [1, lostWrite()], [2, resultOf()]);
    expect(comparison?.systems.map(({ verdicts, asExpected }) => [verdicts, asExpected])).toEqual([
      [{ linearizable: { valid: 1, invalid: 1 }, R4: { invalid: 1 } }, 1], [{}, 1],
    ]);
  });

  it('count a run that broke off, and measure nothing of it', () => {
    const broken = resultOf({ outcome: 'error', asExpected: false, verdicts: [] });
    const [comparison] = compared([1, broken], [2, resultOf()]);
    expect(comparison?.systems[0]).toMatchObject({ runs: 1, asExpected: 0, ok: null, unavailableUs: null });
  });

  it('count the writes that were too late, where somebody looked', () => {
    const fencing = (kinds: readonly string[]): RunResult => resultOf({
      verdicts: [verdictOf({
        checker: 'fencing', verdict: kinds.length === 0 ? 'valid' : 'invalid',
        proof: kinds.length === 0 ? null
          : { verified: true, evidence: { findings: kinds.map((kind) => ({ kind })) } as never },
      })],
    });
    const [comparison] = compared(
      [1, fencing(['older-after-newer', 'token-falls', 'older-after-newer'])], [2, fencing([])]);
    expect(comparison?.systems.map(({ staleOrLost }) => staleOrLost)).toEqual([2, 0]);
    expect(compared([1, resultOf()], [2, resultOf()])[0]?.systems[0]?.staleOrLost).toBe(null);
  });

  it('count the reads that missed a write, where it is not a lock', () => {
    const [comparison] = compared([1, measured(5, { staleReads: 4 })], [2, measured(5, { staleReads: 0 })]);
    expect(comparison?.systems.map(({ staleOrLost }) => staleOrLost)).toEqual([4, 0]);
  });
});
