import { describe, expect, it } from 'vitest';
import type { ProtocolModule } from '../../../src/contract/module.ts';
import { noEffect, type AppliedFault } from '../../../src/faults/applied.ts';
import type { History } from '../../../src/history/operation.ts';
import { checkMetric, meteredEvents, metricsOf, type Measured } from '../../../src/run/metrics.ts';
import { run } from '../../../src/run/run.ts';
import type { Check, Metric } from '../../../src/scenario/scenario.ts';
import { noStrength } from '../../support/faults/strength.ts';
import { builtIn } from '../../support/scenarios/built-in.ts';
import { toy, toyRequest, type Plants } from '../../support/run/toy.ts';

const S = 1_000_000;
const whole = { fromUs: 0, toUs: null };

/** One client, whose operations are completed with `ok` at these instants, and with another end in between. */
function history(...okUs: readonly number[]): History {
  const events = okUs.flatMap((time) => [
    { time: time - 3, process: 0, type: 'invoke', f: 'read', key: 'x', value: null },
    { time: time - 2, process: 0, type: 'fail', f: 'read', key: 'x', value: null },
    { time: time - 1, process: 0, type: 'invoke', f: 'read', key: 'x', value: null },
    { time, process: 0, type: 'ok', f: 'read', key: 'x', value: 1 },
  ]);
  return events.map((event, index) => ({ index, ...event })) as History;
}

type Changes = Partial<Measured> & { readonly notes?: Readonly<Record<string, readonly number[]>> };

function measured(changes: Changes): Measured {
  const { notes = {}, ...rest } = changes;
  return {
    meters: { messages: 7, syncs: 5, terms: 3, notes: new Map(Object.entries(notes)) },
    history: history(1 * S, 2 * S, 2.5 * S, 6 * S), faults: [], endUs: 10 * S, ...rest,
  };
}

const fault = (line: number, atUs: number): AppliedFault =>
  ({ index: 0, line, kind: 'crash', atUs, untilUs: null, target: 'n1', ...noStrength, effect: noEffect() });

type Bounds = { readonly min?: number; readonly max?: number };

function check(metric: Metric, bounds: Bounds): Extract<Check, { checker: 'metric' }> {
  return { checker: 'metric', name: 'm', metric, min: bounds.min ?? null, max: bounds.max ?? null };
}

describe('the time to recover', () => {
  const recovery = { kind: 'recovery' } as const;
  const of = (changes: Changes) => checkMetric(check(recovery, { max: 1 * S }), measured(changes));

  it('counts from the end of the last fault to the first success that was asked for afterwards', () => {
    const healed = { ...fault(1, 1 * S), untilUs: 2.3 * S };
    expect(of({ faults: [fault(0, 2 * S), healed] })).toMatchObject({ verdict: 'valid', summary: 'm is 0.200000 s' });
    expect(of({ faults: [healed, fault(0, 2.4 * S), fault(2, 2.6 * S)] })).toMatchObject({
      verdict: 'invalid', summary: 'm is 3.400000 s, above 1.000000 s', atUs: 6 * S,
    });
  });

  it('leaves out what was under way, since that may have been done before', () => {
    expect(of({ faults: [fault(0, 2.5 * S)] })).toMatchObject({ verdict: 'invalid' });
    expect(of({ faults: [fault(0, 2.5 * S - 1)] })).toMatchObject({ verdict: 'valid' });
  });

  it('is longer than any where nothing succeeded, and unknown where nothing struck', () => {
    expect(of({ faults: [fault(0, 7 * S)] })).toMatchObject({
      verdict: 'invalid', summary: 'm: nothing that was asked from 7.000000 s on was answered', atUs: 10 * S,
    });
    expect(of({})).toMatchObject({ verdict: 'unknown', summary: 'm: no fault has struck' });
  });
});

