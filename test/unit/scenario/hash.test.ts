import { describe, expect, it } from 'vitest';
import { canonicalScenario } from '../../../src/scenario/canonical.ts';
import { hash12, scenarioHash12 } from '../../../src/scenario/hash.ts';
import { parsed } from '../../support/scenarios/parsed.ts';

const base = 'name: a\nsystem: { protocol: raft }\n';

describe('the hash of a scenario', () => {
  it('is pinned for ever', () => {
    expect(hash12('')).toBe('ceb31b8e6420');
    expect(hash12('a')).toBe('21dc5f31e608');
    expect(hash12('quorumquake ✓ 😀')).toBe('789024c232dc');
    expect(scenarioHash12(parsed(base))).toBe('b9f5163a028c');
  });

  it('is that of a text with sorted keys, without name, why and seeds', () => {
    const text = canonicalScenario(parsed(`${base}why: because\n`));
    expect(text).toMatch(/^\{"checks":\[.*"workload":\{"keys":3,"kind":"append",.*\}$/);
    expect(text).not.toContain('because');
    expect(text).not.toMatch(/seeds|initial|defect/);
    expect(Object.keys(JSON.parse(text) as object)).toEqual([...Object.keys(JSON.parse(text) as object)].sort());
  });

  it.each([
    ['comments', `# a comment\n${base}`],
    ['the order of keys', 'system: { protocol: raft }\nname: a\n'],
    ['another name', 'name: b\nsystem: { protocol: raft }\n'],
    ['why', `${base}why: because\n`],
    ['how many seeds there are', `${base}seeds: { first: 7, count: 21 }\n`],
    ['a default written out', `${base}duration: 10s\n`],
    ['another unit', `${base}workload: { think: 5000us..0.05s }\n`],
    ['another unit of an option', 'name: a\nsystem: { protocol: raft, options: { heartbeat: 50000us } }\n'],
    ['another rate', `${base}workload: { reads: 0.5 }\n`],
    ['line ends', base.replaceAll('\n', '\r\n')],
  ])('does not see %s', (_what, text) => {
    expect(scenarioHash12(parsed(text))).toBe(scenarioHash12(parsed(base)));
  });

  it('does not see what nobody has said of the workload', () => {
    const { workload, ...rest } = parsed(base);
    const text = (persistentWatchPerMillion: number | null): string =>
      canonicalScenario({ ...rest, workload: { ...workload, persistentWatchPerMillion } });
    expect(text(50_000)).toContain('"persistentWatchPerMillion":50000,');
    expect(text(null)).not.toContain('persistentWatch');
  });

  it('does not see whether a fault has its short or its long form', () => {
    const short = parsed(`${base}faults: [{ at: 1s, crash: n1 }, { when: became-leader, cut: n1 > n2 }]\n`);
    const long = parsed(`${base}faults:
  - at: 1000ms
    crash: { target: n1, flavour: machine }
  - when: { event: became-leader, nth: 1, after: 0 }
    cut: { from: n1, to: n2, inFlight: lost }
`);
    expect(scenarioHash12(short)).toBe(scenarioHash12(long));
  });

  it.each([
    'duration: 9s', 'initial: [1, 2, 3, 4, 5]',
    'defect: RF-01', 'profile: swarm', 'check: [linearizable]', 'expect: { R1: invalid }',
    'faults: [{ at: 1s, crash: n1 }]', 'network: { loss: 1ppm }', 'clocks: { offset: 1us }', 'disk: { sync: 1ms }',
    'clients: { count: 4 }', 'limits: { events: 1 }', 'workload: { keys: 4 }',
  ])('sees %s', (line) => {
    expect(scenarioHash12(parsed(`${base}${line}\n`))).not.toBe(scenarioHash12(parsed(base)));
  });

  it('spreads one changed bit over about half of its own', () => {
    const bits = (text: string): bigint => BigInt(`0x${hash12(text)}`);
    let changed = 0;
    const text = canonicalScenario(parsed(base));
    for (let at = 0; at < 200; at += 1) {
      const other = text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
      changed += [...(bits(text) ^ bits(other)).toString(2)].filter((bit) => bit === '1').length;
    }
    expect(changed / 200).toBeGreaterThan(21);
    expect(changed / 200).toBeLessThan(27);
  });

  it('meets no collision among 100,000 short texts', () => {
    const hashes = new Set(Array.from({ length: 100_000 }, (_, index) => hash12(`seed ${index}`)));
    expect(hashes.size).toBe(100_000);
  });
});
