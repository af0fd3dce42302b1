import type { Context } from '../../../contract/context.ts';
import type { LockClientInit } from '../../../contract/lock.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import { assert } from '../../../kernel/assert.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { type DurationUs, US_PER_MS } from '../../../kernel/time.ts';
import type { Reply } from '../messages.ts';
import type { Args } from '../store.ts';
import { SingleInstanceLock } from './client.ts';
import type { Taking } from './rules.ts';
import type { Acquiring, Asked, Watchdog } from './state.ts';

/** A client of the lock on a single Redis with one defect. */
abstract class DefectiveLock extends SingleInstanceLock {
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

/** RL-23: the watchdog ends when a server says that the lock is gone, and at nothing else: not with the release. */
class WatchdogNeverStops extends DefectiveLock {
  protected override endRenewals(): void {}

  protected override mayRenew(ctx: Context, watchdog: Watchdog): boolean {
    return this.instead(true, super.mayRenew(ctx, watchdog));
  }
}

/** RL-24: the watchdog ends with the first renewal that fails, and its owner goes on as if it went on. */
class WatchdogStopsSilently extends DefectiveLock {
  private stoppedFor = '';

  protected override renewAgain(ctx: Context): void {
    const { watchdog } = this.state;
    if (watchdog === null) return;
    this.stoppedFor = watchdog.owner;
    this.takeForRenewed(ctx, watchdog);
  }

  protected override onRenewTimer(ctx: Context): void {
    const { watchdog } = this.state;
    if (watchdog?.owner === this.stoppedFor) this.takeForRenewed(ctx, watchdog);
    else super.onRenewTimer(ctx);
  }

  private takeForRenewed(ctx: Context, watchdog: Watchdog): void {
    this.fired();
    ctx.setTimer('lock/renew', this.settings.renewAfterUs);
    this.onRenewed(ctx, watchdog, this.clockUs(ctx));
  }
}

/** RL-25: how long the lock lasts at the server follows from how long the client waits for it. */
class LeaseOfWait extends DefectiveLock {
  protected override leaseMs(): number {
    return this.instead(2 * Math.floor(this.init.timeoutUs / US_PER_MS), super.leaseMs());
  }
}

/** RL-26: a client that has asked often enough deletes the lock, whoever holds it, and asks once more. */
class ForceUnlock extends DefectiveLock {
  protected override retry(ctx: Context, phase: Acquiring, error: string): void {
    const { primary } = this.state;
    const isLast = phase.tries === this.settings.retryCount + 1;
    if (!isLast || primary === null || error !== 'held by another') return super.retry(ctx, phase, error);
    this.fired();
    this.request(ctx, primary, ['DEL', phase.lock]);
    phase.step = 'pausing';
    ctx.setTimer('lock/retry', this.retryAfterUs(ctx));
  }
}

/** Between two commands of a client that might have been one: its own code, and a system call. */
const BETWEEN_COMMANDS_US: DurationUs = 1 * US_PER_MS;

/** RL-27: SETNX and then PEXPIRE. A client that is gone in between leaves a lock without an end. */
class SetnxThenExpire extends DefectiveLock {
  /** Where the lock was taken that has no end yet. */
  private takenAt: NodeId | null = null;

  /** What it asks for is taken without an end, whether the answer arrives or not. */
  protected override takeCommand(_ctx: Context, lock: string, owner: string): Args {
    this.fired();
    return ['SETNX', lock, owner];
  }

  protected override readTaking(reply: Reply): Taking {
    return reply.kind === 'integer' ? readSetnx(reply.value) : super.readTaking(reply);
  }

  protected override onTaking(ctx: Context, phase: Acquiring, asked: Asked, reply: Reply): void {
    if (asked.args[0] !== 'PEXPIRE') super.onTaking(ctx, phase, asked, reply);
    // The validity has begun with SETNX.
    else super.onTaken(ctx, phase, asked.node);
  }

  protected override onTaken(ctx: Context, { lock, owner }: Acquiring, node: NodeId): void {
    this.takenAt = node;
    ctx.note({ event: 'taken', lock, owner });
    ctx.continueAs('lock/expire', BETWEEN_COMMANDS_US);
  }

  onContinue(ctx: Context): void {
    const { phase } = this.state;
    assert(phase.kind === 'acquiring' && this.takenAt !== null, 'nothing happens between the two commands');
    this.ask(ctx, 'task', ['PEXPIRE', phase.lock, String(this.leaseMs())], this.takenAt);
  }
}

/**
 * RL-28: the recipe that Redis' documentation had before SET could do it all. The value of a lock says when it is over,
 * by the clock of whoever took it. Who finds it over, by his own clock, replaces it by GETSET, and has the lock if what
 * he replaced was over as well; if not, he has replaced another's value by his own.
 */
class GetsetLock extends DefectiveLock {
  protected override drawOwner(ctx: Context): string {
    return `${nowMs(ctx) + this.leaseMs() + 1}-${super.drawOwner(ctx)}`;
  }

  protected override takeCommand(_ctx: Context, lock: string, owner: string): Args {
    return ['SETNX', lock, owner];
  }

