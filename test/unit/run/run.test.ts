import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import { assert } from '../../../src/kernel/assert.ts';
import type { RunResult } from '../../../src/run/result.ts';
import { run } from '../../../src/run/run.ts';
import { parseCoordinate } from '../../../src/scenario/coordinate.ts';
import { scenarioHash12 } from '../../../src/scenario/hash.ts';
import { once, toyRequest, type Plants } from '../../support/run/toy.ts';

const runToy = (more: string = '', plants?: Plants, seed?: string): RunResult =>
  run(toyRequest(more, plants, seed)).result;

const faults = (...lines: readonly string[]): string => `faults:\n${lines.map((line) => `  - ${line}\n`).join('')}`;

/** The first node forgets everything, between two operations of each client: reads after it miss what was there. */
const amnesia = '{ at: 100ms, crash: { target: n1, for: 20ms } }';
/** Two nodes that never talk to each other: nothing changes. */
const nothing = '{ at: 200ms, cut: n2 > n3 }';
/** So late that nobody can say whether anybody would have been served again. */
const death = '{ at: 450ms, crash: n1 }';
const both = 'check: [linearizable, progress]\n';
const thrower = once(1, 400_000, () => { throw new TypeError('planted'); });
const asserter = once(1, 100_000, () => { assert(false, 'the planted fact'); });
/** A protocol that can be ordered about, has an option, and begins as it is told. */
const operated: Plants['module'] = {
  options: { speed: { kind: 'integer', doc: '', default: 1, min: 1, max: 9 } },
  orders: { move: { doc: '', about: 'a node' } },
  initialProblem: () => null,
};
const standstill: Plants = {
  start: (ctx) => { if (ctx.self === 1) ctx.setTimer('still', 300_000); },
  timer: (ctx) => { ctx.setTimer('still', 0); },
};

describe('the outcome of a run is', () => {
  it.each<[string, RunResult['outcome'], boolean, string, Plants?]>([
    ['pass, if nothing is wrong', 'pass', true, ''],
    ['vacuous, if a fault changed nothing', 'vacuous', false, faults(nothing)],
    ['pass, if the fault that changed nothing may do so', 'pass', true,
      faults(nothing.replace('}', ', allowVacuous: true }'))],
    ['unknown, if a checker cannot say', 'unknown', false, both + faults(death)],
    ['unknown rather than vacuous', 'unknown', false, both + faults(nothing, death)],
    ['unknown, if that was expected', 'unknown', true, `${both}expect: { progress: unknown }\n${faults(death)}`],
    ['unknown, if a limit was met', 'unknown', false, 'limits: { events: 300 }\n'],
    ['unknown rather than vacuous, if a limit was met', 'unknown', false,
      `limits: { events: 300 }\n${faults(nothing)}`],
    ['unknown, if time stands still', 'unknown', false, 'limits: { sameInstant: 50 }\n', standstill],
    ['violation, if a checker finds one', 'violation', false, faults(amnesia)],
    ['violation, if an expected one happens', 'violation', true,
      `expect: { linearizable: invalid }\n${faults(amnesia)}`],
    ['pass and not as expected, if an expected one does not', 'pass', false, 'expect: { linearizable: invalid }\n'],
    ['violation rather than unknown', 'violation', false, both + faults(amnesia, death)],
    ['violation rather than vacuous', 'violation', false, faults(amnesia, nothing)],
    ['violation rather than a limit', 'violation', false, `limits: { events: 450 }\n${faults(amnesia)}`],
    ['violation, if an assertion fails inside a node', 'violation', false, '', asserter],
    ['error, if a handler throws', 'error', false, '', thrower],
    ['error rather than violation', 'error', false, faults(amnesia), thrower],
    ['error rather than violation, also of an assertion', 'error', false, '', {
      start: (ctx) => { if (ctx.self > 0) ctx.setTimer('once', ctx.self * 100_000); },
      timer: (ctx) => {
        assert(ctx.self === 2, 'the planted fact');
        throw new TypeError('planted');
      },
    }],
  ])('%s', (_claim, outcome, asExpected, more, plants) => {
    const result = runToy(more, plants);
    expect({ outcome: result.outcome, asExpected: result.asExpected }).toEqual({ outcome, asExpected });
    // A violation may have a reason besides: the limit that was met after it.
    if (outcome === 'pass') expect(result.reason).toBeNull();
    else if (outcome !== 'violation') expect(result.reason).toMatch(/^[^\n]+$/);
  });

  it('not as expected after a limit, even if what was expected had happened by then', () => {
    const more = `expect: { linearizable: invalid }\nlimits: { events: 450 }\n${faults(amnesia)}`;
    expect(runToy(more)).toMatchObject({ outcome: 'violation', asExpected: false });
    expect(runToy(more.replace('450', '100000'))).toMatchObject({ outcome: 'violation', asExpected: true });
  });

  it('not as expected after an error, even if all that was expected had happened by then', () => {
    const more = `expect: { linearizable: invalid }\n${faults(amnesia)}`;
    expect(runToy(more, thrower)).toMatchObject({ outcome: 'error', asExpected: false });
  });
});

