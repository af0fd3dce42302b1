import { describe, expect, it } from 'vitest';
import type { Options } from '../../../src/contract/options.ts';
import type { Plain } from '../../../src/contract/message.ts';
import type { FaultLine, FaultSpec, Target, Trigger } from '../../../src/faults/fault.ts';
import { Nemesis } from '../../../src/faults/nemesis.ts';
import type { AppliedFault } from '../../../src/faults/applied.ts';
import { nodeId } from '../../../src/kernel/ids.ts';
import { planFaults } from '../../../src/faults/plan.ts';
import { Stream } from '../../../src/kernel/rng.ts';
import { FakeControl } from './fake-control.ts';

const profile = {
  latencyUsMin: 1, latencyUsMax: 1, lossPerMillion: 0, duplicatePerMillion: 0, slowPerMillion: 0, slowUsMin: 0,
  slowUsMax: 0,
};
const at = (atUs: number, action: FaultSpec): FaultLine => line({ kind: 'at', atUs }, action);
const line = (trigger: Trigger, action: FaultSpec): FaultLine => ({ trigger, action, allowVacuous: false });
const crash = (target: string, forUs: number | null = null): FaultSpec =>
  ({ kind: 'crash', target, flavour: 'process', forUs });
const pause = (target: string, forUs: number | null = null): FaultSpec => ({ kind: 'pause', target, forUs });
const cut = (from: string, to: string, forUs: number | null = null): FaultSpec =>
  ({ kind: 'cut', from, to, inFlight: 'lost', forUs });

/** A world of five nodes and two clients with a schedule. */
function world(lines: readonly FaultLine[], without: readonly number[] = [], control: FakeControl = new FakeControl()) {
  const events: [string, Plain][] = [];
  const nemesis = new Nemesis({
    control, without, plan: planFaults(lines, (label) => new Stream('seed', label)),
    onFault: (f, value) => { events.push([f, value]); },
  });
  nemesis.start();
  return { control, nemesis, events };
}

function callsOf(...lines: readonly FaultLine[]): string[] {
  const { control } = world(lines);
  control.run(1_000);
  return control.calls;
}

