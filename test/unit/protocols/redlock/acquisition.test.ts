import { describe, expect, it } from 'vitest';
import { noEffect } from '../../../../src/faults/applied.ts';
import { nodeId } from '../../../../src/kernel/ids.ts';
import { Bench, grantOf, LOCK, upTo } from './harness.ts';

/** 10 s less 1 % and 2 ms. */
const VALID_US = 9_898_000;

describe('a quorum', () => {
  it.each([
    [1, 1], [2, 2], [3, 2], [4, 3], [5, 3], [6, 4],
  ])('of %d nodes is %d: so many are enough, and one less is not', (nodes, quorum) => {
    const enough = new Bench({ nodes, options: { retryCount: 0 } });
    enough.cut(0, upTo(nodes - quorum));
    expect(enough.acquire(0, 100)).toMatchObject({ kind: 'granted' });
    const tooFew = new Bench({ nodes, options: { retryCount: 0 } });
    tooFew.cut(0, upTo(nodes - quorum + 1));
    expect(tooFew.acquire(0, 100)).toMatchObject({ kind: 'unsure' });
  });

  it('is counted in nodes: copies of an answer are one', () => {
    const bench = new Bench({ options: { retryCount: 0 } });
    bench.cut(0, [2, 3, 4]);
    for (const node of [0, 1]) {
      bench.control.setLink(nodeId(node), bench.client(0), {
        latencyUsMin: 1_000, latencyUsMax: 2_000, lossPerMillion: 0, duplicatePerMillion: 1_000_000,
        slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
      }, noEffect());
    }
    expect(bench.acquire(0, 100)).toMatchObject({ kind: 'unsure' });
  });

  it('of independent nodes is had by one client at a time', () => {
    const bench = new Bench({ clients: 3, options: { retryCount: 0 } });
    expect(bench.acquire(0)).toMatchObject({ kind: 'granted' });
    expect(bench.acquire(1)).toEqual({ kind: 'refused', error: 'taken' });
    expect(bench.release(0)).toBe('released');
    expect(bench.acquire(2)).toMatchObject({ kind: 'granted' });
  });
});

describe('requests', () => {
  it('leave for all nodes at once, each SET NX PX with the whole length', () => {
    const bench = new Bench();
    const { owner } = grantOf(bench.acquire(0));
    const sets = bench.commands('SET');
    expect(sets.map(({ to }) => to)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(sets.map(({ atUs }) => atUs)).size).toBe(1);
    for (const { args } of sets) expect(args).toEqual(['SET', LOCK, owner, 'NX', 'PX', '10000']);
  });

  it('leave in turn, where nodes are asked so, and a node that is silent costs its time-out', () => {
    const bench = new Bench({ options: { acquisition: 'sequential' } });
    bench.cut(0, [1]);
    expect(bench.acquire(0, 100)).toMatchObject({ kind: 'granted' });
    const [first, ...others] = bench.commands('SET').map(({ atUs }) => atUs) as [number, ...number[]];
    // Each of the others takes 2 ms; all are asked, a quorum or not.
    expect(others.map((atUs) => atUs - first)).toEqual([2_000, 52_000, 54_000, 56_000]);
  });

  it('in turn end where no quorum is left, and nobody else is asked', () => {
    const bench = new Bench({ options: { acquisition: 'sequential', retryCount: 0 } });
    for (const node of [0, 1, 2]) bench.occupy(node, 'other', 60_000);
    expect(bench.acquire(0, 100)).toEqual({ kind: 'refused', error: 'taken' });
    expect(bench.commands('SET').map(({ to }) => to)).toEqual([0, 1, 2]);
  });

  it('in turn hear a node that answers late, while another one is asked', () => {
    const bench = new Bench({ nodes: 3, options: { acquisition: 'sequential', retryCount: 0 } });
    bench.delay(0, 0, 30, 'back');
    bench.delay(0, 0, 30, 'there');
    bench.delay(0, 1, 20);
    bench.cut(0, [2]);
    expect(bench.acquire(0, 500)).toMatchObject({ kind: 'granted' });
  });

  it('in turn wait for the last node, though one of before answers meanwhile', () => {
    const bench = new Bench({ nodes: 3, options: { acquisition: 'sequential', retryCount: 0 } });
    bench.delay(0, 0, 30);
    bench.delay(0, 2, 20);
    bench.acquire(0, 500);
    const [attempt] = bench.ofKind(0, 'attempt');
    const [acquired] = bench.ofKind(0, 'acquired');
    // The first node is given up after 50 ms, and answers after 60; the second takes 2 ms, the last one 40.
    expect((acquired?.atUs ?? 0) - (attempt?.atUs ?? 0)).toBe(92_000);
  });

  it('at once end with the refusal that leaves no quorum, whoever is slow', () => {
    const bench = new Bench({ options: { retryCount: 0 } });
    for (const node of [0, 1, 2]) bench.occupy(node, 'other', 60_000);
    for (const node of [3, 4]) bench.delay(0, node, 20);
    expect(bench.acquire(0, 3)).toEqual({ kind: 'refused', error: 'taken' });
  });

  it('have numbers that no earlier incarnation of the client has used', () => {
    const bench = new Bench({ options: { retryCount: 0 } });
    bench.acquire(0);
    bench.crash(bench.client(0));
    bench.restart(bench.client(0));
    bench.acquire(0, 100);
    const ids = bench.sent.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(10);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are waited for until nodeTimeout, and no longer', () => {
    const bench = new Bench({ options: { retryCount: 0, nodeTimeout: 7_000 } });
    bench.cut(0, upTo(5));
    bench.acquire(0, 100);
    const [attempt] = bench.ofKind(0, 'attempt');
    const [acquired] = bench.ofKind(0, 'acquired');
    expect((acquired?.atUs ?? 0) - (attempt?.atUs ?? 0)).toBe(7_000);
  });
});

