import type { ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dist, folderWith, quiet, quorumquake, shell, startQuorumquake, stormy } from '../support/cli/command.ts';

const defect = 'raft/vote-not-durable';
const library = {
  'scenarios/raft/quiet.yaml': quiet, 'scenarios/raft/stormy.yaml': stormy, 'scenarios/README.md': '# x',
};

describe('run', () => {
  const folder = folderWith(library);

  it('exits with 0 when every expectation was met, and says so', () => {
    const { exitCode, out, err } = quorumquake(folder, 'run', 'scenarios');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toContain('as expected: three nodes serve appends (pass 3)\n');
    expect(out).toMatch(/6 runs, 6 as expected, 0 unexpected, 0 unknown, 0 vacuous\nexit 0: every [a-z ]+ met\n$/);
  });

  it('writes the same bytes whatever -j, and the shards make up the whole', () => {
    const args = ['run', 'scenarios', '--seeds', '6', '--reporter', 'json', '--defect', defect];
    const [one, two, three] = ['1', '2', '3'].map((count) => quorumquake(folder, ...args, '-j', count));
    expect(one?.exitCode).toBe(1);
    expect(two?.out).toBe(one?.out);
    expect(three?.out).toBe(one?.out);
    const idsOf = (text: string): string[] =>
      (JSON.parse(text) as { runs: { coordinate: string }[] }).runs.map(({ coordinate }) => coordinate);
    const parts = ['1/2', '2/2'].flatMap((shard) => idsOf(quorumquake(folder, ...args, '--shard', shard).out));
    const order = (a: string, b: string): number => (a < b ? -1 : 1);
    expect(parts.sort(order)).toEqual(idsOf(one?.out ?? '').sort(order));
  });

  it('exits with 1 on a find, and leaves what is needed to see it again', () => {
    const args = ['run', 'scenarios/raft/stormy.yaml', '--defect', 'RF-01', '--seed', '1'];
    const { exitCode, out } = quorumquake(folder, ...args);
    expect(exitCode).toBe(1);
    expect(out).toContain('FAIL crashes and partitions lose nothing, seed 1, raft, ');
    expect(out).toContain('open:   reports/raft/stormy/1\n');
    const left = join(folder, 'reports/raft/stormy/1');
    const names = readdirSync(left).sort((a, b) => (a < b ? -1 : 1));
    expect(names).toEqual(['history.jsonl', 'result.json', 'scenario.yaml']);
    expect(readFileSync(join(left, 'scenario.yaml'), 'utf8')).toBe(stormy);
    const result = JSON.parse(readFileSync(join(left, 'result.json'), 'utf8')) as Record<string, unknown>;
    expect(result).toMatchObject({ seed: '1', defect, outcome: 'violation', asExpected: false });

    const replay = /replay: (.*)\n/.exec(out)?.[1] ?? '';
    const again = shell(folder, `${replay} --history again.jsonl`);
    expect(again.exitCode).toBe(1);
    expect(again.out).toContain(`fingerprint ${String(result['fingerprint'])}`);
    expect(again.out).toContain(out.slice(out.indexOf('FAIL'), out.indexOf('\n\n')));
    const history = readFileSync(join(left, 'history.jsonl'), 'utf8');
    expect(readFileSync(join(folder, 'again.jsonl'), 'utf8')).toBe(history);
  });

  it('prints a replay line that works for a file that no coordinate leads to', () => {
    const other = folderWith({ 'my file (1).yaml': stormy });
    const args = ['run', 'my file (1).yaml', '--defect', defect, '--seed', "it's"];
    const { out } = quorumquake(other, ...args);
    const replay = /replay: (.*)\n/.exec(out)?.[1] ?? '';
    expect(replay).toContain("run 'my file (1).yaml' --seed 'it'\\''s'");
    expect(shell(other, replay).out).toBe(out);
  });

  it('exits with 1 when an expected violation is not found, with 2 when nothing was shown', () => {
    const wanting = folderWith({ 'a.yaml': `${quiet}expect: { linearizable: invalid }\n` });
    expect(quorumquake(wanting, 'run', 'a.yaml', '--seed', '1').exitCode).toBe(1);
    const idle = folderWith({ 'a.yaml': `${quiet}faults:\n  - at: 500ms\n    restart: { target: n1 }\n` });
    const { exitCode, out } = quorumquake(idle, 'run', 'a.yaml', '--seed', '1');
    expect(exitCode).toBe(2);
    expect(out).toContain('vacuous: of its faults, number 1 (restart) never applied');
  });

  it('makes each run twice if asked, and exits with 3 when a protocol is another one the second time', () => {
    expect(quorumquake(folder, 'run', 'scenarios', '--verify-determinism', '--seeds', '1').exitCode).toBe(0);
    const fickle = folderWith({ 'a.yaml': quiet, 'fickle.mjs': `
      import { raft } from '${dist}/src/protocols/raft/module.js';
      let starts = 0;
      export const protocol = { ...raft, create: (init) => {
        const node = raft.create(init);
        starts += 1;
        if (starts > 3) node.onStart = (ctx) => { ctx.setTimer('election', 1); };
        return node;
      } };` });
    const args = ['run', 'a.yaml', '--protocol', 'fickle.mjs', '--seed', '1'];
    expect(quorumquake(fickle, ...args).exitCode).toBe(0);
    const { exitCode, out } = quorumquake(fickle, ...args, '--verify-determinism');
    expect(exitCode).toBe(3);
    expect(out).toMatch(/nondeterministic: line \d+ of the trace is first ".*", then ".*"/);
    expect(out).toContain("run 'a.yaml' --seed '1' --verify-determinism --protocol 'fickle.mjs'");
  });

  it('runs the scenarios that concern a defect or a protocol, and says what it leaves out', () => {
    const own = folderWith({ 'a.yaml': quiet, 'b.yaml': quiet.replace('raft', 'mine'), 'mine.mjs': `
      import { raft } from '${dist}/src/protocols/raft/module.js';
      export const protocol = { ...raft, name: 'mine' };` });
    const args = ['run', 'a.yaml', 'b.yaml', '--seed', '1', '--protocol', 'mine.mjs', '--reporter', 'json'];
    const { exitCode, out, err } = quorumquake(own, ...args);
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: expect.stringMatching(/^1 of 2 .* left out\n$/) as string });
    const { runs } = JSON.parse(out) as { runs: { file: string; system: string }[] };
    expect(runs.map(({ file, system }) => `${file} ${system}`)).toEqual(['b.yaml mine']);
    expect(quorumquake(own, ...args, '-j', '2', '--seeds', '4').exitCode).toBe(64);
    expect(quorumquake(own, 'run', 'a.yaml', '--protocol', 'mine.mjs').exitCode).toBe(4);
    const [one, two] = ['1', '2'].map((jobs) =>
      quorumquake(own, 'run', 'b.yaml', '--seeds', '4', '--protocol', 'mine.mjs', '--reporter', 'json', '-j', jobs));
    expect(two).toEqual(one);
    expect(one?.exitCode).toBe(0);
  });

  it('writes several reports at once, and the list beside them', () => {
    const args = ['run', 'scenarios', '--seeds', '1', '--reporter', 'json=out/r.json', '--reporter', 'junit=out/r.xml'];
    expect(quorumquake(folder, ...args).out).toContain('exit 0');
    expect(JSON.parse(readFileSync(join(folder, 'out/r.json'), 'utf8'))).toMatchObject({ summary: { runs: 2 } });
    expect(readFileSync(join(folder, 'out/r.xml'), 'utf8')).toContain('<testcase name="seed 1"');
    expect(readdirSync(join(folder, 'out'))).toHaveLength(2);
  });
});

