import { describe, expect, it } from 'vitest';
import { catalogueWith } from '../../../../src/scenario/catalogue.ts';
import { parseScenario, type ParsedScenario } from '../../../../src/scenario/file/parse.ts';

const services = 'lock services are redlock, redis-lock, raft-lock and zookeeper-lock';

const parse = (text: string): ParsedScenario =>
  parseScenario(text, { fileName: 'a.yaml', catalogue: catalogueWith() });

function told(protocol: string, ...lines: readonly string[]): string[] {
  const parsed = parse(['name: a', `system: { protocol: ${protocol} }`, ...lines].join('\n'));
  return parsed.ok ? [] : parsed.problems.map(({ line, column, message, hint }) =>
    `${line}:${column} ${message}${hint === undefined ? '' : ` | ${hint}`}`);
}

describe('the use of locks', () => {
  it.each([
    [
      'workload: { kind: append }',
      ['3:19 this system is a lock service: its workload is `lock`'],
    ],
    ['workload: { kind: lock, reads: 10% }', ['3:25 who uses a lock reads nothing']],
    [
      'workload: { hold: -1s }',
      ['3:19 `-1s` is negative | write for example 1500us, 5ms, 10s or 2m'],
    ],
    ['workload: { writes: 0 }', ['3:21 must be at least 1, found `0`']],
    ['clients: { inFlight: 3 }', ['3:22 a client holds one lock at a time | use more clients']],
    ['resource: { kind: table }', ['3:19 expected fenced-store, found the text `table`']],
    [
      'resource: { checksTokens: true }',
      ['3:27 no store has a token: this lock gives none | set `issuesTokens` as well'],
    ],
  ])('%s', (line, problems) => {
    expect(told('redlock', line)).toEqual(problems);
  });

  it('is of lock services alone', () => {
    expect(told('raft', 'workload: { kind: lock }')).toEqual([`3:19 this system is no lock service | ${services}`]);
    expect(told('raft', 'workload: { hold: 1s, writes: 2 }')).toEqual([
      `3:13 only a workload of kind \`lock\` has \`hold\` | ${services}`,
      `3:23 only a workload of kind \`lock\` has \`writes\` | ${services}`,
    ]);
    expect(told('raft', 'resource: {}')).toEqual([`3:1 no lock protects a resource here | ${services}`]);
  });

  it('takes tokens for granted where the lock gives them', () => {
    expect(told('raft-lock', 'resource: { checksTokens: true }')).toEqual([]);
  });

  it('is complete where nothing is said of it', () => {
    const parsed = parse('name: a\nsystem: { protocol: redlock }\n');
    expect(parsed.ok && parsed.scenario.workload.kind).toBe('lock');
    expect(parsed.ok && parsed.scenario.locking).toEqual({
      holdUs: { min: 50_000, max: 250_000 }, writes: 1, resource: { checksTokens: false, issuesTokens: false },
    });
    expect(parsed.ok && parsed.scenario.checks.map(({ name }) => name))
      .toEqual(['mutual-exclusion', 'fencing', 'lock-ownership', 'progress']);
  });

  it.each([
    ['redlock', '0s'], ['redis-lock', '0s'], ['raft-lock', '0s'],
  ])('a lock of %s that lasts %s is a problem of the file', (protocol, ttl) => {
    const parsed = parse(`name: a\nsystem: { protocol: ${protocol}, options: { ttl: ${ttl} } }`);
    expect(parsed.ok ? '' : parsed.problems[0]?.message).toMatch(/^must be \S+ to .*, found `0s`$/);
  });
});
