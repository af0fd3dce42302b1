import { describe, expect, it } from 'vitest';
import { run } from '../../../../src/run/run.ts';
import { builtIn } from '../../../support/scenarios/built-in.ts';

/** What the clients of a script were told, of three servers and sessions of a second. */
function told(script: readonly string[], faults: readonly string[]) {
  const scenario = builtIn([
    'name: a', 'system: { protocol: zookeeper-recipes, nodes: 3 }', 'duration: 6s',
    'clients: { count: 1, sessionTimeout: 1s }',
    'workload:', '  kind: double-barrier', `  script: [${script.join(', ')}]`, `faults: [${faults.join(', ')}]`,
    'check: [barriers]',
  ].join('\n'));
  return run({ scenario, file: null, slug: 'a', seed: '1' }).history
    .filter(({ process, type }) => process !== 'nemesis' && type !== 'invoke')
    .map(({ process, type, f, value, error }) => `${process} ${type} ${f} ${error ?? JSON.stringify(value)}`);
}

const enter = (at: string): string => `{ at: ${at}, client: c1, enter: { key: k0, value: 1 } }`;
const leave = (at: string): string => `{ at: ${at}, client: c1, leave: k0 }`;
const away = '{ at: 1s, cut: { from: c1, to: [n1, n2, n3], for: 3s } }';

describe('a client of recipes', () => {
  it('is inside from one operation to the next, and in one round after the other', () => {
    expect(told([enter('500ms'), enter('600ms'), leave('700ms'), leave('800ms'), enter('900ms')], [])).toEqual(
      ['0 ok enter 0', '0 fail enter inside', '0 ok leave 0', '0 fail leave not-inside', '0 ok enter 1']);
  });

  it('is inside no more when its session is over, whether it has asked for anything or not', () => {
    expect(told([enter('500ms'), leave('5s'), enter('5100ms')], [away])).toEqual(
      ['0 ok enter 0', '0 fail leave not-inside', '0 ok enter 1']);
    expect(told([enter('500ms'), leave('1500ms'), enter('5100ms')], [away])).toEqual(
      ['0 ok enter 0', '0 info leave session-expired', '1 ok enter 1']);
  });

  it('has lanes of which one may be inside, and another one not', () => {
    const scenario = builtIn([
      'name: a', 'system: { protocol: zookeeper-recipes, nodes: 3 }', 'clients: { count: 2, inFlight: 3 }',
      'duration: 3s', 'workload: { kind: double-barrier, think: 0..30ms }', 'check: [barriers]',
    ].join('\n'));
    const { history } = run({ scenario, file: null, slug: 'a', seed: '1' });
    const lanes = new Set(history.flatMap(({ process, f, type }) => (f === 'leave' && type === 'ok' ? [process] : [])));
    expect(lanes.size).toBe(6);
    expect(history.filter(({ type }) => type === 'fail')).toEqual([]);
  });
});