describe('a run of locks', () => {
  /** Nobody writes beliefs here, so that the checker never has anything to judge. */
  function runLocks(clients: number, more: string = ''): RunResult {
    const locks = `workload: { kind: mutex, keys: 1, think: 1..5ms }\nclients: { count: ${clients} }\n`;
    const request = toyRequest(`${locks}${more}`);
    const checks = [{ checker: 'mutual-exclusion', name: 'alone' }, ...request.scenario.checks.slice(1)] as const;
    return run({ ...request, scenario: { ...request.scenario, checks } }).result;
  }

  it('is vacuous where nobody had a rival, though its checkers are unknown for that very reason', () => {
    const result = runLocks(1);
    const reason = 'no lock was granted to two clients';
    expect(result).toMatchObject({ outcome: 'vacuous', asExpected: false, reason });
    expect(result.verdicts).toMatchObject([{ checker: 'alone', verdict: 'unknown' }]);
  });

  it('is unknown where two were granted a lock and a checker cannot say, or another checker cannot', () => {
    const [rivals, late] = [runLocks(2), runLocks(1, `${both}${faults(death)}`)];
    expect([rivals.outcome, late.outcome]).toEqual(['unknown', 'unknown']);
    expect(rivals.reason).toMatch(/^alone: /);
    expect(late.reason).toMatch(/^progress: /);
  });
});

describe('a limit', () => {
  it.each<[string, string, Plants]>([
    ['of events', 'limits: { events: 300 }\n', {}],
    ['of events at one instant', 'limits: { sameInstant: 50 }\n', standstill],
  ])('%s ends the run where it was met, by the reason `limit`', (_what, more, plants) => {
    const result = runToy(more, plants);
    expect(result.reason).toMatch(/^limit\b/);
    expect(result.simulatedUs).toBeLessThan(500_000);
    expect(runToy('', plants === standstill ? {} : plants)).toMatchObject({ outcome: 'pass', simulatedUs: 500_000 });
  });

  it('of events is never exceeded, and one that is high enough changes nothing', () => {
    const { events, fingerprint } = runToy();
    for (const limit of [1, 50, events - 1]) expect(runToy(`limits: { events: ${limit} }\n`).events).toBe(limit);
    expect(runToy(`limits: { events: ${events + 100} }\n`)).toMatchObject({ outcome: 'pass', events, fingerprint });
  });
});

describe('an assertion that fails inside a node', () => {
  it('is a verdict `invalid` of the checker `assertion`, at its instant, and takes that node down alone', () => {
    const result = runToy('', asserter);
    expect(result.verdicts.map(({ checker, verdict }) => [checker, verdict])).toEqual(
      [['linearizable', 'valid'], ['assertion', 'invalid']]);
    expect(result.verdicts[1]?.summary).toContain('n2: the planted fact');
    expect(result.verdicts[1]?.atUs).toBe(100_000);
    expect(result.simulatedUs).toBe(500_000);
    expect(result.operations.ok).toBeGreaterThan(runToy('duration: 150ms\n').operations.ok);
  });

  it('may be expected', () => {
    const more = 'expect: { assertion: invalid }\n';
    expect(runToy(more, asserter)).toMatchObject({ outcome: 'violation', asExpected: true });
    expect(runToy(more)).toMatchObject({ outcome: 'pass', asExpected: false });
  });
});

