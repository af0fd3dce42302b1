import { describe, expect, it } from 'vitest';
import type { Context, PersistTag } from '../../../src/contract/context.ts';
import type { Message } from '../../../src/contract/message.ts';
import type { Node } from '../../../src/contract/node.ts';
import type { FaultEffect } from '../../../src/contract/world-control.ts';
import { assert } from '../../../src/kernel/assert.ts';
import { nodeId, type NodeId } from '../../../src/kernel/ids.ts';
import { Control } from '../../../src/world/control.ts';
import { noEffect } from '../../../src/faults/applied.ts';
import type { World } from '../../../src/world/world.ts';
import { smallWorld } from '../../support/world.ts';

const [N1, N2, N3] = [nodeId(0), nodeId(1), nodeId(2)];

/** Pauses the first node for a while. */
function pauseBetween(control: Control, fromUs: number, toUs: number, effect: FaultEffect = noEffect()): void {
  control.at(fromUs, () => control.pause(N1, effect));
  control.at(toUs, () => control.resume(N1, effect));
}

/** A node made of loose handlers; `seen` collects what happened at which simulated time. */
interface Script {
  start?(ctx: Context): void;
  message?(ctx: Context, from: NodeId, message: Message): void;
  timer?(ctx: Context, name: string): void;
  persisted?(ctx: Context, tag: PersistTag): void;
  continued?(ctx: Context, step: string): void;
}

function nodeOf(script: Script): Node {
  return {
    state: {},
    onStart: (ctx) => script.start?.(ctx),
    onMessage: (ctx, from, message) => script.message?.(ctx, from, message),
    onTimer: (ctx, name) => script.timer?.(ctx, name),
    onPersisted: (ctx, tag) => script.persisted?.(ctx, tag),
    onContinue: (ctx, step) => script.continued?.(ctx, step),
  };
}

function worldOf(scripts: Record<number, Script>, changes: Parameters<typeof smallWorld>[1] = {}): {
  world: World; control: Control; seen: string[]; see: (what: string) => void;
} {
  const seen: string[] = [];
  const world: World = smallWorld((id) => nodeOf(scripts[id] ?? {}), changes);
  const control = new Control(world, () => ({ role: 'node', epoch: 0, leader: null }));
  return { world, control, seen, see: (what) => seen.push(`${world.nowUs} ${what}`) };
}

const ping = (number: number): Message => ({ kind: 'Ping', number }) as Message;

describe('handlers and effects', () => {
  it('carries effects out after the handler, in order, and not at all if it throws an assertion', () => {
    const facts: string[] = [];
    const got: unknown[] = [];
    const { world } = worldOf({
      0: {
        start: (ctx) => {
          ctx.send(N2, ping(1));
          assert(false, 'the planted fact');
        },
      },
      1: { message: (_ctx, _from, message) => got.push(message) },
    }, { onAssertion: (process, fact) => facts.push(`${process}: ${fact}`) });
    world.start();
    expect(world.runUntil(10_000)).toEqual({ kind: 'end' });
    expect(facts).toEqual(['0: the planted fact']);
    expect(got).toEqual([]);
    expect(world.process(N1).node).toBeNull();
  });

  it('ends the run with an error that names process, handler error and instant when a handler throws', () => {
    const { world } = worldOf({ 1: { timer: () => {
      throw new TypeError('planted');
    }, start: (ctx) => ctx.setTimer('t', 5_000) } });
    world.start();
    expect(world.runUntil(10_000)).toEqual({
      kind: 'error',
      text: expect.stringMatching(
        /^n2: a handler threw TypeError: planted, at world\.test\.ts:\d+ \(at 0\.005000 s, event 3\)$/) as string,
    });
  });

  it('refuses an async handler', () => {
    const promised = { state: {}, onStart: (): Promise<void> => Promise.resolve() };
    const world = smallWorld(() => promised);
    world.start();
    expect(world.runUntil(10)).toMatchObject(
      { kind: 'error', text: expect.stringContaining('a handler is async') as string });
  });

  it('stops a run in which ever more events wait, and blames no process for it', () => {
    const facts: string[] = [];
    const double = (ctx: Context): void => {
      ctx.send(N1, ping(1));
      ctx.send(N2, ping(2));
    };
    const { world } = worldOf(
      { 0: { start: double, message: double }, 1: { message: double } },
      {
        limits: { events: 100_000_000, sameInstantEvents: 100_000_000 },
        onAssertion: (_process, fact) => { facts.push(fact); },
      },
    );
    world.start();
    expect(world.runUntil(60_000_000)).toEqual(
      { kind: 'limit', text: expect.stringContaining('events wait') as string });
    expect(facts).toEqual([]);
  });

  it('stops a run that stands still, and one with too many events, by its limits', () => {
    const still = worldOf({ 0: { start: (ctx) => ctx.setTimer('t', 0), timer: (ctx) => ctx.setTimer('t', 0) } });
    still.world.start();
    expect(still.world.runUntil(1_000)).toMatchObject(
      { kind: 'limit', text: expect.stringContaining('time stands still') as string });
    const busy = worldOf(
      { 0: { start: (ctx) => ctx.setTimer('t', 1), timer: (ctx) => ctx.setTimer('t', 1) } },
      { limits: { events: 500, sameInstantEvents: 1_000 } },
    );
    busy.world.start();
    expect(busy.world.runUntil(1_000_000)).toMatchObject(
      { kind: 'limit', text: expect.stringContaining('500 events') as string });
  });

  it('shows a protocol that writes to a message it received, in the freezing mode', () => {
    const { world } = worldOf({
      0: { start: (ctx) => ctx.send(N2, ping(1)) },
      1: { message: (_ctx, _from, message) => {
        (message as unknown as { number: number }).number = 2;
      } },
    });
    world.start();
    expect(world.runUntil(10_000)).toMatchObject(
      { kind: 'error', text: expect.stringContaining('TypeError') as string });
  });
});

