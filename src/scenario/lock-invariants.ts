import type { InvariantInfo } from '../contract/invariant.ts';

const PAGE = 'Redis, "Distributed Locks with Redis"';

/** L2: while a client validly believes that it holds a lock, the servers agree. Looked at when the run is over. */
export const quorumOwnership: InvariantInfo = {
  id: 'L2',
  name: 'believers-own-a-quorum',
  source: `${PAGE}, Safety Arguments`,
};

/** L3: nobody takes away what a holder holds. Looked at when an entry of a server is another than before. */
export const noForeignDelete: InvariantInfo = {
  id: 'L3',
  name: 'no-foreign-delete',
  source: `${PAGE}, Correct Implementation with a Single Instance`,
};

/** L4: the validity that a client computes is positive, and no longer than the length less the drift. */
export const validityBounded: InvariantInfo = {
  id: 'L4',
  name: 'validity-within-ttl-less-drift',
  source: `${PAGE}, The Redlock Algorithm`,
};

/** L9: a client does not believe longer than a quorum of servers would hold the lock for it. */
export const beliefBounded: InvariantInfo = {
  id: 'L9',
  name: 'belief-ends-before-a-quorum-of-entries',
  source: `${PAGE}, Extending the Lock`,
};

/** What a lock is watched for, whatever kind of lock it is. */
export const lockInvariants: readonly InvariantInfo[] =
  [quorumOwnership, noForeignDelete, validityBounded, beliefBounded];
