import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, quorumquake, type Ended } from '../support/cli/command.ts';
import { filesBelow, quorumquakeUnder, twistedRaft, type Surroundings } from '../support/determinism/commands.ts';
import { firstDifference } from '../support/determinism/difference.ts';
import { storm, swarm } from '../support/determinism/scenarios.ts';

/** With a defect, so that there are failures, causes to look for, and folders to write. */
const failing = storm.replace('name: ', 'defect: raft/vote-not-durable\nname: ');
const library = {
  'scenarios/failing.yaml': failing,
  'scenarios/storm.yaml': storm,
  'scenarios/swarm.yaml': swarm.replace('seeds: 4', 'seeds: 2'),
};
const args = ['run', 'scenarios', '--reporter', 'json'];
const usual = ['-j', '1'];

const folder = folderWith(library);
const reference = quorumquake(folder, ...args, ...usual);

/** What a command printed and left, as text. */
function remains(where: string, { exitCode, out }: Ended): string {
  const files = Object.entries(filesBelow(join(where, 'reports'))).map(([path, text]) => `${path}\n${text}`);
  return [`exit ${exitCode}`, out, ...files].join('\n');
}

const expected = remains(folder, reference);

/** Makes the runs of the reference in a fresh folder, and says in what they differ. */
function differenceUnder(surroundings: Surroundings, ...more: readonly string[]): string | null {
  const fresh = folderWith(library);
  return firstDifference(expected, remains(fresh, quorumquakeUnder(surroundings, fresh, ...args, ...more)));
}

it('what the others are compared with is worth it: ten runs under faults, failures among them', () => {
  const { runs } = JSON.parse(reference.out) as { runs: { outcome: string; faults: unknown[] }[] };
  expect(runs).toHaveLength(10);
  expect(runs.filter(({ outcome }) => outcome === 'violation').length).toBeGreaterThan(0);
  expect(runs.filter(({ outcome }) => outcome === 'error')).toEqual([]);
  expect(runs.every(({ faults }) => faults.length > 0)).toBe(true);
  expect(Object.keys(filesBelow(join(folder, 'reports')))).toContain('failing/1/history.jsonl');
});

describe('the bytes that two commands print and leave are equal', () => {
  it('in another process, in a folder of another name', () => {
    expect(differenceUnder({}, ...usual)).toBeNull();
  });

  it('with -j 2', () => {
    expect(differenceUnder({}, '-j', '2')).toBeNull();
  });

  it('in another zone of time and another language, for another user with another terminal', () => {
    const env = {
      TZ: 'Asia/Kathmandu', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8', LANGUAGE: 'tr', COLUMNS: '20', TERM: 'dumb',
      HOME: '/nowhere', USER: 'somebody', HOSTNAME: 'elsewhere', QUAKE: 'x'.repeat(10_000),
    };
    expect(differenceUnder({ env }, ...usual)).toBeNull();
  });

  it.each([
    ['without the optimiser', ['--no-opt']],
    ['without the compiler', ['--jitless']],
    ['with other luck of the engine', ['--random-seed=7', '--hash-seed=9']],
  ])('%s', (_what, flags) => {
    expect(differenceUnder({ flags }, ...usual)).toBeNull();
  });

  it('on another day, by another clock, and with another Math.random', () => {
    const preload = join(folderWith({ 'shift.cjs': `
      const { now } = Date;
      Date.now = () => now() + 1e10;
      Math.random = () => 0.5;
      performance.now = () => 1;` }), 'shift.cjs');
    expect(differenceUnder({ flags: ['--require', preload] }, ...usual)).toBeNull();
  });
});

describe('shards', () => {
  it('make up the whole, byte by byte and each run once', () => {
    const linesOf = ({ out }: Ended): string[] =>
      out.split('\n').filter((line) => line.startsWith('{"scenario"')).map((line) => line.replace(/,$/, ''));
    const parts = ['1/3', '2/3', '3/3'].map((shard) =>
      linesOf(quorumquake(folderWith(library), ...args, ...usual, '--shard', shard)));
    expect(parts.every((lines) => lines.length > 0)).toBe(true);
    // Each command looks for the cause of the first violation of a kind that it meets; another one may have met it.
    const withoutCause = (line: string): string => line.replace(/"cause":(null|\{[^}]*\})/g, '"cause":…');
    const order = (a: string, b: string): number => (a < b ? -1 : 1);
    expect(parts.flat().map(withoutCause).sort(order)).toEqual(linesOf(reference).map(withoutCause).sort(order));
  });
});

describe('a difference would be seen between', () => {
  const later = (us: string): string => `
    const onStart = node.onStart.bind(node);
    node.onStart = (ctx) => { onStart(ctx); ctx.setTimer('election', 150_000 + ${us}); };`;

  it.each([
    ['processes', later('process.pid % 100_000'), '', {}, '1'],
    ['environments', later('Number(process.env.QUAKE ?? 0)'), '', { env: { QUAKE: '7' } }, '1'],
    ['folders', later('Number.parseInt(process.cwd().slice(-6), 36) % 100_000'), '', {}, '1'],
    ['-j 1 and -j 2', later('(starts += 1)'), 'let starts = 0;', {}, '2'],
  ])('%s', (_what, twist, before, surroundings, jobs) => {
    const twisted = { 'storm.yaml': storm, 'twisted.mjs': twistedRaft(twist, before) };
    const outputs = ([[{}, '1'], [surroundings, jobs]] as const).map(([under, count]) => {
      const twistedArgs = ['run', 'storm.yaml', '--protocol', 'twisted.mjs', '--reporter', 'json', '-j', count];
      return quorumquakeUnder(under, folderWith(twisted), ...twistedArgs).out;
    });
    for (const output of outputs) expect(output).toMatch(/"outcome":"(pass|violation)"[^]*"summary":\{"runs":4,/);
    expect(new Set(outputs).size).toBe(2);
  });
});
