import type { Context } from '../../contract/context.ts';
import type { LockClientInit, ReleaseEnd } from '../../contract/lock.ts';
import type { Fired, Variant } from '../../contract/variant.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import { RedlockClient } from './redlock.ts';
import type { Attempt, Holding, Round } from './state.ts';

/** A Redlock client with one defect. */
abstract class DefectiveRedlock extends RedlockClient {
  protected readonly fired: Fired;

  constructor(init: LockClientInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  /** The defect's answer; notes when the reference says something else. */
  protected instead<T>(defective: T, reference: T): T {
    if (defective !== reference) this.fired();
    return defective;
  }
}

// ── Validity time ──────────────────────────────────────────────────────

/** RL-03: a quorum suffices, however long it took. */
class NoValidityCheck extends DefectiveRedlock {
  protected override isValid(untilUs: TimeUs, nowUs: TimeUs): boolean {
    return this.instead(true, super.isValid(untilUs, nowUs));
  }
}

/** RL-04: drift makes the validity time longer. */
class DriftSign extends DefectiveRedlock {
  protected override driftUs(): DurationUs {
    return this.instead(-super.driftUs(), super.driftUs());
  }
}

/** RL-05: the validity time counts from when the answers are there. */
class StartAfterAcquire extends DefectiveRedlock {
  private readAtUs: TimeUs = 0;

  protected override nowUs(ctx: Context): TimeUs {
    this.readAtUs = super.nowUs(ctx);
    return this.readAtUs;
  }

  /** Asked when a round is over, and the clock was read for that. */
  protected override validUntilUs(startedAtUs: TimeUs): TimeUs {
    return this.instead(super.validUntilUs(this.readAtUs), super.validUntilUs(startedAtUs));
  }
}

// ── Lock values ────────────────────────────────────────────────────────

/** RL-06: an entry is deleted, whose ever it is. */
class PlainDel extends DefectiveRedlock {
  protected override releaseArgs(lock: string): readonly string[] {
    this.fired();
    return ['DEL', lock];
  }
}

/** RL-07: all tasks of one program show the same value, and so do all clients here. */
class SharedToken extends DefectiveRedlock {
  protected override drawValue(ctx: Context): string {
    return this.instead('5eed'.repeat(10), super.drawValue(ctx));
  }
}

/** RL-26: who did not get the lock unlocks it all the same, in a `finally` that knows no owner. */
class ForceUnlock extends DefectiveRedlock {
  protected override cleanUp(ctx: Context, lock: string, _owner: string, nodes: readonly NodeId[]): void {
    this.fired();
    for (const node of nodes) this.call(ctx, node, ['DEL', lock]);
  }
}

// ── Quorum ─────────────────────────────────────────────────────────────

/** RL-08: half of the nodes are enough, rounded down. */
class QuorumHalf extends DefectiveRedlock {
  protected override isQuorum(nodes: number): boolean {
    return this.instead(nodes > 0 && nodes >= Math.floor(this.init.nodes.length / 2), super.isQuorum(nodes));
  }
}

// ── Extension ──────────────────────────────────────────────────────────

/** RL-09: an extension sets the entry anew, whose ever it is. */
class BlindExtend extends DefectiveRedlock {
  protected override extendArgs(lock: string, owner: string): readonly string[] {
    this.fired();
    return ['SET', lock, owner, 'PX', String(this.settings.ttlMs)];
  }
}

/** RL-10: a lock is extended when one node has extended it. */
class ExtendAny extends DefectiveRedlock {
  protected override isExtended(nodes: number): boolean {
    return this.instead(nodes > 0, super.isExtended(nodes));
  }
}

/** RL-11: the validity time of an extension counts from its end, whether or not the old one lasted till then. */
class ExtendIgnoresElapsed extends DefectiveRedlock {
  protected override extendedUntilUs(round: Round, heldUntilUs: TimeUs, nowUs: TimeUs): TimeUs | null {
    const defective = this.isExtended(round.yes.length) ? this.validUntilUs(nowUs) : null;
    return this.instead(defective, super.extendedUntilUs(round, heldUntilUs, nowUs));
  }
}

/** RL-23: what extends a lock is not told that its owner is done. */
class WatchdogNeverStops extends DefectiveRedlock {
  private watched: { readonly lock: string; readonly owner: string } | null = null;

