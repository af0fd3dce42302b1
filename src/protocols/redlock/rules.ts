import type { Context } from '../../contract/context.ts';
import type { LockClientInit } from '../../contract/lock.ts';
import { majority } from '../../contract/quorum.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import { EXTEND_LOCK, RELEASE_LOCK } from '../redis/messages.ts';
import { readSettings, type RedlockSettings } from './options.ts';
import type { Attempt, Round } from './state.ts';

const VALUE_BYTES = 20;

/** The rules of the algorithm, each by its name: what `redlock.ts` asks before it acts. */
export abstract class RedlockRules {
  protected readonly init: LockClientInit;
  protected readonly settings: RedlockSettings;

  constructor(init: LockClientInit) {
    this.init = init;
    this.settings = readSettings(init.options);
  }

  // ── Who is enough ────────────────────────────────────────────────────

  /** Any two quorums have a node in common, which grants the lock to one client at a time. */
  protected isQuorum(nodes: number): boolean {
    return nodes >= majority(this.init.nodes.length);
  }

  /** An extension that reached fewer leaves a quorum of entries that run out at their old time. */
  protected isExtended(nodes: number): boolean {
    return this.isQuorum(nodes);
  }

  /** So many nodes have refused that no quorum is left. */
  protected isExcluded(refusals: number): boolean {
    return !this.isQuorum(this.init.nodes.length - refusals);
  }

  // ── Validity time ────────────────────────────────────────────────────

  /** Reads the clock by which the client measures. */
  protected nowUs(ctx: Context): TimeUs {
    return this.settings.clock === 'wall' ? ctx.wallUs() : ctx.monotonicUs();
  }

  /** What a client leaves of its time to the drift of clocks: a node whose clock is fast lets go early. */
  protected driftUs(): DurationUs {
    return this.settings.driftUs;
  }

  /**
   * When the validity time of what was asked since `startedAtUs` ends. It counts from the first request, not from the
   * answers: the first node may have set its entry at once, and the last answer have come just before that ran out.
   */
  protected validUntilUs(startedAtUs: TimeUs): TimeUs {
    return startedAtUs + this.settings.ttlUs - this.driftUs();
  }

  /** A client that was paused reads its answers when all that they say may be over. */
  protected isValid(untilUs: TimeUs, nowUs: TimeUs): boolean {
    return untilUs > nowUs;
  }

  /**
   * When the validity time of an extension ends; `null`: it is none. One that comes after the end of what was held is
   * too late, on whatever nodes the entry still stands: the holder has stopped to believe, and acquires anew.
   */
  protected extendedUntilUs(round: Round, heldUntilUs: TimeUs, nowUs: TimeUs): TimeUs | null {
    const untilUs = this.validUntilUs(round.startedAtUs);
    const isInTime = nowUs < heldUntilUs && this.isValid(untilUs, nowUs);
    return this.isExtended(round.yes.length) && isInTime ? untilUs : null;
  }

  // ── Lock values, and what is said to nodes ───────────────────────────

  /**
   * A lock value for each attempt: an earlier one may stand at nodes still, or come to stand there, and its release be
   * on its way.
   */
  protected drawValue(ctx: Context): string {
    const random = ctx.random('lock-value');
    let value = '';
    for (let byte = 0; byte < VALUE_BYTES; byte += 1) value += random.between(0, 255).toString(16).padStart(2, '0');
    return value;
  }

  /** Compares and deletes in one step: what stands there may be another's by now. */
  protected releaseArgs(lock: string, owner: string): readonly string[] {
    return ['EVAL', RELEASE_LOCK, '1', lock, owner];
  }

  /** Compares and extends in one step, for the same reason. */
  protected extendArgs(lock: string, owner: string): readonly string[] {
    return ['EVAL', EXTEND_LOCK, '1', lock, owner, String(this.settings.ttlMs)];
  }

  // ── Failure ──────────────────────────────────────────────────────────

  /**
   * Who is asked to release what an attempt left that came to nothing: all, whoever answered. A node that was not heard
   * may have set its entry, and then nobody could have the lock from it before that runs out.
   */
  protected nodesToRelease(_attempt: Attempt, _isRetried: boolean): readonly NodeId[] {
    return this.init.nodes;
  }

  /**
   * Whether a node is asked once more when it says that it has set what nobody wants any more. The first release may
   * have overtaken the request to set, and have found nothing.
   */
  protected releasesLateGrants(): boolean {
    return true;
  }

  /** Random, so that clients that split the nodes among them do not do so again. */
  protected retryAfterUs(ctx: Context): DurationUs {
    const { retryDelayUs, retryJitterUs } = this.settings;
    return retryDelayUs + ctx.random('lock-retry').between(0, retryJitterUs);
  }
}