describe('a lock value', () => {
  it('is 20 bytes, told before the first request, another one at each attempt and after a crash', () => {
    const bench = new Bench({ clients: 2, options: { retryCount: 3 } });
    bench.acquire(0);
    bench.acquire(1, 2_000);
    bench.crash(bench.client(1));
    bench.restart(bench.client(1));
    bench.wait(1);
    bench.acquire(1, 2_000);
    const owners = bench.owners(1);
    expect(owners).toHaveLength(8);
    expect(new Set([...owners, ...bench.owners(0)]).size).toBe(9);
    for (const owner of owners) expect(owner).toMatch(/^[0-9a-f]{40}$/);
    expect(bench.ofKind(1, 'attempt')[0]?.atUs).toBeLessThanOrEqual(bench.commands('SET', 1)[0]?.atUs ?? 0);
  });
});

describe('validity time', () => {
  it.each(['parallel', 'sequential'])('counts from before the first request (%s)', (acquisition) => {
    const bench = new Bench({ options: { acquisition, nodeTimeout: 1_000_000 } });
    for (const node of upTo(5)) bench.delay(0, node, 100);
    const beganUs = bench.monotonicUs();
    const { validity } = grantOf(bench.acquire(0, 2_000));
    expect(validity).toEqual({ clock: 'monotonic', untilUs: beganUs + VALID_US });
  });

  it('is shorter by the drift that is asked for, rounded against the holder', () => {
    const bench = new Bench({ options: { ttl: 1_000_001, driftFactor: 30_000 } });
    const beganUs = bench.monotonicUs();
    expect(grantOf(bench.acquire(0)).validity.untilUs - beganUs).toBe(1_000_001 - 30_001 - 2_000);
    expect(bench.commands('SET')[0]?.args[5]).toBe('1001');
  });

  it.each([[48, 'granted'], [49, 'refused']])('is over or not when a quorum has answered, %d ms away: %s', (
    ms, kind,
  ) => {
    // 102 ms less 2 % and 2 ms leave 97.96 ms.
    const bench = new Bench({
      options: { ttl: 102_000, driftFactor: 20_000, nodeTimeout: 1_000_000, retryCount: 0 },
    });
    for (const node of upTo(5)) bench.delay(0, node, ms);
    expect(bench.acquire(0, 1_000)).toMatchObject({ kind });
  });

  it('is over at its very end', () => {
    const ends = [102_999, 103_000, 104_000, 105_000].map((ttl) => {
      const bench = new Bench({ options: { ttl, driftFactor: 0, nodeTimeout: 1_000_000, retryCount: 0 } });
      // Answered after 102 ms.
      for (const node of upTo(5)) bench.delay(0, node, 51);
      return bench.acquire(0, 1_000)?.kind;
    });
    expect(ends).toEqual(['refused', 'refused', 'refused', 'granted']);
  });

  it('of a millisecond is always over: such a lock is never had, and nothing of it stays', () => {
    const bench = new Bench({ options: { ttl: 1_000, retryCount: 2, retryDelay: 1_000, retryJitter: 0 } });
    expect(bench.acquire(0, 100)).toEqual({ kind: 'refused', error: 'validity-over' });
    expect(upTo(5).map((node) => bench.entry(node))).toEqual([null, null, null, null, null]);
  });

  it.each([1, 2, 3, 4, 5, 6])('is looked at after a pause: answers that are read too late are none (%d)', (seed) => {
    const bench = new Bench({ seed: `pause-${seed}`, options: { nodeTimeout: 20_000_000, retryCount: 0 } });
    bench.acquire(0, 0.5);
    const pause = noEffect();
    bench.control.pause(bench.client(0), pause);
    bench.wait(12_000);
    bench.control.resume(bench.client(0), pause);
    bench.wait(1);
    expect(bench.ofKind(0, 'acquired').map(({ end }) => end)).toEqual([{ kind: 'refused', error: 'validity-over' }]);
  });

  it.each([
    ['monotonic', 'refused'], ['wall', 'granted'],
  ])('by the %s clock, which is put back meanwhile: %s', (clock, kind) => {
    const bench = new Bench({ options: { clock, nodeTimeout: 20_000_000, retryCount: 0 } });
    const beganUs = bench.wallUs();
    bench.acquire(0, 0.5);
    const pause = noEffect();
    bench.control.pause(bench.client(0), pause);
    bench.wait(12_000);
    bench.control.jumpClock(bench.client(0), -11_900_000, noEffect());
    bench.control.resume(bench.client(0), pause);
    bench.wait(1);
    const end = bench.ofKind(0, 'acquired')[0]?.end ?? null;
    expect(end).toMatchObject({ kind });
    if (clock === 'wall') expect(grantOf(end).validity).toEqual({ clock, untilUs: beganUs + VALID_US });
  });
});