describe('a metric is measured', () => {
  const valueOf = (metric: Metric, from: Measured): number | undefined =>
    Object.values(metricsOf(from, toy(), [check(metric, {})])).at(-1);
  const noted = measured({ notes: { elected: [S, 4 * S, 9 * S] } });

  it.each<[string, Metric, number]>([
    ['messages', { kind: 'messages' }, 7],
    ['syncs', { kind: 'syncs' }, 5],
    ['terms', { kind: 'terms' }, 3],
    ['the longest time without an ok, to the end of the run', { kind: 'unavailable', ...whole }, 4 * S],
    ['the longest time without an ok, in a window', { kind: 'unavailable', fromUs: 0, toUs: 3 * S }, S],
    ['the longest time without an ok, where there is none', { kind: 'unavailable', fromUs: 7 * S, toUs: 8 * S }, S],
    ['operations in a second, rounded down', { kind: 'okPerSecond', fromUs: 0, toUs: 2.5 * S }, 1],
    ['operations in a second', { kind: 'okPerSecond', fromUs: 2 * S, toUs: 2.5 * S }, 4],
    ['notes', { kind: 'count', event: 'elected', ...whole }, 3],
    ['notes in a window with both its ends', { kind: 'count', event: 'elected', fromUs: S, toUs: 4 * S }, 2],
    ['notes that never came', { kind: 'count', event: 'other', ...whole }, 0],
    ['the time to the first note', { kind: 'delay', event: 'elected', after: { kind: 'instant', atUs: 0 } }, S],
    ['the time to a later note',
      { kind: 'delay', event: 'elected', after: { kind: 'instant', atUs: 1.5 * S } }, 2.5 * S],
  ])('%s', (_what, metric, value) => {
    expect(valueOf(metric, noted)).toBe(value);
  });

  it('from the first time that a line applied', () => {
    const from = { ...noted, faults: [fault(0, S), fault(1, 5 * S), fault(1, 6 * S)] };
    expect(valueOf({ kind: 'delay', event: 'elected', after: { kind: 'line', line: 1 } }, from)).toBe(4 * S);
  });
});

describe('a share of changes', () => {
  const ends = (f: string, type: 'ok' | 'info', ...times: readonly number[]): object[] =>
    times.map((time) => ({ time, process: 0, type, f, key: 'x', value: 1 }));
  const changes = [
    ...ends('write', 'ok', S, 2 * S, 3 * S), ...ends('read', 'ok', S, 3 * S), ...ends('write', 'info', 2 * S),
    ...ends('store', 'ok', 2 * S),
  ].map((event, index) => ({ index, ...event })) as unknown as History;
  const of = (window: object, from: Changes) =>
    checkMetric(check({ kind: 'share', event: 'lost', ...whole, ...window }, { max: 100 }), measured(from));

  it('counts notes for each hundred that succeeded, rounded down, in one window', () => {
    const from = { history: changes, notes: { lost: [2 * S, 3 * S] } };
    expect(of({}, from)).toMatchObject({ verdict: 'valid', summary: 'm is 66' });
    expect(of({ fromUs: 2.5 * S }, from)).toMatchObject({ verdict: 'valid', summary: 'm is 100' });
    expect(of({ toUs: 1.5 * S }, from)).toMatchObject({ verdict: 'valid', summary: 'm is 0' });
  });

  it('is asked for like a count', () => {
    const { checks } = builtIn(`name: a
system: { protocol: redis, nodes: 3 }
workload: { kind: register }
duration: 10s
check: [{ metric: { name: discardedShare, from: 2s, max: 40 } }]
`);
    const metric: Metric = { kind: 'share', event: 'discarded-write', fromUs: 2 * S, toUs: null };
    expect(checks).toMatchObject([{ metric, max: 40 }]);
  });

  it('is above a bound where more was lost than succeeded, and unknown where nothing did', () => {
    const lost = of({}, { history: changes, notes: { lost: [S, S, S, 2 * S] } });
    expect(lost).toMatchObject({ verdict: 'invalid', summary: 'm is 133, above 100', atUs: 2 * S });
    expect(of({}, { notes: { lost: [S] } })).toMatchObject({ verdict: 'unknown', summary: 'm: nothing was changed' });
  });
});

