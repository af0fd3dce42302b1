import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatHistory } from '../../checkers/index.ts';
import type { RunResult } from '../../src/run/result.ts';
import { folderWith, quiet, quorumquake, stormy } from '../support/cli/command.ts';
import { PLANTED } from '../support/histories/locks.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = folderWith({ 'scenarios/raft/quiet.yaml': quiet, 'empty/README.md': 'x', 'bad.yaml': 'nmae: x\n' });

describe('bad usage', () => {
  it.each([
    ['a command that does not exist', ['rnu'], 'Did you mean run?'],
    ['an option that does not exist', ['run', 'scenarios', '--sede', '1'], 'Did you mean --seed'],
    ['no file', ['run'], "missing required argument 'file'"],
    ['a file that does not exist', ['run', 'nowhere'], 'there is no nowhere'],
    ['no seeds', ['run', 'scenarios', '--seeds', '0'], 'A count from 1'],
    ['a range that ends before it begins', ['run', 'scenarios', '--seeds', '5..3'], '3..5?'],
    ['no workers', ['run', 'scenarios', '-j', '0'], 'from 1'],
    ['a shard beyond the last', ['run', 'scenarios', '--shard', '3/2'], 'counted from 1'],
    ['a reporter that does not exist', ['run', 'scenarios', '--reporter', 'html'], 'list, json, junit'],
    ['a defect that does not exist', ['run', 'scenarios', '--defect', 'RF-99'], 'list --defects'],
    ['one of several defects that does not', ['run', 'scenarios', '--defect', 'RF-01+RF-99'], 'no defect RF-99'],
    ['two defects of the whole node', ['run', 'scenarios', '--defect', 'RF-01+RF-05'], 'do not go together'],
    ['one seed and many', ['run', 'scenarios', '--seed', '1', '--seeds', '2'], 'cannot be used with'],
    ['a module that is none', ['run', 'scenarios', '--protocol', 'bad.yaml'], 'cannot load the protocol bad.yaml'],
    ['what is no coordinate', ['replay', 'x'], 'one reads like'],
    ['a model that does not exist', ['check', 'bad.yaml', '--model', 'x'], 'cas-register'],
    ['a value that is no JSON', ['check', 'bad.yaml', '--initial', 'x'], '"x"'],
    ['a meaning that does not exist', ['check', 'bad.yaml', '--nil-read', 'maybe'], 'unknown, initial'],
    ['a format that does not exist', ['check', 'bad.yaml', '--format', 'csv'], 'jsonl, edn, jepsen-log'],
  ])('exits with 64: %s', (_what, args, hint) => {
    const { exitCode, out, err } = quorumquake(folder, ...args);
    expect({ exitCode, out }).toEqual({ exitCode: 64, out: '' });
    expect(err).toContain(hint);
    expect(err).not.toMatch(/^ {4}at /m);
    expect(err.trimEnd().split('\n').length).toBeLessThanOrEqual(3);
  });

  it('of no command at all shows the help', () => {
    expect(quorumquake(folder)).toMatchObject({ exitCode: 64, out: '' });
  });
});

describe('nothing selected exits with 4', () => {
  it.each([
    ['a folder without scenarios', ['run', 'empty']],
    ['a shard without runs', ['run', 'scenarios', '--seed', '1', '--shard', '1/999999']],
    ['no scenarios to list', ['list', 'empty']],
  ])('%s', (_what, args) => {
    const { exitCode, err } = quorumquake(folder, ...args);
    expect(exitCode).toBe(4);
    expect(err).toMatch(/^quorumquake: nothing was selected: [^\n]*\n$/);
  });
});

describe('bad input exits with 65', () => {
  it('a scenario, with its place', () => {
    const { exitCode, err } = quorumquake(folder, 'run', 'bad.yaml');
    expect(exitCode).toBe(65);
    expect(err).toContain('bad.yaml:1:1: ');
  });

  it('a scenario that was changed since, with both hashes', () => {
    const { out } = quorumquake(folder, 'run', 'scenarios', '--seed', '1', '--reporter', 'json');
    const [run] = (JSON.parse(out) as { runs: { coordinate: string }[] }).runs;
    const coordinate = run?.coordinate ?? '';
    expect(quorumquake(folder, 'replay', coordinate).exitCode).toBe(0);
    const edited = folderWith({ 'scenarios/raft/quiet.yaml': quiet.replace('1s', '2s') });
    const { exitCode, err } = quorumquake(edited, 'replay', coordinate);
    expect(exitCode).toBe(65);
    expect(err).toContain(/@([0-9a-f]{12})/.exec(coordinate)?.[1]);
    expect(err).toMatch(/scenarios\/raft\/quiet\.yaml has the hash [0-9a-f]{12}: /);
  });

  it.each(['raft/gone', 'bad.yaml/gone'])('a coordinate whose scenario is not here, %s', (slug) => {
    const { exitCode, err } = quorumquake(folder, 'replay', `${slug}@0123456789ab/7`);
    expect(exitCode).toBe(65);
    expect(err).toContain(`scenarios/${slug}.yaml`);
  });
});