describe('an attempt that comes to nothing', () => {
  it('is released at all nodes, those that refused or were silent among them', () => {
    const bench = new Bench({ options: { retryCount: 0 } });
    bench.occupy(0, 'other', 60_000);
    bench.cut(0, [1, 2, 3], 'back');
    expect(bench.acquire(0, 200)).toMatchObject({ kind: 'unsure' });
    expect(bench.commands('DEL').map(({ to }) => to)).toEqual([0, 1, 2, 3, 4]);
    expect(upTo(5).map((node) => bench.entry(node))).toEqual(['other', null, null, null, null]);
  });

  it('is repeated after a pause of retryDelay and a random part of retryJitter', () => {
    const bench = new Bench({ clients: 2, options: { retryCount: 20 } });
    bench.acquire(0);
    bench.acquire(1, 8_000);
    const attempts = bench.ofKind(1, 'attempt').map(({ atUs }) => atUs);
    // An attempt is refused within 2 ms.
    const pauses = attempts.slice(1).map((atUs, index) => atUs - (attempts[index] as number) - 2_000);
    expect(pauses).toHaveLength(20);
    expect(new Set(pauses).size).toBeGreaterThan(10);
    for (const pauseUs of pauses) {
      expect(pauseUs).toBeGreaterThanOrEqual(200_000);
      expect(pauseUs).toBeLessThanOrEqual(300_000);
    }
  });

  it.each([0, 1, 3])('is repeated %d times, and refused then', (retryCount) => {
    const bench = new Bench({ clients: 2, options: { retryCount } });
    bench.acquire(0);
    expect(bench.acquire(1, 3_000)).toEqual({ kind: 'refused', error: 'taken' });
    expect(bench.owners(1)).toHaveLength(1 + retryCount);
  });

  it('is not repeated when the time of the operation is over', () => {
    const bench = new Bench({ clients: 2, timeoutMs: 450, options: { retryCount: 100, retryJitter: 0 } });
    bench.acquire(0);
    expect(bench.acquire(1, 3_000)).toEqual({ kind: 'refused', error: 'taken' });
    expect(bench.owners(1)).toHaveLength(3);
    expect(bench.ofKind(1, 'acquired')[0]?.atUs).toBeLessThan(500_000);
  });

  it('does not stand in the way of the next one', () => {
    const bench = new Bench({ options: { retryCount: 1 } });
    for (const node of [0, 1, 2]) bench.occupy(node, 'other', 100);
    expect(grantOf(bench.acquire(0, 1_000)).owner).toBe(bench.owners()[1]);
  });

  it('is unsure for as long as it could be valid, however a later one ends', () => {
    const within = new Bench({ options: { retryCount: 1 } });
    const mend = within.cut(0, upTo(5), 'back');
    within.acquire(0, 100);
    mend();
    for (const node of upTo(5)) within.occupy(node, 'other', 60_000);
    within.wait(1_000);
    expect(within.ofKind(0, 'acquired').map(({ end }) => end)).toEqual([{ kind: 'unsure', error: 'timeout' }]);

    const beyond = new Bench({ options: { retryCount: 1, retryDelay: 10_000_000 } });
    const mendToo = beyond.cut(0, upTo(5), 'back');
    beyond.acquire(0, 100);
    mendToo();
    for (const node of upTo(5)) beyond.occupy(node, 'other', 60_000);
    beyond.wait(11_000);
    expect(beyond.ofKind(0, 'acquired').map(({ end }) => end)).toEqual([{ kind: 'refused', error: 'taken' }]);
  });

  it('is unsure by a wall clock that is put back, as long as any of them could be valid', () => {
    const bench = new Bench({
      options: { clock: 'wall', ttl: 1_000_000, retryCount: 2, retryDelay: 1_000_000, retryJitter: 0 },
    });
    const mend = bench.cut(0, upTo(5), 'back');
    bench.acquire(0, 100);
    bench.control.jumpClock(bench.client(0), -1_500_000, noEffect());
    // The second attempt could be valid until 0.54 s of the first, the third is refused at 0.6.
    bench.wait(1_100);
    mend();
    for (const node of upTo(5)) bench.occupy(node, 'other', 60_000);
    bench.wait(1_000);
    expect(bench.ofKind(0, 'acquired').map(({ end }) => end)).toEqual([{ kind: 'unsure', error: 'timeout' }]);
  });

  it('ends in any case: with all nodes down it is unsure', () => {
    const bench = new Bench({ options: { retryCount: 2 } });
    for (const node of upTo(5)) bench.crash(nodeId(node));
    expect(bench.acquire(0, 2_000)).toEqual({ kind: 'unsure', error: 'timeout' });
    expect(bench.owners()).toHaveLength(3);
  });

  it('is refused where nodes answer with errors: SET has then set nothing', () => {
    const bench = new Bench({ options: { retryCount: 0, minReplicas: 1 } });
    expect(bench.acquire(0)).toEqual({ kind: 'refused', error: 'taken' });
  });
});

