import type { Context } from '../../../contract/context.ts';
import type { LockClientInit, Validity } from '../../../contract/lock.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import type { TimeUs } from '../../../kernel/time.ts';
import type { OpResult } from '../messages.ts';
import { createZnodeClient } from './clients.ts';
import { Contender, type ContenderInit } from './contender.ts';
import { type LibraryInit, SessionLibrary } from './library.ts';
import { ZooKeeperLock } from './lock.ts';

/** A lock client with one defect. */
abstract class DefectiveLock extends ZooKeeperLock {
  protected readonly fired: Fired;

  constructor(init: LockClientInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }
}

/** A contender with one defect. */
abstract class DefectiveContender extends Contender {
  protected readonly fired: Fired;

  constructor(init: ContenderInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }
}

// ── The recipe ─────────────────────────────────────────────────────────

/** ZS-14: asks again for a znode whose creation was not answered, and knows none of them by its name. */
class CreatesAgain extends DefectiveContender {
  protected override pathToCreate(): string {
    return `${this.state.dir}/lock-`;
  }

  protected override isOwn(): boolean {
    return false;
  }

  protected override looksForItsOwn(): boolean {
    this.fired();
    return false;
  }
}

/** ZS-15: everybody watches the holder. */
class WatchesHolder extends DefectiveContender {
  protected override whomToWatch(before: readonly string[]): string {
    if (before.length > 1) this.fired();
    return before[0] as string;
  }
}

/** ZS-17: waits for whoever it read of, without a look whether that one is still there when the watch is set. */
class WaitsForTheGone extends DefectiveContender {
  protected override isGone(result: OpResult): boolean {
    if (super.isGone(result)) this.fired();
    return false;
  }
}

// ── What the holder makes of it ────────────────────────────────────────

/** ZS-16: goes on when its connection is lost, until somebody tells it that its session is over. */
class GoesOnSuspended extends DefectiveLock {
  protected override stopsWhenSuspended(): boolean {
    if (super.stopsWhenSuspended()) this.fired();
    return false;
  }
}

/** ZS-18: was told once that it is the one, and takes that for the truth until it resigns. */
class NeverDeposed extends DefectiveLock {
  protected override stopsWhenSuspended(): boolean {
    return false;
  }

  protected override tellsOfExpiry(): boolean {
    this.fired();
    return false;
  }
}

// ── The session ────────────────────────────────────────────────────────

/** ZS-11: a session that has not been heard of for its length is over, without a word of a server. */
class ExpiresByItself extends SessionLibrary {
  private readonly fired: Fired;

  constructor(init: LibraryInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  protected override presumesExpired(ctx: Context): boolean {
    const { session, aliveAtUs, timeoutUs } = this.state;
    const isOver = session !== 0 && ctx.monotonicUs() - aliveAtUs > timeoutUs;
    if (isOver) this.fired();
    return isOver;
  }
}

/** A library whose timer starts anew whenever it reads an answer. */
class CountsFromReading extends SessionLibrary {
  protected override aliveBy(ctx: Context): TimeUs {
    return ctx.monotonicUs();
  }
}

/** ZS-11b: a holder's session lives for its length from the last answer that it has read, whatever else it hears. */
class AliveByItself extends DefectiveLock {
  protected override createLibrary(init: LibraryInit): SessionLibrary {
    return new CountsFromReading(init);
  }

  protected override validity(): Validity {
    const { aliveAtUs, timeoutUs } = this.state.library;
    return { clock: 'monotonic', untilUs: aliveAtUs + timeoutUs };
  }

