import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quorumquake, shell, type Ended } from '../support/cli/command.ts';
import { earlyAck, folderOfUser } from '../support/determinism/commands.ts';

const own = ['--protocol', './early-ack.js'];
const crash = 'faults:\n  - at: 1s\n    crash: { target: leader, flavour: machine }\n';

/** Nothing that a stack trace has in it, and nothing on standard error. */
function expectNoStack({ out, err }: Ended): void {
  expect(err).toBe('');
  expect(out).not.toMatch(/^ +at |file:/m);
}

/** The one line that is there to be pasted. */
function replayOf(out: string): string {
  const [, line = 'no replay line'] = /^ {2}replay: (.*)$/m.exec(out) ?? [];
  return line;
}

describe('a protocol of a user that acknowledges too early', () => {
  const folder = folderOfUser({ 'crash.yaml': earlyAck(crash), 'calm.yaml': earlyAck('') });

  it('passes as long as nothing happens', () => {
    const { exitCode, out } = quorumquake(folder, 'run', 'calm.yaml', ...own);
    expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringContaining('(pass 5)') as string });
  });

  it('is seen to lose an acknowledged write in a crash, with 1: who, what, when, and why', () => {
    const ended = quorumquake(folder, 'run', 'crash.yaml', ...own, '--seeds', '20');
    expect(ended.exitCode).toBe(1);
    expectNoStack(ended);
    const [block = ''] = ended.out.split('\n\n');
    expect(block).toMatch(/^FAIL an acknowledged .*, seed \d+, early-ack, linearizable: .*, at 1\.\d+ s$/m);
    expect(block).toMatch(/^ {2}c\d \(process \d+\) {2}append k\d \d+ -> /m);
    expect(block).toMatch(/^ {2}c\d \(process \d+\) {2}read k\d -> \[.*\] {2}\[1\.\d{6} s, 1\.\d{6} s\]$/m);
    expect(block).toMatch(/^ {2}faults active: crash of n1 from 1\.000 s$/m);
    expect(block).toMatch(/^ {2}cause: crash of n1 at 1 s;/m);
  });

  it('is not blamed on a fault that stands in the file behind the one that did it', () => {
    const pause = '  - at: 500ms\n    pause: { target: n3, for: 100ms }\n';
    const blamed = folderOfUser({ 'blamed.yaml': earlyAck(crash + pause) });
    const { out } = quorumquake(blamed, 'run', 'blamed.yaml', ...own, '--seeds', '20');
    expect(out).toMatch(/^ {2}cause: crash of n1 at 1 s;/m);
  });

  it('is replayed by the line that was printed, to the same fingerprint', () => {
    const { out } = quorumquake(folder, 'run', 'crash.yaml', ...own, '--seeds', '20');
    const [, report = ''] = /^ {2}open: +(.*)$/m.exec(out) ?? [];
    const result = JSON.parse(readFileSync(join(folder, report, 'result.json'), 'utf8')) as { fingerprint: string };
    const again = shell(folder, replayOf(out));
    expect(again.exitCode).toBe(1);
    expect(again.out).toContain(`fingerprint ${result.fingerprint}, `);
    expect(again.out).toContain(out.slice(0, out.indexOf('\n\n')));
  });
});

describe('a mistake in a handler is reported as what it is, with 1, in every thread alike', () => {
  const at = String.raw`\(at 0\.\d{6} s, event \d+\)\n`;
  const inside = (name: string): string =>
    String.raw`: error: n\d: ${name} was used inside a run; .* random streams, at early-ack\.js:\d+ ${at}`;

  it.each([
    ['throw', String.raw`: error: n\d: a handler threw RangeError: planted, at early-ack\.js:\d+ ${at}`],
    ['assert', String.raw`, assertion: n\d: the planted fact holds \(event #\d+\), at 0\.\d{3} s\n {2}faults active: `],
    ['async', String.raw`: error: n\d: a handler is async: it returned a promise; .* ${at}`],
    ['reject', String.raw`: error: n\d: a handler is async: it returned a promise; .* ${at}`],
    ['promise', String.raw`: error: \d+ promises were made while the run was executing: `],
    ['clock', inside('Date')],
    ['luck', inside(String.raw`Math\.random`)],
  ])('%s', (slip, what) => {
    const folder = folderOfUser({ 'a.yaml': earlyAck('', slip) });
    const ended = quorumquake(folder, 'run', 'a.yaml', ...own, '-j', '1');
    expect(ended.exitCode).toBe(1);
    expectNoStack(ended);
    expect(ended.out).toMatch(new RegExp(`^FAIL an acknowledged append survives, seed 1, early-ack${what}`));
    expect(ended.out).toContain(slip === 'assert' ? '(violation 5)\n' : '(error 5)\n');
    expect(quorumquake(folder, 'run', 'a.yaml', ...own, '-j', '2')).toEqual(ended);

    const again = shell(folder, replayOf(ended.out));
    expect(again.exitCode).toBe(1);
    expect(again.out).toContain(ended.out.slice(0, ended.out.indexOf('\n')));
  });

  it('what outlives a run makes it another one the second time: with 3, if it is made twice', () => {
    const folder = folderOfUser({ 'a.yaml': earlyAck('', 'leak') });
    const ended = quorumquake(folder, 'run', 'a.yaml', ...own, '--seed', '1', '--verify-determinism');
    expect(ended.exitCode).toBe(3);
    expectNoStack(ended);
    expect(ended.out).toMatch(/: nondeterministic: line \d+ of the trace is first ".*", then ".*"\n/);
  });
});

describe('a module that is no protocol is refused in one line, with 64', () => {
  const whole = readFileSync(join(folderOfUser({}), 'early-ack.js'), 'utf8');
  const without = (part: string): string => whole.replace(new RegExp(`^  ${part}:`, 'm'), `  not_${part}:`);

  it.each([
    ['a syntax error', 'export default {\n  name: "x",\n  create( {\n};\n', /cannot load .* \.\/own\.js: .*Unexpected/],
    ['an error at import', 'throw new Error("not\\ntoday");', /cannot load the protocol \.\/own\.js: not\n$/],
    ['nothing to throw', 'throw null;', /cannot load the protocol \.\/own\.js: null\n$/],
    ['an import of what is not there', 'import "nowhere-to-be-found";', /'nowhere-to-be-found'/],
    ['an await that never ends', 'await new Promise(() => {});', /waits at its top level/],
    ['no export', 'const x = 1;', /exports neither a default nor `protocol`/],
    ['an export that is no object', 'export default 7;', /exports neither a default nor `protocol`/],
    ['no name', without('name'), /`name` is not of type string/],
    ['no create', without('create'), /`create` is not of type function/],
    ['no client', without('client'), /`client` is not of type object/],
    ['no view', without('view'), /`view` is not of type function/],
    ['no invariants', without('invariants'), /`invariants` is not of type object/],
    ['no budget', without('progressBudgetUs'), /`progressBudgetUs` is not of type function/],
  ])('%s', (_what, text, message) => {
    const folder = folderOfUser({ 'a.yaml': earlyAck(''), 'own.js': text });
    const { exitCode, out, err } = quorumquake(folder, 'run', 'a.yaml', '--protocol', './own.js');
    expect({ exitCode, out }).toEqual({ exitCode: 64, out: '' });
    expect(err).toMatch(/^quorumquake: [^\n]+\n$/);
    expect(err).toMatch(message);
  });
});
