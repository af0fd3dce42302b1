import type { LockSystem } from '../../../contract/lock.ts';
import { redisLockServers } from '../lock-servers.ts';
import type { SentinelState } from '../sentinel-state.ts';
import type { RedisState } from '../state.ts';
import { SingleInstanceLock } from './client.ts';
import { lockOptions, lockProblem, readLockSettings } from './options.ts';

/** The lock on a single Redis, with or without replicas and Sentinels. */
export const singleInstanceLock: LockSystem<RedisState | SentinelState> = {
  options: lockOptions,
  optionsProblem: lockProblem,
  create: (init) => new SingleInstanceLock(init),
  events: ['taken', 'found-primary', 'lost-primary', 'renewed', 'not-renewed', 'entered', 'left', 'woken'],
  servers: redisLockServers,
  ttlUs: (options) => readLockSettings(options).ttlUs,
  driftUs: (options) => readLockSettings(options).driftUs,
  blockedUs: (options) => readLockSettings(options).ttlUs,
  sessionCommands: 0,
  givesTokens: () => false,
};
