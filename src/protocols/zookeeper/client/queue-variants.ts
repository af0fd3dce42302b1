import type { Context } from '../../../contract/context.ts';
import type { Plain } from '../../../contract/message.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import type { CreateMode } from '../messages.ts';
import { recipeVariant } from './defective-recipe.ts';
import { Dequeue, Enqueue } from './queue.ts';
import type { RecipeInit } from './recipe.ts';

/** ZS-19: puts in once more what it was not answered for, without a look whether it is there. */
class PutsInAgain extends Enqueue {
  private readonly fired: Fired;

  constructor(init: RecipeInit, value: Plain, fired: Fired) {
    super(init, value);
    this.fired = fired;
  }

  protected override looksForItsOwn(): boolean {
    this.fired();
    return false;
  }
}

/** ZS-20: asks again to delete what it was not answered for: if it is gone by then, it takes the next one. */
class TakesTheNext extends Dequeue {
  private readonly fired: Fired;

  constructor(init: RecipeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  protected override onLostDelete(ctx: Context, path: string): void {
    this.fired();
    this.ask(ctx, 'delete', { op: 'delete', path, version: -1 });
  }
}

/** ZS-21: puts names in their order, and not the numbers behind what tells them apart. */
class SortsByName extends Dequeue {
  private readonly fired: Fired;

  constructor(init: RecipeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  protected override inOrder(names: readonly string[]): readonly string[] {
    const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
    if (sorted.join() !== super.inOrder(names).join()) this.fired();
    return sorted;
  }
}

/** ZS-22: elements are ephemeral, and go with the session of whoever put them in. */
class LeavesWithItsSession extends Enqueue {
  private readonly fired: Fired;

  constructor(init: RecipeInit, value: Plain, fired: Fired) {
    super(init, value);
    this.fired = fired;
  }

  protected override mode(): CreateMode {
    this.fired();
    return 'ephemeral-sequential';
  }
}

const QUEUES = 'ZooKeeper Recipes and Solutions, Queues';

/** Defects of queues. */
export const queueVariants: readonly Variant[] = [
  {
    row: 'ZS-19',
    id: 'zookeeper-recipes/enqueue-again',
    title: 'an enqueue that was not answered is asked again, without a look for what the first one has made',
    breaks: 'who does not know whether his element is in looks for it by its GUID',
    source: 'README of zookeeper-recipes-queue (connection loss is not handled; ZOOKEEPER-22)',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'connected',
    create: recipeVariant(({ f, value }, init, fired) =>
      (f === 'enqueue' ? new PutsInAgain(init, value, fired) : null)),
  },
  {
    row: 'ZS-20',
    id: 'zookeeper-recipes/takes-the-next',
    title: 'a dequeue that was not answered is asked again, and takes the next element if the first is gone',
    breaks: 'what is gone may have been taken by oneself',
    source: 'README of zookeeper-recipes-queue (connection loss is not handled; ZOOKEEPER-22)',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'connected',
    create: recipeVariant(({ f }, init, fired) => (f === 'dequeue' ? new TakesTheNext(init, fired) : null)),
  },
  {
    row: 'ZS-21',
    id: 'zookeeper-recipes/sorted-by-name',
    title: 'elements come out in the order of their names, which begin with a GUID',
    breaks: 'the element with the lowest number comes out first',
    source: `${QUEUES}; Curator's protected mode puts a GUID before the name`,
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'connected',
    create: recipeVariant(({ f }, init, fired) => (f === 'dequeue' ? new SortsByName(init, fired) : null)),
  },
  {
    row: 'ZS-22',
    id: 'zookeeper-recipes/ephemeral-elements',
    title: 'elements are ephemeral, and are gone when the session of whoever put them in ends',
    breaks: 'what was put in stays in until somebody takes it',
    source: `${QUEUES} (as written there, with the ephemeral flag)`,
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'connected',
    create: recipeVariant(({ f, value }, init, fired) =>
      (f === 'enqueue' ? new LeavesWithItsSession(init, value, fired) : null)),
  },
];
