import { describe, expect, it } from 'vitest';
import type { RunRequest } from '../../src/run/request.ts';
import type { FaultRecord, RunRecord } from '../../src/run/result.ts';
import { run } from '../../src/run/run.ts';
import { firstDifference } from '../support/determinism/difference.ts';
import { disturbed, requestOf } from '../support/determinism/scenarios.ts';
import { startingWith } from '../support/determinism/starting-with.ts';

/** Of kinds that always find a target, so that the place of a fault among those applied is its place in the plan. */
const drawn = `  - random:
      every: 50..250ms
      kinds: [crash, pause, partition, cut, hold, clock-jump, clock-drift]
`;
const jump = '  - at: 700ms\n    clock-jump: { target: all, by: 5s }\n    allowVacuous: true\n';

/** What was drawn of a fault: when, what, by which line. What it met and changed is a matter of the run. */
function planOf({ faults }: { readonly faults: readonly FaultRecord[] }): readonly string[] {
  return faults.map(({ kind, atUs, line }) => `${kind} at ${atUs} of line ${line}`);
}

/** The trace without the numbers of events, and without what belongs to the faults themselves. */
function eventsOf({ trace }: RunRecord): string {
  const lines = trace?.map((line) => line.replace(/^#\d+ /, '')) ?? [];
  return lines.filter((line) => !/^\d+\.\d{6} action$/.test(line) && !line.startsWith('  clock of ')).join('\n');
}

describe('a fault that is left out', () => {
  const request = requestOf(disturbed(drawn), '1');
  const plan = planOf(run(request).result);

  it.each([...plan.keys()])('leaves every other fault when and what it was: number %i', (place) => {
    expect(plan.length).toBeGreaterThan(5);
    expect(planOf(run({ ...request, without: [place] }).result)).toEqual(plan.filter((_, at) => at !== place));
  });

  it('leaves everything else as it was, if it changed nothing', () => {
    const traced: RunRequest = { ...requestOf(disturbed(jump + drawn), '1'), trace: true };
    const [whole, without] = [run(traced), run({ ...traced, without: [0] })];
    expect(planOf(whole.result)).toContain('clock-jump at 700000 of line 0');
    expect(planOf(without.result)).not.toContain('clock-jump at 700000 of line 0');
    expect(eventsOf(whole).length).toBeGreaterThan(100_000);
    expect(firstDifference(eventsOf(whole), eventsOf(without))).toBeNull();
  });

  it('would be seen to change something', () => {
    const traced: RunRequest = { ...requestOf(disturbed('  - at: 600ms\n    pause: leader\n'), '1'), trace: true };
    expect(firstDifference(eventsOf(run(traced)), eventsOf(run({ ...traced, without: [0] })))).not.toBeNull();
  });
});

describe('one number more that a node draws', () => {
  const request: RunRequest = { ...requestOf(disturbed(drawn), '1'), trace: true };

  it('from a stream of its own changes nothing but the fingerprint', () => {
    const module = startingWith((ctx) => { ctx.random('curiosity').between(0, 1); });
    const [ours, theirs] = [run(request), run({ ...request, module })];
    expect(firstDifference((ours.trace ?? []).join('\n'), (theirs.trace ?? []).join('\n'))).toBeNull();
    expect({ ...theirs.result, fingerprint: '' }).toEqual({ ...ours.result, fingerprint: '' });
    expect(theirs.result.fingerprint).not.toBe(ours.result.fingerprint);
  });

  it('from the stream of its elections moves neither clocks, nor clients, nor the plan of faults', () => {
    const module = startingWith((ctx) => { ctx.random('election').between(0, 1); });
    const [ours, theirs] = [run(request), run({ ...request, module })];
    expect(firstDifference(eventsOf(ours), eventsOf(theirs))).not.toBeNull();
    expect(planOf(theirs.result)).toEqual(planOf(ours.result));
    const firstThoughts = (record: RunRecord): readonly (string | undefined)[] =>
      ['c1', 'c2', 'c3'].map((client) => eventsOf(record).match(new RegExp(`^.* ${client} timer think$`, 'm'))?.[0]);
    expect(firstThoughts(ours)).not.toContain(undefined);
    expect(firstThoughts(theirs)).toEqual(firstThoughts(ours));
  });
});