describe('a nemesis', () => {
  it('applies a timed fault at its time and undoes it when its duration is over', () => {
    const { control, nemesis, events } = world([at(10, pause('n2', 5))]);
    control.run(12);
    expect(nemesis.applied).toMatchObject([{ kind: 'pause', target: 'n2', atUs: 10, untilUs: null }]);
    control.run(20);
    expect(control.calls).toEqual(['10 pause n2', '15 resume n2']);
    expect(nemesis.applied).toMatchObject([{ index: 0, line: 0, untilUs: 15 }]);
    expect(events).toEqual([['pause', { target: 'n2', forUs: 5 }], ['resume', { target: 'n2' }]]);
  });

  it('stops the clock of who is suspended, until it is resumed or crashes, and says so', () => {
    const suspend: FaultSpec = { kind: 'pause', target: 'n2', clock: 'stopped', forUs: 5 };
    const { control, nemesis, events } = world([
      at(10, suspend), at(20, suspend), at(22, { kind: 'resume', target: 'n2' }), at(30, suspend), at(33, crash('n2')),
    ]);
    control.run(100);
    expect(control.calls).toEqual([
      '10 pause n2', '10 stop-clock n2', '15 start-clock n2', '15 resume n2',
      '20 pause n2', '20 stop-clock n2', '22 start-clock n2', '22 resume n2',
      '30 pause n2', '30 stop-clock n2', '33 crash n2 process',
    ]);
    expect(events[0]).toEqual(['pause', { target: 'n2', clock: 'stopped', forUs: 5 }]);
    expect(nemesis.applied[0]).toMatchObject({ kind: 'pause', perMillion: -1_000_000, untilUs: 15 });
  });

  it('gives orders to whoever is meant when they are given, and says what they are about', () => {
    const control = new FakeControl();
    control.views.set(2, { role: 'leader', epoch: 3, leader: null });
    const order = (target: string, nodes: Target | null): FaultSpec =>
      ({ kind: 'order', order: 'move', target, nodes });
    const { nemesis, events } = world([
      at(1, order('leader', null)), at(2, order('n1', ['n4', 'n5'])), at(3, order('leader', 'leader')),
      at(4, order('n1', 'it')), at(5, order('n1', 'all')),
    ], [], control);
    control.run(10);
    expect(control.calls).toEqual([
      '1 order n3 move', '2 order n1 move n4 n5', '3 order n3 move n3', '5 order n1 move n1 n2 n3 n4 n5',
    ]);
    expect(nemesis.applied[1]).toMatchObject({
      kind: 'order', target: 'n1', atUs: 2, untilUs: 2, effect: { ordersGiven: 1 },
    });
    expect(events.slice(0, 2)).toEqual([
      ['order', { target: 'n3', order: 'move' }], ['order', { target: 'n1', order: 'move', nodes: 'n4 n5' }],
    ]);
  });

  it('orders nothing of clients, and nothing about them', () => {
    const order: FaultSpec = { kind: 'order', order: 'move', target: 'it', nodes: null };
    const { control } = world([line({ kind: 'when', event: 'x', by: null, nth: 1, afterUs: 0, untilUs: null }, order)]);
    control.note(5, 'x');
    control.run(10);
    expect(control.calls).toEqual([]);
  });

  it('makes disks slow, or liars, and puts them right again', () => {
    const slow = (max: number, forUs: number): FaultSpec =>
      ({ kind: 'disk-slow', target: 'n1', syncUs: { min: 1, max }, forUs });
    const lie: FaultSpec = { kind: 'lying-sync', target: 'n2', forUs: 5 };
    const { control, events } = world([at(1, slow(70, 8)), at(3, slow(90, 2)), at(20, lie)]);
    control.run(30);
    expect(control.calls).toEqual([
      '1 sync n1 70', '3 sync n1 90', '5 sync n1 70', '9 sync n1 restored', '20 lie n2 true', '25 lie n2 false',
    ]);
    expect(events.map(([f]) => f)).toEqual([
      'disk-slow', 'disk-slow', 'restore-disk', 'restore-disk', 'lying-sync', 'restore-disk',
    ]);
    expect(events[0]?.[1]).toEqual({ target: 'n1', syncUs: { min: 1, max: 70 }, forUs: 8 });
  });

  it('wipes disks of nodes that are down, and takes the others down first', () => {
    const wipe = (target: string, forUs: number | null): FaultSpec => ({ kind: 'wipe-disk', target, forUs });
    expect(callsOf(
      at(1, wipe('n1', 4)), at(10, crash('n2')), at(11, wipe('n2', 4)), at(20, wipe('n3', null)),
    )).toEqual([
      '1 crash n1 machine', '1 wipe n1', '5 restart n1', '10 crash n2 process', '11 wipe n2', '20 crash n3 machine',
      '20 wipe n3',
    ]);
  });

  it('tears, and lets entries rot', () => {
    expect(callsOf(
      at(1, { kind: 'torn-write', target: 'n1', forUs: 4 }),
      at(10, { kind: 'bit-flip', target: 'n2', file: 'log', index: 3 }),
    )).toEqual(['1 crash n1 torn', '5 restart n1', '10 corrupt n2 log 3']);
  });

  it('restarts whom a failed sync has taken down, and nobody else', () => {
    const fail: FaultSpec = { kind: 'sync-error', target: 'n1', count: 2, forUs: 5 };
    const { control, nemesis } = world([at(1, fail), at(10, fail), at(12, crash('n1'))]);
    control.run(2);
    control.crash(nodeId(0), 'machine', (nemesis.applied[0] as AppliedFault).effect);
    control.run(30);
    expect(control.calls).toEqual([
      '1 fail n1 2', '2 crash n1 machine', '6 restart n1', '10 fail n1 2', '12 crash n1 process',
    ]);
  });

  it('makes room on a disk again, and then restarts whom the full one has taken down', () => {
    const full = (forUs: number): FaultSpec => ({ kind: 'disk-full', target: 'n1', forUs });
    const { control, nemesis } = world([at(1, full(10)), at(5, full(9)), at(20, full(5))]);
    control.run(6);
    control.crash(nodeId(0), 'machine', (nemesis.applied[1] as AppliedFault).effect);
    control.run(30);
    expect(control.calls).toEqual([
      '1 full n1 true', '5 full n1 true', '6 crash n1 machine', '11 full n1 true', '14 full n1 false',
      '14 restart n1', '20 full n1 true', '25 full n1 false',
    ]);
    expect(nemesis.applied.map(({ untilUs }) => untilUs)).toEqual([11, 14, 25]);
  });

  it('leaves down who was crashed by another fault since', () => {
    const fail: FaultSpec = { kind: 'sync-error', target: 'n1', count: 1, forUs: 20 };
    const { control, nemesis } = world([at(1, fail), at(5, { kind: 'restart', target: 'n1' }), at(7, crash('n1'))]);
    control.run(2);
    control.crash(nodeId(0), 'machine', (nemesis.applied[0] as AppliedFault).effect);
    control.run(30);
    expect(control.calls).toEqual(['1 fail n1 1', '2 crash n1 machine', '5 restart n1', '7 crash n1 process']);
  });

  it('sets options side by side, and takes back those of the line that ends', () => {
    const set = (options: Options, forUs: number | null = null): FaultSpec => ({ kind: 'set', options, forUs });
    const { control, events } = world([
      at(1, set({ a: 1, b: 1 }, 8)), at(3, set({ b: 2, c: 2 }, 2)), at(20, set({ a: 3 })),
    ]);
    control.run(30);
    expect(control.calls).toEqual([
      '1 options {"a":1,"b":1}', '3 options {"a":1,"b":2,"c":2}', '5 options {"a":1,"b":1}', '9 options {}',
      '20 options {"a":3}',
    ]);
    expect(events.slice(0, 3).map(([f]) => f)).toEqual(['set', 'set', 'restore-options']);
    expect(events[0]?.[1]).toEqual({ target: 'n1 n2 n3 n4 n5', options: { a: 1, b: 1 }, forUs: 8 });
  });

  it('leaves a fault without a duration until a line undoes it', () => {
    expect(callsOf(at(1, pause('n1')), at(9, { kind: 'resume', target: 'n1' }))).toEqual(['1 pause n1', '9 resume n1']);
    expect(callsOf(at(1, crash('c1')), at(9, { kind: 'restart', target: 'c1' }))).toEqual([
      '1 crash c1 process', '9 restart c1',
    ]);
    expect(callsOf(at(1, cut('n1', 'n2')), at(9, { kind: 'heal' }))).toEqual(['1 cut n1 n2 lost', '9 mend n1 n2']);
  });

  it('undoes nothing twice when a line came first', () => {
    expect(callsOf(
      at(1, cut('n1', 'n2', 50)), at(2, { kind: 'heal' }),
      at(3, pause('n1', 50)), at(4, { kind: 'resume', target: 'n1' }),
      at(5, crash('n1', 50)), at(6, { kind: 'restart', target: 'n1' }), at(7, crash('n1')),
    )).toEqual([
      '1 cut n1 n2 lost', '2 mend n1 n2', '3 pause n1', '4 resume n1', '5 crash n1 process', '6 restart n1',
      '7 crash n1 process',
    ]);
  });

  it('restarts only whom this very fault has crashed', () => {
    expect(callsOf(at(1, crash('n1', 100)), at(5, crash('all', 10)))).toEqual([
      '1 crash n1 process', '5 crash n1 process while down',
      ...['n2', 'n3', 'n4', 'n5'].map((node) => `5 crash ${node} process`),
      ...['n2', 'n3', 'n4', 'n5'].map((node) => `15 restart ${node}`),
      '101 restart n1',
    ]);
  });

  it('does not resume a pause of a later life', () => {
    expect(callsOf(at(1, pause('n1', 100)), at(5, crash('n1', 10)), at(20, pause('n1', 200)))).toEqual([
      '1 pause n1', '5 crash n1 process', '15 restart n1', '20 pause n1', '220 resume n1',
    ]);
  });

  it('lets overlapping cuts nest, and heals them all at once', () => {
    expect(callsOf(at(1, cut('n1', 'n2', 100)), at(2, cut('n1', 'n2', 5)), at(50, { kind: 'heal' }))).toEqual([
      '1 cut n1 n2 lost', '2 cut n1 n2 lost', '7 mend n1 n2', '50 mend n1 n2',
    ]);
  });

  it('uncovers the link profile that stood below, and then that of the scenario', () => {
    const link = (lossPerMillion: number, forUs: number): FaultSpec =>
      ({ kind: 'link', from: 'n1', to: 'n2', profile: { ...profile, lossPerMillion }, forUs });
    expect(callsOf(at(1, link(1, 100)), at(5, link(2, 10)), at(10, link(3, 200)))).toEqual([
      '1 link n1 n2 1', '5 link n1 n2 2', '10 link n1 n2 3', '15 link n1 n2 3', '101 link n1 n2 3',
      '210 link n1 n2 restored',
    ]);
  });

  it('moves clocks by a drawn amount', () => {
    const [jump, drift, restored] = callsOf(
      at(1, { kind: 'clock-jump', target: 'n1', byUs: { min: -9, max: -5 } }),
      at(2, { kind: 'clock-drift', target: 'n1', perMillion: { min: 5, max: 9 }, forUs: 7 }),
    );
    expect(jump).toMatch(/^1 jump n1 -[5-9]$/);
    expect(drift).toMatch(/^2 drift n1 [5-9]$/);
    expect(restored).toBe('9 drift n1 null');
  });

  it('holds one kind of message from each to each', () => {
    const hold: FaultSpec = { kind: 'hold', from: ['n1', 'n2'], to: ['n2', 'c1'], message: 'RequestVote', forUs: 3 };
    expect(callsOf(at(1, hold))).toEqual([
      '1 hold n1 n2 RequestVote', '1 hold n1 c1 RequestVote', '1 hold n2 c1 RequestVote',
      '4 release n1 n2', '4 release n1 c1', '4 release n2 c1',
    ]);
  });
});

