import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plain } from '../../../src/contract/message.ts';
import { fencedLock, mutex } from '../../../src/services/lock.ts';
import { describeDigestAndSnapshot, ok, storeOf, type Command } from '../../support/services/store.ts';

const refused = (value: Plain): unknown =>
  ({ kind: 'refused', error: expect.stringContaining('held by') as string, value });

describe.each([['a mutex', mutex, null], ['a fenced lock', fencedLock, 1]] as const)('%s', (_name, service, token) => {
  const locks = () => {
    const { apply, ask, state, digest } = storeOf(service);
    return {
      acquire: (client: number, key = 'x') => apply('acquire', key, null, client),
      release: (client: number, value: Plain = token, key = 'x') => apply('release', key, value, client),
      apply, ask, state, digest,
    };
  };

  it('is granted to one at a time, key by key', () => {
    const { acquire, release } = locks();
    expect([acquire(0), acquire(1), acquire(1, 'y')]).toEqual([ok(token), refused(null), ok(token)]);
    expect(release(0)).toEqual(ok(token));
    expect([acquire(1), acquire(0)]).toMatchObject([{ kind: 'ok' }, refused(null)]);
  });

  it('tells its holder who asks again that it is held, and by which grant', () => {
    const { acquire, digest } = locks();
    acquire(0);
    const before = digest();
    expect([acquire(0), digest()]).toEqual([refused(1), before]);
  });

  it('is released by its holder alone', () => {
    const { acquire, release, digest } = locks();
    expect(release(0)).toEqual(refused(null));
    acquire(0);
    const before = digest();
    expect([release(1), digest()]).toEqual([refused(null), before]);
    expect([release(0), release(0)]).toEqual([ok(token), refused(null)]);
  });

  it('answers nothing without being applied, and refuses, as an assertion, an operation that it does not have', () => {
    const { ask, apply } = locks();
    expect([ask('acquire', 'x'), ask('release', 'x')]).toEqual(['has to be applied', 'has to be applied']);
    expect(() => apply('read', 'x')).toThrow(expect.objectContaining({ code: 'ASSERTION' }));
  });

  describe('has a digest that', () => {
    const client = fc.nat(2);
    describeDigestAndSnapshot(service, fc.oneof(
      fc.tuple(fc.constant('acquire'), fc.constantFrom('x', 'y'), fc.constant(null), client),
      fc.tuple(fc.constant('release'), fc.constantFrom('x', 'y'), fc.nat(3), client),
    ) as fc.Arbitrary<Command>, []);
  });
});

describe('a fencing token', () => {
  it('grows with each grant of its lock', () => {
    const { apply } = storeOf(fencedLock);
    for (const [turn, client] of [0, 1, 0].entries()) {
      expect(apply('acquire', 'x', null, client)).toEqual(ok(turn + 1));
      apply('release', 'x', turn + 1, client);
    }
    expect(apply('acquire', 'y', null, 0)).toEqual(ok(1));
  });

  it('keeps a release that comes late from freeing a later grant', () => {
    const { apply } = storeOf(fencedLock);
    apply('acquire', 'x', null, 0);
    apply('release', 'x', 1, 0);
    apply('acquire', 'x', null, 0);
    expect(apply('release', 'x', 1, 0)).toEqual(refused(null));
    expect(apply('acquire', 'x', null, 1)).toEqual(refused(null));
  });
});
