import type { OwnershipChange } from '../contract/lock.ts';
import type { Service } from '../contract/service.ts';
import type { Operation, SessionResult } from '../contract/session.ts';
import { AssertionError } from '../kernel/assert.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import { exchange, mix, mixInteger, mixPlain, unsigned } from '../contract/hash.ts';
import { ok, refused } from './results.ts';
import { sealLater, unseal } from '../contract/seal.ts';

/** Leases by lock. One that was never acquired is free. */
export interface LeaseLockState {
  readonly locks: Map<string, Lease>;
  digest: number;
}

/** Who was granted a lock last, and for how long. Frozen: each change makes another. */
export interface Lease {
  /** `null` once it was released. Who let it run out stays here: nothing happens at the end of a lease. */
  readonly owner: string | null;
  /** How often the lock was granted: the fencing token of the last grant. */
  readonly token: number;
  /** By the cluster's time, here as everywhere: the lease is over from then on. */
  readonly untilUs: TimeUs;
  /** For how long nobody is granted the lock if the lease runs out. */
  readonly lockDelayUs: DurationUs;
}

/** The value of an `acquire`. `owner` names the acquisition, and nothing before it. */
export interface AcquireValue {
  readonly owner: string;
  readonly ttlUs: DurationUs;
  readonly lockDelayUs: DurationUs;
}

/** What an `acquire` is answered. */
export interface Granted {
  readonly token: number;
  readonly untilUs: TimeUs;
  /** Whose lease had run out, and stood until this grant; `null` for nobody's. */
  readonly ended: string | null;
}

/** The value of an `extend`. */
export interface ExtendValue {
  readonly owner: string;
  readonly ttlUs: DurationUs;
}

/** The value of a `release`: by owner, because who never had the answer to its `acquire` knows no token. */
export interface ReleaseValue {
  readonly owner: string;
}

const NEVER_GRANTED: Lease = Object.freeze({ owner: null, token: 0, untilUs: 0, lockDelayUs: 0 });

/**
 * Locks that are granted for a time, with a fencing token: what Chubby (Burrows 2006), etcd and Consul call lock,
 * lease and session, as one thing. Operations by key:
 *
 * - `acquire` {@link AcquireValue} → {@link Granted}. Refused while somebody else's lease lasts, and for its lock-delay
 *   after it has run out (Chubby §2.4; a release leaves none); `value` is until when. Nobody waits in line. Asked again
 *   by the holder, it is answered alike and changes nothing.
 * - `extend` {@link ExtendValue} → until when. Refused to all but the holder, and to the holder once the lease is over.
 * - `release` {@link ReleaseValue} → `null`. Likewise.
 *
 * Time is the cluster's, as the log has it, so that every replica sees the same lease end before the same command. It
 * stands still between commands, and a lease that is over is noticed by whoever asks next. Tokens of a lock grow with
 * each grant. The holder is the owner that the acquisition named, not the session or the client that asked: sessions
 * expire, and one client may have asked twice.
 */
export class LeaseLockService implements Service<LeaseLockState> {
  readonly name: string = 'lease-lock';

  initial(): LeaseLockState {
    return { locks: new Map(), digest: 0 };
  }

  digest(state: LeaseLockState): number {
    return unsigned(state.digest);
  }

  save(state: LeaseLockState): string {
    return this.saveLater(state)();
  }

  saveLater({ locks }: LeaseLockState): () => string {
    return sealLater(this.name, [...locks]);
  }

  load(text: string): LeaseLockState {
    const state = this.initial();
    for (const [lock, lease] of unseal(this.name, text) as [string, Lease][]) setLease(state, lock, lease);
    return state;
  }

  query(): null {
    return null;
  }

  apply(state: LeaseLockState, { f, key, value }: Operation, _client: number, timeUs: TimeUs): SessionResult {
    switch (f) {
      case 'acquire':
        return this.acquire(state, key, value as unknown as AcquireValue, timeUs);
      case 'extend':
        return this.extend(state, key, value as unknown as ExtendValue, timeUs);
      case 'release':
        return this.release(state, key, value as unknown as ReleaseValue, timeUs);
      default:
        throw new AssertionError(`a ${this.name} has no operation ${f}`);
    }
  }

