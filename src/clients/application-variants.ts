import type { Context } from '../contract/context.ts';
import type { LockGrant } from '../contract/lock.ts';
import type { Node } from '../contract/node.ts';
import type { Fired, VariantInfo } from '../contract/variant.ts';
import { LockApplication, type LockApplicationInit } from './lock-application.ts';

/** A defect of the application that uses a lock, whatever the lock. */
export interface ApplicationVariant extends VariantInfo {
  readonly in: 'application';
  create(init: LockApplicationInit, fired: Fired): Node;
}

/** LC-10: what was checked when the lock was granted is not looked at again, however long ago that was. */
class ChecksOnce extends LockApplication {
  private readonly fired: Fired;

  constructor(init: LockApplicationInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  protected override mayWrite(ctx: Context, grant: LockGrant): boolean {
    if (!super.mayWrite(ctx, grant)) this.fired();
    return true;
  }
}

/** The catalogue of defects of applications. */
export const applicationVariants: readonly ApplicationVariant[] = [
  {
    row: 'LC-10',
    id: 'lease/check-then-act',
    title: 'the validity is looked at when the lock is granted, and not again before the write',
    breaks: 'who holds a lock that ends by itself looks at his clock before he acts on it',
    source: 'Kleppmann 2016, "How to do distributed locking"',
    difficulty: 'E',
    firstCatcher: 'fencing',
    in: 'application',
    create: (init: LockApplicationInit, fired: Fired): Node => new ChecksOnce(init, fired),
  },
];
