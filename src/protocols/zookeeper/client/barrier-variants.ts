import type { Context } from '../../../contract/context.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import { ANY_VERSION, type CreateMode, type Op, type OpResult, type WriteOp } from '../messages.ts';
import { Pass } from './barrier.ts';
import { recipeVariant } from './defective-recipe.ts';
import { Enter, Leave } from './double-barrier.ts';
import { isError, type RecipeInit } from './recipe.ts';

/** Enters a double barrier, with one defect. */
abstract class DefectiveEnter extends Enter {
  protected readonly fired: Fired;

  constructor(init: RecipeInit, members: number, fired: Fired) {
    super(init, members);
    this.fired = fired;
  }
}

/** Leaves one, with one defect. */
abstract class DefectiveLeave extends Leave {
  protected readonly fired: Fired;

  constructor(init: RecipeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }
}

/** Passes a barrier, with one defect. */
abstract class DefectivePass extends Pass {
  protected readonly fired: Fired;

  constructor(init: RecipeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }
}

// ── Entering ───────────────────────────────────────────────────────────

/** ZS-27: was woken, and takes that for the event that it waits for. */
class WokenIsIn extends DefectiveEnter {
  override onSession(ctx: Context): void {
    if (this.state.awaits === null) return;
    this.fired();
    this.state.awaits = null;
    this.enter(ctx);
  }
}

/** ZS-28: asks again to join, by another name. */
class StandsTwice extends DefectiveEnter {
  private lost = 0;

  protected override name(): string {
    return this.lost === 0 ? super.name() : `${super.name()}-${this.lost}`;
  }

  protected override onLostJoin(ctx: Context): void {
    this.fired();
    this.lost += 1;
    this.join(ctx, []);
  }
}

/** ZS-29: the round goes on until its last member ends it, and whoever finds `ready` before that is in. */
class OpensWithoutEnd extends DefectiveEnter {
  protected override opening(): readonly WriteOp[] {
    this.fired();
    return super.opening().filter(({ op }) => op === 'create');
  }
}

/** The last member of {@link OpensWithoutEnd}. */
class EndsTheRound extends Leave {
  protected override tidying(): readonly WriteOp[] {
    const end: WriteOp = { op: 'set', path: this.init.dir, data: '', version: ANY_VERSION };
    return [...super.tidying(), end];
  }
}

/** ZS-31: who is gone is still there. */
class StaysForEver extends DefectiveEnter {
  protected override mode(): CreateMode {
    this.fired();
    return 'persistent';
  }
}

/** ZS-32: everybody counts, and is in when there are enough; nobody says so to those who count too late. */
class CountsForItself extends DefectiveEnter {
  private hasCounted = false;

  protected override lookAgain(ctx: Context): void {
    this.state.awaits = this.dir();
    this.ask(ctx, 'count', { op: 'children', path: this.dir(), watch: true });
  }

  protected override onCounted(ctx: Context, count: number): void {
    // Others are gone already, or have not come yet.
    if (this.hasCounted && count < this.state.members) this.fired();
    this.hasCounted = true;
    super.onCounted(ctx, count);
  }

  protected override onOpened(ctx: Context): void {
    this.enter(ctx);
  }
}

// ── Leaving ────────────────────────────────────────────────────────────

/** ZS-30: is out when its own znode is gone. */
class LeavesAlone extends DefectiveLeave {
  protected override isOver(names: readonly string[]): boolean {
    const isGone = !names.includes(this.place().name);
    if (isGone && !super.isOver(names)) this.fired();
    return isGone;
  }
}

// ── Passing ────────────────────────────────────────────────────────────

/** ZS-33: sees that the barrier is up, and then sets its watch, whatever it is told by that. */
class WatchesTooLate extends DefectivePass {
  protected override look(ctx: Context): void {
    this.ask(ctx, 'look', { op: 'exists', path: this.init.dir, watch: false });
  }

  override onEnd(ctx: Context, step: string, op: Op, result: OpResult | null): void {
    if (step === 'look' && result?.op === 'exists') {
      this.ask(ctx, 'watch', { op: 'exists', path: this.init.dir, watch: true });
    } else if (step === 'watch' && result !== null) {
      if (isError(result, 'NoNode')) this.fired();
      this.state.awaits = this.init.dir;
    } else {
      super.onEnd(ctx, step, op, result);
    }
  }
}

/** ZS-34: waits for an event of a watch that went with its session. */
class WaitsInANewSession extends DefectivePass {
  protected override looksWhenConnected(): boolean {
    this.fired();
    return false;
  }
}

