import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/contract/context.ts';
import type { Node } from '../../../src/contract/node.ts';
import { smallWorld } from '../../support/world.ts';

/** Says and writes what it goes on changing. */
class Scribbler implements Node {
  readonly state = { heard: [] as number[] };
  private readonly record = { size: 0 };

  onStart(ctx: Context): void {
    ctx.setTimer('tick', 1_000);
  }

  onTimer(ctx: Context): void {
    this.state.heard.push(this.state.heard.length);
    this.record.size += 1;
    ctx.note({ event: 'heard', heard: this.state.heard });
    ctx.put('record', this.record);
    if (this.state.heard.length < 3) ctx.setTimer('tick', 1_000);
  }
}

const linesOf = (freezeMessages: boolean): string[] => {
  const world = smallWorld(() => new Scribbler(), { nodes: 1, freezeMessages });
  world.start();
  world.runUntil(10_000);
  return world.traceLines() ?? [];
};

describe('the text of a full trace', () => {
  it('says of a note what it was when it was written, whoever wrote it', () => {
    const notes = linesOf(false).filter((line) => line.includes('note'));
    expect(notes).toEqual([0, 1, 2].map((last) =>
      `  note n1 {event: "heard", heard: [${[0, 1, 2].slice(0, last + 1).join(', ')}]}`));
  });

  it('says of a file what was written, even where a protocol of somebody else writes to it later', () => {
    const puts = linesOf(true).filter((line) => line.includes('put'));
    expect(puts).toEqual([1, 2, 3].map((size) => `  put record {size: ${size}}`));
  });

  it('counts events, not what they bring about', () => {
    const events = linesOf(false).filter((line) => !line.startsWith('  '));
    expect(events).toEqual([
      '#0 0.000000 n1 starts', '#1 0.001000 n1 timer tick', '#2 0.002000 n1 timer tick', '#3 0.003000 n1 timer tick',
    ]);
  });

  it('is not there when it was not asked for', () => {
    expect(smallWorld(() => new Scribbler(), { trace: 'digest' }).traceLines()).toBeNull();
  });

  it('tells more names apart than are found by comparing', () => {
    const { trace } = smallWorld(() => new Scribbler());
    const names = ['', ...Array.from({ length: 59 }, (_, index) => `name-${index}`)];
    const indices = names.map((name) => trace.indexOf(name));
    expect(new Set(indices).size).toBe(60);
    expect(names.map((name) => trace.indexOf(name))).toEqual(indices);
    expect(indices.map((index) => trace.names[index])).toEqual(names);
  });
});
