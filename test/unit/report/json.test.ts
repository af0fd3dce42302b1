import { describe, expect, it } from 'vitest';
import { checkLinearizable, checkLock, checkZnodes } from '../../../checkers/index.ts';
import { emptySummary, withRun } from '../../../src/explore/standing.ts';
import { checkJson, checkText } from '../../../src/report/check.ts';
import { jsonReporter, runJson } from '../../../src/report/json.ts';
import { lostWrite, reported, resultOf, verdictOf } from '../../support/cli/results.ts';
import { PLANTED } from '../../support/histories/locks.ts';
import { history } from '../../support/histories/operations.ts';
import { asks, begins, created, ok, story } from '../../support/histories/znodes.ts';

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

  it('says of a tree of znodes what was looked at, and shows a person the lines of a breach', () => {
    const start = [begins(1, 7), ...created(0, 7, 3, '/a')];
    const valid = JSON.parse(checkJson(checkZnodes(story(start), 'linearizable-writes'))) as object;
    expect(valid).toMatchObject({
      schema: 'quorumquake/check@1', verdict: 'valid', model: 'linearizable-writes', operations: 1, algorithm: 'replay',
      verified: false, checked: { writes: 1, transactions: 2, unanswered: 0 },
    });
    expect('evidence' in valid || 'witness' in valid).toBe(false);
    const back = [2, 1].flatMap((zxid) => [asks(0, 'sync', '/'), ok(0, 'sync', '/', 7, zxid)]);
    expect(checkText(checkZnodes(story(start, back), 'session-order'))).toBe([
      'invalid: K3: session 7 had seen 0:3, and was then answered as of 0:2, and 1 more',
      '  0.030000 s  process 0 is answered create /a of session 7 as of 0:3: {"path":"/a","stat":{"czxid":"0:3",'
        + '"mzxid":"0:3","pzxid":"0:3","version":0,"cversion":0,"aversion":0,"ephemeralOwner":0,"dataLength":1,'
        + '"numChildren":0}}',
      '  0.040000 s  process 0 asks sync / null',
      '  0.050000 s  process 0 is answered sync / of session 7 as of 0:2: ok',
      '  - session 7 had seen 0:3, and was then answered as of 0:1',
      'session-order, 3 operations, replay, verified\n',
    ].join('\n'));
    expect(checkText(checkZnodes(story(start), 'linearizable-writes'))).toMatch(/, replay\n$/);
  });

  it('is JSON for no run, one, and many', () => {
    for (const count of [0, 1, 3]) {
      const results = Array.from({ length: count }, () => resultOf());
      expect((JSON.parse(render(...results)) as { runs: unknown[] }).runs).toHaveLength(count);
    }
  });
});
