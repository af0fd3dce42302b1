import { describe, expect, it } from 'vitest';
import { emptySummary } from '../../../src/explore/standing.ts';
import { junitReporter } from '../../../src/report/junit.ts';
import type { ReportedRun } from '../../../src/report/reporter.ts';
import { lostWrite, reported, resultOf } from '../../support/cli/results.ts';

function render(scenarios: readonly string[], ...runs: readonly ReportedRun[]): string {
  let text = '';
  const reporter = junitReporter((part) => { text += part; }, { scenarios, tool: '1', trace: 1 });
  for (const run of runs) reporter.onRun(run);
  reporter.onEnd({ summary: emptySummary, exitCode: 0, exitWords: '', notRun: 0, foldersOmitted: 0, sideBySide: [] });
  return text;
}

describe('the JUnit report', () => {
  it('counts what failed, broke off and showed nothing, scenario by scenario', () => {
    const text = render(['one', 'two'],
      reported(resultOf(), 'expected'), reported(lostWrite()),
      reported(resultOf({ outcome: 'error', reason: 'its worker died' }), 'unexpected', 1),
      reported(resultOf({ outcome: 'vacuous', reason: 'nothing happened' }), 'vacuous', 1));
    expect(text).toContain('<testsuite name="one" tests="2" failures="1" errors="0" skipped="0" time="5.000000">');
    expect(text).toContain('<testsuite name="two" tests="2" failures="0" errors="1" skipped="1" time="5.000000">');
    expect(text).toContain('<error message="its worker died" type="error">');
    expect(text).toContain('<skipped message="nothing happened"/>');
  });

  it('shows the line that reruns a failure in the text, where every reader shows it', () => {
    const text = render(['one'], reported(lostWrite()));
    const inside = /<failure[^>]*>([^]*)<\/failure>/.exec(text)?.[1] ?? '';
    expect(inside).toContain("replay: npx quorumquake replay 'raft/a-claim@0123456789ab/7'");
    expect(inside).toContain('linearizable: invalid, expected valid: no order explains the read of 1 (at 2.000 s)');
  });

  it('takes out what XML 1.0 cannot hold, and escapes what it can', () => {
    const bad = 'a\u0000\u001b[31m\ufffe\ud800 <b> & "c" ]]>\nline';
    const text = render([bad], reported(resultOf({ scenario: bad }), 'expected'));
    expect(text).toContain('<testsuite name="a[31m &lt;b&gt; &amp; &quot;c&quot; ]]&gt;&#10;line"');
    expect(text).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    expect(text).not.toMatch(/[\ud800-\udbff](?![\udc00-\udfff])/);
  });

  it('keeps a character outside the basic plane whole', () => {
    expect(render(['\u{1f600}'])).toContain('name="\u{1f600}"');
  });
});
