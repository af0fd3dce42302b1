import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { folderWith, quorumquake, shell } from '../support/cli/command.ts';

// The scenario as it is shipped, but for what it expects: told as the failure that it is.
const file = 'scenarios/redlock/a-paused-holder-overwrites-its-successor.yaml';
const folder = folderWith({ [file]: readFileSync(file, 'utf8').replace(/^expect:.*\n/m, '') });

describe('what a person reads of a stale write under a lock', () => {
  const { exitCode, out, err } = quorumquake(folder, 'run', 'scenarios', '--seed', '1');
  const [block = ''] = out.split('\n\n');
  const axis = block.split('\n').filter((line) => /^ +\d+\.\d{6} s /.test(line));
  const instants = axis.map((line) => Number.parseFloat(line));
  const said = (what: RegExp): number => axis.findIndex((line) => what.test(line));

  it('is this', async () => {
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: '' });
    await expect(out).toMatchFileSnapshot('paused-holder.txt');
  });

  it('tells two clients, a pause, two grants and one stale write, in the order of true time', () => {
    const story = [
      /c1 \(process \d+\) believes that it holds k0: grant 1$/, /pause of c1 begins/, /c1 believes so no more/,
      /c2 \(process \d+\) believes that it holds k0: grant 2$/, /c2 has stored to k0 .*grant 2/, /pause of c1 ends/,
      /c1 has stored to k0 .*: the write that slipped through$/,
    ].map(said);
    expect(story).not.toContain(-1);
    expect(story).toEqual([...story].sort((a, b) => a - b));
    expect(instants).toEqual([...instants].sort((a, b) => a - b));
  });

  it('says the cause, that no rule of Redlock is broken, and how to see it again', () => {
    expect(block).toMatch(/^ {2}cause: pause of c1 at \d+\.\d+ s; without it this does not happen$/m);
    expect(block).toMatch(/^ {2}contract: outside/m);
    const [, replay = ''] = /^ {2}replay: (.*)$/m.exec(block) ?? [];
    expect(shell(folder, replay).out).toContain(block);
  });
});
