import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from '../../../src/history/operation.ts';
import { formatHistory, parseHistory } from '../../../src/history/jsonl.ts';
import { pairOperations } from '../../../src/history/operations.ts';
import { HistoryRecorder } from '../../../src/history/recorder.ts';

/** A recorder whose clock stands still until the test moves it. */
function recording(clients: number, Recorder: typeof HistoryRecorder = HistoryRecorder) {
  let nowUs = 0;
  const recorder = new Recorder(() => nowUs, clients);
  return { recorder, at: (us: number): HistoryRecorder => {
    nowUs = us;
    return recorder;
  } };
}

describe('a recorded line', () => {
  it('has its place and the simulated time, and everything that it was given', () => {
    const { recorder, at } = recording(2);
    at(5).invoke(0, 'write', 'x', 1);
    at(5).invoke(1, 'read', 'y', null);
    at(70).complete(1, 'ok', 'read', 'y', [1, 2]);
    at(80).complete(0, 'info', 'write', 'x', 1, 'timeout');
    expect(recorder.events).toEqual([
      { index: 0, time: 5, process: 0, type: 'invoke', f: 'write', key: 'x', value: 1 },
      { index: 1, time: 5, process: 1, type: 'invoke', f: 'read', key: 'y', value: null },
      { index: 2, time: 70, process: 1, type: 'ok', f: 'read', key: 'y', value: [1, 2] },
      { index: 3, time: 80, process: 0, type: 'info', f: 'write', key: 'x', value: 1, error: 'timeout' },
    ]);
  });

  it('goes to whoever takes the lines, and is not kept then', () => {
    const lines: HistoryEvent[] = [];
    const recorder = new HistoryRecorder(() => 7, 1, (event) => lines.push(event));
    recorder.invoke(0, 'read', 'x', null);
    recorder.nemesis('pause', { target: 'n1' });
    recorder.complete(0, 'ok', 'read', 'x', 1);
    const seen = lines.map(({ index, type, f }) => `${index} ${type} ${f}`);
    expect(seen).toEqual(['0 invoke read', '1 info pause', '2 ok read']);
    expect(recorder.events).toEqual([]);
    expect(recorder.counts.ok).toBe(1);
  });

  it('has no field `error` where nothing went wrong', () => {
    const { recorder, at } = recording(1);
    at(1).invoke(0, 'read', 'x', null);
    at(2).complete(0, 'ok', 'read', 'x', 1);
    expect(recorder.events.filter((event) => 'error' in event)).toEqual([]);
  });

  it('of a fault is of process nemesis, has no key, stands among the others and is no operation', () => {
    const { recorder, at } = recording(1);
    at(1).invoke(0, 'read', 'x', null);
    at(2).nemesis('pause', { target: 'n1', forUs: 3 });
    at(3).complete(0, 'ok', 'read', 'x', 1);
    expect(recorder.events[1]).toEqual(
      { index: 1, time: 2, process: 'nemesis', type: 'info', f: 'pause', value: { target: 'n1', forUs: 3 } });
    expect(recorder.counts).toEqual({ ok: 1, fail: 0, info: 0 });
    expect(pairOperations(recorder.events).operations).toHaveLength(1);
  });

  it('is read back from a file as it was', () => {
    const { recorder, at } = recording(1);
    at(1).invoke(0, 'cas', 'x', [1, 2]);
    at(2).nemesis('heal', { target: 'all' });
    at(3).complete(0, 'fail', 'cas', 'x', [1, 2], 'compare failed');
    expect(parseHistory(formatHistory(recorder.events))).toEqual({ ok: true, history: recorder.events });
  });
});

describe('completions', () => {
  it('are counted by type; what is open is in no count', () => {
    const { recorder } = recording(9);
    const types = ['ok', 'info', 'ok', 'fail', 'ok', 'info'] as const;
    types.forEach((type, process) => {
      recorder.invoke(process, 'write', 'x', process);
      recorder.complete(process, type, 'write', 'x', process);
    });
    recorder.invoke(8, 'write', 'x', 8);
    expect(recorder.counts).toEqual({ ok: 3, fail: 1, info: 2 });
  });
});