describe('persist as a barrier', () => {
  it('holds send back until all persists asked for so far are synced; sendNow and timers do not wait', () => {
    const setup = worldOf({
      0: {
        start: (ctx) => {
          ctx.send(N2, ping(1));
          ctx.put('cell', 1);
          ctx.persist({ kind: 'one' });
          ctx.send(N2, ping(2));
          ctx.sendNow(N2, ping(3));
          ctx.setTimer('t', 1_000);
        },
        timer: (ctx) => {
          setup.see('timer');
          ctx.send(N2, ping(4));
        },
        persisted: (_ctx, tag) => setup.see(`persisted ${tag.kind}`),
      },
      1: { message: (_ctx, _from, message) => setup.see(`got ${(message as unknown as { number: number }).number}`) },
    });
    setup.world.start();
    setup.world.runUntil(20_000);
    expect(setup.seen).toEqual(
      ['1000 got 1', '1000 got 3', '1000 timer', '2000 persisted one', '3000 got 2', '3000 got 4']);
  });

  it('loses what waits behind a persist when the process crashes first', () => {
    const setup = worldOf({
      0: { start: (ctx) => {
        ctx.put('cell', ctx.monotonicUs());
        ctx.persist({ kind: 'one' });
        ctx.send(N2, ping(1));
      } },
      1: { message: () => setup.see('got') },
    });
    const effect = noEffect();
    setup.control.at(1_000, () => setup.control.crash(N1, 'process', effect));
    setup.world.start();
    setup.world.runUntil(20_000);
    expect(setup.seen).toEqual([]);
    expect(effect.sendsLost).toBe(1);
    expect(setup.world.process(N1).disk.synced.cell('cell')).not.toBeUndefined();
  });

  it('completes persists in the order in which they were asked for, one with nothing to write included', () => {
    const setup = worldOf({
      0: {
        start: (ctx) => {
          ctx.put('a', 1);
          ctx.persist({ kind: 'one' });
          ctx.persist({ kind: 'two' });
          ctx.put('b', 1);
          ctx.persist({ kind: 'three' });
        },
        persisted: (ctx, tag) => {
          setup.see(tag.kind);
          if (tag.kind === 'three') ctx.persist({ kind: 'nothing left' });
        },
      },
    });
    setup.world.start();
    setup.world.runUntil(20_000);
    expect(setup.seen).toEqual(['2000 one', '2000 two', '2000 three', '2000 nothing left']);
  });
});

