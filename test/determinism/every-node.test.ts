import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, type Ended } from '../support/cli/command.ts';
import { filesBelow, quorumquakeUnder } from '../support/determinism/commands.ts';
import { firstDifference } from '../support/determinism/difference.ts';
import { storm, swarm } from '../support/determinism/scenarios.ts';

// `.ci/run` puts other versions of Node into a scratch folder and names them in QUORUMQUAKE_NODES, separated by colons.
// Each must print and leave, byte for byte, what this Node does. Without any, only the comparison itself is tested.

const nodes = (process.env['QUORUMQUAKE_NODES'] ?? '').split(':').filter((path) => path !== '');
const root = resolve(import.meta.dirname, '../..');
const versionOf = (node: string): string => spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();

/** A fresh folder with what is run: storms that end in failures, swarms, and the library of scenarios. */
function library(): string {
  const folder = folderWith({
    'more/failing.yaml': storm.replace('name: ', 'defect: raft/vote-not-durable\nname: '),
    'more/storm.yaml': storm,
    'more/swarm.yaml': swarm,
  });
  cpSync(join(root, 'scenarios'), join(folder, 'scenarios'), { recursive: true });
  return folder;
}

/** What a Node makes of `paths`: exit code, results and the files of failing runs. */
function remainsOf(node: string, ...paths: readonly string[]): string {
  const folder = library();
  const args = ['run', ...paths, '--seeds', '1', '--reporter', 'json'];
  const { exitCode, out, err } = quorumquakeUnder({ node }, folder, ...args);
  const files = Object.entries(filesBelow(folder)).filter(([path]) => path.startsWith('reports/'));
  // How far a sweep is after so many seconds is a matter of the machine.
  const said = err.replace(/^\d+\/\d+ runs, .*\n/gm, '');
  return [`exit ${exitCode}`, said, out, ...files.flat()].join('\n');
}

/** The goldens and pinned fingerprints, tested by another Node. */
function pinnedTestsOf(node: string): Ended {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(VITEST|QUORUMQUAKE)/.test(name)));
  const args = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', 'test/compat', 'test/golden'];
  const { status, stdout, stderr } = spawnSync(node, args, { cwd: root, encoding: 'utf8', env: { ...env, CI: '1' } });
  return { exitCode: status, out: stdout, err: stderr };
}

describe.each(nodes.map((node) => [versionOf(node), node]))('Node %s', (version, node) => {
  it('is another version than this one', () => {
    expect(version).toMatch(/^v\d+\.\d+\.\d+$/);
    expect(version).not.toBe(process.version);
  });

  it('prints and leaves the same bytes', () => {
    const paths = ['more', 'scenarios'];
    expect(firstDifference(remainsOf(process.execPath, ...paths), remainsOf(node, ...paths))).toBeNull();
  });

  it('has the goldens and fingerprints that are pinned', () => {
    const { exitCode, out, err } = pinnedTestsOf(node);
    expect({ exitCode, err }, out).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(/Tests .*\d+ passed/);
  });
});

/** A Node that multiplies otherwise as soon as `condition` holds, as one would whose compiler has a defect. */
function defectiveNode(condition: string): string {
  const folder = folderWith({
    'defect.cjs': `const { imul } = Math;\nMath.imul = (a, b) => (${condition} ? imul(a, b) ^ 1 : imul(a, b));\n`,
  });
  const path = join(folder, 'node');
  const options = `NODE_OPTIONS="--require ${join(folder, 'defect.cjs')}"`; // Reaches its threads and children, too.
  writeFileSync(path, `#!/bin/sh\n${options} exec '${process.execPath}' "$@"\n`, { mode: 0o755 });
  return path;
}

describe.skipIf(process.platform === 'win32')('a Node with a defect', () => {
  it('would be found out by what it prints and leaves', () => {
    const sound = remainsOf(process.execPath, 'more');
    expect(firstDifference(sound, remainsOf(defectiveNode('false'), 'more'))).toBeNull();
    expect(firstDifference(sound, remainsOf(defectiveNode('(a & 1023) === 7'), 'more'))).toMatch(/^line \d+: /);
  });

  it('would be found out by what is pinned', () => {
    const { exitCode, out } = pinnedTestsOf(defectiveNode('(a & 1023) === 7'));
    expect(exitCode).toBe(1);
    expect(out).toMatch(/Tests .*\d+ failed/);
  });
});

it('what is compared is worth it: runs of every system, failures among them', () => {
  const results = remainsOf(process.execPath, 'more', 'scenarios');
  expect(results).toContain('"outcome":"violation"');
  expect(results).toContain('reports/more/failing/1/history.jsonl');
  expect(results).not.toContain('"outcome":"error"');
  expect(readFileSync(join(root, '.ci/run'), 'utf8')).toContain('QUORUMQUAKE_NODES');
});
