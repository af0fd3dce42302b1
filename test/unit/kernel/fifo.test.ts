import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { Fifo } from '../../../src/kernel/fifo.ts';

const step = fc.oneof(
  { weight: 8, arbitrary: fc.nat() },
  { weight: 6, arbitrary: fc.constant('shift' as const) },
  { weight: 1, arbitrary: fc.constant('clear' as const) },
);

describe('a queue that keeps its room', () => {
  test.prop([fc.array(step, { maxLength: 300 })])('does what an array does', (steps) => {
    const queue = new Fifo<number>();
    const model: number[] = [];
    for (const each of steps) {
      if (each === 'shift') expect(queue.shift()).toBe(model.shift());
      else if (each === 'clear') {
        queue.clear();
        model.length = 0;
      } else {
        queue.push(each);
        model.push(each);
      }
      expect(queue.length).toBe(model.length);
      const seen = Array.from({ length: queue.length + 1 }, (_, position) => queue.at(position));
      expect(seen).toEqual([...model, undefined]);
    }
  });
});
