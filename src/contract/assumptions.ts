import type { Assumption } from './module.ts';

/**
 * What everybody relies on who takes for stored what he finds when he starts: "Can Applications Recover from fsync
 * Failures?" (ATC 2020) shows it of Redis, LevelDB, LMDB, SQLite and PostgreSQL.
 */
export const failuresAreHeard: Assumption = {
  id: 'failed-syncs-are-heard-of',
  text: 'a process is told of a sync that failed: none is killed before, and finds in the cache what is on no disk',
  properties: ['*'],
  brokenBy: ['sync-error', 'disk-full'],
  withstands: ({ isUnheard }) => !isUnheard,
};