describe('an error', () => {
  it('names the process and what was thrown', () => {
    const { reason } = runToy('', thrower);
    expect(reason).toContain('n2');
    expect(reason).toContain('TypeError: planted');
  });

  it('is a promise that the host saw, whatever the verdicts; its watch ends with the run', () => {
    const calls: string[] = [];
    const watched = (promises: number): RunResult => run({
      ...toyRequest(),
      watchPromises: () => {
        calls.push('start');
        return () => {
          calls.push('stop');
          return promises;
        };
      },
    }).result;
    expect(watched(0)).toEqual(runToy());
    expect(watched(2)).toMatchObject({ outcome: 'error', asExpected: false });
    expect(watched(2).reason).toContain('2 promises');
    expect(calls).toEqual(['start', 'stop', 'start', 'stop', 'start', 'stop']);
  });
});

describe('a run is vacuous', () => {
  it('and names the line that never applied, counted from 1', () => {
    const missed = '{ at: 200ms, resume: n1 }';
    const result = runToy(faults('{ at: 50ms, pause: { target: n1, for: 10ms } }', missed));
    expect(result).toMatchObject({ outcome: 'vacuous', asExpected: false });
    expect(result.reason).toMatch(/\b2\b.*resume/);
    expect(result.faults.map(({ line }) => line)).toEqual([0]);
  });

  it('if its random lines changed nothing together, and not if one of them did', () => {
    const random = (kind: string): string => `{ random: { every: 20..40ms, kinds: [${kind}] } }`;
    const idle = '{ cut: { from: n2, to: n3, for: 10ms } }';
    const busy = '{ cut: { from: c1, to: n1, for: 1ms } }';
    expect(runToy(faults(random(idle), random(idle))).outcome).toBe('vacuous');
    expect(runToy(faults(random(idle), random(busy))).outcome).toBe('pass');
  });

  it.each([
    ['nobody reads', 'workload: { kind: append, reads: 0% }\n'],
    ['nobody writes', 'workload: { kind: append, reads: 100% }\n'],
    ['nobody reads what anybody wrote', 'workload: { kind: append, keys: 10000, think: 20..30ms }\nduration: 200ms\n'],
  ])('if no answer could have been wrong: %s', (_why, more) => {
    expect(runToy(more)).toMatchObject({ outcome: 'vacuous', asExpected: false });
    expect(runToy(`${more}check: [progress]\n`).outcome).toBe('pass');
  });
});

describe('an armed defect', () => {
  const twice = 'network: { latency: 500us..1500us, duplicate: 30% }\n';

  it('that is seen counts how often it fired', () => {
    const result = runToy(`defect: client/no-dedupe\n${twice}`);
    expect(result).toMatchObject({ outcome: 'violation', defect: 'client/no-dedupe' });
    expect(result.fired).toBeGreaterThan(0);
  });

  it('that nothing provokes fired 0 times, and without one there is nothing to count', () => {
    expect(runToy('defect: client/no-dedupe\n')).toMatchObject({ outcome: 'pass', fired: 0 });
    expect(runToy(twice)).toMatchObject({ outcome: 'pass', fired: null, defect: null });
  });
});

