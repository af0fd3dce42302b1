import type { Context } from '../../../contract/context.ts';
import type { LockClientInit, Validity } from '../../../contract/lock.ts';
import { type NodeId } from '../../../kernel/ids.ts';
import { type DurationUs, type TimeUs, US_PER_MS } from '../../../kernel/time.ts';
import {
  ENTER_HOLD, EXTEND_LOCK, LEAVE_HOLD, LEAVE_QUEUE, RELEASE_HOLD, RELEASE_LOCK, RELEASE_TURN, RENEW_HOLD, type Reply,
  TAKE_HOLD, TAKE_TURN,
} from '../messages.ts';
import { readSettings, serversAmong } from '../options.ts';
import type { Args } from '../store.ts';
import { type LockSettings, readLockSettings } from './options.ts';
import { IDLE, type LockState, type Watchdog } from './state.ts';

/** What the answer to a try means. */
export type Taking =
  | { readonly kind: 'taken' }
  /** Not taken. `isFinal`: nor will it be, whatever one waits for. */
  | { readonly kind: 'refused'; readonly error: string; readonly isFinal: boolean }
  /** Not taken before it is released, or over: in so many milliseconds, `null` for never. */
  | { readonly kind: 'held'; readonly forMs: number | null };

/** What the answer to a release means. `more`: of a reentrant lock, a hold is gone, and there are others. */
export type Leaving = 'released' | 'not-held' | 'more';

/** The state of a client of a single-instance lock and its rules over it. Rules answer, and do nothing else. */
export abstract class LockRules {
  readonly state: LockState;
  protected readonly init: LockClientInit;
  protected readonly settings: LockSettings;
  /** In whose order they are asked: the Sentinels, or without any the servers. */
  protected readonly sources: readonly NodeId[];
  protected readonly hasSentinels: boolean;

  constructor(init: LockClientInit) {
    this.init = init;
    this.settings = readLockSettings(init.options);
    const redis = readSettings(init.options);
    const servers = serversAmong(init.nodes.length, redis);
    this.hasSentinels = redis.sentinels > 0 && servers < init.nodes.length;
    this.sources = this.hasSentinels ? init.nodes.slice(servers) : init.nodes.slice(0, servers);
    this.state = {
      phase: IDLE,
      watchdog: null,
      entering: null,
      asked: { task: null, renewal: null, entry: null },
      abandoned: new Map(),
      // Without Sentinels, the address of the primary is what the operator wrote down.
      primary: this.hasSentinels ? null : this.sources[0] ?? null,
      nextSource: init.client,
      nextRequest: init.firstRequest,
    };
  }

  // ── What is asked ────────────────────────────────────────────────────

  /** Length that the server is asked for when a lock is taken, in milliseconds. */
  protected leaseMs(): number {
    return this.settings.ttlMs;
  }

  /** Takes a free lock, and lets it expire by itself: one command, so that there is no lock without an end. */
  protected takeCommand(_ctx: Context, lock: string, owner: string): Args {
    if (this.settings.waitsInTurn) return this.turnCommand(lock, owner);
    if (this.settings.isReentrant) return ['EVAL', TAKE_HOLD, '1', lock, owner, String(this.leaseMs())];
    return ['SET', lock, owner, 'NX', 'PX', String(this.leaseMs())];
  }

  /** The same, but for who is first in the queue; any other is in it from then on, or keeps its place. */
  private turnCommand(lock: string, owner: string): Args {
    const { phase } = this.state;
    const waiter = phase.kind === 'acquiring' ? phase.waiter : owner;
    const { placeMs } = this.settings;
    const keys = [lock, queueOf(lock), patienceOf(lock)];
    return ['EVAL', TAKE_TURN, '3', ...keys, owner, String(this.leaseMs()), waiter, String(placeMs)];
  }

  /** Who is in the queue no longer has to be waited for. */
  protected leaveQueueCommand(lock: string, waiter: string): Args {
    return ['EVAL', LEAVE_QUEUE, '4', lock, channelOf(lock), queueOf(lock), patienceOf(lock), waiter];
  }

  /** Compares and deletes in one step: who reads that the lock is his own and deletes it then may delete another's. */
  protected releaseCommand(lock: string, owner: string): Args {
    if (this.settings.waitsInTurn) return ['EVAL', RELEASE_TURN, '3', lock, channelOf(lock), queueOf(lock), owner];
    if (this.settings.isReentrant) return ['EVAL', RELEASE_HOLD, '2', lock, channelOf(lock), owner];
    return ['EVAL', RELEASE_LOCK, '1', lock, owner];
  }

  protected renewCommand(lock: string, owner: string): Args {
    const script = this.settings.isReentrant ? RENEW_HOLD : EXTEND_LOCK;
    return ['EVAL', script, '1', lock, owner, String(this.settings.ttlMs)];
  }

  /**
   * Takes what one holds once more, and never what is free. If it took that, too, as in Redisson, then a copy that
   * comes after the release would take the lock for nobody (redisson #7367: it is taken twice, and released once).
   */
  protected enterCommand(lock: string, owner: string): Args {
    return ['EVAL', ENTER_HOLD, '1', lock, owner, String(this.settings.ttlMs)];
  }