describe('help', () => {
  it('and the version go to standard output, with 0', () => {
    const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string };
    expect(quorumquake(folder, '--version')).toEqual({ exitCode: 0, out: `${version}\n`, err: '' });
    for (const args of [['--help'], ['run', '--help']]) {
      const { exitCode, out, err } = quorumquake(folder, ...args);
      expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
      expect(out).toMatch(/^Usage: quorumquake/);
    }
  });

  it('names the commands that exist, and no other', () => {
    const { out } = quorumquake(folder, '--help');
    const [listed = ''] = /^Commands:\n[^]*?\n\n/m.exec(out) ?? [];
    const commands = [...listed.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    expect(commands).toEqual(['run', 'replay', 'check', 'list', 'schema', 'doctor', 'init']);
  });
});

describe('list', () => {
  it('has a line for each scenario', () => {
    expect(quorumquake(folder, 'list').out).toBe('scenarios/raft/quiet.yaml  three nodes serve appends\n');
  });

  it('has straight columns, also where letters take two', () => {
    const named = folderWith({ 'scenarios/漢字.yaml': quiet, 'scenarios/abcdef.yaml': quiet });
    expect(quorumquake(named, 'list').out).toBe(
      'scenarios/abcdef.yaml  three nodes serve appends\nscenarios/漢字.yaml    three nodes serve appends\n');
  });

  it('has a line for each defect', () => {
    const { out } = quorumquake(folder, 'list', '--defects');
    expect(out).toMatch(/^RF-01 +raft\/vote-not-durable +E +\S+ +\S/m);
  });
});