describe('a fingerprint', () => {
  const busy = faults(amnesia, '{ random: { every: 30..60ms, kinds: [pause, clock-jump] } }');

  it('is the same for the same request, with and without a trace, and 16 hexadecimal digits', () => {
    const plain = run(toyRequest(busy));
    const traced = run({ ...toyRequest(busy), trace: true });
    expect(traced.result).toEqual(plain.result);
    expect(traced.history).toEqual(plain.history);
    expect(plain.result.fingerprint).toMatch(/^[0-9a-f]{16}$/);
    expect(plain.trace).toBeNull();
    expect(traced.trace?.length).toBeGreaterThan(plain.result.events);
  });

  it('is another one for another seed, and without a fault that mattered', () => {
    const { fingerprint } = runToy(busy);
    expect(runToy(busy, {}, '2').fingerprint).not.toBe(fingerprint);
    expect(run({ ...toyRequest(busy), without: [0] }).result.fingerprint).not.toBe(fingerprint);
  });

  /** What was counted of a run but for what its answers say. */
  function countsOf({ metrics }: RunResult): RunResult['metrics'] {
    const { staleReads: _staleReads, ...counts } = metrics;
    return counts;
  }

  /** Two runs that send, draw and count the same. */
  function expectSameEvents(one: RunResult, other: RunResult): void {
    expect([other.events, other.operations, countsOf(other)]).toEqual([one.events, one.operations, countsOf(one)]);
  }

  it('is another one if one answer has another value, though all events are the same', () => {
    let reads = 0;
    const lying: Plants = { answer: (result, { f }) => {
      if (f === 'read') reads += 1;
      return reads === 20 && f === 'read' ? { kind: 'ok', value: [-1] } : result;
    } };
    const [honest, liar] = [runToy(), runToy('', lying)];
    expectSameEvents(honest, liar);
    expect([honest.outcome, liar.outcome]).toEqual(['pass', 'violation']);
    expect(liar.fingerprint).not.toBe(honest.fingerprint);
  });

  it('is another one if a disk holds another value, though all events are the same', () => {
    const holding = (value: Plain): RunResult => runToy('', { start: (ctx) => {
      ctx.put('cell', value);
      ctx.persist();
    } });
    expectSameEvents(holding(1), holding(2));
    expect(holding(1).fingerprint).not.toBe(holding(2).fingerprint);
    expect(holding(1).fingerprint).toBe(holding(1).fingerprint);
  });
});

describe('faults that are left out', () => {
  const more = faults(
    '{ at: 60ms, pause: { target: n1, for: 15ms } }',
    '{ random: { every: 90..110ms, kinds: [clock-jump, { cut: { from: c1, to: n1, for: 5ms } }] } }',
    '{ at: 300ms, crash: { target: n1, for: 5ms } }',
  );
  const planOf = ({ faults: applied }: RunResult): readonly string[] =>
    applied.map(({ index, kind, atUs, target, line }) => `${index} ${kind} of ${target} at ${atUs} of line ${line}`);
  const whole = planOf(runToy(more));

  it('are exactly those that are named by their place in the plan, for every choice of them', () => {
    expect(whole.length).toBeGreaterThanOrEqual(5);
    for (let choice = 0; choice < 1 << whole.length; choice += 1) {
      const without = [...whole.keys()].filter((place) => (choice >> place) % 2 === 1);
      const { result } = run({ ...toyRequest(more), without });
      const indices = whole.map((text) => Number(text.split(' ')[0]));
      const left = whole.filter((_, at) => !without.includes(indices[at] as number));
      expect(planOf(result), `without ${without.join(', ')}`).toEqual(left);
    }
  });

  it('are named by the plan, not by the order in which they apply', () => {
    const pauseAt = (at: string): string => `{ at: ${at}, pause: { target: n1, for: 5ms } }`;
    const reversed = faults(pauseAt('300ms'), pauseAt('60ms'));
    expect(runToy(reversed).faults.map(({ index, atUs }) => [index, atUs])).toEqual([[1, 60_000], [0, 300_000]]);
    const { result } = run({ ...toyRequest(reversed), without: [0] });
    expect(result.faults.map(({ index, atUs }) => [index, atUs])).toEqual([[1, 60_000]]);
  });

  it('do not do what they did', () => {
    const request = toyRequest(faults('{ at: 60ms, pause: { target: n1, for: 15ms } }', amnesia));
    expect(run(request).result.outcome).toBe('violation');
    expect(run({ ...request, without: [0] }).result.outcome).toBe('violation');
    expect(run({ ...request, without: [1] }).result.verdicts).toMatchObject([{ verdict: 'valid' }]);
  });
});

