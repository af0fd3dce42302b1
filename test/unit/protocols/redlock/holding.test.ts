import { describe, expect, it } from 'vitest';
import { noEffect } from '../../../../src/faults/applied.ts';
import { nodeId } from '../../../../src/kernel/ids.ts';
import { Bench, grantOf, LOCK, upTo } from './harness.ts';

const VALID_US = 9_898_000;
/** node-redlock's threshold. */
const WATCHED = { extendAt: 500_000 };

describe('a release', () => {
  it('asks all nodes, by a script that compares the value', () => {
    const bench = new Bench();
    const { owner } = grantOf(bench.acquire(0));
    bench.wait(10);
    expect(bench.release(0)).toBe('released');
    const releases = bench.commands('DEL');
    expect(releases.map(({ to }) => to)).toEqual([0, 1, 2, 3, 4]);
    for (const { args } of releases) expect([args[0], ...args.slice(2)]).toEqual(['EVAL', '1', LOCK, owner]);
    expect(upTo(5).map((node) => bench.entry(node))).toEqual(Array(5).fill(null));
  });

  it('that comes late leaves what has become of another holder', () => {
    const bench = new Bench({ clients: 2, options: { ttl: 200_000, retryCount: 0 } });
    bench.acquire(0);
    bench.wait(300);
    const { owner } = grantOf(bench.acquire(1));
    expect(bench.release(0)).toBe('not-held');
    expect(upTo(5).map((node) => bench.entry(node))).toEqual(Array(5).fill(owner));
  });

  it.each([
    [[], 'released'], [[0], 'released'], [[0, 1], 'released'], [[0, 1, 2], 'unsure'], [[0, 1, 2, 3, 4], 'unsure'],
  ] as const)('that does not reach nodes %j is %s', (nodes, end) => {
    const bench = new Bench();
    bench.acquire(0);
    bench.cut(0, nodes);
    expect(bench.release(0, 100)).toBe(end);
    const left = upTo(5).map((node) => bench.entry(node) !== null);
    expect(left).toEqual(upTo(5).map((node) => (nodes as readonly number[]).includes(node)));
  });

  it('is over when a quorum has released, whoever is slow', () => {
    const bench = new Bench();
    bench.acquire(0);
    bench.delay(0, 4, 20);
    expect(bench.release(0, 3)).toBe('released');
  });

  it('lets another client have the lock at once, where it has reached a quorum', () => {
    const bench = new Bench({ clients: 2, options: { retryCount: 0 } });
    bench.acquire(0);
    bench.cut(0, [3, 4]);
    bench.release(0);
    expect(bench.acquire(1)).toMatchObject({ kind: 'granted' });
  });

  it('of what had only a quorum is one, though one of it is silent: the entry is at no quorum any more', () => {
    const bench = new Bench({ options: { retryCount: 0 } });
    for (const node of [3, 4]) bench.occupy(node, 'other', 60_000);
    expect(bench.acquire(0)).toMatchObject({ kind: 'granted' });
    bench.cut(0, [0]);
    expect(bench.release(0, 100)).toBe('released');
  });

  it('that is answered with errors by all is unsure, and waits for nobody', () => {
    const bench = new Bench();
    bench.acquire(0);
    bench.control.setOptions({ minReplicas: 1 }, noEffect());
    bench.wait(1);
    expect(bench.release(0, 3)).toBe('unsure');
  });

  it('frees the client for another lock, whatever answers come late', () => {
    const bench = new Bench();
    bench.acquire(0);
    for (const node of [0, 1, 2]) bench.delay(0, node, 55, 'back');
    expect(bench.release(0, 54)).toBe('unsure');
    for (const node of [0, 1, 2]) bench.delay(0, node, 1, 'back');
    expect(bench.acquire(0, 100)).toMatchObject({ kind: 'granted' });
    expect(bench.ofKind(0, 'released')).toHaveLength(1);
  });
});

