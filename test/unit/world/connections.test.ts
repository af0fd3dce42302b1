import { describe, expect, it } from 'vitest';
import type { Context } from '../../../src/contract/context.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { Node } from '../../../src/contract/node.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import { type ConnectionId, nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import { Control } from '../../../src/world/control.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../../support/world.ts';

const [N1, N2] = [nodeId(0), nodeId(1)];

interface Letter extends Message {
  readonly number: number;
}

const letter = (number: number, kind = 'Letter'): Message => ({ kind, number }) as Message;

/** Each node notes what it hears, with the time in milliseconds; what it does is a matter of the test. */
function stage(changes: Parameters<typeof smallWorld>[1] = {}) {
  const heard: string[] = [];
  const contexts = new Map<NodeId, Context>();
  const doing = new Map<string, ((ctx: Context) => void)>();
  const hear = (self: NodeId, what: string): void => { heard.push(`${world.nowUs / 1_000} n${self + 1} ${what}`); };
  const make = (self: NodeId): Node => ({
    state: {},
    onStart: (ctx) => {
      contexts.set(self, ctx);
      hear(self, 'starts');
    },
    onConnected: (_ctx, connection, peer) => { hear(self, `connected #${connection} n${peer + 1}`); },
    onReceived: (_ctx, connection, _peer, message) => { hear(self, `#${connection} ${(message as Letter).number}`); },
    onClosed: (_ctx, connection, peer) => { hear(self, `closed #${connection} n${peer + 1}`); },
    onTimer: (ctx, name) => { doing.get(name)?.(ctx); },
  });
  const world: World = smallWorld((id) => make(id), { nodes: 2, ...changes });
  const control = new Control(world, () => ({ role: 'node', epoch: 0, leader: null }));
  let steps = 0;
  /** Lets a node do something in a handler of its own. */
  const at = (ms: number, node: NodeId, act: (ctx: Context) => void): void => {
    const name = `step ${steps++}`;
    doing.set(name, act);
    control.at(ms * 1_000, () => {
      world.run(world.process(node), 4, -1, name); // As its timer would.
    });
  };
  const until = (ms: number): string[] => {
    expect(world.runUntil(ms * 1_000)).toEqual({ kind: 'end' });
    return heard.splice(0).filter((line) => !line.endsWith('starts'));
  };
  world.start();
  return { world, control, at, until };
}

const sendAll = (connection: ConnectionId, ...numbers: number[]) => (ctx: Context): void => {
  for (const number of numbers) ctx.sendOn(connection, letter(number));
};
const first = 1 as ConnectionId;
const open = (ctx: Context): void => { ctx.connect(N2); };

describe('a connection', () => {
  it('is opened by one, told to both, and carries messages both ways', () => {
    const { at, until } = stage();
    at(1, N1, (ctx) => { ctx.sendOn(ctx.connect(N2), letter(7)); });
    at(10, N2, sendAll(first, 8, 9));
    expect(until(20)).toEqual([
      '2 n2 connected #1 n1', '2 n2 #1 7', '3 n1 connected #1 n2', '11 n1 #1 8', '11 n1 #1 9',
    ]);
  });

  it('delivers everything once and in order on a link that loses, copies and delays', () => {
    const network = {
      latencyUsMin: 500, latencyUsMax: 5_000, lossPerMillion: 300_000, duplicatePerMillion: 300_000,
      slowPerMillion: 300_000, slowUsMin: 100_000, slowUsMax: 900_000,
    };
    const { at, until } = stage({ network });
    at(1, N1, open);
    for (let number = 0; number < 200; number += 1) at(2 + number, N1, sendAll(first, number));
    const arrived = until(60_000).filter((line) => line.includes('n2 #1'));
    expect(arrived.map((line) => Number(line.split(' ').at(-1)))).toEqual([...Array(200).keys()]);
    const delays = arrived.map((line, number) => Number(line.split(' ')[0]) - 2 - number);
    expect(Math.max(...delays)).toBeGreaterThan(20); // Some were sent again,
    expect(Math.min(...delays)).toBeLessThan(5); // and some were not.
  });

  it('is refused where nobody runs', () => {
    const { at, control, until } = stage();
    control.at(500, () => { control.crash(N2, 'process', noEffect()); });
    at(1, N1, open);
    expect(until(10)).toEqual(['3 n1 closed #1 n2']);
  });

  it('that is closed lets arrive what was sent before, and nothing of the other end', () => {
    const { at, until } = stage();
    at(1, N1, open);
    at(5, N2, sendAll(first, 5));
    at(5, N1, (ctx) => {
      ctx.sendOn(first, letter(1));
      ctx.close(first);
      ctx.sendOn(first, letter(2));
    });
    at(7, N2, sendAll(first, 6));
    expect(until(20)).toEqual(['2 n2 connected #1 n1', '3 n1 connected #1 n2', '6 n2 #1 1', '6 n2 closed #1 n1']);
  });

  it('that comes after another one is a new one, and nothing of the old one arrives on it', () => {
    const { at, control, until } = stage();
    at(1, N1, open);
    const effect = noEffect();
    control.at(4_500, () => { control.cut(N2, N1, 'lost', effect); });
    at(5, N2, sendAll(first, 5));
    at(6, N1, (ctx) => {
      ctx.close(first);
      ctx.sendOn(ctx.connect(N2), letter(1));
    });
    until(5);
    expect(until(20)).toEqual(['7 n2 closed #1 n1', '7 n2 connected #2 n1', '7 n2 #2 1']);
    control.at(30_000, () => { control.mend(N2, N1, effect); });
    expect(until(40)).toEqual(['31 n1 connected #2 n2']);
  });
});

describe('the network under a connection', () => {
  it.each(['lost', 'delivered'] as const)('a cut keeps back what it meets, in order (in flight: %s)', (inFlight) => {
    const { at, control, until } = stage();
    const effect = noEffect();
    at(1, N1, open);
    at(9, N1, sendAll(first, 1, 2));
    control.at(9_500, () => { control.cut(N1, N2, inFlight, effect); });
    at(12, N1, sendAll(first, 3));
    at(12, N2, sendAll(first, 8));
    until(9);
    const early = inFlight === 'delivered' ? ['10 n2 #1 1', '10 n2 #1 2'] : [];
    expect(until(49)).toEqual([...early, '13 n1 #1 8']);
    control.at(50_000, () => { control.mend(N1, N2, effect); });
    const late = inFlight === 'delivered' ? [] : ['51 n2 #1 1', '51 n2 #1 2'];
    expect(until(90)).toEqual([...late, '51 n2 #1 3']);
    expect(effect.messagesDropped).toBe(0);
    expect(effect.messagesDelayed).toBeGreaterThan(0);
  });

  it.each([5_000, 1_000])('a link of %d us counts what it delays, and nothing else', (latencyUs) => {
    const { at, control, until } = stage();
    const effect = noEffect();
    const steady = {
      lossPerMillion: 0, duplicatePerMillion: 0, slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
    };
    at(1, N1, open);
    control.at(8_000, () => {
      control.setLink(N1, N2, { ...steady, latencyUsMin: latencyUs, latencyUsMax: latencyUs }, effect);
    });
    at(9, N1, sendAll(first, 1, 2));
    until(8);
    expect(until(30)).toEqual([1, 2].map((number) => `${9 + latencyUs / 1_000} n2 #1 ${number}`));
    expect(effect.messagesDelayed).toBe(latencyUs === 1_000 ? 0 : 2);
  });

  it('what is held of one kind holds up what comes behind it', () => {
    const { at, control, until } = stage();
    const effect = noEffect();
    at(1, N1, open);
    control.at(5_000, () => { control.hold(N1, N2, 'Slow', effect); });
    at(6, N1, (ctx) => {
      ctx.sendOn(first, letter(1));
      ctx.sendOn(first, letter(2, 'Slow'));
      ctx.sendOn(first, letter(3));
    });
    until(5);
    expect(until(30)).toEqual(['7 n2 #1 1']);
    control.at(31_000, () => { control.release(N1, N2, effect); });
    expect(until(40)).toEqual(['32 n2 #1 2', '32 n2 #1 3']);
  });
});

describe('the ends of a connection', () => {
  it('a process that crashes is parted from by its system; what it had sent arrives before', () => {
    const { at, control, until } = stage();
    at(1, N1, open);
    at(5, N1, sendAll(first, 1));
    control.at(5_000, () => { control.crash(N1, 'process', noEffect()); });
    until(5);
    expect(until(20)).toEqual(['6 n2 #1 1', '6 n2 closed #1 n1']);
  });

  it('a machine that crashes says nothing until it is back', () => {
    const { at, control, until } = stage();
    at(1, N1, open);
    control.at(5_000, () => { control.crash(N1, 'machine', noEffect()); });
    at(6, N2, sendAll(first, 8));
    until(5);
    expect(until(29)).toEqual([]);
    control.at(30_000, () => { control.restart(N1, noEffect()); });
    expect(until(40)).toEqual(['31 n2 closed #1 n1']);
  });

  it('a paused process has everything in its order when it is resumed, what came meanwhile included', () => {
    const { at, control, until } = stage();
    const effect = noEffect();
    at(1, N1, open);
    control.at(5_000, () => { control.pause(N2, effect); });
    for (const number of [1, 2, 3]) at(6, N1, sendAll(first, number));
    at(9, N1, sendAll(first, 4));
    control.at(10_000, () => { control.resume(N2, effect); });
    at(9.5, N1, (ctx) => { ctx.close(first); });
    until(5);
    expect(until(20)).toEqual([
      '10 n2 #1 1', '10 n2 #1 2', '10 n2 #1 3', '10 n2 #1 4', '10.5 n2 closed #1 n1',
    ]);
    expect(effect.messagesDelayed).toBe(3); // The fourth came with the resume.
  });

  it('a message waits for what was persisted before it, and is lost if its connection closes first', () => {
    const { at, until } = stage();
    const write = (ctx: Context): void => {
      ctx.put('file', 1);
      ctx.persist();
    };
    at(1, N1, open);
    at(5, N1, (ctx) => {
      write(ctx);
      ctx.sendOn(first, letter(1));
      ctx.sendOnNow(first, letter(2));
    });
    at(20, N1, (ctx) => {
      write(ctx);
      ctx.sendOn(first, letter(3));
    });
    at(21, N1, (ctx) => {
      ctx.close(first);
      ctx.connect(N2);
    });
    until(5);
    expect(until(19)).toEqual(['6 n2 #1 2', '8 n2 #1 1']);
    expect(until(40)).toEqual([
      '22 n2 closed #1 n1', '22 n2 connected #2 n1', '23 n1 connected #2 n2',
    ]);
  });
});

describe('the trace', () => {
  it('says on which connection what was sent and came', () => {
    const { world, at, until } = stage();
    at(1, N1, (ctx) => { ctx.sendOn(ctx.connect(N2), letter(7)); });
    at(5, N2, (ctx) => { ctx.close(first); });
    until(10);
    const text = (world.traceLines() ?? []).join('\n');
    for (const line of [
      '  connect #1 n1 > n2', '  send n1 > n2 #1 {kind: "Letter", number: 7}', ' n2 <- n1 #1 connected',
      ' n2 <- n1 #1 {kind: "Letter", number: 7}', '  close #1', ' n1 <- n2 #1 closed',
    ]) expect(text).toContain(line);
  });

  it('is the same for the same seed', () => {
    const once = (): string => {
      const { world, at, until } = stage({ seed: 'twice' });
      at(1, N1, open);
      for (let number = 0; number < 50; number += 1) at(2 + number, N1, sendAll(first, number));
      until(500);
      return (world.traceLines() ?? []).join('\n');
    };
    expect(once()).toBe(once());
  });
});