/** Waits until a command has opened its report, and a little longer: runs are under way then. */
async function begun(report: string, { pid }: ChildProcess): Promise<void> {
  const sleep = (ms: number): Promise<void> => new Promise((next) => { setTimeout(next, ms); });
  while (!existsSync(`${report}.${String(pid)}.part`)) await sleep(20);
  await sleep(300);
}

describe('run is stopped', () => {
  const folder = folderWith(library);

  it.each([
    ['SIGINT', 130], ['SIGTERM', 143],
  ] as const)('by %s after a clean summary, with %i', async (signal, code) => {
    const file = `${signal}.json`;
    const child = startQuorumquake(folder, 'run', 'scenarios', '--seeds', '100000', '--reporter', `json=${file}`);
    let out = '';
    child.stdout?.on('data', (data) => { out += String(data); });
    await begun(join(folder, file), child);
    child.kill(signal);
    const exitCode = await new Promise((next) => { child.on('close', next); });
    expect(exitCode).toBe(code);
    expect(out).toMatch(new RegExp(`\\d+ runs did not take place\\nexit ${code}: stopped by ${signal}\\n$`));
    const { summary } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { summary: { runs: number } };
    expect(summary.runs).toBeGreaterThan(0);
  });

  it('at once by a second signal, even in the middle of a run that never ends', async () => {
    const stuck = folderWith({ 'a.yaml': quiet, 'stuck.mjs': `
      import { raft } from '${dist}/src/protocols/raft/module.js';
      export default { ...raft, create: () => { for (;;); } };` });
    const args = ['run', 'a.yaml', '--protocol', 'stuck.mjs', '-j', '2', '--reporter', 'json=r.json'];
    const child = startQuorumquake(stuck, ...args);
    let err = '';
    child.stderr?.on('data', (data) => {
      err += String(data);
      child.kill('SIGINT');
    });
    await begun(join(stuck, 'r.json'), child);
    child.kill('SIGINT');
    expect(await new Promise((next) => { child.on('close', next); })).toBe(130);
    expect(err).toBe('stopping after the runs under way; a second signal stops at once\n');
    expect(readdirSync(stuck).sort((a, b) => (a < b ? -1 : 1))).toEqual(['a.yaml', 'stuck.mjs']);
  });

  it('by an error that nobody expected, in one line, with 70', () => {
    const late = folderWith({ 'a.yaml': quiet, 'late.mjs': `
      void Promise.reject(new Error('too late'));
      export { raft as default } from '${dist}/src/protocols/raft/module.js';` });
    const args = ['run', 'a.yaml', '--protocol', 'late.mjs'];
    expect(quorumquake(late, ...args)).toMatchObject(
      { exitCode: 70, err: 'quorumquake: internal error: too late (QUORUMQUAKE_DEBUG=1 shows where)\n' });
  });

  it('quietly by a reader that has seen enough', () => {
    const line = 'set -o pipefail; npx quorumquake run scenarios --reporter json | head -c 9';
    const { err, out, exitCode } = shell(folder, line);
    expect({ err, out, exitCode }).toEqual({ err: '', out: '{"schema"', exitCode: 74 });
  });

  it('before it begins by a report that cannot be written, and leaves no half of another', () => {
    const full = folderWith({ 'a.yaml': quiet, taken: '' });
    const args = ['run', 'a.yaml', '--reporter', 'json=r.json', '--reporter', 'junit=taken/r.xml'];
    expect(quorumquake(full, ...args)).toMatchObject({ exitCode: 74, out: '' });
    expect(readdirSync(full).sort((a, b) => (a < b ? -1 : 1))).toEqual(['a.yaml', 'taken']);
  });

  it.skipIf(process.platform !== 'linux')('by a full disk, with 74', () => {
    const { err, exitCode } = shell(folder, 'npx quorumquake run scenarios --seeds 1 > /dev/full');
    expect(exitCode).toBe(74);
    expect(err).toMatch(/^quorumquake: cannot write to standard output: ENOSPC[^\n]*\n$/);
  });
});