describe('a late answer', () => {
  it('to a request of an attempt that is over: what was set is released once more', () => {
    const bench = new Bench({ options: { retryCount: 0 } });
    bench.cut(0, [0, 1], 'both');
    // The release overtakes the request to set, which takes 400 ms to n3.
    bench.delay(0, 2, 400, 'there');
    expect(bench.acquire(0, 51)).toMatchObject({ kind: 'unsure' });
    bench.delay(0, 2, 1, 'there');
    bench.wait(60);
    expect(bench.entry(2)).toBeNull();
    bench.wait(1_000);
    expect(bench.commands('DEL').filter(({ to }) => to === nodeId(2))).toHaveLength(2);
    expect(bench.entry(2)).toBeNull();
  });

  it('that is lost, too: the entry stays until it runs out', () => {
    const bench = new Bench({ options: { retryCount: 0 } });
    bench.cut(0, [0, 1]);
    const effect = noEffect();
    bench.control.hold(bench.client(0), nodeId(2), null, effect);
    bench.acquire(0, 40);
    bench.cut(0, [2], 'back');
    bench.wait(20);
    bench.control.release(bench.client(0), nodeId(2), effect);
    bench.wait(20);
    // Held messages keep their order: set, and then released.
    expect(bench.entry(2)).toBeNull();
    const reordered = new Bench({ options: { retryCount: 0 } });
    reordered.cut(0, [0, 1]);
    reordered.delay(0, 2, 400, 'there');
    reordered.acquire(0, 40);
    reordered.delay(0, 2, 1, 'there');
    reordered.cut(0, [2], 'back');
    reordered.wait(500);
    expect(reordered.entry(2)).toBe(reordered.owners()[0]);
    reordered.wait(10_000);
    expect(reordered.entry(2)).toBeNull();
  });

  it('that refuses asks for no other release', () => {
    const bench = new Bench({ options: { retryCount: 0 } });
    for (const node of upTo(5)) bench.occupy(node, 'other', 60_000);
    bench.delay(0, 3, 20);
    bench.acquire(0, 200);
    expect(bench.commands('DEL')).toHaveLength(5);
  });

  it('is forgotten to be wanted no more when too many are missing', () => {
    const bench = new Bench({ timeoutMs: 3_600_000, options: { retryCount: 60, retryDelay: 0, nodeTimeout: 1_000 } });
    bench.cut(0, upTo(5));
    bench.acquire(0, 10_000);
    const state = bench.world.process(bench.client(0)).node?.state as { unanswered: Map<number, unknown> };
    expect(bench.commands('SET').length).toBe(305);
    expect(state.unanswered.size).toBe(256);
  });

  it('for the lock that is held changes nothing', () => {
    const bench = new Bench();
    bench.delay(0, 4, 100, 'back');
    const { owner } = grantOf(bench.acquire(0));
    bench.wait(500);
    expect(upTo(5).map((node) => bench.entry(node))).toEqual(Array(5).fill(owner));
    expect(bench.commands('DEL')).toEqual([]);
  });

  it('after a release: nothing of it stays', () => {
    const bench = new Bench();
    bench.delay(0, 4, 300, 'there');
    bench.acquire(0, 10);
    bench.delay(0, 4, 1, 'there');
    expect(bench.release(0, 20)).toBe('released');
    bench.wait(400);
    expect(bench.entry(4)).toBeNull();
  });

  it('to an attempt of before the last does not count for the one that is made now', () => {
    const bench = new Bench({ options: { retryCount: 1, retryJitter: 0 } });
    const mend = bench.cut(0, [0, 1]);
    // Three answers to the first attempt come while the second one is made.
    for (const node of [2, 3, 4]) bench.delay(0, node, 251, 'back');
    bench.acquire(0, 240);
    bench.cut(0, upTo(5));
    mend();
    bench.wait(500);
    expect(bench.ofKind(0, 'acquired').map(({ end }) => end.kind)).toEqual(['unsure']);
  });
});