describe('a persist that has nothing to sync', () => {
  it('completes behind one that was asked for before it', () => {
    const setup = worldOf({ 0: {
      start: (ctx) => {
        ctx.persist({ kind: 'one' });
        ctx.persist({ kind: 'two' });
        ctx.send(N2, ping(1));
      },
      persisted: (_ctx, tag) => setup.see(tag.kind),
    }, 1: { message: () => setup.see('got') } });
    setup.world.start();
    setup.world.runUntil(10_000);
    expect(setup.seen).toEqual(['0 one', '0 two', '1000 got']);
  });

  it('completes behind one whose completion waited for a step or a pause', () => {
    const write = (ctx: Context): void => {
      ctx.put('cell', 1);
      ctx.persist({ kind: 'one' });
    };
    const again = (ctx: Context): void => {
      ctx.persist({ kind: 'two' });
      ctx.send(N2, ping(1));
    };
    const persisted = (_ctx: Context, tag: PersistTag): void => { stepped.see(tag.kind); };
    const message = (): void => { stepped.see('got'); };
    const start = (ctx: Context): void => {
      write(ctx);
      ctx.continueAs('step', 5_000);
    };
    const stepped = worldOf({ 0: { start, continued: again, persisted }, 1: { message } });
    stepped.world.start();
    stepped.world.runUntil(20_000);
    expect(stepped.seen).toEqual(['5000 one', '5000 two', '6000 got']);

    for (let seed = 0; seed < 20; seed += 1) {
      const seen: string[] = [];
      const paused = worldOf({
        0: { start: write, message: again, persisted: (_ctx, tag) => { seen.push(tag.kind); } },
        1: { start: (ctx) => ctx.send(N1, ping(1)), message: () => { seen.push('got'); } },
      }, { seed: String(seed) });
      pauseBetween(paused.control, 1, 5_000);
      paused.world.start();
      paused.world.runUntil(20_000);
      expect(seen, `seed ${seed}`).toEqual(['one', 'two', 'got']);
    }
  });
});

describe('faults that overlap', () => {
  it('end what they began, and nothing of the others', () => {
    const setup = worldOf({
      0: { start: (ctx) => ctx.setTimer('t', 1_000), timer: (ctx) => {
        ctx.send(N2, ping(1));
        ctx.setTimer('t', 4_000);
      } },
      1: { message: () => setup.see('got') },
    });
    const [all, votes, open, closed] = [noEffect(), noEffect(), noEffect(), noEffect()];
    setup.control.at(0, () => setup.control.hold(N1, N2, null, all));
    setup.control.at(100, () => setup.control.hold(N1, N2, 'Vote', votes));
    setup.control.at(200, () => setup.control.release(N1, N2, votes));
    setup.control.at(3_000, () => setup.control.release(N1, N2, all));
    setup.control.at(3_500, () => setup.control.cut(N1, N2, 'delivered', open));
    setup.control.at(3_600, () => setup.control.cut(N1, N2, 'lost', closed));
    setup.control.at(3_700, () => setup.control.mend(N1, N2, closed));
    setup.control.at(8_000, () => setup.control.mend(N1, N2, open));
    setup.world.start();
    setup.world.runUntil(11_000);
    expect(setup.seen).toEqual(['4000 got', '10000 got']);
    expect([open.messagesDropped, closed.messagesDropped]).toEqual([1, 0]);
  });
});