  private acquire(
    state: LeaseLockState, lock: string, { owner, ttlUs, lockDelayUs }: AcquireValue, timeUs: TimeUs,
  ): SessionResult {
    const lease = leaseOf(state, lock);
    if (lease.owner !== null && !this.isOver(lease, timeUs)) {
      if (lease.owner === owner) return ok({ token: lease.token, untilUs: lease.untilUs, ended: null });
      return refused('held', lease.untilUs);
    }
    if (lease.owner !== null && timeUs < lease.untilUs + lease.lockDelayUs) {
      return refused('lock-delay', lease.untilUs + lease.lockDelayUs);
    }
    const granted: Lease = { owner, token: lease.token + 1, untilUs: timeUs + ttlUs, lockDelayUs };
    setLease(state, lock, granted);
    return ok({ token: granted.token, untilUs: granted.untilUs, ended: lease.owner });
  }

  /**
   * Never shorter than it was: of two extensions the network may turn round, the holder relies on the longer one. Once
   * over, a lease stays so, though nobody else may have it yet (etcd #7029): somebody may have been told that it is.
   */
  protected extend(
    state: LeaseLockState, lock: string, { owner, ttlUs }: ExtendValue, timeUs: TimeUs,
  ): SessionResult {
    const lease = leaseOf(state, lock);
    if (lease.owner !== owner) return refused('not held', null);
    if (this.isOver(lease, timeUs)) return refused('expired', lease.untilUs);
    const untilUs = Math.max(lease.untilUs, timeUs + ttlUs);
    setLease(state, lock, { ...lease, untilUs });
    return ok(untilUs);
  }

  private release(state: LeaseLockState, lock: string, { owner }: ReleaseValue, timeUs: TimeUs): SessionResult {
    const lease = leaseOf(state, lock);
    if (lease.owner !== owner) return refused('not held', null);
    // What was sent under it may be on its way: to come back late must not cut the lock-delay short.
    if (this.isOver(lease, timeUs)) return refused('expired', lease.untilUs);
    setLease(state, lock, { ...lease, owner: null });
    return ok(null);
  }

  private isOver({ untilUs }: Lease, timeUs: TimeUs): boolean {
    return timeUs >= untilUs;
  }
}

/** The reference. */
export const leaseLockService: Service<LeaseLockState> = new LeaseLockService();

/**
 * Who owns a lock and who does no more, as of the first execution of an operation. A lease that has run out counts as
 * owned until the next grant: until then nobody else has the lock.
 */
export function ownershipChanges({ f, key: lock, value }: Operation, result: SessionResult): OwnershipChange[] {
  if (result.kind !== 'ok') return [];
  switch (f) {
    case 'acquire': {
      const { ended } = result.value as unknown as Granted;
      const { owner } = value as unknown as AcquireValue;
      const granted: OwnershipChange = { kind: 'granted', lock, owner };
      return ended === null ? [granted] : [{ kind: 'released', lock, owner: ended }, granted];
    }
    case 'release':
      return [{ kind: 'released', lock, owner: (value as unknown as ReleaseValue).owner }];
    default:
      return [];
  }
}

export function leaseOf({ locks }: LeaseLockState, lock: string): Lease {
  return locks.get(lock) ?? NEVER_GRANTED;
}

function setLease(state: LeaseLockState, lock: string, lease: Lease): void {
  state.digest = exchange(state.digest, leaseHash(lock, leaseOf(state, lock)), leaseHash(lock, lease));
  state.locks.set(lock, Object.freeze(lease));
}

function leaseHash(lock: string, { owner, token, untilUs, lockDelayUs }: Lease): number {
  if (token === 0) return 0;
  return mixInteger(mixInteger(mixPlain(mix(mixPlain(9, lock), token), owner), untilUs), lockDelayUs);
}