const BARRIERS = 'ZooKeeper Recipes and Solutions, Barriers';
const DOUBLE_BARRIERS = 'ZooKeeper Recipes and Solutions, Double Barriers';

/** Defects of double barriers. */
const ofDoubleBarriers: readonly Variant[] = [
  {
    row: 'ZS-27',
    id: 'zookeeper-recipes/woken-is-in',
    title: 'who waits to enter is in when it is connected again, however many there are',
    breaks: 'whoever is woken looks again',
    source: 'apache/curator#1290',
    difficulty: 'M',
    firstCatcher: 'barriers',
    in: 'connected',
    create: recipeVariant(({ f, value }, init, fired) =>
      (f === 'enter' ? new WokenIsIn(init, value as number, fired) : null)),
  },
  {
    row: 'ZS-28',
    id: 'zookeeper-recipes/stands-twice',
    title: 'who was not told that it has joined joins once more, and is counted twice',
    breaks: 'who does not know whether it stands there looks for itself by its name',
    source: `${DOUBLE_BARRIERS}; CURATOR-330 (connection loss while a barrier is entered)`,
    difficulty: 'E',
    firstCatcher: 'barriers',
    in: 'connected',
    create: recipeVariant(({ f, value }, init, fired) =>
      (f === 'enter' ? new StandsTwice(init, value as number, fired) : null)),
  },
  {
    row: 'ZS-29',
    id: 'zookeeper-recipes/ready-outlives-the-round',
    title: 'a round ends when its last member has left, and who comes to `ready` before that is in',
    breaks: 'nobody joins a round that is open',
    source: `${DOUBLE_BARRIERS} (which deletes \`ready\` nowhere); Curator's DistributedDoubleBarrier (on the way out)`,
    difficulty: 'M',
    firstCatcher: 'barriers',
    in: 'connected',
    create: recipeVariant(({ f, value }, init, fired) => {
      if (f === 'leave') return new EndsTheRound(init);
      return f === 'enter' ? new OpensWithoutEnd(init, value as number, fired) : null;
    }),
  },
  {
    row: 'ZS-30',
    id: 'zookeeper-recipes/leaves-alone',
    title: 'who has deleted its own znode is out',
    breaks: 'nobody is out before all are done',
    source: DOUBLE_BARRIERS,
    difficulty: 'E',
    firstCatcher: 'barriers',
    in: 'connected',
    create: recipeVariant(({ f }, init, fired) => (f === 'leave' ? new LeavesAlone(init, fired) : null)),
  },
  {
    row: 'ZS-31',
    id: 'zookeeper-recipes/persistent-members',
    title: 'members stand by persistent znodes, and one that is gone is waited for for ever',
    breaks: 'a member goes with its session',
    source: DOUBLE_BARRIERS,
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'connected',
    create: recipeVariant(({ f, value }, init, fired) =>
      (f === 'enter' ? new StaysForEver(init, value as number, fired) : null)),
  },
  {
    row: 'ZS-32',
    id: 'zookeeper-recipes/counts-for-itself',
    title: 'everybody waits until it counts enough, and who counts when the first have left waits for ever',
    breaks: 'who counts enough tells the others',
    source: 'ZOOKEEPER-1011 (the barrier of the tutorial)',
    difficulty: 'M',
    firstCatcher: 'progress',
    in: 'connected',
    create: recipeVariant(({ f, value }, init, fired) =>
      (f === 'enter' ? new CountsForItself(init, value as number, fired) : null)),
  },
];

/** Defects of barriers. */
export const barrierVariants: readonly Variant[] = [
  ...ofDoubleBarriers,
  {
    row: 'ZS-33',
    id: 'zookeeper-recipes/watches-too-late',
    title: 'who waits looks, and then sets its watch: a lift in between is missed',
    breaks: 'what is looked at is watched from then on',
    source: BARRIERS,
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'connected',
    create: recipeVariant(({ f }, init, fired) => (f === 'pass' ? new WatchesTooLate(init, fired) : null)),
  },
  {
    row: 'ZS-34',
    id: 'zookeeper-recipes/waits-in-a-new-session',
    title: 'who waits does not look again in a new session, which has none of its watches',
    breaks: 'watches go with their session',
    source: `${BARRIERS}; Programmer's Guide, ZooKeeper Watches`,
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'connected',
    create: recipeVariant(({ f }, init, fired) => (f === 'pass' ? new WaitsInANewSession(init, fired) : null)),
  },
];
