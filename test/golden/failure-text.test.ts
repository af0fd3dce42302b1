import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, quorumquake, shell } from '../support/cli/command.ts';

const scenario = readFileSync(join(import.meta.dirname, 'failure-text.yaml'), 'utf8');
const folder = folderWith({ 'scenarios/raft/a-leader-that-was-cut-off.yaml': scenario });

describe('what a person reads of a run that failed', () => {
  const { exitCode, out, err } = quorumquake(folder, 'run', 'scenarios', '--seed', '1');
  const [block = '', ...rest] = out.split('\n\n');
  const lines = block.split('\n');

  it('is this', async () => {
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: '' });
    await expect(out).toMatchFileSnapshot('failure-text.txt');
  });

  it('says first what was violated, in which run, when; then by which operations, at most twelve', () => {
    expect(lines[0]).toMatch(
      /^FAIL a leader that was cut off serves no stale reads, seed 1, raft, linearizable: .+, at \d\.\d{3} s$/);
    const operations = lines.filter((line) => /^ {2}c\d+ \(process \d+\) {2}(read|write) k0 .*\[\d.*\]$/.test(line));
    expect(operations.length).toBeGreaterThan(1);
    expect(operations.length).toBeLessThanOrEqual(12);
    expect(lines.slice(1, 1 + operations.length)).toEqual(operations);
  });

  it('says then under which faults, by whose fault, whether that is a bug, and how to see it again; no more', () => {
    const words = lines.slice(1).flatMap((line) => /^ {2}(also|[a-z ]+(?=:))/.exec(line)?.[1] ?? []);
    expect(words).toEqual(['also', 'faults active', 'cause', 'contract', 'replay', 'open']);
    expect(block).toMatch(/^ {2}cause: partition of n\d \| n\d n\d at 0\.6 s; without it this does not happen$/m);
    expect(rest).toHaveLength(2);
  });

  it('can be pasted, and says the same again', () => {
    const [, replay = ''] = /^ {2}replay: (.*)$/m.exec(block) ?? [];
    expect(shell(folder, replay).out).toContain(block);
  });
});