describe('an extension', () => {
  it('is asked for when extendAt is left, and counts from its own start', () => {
    const bench = new Bench({ options: WATCHED });
    const beganUs = bench.monotonicUs();
    const { owner } = grantOf(bench.acquire(0));
    for (const node of upTo(5)) bench.delay(0, node, 20);
    bench.wait(9_500);
    const [extended] = bench.ofKind(0, 'extended');
    const startUs = beganUs + VALID_US - WATCHED.extendAt;
    expect(extended?.grant).toEqual({
      lock: LOCK, owner, token: null, validity: { clock: 'monotonic', untilUs: startUs + VALID_US },
    });
    const asked = bench.commands('PEXPIRE');
    expect(asked).toHaveLength(5);
    for (const { args } of asked) expect([args[0], ...args.slice(2)]).toEqual(['EVAL', '1', LOCK, owner, '10000']);
    bench.wait(5_000);
    expect(bench.entry(0)).toBe(owner);
  });

  it('is never asked for by default, nor after the release', () => {
    const quiet = new Bench();
    quiet.acquire(0);
    quiet.wait(20_000);
    expect(quiet.commands('PEXPIRE')).toEqual([]);
    const released = new Bench({ options: WATCHED });
    released.acquire(0);
    released.release(0);
    released.wait(20_000);
    expect(released.commands('PEXPIRE')).toEqual([]);
  });

  it.each([0, 1, 3])('is asked for %d times at most', (extensions) => {
    const bench = new Bench({ options: { ...WATCHED, extensions } });
    bench.acquire(0);
    bench.wait(60_000);
    expect(bench.ofKind(0, 'extended')).toHaveLength(extensions);
    expect(bench.entry(0)).toBeNull();
  });

  it('needs a quorum', () => {
    const bench = new Bench({ options: WATCHED });
    bench.acquire(0);
    bench.cut(0, [0, 1, 2]);
    bench.wait(20_000);
    expect(bench.ofKind(0, 'extended')).toEqual([]);
    const enough = new Bench({ options: WATCHED });
    enough.acquire(0);
    enough.cut(0, [0, 1]);
    enough.wait(10_000);
    expect(enough.ofKind(0, 'extended')).toHaveLength(1);
  });

  it('that fails is repeated while the lock is valid, and the holder is told nothing at the end', () => {
    const bench = new Bench({ options: WATCHED });
    bench.acquire(0);
    const mend = bench.cut(0, [0, 1, 2]);
    bench.wait(9_500);
    mend();
    bench.wait(300);
    expect(bench.ofKind(0, 'extended')).toHaveLength(1);
    const never = new Bench({ options: WATCHED });
    const { validity } = grantOf(never.acquire(0));
    never.cut(0, [0, 1, 2]);
    never.wait(20_000);
    const attempts = new Set(never.commands('PEXPIRE').map(({ atUs }) => atUs));
    expect(attempts.size).toBe(2);
    const lastUs = Math.max(...attempts);
    expect(lastUs - (never.world.nowUs - never.monotonicUs())).toBeLessThan(validity.untilUs);
    expect(never.ofKind(0, 'lost')).toEqual([]);
  });

  it('that succeeds after the end of what was held is none', () => {
    const bench = new Bench({ options: { ttl: 1_000_000, extendAt: 100_000, nodeTimeout: 1_000_000 } });
    bench.acquire(0);
    for (const node of upTo(5)) bench.delay(0, node, 120, 'back');
    bench.wait(3_000);
    expect(bench.commands('PEXPIRE')).toHaveLength(5);
    expect(bench.ofKind(0, 'extended')).toEqual([]);
  });

  it('is not begun by a process that wakes up after the end', () => {
    const bench = new Bench({ options: WATCHED });
    bench.acquire(0);
    const pause = noEffect();
    bench.control.pause(bench.client(0), pause);
    bench.wait(9_950);
    bench.control.resume(bench.client(0), pause);
    bench.wait(1_000);
    expect(bench.commands('PEXPIRE')).toEqual([]);
  });

  it('that finds the entry gone from a quorum tells the holder at once', () => {
    const bench = new Bench({ options: WATCHED });
    const { owner, validity } = grantOf(bench.acquire(0));
    for (const node of [0, 1, 2]) bench.occupy(node, 'other', 60_000);
    bench.wait(9_500);
    expect(bench.ofKind(0, 'lost').map((lost) => lost.owner)).toEqual([owner]);
    expect(bench.monotonicUs()).toBeLessThan(validity.untilUs);
    bench.wait(20_000);
    expect(bench.commands('PEXPIRE')).toHaveLength(5);
    expect(bench.ofKind(0, 'lost')).toHaveLength(1);
    // The rest of it can be given back all the same.
    expect(bench.release(0)).toBe('not-held');
    expect(bench.ofKind(0, 'lost')).toHaveLength(1);
    expect(bench.acquire(0, 100)).not.toMatchObject({ kind: 'granted' });
  });

  it('that learns of the loss after the end says nothing: the holder has seen the end', () => {
    const bench = new Bench({ options: { ttl: 1_000_000, extendAt: 300_000, nodeTimeout: 1_000_000 } });
    bench.acquire(0);
    for (const node of upTo(5)) bench.occupy(node, 'other', 60_000);
    for (const node of upTo(5)) bench.delay(0, node, 400, 'back');
    bench.wait(5_000);
    expect(bench.commands('PEXPIRE')).toHaveLength(5);
    expect(bench.ofKind(0, 'lost')).toEqual([]);
  });

  it('is none where its own validity time is over, as by a wall clock that jumps to and fro', () => {
    const bench = new Bench({
      options: { clock: 'wall', ttl: 1_000_000, extendAt: 300_000, nodeTimeout: 1_000_000, extensions: 1 },
    });
    bench.acquire(0, 600);
    bench.control.jumpClock(bench.client(0), -5_000_000, noEffect());
    for (const node of upTo(5)) bench.delay(0, node, 200, 'back');
    bench.wait(200);
    expect(bench.commands('PEXPIRE')).toHaveLength(5);
    bench.control.jumpClock(bench.client(0), 2_000_000, noEffect());
    bench.wait(100);
    expect(bench.ofKind(0, 'extended')).toEqual([]);
  });

  it('that finds two of five gone goes on', () => {
    const bench = new Bench({ options: WATCHED });
    bench.acquire(0);
    for (const node of [0, 1]) bench.occupy(node, 'other', 60_000);
    bench.wait(10_000);
    expect(bench.ofKind(0, 'extended')).toHaveLength(1);
    expect(bench.ofKind(0, 'lost')).toEqual([]);
    expect(bench.entry(0)).toBe('other');
  });

  it('on its way when the lock is released counts no more', () => {
    const bench = new Bench({ options: WATCHED });
    bench.acquire(0);
    for (const node of upTo(5)) bench.delay(0, node, 30, 'back');
    bench.wait(9_400);
    expect(bench.commands('PEXPIRE')).toHaveLength(5);
    bench.release(0, 0.5);
    bench.wait(1_000);
    expect(bench.ofKind(0, 'extended')).toEqual([]);
    expect(bench.ofKind(0, 'released').map(({ end }) => end)).toEqual(['released']);
    expect(upTo(5).map((node) => bench.entry(node))).toEqual(Array(5).fill(null));
  });
});

