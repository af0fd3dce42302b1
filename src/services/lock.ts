import type { Plain } from '../contract/message.ts';
import type { Service } from '../contract/service.ts';
import type { SessionResult } from '../contract/session.ts';
import { AssertionError } from '../kernel/assert.ts';
import { exchange, mix, mixPlain, unsigned } from '../contract/hash.ts';
import { ok, refused } from './results.ts';
import { sealLater, unseal } from '../contract/seal.ts';

/** Locks by key. One that was never acquired is free. */
export interface LockState {
  readonly locks: Map<string, Lock>;
  digest: number;
}

/** Frozen: each change makes another. */
interface Lock {
  /** The client that holds it; `null` when it is free. */
  readonly holder: number | null;
  /** How often it was granted: the token of the last grant. */
  readonly grants: number;
}

const NEVER_GRANTED: Lock = Object.freeze({ holder: null, grants: 0 });

/**
 * One lock per key: `acquire` and `release`. A lock that is held is refused to everybody, its holder included; only the
 * holder can release it. The holder is a client, not its session: a client whose acquisition ended as unknown goes on
 * in another session, and finds out there that it holds the lock. Nothing but a release frees a lock: no lease.
 */
export const mutex: Service<LockState> = lockService('mutex', {
  answerOf: () => null,
  isWrongToken: () => false,
});

/**
 * A {@link mutex} whose `acquire` answers a fencing token, greater than that of every grant of this lock before, and
 * whose `release` names the token: a release that comes late does not free what was granted since.
 */
export const fencedLock: Service<LockState> = lockService('fenced-lock', {
  answerOf: ({ grants }) => grants,
  isWrongToken: ({ grants }, token) => token !== grants,
});

/** What the two kinds of lock do not share. */
interface LockKind {
  /** What an acquisition is told. */
  readonly answerOf: (lock: Lock) => Plain;
  /** Whether a release of this value is not for the present grant. */
  readonly isWrongToken: (lock: Lock, value: Plain) => boolean;
}

function lockService(name: string, { answerOf, isWrongToken }: LockKind): Service<LockState> {
  const acquire = (state: LockState, key: string, client: number): SessionResult => {
    const lock = state.locks.get(key) ?? NEVER_GRANTED;
    if (lock.holder === client) return refused('held by this client', lock.grants);
    if (lock.holder !== null) return refused('held by another client', null);
    const granted: Lock = { holder: client, grants: lock.grants + 1 };
    setLock(state, key, granted);
    return ok(answerOf(granted));
  };
  const release = (state: LockState, key: string, value: Plain, client: number): SessionResult => {
    const lock = state.locks.get(key) ?? NEVER_GRANTED;
    if (lock.holder !== client || isWrongToken(lock, value)) return refused('not held by this client', null);
    setLock(state, key, { holder: null, grants: lock.grants });
    return ok(value);
  };
  const saveLater = ({ locks }: LockState): () => string => sealLater(name, [...locks]);
  return {
    name,
    initial: () => ({ locks: new Map(), digest: 0 }),
    digest: (state) => unsigned(state.digest),
    save: (state) => saveLater(state)(),
    saveLater,
    load(text) {
      const state: LockState = { locks: new Map(), digest: 0 };
      for (const [key, lock] of unseal(name, text) as [string, Lock][]) setLock(state, key, lock);
      return state;
    },
    query: () => null,
    apply(state, { f, key, value }, client) {
      switch (f) {
        case 'acquire':
          return acquire(state, key, client);
        case 'release':
          return release(state, key, value, client);
        default:
          throw new AssertionError(`a ${name} has no operation ${f}`);
      }
    },
  };
}

function setLock(state: LockState, key: string, lock: Lock): void {
  const before = state.locks.get(key) ?? NEVER_GRANTED;
  state.digest = exchange(state.digest, lockHash(key, before), lockHash(key, lock));
  state.locks.set(key, Object.freeze(lock));
}

function lockHash(key: string, { holder, grants }: Lock): number {
  return grants === 0 ? 0 : mix(mix(mixPlain(8, key), grants), holder === null ? -1 : holder);
}
