import { describe, expect, it } from 'vitest';
import { execute, type Workbench } from '../../../src/host/execute.ts';
import { watchPromises } from '../../../src/host/promise-watch.ts';
import { parseHistory } from '../../../src/history/jsonl.ts';
import { run } from '../../../src/run/run.ts';
import { entryOf, jobOf, resultOf } from '../../support/cli/results.ts';

const entries = [entryOf('raft/one')];
const real: Workbench = { entries, module: null, run };

/** A run whose trace is another one each time. */
function fickle(traces: readonly (readonly string[])[], fingerprints: readonly string[] = ['a', 'a']): Workbench {
  let count = 0;
  return {
    entries,
    module: null,
    run: ({ onLine }) => {
      const result = resultOf({ fingerprint: fingerprints[count] ?? '' });
      for (const line of traces[count] ?? []) onLine?.(line);
      count += 1;
      return { result, history: [], trace: null };
    },
  };
}

const verify = { ...jobOf('1'), verify: true };

describe('a run that is made twice', () => {
  it('is as it was if both are equal', () => {
    const { result } = execute(real, verify);
    expect(result).toEqual(execute(real, jobOf('1')).result);
    expect(result.outcome).toBe('pass');
  });

  it('shows both sides of the first event that differs', () => {
    const { result } = execute(fickle([['#0 a', '#1 b', '#2'], ['#0 a', '#1 c', '#3']]), verify);
    expect(result).toMatchObject({ outcome: 'nondeterministic', asExpected: false });
    expect(result.reason).toBe('line 2 of the trace is first "#1 b", then "#1 c"');
  });

  it('shows where one of them had ended', () => {
    const { result } = execute(fickle([['#0 a'], ['#0 a', '#1 b']]), verify);
    expect(result.reason).toBe('line 2 of the trace is first at its end, then "#1 b"');
  });

  it('is compared line by line, whatever is in one, and however many there are', () => {
    const long = Array.from({ length: 30_000 }, (_, at) => `#${at} ${'\ud800 \n'.repeat(20)}`);
    const other = long.map((line, at) => (at === 29_000 ? `${line}!` : line));
    expect(execute(fickle([long, long]), verify).result.outcome).toBe('pass');
    expect(execute(fickle([long, other]), verify).result.reason).toContain('line 29001 of the trace is first "#29000');
    expect(execute(fickle([long, long.slice(1)]), verify).result.reason).toContain('line 1 of the trace is first "#0 ');
  });

  it('shows a difference that is in the fingerprint alone', () => {
    const { result } = execute(fickle([['#0'], ['#0']], ['aa', 'bb']), verify);
    expect(result.reason).toContain('first aa, then bb');
  });
});

describe('a report', () => {
  it('brings the history along where it is wanted', () => {
    expect(execute(real, jobOf('1')).history).toBeNull();
    expect(execute(real, { ...jobOf('1'), history: 'unexpected' }).history).toBeNull();
    const failing: Workbench = { ...real, run: (request) => {
      const record = run(request);
      return { ...record, result: { ...record.result, asExpected: false } };
    } };
    for (const [workbench, history] of [[failing, 'unexpected'], [real, 'always']] as const) {
      const text = execute(workbench, { ...jobOf('1'), history }).history ?? '';
      expect(parseHistory(text)).toMatchObject({ ok: true });
    }
  });

  it('brings the trace along where it is wanted, and changes no fingerprint by that', () => {
    const traced = execute(real, { ...jobOf('1'), trace: true });
    expect(traced.trace?.length).toBeGreaterThan(100);
    expect(traced.result).toEqual(execute(real, jobOf('1')).result);
    expect(execute(real, { ...jobOf('1'), trace: true, verify: true })).toEqual(traced);
  });

  it('is made of a run that broke off, too', () => {
    const broken: Workbench = { ...real, run: () => { throw new Error('no luck\nat all'); } };
    const { result } = execute(broken, jobOf('1'));
    expect(result).toMatchObject({ outcome: 'error', asExpected: false, reason: 'the run broke off: no luck' });
  });
});

describe('the watch over promises', () => {
  it('counts those made while it is on, and no others', async () => {
    await Promise.resolve();
    const stop = watchPromises();
    void Promise.resolve().then(() => 1);
    expect(stop()).toBe(2);
    const none = watchPromises();
    expect(none()).toBe(0);
  });

  it('turns a protocol that makes one into an error', () => {
    const leaky: Workbench = { ...real, run: (request) => run({ ...request, watchPromises: () => {
      const stop = watchPromises();
      void Promise.resolve();
      return stop;
    } }) };
    expect(execute(leaky, jobOf('1')).result).toMatchObject({ outcome: 'error', asExpected: false });
  });
});