describe('a crash', () => {
  it('of the holder leaves its entries until they run out, and nobody extends them', () => {
    const bench = new Bench({ clients: 2, options: { ...WATCHED, retryCount: 100 } });
    bench.acquire(0);
    bench.crash(bench.client(0));
    bench.wait(100);
    bench.restart(bench.client(0));
    expect(bench.acquire(1, 9_000)).toBeNull();
    // The length, and one retry.
    bench.wait(1_400);
    expect(bench.ofKind(1, 'acquired').map(({ end }) => end.kind)).toEqual(['granted']);
    expect(bench.commands('PEXPIRE')).toEqual([]);
  });

  it('of a node that comes back empty gives the lock to two; one that stays out does not', () => {
    const kinds = [0, 11_000_000].map((startDelay) => {
      const bench = new Bench({ clients: 2, options: { startDelay, retryCount: 0 } });
      bench.cut(0, [3, 4]);
      bench.cut(1, [0, 1]);
      bench.acquire(0, 100);
      bench.crash(nodeId(2));
      bench.restart(nodeId(2));
      bench.wait(10);
      return bench.acquire(1, 100)?.kind;
    });
    expect(kinds).toEqual(['granted', 'unsure']);
  });
});

it('a client sets no timer that is not its own, and keeps plain data', () => {
  const bench = new Bench({ options: WATCHED });
  bench.acquire(0);
  const state = bench.world.process(bench.client(0)).node?.state;
  expect(structuredClone(state)).toEqual(state);
  const names = bench.world.process(bench.client(0)).timers.map(({ name }) => name);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect(name).toMatch(/^lock\//);
});

it('two runs of one seed are equal', () => {
  const run = (): unknown => {
    const bench = new Bench({ clients: 3, options: { ...WATCHED, retryJitter: 50_000 }, seed: 'same' });
    for (const client of [0, 1, 2]) bench.acquire(client, 1);
    bench.wait(3_000);
    return [bench.told, bench.sent];
  };
  expect(run()).toEqual(run());
});

it('a lock is released and acquired by one client again and again', () => {
  const bench = new Bench();
  for (const _ of upTo(100)) {
    expect(bench.acquire(0)).toMatchObject({ kind: 'granted' });
    expect(bench.release(0)).toBe('released');
  }
  const state = bench.world.process(bench.client(0)).node?.state as { unanswered: Map<number, unknown> };
  expect(state.unanswered.size).toBe(0);
});
