import { describe, expect, it } from 'vitest';
import { noEffect } from '../../../../../src/faults/applied.ts';
import { lockOptions, readLockSettings } from '../../../../../src/protocols/redis/lock/options.ts';
import { defaultOptions } from '../../../../../src/contract/options.ts';
import { lockClients, type LockClients } from '../../../../support/redis/lock-clients.ts';

const one = { nodes: 1, clients: 2 };
const quick = { ttl: 2_000_000, retryCount: 0 };

/** Acquires for a client, and runs for so long. */
function acquire(locks: LockClients, client: string, forMs = 10): void {
  locks.acquire(client);
  locks.wait(forMs);
}

function release(locks: LockClients, client: string, forMs = 10): void {
  locks.release(client);
  locks.wait(forMs);
}

/** From now on, what one sends to the other takes so long. */
function slow({ control, id }: LockClients, from: string, to: string, ms: number): void {
  const latencyUs = ms * 1_000;
  control.setLink(id(from), id(to), {
    latencyUsMin: latencyUs, latencyUsMax: latencyUs, lossPerMillion: 0, duplicatePerMillion: 0,
    slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
  }, noEffect());
}

const whats = (locks: LockClients, client: string): string[] => locks.told(client).map(({ what }) => what);
const errors = (locks: LockClients, client: string): string[] =>
  locks.told(client).filter(({ error }) => error !== '').map(({ error }) => error);

describe('a lock on one Redis', () => {
  it('is granted to one client at a time, and to the next one when it is released', () => {
    const locks = lockClients(one, quick);
    acquire(locks, 'c1');
    acquire(locks, 'c2');
    expect([locks.last('c1'), locks.last('c2')]).toEqual(['granted', 'refused']);
    expect(errors(locks, 'c2')).toEqual(['held by another']);
    expect(locks.holder('n1')).toBe(locks.told('c1').at(-1)?.owner);
    release(locks, 'c1');
    expect([locks.last('c1'), locks.holder('n1')]).toEqual(['released', null]);
    acquire(locks, 'c2');
    expect(locks.last('c2')).toBe('granted');
  });

  it('is named by 40 hexadecimal digits, others for each try, told before the server can know them', () => {
    const locks = lockClients(one, { ...quick, retryCount: 3 });
    acquire(locks, 'c1');
    acquire(locks, 'c2', 1_500);
    const owners = [...locks.told('c1'), ...locks.told('c2')].filter(({ what }) => what === 'attempt');
    expect(owners).toHaveLength(5);
    expect(new Set(owners.map(({ owner }) => owner)).size).toBe(5);
    for (const { owner } of owners) expect(owner).toMatch(/^[0-9a-f]{40}$/);
    expect(whats(locks, 'c1')).toEqual(['attempt', 'granted']);
  });

  it('is valid from before the request was sent, for its ttl less the drift', () => {
    const locks = lockClients(one, { ...quick, ttl: 2_000_500, driftFactor: 10_000 });
    const beforeUs = locks.clockUs('c1');
    acquire(locks, 'c1');
    const [{ untilUs, atUs } = { untilUs: 0, atUs: 0 }] = locks.told('c1').filter(({ what }) => what === 'granted');
    expect(atUs - locks.world.nowUs).toBeLessThan(0);
    // The half millisecond is not asked for, and not counted.
    expect(untilUs - beforeUs).toBe(2_000_000 - 20_000 - 2_000);
  });

  it('counts by the wall clock where that is wanted, and is believed too long when that is set back', () => {
    for (const [clock, end] of [['monotonic', 'refused'], ['wall', 'granted']] as const) {
      const locks = lockClients(one, { ...quick, ttl: 400_000, clock });
      const pause = noEffect();
      acquire(locks, 'c1', 1);
      locks.control.pause(locks.id('c1'), pause);
      locks.wait(450);
      locks.control.jumpClock(locks.id('c1'), -440_000, noEffect());
      locks.control.resume(locks.id('c1'), pause);
      locks.wait(1);
      expect(locks.last('c1'), clock).toBe(end);
    }
  });

  it('refuses for good what the server finds wrong with a ttl of zero or less', () => {
    for (const ttl of [0, 999, -5_000]) {
      const locks = lockClients(one, { ...quick, ttl, retryCount: 5 });
      acquire(locks, 'c1', 3_000);
      expect(whats(locks, 'c1')).toEqual(['attempt', 'refused']);
      expect(errors(locks, 'c1')).toEqual(["ERR invalid expire time in 'set' command"]);
    }
  });

  it('expires by itself when its client is gone', () => {
    const locks = lockClients(one, { ...quick, retryCount: 100, retryDelay: 50_000, retryJitter: 0 });
    acquire(locks, 'c1');
    locks.control.crash(locks.id('c1'), 'process', noEffect());
    acquire(locks, 'c2', 1_900);
    expect(locks.last('c2')).toBe('nothing');
    locks.wait(200);
    expect(locks.last('c2')).toBe('granted');
  });

  it('is asked for again after a delay with jitter, so often and no more', () => {
    const locks = lockClients(one, { ...quick, retryCount: 4, retryDelay: 100_000, retryJitter: 50_000 });
    acquire(locks, 'c1');
    acquire(locks, 'c2', 1_900);
    const attempts = locks.told('c2').filter(({ what }) => what === 'attempt').map(({ atUs }) => atUs);
    expect(attempts).toHaveLength(5);
    const gaps = attempts.slice(1).map((atUs, index) => atUs - (attempts[index] as number) - 2_000);
    for (const gap of gaps) expect(gap >= 100_000 && gap <= 150_000, String(gap)).toBe(true);
    expect(new Set(gaps).size).toBeGreaterThan(1);
    expect(locks.last('c2')).toBe('refused');
  });

  it('is not asked for longer than an operation may take', () => {
    const locks = lockClients(one, { ...quick, ttl: 30_000_000, retryCount: 1_000_000 });
    acquire(locks, 'c1');
    acquire(locks, 'c2', 4_999);
    expect(locks.last('c2')).toBe('nothing');
    locks.wait(2);
    expect([locks.last('c2'), ...errors(locks, 'c2')]).toEqual(['refused', 'held by another']);
  });
});

