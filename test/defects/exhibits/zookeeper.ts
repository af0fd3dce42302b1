import type { Exhibit } from '../exhibit.ts';

/**
 * Rows of ZooKeeper's servers, of their trees, and of sessions. Rates are of twenty seeds, 5001 to 5020, on one build;
 * that of ZB-21 is of ten.
 */
export const zooKeeperExhibits: readonly Exhibit[] = [
  {
    row: 'ZB-21', id: 'zookeeper/commit-reorder', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'Z13',
    seenBy: 'end-to-end', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-07', id: 'zookeeper/watch-lost-on-reconnect', publishedPerMille: null,
    ratePerMille: 800, firstCatcher: 'watches',
    seenBy: 'watches', where: 'tests', system: 'zookeeper', firstSeed: 5002,
  },
  {
    row: 'ZS-35', id: 'zookeeper/one-mode-a-path', publishedPerMille: null,
    ratePerMille: 500, firstCatcher: 'watches',
    seenBy: 'watches', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-36', id: 'zookeeper/persistent-watch-lost-on-reconnect', publishedPerMille: null,
    ratePerMille: 500, firstCatcher: 'watches',
    seenBy: 'watches', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-08', id: 'zookeeper/watch-after-data', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'watches',
    seenBy: 'watches', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-09', id: 'zookeeper/read-goes-back', publishedPerMille: null,
    ratePerMille: 150, firstCatcher: 'session-order',
    seenBy: 'session-order', where: 'tests', system: 'zookeeper', firstSeed: 5005,
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
  {
    row: 'ZS-12b', id: 'zookeeper/owner-looked-up-late', publishedPerMille: null,
    ratePerMille: 0, firstCatcher: 'session-order',
    seenBy: 'session-order',
    where: { script: 'zookeeper/what-a-client-left-at-a-server-is-not-done-when-it-is-back' }, system: 'zookeeper',
    firstSeed: 1,
  },
  {
    row: 'ZS-01', id: 'zookeeper/ephemeral-after-close', publishedPerMille: null,
    ratePerMille: 350, firstCatcher: 'sessions',
    seenBy: 'sessions', where: 'tests', system: 'zookeeper', firstSeed: 5002,
  },
  {
    row: 'ZS-02', id: 'zookeeper/ephemeral-survives-follower-failure', publishedPerMille: null,
    ratePerMille: 50, firstCatcher: 'K8',
    seenBy: 'K8', where: { script: 'zookeeper/an-ephemeral-znode-is-nowhere-behind-the-end-of-its-session' },
    system: 'zookeeper', firstSeed: 1,
  },
  {
    row: 'ZS-11', id: 'zookeeper/client-side-expiry', publishedPerMille: null,
    ratePerMille: 850, firstCatcher: 'sessions',
    seenBy: 'sessions', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-25', id: 'zookeeper/expiry-rounded-down', publishedPerMille: null,
    ratePerMille: 950, firstCatcher: 'K10',
    seenBy: 'K10', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-26', id: 'zookeeper/counts-from-before', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'K10',
    seenBy: 'K10', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-03', id: 'zookeeper/stale-ephemeral-after-diff', publishedPerMille: null,
    ratePerMille: 900, firstCatcher: 'K8',
    seenBy: 'K8', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
  {
    row: 'ZS-04', id: 'zookeeper/closesession-not-idempotent', publishedPerMille: null,
    ratePerMille: 0, firstCatcher: 'Z13',
    seenBy: 'end-to-end', where: { script: 'the-end-of-a-session-over-a-fuzzy-snapshot-is-what-it-was' },
    system: 'zookeeper', firstSeed: 1,
  },
  {
    row: 'ZS-05', id: 'zookeeper/fuzzy-pzxid', publishedPerMille: null,
    ratePerMille: 100, firstCatcher: 'Z13',
    seenBy: 'end-to-end', where: { script: 'a-parent-learns-of-a-child-that-a-fuzzy-snapshot-has-missed' },
    system: 'zookeeper', firstSeed: 1,
  },
  {
    row: 'ZS-06', id: 'zookeeper/multi-partial', publishedPerMille: null,
    ratePerMille: 0, firstCatcher: 'K12',
    seenBy: 'K12', where: { script: 'a-snapshot-that-is-begun-behind-a-multi-has-all-of-it' }, system: 'zookeeper',
    firstSeed: 1,
  },
  {
    row: 'ZS-13', id: 'zookeeper/sequence-reset', publishedPerMille: null,
    ratePerMille: 1000, firstCatcher: 'linearizable-writes',
    seenBy: 'K11', where: 'tests', system: 'zookeeper', firstSeed: 5001,
  },
];