describe('a client', () => {
  it('begins under its own number', () => {
    const { recorder } = recording(3);
    expect([0, 1, 2].map((client) => recorder.freshProcess(client))).toEqual([0, 1, 2]);
  });

  it('has begun what any of its processes invoked', () => {
    const { recorder } = recording(3);
    for (const process of [1, 4, 4, 7, 2]) recorder.invoke(process, 'read', 'x', null);
    expect([0, 1, 2].map((client) => recorder.begun(client))).toEqual([0, 4, 1]);
  });

  it('that crashed in the middle of an operation goes on under another number', () => {
    const { recorder } = recording(3);
    recorder.invoke(recorder.freshProcess(1), 'write', 'x', 1);
    expect(recorder.freshProcess(1)).toBe(4);
    expect(recorder.freshProcess(2)).toBe(2);
  });

  it('that crashed before it invoked anything has used its number up all the same', () => {
    const { recorder } = recording(3);
    expect([1, 2, 3].map(() => recorder.freshProcess(1))).toEqual([1, 4, 7]);
  });

  it('whose operation ended as unknown, and that then crashed, does not get the number that it went on under', () => {
    const { recorder } = recording(3);
    recorder.invoke(recorder.freshProcess(1), 'write', 'x', 1);
    recorder.complete(1, 'info', 'write', 'x', 1, 'timeout');
    expect(recorder.freshProcess(1)).toBe(7); // It has been 4 since then, and may have registered as 4.
  });
});

const CLIENTS = 3;
const lives = fc.array(fc.record({
  client: fc.nat(CLIENTS - 1),
  does: fc.constantFrom('invoke', 'invoke', 'ok', 'ok', 'fail', 'info', 'crash'),
}), { maxLength: 60 });

/** Lets clients live as they do in a run, and says whether a history could come out that is none. */
function breaks(Recorder: typeof HistoryRecorder): boolean {
  const property = fc.property(lives, (events) => {
    const { recorder } = recording(CLIENTS, Recorder);
    const process = Array.from({ length: CLIENTS }, (_, client) => recorder.freshProcess(client));
    const isOpen = process.map(() => false);
    const used = new Set(process);
    const takeNumber = (client: number, number: number): void => {
      expect(used, `process ${number} is fresh`).not.toContain(number);
      expect(number % CLIENTS).toBe(client);
      used.add(number);
      process[client] = number;
    };
    for (const { client, does } of events) {
      const own = process[client] as number;
      if (does === 'crash') {
        takeNumber(client, recorder.freshProcess(client));
        isOpen[client] = false;
      } else if (does === 'invoke' && isOpen[client] === false) {
        recorder.invoke(own, 'write', 'x', 0);
        isOpen[client] = true;
      } else if (does !== 'invoke' && isOpen[client] === true) {
        recorder.complete(own, does, 'write', 'x', 0);
        if (does === 'info') takeNumber(client, own + CLIENTS);
        isOpen[client] = false;
      }
    }
    const { operations, problems } = pairOperations(recorder.events);
    expect(problems).toEqual([]);
    expect(operations).toHaveLength(process.reduce((sum, _, client) => sum + recorder.begun(client), 0));
  });
  return fc.check(property, { seed: 12, numRuns: 300 }).failed;
}

describe('whatever clients do', () => {
  it('no process number is used twice, and what comes out is a history', () => {
    expect(breaks(HistoryRecorder)).toBe(false);
  });

  it('which would not hold if a client that crashed kept its number, or forgot what became of it since', () => {
    expect(breaks(class extends HistoryRecorder {
      override freshProcess(client: number): number {
        return this.begun(client) === 0 ? client : super.freshProcess(client);
      }
    })).toBe(true);
    expect(breaks(class extends HistoryRecorder {
      override complete(...[process, , ...rest]: Parameters<HistoryRecorder['complete']>): void {
        super.complete(process, 'ok', ...rest);
      }
    })).toBe(true);
  });
});