  /** Gives back the last of so many holds, of which the first is left to the release. */
  protected leaveCommand(lock: string, owner: string, holds: number): Args {
    return ['EVAL', LEAVE_HOLD, '1', lock, owner, String(this.settings.ttlMs), String(holds)];
  }

  /**
   * What names an acquisition, 20 random bytes as hexadecimal digits: another one for each try, so that the late copy
   * of one that was given up is never taken for this one.
   */
  protected drawOwner(ctx: Context): string {
    const random = ctx.random('lock-value');
    let owner = '';
    for (let word = 0; word < 5; word++) owner += random.between(0, 0xffff_ffff).toString(16).padStart(8, '0');
    return owner;
  }

  // ── What answers mean ────────────────────────────────────────────────

  protected readTaking(reply: Reply): Taking {
    if (reply.kind === 'status') return { kind: 'taken' };
    if (reply.kind === 'nil') return { kind: 'refused', error: HELD, isFinal: false };
    if (reply.kind === 'integer') return { kind: 'held', forMs: reply.value < 0 ? null : reply.value };
    const error = reply.kind === 'error' ? reply.text : `unexpected ${reply.kind}`;
    return { kind: 'refused', error, isFinal: !isPassing(reply) };
  }

  /** `null`: the answer says nothing of it. */
  protected readLeaving(reply: Reply): Leaving | null {
    if (reply.kind === 'nil') return 'not-held';
    if (reply.kind !== 'integer') return null;
    if (this.settings.isReentrant) return reply.value === 0 ? 'released' : 'more';
    return reply.value === 1 ? 'released' : 'not-held';
  }

  /** Whether a lock that so many replicas have acknowledged is held. */
  protected hasEnoughReplicas(count: number): boolean {
    return count >= this.settings.replicas;
  }

  // ── Until when ───────────────────────────────────────────────────────

  /** The clock by which validities are measured. */
  protected clockUs(ctx: Context): TimeUs {
    return this.settings.clock === 'wall' ? ctx.wallUs() : ctx.monotonicUs();
  }

  /** Counted from before the request: the server may have begun to count at any instant since then. */
  protected validityFrom(sentAtUs: TimeUs): Validity {
    const { clock, ttlUs, driftUs } = this.settings;
    return { clock, untilUs: sentAtUs + ttlUs - driftUs };
  }

  protected isValid(ctx: Context, { untilUs }: Validity): boolean {
    return this.clockUs(ctx) < untilUs;
  }

  // ── How often ────────────────────────────────────────────────────────

  protected mayTryAgain(tries: number): boolean {
    return tries <= this.settings.retryCount;
  }

  protected retryAfterUs(ctx: Context): DurationUs {
    const { retryDelayUs, retryJitterUs } = this.settings;
    return retryDelayUs + (retryJitterUs === 0 ? 0 : ctx.random('lock-retry').between(0, retryJitterUs));
  }

  /**
   * After how long somebody who waits for news asks without any: when the lock is over by itself, as it was then. A
   * message is told once, and lost with a packet, or with the server that knew who waits. `null`: never.
   */
  protected asksAfterUs(ctx: Context, forMs: number | null): DurationUs | null {
    const { ttlMs, retryJitterUs, waitsInTurn, placeMs } = this.settings;
    // A key lives through the millisecond in which it expires.
    const overMs = (forMs ?? ttlMs) + 1;
    const overUs = (waitsInTurn ? Math.min(overMs, Math.floor(placeMs / 2)) : overMs) * US_PER_MS;
    return overUs + (retryJitterUs === 0 ? 0 : ctx.random('lock-retry').between(0, retryJitterUs));
  }

  /** Whether the watchdog goes on: until the lock is released, was lost, or is valid no more. */
  protected mayRenew(ctx: Context, { owner }: Watchdog): boolean {
    const { phase } = this.state;
    return phase.kind === 'held' && phase.grant.owner === owner && this.isValid(ctx, phase.grant.validity);
  }

  /** How long a command may be without an answer. */
  protected patienceUs(args: Args): DurationUs {
    const { attemptTimeoutUs } = this.init;
    return args[0] === 'WAIT' ? attemptTimeoutUs + Number(args[2]) * US_PER_MS : attemptTimeoutUs;
  }
}

/** Why a try fails where a lock is somebody else's. */
export const HELD = 'held by another';

/** Where the release of a lock is told. */
export function channelOf(lock: string): string {
  return `released:${lock}`;
}

/** Who waits for a lock, in their order; and until when each keeps its place. */
function queueOf(lock: string): string {
  return `queue:${lock}`;
}

function patienceOf(lock: string): string {
  return `patience:${lock}`;
}

/** A node that is no primary (any more) executes no write. */
export function isReadOnly(reply: Reply): boolean {
  return reply.kind === 'error' && reply.text.startsWith('READONLY');
}

/** Whether the same may be answered otherwise a while later: by the next primary, or when replicas are back. */
function isPassing(reply: Reply): boolean {
  return isReadOnly(reply) || (reply.kind === 'error' && reply.text.startsWith('NOREPLICAS'));
}
