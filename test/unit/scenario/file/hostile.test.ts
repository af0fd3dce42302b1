import { fc, it as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../../../src/scenario/file/parse.ts';
import { problemsOf } from '../../../support/scenarios/parsed.ts';

const KIB = 1024;
const cap = 250 * KIB;
const bytes = (...values: number[]): Uint8Array => new Uint8Array(values);

/** The first problem, found within a second of a processor's time, in words that a person can read. */
function refusal(content: string | Uint8Array): string {
  const before = process.cpuUsage();
  const problems = problemsOf(content);
  const text = formatProblems(problems);
  const { user, system } = process.cpuUsage(before);
  expect(user + system).toBeLessThan(1_000_000);
  expect(text).not.toMatch(/\n\s+at .*:\d+/);
  const [first] = problems;
  return first === undefined ? '' : `${first.line}:${first.column} ${first.message}`;
}

describe('a hostile file is refused', () => {
  const lol = ['a: &a [x,x,x,x,x,x,x,x,x]', ...['b', 'c', 'd', 'e', 'f'].map((key, index) =>
    `${key}: &${key} [${Array(9).fill(`*${'abcde'[index] ?? ''}`).join(',')}]`)].join('\n');

  it.each<[string, string | Uint8Array, string]>([
    ['ten megabytes', 'x'.repeat(10_000_000), '1:1 the file is larger than 256 KiB'],
    ['ten megabytes of bytes', new Uint8Array(10_000_000), '1:1 the file is larger than 256 KiB'],
    ['few characters of many bytes', '😀'.repeat(70 * KIB), '1:1 the file is larger than 256 KiB'],
    ['a NUL', 'name: a\nwhy: \0', '2:6 the file is not text: a control character'],
    ['an escape character', 'name: \u001b[31m', '1:7 the file is not text: a control character'],
    ['bytes that are not UTF-8', bytes(110, 0xff, 0xfe), '1:1 the file is not text in UTF-8'],
    ['a failed decoding', 'name: \ufffd', '1:7 the file is not text: this was not UTF-8'],
    ['half a character', 'name: \ud83d', '1:7 the file is not text'],
    ['nothing', '', '1:1 the file is empty'],
    ['no bytes', bytes(), '1:1 the file is empty'],
    ['a mistake behind a byte order mark', '\ufeffnamee: a', '1:1 `namee` is not known here'],
    ['only comments', '# a\n# b\n', '1:1 the file is empty'],
    ['only a mark', '---\n', '1:1 the file is empty'],
    ['[[[[', '['.repeat(cap), '1:33 nested more than 32 deep'],
    ['{{{{', '{'.repeat(cap), '1:33 nested more than 32 deep'],
    ['{a: {a:', '{a: '.repeat(cap / 4), '1:129 nested more than 32 deep'],
    ['- - - -', '- '.repeat(cap / 2), '1:65 nested more than 32 deep'],
    ['- - - - after a byte order mark', `\ufeff${'- '.repeat(20_000)}`, '1:65 nested more than 32 deep'],
    ['- - - - after an anchor', `&a ${'- '.repeat(20_000)}`, '1:66 nested more than 32 deep'],
    ['- - - - after a mark', `--- ${'- '.repeat(20_000)}`, '1:67 nested more than 32 deep'],
    ['- - - - after a key', `a: ${'- '.repeat(20_000)}`, '1:66 nested more than 32 deep'],
    ['- - - - after a text', `"a" ${'- '.repeat(20_000)}`, '1:67 nested more than 32 deep'],
    ['? ? ? ?', '? '.repeat(cap / 2), '1:1 explicit keys'],
    [': : : :', ': '.repeat(cap / 2), '1:3 a second `: ` in this line'],
    ['[a]: [a]: within brackets', `[${'[a]: '.repeat(8_000)}`, '1:10 a second `: ` before a comma'],
    ['keys in keys', `a: [\n${'[a]: - a: a:\n'.repeat(2_000)}`, '2:9 a second `: ` before a comma'],
    ['block texts that begin again and again', `&k a: ${'|\n"x"&k a: '.repeat(2_000)}`, ' nested too deep to be read'],
    ['deep indentation', Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
      '33:33 nested more than 32 deep'],
    ['an endless list', '- \n'.repeat(cap / 3), '20001:1 the file goes on for too long'],
    ['many commas', `[${','.repeat(cap)}`, '1:60001 the file goes on for too long'],
    ['many quotes', '"'.repeat(cap), '1:120001 the file goes on for too long'],
    ['a tag', 'name: !!binary abc', '1:7 tags'],
    ['a tag of its own', 'a: !x y', '1:4 tags'],
    ['two byte order marks', `\ufeff\ufeffname: a`, '1:1 a second byte order mark'],
    ['a directive', '%YAML 1.1\n---\nname: a', '1:1 directives'],
    ['two documents', 'name: a\n---\nname: b', '2:1 a second document begins here'],
    ['fifty-one aliases', `a: &a 1\nb: [${'*a, '.repeat(51)}]`, '2:205 more than 50 aliases'],
    ['a billion laughs', lol, '3:8 this alias stands for 91 values; at most 32'],
    ['an alias to much', `a: &a [${'x,'.repeat(32)}]\nb: *a`, '2:4 this alias stands for 33 values; at most 32'],
    ['many values', `[${'x,'.repeat(20_000)}]`, '1:40000 more than 20000 values'],
    ['many values, some by aliases', `- &a [1,1,1]\n- [${'x,'.repeat(19_992)}*a,x]`,
      '2:39991 more than 20000 values'],
    ['an alias to itself', 'a: &a\n  b: *a', '2:6 this alias contains itself'],
    ['an alias to itself in its own list', '&a [*a]', '1:5 this alias contains itself'],
    ['an alias to nothing', 'a: *b', '1:4 no anchor `&b` before this alias'],
    ['a merge key', 'a: &a { x: 1 }\nb: { <<: *a }', '2:6 merge keys'],
    ['__proto__', 'name: a\n__proto__: { polluted: 1 }', '2:1 `__proto__` cannot be a key'],
    ['constructor', 'name: a\nsystem: { constructor: { prototype: { polluted: 1 } } }', '2:11 `constructor`'],
    ['prototype', 'name: a\nsystem: { prototype: 1 }', '2:11 `prototype` cannot be a key'],
    ['__proto__ in disguise', 'name: a\nexpect: { "\\u005f_proto__": invalid }', '2:11 `__proto__` cannot be a key'],
    ['"__proto__"', 'name: a\nexpect: { "__proto__": invalid }', '2:11 `__proto__` cannot be a key'],
    ['a key twice', 'name: a\nname: b', '2:1 `name` stands here twice'],
    ['a key twice in quotes', 'name: a\n"name": b', '2:1 `name` stands here twice'],
    ['a key without a name', ': a', '1:1 a key must be a word'],
    ['a list for a key', '[a]: b', '1:1 a key must be a word'],
  ])('%s', (_what, content, message) => {
    expect(refusal(content)).toContain(message);
  });

  it('but not one that is as deep as it may be', () => {
    const nested = (depth: number): string => `why:\n${Array.from({ length: depth - 1 }, (_, level) =>
      `${' '.repeat(level + 1)}a:\n`).join('')}`;
    expect(refusal(nested(32))).not.toContain('nested');
    expect(refusal(nested(33))).toContain('nested more than 32 deep');
    expect(refusal(`why: ${'['.repeat(31)}${']'.repeat(31)}`)).not.toContain('nested');
    expect(refusal(`why: ${'['.repeat(32)}${']'.repeat(32)}`)).toContain('nested more than 32 deep');
    expect(refusal(`- ${'- '.repeat(31)}a: b`)).toContain('nested more than 32 deep');
    expect(refusal(`- ${'- '.repeat(30)}a: b`)).not.toContain('nested');
  });

  it('even if the same piece is repeated up to the limit', () => {
    const pieces = ['- - \n', 'a:\n', '[],', '{},', '&a ', "'a\n", '"a": ', '| ', '>\n', '"\\u', '#\n', '---\n', '\t'];
    for (const piece of pieces) {
      for (const start of ['', '[', '{', 'a: ', '- ', 'a: |\n ']) {
        expect(refusal(start + piece.repeat(Math.floor(cap / piece.length)))).not.toBe('');
      }
    }
  });

  it('and leaves Object.prototype as it was', () => {
    const names = Object.getOwnPropertyNames(Object.prototype);
    refusal('__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 2 } }');
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(names);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

const good = `name: a claim
system: { protocol: raft, nodes: 5, options: { heartbeat: 20ms } }
faults:
  - { at: 1s, crash: &t { target: leader, for: 2s } }
  - { random: { every: 1..2s, kinds: [pause, { crash: *t }] } }
check: [linearizable, { progress: { from: 1s, to: 2s, clients: [c1] } }]
expect: { R1: invalid }
`;

describe('a damaged file', () => {
  const piece = fc.oneof(
    fc.string({ maxLength: 4, unit: 'binary' }),
    fc.constantFrom(
      ': ', '- ', '[', '{', '}', ']', '&a ', '*t', '!', '|', '\n', '\t', '"', "'", '#', '?', '%', '<<: ', '..',
    ),
  );
  const damage = fc.record({ at: fc.nat(good.length), remove: fc.nat(6), insert: piece });

  property.prop([fc.array(damage, { minLength: 1, maxLength: 4 })], { seed: 4, numRuns: 3_000 })(
    'gives a scenario or problems with a place in it, and never throws', (damages) => {
      let text = good;
      for (const { at, remove, insert } of damages) text = text.slice(0, at) + insert + text.slice(at + remove);
      const lines = text.split('\n');
      for (const { line, column, message, sourceLine } of problemsOf(text)) {
        expect(message).not.toBe('');
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines.length);
        expect(column).toBeGreaterThanOrEqual(1);
        expect(column).toBeLessThanOrEqual((lines[line - 1] ?? '').length + 1);
        if (sourceLine !== '') expect(`${sourceLine}\r`).toContain((lines[line - 1] ?? '').replace(/\r$/, ''));
      }
    },
  );
});
