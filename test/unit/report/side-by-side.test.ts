import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import type { Comparison, SystemSummary } from '../../../src/explore/side-by-side.ts';
import { comparisonText } from '../../../src/report/side-by-side.ts';
import type { TextStyle } from '../../../src/report/text.ts';

const plain: TextStyle = { colourLevel: 0, hasUnicode: false, columns: null };

const raft: SystemSummary = {
  system: 'raft', runs: 20, asExpected: 20, verdicts: {}, ok: 3_767, unavailableUs: 253_000, staleOrLost: null,
  messagesPerOk: 11.34, syncsPerOk: 4.6, recoveryUs: 18_000, leftOut: [],
};
const redis: SystemSummary = {
  ...raft, system: 'redis', asExpected: 18,
  verdicts: { linearizable: { invalid: 18, unknown: 2 }, L2: { invalid: 20 } },
  staleOrLost: 3, recoveryUs: 'never', leftOut: ['fault 2 (order)', 'check leaderAfter'],
};

function render(style: Partial<TextStyle> = {}, systems: readonly SystemSummary[] = [raft, redis]): string {
  const all = { ...plain, ...style };
  const comparison: Comparison = { scenario: 'a register over two systems', file: 'two.yaml', systems };
  return comparisonText(comparison, all, new Chalk({ level: all.colourLevel }));
}

describe('the table of systems', () => {
  it('has a row for each, and tells below what they were not asked for', () => {
    const [title, ...lines] = render({ columns: 120 }).split('\n');
    expect(title).toBe('a register over two systems: medians of 20 runs each');
    const cells = lines.filter((line) => line.startsWith('|')).map((line) => line.split('|').slice(1, -1).map((cell) =>
      cell.trim()));
    expect(cells.slice(2)).toEqual([
      ['raft', '20 of 20', 'all valid', '3767', '0.253 s', '-', '11.3', '4.6', '0.018 s'],
      ['redis', '18 of 20', 'linearizable: invalid 18,', '3767', '0.253 s', '3', '11.3', '4.6', 'never'],
      ['', '', 'unknown 2', '', '', '', '', '', ''],
      ['', '', 'L2: invalid', '', '', '', '', '', ''],
    ]);
    expect(lines.at(-1)).toBe('redis was run without fault 2 (order), check leaderAfter');
  });

  it.each([100, 110, 120, 250])('fits a terminal of %i columns, and 120 in any', (columns) => {
    const verdicts = { ['check-'.repeat(9)]: { invalid: 1 } };
    const long = { ...redis, system: 'a-system-with-quite-a-long-name', verdicts };
    const lines = render({ columns, hasUnicode: true }, [raft, long]).split('\n').filter((line) => /[│─]/.test(line));
    expect(lines.length).toBeGreaterThan(6);
    expect(new Set(lines.map((line) => line.length))).toEqual(new Set([Math.min(columns, 120)]));
    expect(lines.join('')).not.toContain('…');
  });

  it('has room for the longest name of a lock service, and no more than it needs', () => {
    const widthOf = (system: string): number | undefined =>
      render({ columns: 120 }, [raft, { ...raft, system }]).split('\n')[1]?.indexOf('+', 1);
    expect(['redis', 'multi-paxos', 'zookeeper-lock', 'a-much-longer-name-than-that'].map(widthOf))
      .toEqual([15, 15, 17, 17]);
    expect(render({ columns: 120 }, [raft, { ...raft, system: 'zookeeper-lock' }])).toContain('| zookeeper-lock |');
  });

  it.each([null, 80])('is plain lines in %s columns', (columns) => {
    expect(render({ columns }).split('\n')).toEqual([
      'a register over two systems: medians of 20 runs each',
      '  raft: as expected 20 of 20; all valid; ok 3767; longest without ok 0.253 s; stale or lost -; '
        + 'messages per ok 11.3; syncs per ok 4.6; time to recover 0.018 s',
      '  redis: as expected 18 of 20; linearizable: invalid 18, unknown 2, L2: invalid; ok 3767; '
        + 'longest without ok 0.253 s; stale or lost 3; messages per ok 11.3; syncs per ok 4.6; time to recover never',
      'redis was run without fault 2 (order), check leaderAfter',
    ]);
  });

  it('is in ASCII unless the output can show more, and carries nothing by colour alone', () => {
    expect(render({ columns: 120 })).toMatch(/^[\n\x20-\x7e]*$/);
    const coloured = render({ columns: 120, colourLevel: 1 });
    expect(coloured).toContain('\u001b[31m18 of 20\u001b[39m');
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(render({ columns: 120 }));
  });

  it('says how many runs there were where a signal came in between', () => {
    expect(render({}, [raft, { ...redis, runs: 3 }])).toContain('medians of 20 or 3 runs each');
  });
});
