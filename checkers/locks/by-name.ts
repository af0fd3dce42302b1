import type { History } from '../../src/history/operation.ts';
import { checkFencing, type FencingOptions } from './fencing.ts';
import { checkLockOwnership, checkMutualExclusion } from './holding.ts';
import type { LockModelName, LockResult } from './result.ts';

/** The checker of that name. */
export function checkLock(history: History, model: LockModelName, options: FencingOptions = {}): LockResult {
  switch (model) {
    case 'fencing': return checkFencing(history, options);
    case 'mutual-exclusion': return checkMutualExclusion(history);
    case 'lock-ownership': return checkLockOwnership(history);
  }
}