  /** What comes late, to whatever command: that the lock may be ours. */
  protected override readTaking(reply: Reply): Taking {
    if (reply.kind === 'bulk') return { kind: 'taken' };
    return reply.kind === 'integer' ? readSetnx(reply.value) : super.readTaking(reply);
  }

  protected override onTaking(ctx: Context, phase: Acquiring, asked: Asked, reply: Reply): void {
    if (reply.kind === 'error') return super.onTaking(ctx, phase, asked, reply);
    const isOver = reply.kind === 'nil' || (reply.kind === 'bulk' && Number.parseInt(reply.text, 10) <= nowMs(ctx));
    switch (asked.args[0]) {
      case 'SETNX':
        phase.sentAtUs = asked.sentAtUs;
        if (reply.kind === 'integer' && reply.value === 1) return this.onTaken(ctx, phase, asked.node);
        return this.ask(ctx, 'task', ['GET', phase.lock], asked.node);
      case 'GET':
        if (!isOver) return this.retry(ctx, phase, 'held by another');
        this.fired();
        return this.ask(ctx, 'task', ['GETSET', phase.lock, phase.owner], asked.node);
      default:
        if (isOver) this.onTaken(ctx, phase, asked.node);
        else this.retry(ctx, phase, 'held by another');
    }
  }

  /** The recipe knows of no renewal. */
  protected override startWatchdog(): void {}
}

/** RL-32: whoever waits is told of the release, and asks for nothing by itself. */
class LostWakeUp extends DefectiveLock {
  protected override asksAfterUs(ctx: Context, forMs: number | null): DurationUs | null {
    return this.instead(null, super.asksAfterUs(ctx, forMs));
  }
}

function readSetnx(value: number): Taking {
  return value === 1 ? { kind: 'taken' } : { kind: 'refused', error: 'held by another', isFinal: false };
}

function nowMs(ctx: Context): number {
  return Math.floor(ctx.wallUs() / US_PER_MS);
}

/**
 * Rows of the catalogue that can be armed in a client of the lock on a single Redis. Those with a letter are armed in
 * Redlock as well, under the plain number.
 */
export const lockVariants: readonly Variant[] = [
  {
    row: 'RL-23b',
    id: 'redis-lock/watchdog-never-stops',
    title: 'the watchdog goes on after the release: a lock whose release was lost is renewed for ever',
    breaks: 'renewals end with the holder',
    source: 'https://github.com/redisson/redisson/issues/1602',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'lock',
    lock: (init, fired) => new WatchdogNeverStops(init, fired),
  },
  {
    row: 'RL-24b',
    id: 'redis-lock/watchdog-stops-silently',
    title: 'the watchdog ends with the first renewal that fails, and the owner is not told',
    breaks: 'a holder whose lock is not renewed stops when its validity is over',
    source: 'https://github.com/redisson/redisson/issues/3194',
    difficulty: 'E',
    firstCatcher: 'L9',
    in: 'lock',
    lock: (init, fired) => new WatchdogStopsSilently(init, fired),
  },
  {
    row: 'RL-25b',
    id: 'redis-lock/lease-of-wait',
    title: 'the server is asked for twice the time that a client waits for the lock, not for the length it counts on',
    breaks: 'the length that is asked for is the length that is counted on',
    source: 'https://github.com/redisson/redisson/issues/2172',
    difficulty: 'E',
    firstCatcher: 'L9',
    in: 'lock',
    lock: (init, fired) => new LeaseOfWait(init, fired),
  },
  {
    row: 'RL-26b',
    id: 'redis-lock/force-unlock',
    title: 'a client that has asked often enough deletes the lock, whoever holds it',
    breaks: 'a lock is released by its owner alone',
    source: 'https://github.com/redisson/redisson/issues/542',
    difficulty: 'E',
    firstCatcher: 'L3',
    in: 'lock',
    lock: (init, fired) => new ForceUnlock(init, fired),
  },
  {
    row: 'RL-27',
    id: 'redis-lock/setnx-then-expire',
    title: 'the lock is taken by one command, and gets its time by another',
    breaks: 'every lock that is taken ends by itself',
    source: 'https://redis.io/docs/latest/commands/setnx/',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'lock',
    lock: (init, fired) => new SetnxThenExpire(init, fired),
  },
  {
    row: 'RL-28',
    id: 'redis-lock/getset-lock',
    title: 'clients say by their own clocks when a lock is over, and replace its value to find out',
    breaks: 'only the server, by its clock, says when a lock is over',
    source: 'https://redis.io/docs/latest/commands/setnx/',
    difficulty: 'M',
    firstCatcher: 'L3',
    in: 'lock',
    lock: (init, fired) => new GetsetLock(init, fired),
  },
  {
    row: 'RL-32',
    id: 'redis-lock/lost-wake-up',
    title: 'who waits for a lock waits for the message that it is free, and for nothing else',
    breaks: 'a waiter whose message is lost asks when the lock should be over',
    source: 'https://github.com/redisson/redisson/issues/5761',
    difficulty: 'M',
    firstCatcher: 'waiter',
    in: 'lock',
    lock: (init, fired) => new LostWakeUp(init, fired),
  },
];