describe('a target', () => {
  const leaderless = (): FakeControl => new FakeControl();
  const led = (): FakeControl => {
    const control = leaderless();
    control.views.set(1, { role: 'leader', epoch: 3, leader: null });
    control.views.set(3, { role: 'leader', epoch: 4, leader: null });
    return control;
  };
  const applied = (control: FakeControl, ...lines: readonly FaultLine[]): string[] => {
    const { nemesis } = world(lines, [], control);
    control.run(1_000);
    return nemesis.applied.map(({ target }) => target);
  };

  it('leader is the one with the highest epoch that is up', () => {
    expect(applied(led(), at(1, crash('leader')), at(2, crash('leader')))).toEqual(['n4', 'n2']);
  });

  it('leader is nobody where there is none: the line is not applied', () => {
    const { control, nemesis, events } = world([at(1, crash('leader'))], [], leaderless());
    control.run(10);
    expect([nemesis.applied, control.calls, events]).toEqual([[], [], []]);
  });

  it('leader of a random line is a drawn node where there is none', () => {
    const random: Trigger = { kind: 'random', everyUs: { min: 10, max: 10 }, fromUs: 0, untilUs: 1_000 };
    const targets = applied(leaderless(), line(random, pause('leader', 1)));
    expect(targets).toHaveLength(99);
    expect(new Set(targets).size).toBe(5);
  });

  describe('where servers have primaries,', () => {
    /** n1 and n2 are primaries, n3 is a replica and n4 and n5 are Sentinels, who follow these. */
    function split(...followed: readonly (number | null)[]): FakeControl {
      const control = new FakeControl();
      const roles = ['primary', 'primary', 'replica', 'sentinel', 'sentinel'];
      roles.forEach((role, node) => {
        const leader = followed[node - 2] ?? null;
        control.views.set(node, { role, epoch: 0, leader: leader === null ? null : nodeId(leader) });
      });
      return control;
    }
    const often = (control: FakeControl, target: string): ReadonlySet<string> =>
      new Set(applied(control, ...Array.from({ length: 50 }, (_, turn) => at(turn, pause(target, 1)))));

    it('leader is the one that most others follow, and one of them all where nobody does', () => {
      expect([...often(split(0, 1, 1), 'leader')]).toEqual(['n2']);
      expect([...often(split(0, 0, 1), 'leader')]).toEqual(['n1']);
      expect(often(split(), 'leader')).toEqual(new Set(['n1', 'n2']));
    });

    it('follower is a replica', () => {
      expect([...often(split(0, 0, 0), 'follower')]).toEqual(['n3']);
    });
  });

  it('follower is another up node', () => {
    const targets = applied(led(), ...Array.from({ length: 50 }, (_, turn) => at(turn, pause('follower', 1))));
    expect(new Set(targets)).toEqual(new Set(['n1', 'n2', 'n3', 'n5']));
  });

  it('any to any is a link between two nodes', () => {
    const { control, nemesis } = world(Array.from({ length: 50 }, (_, turn) => at(turn, cut('any', 'any', 1))));
    control.run(100);
    expect(nemesis.applied).toHaveLength(50);
    expect(control.calls.filter((call) => call.includes(' cut '))).toHaveLength(50);
  });

  it('all to a drawn node are the links of all others to it', () => {
    for (const [to, target] of [['follower', /^n[1235]$/], ['any', /^n\d$/]] as const) {
      const { control } = world([at(1, cut('all', to, 1))], [], led());
      control.run(1);
      const links = control.calls.map((call) => call.split(' '));
      expect(links).toHaveLength(4);
      expect(new Set(links.map(([, , , receiver]) => receiver)).size).toBe(1);
      expect(links[0]?.[3]).toMatch(target);
    }
  });

  it('that no process has as its name is an error', () => {
    const { control } = world([at(1, crash('n9'))]);
    expect(() => { control.run(10); }).toThrow('a target names a process of this run');
  });

  it('of a partition is told by its groups', () => {
    const partition = (shape: Extract<FaultSpec, { kind: 'partition' }>['shape']): FaultLine =>
      at(1, { kind: 'partition', shape, inFlight: 'lost', forUs: 5 });
    expect(applied(led(), partition({ kind: 'isolate', target: 'leader' }))).toEqual(['n4 | n1 n2 n3 n5']);
    expect(applied(led(), partition({ kind: 'groups', groups: [['n1', 'c2'], ['n2']] }))).toEqual(['n1 c2 | n2']);
    expect(applied(led(), partition({ kind: 'minority-with-leader' }))[0]).toMatch(/^n4 .*\|/);
    expect(applied(leaderless(), partition({ kind: 'minority-with-leader' }))).toEqual([]);
  });
});