  override release(ctx: Context): void {
    const { phase } = this.state;
    const { extendAtUs } = this.settings;
    if (phase.kind === 'holding' && extendAtUs > 0) {
      this.watched = phase.grant;
      ctx.setTimer('lock/watchdog', this.everyUs());
    }
    super.release(ctx);
  }

  override onTimer(ctx: Context, name: string): void {
    if (name !== 'lock/watchdog') return super.onTimer(ctx, name);
    if (this.watched === null) return;
    this.fired();
    const { lock, owner } = this.watched;
    for (const node of this.init.nodes) this.call(ctx, node, this.extendArgs(lock, owner));
    ctx.setTimer('lock/watchdog', this.everyUs());
  }

  private everyUs(): DurationUs {
    const { ttlUs, extendAtUs } = this.settings;
    return Math.max(1, ttlUs - this.driftUs() - extendAtUs);
  }
}

/** RL-24: an extension that fails is the last one, and its owner goes on as if there were more. */
class WatchdogStopsSilently extends DefectiveRedlock {
  private isStopped = false;

  protected override onExtensionFailed(ctx: Context, holding: Holding): void {
    this.fired();
    this.isStopped = true;
    this.extend(ctx, holding, this.validUntilUs(this.nowUs(ctx)));
  }

  protected override beginExtension(ctx: Context, holding: Holding): void {
    if (!this.isStopped) return super.beginExtension(ctx, holding);
    this.extend(ctx, holding, this.validUntilUs(this.nowUs(ctx)));
  }

  override acquire(ctx: Context, lock: string): void {
    this.isStopped = false;
    super.acquire(ctx, lock);
  }
}

// ── Failure ────────────────────────────────────────────────────────────

/** RL-16: what a failed attempt has left stays until it runs out. */
class NoReleaseOnFailure extends DefectiveRedlock {
  protected override nodesToRelease(): readonly NodeId[] {
    this.fired();
    return [];
  }

  protected override releasesLateGrants(): boolean {
    return this.instead(false, super.releasesLateGrants());
  }
}

/** RL-17: of a failed attempt, only nodes that are known to have granted it are asked to release it. */
class ReleaseOnlyAcquired extends DefectiveRedlock {
  protected override nodesToRelease({ round }: Attempt): readonly NodeId[] {
    if (round.yes.length < this.init.nodes.length) this.fired();
    return round.yes;
  }
}

/** RL-18: an attempt is repeated with its value, and what the one before has set stands in the way. */
class SameValueRetry extends DefectiveRedlock {
  private value: string | null = null;

  protected override drawValue(ctx: Context): string {
    const drawn = super.drawValue(ctx);
    this.value = this.value === null ? drawn : this.instead(this.value, drawn);
    return this.value;
  }

  protected override nodesToRelease(attempt: Attempt, isRetried: boolean): readonly NodeId[] {
    if (!isRetried) return super.nodesToRelease(attempt, isRetried);
    this.fired();
    return [];
  }

  override acquire(ctx: Context, lock: string): void {
    this.value = null;
    super.acquire(ctx, lock);
  }
}

/** RL-19: a node that does not answer makes the release fail, whatever the others say. */
class UnlockErrorPropagates extends DefectiveRedlock {
  protected override isDecided(round: Round): boolean {
    if (this.state.phase.kind !== 'releasing') return super.isDecided(round);
    return this.instead(round.open.size === 0, super.isDecided(round));
  }

  protected override releaseEnd(round: Round): ReleaseEnd {
    const reference = super.releaseEnd(round);
    return round.open.size === 0 ? reference : this.instead('unsure', reference);
  }
}

/** RL-20: clients that collided once do so again. */
class NoJitter extends DefectiveRedlock {
  protected override retryAfterUs(ctx: Context): DurationUs {
    return this.instead(this.settings.retryDelayUs, super.retryAfterUs(ctx));
  }
}

/**
 * RL-25: whoever waits for the rest of the nodes keeps what the first ones have granted, and counts it still when they
 * have let go.
 */
class LeaseShorterThanWait extends DefectiveRedlock {
  private kept: Attempt | null = null;

