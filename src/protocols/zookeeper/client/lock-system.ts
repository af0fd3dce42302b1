import type { LockSystem } from '../../../contract/lock.ts';
import { ZooKeeperLock } from './lock.ts';
import { lockOptions, lockProblem, readLockSettings } from './lock-options.ts';
import { TreeOwnership } from './ownership.ts';

/** The lock on ZooKeeper, as the tool knows it. */
export const zooKeeperLock: LockSystem = {
  options: lockOptions,
  optionsProblem: lockProblem,
  create: (init) => new ZooKeeperLock(init),
  events: ['session', 'suspended', 'expired'],
  servers: null,
  ownership: () => new TreeOwnership(),
  ttlUs: (options) => readLockSettings(options).sessionTimeoutUs,
  // The part of a session in which a client without an answer looks for another server.
  driftUs: (options) => Math.ceil(readLockSettings(options).sessionTimeoutUs / 3),
  // A session is kept for as long as its client is heard of: that has no end which a client could count to.
  validityUsMax: () => Infinity,
  // The last session of who is gone, in whole ticks, behind the time that a client may take to find another server.
  blockedUs: (options) => 2 * (readLockSettings(options).sessionTimeoutUs + (options['tickTime'] as number)),
  sessionCommands: 0,
  givesTokens: () => true,
};
