import { describe, expect, it } from 'vitest';
import { quorumquake, shell } from '../support/cli/command.ts';
import { earlyAck, folderOfUser } from '../support/determinism/commands.ts';

const folder = folderOfUser({ 'leak.yaml': earlyAck('', 'leak'), 'clean.yaml': earlyAck('') });
const args = ['--protocol', 'early-ack.js', '--verify-determinism', '--seed', 'kyoto'];

describe('--verify-determinism', () => {
  it('is content with a protocol that keeps everything in its state', () => {
    const { exitCode, out } = quorumquake(folder, 'run', 'clean.yaml', ...args);
    expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringContaining('(pass 1)') as string });
  });

  it('shows both sides of the first event that differs, and exits with 3', () => {
    const { exitCode, out, err } = quorumquake(folder, 'run', 'leak.yaml', ...args);
    expect({ exitCode, err }).toEqual({ exitCode: 3, err: '' });
    const event = '"#(\\d+) \\d+\\.\\d{6} n\\d timer tick"';
    const [, one, other] = new RegExp(`trace is first ${event}, then ${event}\n`).exec(out) ?? [];
    expect(one).toBeDefined();
    expect(other).toBe(one);
    expect(out).toMatch(/\nexit 3: nondeterminism: two runs of one coordinate differ\n$/);
  });

  it('prints a line that shows it again', () => {
    const { out } = quorumquake(folder, 'run', 'leak.yaml', ...args);
    const [, replay = ''] = /replay: (.*)\n/.exec(out) ?? [];
    expect(replay).toContain('--verify-determinism');
    expect(shell(folder, replay)).toEqual({ exitCode: 3, out, err: '' });
  });

  it('says the same in JSON, which is nothing about the protocol', () => {
    const { exitCode, out } = quorumquake(folder, 'run', 'leak.yaml', ...args, '--reporter', 'json');
    expect(exitCode).toBe(3);
    const { runs } = JSON.parse(out) as { runs: object[] };
    expect(runs).toMatchObject([{ outcome: 'nondeterministic', asExpected: false }]);
  });

  it('is what finds it: without, the run passes', () => {
    expect(quorumquake(folder, 'run', 'leak.yaml', '--protocol', 'early-ack.js', '--seed', 'kyoto').exitCode).toBe(0);
  });
});