describe('crashes', () => {
  it('of a machine take what was not synced, also where the process is down already', () => {
    const setup = worldOf({ 0: { start: (ctx) => ctx.put('cell', 1) } });
    const { disk } = setup.world.process(N1);
    const effect = noEffect();
    setup.control.at(100, () => setup.control.crash(N1, 'process', noEffect()));
    setup.control.at(200, () => setup.control.crash(N1, 'machine', effect));
    setup.world.start();
    setup.world.runUntil(150);
    expect(disk.written.cell('cell')).toBe(1);
    setup.world.runUntil(300);
    expect(effect).toMatchObject({ processesStopped: 0 });
    expect(disk.written.cell('cell')).toBe(effect.writesLost === 1 ? undefined : 1);
    expect(disk.synced.cell('cell')).toBe(disk.written.cell('cell'));
  });

  const counter = (setup: () => { see: (what: string) => void }, disk: { last: unknown }): Script => ({
    start: (ctx) => {
      setup().see(`start with ${String(disk.last)}`);
      ctx.put('cell', 'written');
    },
  });

  it('keep what was written after a process crash; a machine crash only what was synced, and what is drawn', () => {
    const expected = { 'process': ['written'], 'machine': ['undefined', 'written'], 'machine-cache': ['undefined'] };
    for (const kind of ['process', 'machine', 'machine-cache'] as const) {
      const left = new Set<unknown>();
      for (let seed = 0; seed < 20; seed += 1) {
        const last = { last: undefined as unknown };
        const seen: string[] = [];
        const world = smallWorld((id, disk) => {
          if (id === N1) last.last = disk.cell('cell');
          return nodeOf(id === N1 ? counter(() => ({ see: (what) => seen.push(what) }), last) : {});
        }, { seed: String(seed) });
        const control = new Control(world, () => ({ role: 'node', epoch: 0, leader: null }));
        control.at(1_000, () => control.crash(N1, kind, noEffect()));
        control.at(2_000, () => control.restart(N1, noEffect()));
        world.start();
        world.runUntil(3_000);
        left.add(last.last);
      }
      expect([...left].map(String).sort((a, b) => (a < b ? -1 : 1))).toEqual(expected[kind]);
    }
  });

  it('end timers, steps and held messages of the incarnation that crashed', () => {
    const setup = worldOf({
      0: {
        start: (ctx) => {
          if (setup.world.nowUs > 0) return;
          ctx.setTimer('t', 5_000);
          ctx.continueAs('step', 5_000);
        },
        timer: () => setup.see('timer'),
        continued: () => setup.see('continued'),
      },
    });
    setup.control.at(1_000, () => setup.control.crash(N1, 'process', noEffect()));
    setup.control.at(2_000, () => setup.control.restart(N1, noEffect()));
    setup.world.start();
    setup.world.runUntil(20_000);
    expect(setup.seen).toEqual([]);
  });

  it('lose messages that arrive while the process is down', () => {
    const setup = worldOf({
      0: { start: (ctx) => ctx.setTimer('t', 500), timer: (ctx) => ctx.send(N2, ping(1)) },
      1: { message: () => setup.see('got') },
    });
    setup.control.at(1_000, () => setup.control.crash(N2, 'process', noEffect()));
    setup.control.at(2_000, () => setup.control.restart(N2, noEffect()));
    setup.world.start();
    setup.world.runUntil(20_000);
    expect(setup.seen).toEqual([]);
  });
});