describe('a triggered fault', () => {
  const when = (nth: number, by: string | null = null, untilUs: number | null = null): FaultLine =>
    line({ kind: 'when', event: 'elected', by, nth, afterUs: 10, untilUs }, pause('n1'));

  it('applies once, some time after the nth note of its event', () => {
    const { control } = world([when(2)]);
    for (const _turn of [1, 2, 3, 4]) {
      control.run(control.nowUs() + 100);
      control.note(2, 'voted');
      control.note(2, 'elected');
    }
    control.run(1_000);
    expect(control.calls).toEqual(['210 pause n1']);
  });

  it('waits for the process that it names', () => {
    const { control } = world([when(1, 'n3')]);
    control.note(1, 'elected');
    control.run(100);
    control.note(2, 'elected');
    control.run(1_000);
    expect(control.calls).toEqual(['110 pause n1']);
  });

  it('strikes whoever the event is of, if it is aimed at `it`', () => {
    const trigger: Trigger = { kind: 'when', event: 'elected', by: null, nth: 1, afterUs: 10, untilUs: null };
    const { control } = world([line(trigger, pause('it')), at(50, pause('it'))]);
    control.note(2, 'elected');
    control.run(1_000);
    expect(control.calls).toEqual(['10 pause n3']);
  });

  it('does not apply later than it may', () => {
    for (const [untilUs, calls] of [[110, ['110 pause n1']], [109, []]] as const) {
      const { control } = world([when(1, null, untilUs)]);
      control.run(100);
      control.note(2, 'elected');
      control.run(1_000);
      expect(control.calls).toEqual(calls);
    }
  });
});

describe('leaving a fault out', () => {
  it('takes nothing but that fault away, and changes no index and no draw of another', () => {
    const random: Trigger = { kind: 'random', everyUs: { min: 5, max: 50 }, fromUs: 0, untilUs: 1_000 };
    const lines = [line(random, pause('any', 3)), line(random, cut('any', 'any', 3))];
    const applied = (without: readonly number[]): unknown[] => {
      const { control, nemesis } = world(lines, without);
      control.run(2_000);
      return [...nemesis.applied];
    };
    const all = applied([]) as { readonly index: number }[];
    expect(all.length).toBeGreaterThan(30);
    expect(applied([3, 8])).toEqual(all.filter(({ index }) => index !== 3 && index !== 8));
  });
});
