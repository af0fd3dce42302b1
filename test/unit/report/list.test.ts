import { describe, expect, it } from 'vitest';
import { emptySummary, withRun } from '../../../src/explore/standing.ts';
import { listReporter } from '../../../src/report/list.ts';
import type { ReportedRun } from '../../../src/report/reporter.ts';
import type { VerdictRecord } from '../../../src/run/result.ts';
import { displayWidth, type TextStyle } from '../../../src/report/text.ts';
import { lostWrite, reported, resultOf, verdictOf } from '../../support/cli/results.ts';

const plain: TextStyle = { colourLevel: 0, hasUnicode: false, columns: null };

const claims: readonly string[] = ['a claim', 'another'];

function render(style: TextStyle, runs: readonly ReportedRun[], scenarios: readonly string[] = claims): string {
  let text = '';
  const reporter = listReporter((part) => { text += part; }, { scenarios, tool: '1', trace: 1 }, style);
  for (const run of runs) reporter.onRun(run);
  const summary = runs.map(({ result }) => result).reduce(withRun, emptySummary);
  const exitWords = 'an expectation failed';
  reporter.onEnd({ summary, exitCode: 1, exitWords, notRun: 3, foldersOmitted: 2, sideBySide: [] });
  return text;
}

describe('the list of results', () => {
  const runs = [reported(resultOf(), 'expected'), reported(lostWrite()), reported(lostWrite({ seed: '8' }))];

  it('tells the first failure of a kind, and counts the others', () => {
    const text = render(plain, runs);
    expect(text.match(/^FAIL/gm)).toHaveLength(1);
    expect(text).toContain('1 more run ended in the ways above');
  });

  it('tells it again for another scenario, and for another checker', () => {
    const other = verdictOf({ checker: 'R9', verdict: 'invalid', summary: 'a vote was forgotten' });
    const text = render(plain, [...runs, reported(lostWrite(), 'unexpected', 1),
      reported(lostWrite({ verdicts: [...lostWrite().verdicts, other] }))]);
    expect(text.match(/^FAIL/gm)).toHaveLength(3);
    expect(text).toContain('FAIL a claim, seed 7, raft, R9: a vote was forgotten');
  });

  it('ends with the exit code in words, and with what did not happen', () => {
    const text = render(plain, runs);
    expect(text.endsWith([
      '3 runs, 1 as expected, 2 unexpected, 0 unknown, 0 vacuous', '3 runs did not take place',
      '2 more runs left no folder in reports/', 'exit 1: an expectation failed', '',
    ].join('\n'))).toBe(true);
  });

  it('says an expected violation that did not happen', () => {
    const missed = resultOf({ asExpected: false, verdicts: [verdictOf({ expected: 'invalid' })] });
    expect(render(plain, [reported(missed)])).toContain(
      'linearizable: expected invalid, found valid: there is an order');
  });

  it('says which assumption was broken, also where no fault did it', () => {
    const told = (fault: number | null): string => {
      const broken = { fault, assumption: 'clocks agree' };
      const [first, ...others] = lostWrite().verdicts as [VerdictRecord, ...VerdictRecord[]];
      return render(plain, [reported(lostWrite({ verdicts: [{ ...first, broken }, ...others] }))]);
    };
    expect(told(0)).toContain('  contract: outside: crash of n2 at 0.100 s broke "clocks agree"\n');
    expect(told(null)).toContain('  contract: outside: the scenario itself breaks "clocks agree"\n');
  });

  it('gives the reason where nothing was shown', () => {
    const vacuous = resultOf({ outcome: 'vacuous', asExpected: false, reason: 'fault line 1 changed nothing' });
    const text = render(plain, [reported(vacuous, 'vacuous')]);
    expect(text).toContain('???? a claim, seed 7, raft: vacuous: fault line 1 changed nothing');
    expect(text).toContain('inconclusive: a claim (vacuous 1)');
  });

  it('says how often an armed defect fired, since one that never did was not tested', () => {
    const armed = [0, 3].map((fired) => reported(resultOf({ defect: 'raft/x', fired }), 'expected'));
    expect(render(plain, armed)).toContain('the armed defect fired in 1 of 2 runs');
    expect(render(plain, runs)).not.toContain('armed');
  });

  it('is in ASCII and without colour unless the output can show more', () => {
    const ascii = /^[\n\x20-\x7e]*$/;
    expect(render(plain, runs)).toMatch(ascii);
    expect(render({ ...plain, columns: 100 }, runs)).toMatch(ascii);
    expect(render({ ...plain, columns: 100, hasUnicode: true }, runs)).toContain('│');
    expect(render({ ...plain, colourLevel: 1 }, runs)).toContain('\u001b[31mFAIL\u001b[39m');
  });

  it('never carries a verdict by colour alone', () => {
    const colours = /\u001b\[\d+m/g;
    expect(render({ ...plain, colourLevel: 1 }, runs).replace(colours, '')).toBe(render(plain, runs));
  });

  it.each([64, 80, 100, 250])('fits a terminal of %i columns, and 100 in any', (columns) => {
    const claim = 'a very long claim about what a leader does when nobody hears it and a clock jumps '.repeat(3);
    const table = render({ ...plain, columns, hasUnicode: true }, [reported(resultOf(), 'expected')], [claim]);
    const widths = table.split('\n').filter((line) => /[│─]/.test(line)).map((line) => line.length);
    expect(widths.length).toBeGreaterThan(3);
    expect(Math.max(...widths)).toBeLessThanOrEqual(Math.min(columns, 100));
  });

  it('has straight columns, also where letters take two', () => {
    const claim = '二つの指導者は同じ任期に現れない '.repeat(8);
    const table = render({ ...plain, columns: 80, hasUnicode: true }, [reported(resultOf(), 'expected')], [claim]);
    const widths = new Set(table.split('\n').filter((line) => /[│─]/.test(line)).map(displayWidth));
    expect([...widths]).toEqual([80]);
    expect(table).not.toContain('…');
  });

  it('is plain lines where a table would be unreadable', () => {
    expect(render({ ...plain, columns: 40 }, runs)).toContain('UNEXPECTED: a claim (violation 2, pass 1)');
  });

  it('shows a hostile claim without obeying it', () => {
    const evil = '\u001b[2Jgone\n::error::x';
    const text = render({ ...plain, columns: 100 }, [reported(lostWrite({ scenario: evil }))], [evil]);
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/^::/m);
  });
});
