import { describe, expect, it } from 'vitest';
import { checkLinearizable, checkLock } from '../../../checkers/index.ts';
import { emptySummary, withRun } from '../../../src/explore/standing.ts';
import { checkJson } from '../../../src/report/check.ts';
import { jsonReporter, runJson } from '../../../src/report/json.ts';
import { lostWrite, reported, resultOf, verdictOf } from '../../support/cli/results.ts';
import { PLANTED } from '../../support/histories/locks.ts';
import { history } from '../../support/histories/operations.ts';

const plan = { scenarios: ['a claim'], tool: '1.2.3', trace: 4 };
const end = { exitCode: 1, exitWords: 'an expectation failed', notRun: 0, foldersOmitted: 0, sideBySide: [] } as const;

function render(...results: readonly ReturnType<typeof resultOf>[]): string {
  let text = '';
  const reporter = jsonReporter((part) => { text += part; }, plan);
  for (const result of results) reporter.onRun(reported(result));
  reporter.onEnd({ ...end, summary: results.reduce(withRun, emptySummary) });
  return text;
}

describe('the results file', () => {
  it('has exactly the documented fields, in the documented order', () => {
    const text = render(lostWrite());
    const parsed = JSON.parse(text) as { runs: Record<string, unknown>[]; summary: object };
    expect(Object.keys(parsed)).toEqual(['schema', 'tool', 'trace', 'runs', 'summary']);
    const [run = {}] = parsed.runs;
    expect(Object.keys(run)).toEqual([
      'scenario', 'file', 'coordinate', 'system', 'seed', 'defect', 'fired', 'fingerprint', 'outcome', 'asExpected',
      'verdicts', 'operations', 'events', 'simulatedUs', 'faults', 'metrics',
    ]);
    const [verdict = {}] = run['verdicts'] as object[];
    expect(Object.keys(verdict)).toEqual(
      ['checker', 'verdict', 'expected', 'summary', 'atUs', 'cause', 'suspects', 'contract']);
    expect((run['faults'] as object[])[1]).toEqual(
      { kind: 'partition', atUs: 1_500_000, effect: { messagesDropped: 9 } });
    expect(text).toContain('{"schema":"quorumquake/results@1","tool":"1.2.3","trace":4,"runs":[');
    expect(parsed.summary).toEqual({ runs: 1, asExpected: 0, unexpected: 1, unknown: 0, vacuous: 0 });
  });

  it('says why only where there is a reason', () => {
    expect(runJson(resultOf())).not.toContain('reason');
    const vacuous = resultOf({ outcome: 'vacuous', reason: 'nothing happened' });
    expect(runJson(vacuous)).toContain('"reason":"nothing happened"');
  });

  it('says of an invalid history what `check` says of it', () => {
    const events = history('0 invoke write 1', '0 ok write 1', '0 invoke read', '0 ok read null');
    const { evidence, verified } = checkLinearizable(events, { model: 'register' });
    if (evidence === null) throw new Error('the history is valid');
    const text = runJson(resultOf({ verdicts: [verdictOf({ verdict: 'invalid', proof: { evidence, verified } })] }));
    const checked = JSON.parse(checkJson(checkLinearizable(events, { model: 'register' }))) as Record<string, unknown>;
    const [verdict = {}] = (JSON.parse(text) as { verdicts: Record<string, unknown>[] }).verdicts;
    expect(verdict).toMatchObject({ evidence: checked['evidence'], verified: true });
    expect(Object.keys(verdict).slice(-3)).toEqual(['contract', 'evidence', 'verified']);
    expect(evidence.forced.length).toBeGreaterThan(1);
  });

  it('says of a lock what `check` says of it, with one axis', () => {
    const { evidence, verified } = checkLock(PLANTED.twoBeliefs, 'mutual-exclusion');
    if (evidence === null) throw new Error('the history is valid');
    const text = runJson(resultOf({ verdicts: [verdictOf({ verdict: 'invalid', proof: { evidence, verified } })] }));
    const [verdict = {}] = (JSON.parse(text) as { verdicts: Record<string, unknown>[] }).verdicts;
    const { axis } = evidence;
    expect(verdict).toMatchObject({ evidence: { findings: [{ kind: 'overlap' }], axis }, verified: true });
  });

  it('is JSON for no run, one, and many', () => {
    for (const count of [0, 1, 3]) {
      const results = Array.from({ length: count }, () => resultOf());
      expect((JSON.parse(render(...results)) as { runs: unknown[] }).runs).toHaveLength(count);
    }
  });
});
