import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { corpus, inputOf } from '../fuzz/inputs.ts';
import { complaintOfText, Judge, readers } from '../fuzz/judge.ts';
import { folderWith, quorumquake } from '../support/cli/command.ts';

// The fuzz script calls the readers in its own process, because it has a hundred thousand inputs. Here the commands
// show that they do with a file what the script does with it.

describe('a damaged file on the command line', () => {
  const files = corpus();
  const folder = folderWith({});

  it.each(Array.from({ length: 16 }, (_, index) => index))('ends as the readers say, number %i', (number) => {
    const input = inputOf(11, number, files);
    const name = input.kind === 'scenario' ? 'input.yaml' : 'input';
    writeFileSync(join(folder, name), input.bytes);
    // `list` reads a scenario and does not run it.
    const args = input.kind === 'scenario' ? ['list', name] : ['check', name, '--format', input.format];
    const { exitCode, out, err } = quorumquake(folder, ...args);
    let expected: number | null = null;
    const judge = new Judge((same, file) => {
      const end = readers(same, file);
      expected = end.exitCode;
      return end;
    });
    expect(judge.complaint(input)).toBeNull();
    expect(exitCode).toBe(expected);
    if (exitCode === 65) expect(complaintOfText({ exitCode, out, err }, input, name)).toBeNull();
  });
});
