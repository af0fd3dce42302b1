import { execFileSync, spawn } from 'node:child_process';
import {
  lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AtomicFile, readHistoryFile, scenarioFiles, writeAtomically, writeRunFiles } from '../../../src/host/files.ts';
import { HostError } from '../../../src/host/problem.ts';
import { filesOfSlug, isFoundBySlug, loadScenarios, slugFor } from '../../../src/host/scenarios.ts';
import { catalogueWith } from '../../../src/scenario/catalogue.ts';

const before = process.cwd();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorumquake-'));
  process.chdir(folder);
});

afterEach(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

function put(path: string, text: string = ''): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

/** The exit code and the message that an action ends with. */
function failureOf(action: () => unknown): { readonly exitCode: number; readonly message: string } {
  try {
    action();
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('the scenario files below a folder', () => {
  it('are all *.yaml, by code unit, and nothing hidden, linked or installed', () => {
    const paths = ['b.yaml', 'B.yaml', 'a/z.yaml', 'README.md', '.git/x.yaml', 'node_modules/x.yaml'];
    for (const path of paths) put(`s/${path}`);
    put('elsewhere/x.yaml');
    symlinkSync(join(folder, 'elsewhere'), join(folder, 's/link'));
    expect(scenarioFiles(['s'])).toEqual(['s/B.yaml', 's/a/z.yaml', 's/b.yaml']);
    expect(scenarioFiles(['./s/'])).toEqual(['./s/B.yaml', './s/a/z.yaml', './s/b.yaml']);
  });

  it('are named once, in the order of the arguments', () => {
    for (const path of ['s/a.yaml', 's/b.yaml']) put(path);
    expect(scenarioFiles(['s/b.yaml', 's', './s/a.yaml'])).toEqual(['s/b.yaml', 's/a.yaml']);
  });

  it('may be none', () => {
    mkdirSync('empty');
    expect(scenarioFiles(['empty'])).toEqual([]);
  });

  it('must exist if they are named', () => {
    expect(failureOf(() => scenarioFiles(['nowhere.yaml']))).toMatchObject({ exitCode: 64 });
  });
});

describe('scenarios', () => {
  it.skipIf(process.platform === 'win32')('are no pipes, which would keep the reader waiting', () => {
    execFileSync('mkfifo', ['pipe.yaml']);
    put('good.yaml', 'name: a\nsystem: { protocol: raft }\n');
    const { exitCode, message } = failureOf(() => loadScenarios(['good.yaml', 'pipe.yaml'], catalogueWith()));
    expect(exitCode).toBe(65);
    expect(message).toContain('pipe.yaml:1:1: pipe.yaml is no regular file');
  });

  it('show the problems of all files at once', () => {
    put('a.yaml', 'nmae: x\n');
    put('b.yaml', '[\n');
    const { exitCode, message } = failureOf(() => loadScenarios(['a.yaml', 'b.yaml'], catalogueWith()));
    expect(exitCode).toBe(65);
    expect(message).toMatch(/^a\.yaml:1:1: /m);
    expect(message).toMatch(/^b\.yaml:\d+:\d+: /m);
  });

  it('have a slug that does not tell where this machine keeps them', () => {
    expect(slugFor('scenarios/raft/x.yaml')).toBe('raft/x');
    expect(slugFor(join(folder, 'my/x.yaml'))).toBe('my/x');
    expect(slugFor('../secret/x.yaml')).toBe('x');
  });

  it('are found again by their slug, where it leads back to them', () => {
    const entryAt = (file: string): Parameters<typeof isFoundBySlug>[0] =>
      ({ file, slug: slugFor(file), scenario: {} as never });
    for (const path of ['scenarios/raft/x.yaml', 'raft/x.yaml', 'a b.yaml']) put(path);
    expect(filesOfSlug('raft/x')).toEqual(['scenarios/raft/x.yaml', 'raft/x.yaml']);
    expect(isFoundBySlug(entryAt('scenarios/raft/x.yaml'))).toBe(true);
    expect(isFoundBySlug(entryAt('a b.yaml'))).toBe(false);
    expect(isFoundBySlug(entryAt('../x.yaml'))).toBe(false);
  });
});

describe('a file is written', () => {
  it('whole or not at all', () => {
    const file = new AtomicFile('deep/down/x.json');
    file.write('{"a":');
    expect(readdirSync('deep/down')).toEqual([expect.stringMatching(/^x\.json\.\d+\.part$/)]);
    file.write('1}');
    file.commit();
    expect(readdirSync('deep/down')).toEqual(['x.json']);
    expect(readFileSync('deep/down/x.json', 'utf8')).toBe('{"a":1}');
  });

  it('without a trace of what was given up', () => {
    put('x.json', 'old');
    const file = new AtomicFile('x.json');
    file.write('new');
    file.abandon();
    expect(readdirSync('.')).toEqual(['x.json']);
    expect(readFileSync('x.json', 'utf8')).toBe('old');
  });

  it('or the exit code says that it was not', () => {
    put('file');
    expect(failureOf(() => { writeAtomically('file/below', 'x'); })).toMatchObject({ exitCode: 74 });
    mkdirSync('folder');
    expect(failureOf(() => { writeAtomically('folder', 'x'); })).toMatchObject({ exitCode: 74 });
    expect(readdirSync('.').sort((a, b) => (a < b ? -1 : 1))).toEqual(['file', 'folder']);
  });

  it.skipIf(process.platform !== 'linux')('but not to a full disk', () => {
    expect(failureOf(() => { new AtomicFile('/proc/x'); })).toMatchObject({ exitCode: 74 });
  });
});

describe('a path that is no regular file', () => {
  it('keeps its link: what the link leads to is replaced', () => {
    put('target');
    symlinkSync('target', 'link');
    writeAtomically('link', 'new');
    expect(lstatSync('link').isSymbolicLink()).toBe(true);
    expect(readFileSync('target', 'utf8')).toBe('new');
  });

  it.skipIf(process.platform !== 'linux')('is written to, if it is a device, and stays one', () => {
    writeAtomically('/dev/null', 'x');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('the folder of a failing run', () => {
  const scenario = Buffer.from([0xff, 0x0a]);
  const files = { slug: 'raft/x', system: null, resultJson: '{}\n', history: 'h\n', scenario };

  it('holds the result, the history and the very bytes of the scenario', () => {
    expect(writeRunFiles({ ...files, seed: '7' })).toBe('reports/raft/x/7');
    expect(readFileSync('reports/raft/x/7/result.json', 'utf8')).toBe('{}\n');
    expect(readFileSync('reports/raft/x/7/history.jsonl', 'utf8')).toBe('h\n');
    expect(readFileSync('reports/raft/x/7/scenario.yaml')).toEqual(files.scenario);
  });

  it('lies below its system where the file has several', () => {
    expect(writeRunFiles({ ...files, system: 'raft-lock', seed: '7' })).toBe('reports/raft/x/raft-lock/7');
  });

  it('stays below reports, whatever the seed is called', () => {
    expect(writeRunFiles({ ...files, seed: '..' })).toBe('reports/raft/x/%2E%2E');
    expect(writeRunFiles({ ...files, seed: '..\\..\\x' })).toBe('reports/raft/x/%2E%2E%5C..%5Cx');
  });
});

describe('a history', () => {
  it('is no folder, and not missing', () => {
    expect(failureOf(() => readHistoryFile('.'))).toMatchObject({ exitCode: 64 });
    expect(failureOf(() => readHistoryFile('nowhere'))).toMatchObject({ exitCode: 64 });
  });

  it('is text in UTF-8, or the place is named where it is not', () => {
    writeFileSync('good', '\ufffdä\n');
    expect(readHistoryFile('good')).toBe('\ufffdä\n');
    writeFileSync('latin', Buffer.concat([Buffer.from('\ufffdä\nab'), Buffer.from([0xe4, 0x0a])]));
    expect(failureOf(() => readHistoryFile('latin'))).toMatchObject(
      { exitCode: 65, message: 'latin:2:3: a byte that is no text in UTF-8' });
    writeFileSync('marked', Buffer.concat([Buffer.from('\ufeffab'), Buffer.from([0xe4])]));
    expect(failureOf(() => readHistoryFile('marked'))).toMatchObject(
      { message: 'marked:1:3: a byte that is no text in UTF-8' });
  });

  it('is read in a moment, however many characters in it stand for a failed decoding elsewhere', () => {
    const text = '\ufffd'.repeat(300_000);
    const before = process.cpuUsage();
    writeFileSync('good', text);
    expect(readHistoryFile('good')).toBe(text);
    writeFileSync('bad', Buffer.concat([Buffer.from(text), Buffer.from([0xe4])]));
    expect(failureOf(() => readHistoryFile('bad')).message).toContain('bad:1:300001: ');
    expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
  });

  it.skipIf(process.platform === 'win32')('may come through a pipe', () => {
    execFileSync('mkfifo', ['pipe']);
    const text = 'a line\n'.repeat(50_000);
    writeFileSync('plain', text);
    spawn('sh', ['-c', 'cat plain > pipe'], { stdio: 'ignore' });
    expect(readHistoryFile('pipe')).toBe(text);
  });

  it.skipIf(process.platform !== 'linux')('has an end', () => {
    expect(failureOf(() => readHistoryFile('/dev/zero'))).toMatchObject({ exitCode: 65 });
  });
});