describe('a pause', () => {
  it('is neither a crash nor a partition: mail waits, timers are late, clocks and syncs go on', () => {
    const setup = worldOf({
      0: {
        start: (ctx) => {
          ctx.setTimer('t', 4_000);
          ctx.put('cell', 1);
          ctx.persist({ kind: 'p' });
          ctx.send(N3, ping(9));
        },
        timer: (ctx) => setup.see(`timer at ${ctx.monotonicUs() - base}`),
        message: (_ctx, _from, message) => setup.see(`got ${(message as unknown as { number: number }).number}`),
        persisted: () => setup.see('persisted'),
      },
      1: { start: (ctx) => {
        ctx.send(N1, ping(1));
        ctx.setTimer('second', 1_500);
      }, timer: (ctx) => ctx.send(N1, ping(2)) },
      2: { message: () => setup.see('n3 got') },
    });
    const base = setup.world.process(N1).clock.monotonicUs(0);
    const effect = noEffect();
    setup.control.at(500, () => setup.control.pause(N1, effect));
    setup.control.at(2_500, () => setup.see(`synced ${String(setup.world.process(N1).disk.synced.cell('cell'))}`));
    setup.control.at(10_000, () => setup.control.resume(N1, effect));
    setup.world.start();
    setup.world.runUntil(20_000);
    expect(setup.seen[0]).toBe('2500 synced 1');
    expect(setup.seen.slice(1, 5).sort((a, b) => (a < b ? -1 : 1)))
      .toEqual(['10000 got 1', '10000 got 2', '10000 persisted', '10000 timer at 10000']);
    expect(setup.seen.indexOf('10000 got 1')).toBeLessThan(setup.seen.indexOf('10000 got 2'));
    expect(setup.seen[5]).toBe('11000 n3 got');
    expect(effect).toMatchObject({ messagesDelayed: 2, timersDelayed: 1, completionsDelayed: 1 });
  });

  it('ends in an order drawn from the seed: every place of a timer among the mail occurs', () => {
    const places = new Set<number>();
    for (let seed = 0; seed < 40; seed += 1) {
      const setup = worldOf({
        0: {
          start: (ctx) => ctx.setTimer('t', 1_000),
          timer: () => setup.see('timer'),
          message: () => setup.see('mail'),
        },
        1: { start: (ctx) => [1, 2, 3].forEach((number) => ctx.send(N1, ping(number))) },
      }, { seed: String(seed) });
      pauseBetween(setup.control, 1, 5_000);
      setup.world.start();
      setup.world.runUntil(20_000);
      places.add(setup.seen.indexOf('5000 timer'));
    }
    expect([...places].sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
  });

  it('lets mail that is read first cancel a timer that was due', () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 30; seed += 1) {
      const setup = worldOf({
        0: {
          start: (ctx) => ctx.setTimer('t', 1_000),
          timer: () => setup.see('timer'),
          message: (ctx) => ctx.setTimer('t', 100_000),
        },
        1: { start: (ctx) => ctx.send(N1, ping(1)) },
      }, { seed: String(seed) });
      pauseBetween(setup.control, 1, 5_000);
      setup.world.start();
      setup.world.runUntil(50_000);
      outcomes.add(setup.seen.join());
    }
    expect(outcomes).toEqual(new Set(['5000 timer', '']));
  });

  it('can fall between a step and its continuation; in between the process handles nothing else', () => {
    const setup = worldOf({
      0: {
        start: (ctx) => ctx.continueAs('write', 3_000),
        continued: (_ctx, step) => setup.see(step),
        message: () => setup.see('mail'),
      },
      1: { start: (ctx) => ctx.send(N1, ping(1)) },
    });
    pauseBetween(setup.control, 2_000, 9_000);
    setup.world.start();
    setup.world.runUntil(50_000);
    expect(setup.seen).toEqual(['9000 write', '9000 mail']);
  });

  it('drops the newest datagrams, counted, when the mailbox is full', () => {
    const setup = worldOf({
      0: { message: (_ctx, _from, message) => setup.see(`got ${(message as unknown as { number: number }).number}`) },
      1: { start: (ctx) => [1, 2, 3].forEach((number) => ctx.send(N1, ping(number))) },
    }, { mailboxLimit: 2 });
    const effect = noEffect();
    pauseBetween(setup.control, 1, 5_000, effect);
    setup.world.start();
    setup.world.runUntil(50_000);
    expect(setup.seen).toEqual(['5000 got 1', '5000 got 2']);
    expect(effect.messagesDropped).toBe(1);
  });

  it('nests: the process runs again after its last resume', () => {
    const setup = worldOf({ 0: { start: (ctx) => ctx.setTimer('t', 1_000), timer: () => setup.see('timer') } });
    const [outer, inner] = [noEffect(), noEffect()];
    pauseBetween(setup.control, 1, 7_000, outer);
    pauseBetween(setup.control, 2, 3_000, inner);
    setup.world.start();
    setup.world.runUntil(50_000);
    expect(setup.seen).toEqual(['7000 timer']);
    expect([outer.timersDelayed, inner.timersDelayed]).toEqual([0, 1]);
  });

  it('keeps the order of the mail, also of what arrives at the instant of its end', () => {
    const setup = worldOf({
      0: { message: (_ctx, _from, message) => setup.see(String((message as unknown as { number: number }).number)) },
      1: { start: (ctx) => ctx.setTimer('t', 1_000), timer: (ctx) => {
        for (const number of [0, 1, 2]) ctx.send(N1, ping(number));
        if (setup.world.nowUs === 1_000) ctx.setTimer('t', 3_000);
      } },
    });
    pauseBetween(setup.control, 1_500, 5_000);
    setup.world.start();
    setup.world.runUntil(20_000);
    expect(setup.seen).toEqual([0, 1, 2, 0, 1, 2].map((number) => `5000 ${number}`));
  });
});

