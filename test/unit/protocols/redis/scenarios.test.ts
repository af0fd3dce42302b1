import { describe, expect, it } from 'vitest';
import { run } from '../../../../src/run/run.ts';
import type { RunResult } from '../../../../src/run/result.ts';
import { catalogueWith } from '../../../../src/scenario/catalogue.ts';
import { parseScenario } from '../../../../src/scenario/file/parse.ts';

/** Four clients of registers that never ask twice: Redis has no sessions, and would execute a retry again. */
function scenario(options: string, nodes: number, rest: string): string {
  return `
name: redis
system: { protocol: redis, nodes: ${nodes}, options: { ${options} } }
clients: { count: 4, timeout: 2s, attemptTimeout: 2s }
workload: { kind: register, keys: 2, reads: 60%, think: 5..40ms }
duration: 20s
${rest}
check: [linearizable, progress]
`;
}

function results(text: string, seeds: number): RunResult[] {
  const parsed = parseScenario(text, { fileName: 'redis.yaml', catalogue: catalogueWith() });
  if (!parsed.ok) throw new Error(parsed.problems.map(({ line, message }) => `${line}: ${message}`).join('; '));
  const request = { scenario: parsed.scenario, slug: 'redis', file: 'redis.yaml' };
  return Array.from({ length: seeds }, (_, seed) => run({ ...request, seed: String(seed + 1) }).result);
}

/** The same with clients that ask another node when the first one is silent: it is down, and executes nothing. */
function moving(text: string): string {
  return text.replace('attemptTimeout: 2s', 'attemptTimeout: 1s');
}

/** In how many runs what clients saw cannot be explained. No run may be anything but judged. */
function invalid(text: string, seeds: number): number {
  const verdicts = results(text, seeds).map(({ outcome, reason, verdicts: [linearizable] }) => {
    expect(['pass', 'violation'], reason ?? '').toContain(outcome);
    return linearizable?.verdict;
  });
  return verdicts.filter((verdict) => verdict === 'invalid').length;
}

const crash = (flavour: string): string =>
  `faults: [{ at: 5s, crash: { target: n1, flavour: ${flavour}, for: 300ms } }]`;
const noisy = 'network: { latency: 1..20ms, loss: 2%, duplicate: 5% }';

describe('registers on Redis', () => {
  it('are linearizable while the primary stays, over a network that loses and copies', () => {
    for (const result of results(scenario('sentinels: 3', 6, noisy), 3)) {
      expect(result.outcome).toBe('pass');
      expect(result.operations.ok).toBeGreaterThan(300);
    }
  });

  it.each([
    ['without files, and the process is killed', 'save: off', 'process', 10, 10],
    ['without files, and the machine loses power', 'save: off', 'machine', 10, 10],
    ['with appendfsync: everysec, and the process is killed', 'appendfsync: everysec', 'process', 0, 0],
    ['with appendfsync: everysec, and the machine loses power', 'appendfsync: everysec', 'machine', 1, 10],
    ['with appendfsync: always, and the machine loses power', 'appendfsync: always', 'machine', 0, 0],
  ])('of one node %s, are lost in some of 10 runs, or in none', (_what, options, flavour, min, max) => {
    const count = invalid(scenario(options, 1, crash(flavour)), 10);
    expect(count).toBeGreaterThanOrEqual(min);
    expect(count).toBeLessThanOrEqual(max);
  });

  it('lose what the old primary said yes to, once Sentinels have promoted another one', () => {
    const faults = `faults:
  - at: 4s
    partition: { groups: [[n1, c1, c2], [n2, n3, n4, n5, n6, c3, c4]], for: 8s }`;
    const options = 'sentinels: 3, downAfter: 1s, failoverTimeout: 5s, appendfsync: always';
    expect(invalid(scenario(options, 6, faults), 5)).toBe(5);
    // A bound on what is lost is no safety: until the lag is over, the minority is served.
    const bounded = `${options}, minReplicas: 1, minReplicasMaxLag: 1s`;
    expect(invalid(scenario(bounded, 6, faults), 5)).toBeGreaterThan(0);
  });

  it('lose everything with a primary that starts again without data, before any Sentinel has looked', () => {
    const counts = results(scenario('sentinels: 3, save: off', 6, crash('process')), 3).map(({ verdicts, metrics }) =>
      [verdicts[0]?.verdict, metrics['failovers']]);
    for (const [verdict, failovers] of counts) {
      expect(verdict).toBe('invalid');
      expect(failovers).toBe(0);
    }
  });

  it('are served again after a failover, by the replica that was promoted', () => {
    const faults = 'faults: [{ at: 4s, crash: { target: n1, flavour: machine } }]';
    const text = scenario('sentinels: 3, downAfter: 1s, failoverTimeout: 5s', 5, faults)
      .replace('progress]', 'progress: { name: served, from: 12s, to: 20s }]');
    for (const { verdicts } of results(text.replace('sentinels: 3', 'sentinels: 0'), 1)) {
      expect(verdicts[1]?.verdict).toBe('invalid');
    }
    const all = results(moving(text), 3);
    for (const { verdicts, metrics } of all) {
      expect(verdicts[1]?.verdict).toBe('valid');
      expect(metrics['promotions']).toBe(1);
    }
  });

  it('that are read from replicas are read late', () => {
    const any = (replicaReads: boolean): string =>
      scenario(`replicaReads: ${replicaReads}`, 3, 'network: { latency: 1..60ms }')
        .replace('2s }', '2s, readFrom: any }');
    expect(invalid(any(true), 3)).toBe(3);
    expect(invalid(any(false), 3)).toBe(0);
  });

  it('with wait, are answered once a replica has them, and as unknown when none says so in time', () => {
    const cut = 'faults: [{ at: 5s, cut: { from: n1, to: [n2, n3], for: 5s } }]';
    for (const [wait, unknown] of [[0, 0], [1, 10]] as const) {
      for (const { operations } of results(scenario(`wait: ${wait}, waitTimeout: 500ms`, 3, cut), 2)) {
        expect(operations.info >= unknown && (wait > 0 || operations.info === 0), `wait: ${wait}`).toBe(true);
      }
    }
    // Whoever has acknowledged need not be whom the operator promotes.
    const failover = `faults:
  - at: 4s
    cut: { from: n1, to: n3, for: 10s }
  - at: 6s
    partition: { groups: [[n1], [n2, n3, c1, c2, c3, c4]], for: 10s }
  - at: 6100ms
    order: { name: promote, to: n3 }
  - at: 6100ms
    order: { name: follow, to: n2, node: n3 }`;
    expect(invalid(moving(scenario('wait: 1', 3, failover)), 3)).toBeGreaterThan(0);
  });

  it('give the same run twice', () => {
    const text = scenario('sentinels: 3, downAfter: 1s, appendfsync: everysec', 6, `${noisy}
faults:
  - random: { kinds: [crash, pause, clock-jump, partition], every: 1..3s, until: 15s }`);
    const [first, second] = [results(text, 3), results(text, 3)];
    expect(second.map(({ fingerprint }) => fingerprint)).toEqual(first.map(({ fingerprint }) => fingerprint));
    expect(new Set(first.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  });
});
