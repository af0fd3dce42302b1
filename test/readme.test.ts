import { Chalk } from 'chalk';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Comparison } from '../src/explore/side-by-side.ts';
import { multiPaxos } from '../src/protocols/multi-paxos/module.ts';
import { paxos } from '../src/protocols/paxos/module.ts';
import { raft } from '../src/protocols/raft/module.ts';
import { zab } from '../src/protocols/zab/module.ts';
import { comparisonText } from '../src/report/side-by-side.ts';
import type { TextStyle } from '../src/report/text.ts';
import { folderWith, quorumquake, shell } from './support/cli/command.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(resolve(root, path), 'utf8');
const readme = read('README.md');

/** The code blocks of one language, in their order. */
function blocks(language: string): string[] {
  return [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);
}

describe('the README', () => {
  it('shows a scenario of ten lines, its command, and what that prints', () => {
    const [scenario = '', workflow = ''] = blocks('yaml');
    const [command = ''] = blocks('sh');
    const [output = ''] = blocks('text');
    expect(scenario.trimEnd().split('\n')).toHaveLength(10);
    const folder = folderWith({ 'no-stale-reads.yaml': scenario });
    const { exitCode, out } = shell(folder, command);
    expect(out.slice(0, out.indexOf('\n\n') + 1)).toBe(output);
    expect(exitCode).toBe(1);
    expect(quorumquake(folder, 'run', 'no-stale-reads.yaml', '-j', '2').exitCode).toBe(0);
    expect(workflow.trimEnd().split('\n')).toHaveLength(10);
    expect(parse(workflow)).toMatchObject({ jobs: { scenarios: { steps: [{}, {}, {}, {}] } } });
  });

  it.each([
    'scenarios/locks/one-application-over-four-locks.yaml',
    'scenarios/systems/a-register-while-its-leader-is-cut-off.yaml',
  ])('shows systems side by side as a terminal of 120 columns does: %s', (scenarios) => {
    const { out } = quorumquake(root, 'run', scenarios, '-j', '1', '--reporter', 'json');
    const { sideBySide } = JSON.parse(out) as { readonly sideBySide: readonly Comparison[] };
    const [comparison] = sideBySide as [Comparison];
    const style: TextStyle = { colourLevel: 0, hasUnicode: true, columns: 120 };
    expect(blocks('text')).toContain(`${comparisonText(comparison, style, new Chalk({ level: 0 }))}\n`);
  });

  it('sets everything up with two lines', () => {
    expect(blocks('sh')[1]).toBe('npm ci && npm start\nnpm ci && npm test\n');
  });

  it('names the commands, options and reporters that there are', () => {
    const commandNames = ['run', 'replay', 'check', 'list', 'schema', 'doctor', 'init'];
    const help = commandNames.map((command) => quorumquake(root, command, '--help').out).join();
    const [commands = ''] = /## Commands[^]*?## In CI/.exec(readme) ?? [];
    const named = new Set(commands.match(/--?[a-z][a-z-]*/g)?.filter((word) => /^(--[a-z]|-j$)/.test(word)));
    expect(named.size).toBeGreaterThan(12);
    for (const option of named) expect(help, option).toContain(option);
  });
});

describe('links', () => {
  it.each(['README.md', 'CONTRIBUTING.md', 'scenarios/README.md', 'scenarios/regressions/README.md', 'src/README.md',
    'src/protocols/raft/README.md', 'src/protocols/multi-paxos/README.md', 'src/protocols/paxos/README.md',
    'src/protocols/zab/README.md', 'src/protocols/zookeeper/README.md', 'reports/README.md',
  ])('of %s lead somewhere', (path) => {
    const targets = [...read(path).matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map(([, target = '']) => target);
    for (const target of targets.filter((each) => !each.startsWith('http'))) {
      expect(existsSync(resolve(root, dirname(path), target)), target).toBe(true);
    }
  });

  it.each([['Raft', raft], ['Multi-Paxos', multiPaxos], ['Zab', zab], ['Paxos', paxos]] as const)(
    'the tables of options have all of %s', (heading, { options }) => {
      const table = new RegExp(`### Options of ${heading}\\n[^]*?(?=\\n### |$)`);
      const [part = ''] = table.exec(read('scenarios/README.md')) ?? [];
      const first = part.split('\n').filter((line) => line.startsWith('| `')).map((line) => line.split(' | ')[0] ?? '');
      expect(first.flatMap((cell) => cell.match(/[a-zA-Z]+/g) ?? []).sort()).toEqual(Object.keys(options).sort());
    },
  );

  it('to scenarios are complete, and each scenario has the row of its name', () => {
    const table = read('scenarios/README.md');
    const { out } = quorumquake(root, 'list', 'scenarios');
    const listed = out.trimEnd().split('\n').map((line) => (line.split(' ')[0] ?? '').replace('scenarios/', ''));
    const files = listed.filter((file) => !file.startsWith('regressions/'));
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) expect(table).toContain(`](${file})`);
  });
});
