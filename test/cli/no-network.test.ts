import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, quiet, stormy } from '../support/cli/command.ts';
import { quorumquakeUnder, twistedRaft } from '../support/determinism/commands.ts';

const trap = resolve(import.meta.dirname, '../support/cli/no-network.cjs');
const history = ['invoke', 'ok'].map((type) => `{"process":0,"type":"${type}","f":"write","value":1}\n`).join('');

const folder = folderWith({
  'scenarios/quiet.yaml': quiet,
  'scenarios/failing.yaml': stormy.replace('name: ', 'defect: raft/vote-no-log-check\nname: '),
  'bad.yaml': '[',
  'history.jsonl': history,
  'caller.js': twistedRaft(`import('node:net').then(({ connect }) => connect(9, '127.0.0.1')).catch(() => undefined);`),
  'asker.js': "await fetch('http://quorumquake.invalid').catch(() => undefined);\nexport default {};\n",
});

/** What the trap caught while a command ran, and how that ended. */
function caughtBy(...args: readonly string[]): { readonly exitCode: number | null; readonly caught: string } {
  const file = join(folder, 'trap');
  writeFileSync(file, '');
  const env = { NODE_OPTIONS: `--require ${trap}`, QUORUMQUAKE_TRAP: file };
  const { exitCode } = quorumquakeUnder({ env }, folder, ...args);
  return { exitCode, caught: readFileSync(file, 'utf8') };
}

describe('no command touches the network', () => {
  it.each<[string, string[], number]>([
    ['a sweep with failures, causes and reports', ['run', 'scenarios', '--seeds', '6', '-j', '2'], 1],
    ['a run that is verified', ['run', 'scenarios/quiet.yaml', '--verify-determinism'], 0],
    ['files of results', ['run', 'scenarios/quiet.yaml', '--reporter', 'json=x.json', '--reporter', 'junit=x.xml'], 0],
    ['a bad scenario', ['run', 'bad.yaml'], 65],
    ['a bad coordinate', ['replay', 'x/y@0123456789ab/1'], 65],
    ['a history', ['check', 'history.jsonl'], 0],
    ['the list', ['list'], 0],
    ['the catalogue', ['list', '--defects'], 0],
    ['the schema', ['schema'], 0],
    ['the doctor', ['doctor'], 0],
    ['a first scenario', ['init', 'new'], 0],
    ['the help', ['--help'], 0],
    ['bad usage', ['rnu'], 64],
  ])('%s', (_what, args, exitCode) => {
    expect(caughtBy(...args)).toEqual({ exitCode, caught: '' });
  });
});

describe('the trap', () => {
  it('catches a protocol that connects while it runs, in its thread', () => {
    expect(caughtBy('run', 'scenarios/quiet.yaml', '--protocol', 'caller.js').caught).toContain('connect\n');
  });

  it('catches a module that asks for an address', () => {
    expect(caughtBy('run', 'scenarios/quiet.yaml', '--protocol', 'asker.js').caught).toMatch(/^(connect|lookup)\n/);
  });
});