  protected override stopsWhenSuspended(): boolean {
    if (super.stopsWhenSuspended()) this.fired();
    return false;
  }
}

function ofContender(make: (init: ContenderInit, fired: Fired) => Contender): Extract<Variant, { in: 'lock' }>['lock'] {
  return (init, fired) => new (class extends ZooKeeperLock {
    protected override createContender(own: ContenderInit): Contender {
      return make(own, fired);
    }
  })(init);
}

const RECIPES = 'ZooKeeper Recipes and Solutions, Locks';
const SESSIONS = 'https://zookeeper.apache.org/doc/r3.8.4/zookeeperProgrammers.html#ch_zkSessions';
const CLUSTER_DECIDES = "ZooKeeper Programmer's Guide, ZooKeeper Sessions: expiration is managed by the cluster";

/** Defects of a client of the tree. */
export const zooKeeperClientVariants: readonly Variant[] = [
  {
    row: 'ZS-11',
    id: 'zookeeper/client-side-expiry',
    title: 'a client takes its session for over when it has heard nothing for its length',
    breaks: CLUSTER_DECIDES,
    source: SESSIONS,
    difficulty: 'E',
    firstCatcher: 'sessions',
    in: 'connected',
    create: (init, fired) => createZnodeClient(init, (own) => new ExpiresByItself(own, fired)),
  },
];

/** Defects of the lock, and of who holds it. */
export const zooKeeperLockVariants: readonly Variant[] = [
  {
    row: 'ZS-14',
    id: 'zookeeper-lock/orphan-after-connection-loss',
    title: 'a create whose answer was lost is asked again, without a look for what the first one has made',
    breaks: 'who does not know whether his znode was created looks for it by its GUID',
    source: `${RECIPES} (recoverable errors and the GUID)`,
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'lock',
    lock: ofContender((init, fired) => new CreatesAgain(init, fired)),
  },
  {
    row: 'ZS-15',
    id: 'zookeeper-lock/herd',
    title: 'all waiters watch the holder, and all of them are woken when it goes',
    breaks: 'a waiter watches the one before it, so that a release wakes one client',
    source: `${RECIPES} (herd effect)`,
    difficulty: 'E',
    firstCatcher: 'notificationsPerChange',
    in: 'lock',
    lock: ofContender((init, fired) => new WatchesHolder(init, fired)),
  },
  {
    row: 'ZS-16',
    id: 'zookeeper-lock/believed-while-suspended',
    title: 'a holder that has lost its connection goes on until it is told that its session is over',
    breaks: 'a holder that is suspended takes itself for a holder no more',
    source: 'Apache Curator, Tech Notes; Kleppmann 2016, "How to do distributed locking"',
    difficulty: 'E',
    firstCatcher: 'L2',
    in: 'lock',
    lock: (init, fired) => new GoesOnSuspended(init, fired),
  },
  {
    row: 'ZS-17',
    id: 'zookeeper-lock/waits-for-the-gone',
    title: 'a waiter takes who was before it when it read the queue for there when it sets its watch',
    breaks: 'if exists() finds nothing, the queue is read again',
    source: `${RECIPES} (step 5)`,
    difficulty: 'M',
    firstCatcher: 'unavailable',
    in: 'lock',
    lock: ofContender((init, fired) => new WaitsForTheGone(init, fired)),
  },
  {
    row: 'ZS-18',
    id: 'zookeeper-lock/never-deposed',
    title: 'who was first once takes itself for first until it leaves, whatever becomes of its session',
    breaks: 'leadership that rests on a session ends with it',
    source: 'Apache Curator, LeaderLatch (error handling)',
    difficulty: 'E',
    firstCatcher: 'L2',
    in: 'lock',
    lock: (init, fired) => new NeverDeposed(init, fired),
  },
  {
    row: 'ZS-11b',
    id: 'zookeeper-lock/alive-by-its-own-timer',
    title: 'a holder goes by a timer of its own, as long as its session, from the last answer that it has read',
    breaks: CLUSTER_DECIDES,
    source: SESSIONS,
    difficulty: 'X',
    firstCatcher: 'L2',
    in: 'lock',
    lock: (init, fired) => new AliveByItself(init, fired),
  },
];