describe('a result', () => {
  const request = toyRequest(faults(amnesia), {}, 'word');
  const { result, history } = run(request);

  it('names the run by a coordinate that leads back to it', () => {
    const hash = scenarioHash12(request.scenario);
    expect(parseCoordinate(result.coordinate)).toEqual(
      { ok: true, coordinate: { slug: 'toy', hash, defect: null, seed: 'word' } });
    expect(result).toMatchObject({ scenario: 'the toy keeps its promises', system: 'toy', seed: 'word', file: null });
  });

  it('counts completions as the history has them', () => {
    const count = (type: string): number =>
      history.filter((event) => event.process !== 'nemesis' && event.type === type).length;
    expect(result.operations).toEqual({ ok: count('ok'), fail: count('fail'), info: count('info') });
    expect(result.operations.ok).toBeGreaterThan(50);
  });

  it('tells of each fault when it began and ended, whom it struck, and what it changed, and no more', () => {
    expect(result.faults).toMatchObject(
      [{ index: 0, line: 0, kind: 'crash', target: 'n1', atUs: 100_000, untilUs: 120_000 }]);
    const [{ effect } = { effect: {} }] = result.faults;
    expect(effect).toMatchObject({ processesStopped: 1, processesStarted: 1 });
    expect(Object.values(effect)).not.toContain(0);
    expect(history.filter(({ process }) => process === 'nemesis').map(({ f, time }) => [f, time])).toEqual(
      [['crash', 100_000], ['restart', 120_000]]);
  });

  it('names its suspects by their places among the faults that were applied', () => {
    const verdict = runToy(faults('{ at: 60ms, resume: n1 }', amnesia, '{ at: 490ms, crash: n2 }')).verdicts[0];
    expect(verdict).toMatchObject({ verdict: 'invalid', suspects: [0] });
  });
});

describe('an operator', () => {
  it('says how nodes begin, at each of their starts', () => {
    const made: unknown[] = [];
    const plants: Plants = {
      module: operated,
      start: (ctx) => {
        ctx.put('cell', 1);
        ctx.persist();
      },
      made: ({ self, isNew, initial }) => made.push([self, isNew, initial]),
    };
    runToy(`initial: { terms: [1, 2, 3] }\n${faults('{ at: 100ms, crash: { target: n2, for: 20ms } }')}`, plants);
    const initial = { terms: [1, 2, 3] };
    expect(made).toEqual([[0, true, initial], [1, true, initial], [2, true, initial], [1, false, initial]]);
  });

  it('changes options of nodes that run and of those that start', () => {
    const seen: unknown[] = [];
    const plants: Plants = {
      module: operated,
      made: ({ self, options }) => { if (self === 1) seen.push(options['speed']); },
      options: ({ self }, options) => { if (self === 1) seen.push(options['speed']); },
    };
    const result = runToy(faults(
      '{ at: 100ms, set: { speed: 5, for: 300ms } }', '{ at: 200ms, crash: { target: n2, for: 20ms } }',
    ), plants);
    expect(seen).toEqual([1, 5, 5, 1]);
    expect(result.faults[0]).toMatchObject({ kind: 'set', effect: { optionsChanged: 6 }, untilUs: 400_000 });
  });

  it('gives orders, which the history has', () => {
    const seen: unknown[] = [];
    const plants: Plants = { module: operated, order: ({ self }, order) => seen.push([self, order]) };
    const line = '{ at: 100ms, order: { name: move, to: n2, node: n3 } }';
    const { result, history } = run(toyRequest(faults(line), plants));
    expect(seen).toEqual([[1, { kind: 'move', nodes: [2] }]]);
    expect(result.faults).toMatchObject([{ kind: 'order', target: 'n2', effect: { ordersGiven: 1 } }]);
    expect(history.find(({ process }) => process === 'nemesis')).toMatchObject({
      f: 'order', time: 100_000, value: { target: 'n2', order: 'move', nodes: 'n3' },
    });
  });
});