describe('timers', () => {
  it('fire once, at the last deadline set, however often they are moved, and not after a cancel', () => {
    const setup = worldOf({
      0: {
        start: (ctx) => {
          ctx.setTimer('moved', 9_000);
          ctx.setTimer('moved', 2_000);
          ctx.setTimer('moved', 5_000);
          ctx.setTimer('gone', 1_000);
          ctx.cancelTimer('gone');
          ctx.setTimer('back', 1_000);
          ctx.cancelTimer('back');
          ctx.setTimer('back', 3_000);
        },
        timer: (_ctx, name) => setup.see(name),
      },
    });
    setup.world.start();
    setup.world.runUntil(50_000);
    expect(setup.seen).toEqual(['3000 back', '5000 moved']);
  });

  it('run on the clock of their process: a change of rate moves them, both ways', () => {
    for (const [perMillion, firesAt] of [[100_000, 9_546], [-100_000, 10_556]] as const) {
      const setup = worldOf({ 0: { start: (ctx) => ctx.setTimer('t', 10_000), timer: () => setup.see('t') } });
      const effect = noEffect();
      setup.control.at(5_000, () => setup.control.setDrift(N1, perMillion, effect));
      setup.world.start();
      setup.world.runUntil(50_000);
      expect(setup.seen).toEqual([`${firesAt} t`]);
      expect(effect.timersMoved).toBe(1);
    }
  });
});

describe('a drift', () => {
  /** Of a drift that begins then, where the node does this at 2 ms. */
  const effectOn = (act: (ctx: Context) => void, atUs: number): FaultEffect => {
    const timer = (ctx: Context, name: string): void => { if (name === 't') act(ctx); };
    const setup = worldOf({ 0: { start: (ctx) => ctx.setTimer('t', 2_000), timer } });
    const effect = noEffect();
    setup.control.at(atUs, () => setup.control.setDrift(N1, 100_000, effect));
    setup.world.start();
    setup.world.runUntil(50_000);
    return effect;
  };

  it('counts the clock readings that it made different, and the timers that are set by it', () => {
    expect(effectOn((ctx) => ctx.monotonicUs(), 1_000).clockReadings).toBe(1);
    expect(effectOn((ctx) => ctx.wallUs(), 1_000).clockReadings).toBe(1);
    expect(effectOn((ctx) => ctx.setTimer('u', 1), 1_000).timersMoved).toBe(2);
  });

  it('counts nothing of what came before it', () => {
    const before = effectOn((ctx) => { ctx.monotonicUs(); ctx.setTimer('u', 1); }, 10_000);
    expect([before.clockReadings, before.timersMoved]).toEqual([0, 0]);
  });

  it('counts no more once it has ended', () => {
    const setup = worldOf({ 0: { start: (ctx) => ctx.setTimer('t', 2_000), timer: (ctx) => ctx.monotonicUs() } });
    const effect = noEffect();
    setup.control.at(1_000, () => setup.control.setDrift(N1, 100_000, effect));
    setup.control.at(1_100, () => setup.control.setDrift(N1, null, effect));
    setup.world.start();
    setup.world.runUntil(50_000);
    // The timer has moved once, and back.
    expect(effect).toMatchObject({ clockReadings: 0, timersMoved: 1 });
  });
});

describe('a drift that ends', () => {
  it('leaves the clock with the rate that it had of its own', () => {
    const setup = worldOf({}, { driftPerMillion: 20_000 });
    const { clock } = setup.world.process(N1);
    const own = clock.driftPerMillion;
    expect(own).not.toBe(0);
    setup.control.setDrift(N1, 5, noEffect());
    expect(clock.driftPerMillion).toBe(5);
    setup.control.setDrift(N1, null, noEffect());
    expect(clock.driftPerMillion).toBe(own);
  });
});

describe('clock jumps', () => {
  it('move the wall clock alone, and count the readings that they made different', () => {
    const setup = worldOf({ 0: {
      start: (ctx) => ctx.setTimer('t', 2_000),
      timer: (ctx) => setup.see(`${ctx.wallUs()} ${ctx.monotonicUs() - base}`),
    } });
    const base = setup.world.process(N1).clock.monotonicUs(0);
    const effect = noEffect();
    setup.control.at(1_000, () => setup.control.jumpClock(N1, -60_000_000, effect));
    setup.world.start();
    setup.world.runUntil(50_000);
    expect(setup.seen).toEqual(['2000 -59998000 2000']);
    expect(effect.clockReadings).toBe(1);
  });
});
