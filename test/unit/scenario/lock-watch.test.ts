import { describe, expect, it } from 'vitest';
import { LockStage } from '../../support/locks/lock-stage.ts';

const S = 1_000_000;
const ALL = [0, 1, 2, 3, 4];

/** The first client is granted the lock by all five servers at 2 ms, and told so at 4 ms. */
function held(stage = new LockStage()): LockStage {
  return stage.at(0).attempt(1, 'a').at(2_000).put(ALL, 'a', 2_000 + 10 * S).at(4_000).believes('a', 9_898_000);
}

describe('LockWatch', () => {
  it('tells what was believed and owned, in the order of the starts', () => {
    const stage = held().at(1 * S).stops('a').at(1 * S + 2_000).take(ALL);
    stage.at(2 * S).attempt(2, 'b').put([1, 2, 3], 'b', 12 * S).at(2 * S + 2_000).believes('b', 11 * S);
    expect(stage.finish(20 * S)).toEqual([
      '0 owns k0 #1 2000-1002000',
      '0 believes k0 #1 4000-1000000',
      '1 owns k0 #2 2000000-12000000',
      '1 believes k0 #2 2002000-11000000',
    ]);
    expect(stage.breaches).toEqual([]);
  });

  it('puts the process that is lower first where two begin at one instant', () => {
    const stage = new LockStage({ locks: ['k0', 'k1'] });
    stage.at(5).attempt(2, 'b', 'k1').attempt(1, 'a').put(ALL, 'b', S, 'k1').put(ALL, 'a', S);
    expect(stage.finish(10)).toEqual(['0 owns k0 #1 5-10', '1 owns k1 #1 5-10']);
  });

  it('says nothing of who never came to own or believe anything', () => {
    const stage = new LockStage().at(0).attempt(1, 'a').put([0, 1], 'a', 10 * S);
    expect(stage.finish(S)).toEqual([]);
  });

  it('tells by which clock a client went, and what it showed', () => {
    const stage = new LockStage();
    stage.clock(stage.client(1)).jump(0, 500);
    stage.at(10).attempt(1, 'a').put(ALL, 'a', 10 * S).believes('a', 1_500, 'wall').finish(10 * S);
    const { value } = stage.history.events.find(({ f }) => f === 'believes') ?? { value: null };
    expect(value).toMatchObject({ fromUs: 10, untilUs: 1_000, clock: 'wall', fromClockUs: 510, untilClockUs: 1_500 });
  });

  describe('numbers grants', () => {
    it('in the order in which owners came to stand on a quorum, however late they are told', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').put(ALL, 'a', 10 * S);
      stage.at(11 * S).take(ALL).attempt(2, 'b').put(ALL, 'b', 21 * S).believes('b', 20 * S);
      stage.at(12 * S).believes('a', 12 * S + 1);
      expect([stage.grantOf('a'), stage.grantOf('b')]).toEqual([1, 2]);
    });

    it('in the order of tokens, where the resource issues them; a late request numbers nothing but its own', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').put(ALL, 'a', S).believes('a', S).at(1).stops('a').take(ALL);
      stage.at(2).attempt(2, 'b').put(ALL, 'b', S).believes('b', S).at(3).stops('b').take(ALL);
      stage.at(4).attempt(1, 'c').put(ALL, 'c', S).believes('c', S);
      const issued = (client: 1 | 2, owner: string): void => stage.watch.issued(stage.client(client), owner);
      expect([stage.grantOf('b'), stage.grantOf('c')]).toEqual([2, 3]);
      issued(2, 'b');
      expect([stage.grantOf('b'), stage.grantOf('c')]).toEqual([4, 3]);
      issued(1, 'c');
      issued(1, 'a');
      expect([stage.grantOf('b'), stage.grantOf('c')]).toEqual([4, 5]);
    });

    it('by the last server of the quorum, not the first', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').attempt(2, 'b').put([0, 1], 'a', 9 * S);
      stage.put([3, 4], 'b', 9 * S).at(5).put([2], 'b', 9 * S).at(6).take([3]).put([3], 'a', 9 * S);
      expect([stage.grantOf('b'), stage.grantOf('a')]).toEqual([1, 2]);
    });

    it('not by servers where the entry has expired', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').attempt(2, 'b').put([0, 1], 'a', 5);
      stage.at(5).put([2], 'a', 9 * S).at(6).put(ALL, 'b', 9 * S).at(7).put(ALL, 'a', 9 * S);
      expect([stage.grantOf('a'), stage.grantOf('b')]).toEqual([2, 1]);
    });

    it('when a client believes, where no quorum ever stood', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').attempt(2, 'b').put([0], 'a', 9 * S).believes('a', 8 * S);
      stage.put([1, 2, 3], 'b', 9 * S);
      expect([stage.grantOf('a'), stage.grantOf('b')]).toEqual([1, 2]);
    });

    it('at once, though its client used the name before', () => {
      const stage = new LockStage().at(0).attempt(1, 'same').put(ALL, 'same', 9 * S).stops('same').take(ALL);
      stage.attempt(1, 'same').put(ALL, 'same', 9 * S).attempt(2, 'b').believes('b', 8 * S);
      expect([stage.grantOf('same'), stage.grantOf('b')]).toEqual([2, 3]);
    });

    it('of each lock from 1', () => {
      const stage = new LockStage({ locks: ['k0', 'k1'] }).at(0).attempt(1, 'a').attempt(2, 'b', 'k1');
      stage.put(ALL, 'a', 9 * S).put(ALL, 'b', 9 * S, 'k1');
      expect([stage.grantOf('a'), stage.grantOf('b')]).toEqual([1, 1]);
    });
  });

  describe('believes by the clock that the validity names', () => {
    it('again, when a wall clock is set back', () => {
      const stage = held(new LockStage());
      const clock = stage.clock(stage.client(1));
      stage.at(1 * S).believes('a', 3 * S, 'wall').at(4 * S);
      clock.jump(stage.nowUs, -2 * S);
      stage.at(7 * S);
      clock.jump(stage.nowUs, -3 * S);
      expect(stage.finish(11 * S, 'believes')).toEqual([
        '0 believes k0 #1 4000-3000000', '0 believes k0 #1 4000000-5000000', '0 believes k0 #1 7000000-8000000',
      ]);
    });

    it('not by a wall clock that is set back, where it names the monotonic one', () => {
      const stage = held();
      stage.clock(stage.client(1)).jump(stage.nowUs, -5 * S);
      expect(stage.finish(20 * S, 'believes')).toEqual(['0 believes k0 #1 4000-9898000']);
    });

    it('longer with a slow clock, from when it became slow', () => {
      const stage = held().at(4_898_000);
      stage.clock(stage.client(1)).setDrift(stage.nowUs, -500_000);
      expect(stage.finish(20 * S, 'believes')).toEqual(['0 believes k0 #1 4000-14898000']);
    });

    it('through a pause, of which it knows nothing', () => {
      // Nobody tells the watch of a pause: the client does not act, and its clock runs on.
      const stage = held().at(15 * S).stops('a');
      expect(stage.finish(20 * S, 'believes')).toEqual(['0 believes k0 #1 4000-9898000']);
    });

    it('until it crashes', () => {
      const stage = held().at(3 * S);
      stage.watch.crashed(stage.client(1));
      stage.watch.crashed(stage.client(2));
      expect(stage.finish(20 * S)).toEqual(['0 owns k0 #1 2000-10002000', '0 believes k0 #1 4000-3000000']);
    });

    it('until it asks anew', () => {
      const stage = held().at(3 * S).attempt(1, 'a2');
      expect(stage.finish(20 * S, 'believes')).toEqual(['0 believes k0 #1 4000-3000000']);
    });

    it('as long as it was extended for, in one interval, or after a while in two', () => {
      const stage = held().at(5 * S).put(ALL, 'a', 15 * S + 1_000).at(5 * S + 2_000).believes('a', 14 * S);
      stage.at(16 * S).put(ALL, 'a', 26 * S).at(16 * S + 2_000).believes('a', 25 * S);
      expect(stage.finish(30 * S)).toEqual([
        '0 owns k0 #1 2000-15001000', '0 believes k0 #1 4000-14000000',
        '0 owns k0 #1 16000000-26000000', '0 believes k0 #1 16002000-25000000',
      ]);
      expect(stage.breaches).toEqual([]);
    });

    it('and no longer than the run', () => {
      expect(held().finish(5 * S)).toEqual(['0 owns k0 #1 2000-5000000', '0 believes k0 #1 4000-5000000']);
    });
  });

  describe('owns by the clocks of the servers', () => {
    it('as long as a quorum has its entry unexpired', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').put([0], 'a', 5).put([1], 'a', 7).put([2], 'a', 9);
      stage.put([3], 'a', null);
      expect(stage.finish(20)).toEqual(['0 owns k0 #1 0-7']);
    });

    it('no more once a clock has jumped, and again when it jumps back', () => {
      const stage = new LockStage({ nodes: 3 }).at(0).attempt(1, 'a').put([0, 1], 'a', 10 * S);
      stage.at(2 * S).clock(0).jump(2 * S, 11 * S);
      stage.at(5 * S).clock(0).jump(5 * S, -11 * S);
      expect(stage.finish(20 * S)).toEqual(['0 owns k0 #1 0-2000000', '0 owns k0 #1 5000000-10000000']);
    });

    it('by what a server has that is down, and comes back with it', () => {
      const stage = new LockStage({ nodes: 3 }).at(0).attempt(1, 'a').put([0, 1], 'a', 10 * S);
      stage.at(1 * S).crash(0).at(2 * S).start(0, { owner: 'a', untilWallUs: 10 * S });
      expect(stage.finish(20 * S)).toEqual(['0 owns k0 #1 0-10000000']);
    });

    it('no more when it comes back without, and not before it grants', () => {
      const stage = new LockStage({ nodes: 3 }).at(0).attempt(1, 'a').put([0, 1], 'a', 10 * S);
      stage.at(1 * S).crash(0).at(2 * S).start(0, null, false).at(3 * S).event(0, false).at(4 * S).event(0);
      expect(stage.finish(20 * S)).toEqual(['0 owns k0 #1 0-4000000']);
    });

    it('to the end, where a server stays out for longer', () => {
      const stage = new LockStage({ nodes: 3 }).at(0).attempt(1, 'a').put([0, 1], 'a', 10 * S);
      stage.at(1 * S).crash(0).at(2 * S).start(0, null, false).at(12 * S).event(0);
      expect(stage.finish(20 * S)).toEqual(['0 owns k0 #1 0-10000000']);
    });

    it('under the name that a defective client uses twice, whoever used it last', () => {
      const stage = new LockStage().at(0).attempt(1, 'same').put(ALL, 'same', 10 * S);
      stage.at(2 * S).stops('same').attempt(1, 'same').at(3 * S).believes('same', 9 * S);
      expect(stage.finish(20 * S)).toEqual([
        '0 owns k0 #1 0-2000000', '0 owns k0 #2 2000000-10000000', '0 believes k0 #2 3000000-9000000',
      ]);
    });
  });

  describe('of clients that share a name', () => {
    const sharing = (): LockStage => new LockStage().at(0).attempt(1, 'same').put(ALL, 'same', 10 * S)
      .at(1 * S).attempt(2, 'same');

    it('tells what each believes, and ends it when that one stops', () => {
      const stage = sharing();
      stage.believes('same', 9 * S, 'monotonic', stage.client(1)).at(2 * S);
      stage.believes('same', 8 * S, 'monotonic', stage.client(2)).at(3 * S).stops('same', stage.client(1));
      expect(stage.finish(20 * S, 'believes')).toEqual([
        '0 believes k0 #1 1000000-3000000', '1 believes k0 #2 2000000-8000000',
      ]);
    });

    it('numbers who alone may have been granted the lock at once, and others when they believe', () => {
      const stage = new LockStage().at(0).attempt(1, 'same').attempt(2, 'same').put(ALL, 'same', 10 * S);
      stage.believes('same', 9 * S, 'monotonic', stage.client(2)).take(ALL).put(ALL, 'same', 11 * S);
      expect([stage.client(1), stage.client(2)].map((client) => stage.grantOf('same', client))).toEqual([2, 1]);
    });
  });

  describe('of a server and its replicas', () => {
    /** n1 lets the first client hold the lock, and crashes at 1 s. */
    const failing = (): LockStage => new LockStage({ nodes: 2, quorum: 1 }).event(1, false)
      .at(0).attempt(1, 'a').put([0], 'a', 10 * S).believes('a', 9_898_000).at(1 * S).crash(0);

    it('sees a lock that a failover has lost, and another client that is granted it', () => {
      const stage = failing().at(2 * S).event(1).attempt(2, 'b').put([1], 'b', 12 * S);
      expect(stage.finish(20 * S, 'owns')).toEqual(['0 owns k0 #1 0-10000000', '1 owns k0 #2 2000000-12000000']);
    });

    it('goes on from one to the next, and ends where it is released', () => {
      const stage = failing();
      stage.states[1]?.entries.set('k0', { owner: 'a', untilWallUs: 10 * S });
      stage.at(2 * S).event(1).at(3 * S).take([1]).attempt(2, 'b').put([1], 'b', 13 * S);
      expect(stage.finish(20 * S, 'owns')).toEqual(['0 owns k0 #1 0-3000000', '1 owns k0 #2 3000000-13000000']);
    });

    it('ends where its client gives it back, though nobody can be asked', () => {
      const stage = failing().at(1_500_000).stops('a').at(2 * S).event(1).attempt(2, 'b').put([1], 'b', 12 * S);
      expect(stage.finish(20 * S, 'owns')).toEqual(['0 owns k0 #1 0-1500000', '1 owns k0 #2 2000000-12000000']);
    });

    it.each([
      ['after its client gave it back', (stage: LockStage) => stage.stops('a'), 2 * S],
      ['after another one granted with it', (stage: LockStage) => stage.put([1], 'a', 10 * S), 3 * S],
      ['for nothing', (stage: LockStage) => stage, 10 * S],
    ])('ends or not where its server is deposed %s', (_name, change, untilUs) => {
      const stage = new LockStage({ nodes: 2, quorum: 1 }).at(0).attempt(1, 'a').put([0], 'a', 10 * S);
      change(stage.at(1 * S)).at(2 * S).event(0, false).at(3 * S).take([1]);
      expect(stage.finish(20 * S, 'owns')).toEqual([`0 owns k0 #1 0-${untilUs}`]);
    });

    it('does not end where its client gave back what it had before under the same name', () => {
      const stage = new LockStage({ nodes: 2, quorum: 1 }).event(1, false).at(0).attempt(1, 'a').stops('a');
      stage.attempt(1, 'a').put([0], 'a', 10 * S).at(1 * S).crash(0);
      expect(stage.finish(20 * S, 'owns')).toEqual(['0 owns k0 #1 0-10000000']);
    });

    it('does not end where its client crashes, and asks anew', () => {
      const stage = failing().at(1_500_000);
      stage.watch.crashed(stage.client(1));
      stage.attempt(1, 'a2').at(2 * S).event(1).attempt(2, 'b').put([1], 'b', 12 * S);
      expect(stage.finish(20 * S, 'owns')).toEqual(['0 owns k0 #1 0-10000000', '1 owns k0 #2 2000000-12000000']);
    });
  });

  describe('of a replicated service', () => {
    it('owns from what the service executes first to what it executes last', () => {
      const stage = new LockStage({ servers: null }).at(0).attempt(1, 'a').attempt(2, 'b').at(5);
      stage.watch.granted('k0', 'b');
      stage.watch.granted('k0', 'b');
      stage.at(7).believes('b', 20).at(9).stops('b').at(10).watch.released('k0', 'b');
      stage.at(11).watch.released('k0', 'b');
      stage.at(12).watch.granted('k0', 'a');
      expect(stage.finish(30)).toEqual(['1 owns k0 #1 5-10', '1 believes k0 #1 7-9', '0 owns k0 #2 12-30']);
    });

    it('numbers in the order of the executions', () => {
      const stage = new LockStage({ servers: null }).at(0).attempt(1, 'a').attempt(2, 'b');
      stage.watch.granted('k0', 'a');
      stage.watch.released('k0', 'a');
      stage.watch.granted('k0', 'b');
      stage.believes('b', 20).believes('a', 10);
      expect([stage.grantOf('a'), stage.grantOf('b')]).toEqual([1, 2]);
    });
  });

  it('lets the monitor of the protocol hear all that it would, but for what is said to and by the resource', () => {
    const heard: string[] = [];
    const hear = (name: string) => (): void => { heard.push(name); };
    const names = ['onStarted', 'onCrashed', 'afterEvent', 'onAppend', 'onTruncate', 'onDrop', 'onSend'] as const;
    const inner = Object.fromEntries(names.map((name) => [name, hear(name)]));
    type Hear = (...all: unknown[]) => void;
    const monitor = new LockStage({ nodes: 1 }).watch.observe(inner);
    for (const name of names) (monitor[name] as Hear).call(monitor, 0, { grants: true, entries: new Map() }, 1, {});
    for (const [from, to] of [[99, 0], [0, 99]]) (monitor.onSend as Hear).call(monitor, from, to, {}, {});
    expect(heard).toEqual(names);
  });
});
