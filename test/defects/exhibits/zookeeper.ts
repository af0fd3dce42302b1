import type { Exhibit } from '../exhibit.ts';

/**
 * Rows of ZooKeeper's servers. Rates are of ten seeds, 5001 to 5010. The profile leaves out what says of an operation
 * that was not answered which transaction was its own: where several would do, it may be wrong, and the reference
 * blamed. One row needs it.
 */
export const zooKeeperExhibits: readonly Exhibit[] = [
  {
    row: 'ZB-21', id: 'zookeeper/commit-reorder', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z13',
    seenBy: 'end-to-end', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-07', id: 'zookeeper/watch-lost-on-reconnect', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'watches',
    seenBy: 'watches', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-08', id: 'zookeeper/watch-after-data', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'watches',
    seenBy: 'watches', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-09', id: 'zookeeper/read-goes-back', publishedPerMille: null,
    ratePerMille: 400, firstCatcher: 'session-order',
    seenBy: 'session-order', where: 'tests', system: 'zookeeper', firstSeed: 5001,
    settings: { check: ['session-order'] },
  },
  {
    row: 'ZS-10', id: 'zookeeper/sync-not-quorum', publishedPerMille: null,
    ratePerMille: 0, firstCatcher: 'fresh-sync',
    seenBy: 'fresh-sync', where: { script: 'zookeeper/a-sync-by-a-quorum-finds-out-who-leads' }, system: 'zookeeper',
    firstSeed: 1,
  },
  {
    row: 'ZS-12', id: 'zookeeper/session-moved-unchecked', publishedPerMille: null,
    ratePerMille: 0, firstCatcher: 'session-order',
    seenBy: 'session-order',
    where: {
      script: 'zookeeper/what-a-client-left-at-a-server-is-not-done-behind-what-it-does-at-the-next',
    },
    system: 'zookeeper', firstSeed: 1,
  },
];
