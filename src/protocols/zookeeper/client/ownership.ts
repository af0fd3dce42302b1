import type { LockOwnership, OwnershipChange } from '../../../contract/lock.ts';
import type { Plain } from '../../../contract/message.ts';
import type { TreeChange, TreeCommand } from '../messages.ts';
import { numberOf } from './contender.ts';

/** A znode in the queue of a lock. */
interface Place {
  readonly path: string;
  /** What stands in it: the acquisition for which it was created. */
  readonly owner: string;
}

/**
 * Who owns the locks, by the transactions that were committed: whoever is first in the queue of a lock, whatever its
 * client knows. Ghost knowledge, kept for one run.
 */
export class TreeOwnership implements LockOwnership {
  /** By lock, in the order of their numbers. */
  private readonly queues = new Map<string, Place[]>();

  /** What a transaction has changed. Transactions come in their order, each of them once. */
  changes(command: Plain): readonly OwnershipChange[] {
    const changes: OwnershipChange[] = [];
    this.take((command as unknown as TreeCommand).change, changes);
    return changes;
  }

  private take(change: TreeChange, changes: OwnershipChange[]): void {
    switch (change.change) {
      case 'create': return this.add(change.path, change.data, changes);
      case 'delete': return this.remove(change.path, changes);
      case 'close-session':
        for (const path of change.paths) this.remove(path, changes);
        return;
      case 'multi':
        for (const part of change.changes) this.take(part, changes);
        return;
      default: return;
    }
  }

  private add(path: string, owner: string, changes: OwnershipChange[]): void {
    const lock = lockOf(path);
    if (lock === null) return;
    const queue = this.queues.get(lock) ?? [];
    const first = queue[0];
    queue.push({ path, owner });
    queue.sort((a, b) => numberOf(a.path) - numberOf(b.path));
    this.queues.set(lock, queue);
    compare(lock, first, queue[0], changes);
  }

  private remove(path: string, changes: OwnershipChange[]): void {
    const lock = lockOf(path);
    const queue = lock === null ? undefined : this.queues.get(lock);
    const at = queue?.findIndex((place) => place.path === path) ?? -1;
    if (lock === null || queue === undefined || at < 0) return;
    const first = queue[0];
    queue.splice(at, 1);
    compare(lock, first, queue[0], changes);
  }
}

function compare(lock: string, before: Place | undefined, after: Place | undefined, changes: OwnershipChange[]): void {
  if (before === after) return;
  if (before !== undefined) changes.push({ kind: 'released', lock, owner: before.owner });
  if (after !== undefined) changes.push({ kind: 'granted', lock, owner: after.owner });
}

/** `k0` of `/k0/…-lock-0000000003`; `null` of what stands in no queue. */
function lockOf(path: string): string | null {
  const [root, lock, name, ...more] = path.split('/');
  return root === '' && lock !== undefined && name !== undefined && more.length === 0 ? lock : null;
}
