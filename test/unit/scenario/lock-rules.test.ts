import { describe, expect, it } from 'vitest';
import { lockInvariants } from '../../../src/scenario/lock-invariants.ts';
import { LockStage } from '../../support/locks/lock-stage.ts';

const S = 1_000_000;
const ALL = [0, 1, 2, 3, 4];

/**
 * The first client is granted the lock by three servers of five at 2 ms, told so at 4 ms, and goes by a validity of the
 * whole length less the drift, from when it asked.
 */
function held(stage = new LockStage()): LockStage {
  return stage.at(0).attempt(1, 'a').at(2_000).put([0, 1, 2], 'a', 2_000 + 10 * S).at(4_000).believes('a', 9_898_000);
}

const matching = (text: RegExp): string => expect.stringMatching(text) as string;

/** Ends the run and answers the breaches of one invariant. */
function breaches(stage: LockStage, id: string, endUs = 20 * S): LockStage['breaches'] {
  stage.finish(endUs);
  return stage.breaches.filter((breach) => breach.id === id);
}

describe('the invariants of locks', () => {
  it('have ids and names of their own, and are silent about a lock that is used as it should be', () => {
    expect(lockInvariants.map(({ id }) => id)).toEqual(['L2', 'L3', 'L4', 'L9']);
    expect(new Set(lockInvariants.map(({ name }) => name)).size).toBe(4);
    const stage = held().at(5 * S).stops('a').at(5 * S + 2_000).take([0, 1, 2]);
    stage.finish(20 * S);
    expect(stage.breaches).toEqual([]);
  });

  describe('L2: who believes owns', () => {
    it('sees the clock of a server jump, at the instant at which it does', () => {
      const stage = held().at(500_000);
      stage.clock(2).jump(stage.nowUs, 11 * S);
      expect(breaches(stage, 'L2')).toEqual([{
        id: 'L2',
        text: 'c1 believes that it holds k0 (grant 1), but stands unexpired on 2 of 5 servers, and 3 are needed',
        atUs: 500_000,
      }]);
    });

    it('says nothing of a jump that leaves a quorum, or that ends with the belief', () => {
      const spare = held().put([3], 'a', 10 * S).at(500_000);
      spare.clock(2).jump(spare.nowUs, 11 * S);
      const late = held().at(9_898_000);
      late.clock(2).jump(late.nowUs, 11 * S);
      expect([...breaches(spare, 'L2'), ...breaches(late, 'L2')]).toEqual([]);
    });

    it('tells of the earliest, whoever is looked at first', () => {
      const stage = new LockStage({ locks: ['k0', 'k1'] }).at(0).attempt(1, 'a').attempt(2, 'b', 'k1');
      stage.put(ALL, 'a', 10 * S).put(ALL, 'b', 10 * S, 'k1').believes('a', 9 * S).believes('b', 9 * S);
      stage.at(3 * S).take(ALL, 'k1').at(4 * S).take(ALL);
      expect(breaches(stage, 'L2')).toMatchObject([{ text: matching(/^c2 .* k1 /), atUs: 3 * S }]);
    });

    it('sees a server that comes back without its entries, as soon as it grants', () => {
      const stage = held().at(500_000).crash(0).at(520_000).start(0, null, false).at(600_000).event(0);
      expect(breaches(stage, 'L2')).toMatchObject([{ atUs: 600_000 }]);
    });

    it('says nothing of one that kept them, or that stays out for the length of a lock', () => {
      const kept = held().at(500_000).crash(0).at(520_000).start(0, { owner: 'a', untilWallUs: 10 * S + 2_000 });
      const out = held().at(500_000).crash(0).at(520_000).start(0, null, false).at(11 * S).event(0);
      const down = held().at(500_000).crash(0).crash(1).crash(2);
      expect([kept, out, down].flatMap((stage) => breaches(stage, 'L2'))).toEqual([]);
    });

    it('sees a client with a slow clock that takes nothing off for it', () => {
      const slow = (untilUs: number): LockStage => {
        const stage = new LockStage();
        stage.clock(stage.client(1)).setDrift(0, -10_000);
        return stage.at(0).attempt(1, 'a').put(ALL, 'a', 10 * S).believes('a', untilUs);
      };
      expect(breaches(slow(9_898_000), 'L2')).toEqual([]);
      expect(breaches(slow(9_900_000), 'L2')).toEqual([]);
      expect(breaches(slow(9_900_001), 'L2')).toMatchObject([{ atUs: 10 * S }]);
    });

    it('sees a wall clock that is set back, and believes once more', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').put(ALL, 'a', 10 * S).believes('a', 9 * S, 'wall').at(12 * S);
      stage.clock(stage.client(1)).jump(stage.nowUs, -5 * S);
      expect(breaches(stage, 'L2')).toMatchObject([{ atUs: 12 * S }]);
    });

    it('holds for a paused client, which believes nothing more when its clock shows the end', () => {
      expect(breaches(held().at(15 * S).take([0, 1, 2]).at(16 * S).stops('a'), 'L2')).toEqual([]);
    });

    it('holds against a replicated service, too', () => {
      const service = (releasedUs: number): LockStage => {
        const stage = new LockStage({ servers: null }).at(0).attempt(1, 'a').at(1);
        stage.watch.granted('k0', 'a');
        stage.at(2).believes('a', 9 * S).at(releasedUs).watch.released('k0', 'a');
        return stage;
      };
      expect(breaches(service(9 * S), 'L2')).toEqual([]);
      expect(breaches(service(8 * S), 'L2')).toMatchObject([{ text: matching(/service/) }]);
    });
  });

  describe('L3: nobody else deletes', () => {
    it.each([
      ['deleted', (stage: LockStage) => stage.take([1]), 'deleted'],
      ['replaced', (stage: LockStage) => stage.attempt(2, 'b').put([1], 'b', 11 * S), 'replaced'],
    ])('sees an entry that is %s while its client believes', (_name, change, word) => {
      expect(breaches(change(held().at(1 * S)), 'L3')).toEqual([{
        id: 'L3',
        text: `c1 believes that it holds k0 (grant 1), and its entry on n2 was ${word} before it expired`,
        atUs: 1 * S,
      }]);
    });

    it('sees one that was deleted by another client of the same name', () => {
      const stage = new LockStage().at(0).attempt(1, 'same').put(ALL, 'same', 10 * S).believes('same', 9 * S);
      expect(breaches(stage.at(1 * S).attempt(2, 'same').at(2 * S).take([3]), 'L3')).toMatchObject([{ atUs: 2 * S }]);
    });

    it.each([
      ['is deleted after its client began to release', () => held().at(1 * S).stops('a').take([0, 1, 2])],
      ['is deleted after its client crashed', () => {
        const stage = held().at(1 * S);
        stage.watch.crashed(stage.client(1));
        return stage.take([0]);
      }],
      ['is deleted once the validity is over', () => held().at(9_898_000).take([0, 1, 2])],
      ['has expired by the clock of its server', () => {
        const stage = held().at(1 * S);
        stage.clock(1).jump(stage.nowUs, 11 * S);
        return stage.take([1]);
      }],
      ['was lost with a crash', () => held().at(1 * S).crash(1).start(1, null)],
      ['was lost while its server did not grant', () => {
        const stage = held().at(1 * S).event(1, false);
        stage.states[1]?.entries.clear();
        return stage.event(1);
      }],
      ['is extended', () => held().at(1 * S).put([0, 1, 2], 'a', 11 * S)],
      ['is that of a client that was never granted the lock', () =>
        new LockStage().at(0).attempt(1, 'a').put([0], 'a', 10 * S).at(1).take([0])],
      ['is one of another lock, under the same name', () => {
        const stage = new LockStage({ locks: ['k0', 'k1'] }).at(0).attempt(1, 'a', 'k1').put([0], 'a', 10 * S, 'k1');
        return stage.attempt(1, 'a').put(ALL, 'a', 10 * S).believes('a', 9 * S).at(1).take([0], 'k1');
      }],
      ['is nobody\'s that is known', () => new LockStage().put([0], 'stranger', 10 * S).at(1).take([0])],
    ])('says nothing of an entry that %s', (_name, make) => {
      expect(breaches(make(), 'L3')).toEqual([]);
    });
  });

  describe('L4: a validity is positive, and no longer than the length less the drift', () => {
    const believing = (atUs: number, untilUs: number, clock: 'monotonic' | 'wall' = 'monotonic'): LockStage =>
      new LockStage().at(0).attempt(1, 'a').put(ALL, 'a', null).at(atUs).believes('a', untilUs, clock);

    it.each([[0, 9_898_000], [9_897_999, 9_898_000]])('is silent at %i us of one until %i us', (atUs, untilUs) => {
      expect(breaches(believing(atUs, untilUs), 'L4')).toEqual([]);
    });

    it.each([[0, 9_898_001], [5, 5], [5, 4]])('sees at %i us one until %i us', (atUs, untilUs) => {
      expect(breaches(believing(atUs, untilUs), 'L4')).toMatchObject([{ atUs }]);
    });

    it('sees a wall clock that was set back while the client asked', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').put(ALL, 'a', 10 * S).at(12 * S);
      stage.clock(stage.client(1)).jump(stage.nowUs, -12 * S);
      expect(breaches(stage.believes('a', 9_898_000, 'monotonic'), 'L4')).toHaveLength(1);
      const wall = new LockStage().at(0).attempt(1, 'a').put(ALL, 'a', 10 * S).at(12 * S);
      wall.clock(wall.client(1)).jump(wall.nowUs, -13 * S);
      expect(breaches(wall.believes('a', 9_898_000, 'wall'), 'L4')).toMatchObject([{
        text: 'c1 believes that it holds k0 (grant 1) with a validity of 10898000 us, '
          + 'and it has to be more than 0 and at most 9898000',
      }]);
    });

    it('holds for an extension as well', () => {
      const stage = held().at(5 * S).put([0, 1, 2], 'a', 15 * S).believes('a', 14_898_001);
      expect(breaches(stage, 'L4')).toMatchObject([{ atUs: 5 * S }]);
    });
  });

  describe('L9: a belief ends before a quorum of entries', () => {
    it('sees an extension that one server has heard of', () => {
      const stage = held().at(5 * S).put([0], 'a', 15 * S).believes('a', 14_898_000);
      expect(breaches(stage, 'L9')).toEqual([{
        id: 'L9',
        text: 'c1 believes that it holds k0 (grant 1) until 14.898000 s, '
          + 'but 1 of 5 servers have its entry for so long: it stands on 3 until 10.002000 s',
        atUs: 5 * S,
      }]);
    });

    it('sees a client that fewer than a quorum know', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').put([0, 4], 'a', 10 * S).believes('a', 5 * S);
      expect(breaches(stage, 'L9')).toMatchObject([{ text: matching(/: it stands on 2 at all$/) }]);
    });

    it.each([[9_999_999, 0], [10 * S, 0], [10 * S + 1, 1]])('compares exactly: %i us, %i seen', (untilUs, count) => {
      const stage = new LockStage().at(0).attempt(1, 'a').put([0, 1], 'a', 12 * S).put([2], 'a', 10 * S);
      expect(breaches(stage.put([3], 'a', 3).believes('a', untilUs), 'L9')).toHaveLength(count);
    });

    it('takes entries that never expire for long enough', () => {
      const stage = new LockStage().at(0).attempt(1, 'a').put([0, 1, 2], 'a', null).believes('a', 9 * S);
      expect(breaches(stage, 'L9')).toEqual([]);
    });

    it('goes by the clocks as they run now: what the drift takes off is enough within its bound', () => {
      const drifting = (perMillion: number): LockStage => {
        const stage = new LockStage();
        for (const server of ALL) stage.clock(server).setDrift(0, perMillion);
        stage.clock(stage.client(1)).setDrift(0, -perMillion);
        return held(stage);
      };
      // The client runs slow and the servers fast: 102 ms of 10 s are a little more than twice 0.5 %.
      expect(breaches(drifting(5_000), 'L9')).toEqual([]);
      expect(breaches(drifting(6_000), 'L9')).toHaveLength(1);
    });

    it('goes by the wall clock of a server as it was set, whatever it shows', () => {
      const stage = new LockStage();
      for (const server of ALL) stage.clock(server).jump(0, -7 * S);
      stage.at(0).attempt(1, 'a').put([0, 1, 2], 'a', 3 * S).believes('a', 9_898_000);
      expect(breaches(stage, 'L9')).toEqual([]);
    });
  });
});