describe('answers that do not come', () => {
  it('leave it unsure whether the lock is held, and the client does not act on it', () => {
    const locks = lockClients(one, quick);
    locks.control.cut(locks.id('n1'), locks.id('c1'), 'lost', noEffect());
    acquire(locks, 'c1', 600);
    expect([locks.last('c1'), ...errors(locks, 'c1')]).toEqual(['unsure', 'no answer']);
    // It was taken, and what the client sent to give it back has arrived.
    expect(locks.holder('n1')).toBeNull();
    acquire(locks, 'c2');
    expect(locks.last('c2')).toBe('granted');
  });

  it('that come late say what has become of the try, and what it took is released', () => {
    const locks = lockClients(one, { ...quick, retryCount: 1, retryDelay: 1_000_000, retryJitter: 0 });
    const effect = noEffect();
    locks.control.hold(locks.id('n1'), locks.id('c1'), null, effect);
    // The release that the client sends at once comes before the try itself: only the late answer tells.
    const first = noEffect();
    locks.control.hold(locks.id('c1'), locks.id('n1'), null, first);
    locks.acquire('c1');
    locks.wait(600);
    locks.control.release(locks.id('c1'), locks.id('n1'), first);
    locks.control.release(locks.id('n1'), locks.id('c1'), effect);
    locks.wait(1_500);
    expect(whats(locks, 'c1')).toEqual(['attempt', 'attempt', 'granted']);
    expect(locks.state('c1').abandoned.size).toBe(0);
  });

  it('that say that a try was executed after its release have it released again', () => {
    const locks = lockClients(one, { ...quick, ttl: 60_000_000 });
    slow(locks, 'c1', 'n1', 2_000);
    acquire(locks, 'c1', 10);
    slow(locks, 'c1', 'n1', 1);
    locks.wait(1_900);
    expect([locks.last('c1'), locks.holder('n1')]).toEqual(['unsure', null]);
    locks.wait(91);
    expect(locks.holder('n1')).toBe(locks.told('c1')[0]?.owner);
    locks.wait(2);
    expect(locks.holder('n1')).toBeNull();
  });

  it('when the time of the operation is over leave its last try unsure', () => {
    const locks = lockClients(one, { ...quick, ttl: 9_000_000, retryCount: 1_000, retryDelay: 99_000, retryJitter: 0 });
    acquire(locks, 'c2');
    acquire(locks, 'c1', 4_700);
    locks.control.cut(locks.id('n1'), locks.id('c1'), 'lost', noEffect());
    locks.wait(301);
    expect([locks.last('c1'), ...errors(locks, 'c1')]).toEqual(['unsure', 'no answer']);
  });

  it('end an acquisition as refused once all of its tries are answered, however late', () => {
    const locks = lockClients(one, { ...quick, retryCount: 1, retryDelay: 1_000_000, retryJitter: 0 });
    acquire(locks, 'c2');
    const effect = noEffect();
    locks.control.hold(locks.id('n1'), locks.id('c1'), null, effect);
    acquire(locks, 'c1', 600);
    locks.control.release(locks.id('n1'), locks.id('c1'), effect);
    locks.wait(1_300);
    expect([locks.last('c1'), ...errors(locks, 'c1')]).toEqual(['refused', 'held by another']);
  });

  it('that come when the validity is over are no grant', () => {
    const locks = lockClients(one, { ...quick, ttl: 400_000 });
    const effect = noEffect();
    locks.control.hold(locks.id('n1'), locks.id('c1'), null, effect);
    acquire(locks, 'c1', 395);
    locks.control.release(locks.id('n1'), locks.id('c1'), effect);
    locks.wait(20);
    expect([locks.last('c1'), ...errors(locks, 'c1')]).toEqual(['refused', 'validity over']);
    expect(locks.holder('n1')).toBeNull();
  });

  it('that come twice count once', () => {
    const network = {
      latencyUsMin: 1_000, latencyUsMax: 40_000, lossPerMillion: 0, duplicatePerMillion: 1_000_000,
      slowPerMillion: 0, slowUsMin: 0, slowUsMax: 0,
    };
    for (let seed = 0; seed < 20; seed++) {
      const locks = lockClients(one, { ...quick, watchdog: true, ttl: 600_000 }, { network, seed: `copies-${seed}` });
      for (let round = 0; round < 5; round++) {
        acquire(locks, 'c1', 500);
        release(locks, 'c1', 200);
      }
      const ends = whats(locks, 'c1').filter((what) => what !== 'attempt' && what !== 'extended');
      expect(ends).toEqual(Array.from({ length: 5 }, () => ['granted', 'released']).flat());
    }
  });

  it('with all nodes down, end an acquisition and a release in their time', () => {
    const locks = lockClients({ nodes: 3, clients: 2 }, { ...quick, ttl: 30_000_000, retryCount: 1_000_000 });
    acquire(locks, 'c1');
    for (const node of ['n1', 'n2', 'n3']) locks.control.crash(locks.id(node), 'process', noEffect());
    acquire(locks, 'c2', 5_001);
    release(locks, 'c1', 5_001);
    expect([locks.last('c1'), locks.last('c2')]).toEqual(['unsure', 'unsure']);
    // Of one that has asked nobody who could hold it, it is sure.
    acquire(locks, 'c2', 5_001);
    expect([locks.last('c2'), errors(locks, 'c2').at(-1)]).toEqual(['refused', 'no primary found']);
  });
});

