import { describe, expect, it } from 'vitest';
import { failureLines } from '../../src/report/failure.ts';
import { execute } from '../../src/host/execute.ts';
import { run } from '../../src/run/run.ts';
import { entryOf, jobOf, lostWrite, reported } from '../support/cli/results.ts';

describe('the text of a failure', () => {
  it('says what was violated, by which operations, under which faults, how to see it again; no more', async () => {
    const result = lostWrite();
    const text = failureLines(reported(result), result.verdicts).join('\n');
    await expect(`${text}\n`).toMatchFileSnapshot('failure-text.txt');
  });

  it('is made of a real failing run just so', () => {
    const storm = 'defect: raft/vote-not-durable\n'
      + 'faults:\n  - random: { kinds: [crash, partition], every: 50..100ms, until: 1s }\n';
    const entry = entryOf('raft/storm', storm);
    const { result } = execute({ entries: [entry], module: null, run }, jobOf('1'));
    const missed = result.verdicts.filter(({ verdict }) => verdict === 'invalid');
    expect(missed.length).toBeGreaterThan(0);
    const lines = failureLines(reported(result), missed);
    expect(lines[0]).toMatch(/^the claim of raft\/storm, seed 1, raft, \w+: /);
    const words = lines.map((line) => /[a-z]+/.exec(line)?.[0]);
    expect(words.slice(-5)).toEqual(['faults', 'cause', 'contract', 'replay', 'open']);
  });
});
