import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, quorumquake } from '../support/cli/command.ts';

/** Redis loses a write that it has acknowledged in some seeds; Raft is said to be better. */
const register = `name: a register over two systems
systems: [raft, { protocol: redis, nodes: 3 }]
workload: { kind: register, keys: 1 }
duration: 3s
seeds: 3
faults:
  - at: 1s
    crash: { target: n1, for: 200ms }
  - { at: 2s, order: campaign, where: raft }
check: [linearizable]
`;

interface Results {
  readonly runs: readonly { readonly coordinate: string; readonly system: string; readonly fingerprint: string }[];
  readonly sideBySide: readonly { readonly systems: readonly object[] }[];
}

const folder = folderWith({ 'scenarios/two.yaml': register });
const json = (...more: readonly string[]): string =>
  quorumquake(folder, 'run', 'scenarios', '--reporter', 'json', ...more).out;
const results = JSON.parse(json('-j', '1')) as Results;

describe('a scenario of two systems', () => {
  it('is run with each system, seed by seed', () => {
    expect(results.runs.map(({ coordinate }) => coordinate.replace(/@[0-9a-f]{12}/, ''))).toEqual([
      'two/raft/1', 'two/raft/2', 'two/raft/3', 'two/redis/1', 'two/redis/2', 'two/redis/3',
    ]);
    expect(results.runs.map(({ system }) => system).slice(2, 4)).toEqual(['raft', 'redis']);
  });

  it('has the same results with any number of workers', () => {
    expect(json('-j', '2')).toBe(json('-j', '1'));
  });

  it('has a summary in which the systems stand side by side', () => {
    expect(results.sideBySide).toMatchObject([{
      scenario: 'a register over two systems', file: 'scenarios/two.yaml',
      systems: [
        { system: 'raft', runs: 3, asExpected: 3, verdicts: {}, leftOut: [] },
        { system: 'redis', runs: 3, leftOut: ['fault 2 (order)'] },
      ],
    }]);
    expect(quorumquake(folder, 'run', 'scenarios', '-j', '1').out).toContain(
      '\na register over two systems: medians of 3 runs each\n  raft: as expected 3 of 3; all valid; ok ');
  });

  it('runs one of them where that is asked for', () => {
    const { runs, sideBySide } = JSON.parse(json('-j', '1', '--system', 'redis')) as Results;
    expect(runs).toEqual(results.runs.slice(3));
    expect(sideBySide).toBe(undefined);
    expect(quorumquake(folder, 'run', 'scenarios', '--system', 'redlock')).toMatchObject({ exitCode: 4 });
    expect(quorumquake(folder, 'run', 'scenarios', '--system', 'radis')).toMatchObject({
      exitCode: 64, err: expect.stringContaining('there is no system radis') as string,
    });
  });

  it('is listed once', () => {
    expect(quorumquake(folder, 'list').out).toBe('scenarios/two.yaml  a register over two systems (raft, redis)\n');
  });

  it('leads back from each coordinate to its run', () => {
    for (const { coordinate, fingerprint } of [results.runs[0], results.runs[5]].flatMap((run) => run ?? [])) {
      expect(quorumquake(folder, 'replay', coordinate).out).toContain(`fingerprint ${fingerprint}, `);
    }
  });

  it('leaves the folder of a run below its system, and tells how to run that again', () => {
    const text = register.replace('nodes: 3 }', 'nodes: 3, expect: { linearizable: unknown } }');
    const failing = folderWith({ 'scenarios/two.yaml': text });
    const { out, exitCode } = quorumquake(failing, 'run', 'scenarios', '--seed', '1', '-j', '1');
    expect(exitCode).toBe(1);
    const [, coordinate = ''] = /replay: npx quorumquake replay '([^']*\/redis\/1)'/.exec(out) ?? [];
    expect(quorumquake(failing, 'replay', coordinate)).toMatchObject({ exitCode: 1 });
    expect(existsSync(join(failing, 'reports/two/raft/1'))).toBe(false);
    const left = JSON.parse(readFileSync(join(failing, 'reports/two/redis/1/result.json'), 'utf8')) as object;
    expect(left).toMatchObject({ coordinate, system: 'redis' });
  });

  it('names the system where a coordinate would not lead back', () => {
    const text = register.replace('nodes: 3 }', 'nodes: 3, expect: { linearizable: unknown } }');
    const failing = folderWith({ 'scenarios/two.yaml': text, 'elsewhere/notes.txt': '' });
    const { out } = quorumquake(join(failing, 'elsewhere'), 'run', '../scenarios/two.yaml', '--seed', '1', '-j', '1');
    expect(out).toContain("replay: npx quorumquake run '../scenarios/two.yaml' --seed '1' --system 'redis'\n");
  });
});
