import Ajv from 'ajv';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { folderWith, quorumquake, shell } from '../support/cli/command.ts';

const root = resolve(import.meta.dirname, '../..');
const scenario = 'scenarios/crash-of-the-leader-loses-no-append.yaml';
const written = [scenario, 'scenarios/schema.json', '.github/workflows/scenarios.yml'];

describe('init', () => {
  it('writes what runs, and says how', () => {
    const folder = folderWith({});
    const { exitCode, out, err } = quorumquake(folder, 'init');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toBe(`${written.map((path) => `wrote ${path}\n`).join('')}next: npx quorumquake run 'scenarios'\n`);
    const next = shell(folder, /next: (.*)/.exec(out)?.[1] ?? '');
    expect(next.exitCode).toBe(0);
    expect(next.out).toContain('20 runs, 20 as expected');
  });

  it('writes into a folder of any name, and makes it', () => {
    const folder = folderWith({});
    const { out } = quorumquake(folder, 'init', "it's new/deep/");
    expect(written.every((path) => existsSync(join(folder, "it's new/deep", path)))).toBe(true);
    expect(shell(folder, /next: (.*)/.exec(out)?.[1] ?? '').exitCode).toBe(0);
  });

  it('shows in its comments what can be put in', () => {
    const folder = folderWith({});
    quorumquake(folder, 'init');
    const text = readFileSync(join(folder, scenario), 'utf8');
    writeFileSync(join(folder, scenario), text.replace(/^ {2}# (- when|  pause)/gm, '  $1'));
    expect(readFileSync(join(folder, scenario), 'utf8')).not.toBe(text);
    expect(quorumquake(folder, 'list').exitCode).toBe(0);
  });

  it('touches nothing that is there, and then writes nothing at all', () => {
    const folder = folderWith({ [scenario]: 'mine' });
    const { exitCode, out, err } = quorumquake(folder, 'init');
    expect({ exitCode, out }).toEqual({ exitCode: 74, out: '' });
    expect(err).toContain(`there is ${scenario} (--force overwrites)`);
    expect(readFileSync(join(folder, scenario), 'utf8')).toBe('mine');
    expect(readdirSync(folder)).toEqual(['scenarios']);
    expect(quorumquake(folder, 'init', '--force').exitCode).toBe(0);
    expect(readFileSync(join(folder, scenario), 'utf8')).not.toBe('mine');
  });

  it('writes the workflow that the README shows', () => {
    const folder = folderWith({});
    quorumquake(folder, 'init');
    const workflow = readFileSync(join(folder, '.github/workflows/scenarios.yml'), 'utf8');
    expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`\`\`\`yaml\n${workflow}\`\`\``);
  });

  it('says that a folder cannot be made', () => {
    expect(quorumquake(folderWith({ file: 'x' }), 'init', 'file/below')).toMatchObject({ exitCode: 74, out: '' });
  });
});

describe('schema', () => {
  it('is on standard output and nothing else, and takes what init writes', () => {
    const folder = folderWith({});
    quorumquake(folder, 'init');
    const { exitCode, out, err } = quorumquake(folder, 'schema');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toBe(readFileSync(join(folder, 'scenarios/schema.json'), 'utf8'));
    const text = readFileSync(join(folder, scenario), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=schema\.json\n/);
    const validate = new Ajv().compile(JSON.parse(out) as object);
    expect(validate(parse(text))).toBe(true);
    expect(validate(parse(text.replace('duration:', 'durration:')))).toBe(false);
  });

  it('has a help that says what to do with it', () => {
    expect(quorumquake(root, 'schema', '--help').out).toContain('# yaml-language-server: $schema=');
  });
});

describe('doctor', () => {
  const findings = (out: string): unknown => {
    const parsed = JSON.parse(out) as { readonly findings: readonly Readonly<Record<'name' | 'state', string>>[] };
    return parsed.findings.map(({ name, state }) => [name, state]);
  };

  it('finds this machine well, and leaves nothing behind', () => {
    const folder = folderWith({});
    const { exitCode, out, err } = quorumquake(folder, 'doctor');
    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(/^ok {4}self-test {2}two runs, fingerprint [0-9a-f]{16}, as everywhere$/m);
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(join(folder, 'reports'));
    expect(quorumquake(folder, 'doctor').out).toMatch(/^ok {4}reports {4}reports can be written to$/m);
    expect(readdirSync(join(folder, 'reports'))).toEqual([]);
  });

  it('exits with 74 where reports cannot be written', () => {
    const { exitCode, out } = quorumquake(folderWith({ reports: 'a file' }), 'doctor', '--reporter', 'json');
    expect(exitCode).toBe(74);
    expect(findings(out)).toContainEqual(['reports', 'bad']);
    expect(findings(out)).toContainEqual(['self-test', 'ok']);
  });
});
