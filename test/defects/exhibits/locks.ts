import type { Exhibit } from '../exhibit.ts';

type Searched = Pick<Exhibit, 'row' | 'id' | 'publishedPerMille' | 'ratePerMille' | 'firstCatcher' | 'system'>;

/** A row that is looked for under a swarm profile, and whose first sign is enough: consequences are counted beside. */
function searched(exhibit: Searched, firstSeed: number): Exhibit {
  return { ...exhibit, seenBy: exhibit.firstCatcher, where: 'tests', firstSeed };
}

type Scripted = Pick<Exhibit, 'row' | 'id' | 'firstCatcher' | 'system'>;

/** A row that a file brings about, since no search finds it, or finds it by that sign. */
function scripted(exhibit: Scripted, script: string): Exhibit {
  const rates = { publishedPerMille: null, ratePerMille: 0 };
  return { ...exhibit, ...rates, seenBy: exhibit.firstCatcher, where: { script }, firstSeed: 1 };
}

const redlock = 'redlock';
const redis = 'redis-lock';
const raft = 'raft-lock';
const zooKeeper = 'zookeeper-lock';

/** Rows of locks, their servers, and the applications that use them. */
export const lockExhibits: readonly Exhibit[] = [
  searched({
    row: 'RL-03', id: 'redlock/no-validity-check', publishedPerMille: 370, ratePerMille: 75,
    firstCatcher: 'L4', system: redlock,
  }, 5006),
  searched({
    row: 'RL-04', id: 'redlock/drift-sign', publishedPerMille: 1, ratePerMille: 925,
    firstCatcher: 'L4', system: redlock,
  }, 5001),
  searched({
    row: 'RL-05', id: 'redlock/start-after-acquire', publishedPerMille: 67, ratePerMille: 950,
    firstCatcher: 'L9', system: redlock,
  }, 5001),
  searched({
    row: 'RL-06', id: 'redlock/plain-del', publishedPerMille: 1000, ratePerMille: 1000,
    firstCatcher: 'L3', system: redlock,
  }, 5001),
  searched({
    row: 'RL-07', id: 'redlock/shared-token', publishedPerMille: 950, ratePerMille: 1000,
    firstCatcher: 'L3', system: redlock,
  }, 5001),
  searched({
    row: 'RL-08', id: 'redlock/quorum-half', publishedPerMille: 1000, ratePerMille: 1000,
    firstCatcher: 'L9', system: redlock,
  }, 5001),
  searched({
    row: 'RL-09', id: 'redlock/blind-extend', publishedPerMille: 1, ratePerMille: 125,
    firstCatcher: 'L3', system: redlock,
  }, 5004),
  searched({
    row: 'RL-10', id: 'redlock/extend-any', publishedPerMille: 58, ratePerMille: 100,
    firstCatcher: 'L9', system: redlock,
  }, 5004),
  searched({
    row: 'RL-11', id: 'redlock/extend-ignores-elapsed', publishedPerMille: 26, ratePerMille: 250,
    firstCatcher: 'L9', system: redlock,
  }, 5004),
  searched({
    row: 'RL-16', id: 'redlock/no-release-on-failure', publishedPerMille: null, ratePerMille: 150,
    firstCatcher: 'progress', system: redlock,
  }, 5001),
  scripted(
    { row: 'RL-17', id: 'redlock/release-only-acquired', firstCatcher: 'progress', system: redlock },
    'redlock/a-lost-reply-leaves-no-entry-behind',
  ),
  scripted(
    { row: 'RL-18', id: 'redlock/same-value-retry', firstCatcher: 'progress', system: redlock },
    'redlock/who-tries-again-is-not-in-his-own-way',
  ),
  scripted(
    { row: 'RL-19', id: 'redlock/unlock-error-propagates', firstCatcher: 'releases', system: redlock },
    'redlock/a-release-that-a-majority-has-heard-is-one',
  ),
  scripted(
    { row: 'RL-20', id: 'redlock/no-jitter', firstCatcher: 'progress', system: redlock },
    'redlock/clients-that-retry-apart-find-a-winner',
  ),
  scripted(
    { row: 'RL-23', id: 'redlock/watchdog-never-stops', firstCatcher: 'progress', system: redlock },
    'redlock/a-release-that-is-lost-costs-no-more-than-the-ttl',
  ),
  searched({
    row: 'RL-24', id: 'redlock/watchdog-stops-silently', publishedPerMille: null, ratePerMille: 225,
    firstCatcher: 'L9', system: redlock,
  }, 5004),
  searched({
    row: 'RL-25', id: 'redlock/lease-shorter-than-wait', publishedPerMille: null, ratePerMille: 925,
    firstCatcher: 'L9', system: redlock,
  }, 5001),
  searched({
    row: 'RL-26', id: 'redlock/force-unlock', publishedPerMille: null, ratePerMille: 1000,
    firstCatcher: 'L3', system: redlock,
  }, 5001),
  scripted(
    { row: 'RL-23b', id: 'redis-lock/watchdog-never-stops', firstCatcher: 'progress', system: redis },
    'redis-lock/a-release-that-is-lost-costs-no-more-than-the-ttl',
  ),
  scripted(
    { row: 'RL-24b', id: 'redis-lock/watchdog-stops-silently', firstCatcher: 'L9', system: redis },
    'redis-lock/a-watchdog-outlives-a-short-partition',
  ),
  scripted(
    { row: 'RL-25b', id: 'redis-lock/lease-of-wait', firstCatcher: 'L9', system: redis },
    'redis-lock/a-lock-lasts-as-long-as-was-asked-for',
  ),
  scripted(
    { row: 'RL-26b', id: 'redis-lock/force-unlock', firstCatcher: 'L3', system: redis },
    'redis-lock/nobody-unlocks-what-another-one-holds',
  ),
  scripted(
    { row: 'RL-27', id: 'redis-lock/setnx-then-expire', firstCatcher: 'progress', system: redis },
    'redis-lock/a-lock-ends-by-itself-however-its-client-ends',
  ),
  scripted(
    { row: 'RL-28', id: 'redis-lock/getset-lock', firstCatcher: 'L3', system: redis },
    'redis-lock/the-clock-of-a-client-ends-no-lock',
  ),
  scripted(
    { row: 'RL-32', id: 'redis-lock/lost-wake-up', firstCatcher: 'waiter', system: redis },
    'redis-lock/a-waiter-whose-wake-up-is-lost-still-gets-the-lock',
  ),
  searched({
    row: 'LC-02', id: 'lease/lock-without-lease-recheck', publishedPerMille: null, ratePerMille: 225,
    firstCatcher: 'L2', system: raft,
  }, 5004),
  searched({
    row: 'LC-08', id: 'lease/drift-bound-ignored', publishedPerMille: null, ratePerMille: 750,
    firstCatcher: 'L4', system: raft,
  }, 5001),
  searched({
    row: 'LC-04', id: 'lease/renew-race', publishedPerMille: null, ratePerMille: 75,
    firstCatcher: 'L2', system: raft,
  }, 5025),
  scripted(
    { row: 'LC-10', id: 'lease/check-then-act', firstCatcher: 'fencing', system: redlock },
    'a-holder-that-was-paused-looks-at-its-clock-before-it-writes',
  ),
  scripted(
    { row: 'ZS-11b', id: 'zookeeper-lock/alive-by-its-own-timer', firstCatcher: 'L2', system: zooKeeper },
    'zookeeper-lock/an-answer-that-is-late-is-no-new-sign-of-life',
  ),
  scripted(
    { row: 'ZS-14', id: 'zookeeper-lock/orphan-after-connection-loss', firstCatcher: 'progress', system: zooKeeper },
    'zookeeper-lock/a-create-whose-answer-was-lost-is-found-again',
  ),
  scripted(
    { row: 'ZS-15', id: 'zookeeper-lock/herd', firstCatcher: 'notificationsPerChange', system: zooKeeper },
    'zookeeper-lock/a-release-wakes-one-waiter',
  ),
  scripted(
    {
      row: 'ZS-16', id: 'zookeeper-lock/believed-while-suspended', firstCatcher: 'L2', system: zooKeeper,
    },
    'zookeeper-lock/a-holder-that-is-suspended-stops',
  ),
  scripted(
    { row: 'ZS-17', id: 'zookeeper-lock/waits-for-the-gone', firstCatcher: 'unavailable', system: zooKeeper },
    'zookeeper-lock/who-is-gone-when-the-watch-is-set-is-not-waited-for',
  ),
  scripted(
    { row: 'ZS-18', id: 'zookeeper-lock/never-deposed', firstCatcher: 'L2', system: zooKeeper },
    'zookeeper-lock/a-holder-that-is-suspended-stops',
  ),
];