  protected override newAttempt(ctx: Context): Attempt {
    const fresh = super.newAttempt(ctx);
    if (this.kept === null) return fresh;
    const { owner, round: { yes } } = this.kept;
    const unasked = fresh.round.unasked.filter((node) => !yes.includes(node));
    if (unasked.length === 0) return fresh;
    if (yes.length > 0) this.fired();
    return { owner, round: { ...fresh.round, unasked, yes: [...yes] } };
  }

  protected override nodesToRelease(attempt: Attempt, isRetried: boolean): readonly NodeId[] {
    if (!isRetried) return super.nodesToRelease(attempt, isRetried);
    this.fired();
    this.kept = attempt;
    return [];
  }

  override acquire(ctx: Context, lock: string): void {
    this.kept = null;
    super.acquire(ctx, lock);
  }
}

/** Rows of the catalogue that can be armed in a Redlock client, in its order. */
export const redlockVariants: readonly Variant[] = [
  {
    row: 'RL-03',
    id: 'redlock/no-validity-check',
    title: 'a quorum suffices, however much of the validity time it took',
    breaks: 'a lock is held only if its validity time is not over when a quorum is there',
    source: 'https://github.com/mike-marcacci/node-redlock/issues/296',
    difficulty: 'E',
    firstCatcher: 'L4',
    in: 'lock',
    lock: (init, fired) => new NoValidityCheck(init, fired),
  },
  {
    row: 'RL-04',
    id: 'redlock/drift-sign',
    title: 'the drift of clocks is added to the validity time',
    breaks: 'the validity time is shorter than the TTL by the drift of clocks',
    source: 'https://github.com/SPSCommerce/redlock-py/pull/3',
    difficulty: 'H',
    firstCatcher: 'L4',
    in: 'lock',
    lock: (init, fired) => new DriftSign(init, fired),
  },
  {
    row: 'RL-05',
    id: 'redlock/start-after-acquire',
    title: 'the validity time counts from when the answers are there',
    breaks: 'the start time is read before the first request',
    source: 'https://github.com/mike-marcacci/node-redlock/pull/167',
    difficulty: 'M',
    firstCatcher: 'L9',
    in: 'lock',
    lock: (init, fired) => new StartAfterAcquire(init, fired),
  },
  {
    row: 'RL-06',
    id: 'redlock/plain-del',
    title: 'a release deletes the entry without looking whose it is',
    breaks: 'an entry is deleted only if it still has the value of who releases it',
    source: 'Distributed Locks with Redis',
    difficulty: 'E',
    firstCatcher: 'L3',
    in: 'lock',
    lock: (init, fired) => new PlainDel(init, fired),
  },
  {
    row: 'RL-07',
    id: 'redlock/shared-token',
    title: 'all acquisitions show the same value',
    breaks: 'each acquisition has a random value of its own',
    source: 'Distributed Locks with Redis',
    difficulty: 'E',
    firstCatcher: 'L3',
    in: 'lock',
    lock: (init, fired) => new SharedToken(init, fired),
  },
  {
    row: 'RL-08',
    id: 'redlock/quorum-half',
    title: 'half of the nodes are enough, rounded down',
    breaks: 'any two quorums have a node in common: N/2 + 1',
    source: 'Distributed Locks with Redis',
    difficulty: 'E',
    firstCatcher: 'L9',
    in: 'lock',
    lock: (init, fired) => new QuorumHalf(init, fired),
  },
  {
    row: 'RL-09',
    id: 'redlock/blind-extend',
    title: 'an extension sets the entry anew without looking whose it is',
    breaks: 'an entry is extended only if it still has the value of who extends it',
    source: 'https://github.com/go-redsync/redsync/pull/149',
    difficulty: 'H',
    firstCatcher: 'L3',
    in: 'lock',
    lock: (init, fired) => new BlindExtend(init, fired),
  },
  {
    row: 'RL-10',
    id: 'redlock/extend-any',
    title: 'a lock is extended when one node has extended it',
    breaks: 'an extension has to reach a quorum',
    source: 'Distributed Locks with Redis',
    difficulty: 'M',
    firstCatcher: 'L9',
    in: 'lock',
    lock: (init, fired) => new ExtendAny(init, fired),
  },
  {
    row: 'RL-11',
    id: 'redlock/extend-ignores-elapsed',
    title: 'an extension is valid from its end on, however late that is',
    breaks: 'an extension has to succeed within the validity time, and its own counts from its start',
    source: 'https://github.com/go-redsync/redsync/pull/71',
    difficulty: 'M',
    firstCatcher: 'L9',
    in: 'lock',
    lock: (init, fired) => new ExtendIgnoresElapsed(init, fired),
  },
  {
    row: 'RL-16',
    id: 'redlock/no-release-on-failure',
    title: 'an attempt that failed releases nothing',
    breaks: 'after a failure all nodes are asked to release',
    source: 'Distributed Locks with Redis',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'lock',
    lock: (init, fired) => new NoReleaseOnFailure(init, fired),
  },
  {
    row: 'RL-17',
    id: 'redlock/release-only-acquired',
    title: 'an attempt that failed is released only where it is known to have been granted',
    breaks: 'after a failure all nodes are asked to release, whoever answered',
    source: 'Distributed Locks with Redis',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'lock',
    lock: (init, fired) => new ReleaseOnlyAcquired(init, fired),
  },
  {
    row: 'RL-18',
    id: 'redlock/same-value-retry',
    title: 'an attempt is repeated with its value, without a release: its own entries stand in its way',
    breaks: 'after a failure all nodes are asked to release before the next attempt',
    source: 'node-redlock 5.0.0-beta.2',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'lock',
    lock: (init, fired) => new SameValueRetry(init, fired),
  },
  {
    row: 'RL-19',
    id: 'redlock/unlock-error-propagates',
    title: 'a release fails if one node does not answer',
    breaks: 'a release is over when a quorum has released',
    source: 'https://github.com/mike-marcacci/node-redlock/issues/168',
    difficulty: 'E',
    firstCatcher: 'releases',
    in: 'lock',
    lock: (init, fired) => new UnlockErrorPropagates(init, fired),
  },
  {
    row: 'RL-20',
    id: 'redlock/no-jitter',
    title: 'clients that collided try again after the same pause',
    breaks: 'the pause before another attempt is random',
    source: 'Distributed Locks with Redis',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'lock',
    lock: (init, fired) => new NoJitter(init, fired),
  },
  {
    row: 'RL-23',
    id: 'redlock/watchdog-never-stops',
    title: 'a lock is extended when its owner has released it: where the release was lost, it never runs out',
    breaks: 'extension ends with the holder',
    source: 'https://github.com/redisson/redisson/issues/1626',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'lock',
    lock: (init, fired) => new WatchdogNeverStops(init, fired),
  },
  {
    row: 'RL-24',
    id: 'redlock/watchdog-stops-silently',
    title: 'extension ends when it fails once, and the owner goes on as if it did not',
    breaks: 'an owner whose lock is not extended stops when its validity time is over',
    source: 'https://github.com/redisson/redisson/issues/3194',
    difficulty: 'E',
    firstCatcher: 'L9',
    in: 'lock',
    lock: (init, fired) => new WatchdogStopsSilently(init, fired),
  },
  {
    row: 'RL-25',
    id: 'redlock/lease-shorter-than-wait',
    title: 'who waits for the rest of the nodes counts those whose entries have run out meanwhile',
    breaks: 'the validity time of a lock counts from the first request to any of its nodes',
    source: 'https://github.com/redisson/redisson/issues/624',
    difficulty: 'E',
    firstCatcher: 'L9',
    in: 'lock',
    lock: (init, fired) => new LeaseShorterThanWait(init, fired),
  },
  {
    row: 'RL-26',
    id: 'redlock/force-unlock',
    title: 'who did not get the lock unlocks it',
    breaks: 'a lock is released only by its owner',
    source: 'https://github.com/redisson/redisson/issues/542',
    difficulty: 'E',
    firstCatcher: 'L3',
    in: 'lock',
    lock: (init, fired) => new ForceUnlock(init, fired),
  },
];
