import { describe, expect, it } from 'vitest';
import type { ProtocolModule } from '../../src/contract/module.ts';
import { formatHistory } from '../../src/history/jsonl.ts';
import { runJson } from '../../src/report/json.ts';
import type { RunRequest } from '../../src/run/request.ts';
import { run } from '../../src/run/run.ts';
import { actionKinds } from '../../src/scenario/file/schema.ts';
import { firstDifference } from '../support/determinism/difference.ts';
import { disturbed, faultLines, requestOf, storm, swarm } from '../support/determinism/scenarios.ts';
import { startingWith } from '../support/determinism/starting-with.ts';

/** Everything that a run leaves, as text. */
function remains(request: RunRequest): string {
  const { result, history, trace } = run(request);
  return [...trace ?? [], runJson(result), formatHistory(history)].join('\n');
}

/** A protocol that begins a little later in each run than in the one before. */
function ageing(): ProtocolModule {
  let starts = 0;
  return startingWith((ctx) => {
    starts += 1;
    ctx.setTimer('election', 200_000 + starts);
  });
}

const scenarios: readonly (readonly [what: string, text: string])[] = [
  ['storm', storm],
  ['swarm', swarm],
  ...Object.entries(faultLines).map(([what, lines]) => [what, disturbed(lines)] as const),
];

describe('two runs of one coordinate in one process', () => {
  it('cover every kind of fault', () => {
    const all = Object.values(faultLines).join('');
    expect(actionKinds.filter((kind) => !all.includes(`    ${kind}: `))).toEqual([]);
  });

  it.each(Object.entries(faultLines))('are equal, events, results and history, under the fault: %s', (_kind, lines) => {
    const request = { ...requestOf(disturbed(lines), '1'), trace: true };
    const { result } = run(request);
    expect(result.outcome, result.reason ?? '').not.toBe('error');
    expect(result.faults.length).toBeGreaterThan(0);
    expect(firstDifference(remains(request), remains(request))).toBeNull();
  });

  it.each([['a storm', storm], ['a swarm', swarm]])('are equal in %s, and those of another seed are not', (_, text) => {
    const leftBy = (seed: string): string => remains({ ...requestOf(text, seed), trace: true });
    expect(firstDifference(leftBy('1'), leftBy('1'))).toBeNull();
    expect(firstDifference(leftBy('1'), leftBy('kyoto'))).not.toBeNull();
  });

  it('would differ if something outlived the first run', () => {
    const request = { ...requestOf(storm, '1'), module: ageing(), trace: true };
    expect(firstDifference(remains(request), remains(request))).toMatch(/timer election, not #.* timer election$/);
  });
});

describe('the full trace', () => {
  it.each(scenarios)('is kept without a difference to the run: %s', (_what, text) => {
    const request = requestOf(text, '2');
    expect(run({ ...request, trace: true }).result).toEqual(run(request).result);
  });
});

describe('the order in which scenarios are run', () => {
  const fingerprintsOf = (order: typeof scenarios, more: Partial<RunRequest> = {}): ReadonlyMap<string, string> =>
    new Map(order.map(([what, text]) => [what, run({ ...requestOf(text, '3'), ...more }).result.fingerprint]));

  it('makes no difference: nothing is left of a run when the next one begins', () => {
    const forth = fingerprintsOf(scenarios);
    expect(new Set(forth.values()).size).toBe(scenarios.length);
    expect(fingerprintsOf([...scenarios].reverse())).toEqual(forth);
  });

  it('would make one if something were left', () => {
    const module = ageing();
    const forth = fingerprintsOf(scenarios, { module });
    expect(fingerprintsOf([...scenarios].reverse(), { module })).not.toEqual(forth);
  });
});
