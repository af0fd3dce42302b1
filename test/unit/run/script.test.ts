import { expect, it } from 'vitest';
import { run } from '../../../src/run/run.ts';
import { toyRequest } from '../../support/run/toy.ts';

/** The operations of some clients as one line each, with the milliseconds at which they began and ended. */
function told(more: string, clients: number): string[] {
  const { history } = run(toyRequest(more));
  return history.flatMap(({ process, type, f, key, value, time, error }) => (process === 'nemesis' ? [] : [
    [Math.round(time / 1_000), `c${(process % clients) + 1}`, type, f, key, JSON.stringify(value), error]
      .join(' ').trim(),
  ]));
}

it('clients do what a script says when it says so, at the node that it names, and nothing else', () => {
  const lines = told(`clients: { count: 2, timeout: 60ms, attemptTimeout: 20ms }
network: { latency: 500us }
workload:
  kind: append
  script:
    - { at: 100ms, client: c1, append: { key: x, value: a } }
    - { at: 100ms, client: c2, to: n2, append: { key: x, value: b } }
    - { at: 100ms, client: c1, to: n1, append: { key: x, value: c } }
    - { at: 200ms, client: c2, to: n1, read: x }
`, 2);
  expect(lines).toEqual([
    '100 c1 invoke append x "a"', '100 c2 invoke append x "b"',
    '101 c1 ok append x "a"', '101 c2 fail append x "b" not-taken', '101 c1 invoke append x "c"',
    '102 c1 ok append x "c"',
    '200 c2 invoke read x null', '201 c2 ok read x ["a","c"]',
  ]);
});

it('clients that a script does not name go on with the workload', () => {
  const lines = told(`workload: { kind: append, script: [{ at: 400ms, client: c2, read: x }] }\n`, 2);
  expect(lines.filter((line) => line.includes(' c2 '))).toHaveLength(2);
  expect(lines.filter((line) => line.includes(' c1 ')).length).toBeGreaterThan(20);
});
