import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../../src/kernel/queue.ts';

describe('EventQueue', () => {
  it('pops in the order of (time, push), like a stable sort, through far futures and interleaved pops', () => {
    const delay = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 5 }) },
      { weight: 2, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
      // Beyond 32 bits of microseconds: 71.6 minutes, and 100 years.
      { weight: 1, arbitrary: fc.constantFrom(4_294_967_295, 4_294_967_296, 3_155_760_000_000_000) },
    );
    const step = fc.oneof(delay.map((afterUs) => ({ afterUs })), fc.constant('pop' as const));
    const steps = fc.array(step, { maxLength: 800 });
    fc.assert(fc.property(steps, (script) => {
      const queue = new EventQueue();
      const model: { at: number; id: number }[] = [];
      let id = 0;
      let nowUs = 0;
      const popBoth = (): void => {
        model.sort((a, b) => a.at - b.at || a.id - b.id);
        const expected = model.shift();
        const popped = queue.pop() ? { at: queue.poppedAtUs, id: queue.takePayload() } : undefined;
        expect(popped).toEqual(expected);
        nowUs = expected?.at ?? nowUs;
      };
      for (const step of script) {
        if (step === 'pop') popBoth();
        else {
          queue.push(nowUs + step.afterUs, 1, 0, 0, 0, id);
          model.push({ at: nowUs + step.afterUs, id });
          id += 1;
        }
      }
      while (model.length > 0) popBoth();
      expect(queue.length).toBe(0);
    }), { seed: 7, numRuns: 300 });
  });

  it('keeps columns of 10,000 waiting events apart', () => {
    const queue = new EventQueue();
    for (let i = 0; i < 10_000; i += 1) queue.push((i * 7919) % 10_007, i % 9, i % 50, i, -i, `p${i}`);
    let last = -1;
    while (queue.pop()) {
      const i = queue.poppedFirst;
      expect(queue.poppedAtUs).toBe((i * 7919) % 10_007);
      expect([queue.poppedKind, queue.poppedProcess, queue.poppedSecond, queue.takePayload()])
        .toEqual([i % 9, i % 50, i === 0 ? 0 : -i, `p${i}`]);
      expect(queue.poppedAtUs).toBeGreaterThanOrEqual(last);
      last = queue.poppedAtUs;
    }
  });

  it('refuses an event in the past', () => {
    const queue = new EventQueue();
    queue.push(10, 1, 0, 0, 0, null);
    queue.pop();
    expect(() => queue.push(9, 1, 0, 0, 0, null)).toThrow('in the past');
  });

  it('refuses more events at once than a ticket has slots', () => {
    const queue = new EventQueue();
    const pushAll = (): void => {
      for (let i = 0; i <= 0x20_0000; i += 1) queue.push(i, 1, 0, 0, 0, null);
    };
    expect(pushAll).toThrow('at most 2^21 events wait at once');
    expect(queue.length).toBe(0x20_0000);
  });
});