describe('a release', () => {
  it('deletes no lock but its own', () => {
    const locks = lockClients(one, { ...quick, ttl: 300_000 });
    acquire(locks, 'c1', 400);
    acquire(locks, 'c2');
    const holder = locks.holder('n1');
    release(locks, 'c1');
    expect(locks.last('c1')).toBe('not-held');
    expect(locks.holder('n1')).toBe(holder);
  });

  it('is repeated until it is answered, and then nobody can say which one it was', () => {
    const locks = lockClients(one, quick);
    acquire(locks, 'c1');
    const effect = noEffect();
    locks.control.cut(locks.id('n1'), locks.id('c1'), 'lost', effect);
    release(locks, 'c1', 300);
    expect([locks.last('c1'), locks.holder('n1')]).toEqual(['granted', null]);
    locks.control.mend(locks.id('n1'), locks.id('c1'), effect);
    locks.wait(1_000);
    expect(locks.last('c1')).toBe('unsure');
  });

  it('knows by a late answer which one it was', () => {
    const locks = lockClients(one, quick);
    acquire(locks, 'c1');
    const effect = noEffect();
    locks.control.hold(locks.id('n1'), locks.id('c1'), null, effect);
    release(locks, 'c1', 600);
    locks.control.release(locks.id('n1'), locks.id('c1'), effect);
    locks.wait(300);
    expect(locks.last('c1')).toBe('released');
  });
});

describe('the options of the lock', () => {
  it('take off two milliseconds and the drift, rounded up', () => {
    const read = (options: object): number => readLockSettings({ ...defaultOptions(lockOptions), ...options }).driftUs;
    expect(read({ ttl: 10_000_000 })).toBe(102_000);
    expect(read({ ttl: 10_000_000, driftFactor: 0 })).toBe(2_000);
    expect(read({ ttl: 1_000, driftFactor: 1 })).toBe(2_001);
    expect(read({ ttl: 86_400_000_000, driftFactor: 1_000_000 })).toBe(86_400_002_000);
  });
});
