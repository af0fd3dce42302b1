import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/contract/context.ts';
import type { Order } from '../../../src/contract/node.ts';
import type { Options } from '../../../src/contract/options.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { Control } from '../../../src/world/control.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../../support/world.ts';

const [N1, N2] = [nodeId(0), nodeId(1)];
const move: Order = { kind: 'move', nodes: [N2] };

/** Three nodes that tell what their operator wants of them, and with which options they were made. */
function nodes(changes: { readonly onOrder?: (ctx: Context) => void } = {}): {
  world: World; control: Control; seen: string[];
} {
  const seen: string[] = [];
  const see = (ctx: Context, what: string): number => seen.push(`${world.nowUs} n${ctx.self + 1} ${what}`);
  const world: World = smallWorld((_self, _disk, _isNew, options) => ({
    state: {},
    onStart: (ctx) => see(ctx, `starts with ${JSON.stringify(options)}`),
    onOrder: (ctx, { kind, nodes: about }: Order) => {
      see(ctx, `${kind} ${about.join()}`);
      changes.onOrder?.(ctx);
    },
    onOptions: (ctx, now: Options) => see(ctx, `runs with ${JSON.stringify(now)}`),
    onContinue: (ctx) => see(ctx, 'continues'),
  }), { options: { a: 1, b: 1 } });
  const control = new Control(world, () => ({ role: 'node', epoch: 0, leader: null }));
  world.start();
  world.runUntil(0);
  seen.length = 0;
  return { world, control, seen };
}

describe('an order', () => {
  it('reaches a node as an event of its own, and its effects are carried out', () => {
    const { world, control, seen } = nodes({ onOrder: (ctx) => {
      ctx.note({ event: 'moved' });
      ctx.note({ event: 'unheard' });
    } });
    const [effect, notes] = [noEffect(), [] as string[]];
    control.onNote(['moved'], (_process, event) => notes.push(event));
    control.at(100, () => {
      control.order(N1, move, effect);
      seen.push('given');
    });
    const { events } = world.trace;
    world.runUntil(1_000);
    expect(seen).toEqual(['given', '100 n1 move 1']);
    expect(notes).toEqual(['moved']);
    expect(world.trace.events - events).toBe(2);
    expect(effect.ordersGiven).toBe(1);
    expect(world.traceLines()?.join('\n')).toContain('n1 is to move n2');
  });

  it('waits for a paused node', () => {
    const { world, control, seen } = nodes();
    const pause = noEffect();
    control.at(100, () => control.pause(N1, pause));
    control.at(200, () => control.order(N1, move, noEffect()));
    control.at(300, () => control.resume(N1, pause));
    world.runUntil(1_000);
    expect(seen).toEqual(['300 n1 move 1']);
  });

  it('waits for the end of a step', () => {
    const { world, control, seen } = nodes({ onOrder: (ctx) => ctx.continueAs('step', 500) });
    control.at(100, () => control.order(N1, move, noEffect()));
    control.at(200, () => control.order(N1, move, noEffect()));
    world.runUntil(2_000);
    expect(seen).toEqual(['100 n1 move 1', '600 n1 continues', '600 n1 move 1', '1100 n1 continues']);
  });

  it('never reaches a node that is down, that goes down first, or whose next incarnation is up', () => {
    const { world, control, seen } = nodes();
    const effect = noEffect();
    control.at(100, () => {
      control.order(N1, move, effect);
      control.crash(N1, 'process', noEffect());
    });
    control.at(200, () => control.order(N1, move, effect));
    control.at(300, () => control.restart(N1, noEffect()));
    world.runUntil(1_000);
    expect(seen).toEqual(['300 n1 starts with {"a":1,"b":1}']);
    expect(effect.ordersGiven).toBe(0);
  });

  it('is lost with the node that crashes while it is paused', () => {
    const { world, control, seen } = nodes();
    const effect = noEffect();
    control.at(100, () => control.pause(N1, noEffect()));
    control.at(200, () => control.order(N1, move, effect));
    control.at(300, () => control.crash(N1, 'process', noEffect()));
    control.at(400, () => control.restart(N1, noEffect()));
    world.runUntil(1_000);
    expect(seen).toEqual(['400 n1 starts with {"a":1,"b":1}']);
    expect(effect.ordersGiven).toBe(0);
  });
});

describe('options that change', () => {
  it('are told to every node that runs, and are what the others start with', () => {
    const { world, control, seen } = nodes();
    const effect = noEffect();
    control.at(100, () => control.crash(N1, 'process', noEffect()));
    control.at(200, () => control.setOptions({ b: 2 }, effect));
    control.at(300, () => control.restart(N1, noEffect()));
    world.runUntil(1_000);
    expect(seen).toEqual([
      '200 n2 runs with {"a":1,"b":2}', '200 n3 runs with {"a":1,"b":2}', '300 n1 starts with {"a":1,"b":2}',
    ]);
    expect(effect.optionsChanged).toBe(3);
  });

  it('replace what was changed before, and end with nothing', () => {
    const { world, control, seen } = nodes();
    control.at(100, () => control.setOptions({ a: 2 }, noEffect()));
    control.at(200, () => control.setOptions({ b: 2 }, noEffect()));
    control.at(300, () => control.setOptions({}, noEffect()));
    world.runUntil(1_000);
    expect(seen.filter((line) => line.includes('n1'))).toEqual([
      '100 n1 runs with {"a":2,"b":1}', '200 n1 runs with {"a":1,"b":2}', '300 n1 runs with {"a":1,"b":1}',
    ]);
  });

  it('are no news where they are what they were', () => {
    const { world, control, seen } = nodes();
    const effect = noEffect();
    control.at(100, () => control.setOptions({ a: 1 }, effect));
    world.runUntil(1_000);
    expect(seen).toEqual([]);
    expect(effect.optionsChanged).toBe(0);
  });

  it('are told to a paused node when it is resumed', () => {
    const { world, control, seen } = nodes();
    const pause = noEffect();
    control.at(100, () => control.pause(N1, pause));
    control.at(200, () => control.setOptions({ a: 2 }, noEffect()));
    control.at(300, () => control.resume(N1, pause));
    world.runUntil(1_000);
    expect(seen).toContain('300 n1 runs with {"a":2,"b":1}');
  });
});