describe('a counter for each node', () => {
  it('gives the highest number of a quorum for a token; without it there is none', () => {
    const plain = new Bench();
    expect(grantOf(plain.acquire(0)).token).toBeNull();
    const bench = new Bench({ options: { counter: 'per-node' } });
    const tokens = upTo(3).map(() => {
      const { token } = grantOf(bench.acquire(0));
      bench.release(0);
      return token;
    });
    expect(tokens).toEqual([1, 2, 3]);
  });

  it('is no fencing token: a later grant of another quorum has the lower number', () => {
    const bench = new Bench({ clients: 2, options: { counter: 'per-node', retryCount: 0 } });
    const tokens = [[2, 4], [3, 4]].flatMap((unreachable) => {
      const mend = bench.cut(0, unreachable);
      const three = upTo(3).map(() => {
        const { token } = grantOf(bench.acquire(0));
        bench.release(0, 100);
        return token;
      });
      mend();
      return three;
    });
    bench.cut(1, [0, 1]);
    expect([...tokens, grantOf(bench.acquire(1)).token]).toEqual([1, 2, 3, 4, 5, 6, 4]);
  });

  it('that cannot count leaves the client unsure: the script has set the entry before the error', () => {
    const bench = new Bench({ options: { counter: 'per-node', retryCount: 0 } });
    for (const node of upTo(5)) bench.occupy(node, 'no number', 60_000, `${LOCK}:counter`);
    expect(bench.acquire(0, 100)).toEqual({ kind: 'unsure', error: 'timeout' });
    expect(bench.entry(0)).toBeNull();
  });

  it('has other clients refused as ever', () => {
    const bench = new Bench({ clients: 2, options: { counter: 'per-node', retryCount: 0 } });
    bench.acquire(0);
    expect(bench.acquire(1)).toEqual({ kind: 'refused', error: 'taken' });
  });
});