describe('check', () => {
  const line = (index: number, process: number, type: string, f: string, value: unknown): string =>
    `${JSON.stringify({ index, time: index, process, type, f, value })}\n`;
  const write = line(0, 0, 'invoke', 'write', 1) + line(1, 0, 'ok', 'write', 1);
  const histories = folderWith({
    'good.jsonl': write + line(2, 1, 'invoke', 'read', null) + line(3, 1, 'ok', 'read', 1),
    'stale.jsonl': write + line(2, 1, 'invoke', 'read', null) + line(3, 1, 'ok', 'read', null),
    'open.jsonl': line(0, 0, 'invoke', 'write', 1),
    'reads.jsonl': line(0, 1, 'invoke', 'read', null) + line(1, 1, 'ok', 'read', null),
    'broken.jsonl': `${write}{"index":2,\n`,
    'empty.jsonl': '',
  });

  it.each([
    ['good', 0, 'valid'], ['stale', 1, 'invalid'], ['open', 2, 'unknown'],
  ])('exits for %s with %i', (name, code, verdict) => {
    const text = quorumquake(histories, 'check', `${name}.jsonl`);
    expect(text.exitCode).toBe(code);
    expect(text.out).toMatch(new RegExp(`^${verdict}: `));
    const json = quorumquake(histories, 'check', `${name}.jsonl`, '--reporter', 'json');
    expect(json.exitCode).toBe(code);
    const parsed = JSON.parse(json.out) as object;
    expect(parsed).toMatchObject({ schema: 'quorumquake/check@1', verdict, model: 'register' });
    const proof = { valid: ['witness'], invalid: ['evidence'], unknown: [] }[verdict] ?? [];
    expect(Object.keys(parsed)).toEqual(
      ['schema', 'verdict', 'model', 'operations', 'algorithm', ...proof, 'verified', 'reason']);
  });

  it('names the place of what is no history', () => {
    expect(quorumquake(histories, 'check', 'broken.jsonl')).toMatchObject({
      exitCode: 65, err: expect.stringMatching(/^broken\.jsonl:3:12: /) as string });
    expect(quorumquake(histories, 'check', 'empty.jsonl').exitCode).toBe(65);
  });

  const ofCas = (...values: readonly string[]): readonly string[] => ['0 invoke write 1', '0 ok write 1',
    '1 invoke cas [1 2]', ...values, '2 invoke read nil'];
  const inEdn = (lines: readonly string[]): string => `[${lines.map((each) => {
    const [process = '', type = '', f = '', ...value] = each.split(' ');
    return `{:process ${process}, :type :${type}, :f :${f}, :value ${value.join(' ')}}`;
  }).join('\n ')}]\n`;
  const inLog = (lines: readonly string[]): string => lines.map((each) =>
    `INFO  jepsen.util - ${each.replace(' ', '\t:').replace(' ', '\t:').replace(' ', '\t')}\n`).join('');

  it.each([
    ['good', 0, 'valid', [...ofCas('1 info cas :timed-out'), '2 ok read 2']],
    ['stale', 1, 'invalid', [...ofCas('1 ok cas [1 2]'), '2 ok read 1']],
    ['open', 2, 'unknown', ['0 invoke cas [1 2]', '1 invoke read nil', '1 fail read :timed-out']],
  ])('exits for %s histories of Jepsen with %i, and tells their format', (name, code, verdict, lines) => {
    const folder = folderWith({ [`${name}.edn`]: inEdn(lines), [`${name}.log`]: inLog(lines) });
    for (const [file, format] of [[`${name}.edn`, 'edn'], [`${name}.log`, 'jepsen-log']] as const) {
      const { exitCode, out } = quorumquake(folder, 'check', file);
      expect(exitCode, file).toBe(code);
      expect(out).toMatch(new RegExp(`^${verdict}: [^]*\ncas-register, `));
      expect(quorumquake(folder, 'check', file, '--format', format).out).toBe(out);
    }
  });

  it.each([
    ['EDN', '{:process 0,\n :type :start}', [], '2:8: :type is none of'],
    ['a log', 'INFO - 0\t:invoke\t:read', [], '1:23: the line ends too early'],
    ['a log without operations', 'INFO  starting\n', [], '1:1: no line of this log'],
    ['no format', '\n  <html>', [], '2:3: this begins neither like'],
    ['EDN by name only', write, ['--format', 'edn'], '1:39: expected the name of a keyword'],
    ['JSON lines by name only', inLog(['0 invoke read nil']), ['--format', 'jsonl'], '1:1: expected a value'],
  ])('exits with 65 for what is malformed: %s', (_what, text, options, place) => {
    const { exitCode, out, err } = quorumquake(folderWith({ 'x.txt': text }), 'check', 'x.txt', ...options);
    expect({ exitCode, out }).toEqual({ exitCode: 65, out: '' });
    expect(err).toContain(`x.txt:${place}`);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
  });

  it.each<[string, readonly string[], number, number]>([
    ['a failed cas found another value', ['--failed-cas', 'observe'], 1, 1],
    ['a read of nil found nothing', ['--nil-read', 'initial'], 1, 1],
    ['a read of nil says nothing', ['--nil-read', 'unknown'], 0, 0],
    ['that was the value at first', ['--initial', '7', '--nil-read', 'initial'], 1, 1],
    ['the defaults, which differ for our own runs', [], 0, 1],
  ])('judges by what a history means: %s', (_what, options, ofJepsen, ofOurOwn) => {
    const lines = [...ofCas('1 fail cas [1 2]'), '2 ok read nil'];
    const events = lines.map((each, index) => {
      const [, process, type, f, value] = /^(\d+) (\S+) (\S+) (.*)$/.exec(each.replace('nil', 'null')) ?? [];
      return line(index, Number(process), type ?? '', f ?? '', JSON.parse((value ?? '').replace(' ', ',')));
    });
    const folder = folderWith({ 'x.edn': inEdn(lines), 'x.log': inLog(lines), 'x.jsonl': events.join('') });
    const codes = ['x.edn', 'x.log', 'x.jsonl'].map((file) => quorumquake(folder, 'check', file, ...options).exitCode);
    expect(codes).toEqual([ofJepsen, ofJepsen, ofOurOwn]);
  });

  it('takes what objects hold at first', () => {
    const seven = folderWith({ 'x.jsonl': line(0, 0, 'invoke', 'read', null) + line(1, 0, 'ok', 'read', 7) });
    const exit = (...options: readonly string[]): number | null =>
      quorumquake(seven, 'check', 'x.jsonl', '--model', 'register', ...options).exitCode;
    expect([exit(), exit('--initial', '7'), exit('--initial', '"7"')]).toEqual([1, 0, 1]);
    expect(quorumquake(seven, 'check', 'x.jsonl', '--model', 'append', '--initial', '7').exitCode).toBe(64);
  });

  it('asks for the model where the operations do not tell', () => {
    expect(quorumquake(histories, 'check', 'reads.jsonl').exitCode).toBe(64);
    expect(quorumquake(histories, 'check', 'reads.jsonl', '--model', 'register').exitCode).toBe(0);
  });

  it.each([
    ['pauseBeforeStore', [1, 0, 2]], ['pauseBeforeStoreFenced', [0, 0, 2]], ['latePacket', [1, 0, 2]],
    ['twoBeliefsFenced', [0, 1, 2]],
  ] as const)('judges locks in three ways that are never mixed: %s', (name, codes) => {
    const folder = folderWith({ 'x.jsonl': formatHistory(PLANTED[name]) });
    for (const [at, model] of ['fencing', 'mutual-exclusion', 'lock-ownership'].entries()) {
      const json = quorumquake(folder, 'check', 'x.jsonl', '--model', model, '--reporter', 'json');
      expect(json.exitCode, model).toBe(codes[at]);
      expect(JSON.parse(json.out)).toMatchObject({ schema: 'quorumquake/check@1', model, verified: codes[at] !== 2 });
      expect('prevented' in JSON.parse(json.out)).toBe(model === 'fencing');
      const verdict = ['valid', 'invalid', 'unknown'][codes[at] as number] as string;
      expect(quorumquake(folder, 'check', 'x.jsonl', '--model', model).out).toMatch(new RegExp(`^${verdict}: `));
    }
  });

  it('tells both holders of a lock on one axis of time', () => {
    const folder = folderWith({ 'x.jsonl': formatHistory(PLANTED.pauseBeforeStore) });
    expect(quorumquake(folder, 'check', 'x.jsonl', '--model', 'fencing').out).toBe([
      'invalid: a store of process 1 with grant 33 was applied after one of process 2 with the newer grant 34',
      '   0.020000 s  process 1 believes that it holds l from here (grant 33)',
      '   9.898000 s  process 1 believes that it holds l until here (grant 33)',
      '  10.100000 s  process 2 believes that it holds l from here (grant 34)',
      '  10.150000 s  process 2 asks to store (grant 34, token 34)',
      '  10.154000 s  process 2 is answered ok',
      '  15.030000 s  process 1 asks to store (grant 33, token 33)',
      '  15.034000 s  process 1 is answered ok',
      '  19.980000 s  process 2 believes that it holds l until here (grant 34)',
      'fencing, 2 stores, sweep, verified\n',
    ].join('\n'));
  });

  it('names the place of a line about locks that is malformed, and takes no initial value for them', () => {
    const folder = folderWith({ 'x.jsonl': line(0, 1, 'invoke', 'store', { token: 1 }) });
    const { exitCode, err } = quorumquake(folder, 'check', 'x.jsonl', '--model', 'fencing');
    expect(exitCode).toBe(65);
    expect(err).toMatch(/^x\.jsonl:1:69: "grant" of "store" is not a whole number from 0/);
    expect(quorumquake(folder, 'check', 'x.jsonl', '--model', 'register').exitCode).toBe(2);
    const good = folderWith({ 'x.jsonl': formatHistory(PLANTED.latePacket) });
    expect(quorumquake(good, 'check', 'x.jsonl', '--model', 'fencing', '--initial', '1').exitCode).toBe(64);
  });

  it('judges what a run left as the run did', () => {
    const found = folderWith({ 'scenarios/a.yaml': stormy });
    quorumquake(found, 'run', 'scenarios', '--seeds', '12', '--defect', 'raft/vote-no-log-check');
    const folders = readdirSync(resolve(found, 'reports/a')).map((seed) => resolve(found, 'reports/a', seed));
    const verdicts = folders.map((path) => {
      const result = JSON.parse(readFileSync(resolve(path, 'result.json'), 'utf8')) as RunResult;
      const { out } = quorumquake(path, 'check', 'history.jsonl', '--reporter', 'json');
      const { verdict } = JSON.parse(out) as { verdict: string };
      expect(verdict, path).toBe(result.verdicts.find(({ checker }) => checker === 'linearizable')?.verdict);
      return verdict;
    });
    expect(verdicts).toContain('invalid');
  });
});