describe('a bound', () => {
  const terms: Metric = { kind: 'terms' };
  const delay: Metric = { kind: 'delay', event: 'elected', after: { kind: 'instant', atUs: S } };

  it('is kept, both its ends included', () => {
    expect(checkMetric(check(terms, { min: 3, max: 3 }), measured({}))).toMatchObject({
      verdict: 'valid', summary: 'm is 3', atUs: null,
    });
  });

  it('is missed by what is above or below it, and the value is told', () => {
    expect(checkMetric(check(terms, { max: 2 }), measured({}))).toMatchObject({
      verdict: 'invalid', summary: 'm is 3, above 2',
    });
    expect(checkMetric(check(terms, { min: 4 }), measured({}))).toMatchObject({
      verdict: 'invalid', summary: 'm is 3, below 4',
    });
    expect(checkMetric(check({ kind: 'unavailable', ...whole }, { max: S }), measured({}))).toMatchObject({
      verdict: 'invalid', summary: 'm is 4.000000 s, above 1.000000 s', atUs: 10 * S,
    });
  });

  it('of a delay is missed by what never came, unless it is a lower one', () => {
    const late = checkMetric(check(delay, { max: S }), measured({ notes: { elected: [S - 1] } }));
    const summary = 'm: no elected from 1.000000 s to the end';
    expect(late).toMatchObject({ verdict: 'invalid', summary, atUs: 10 * S });
    expect(checkMetric(check(delay, { min: S }), measured({})).verdict).toBe('valid');
  });

  it('is unknown where the run or the fault did not come that far', () => {
    const window: Metric = { kind: 'count', event: 'elected', fromUs: 0, toUs: 11 * S };
    expect(checkMetric(check(window, { max: 1 }), measured({})).verdict).toBe('unknown');
    const after: Metric = { kind: 'delay', event: 'elected', after: { kind: 'line', line: 1 } };
    expect(checkMetric(check(after, { max: 1 }), measured({ faults: [fault(0, S)] })).verdict).toBe('unknown');
  });
});

describe('the metrics of a run', () => {
  const module: Partial<ProtocolModule> = {
    events: ['elected', 'other'],
    metrics: {
      elections: { kind: 'count', event: 'elected', doc: '' },
      leaderAfter: { kind: 'delay', event: 'elected', doc: '' },
    },
  };
  const plants: Plants = {
    module,
    start: (ctx) => { ctx.setTimer('t', 100_000); },
    timer: (ctx) => {
      ctx.note({ event: 'elected' });
      ctx.note({ event: 'other' });
    },
  };

  it('are those of every run, those of the protocol, and those of its checks', () => {
    const bound = '{ metric: { name: elections, from: 200ms, max: 0, as: later } }';
    const { result } = run(toyRequest(`check: [linearizable, ${bound}]\n`, plants));
    expect(result.metrics).toMatchObject({ terms: 1, elections: 3, leaderAfterUs: 100_000, later: 0 });
    expect(result.metrics['messages']).toBeGreaterThan(0);
    expect(result.metrics['okPerSecond']).toBeGreaterThan(0);
    expect(result.metrics['unavailableUs']).toBeLessThan(500_000);
    expect(result.verdicts).toMatchObject([{ checker: 'linearizable' }, { checker: 'later', verdict: 'valid' }]);
  });

  it('make a violation where a bound is missed, which can be what was expected', () => {
    const bound = 'check: [{ metric: { name: elections, max: 2 } }]\n';
    const { result } = run(toyRequest(bound, plants));
    expect(result).toMatchObject({ outcome: 'violation', asExpected: false });
    expect(result.verdicts).toMatchObject([{ summary: 'elections is 3, above 2' }]);
    expect(run(toyRequest(`${bound}expect: { elections: invalid }\n`, plants)).result.asExpected).toBe(true);
  });

  it('ask for no other notes than theirs', () => {
    expect(meteredEvents(toy({ module }), [])).toEqual(['elected']);
    const asked = check({ kind: 'count', event: 'other', ...whole }, { max: 1 });
    expect(meteredEvents(toy({ module }), [asked])).toEqual(['elected', 'other']);
    expect(meteredEvents(toy(), [])).toEqual([]);
  });
});
