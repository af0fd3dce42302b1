import type { Settings } from '../support/scenario-file.ts';

/** What turns a scenario red: defects of the catalogue, `ID` or `ID+ID`, or a part of the file that reads otherwise. */
export type Planted = string | { readonly called: string; readonly settings: Settings };

/** A row of the library of scenarios that names what must turn it red. */
export interface Red {
  readonly row: string;
  /** Below `scenarios`, without its ending. */
  readonly scenario: string;
  readonly plants: readonly Planted[];
}

const options = (set: Settings): Settings => ({ system: { options: set } });

/** RF-56: Raft as in the paper, without what the thesis and others have added against broken links. */
const PLAIN: Planted = {
  called: 'RF-56, plain Raft', settings: options({ preVote: false, stickiness: false, checkQuorum: false }),
};

const UNCHECKED: Planted = { called: 'CheckQuorum off', settings: options({ checkQuorum: false }) };

/** RF-57: all time-outs are equal, and nothing else tells the nodes apart. */
const NO_SPREAD: Planted = {
  called: 'RF-57, fixed timeouts',
  settings: { ...options({ electionTimeoutMax: '150ms' }), network: { latency: '1ms' } },
};

/** LC-08: a lease as long as the promise that it rests on, as if all clocks were alike. */
const NO_MARGIN: Planted = { called: 'LC-08, drift bound ignored', settings: options({ leaseDriftBound: 0 }) };

/** RL-29: keys with a time to live make room, and locks are such. */
const EVICTED: Planted = { called: 'RL-29, volatile-ttl', settings: options({ maxmemoryPolicy: 'volatile-ttl' }) };

/** All who wait are told of a release, and whoever is nearest is first. */
const NO_QUEUE: Planted = { called: 'waiters without a queue', settings: options({ wait: 'notify' }) };

/** Who waits for a lock asks again after a delay, and is told nothing. */
const POLLING: Planted = { called: 'waiters that poll', settings: options({ wait: 'poll' }) };

/** LC-07: whoever asks is granted a lock as soon as its lease has run out. */
const NO_LOCK_DELAY: Planted = { called: 'LC-07, no lock-delay', settings: options({ lockDelay: 0 }) };

/** LC-09: the clock of a client stands still while its machine is suspended. */
const STOPPED_CLOCK: Planted = {
  called: 'LC-09, a clock that stands still',
  settings: { faults: [{ at: '2500ms', pause: { target: 'c1', for: '15s', clock: 'stopped' } }] },
};

/** RL-01 and RL-02: whatever token a store carries, the resource takes it. */
const unfenced = (row: string): Planted => (
  { called: `${row}, no fencing`, settings: { resource: { checksTokens: false } } });

/** RL-12: a node that starts again has forgotten everything, and answers at once. */
const FORGETS: Planted = {
  called: 'RL-12, restart without data', settings: options({ appendfsync: 'off', startDelay: 0 }),
};

/** Whatever server a client is at answers its reads at once. */
const LOCAL_READS: Planted = { called: 'reads without a sync', settings: options({ reads: 'local' }) };

/** PX-32: whoever is overtaken tries a higher ballot at once. */
const NO_BACK_OFF: Planted = { called: 'PX-32, no back-off', settings: options({ backOff: false }) };

/** The process of n1 is not killed: it hears that its sync has failed, goes down, and comes back without the write. */
const HEARD: Planted = {
  called: 'who hears that a sync has failed',
  settings: {
    faults: [
      { at: '2500ms', crash: { target: 'n2', for: '4s' } },
      { at: '2900ms', 'disk-slow': { target: 'n1', sync: '100ms', for: '150ms' } },
      { at: '2900ms', 'sync-error': { target: 'n1', for: '400ms' } },
      { at: '5500ms', crash: { target: 'n3', for: '6s' } },
      { at: '5500ms', crash: { target: 'n1', flavour: 'machine-cache', for: '200ms' } },
    ],
  },
};

const EACH_SECOND: Planted = { called: 'RL-13, synced each second', settings: options({ appendfsync: 'everysec' }) };

/** Which scenario shows which defect, in nine seeds of ten or more. Some rows take more than one file. */
export const reds: readonly Red[] = [
  { row: 'C-01', scenario: 'raft/five-nodes-elect-a-leader-from-a-cold-start', plants: [NO_SPREAD] },
  { row: 'C-03', scenario: 'raft/crash-of-the-leader-loses-no-acknowledged-append', plants: ['raft/ack-on-append'] },
  {
    row: 'C-04', scenario: 'raft/leader-in-the-minority-stalls-and-its-side-serves-no-reads',
    plants: ['raft/local-leader-reads', 'raft/zombie-leader-local-commit'],
  },
  { row: 'C-05', scenario: 'raft/two-halves-of-four-nodes-both-stall', plants: ['raft/even-quorum'] },
  {
    row: 'C-06', scenario: 'raft/the-six-logs-of-figure-7-become-the-leaders',
    plants: ['raft/no-prev-term-check', 'raft/ack-own-last-index', 'raft/match-from-nack', 'raft/gap-append'],
  },
  { row: 'C-07', scenario: 'raft/figure-8-commits-nothing-of-an-older-term', plants: ['raft/commit-old-term'] },
  { row: 'C-08', scenario: 'raft/deaf-leader-gives-way', plants: [UNCHECKED] },
  { row: 'C-10', scenario: 'raft/one-broken-link-moves-nobody-with-pre-vote', plants: [PLAIN] },
  {
    row: 'C-10', scenario: 'raft/who-asks-for-a-pre-vote-is-not-taken-for-a-leader',
    plants: ['raft/prevote-refreshes-contact'],
  },
  { row: 'C-11', scenario: 'raft/three-connected-nodes-of-five-keep-a-leader', plants: [PLAIN] },
  {
    row: 'C-12', scenario: 'raft/a-node-that-was-isolated-comes-back-without-a-new-term',
    plants: ['raft/prevote-term-adopt'],
  },
  { row: 'C-13', scenario: 'raft/a-removed-server-disturbs-nobody', plants: ['raft/removed-server-disrupts'] },
  {
    row: 'C-14', scenario: 'raft/nobody-changes-members-before-its-no-op-is-committed',
    plants: ['raft/member-change-before-noop'],
  },
  { row: 'C-15', scenario: 'raft/a-joint-phase-needs-both-majorities', plants: ['raft/joint-one-majority'] },
  { row: 'C-16', scenario: 'raft/a-change-that-was-cut-off-is-taken-back', plants: ['raft/config-not-rolled-back'] },
  {
    row: 'C-17', scenario: 'raft/a-fresh-leader-serves-no-read-before-it-knows-what-is-committed',
    plants: ['raft/readindex-no-current-term'],
  },
  {
    row: 'C-18', scenario: 'raft/a-leader-that-wakes-from-a-pause-has-no-lease',
    plants: ['raft/lease-no-margin', 'raft/lease-from-reply', 'raft/lease-role-only'],
  },
  { row: 'C-19', scenario: 'raft/a-lease-begins-when-the-heartbeat-was-sent', plants: ['raft/lease-from-reply'] },
  { row: 'C-20', scenario: 'raft/a-slow-clock-within-the-bound-keeps-leases-safe', plants: [NO_MARGIN] },
  {
    row: 'C-21', scenario: 'raft/a-leader-gives-up-its-lease-before-a-transfer',
    plants: ['raft/lease-through-transfer'],
  },
  {
    row: 'C-22', scenario: 'raft/a-read-is-not-confirmed-by-the-round-of-an-earlier-one',
    plants: ['raft/readindex-context-reuse'],
  },
  {
    row: 'C-23', scenario: 'raft/power-loss-of-all-machines-keeps-every-acknowledged-append',
    plants: ['raft/ack-before-fsync', 'raft/leader-counts-unsynced-self'],
  },
  {
    row: 'C-24', scenario: 'raft/a-leader-with-a-slow-disk-stays-and-loses-nothing',
    plants: ['raft/leader-counts-unsynced-self'],
  },
  { row: 'C-25', scenario: 'raft/a-snapshot-survives-a-change-of-leader', plants: ['raft/chunk-mixup'] },
  {
    row: 'C-25', scenario: 'raft/the-first-entries-of-a-log-stay-the-first-when-they-come-late',
    plants: ['raft/prev-zero-accept'],
  },
  {
    row: 'C-25', scenario: 'raft/a-follower-that-lacks-what-is-compacted-waits-for-a-snapshot',
    plants: ['raft/compacted-term-zero'],
  },
  {
    row: 'C-25', scenario: 'raft/a-snapshot-takes-the-place-of-a-log-that-contradicts-it',
    plants: ['raft/snapshot-keeps-conflicting-suffix'],
  },
  { row: 'C-25', scenario: 'raft/a-snapshot-that-comes-late-takes-nothing-back', plants: ['raft/snapshot-regress'] },
  {
    row: 'C-26', scenario: 'raft/a-retry-meets-a-leader-that-came-from-a-snapshot',
    plants: ['client/sessions-not-in-snapshot', 'client/no-dedupe', 'client/dedupe-not-replicated'],
  },
  { row: 'C-27', scenario: 'raft/a-node-that-finds-an-empty-disk-takes-no-part', plants: ['raft/wiped-node-same-id'] },
  {
    row: 'C-28', scenario: 'raft/a-node-whose-log-is-corrupt-in-the-middle-takes-no-part',
    plants: ['raft/torn-tail-vs-corruption'],
  },
  {
    row: 'C-29', scenario: 'raft/a-write-that-completes-late-acknowledges-nothing-to-the-next-leader',
    plants: ['raft/async-append-aba'],
  },
  { row: 'C-30', scenario: 'raft/a-durable-counter-is-exact-after-crashes', plants: ['raft/apply-not-idempotent'] },
  {
    row: 'C-60', scenario: 'redlock/a-paused-holder-is-refused-where-tokens-are-checked', plants: [unfenced('RL-01')],
  },
  { row: 'C-61', scenario: 'redlock/a-late-packet-is-refused-where-tokens-are-checked', plants: [unfenced('RL-02')] },
  {
    row: 'C-63', scenario: 'redlock/a-killed-node-with-its-file-written-each-second-grants-nothing-twice',
    plants: [FORGETS],
  },
  {
    row: 'C-63', scenario: 'redlock/a-node-that-syncs-before-it-answers-grants-nothing-twice',
    plants: [FORGETS, EACH_SECOND],
  },
  { row: 'C-63', scenario: 'redlock/a-node-that-stays-out-after-a-restart-grants-nothing-twice', plants: [FORGETS] },
  {
    row: 'C-64', scenario: 'redlock/a-pause-before-the-replies-are-read-costs-the-lock',
    plants: ['redlock/no-validity-check', 'redlock/start-after-acquire'],
  },
  {
    row: 'C-65', scenario: 'redlock/clocks-that-drift-within-the-allowance-change-nothing',
    plants: ['redlock/drift-sign'],
  },
  {
    row: 'C-66', scenario: 'redlock/a-lost-reply-leaves-no-entry-behind',
    plants: ['redlock/no-release-on-failure', 'redlock/release-only-acquired'],
  },
  { row: 'C-66', scenario: 'redlock/who-tries-again-is-not-in-his-own-way', plants: ['redlock/same-value-retry'] },
  {
    row: 'RL-23', scenario: 'redlock/a-release-that-is-lost-costs-no-more-than-the-ttl',
    plants: ['redlock/watchdog-never-stops'],
  },
  {
    row: 'RL-19', scenario: 'redlock/a-release-that-a-majority-has-heard-is-one',
    plants: ['redlock/unlock-error-propagates'],
  },
  { row: 'C-67', scenario: 'redlock/clients-that-retry-apart-find-a-winner', plants: ['redlock/no-jitter'] },
  {
    row: 'C-68', scenario: 'redlock/an-extension-counts-where-the-entry-is-still-ones-own',
    plants: ['redlock/blind-extend'],
  },
  { row: 'C-68', scenario: 'redlock/an-extension-that-reaches-one-node-is-none', plants: ['redlock/extend-any'] },
  {
    row: 'C-68', scenario: 'redlock/an-extension-counts-from-when-it-was-asked-for',
    plants: ['redlock/extend-ignores-elapsed'],
  },
  {
    row: 'C-72', scenario: 'redis-lock/a-lock-ends-by-itself-however-its-client-ends',
    plants: ['redis-lock/setnx-then-expire'],
  },
  {
    row: 'C-73', scenario: 'redis-lock/a-watchdog-outlives-a-short-partition',
    plants: ['redis-lock/watchdog-stops-silently'],
  },
  {
    row: 'C-73', scenario: 'redis-lock/a-watchdog-that-was-cut-off-for-longer-gives-the-lock-up',
    plants: ['redis-lock/watchdog-stops-silently'],
  },
  {
    row: 'C-73', scenario: 'redis-lock/a-release-that-is-lost-costs-no-more-than-the-ttl',
    plants: ['redis-lock/watchdog-never-stops'],
  },
  { row: 'RL-25', scenario: 'redis-lock/a-lock-lasts-as-long-as-was-asked-for', plants: ['redis-lock/lease-of-wait'] },
  { row: 'RL-26', scenario: 'redis-lock/nobody-unlocks-what-another-one-holds', plants: ['redis-lock/force-unlock'] },
  { row: 'RL-28', scenario: 'redis-lock/the-clock-of-a-client-ends-no-lock', plants: ['redis-lock/getset-lock'] },
  {
    row: 'RL-32', scenario: 'redis-lock/a-waiter-whose-wake-up-is-lost-still-gets-the-lock',
    plants: ['redis-lock/lost-wake-up'],
  },
  { row: 'A.4.1-14', scenario: 'redis-lock/a-waiter-is-woken-when-the-lock-is-released', plants: [POLLING] },
  { row: 'A.4.1-14', scenario: 'redis-lock/waiters-in-a-queue-have-the-lock-in-their-order', plants: [NO_QUEUE] },
  { row: 'RL-29', scenario: 'redis-lock/memory-that-runs-out-refuses-locks-and-breaks-none', plants: [EVICTED] },
  {
    row: 'C-76', scenario: 'raft-lock/a-holder-that-was-paused-knows-that-its-lease-is-over',
    plants: ['lease/check-then-act', STOPPED_CLOCK],
  },
  {
    row: 'C-78', scenario: 'raft-lock/a-lock-that-was-waited-for-longer-than-its-lease-is-not-held',
    plants: ['lease/lock-without-lease-recheck'],
  },
  {
    row: 'C-79', scenario: 'raft-lock/a-lock-delay-keeps-the-successor-waiting-for-a-late-packet',
    plants: [NO_LOCK_DELAY],
  },
  {
    row: 'C-51', scenario: 'zookeeper-lock/a-release-wakes-one-waiter',
    plants: ['zookeeper-lock/herd'],
  },
  {
    row: 'C-52', scenario: 'zookeeper-lock/a-create-whose-answer-was-lost-is-found-again',
    plants: ['zookeeper-lock/orphan-after-connection-loss'],
  },
  {
    row: 'C-53', scenario: 'zookeeper-lock/a-holder-that-is-suspended-stops',
    plants: ['zookeeper-lock/believed-while-suspended', 'zookeeper-lock/never-deposed'],
  },
  {
    row: 'ZS-18', scenario: 'zookeeper-lock/a-leader-that-loses-its-connection-leads-no-more',
    plants: ['zookeeper-lock/believed-while-suspended', 'zookeeper-lock/never-deposed'],
  },
  {
    row: 'ZS-17', scenario: 'zookeeper-lock/who-is-gone-when-the-watch-is-set-is-not-waited-for',
    plants: ['zookeeper-lock/waits-for-the-gone'],
  },
  {
    row: 'ZS-19',
    scenario: 'zookeeper-recipes/what-was-asked-of-a-queue-without-an-answer-is-neither-doubled-nor-lost',
    plants: ['zookeeper-recipes/enqueue-again', 'zookeeper-recipes/takes-the-next'],
  },
  {
    row: 'ZS-21', scenario: 'zookeeper-recipes/elements-come-out-in-the-order-of-their-numbers',
    plants: ['zookeeper-recipes/sorted-by-name'],
  },
  {
    row: 'ZS-22', scenario: 'zookeeper-recipes/an-element-outlives-the-session-that-put-it-in',
    plants: ['zookeeper-recipes/ephemeral-elements'],
  },
  {
    row: 'ZS-27', scenario: 'zookeeper-recipes/who-is-connected-again-is-not-let-in-for-that',
    plants: ['zookeeper-recipes/woken-is-in'],
  },
  {
    row: 'ZS-28', scenario: 'zookeeper-recipes/who-was-not-told-that-it-has-joined-is-counted-once',
    plants: ['zookeeper-recipes/stands-twice'],
  },
  {
    row: 'ZS-29', scenario: 'zookeeper-recipes/what-is-left-of-a-round-lets-nobody-in',
    plants: ['zookeeper-recipes/ready-outlives-the-round'],
  },
  {
    row: 'ZS-30',
    scenario: 'zookeeper-recipes/nobody-is-in-before-enough-are-there-and-nobody-out-before-all-are-done',
    plants: ['zookeeper-recipes/leaves-alone'],
  },
  {
    row: 'ZS-31', scenario: 'zookeeper-recipes/a-member-that-is-gone-is-not-waited-for',
    plants: ['zookeeper-recipes/persistent-members'],
  },
  {
    row: 'ZS-32', scenario: 'zookeeper-recipes/who-counts-too-late-is-told-that-the-barrier-is-open',
    plants: ['zookeeper-recipes/counts-for-itself'],
  },
  {
    row: 'ZS-33', scenario: 'zookeeper-recipes/a-lift-between-the-look-and-the-watch-is-not-missed',
    plants: ['zookeeper-recipes/watches-too-late'],
  },
  {
    row: 'ZS-34', scenario: 'zookeeper-recipes/who-waits-looks-again-in-a-new-session',
    plants: ['zookeeper-recipes/waits-in-a-new-session'],
  },
  { row: 'ZS-34', scenario: 'zookeeper-recipes/nobody-passes-a-barrier-that-is-up', plants: [LOCAL_READS] },
  {
    row: 'ZS-11', scenario: 'zookeeper-lock/an-answer-that-is-late-is-no-new-sign-of-life',
    plants: ['zookeeper-lock/alive-by-its-own-timer'],
  },
  {
    row: 'C-54', scenario: 'zookeeper/an-ephemeral-znode-is-nowhere-behind-the-end-of-its-session',
    plants: [
      'zookeeper/ephemeral-after-close', 'zookeeper/stale-ephemeral-after-diff',
      'zookeeper/ephemeral-survives-follower-failure',
    ],
  },
  { row: 'C-55', scenario: 'zookeeper/a-read-behind-a-sync-is-fresh', plants: [LOCAL_READS] },
  {
    row: 'C-55', scenario: 'zookeeper/a-sync-by-a-quorum-finds-out-who-leads',
    plants: ['zookeeper/sync-not-quorum'],
  },
  {
    row: 'C-56', scenario: 'zookeeper/a-client-that-moves-is-not-taken-back-in-time',
    plants: ['zookeeper/read-goes-back'],
  },
  {
    row: 'C-56',
    scenario: 'zookeeper/what-a-client-left-at-a-server-is-not-done-behind-what-it-does-at-the-next',
    plants: ['zookeeper/session-moved-unchecked'],
  },
  {
    row: 'C-56', scenario: 'zookeeper/what-a-client-left-at-a-server-is-not-done-when-it-is-back',
    plants: ['zookeeper/owner-looked-up-late'],
  },
  {
    row: 'C-57', scenario: 'zookeeper/what-has-come-while-nobody-watched-is-told',
    plants: ['zookeeper/watch-lost-on-reconnect'],
  },
  {
    row: 'ZS-35', scenario: 'zookeeper/a-persistent-watch-stands-at-whichever-server-its-client-is',
    plants: ['zookeeper/one-mode-a-path', 'zookeeper/persistent-watch-lost-on-reconnect'],
  },
  {
    row: 'C-58', scenario: 'zookeeper/an-event-comes-before-the-data-that-it-tells-of',
    plants: ['zookeeper/watch-after-data'],
  },
  {
    row: 'C-59', scenario: 'zookeeper/a-new-leader-gives-each-of-a-thousand-sessions-its-whole-time',
    plants: ['zookeeper/expiry-rounded-down', 'zookeeper/counts-from-before', 'zookeeper/client-side-expiry'],
  },
  { row: 'LC-04', scenario: 'raft-lock/a-renewal-that-comes-too-late-is-refused', plants: ['lease/renew-race'] },
  {
    row: 'LC-08', scenario: 'raft-lock/clocks-that-drift-within-the-factor-keep-a-lease-to-one',
    plants: ['lease/drift-bound-ignored'],
  },
  { row: 'C-31', scenario: 'paxos/proposers-that-back-off-end-their-duel', plants: [NO_BACK_OFF] },
  { row: 'C-31', scenario: 'paxos-cas/coordinators-that-back-off-end-their-duel', plants: [NO_BACK_OFF] },
  { row: 'C-31', scenario: 'paxos-cas/clients-that-contend-for-one-key-all-get-through', plants: [NO_BACK_OFF] },
  { row: 'C-32', scenario: 'paxos/accepting-is-a-promise-too', plants: ['paxos/accept-keeps-old-promise'] },
  { row: 'C-33', scenario: 'paxos/no-ballot-is-used-twice', plants: ['paxos/ballot-reuse-after-restart'] },
  {
    row: 'PX-16', scenario: 'paxos/two-proposers-that-begin-at-once-have-two-ballots',
    plants: ['paxos/ballot-without-proposer+paxos/promise-to-anybody'],
  },
  { row: 'C-34', scenario: 'paxos/a-promise-is-stored-before-it-is-given', plants: ['paxos/promise-not-durable'] },
  {
    row: 'C-37', scenario: 'paxos/few-acceptances-take-many-promises', plants: ['paxos/flexible-not-intersecting'],
  },
  {
    row: 'PX-27', scenario: 'multi-paxos/acceptors-are-replaced-while-commands-are-under-way',
    plants: ['multi-paxos/alpha-ignored', 'multi-paxos/new-acceptors-not-asked'],
  },
  { row: 'PX-27', scenario: 'multi-paxos/nothing-is-executed-behind-a-stop', plants: ['multi-paxos/stop-not-last'] },
  {
    row: 'C-37', scenario: 'multi-paxos/two-acceptors-of-four-go-on-without-the-others',
    plants: ['multi-paxos/flexible-not-intersecting'],
  },
  { row: 'C-40', scenario: 'paxos/a-read-finishes-the-round-that-it-finds', plants: ['paxos/read-leaves-inflight'] },
  {
    row: 'C-31', scenario: 'multi-paxos/candidates-that-back-off-end-their-duel',
    plants: [{ called: 'PX-32, no back-off', settings: options({ backOff: 0 }) }],
  },
  {
    row: 'C-33', scenario: 'multi-paxos/no-ballot-is-prepared-twice',
    plants: ['multi-paxos/ballot-reuse-after-restart'],
  },
  {
    row: 'C-34', scenario: 'multi-paxos/a-promise-is-stored-before-it-is-given',
    plants: ['multi-paxos/promise-not-durable'],
  },
  {
    row: 'C-35', scenario: 'multi-paxos/a-hole-is-filled-with-a-no-op-and-its-neighbours-are-kept',
    plants: ['multi-paxos/hole-not-filled', 'multi-paxos/hole-filled-without-asking'],
  },
  {
    row: 'C-39', scenario: 'multi-paxos/an-acceptor-that-lost-its-disk-begins-another-life',
    plants: [{ called: 'PX-22, rejoin: observed', settings: options({ rejoin: 'observed' }) }],
  },
  {
    row: 'C-39', scenario: 'multi-paxos/a-node-that-lost-its-disk-is-counted-on-again',
    plants: [{ called: 'rejoin: never', settings: options({ rejoin: 'never' }) }],
  },
  {
    row: 'MP-36', scenario: 'multi-paxos/a-thrifty-leader-asks-all-when-its-quorum-is-silent',
    plants: ['multi-paxos/thrift-without-retreat'],
  },
  {
    row: 'PX-06', scenario: 'multi-paxos/a-proposer-that-crashes-leaves-its-work-to-another',
    plants: ['multi-paxos/ignore-previous-value'],
  },
  {
    row: 'PX-02', scenario: 'multi-paxos/acceptors-that-crash-together-leave-their-proposer-in-place',
    plants: ['multi-paxos/accept-not-durable'],
  },
  {
    row: 'C-38', scenario: 'multi-paxos/a-master-that-wakes-from-a-pause-serves-no-stale-reads',
    plants: ['multi-paxos/master-lease-symmetric'],
  },
  {
    row: 'C-41', scenario: 'multi-paxos/a-leader-that-lags-behind-what-was-dropped-learns-it-first',
    plants: ['multi-paxos/truncated-taken-for-empty', 'multi-paxos/truncate-too-early'],
  },
  {
    row: 'PX-12', scenario: 'multi-paxos/acceptances-of-an-older-ballot-count-for-nothing',
    plants: ['multi-paxos/learn-across-ballots'],
  },
  {
    row: 'C-42', scenario: 'zab/what-a-leader-logged-alone-is-cut-off-when-it-comes-back',
    plants: ['zab/retained-db', 'zab/trunc-missing'],
  },
  {
    row: 'C-43', scenario: 'zab/the-history-is-on-the-disk-before-the-epoch-is', plants: ['zab/epoch-before-history'],
  },
  {
    row: 'C-44', scenario: 'zab/followers-that-crash-as-they-join-keep-what-they-acknowledged',
    plants: ['zab/ack-before-history', 'zab/epoch-before-history', 'zab/history-by-processor', 'zab/ack-before-sync'],
  },
  {
    row: 'C-45', scenario: 'zab/a-snapshot-that-was-installed-is-there-after-a-restart',
    plants: ['zab/snapshot-not-stored', 'zab/committed-log-gap'],
  },
  {
    row: 'C-46', scenario: 'zab/a-leader-that-dies-while-followers-join-takes-nothing-with-it',
    plants: ['zab/early-ack', 'zab/delivers-pending', 'zab/loses-what-is-under-way', 'zab/forwards-late'],
  },
  { row: 'C-46', scenario: 'zab/a-follower-that-joins-under-load-misses-nothing', plants: ['zab/delivers-pending'] },
  {
    row: 'C-47', scenario: 'zab/a-log-that-cannot-be-cut-takes-its-node-out', plants: ['zab/trunc-failure-ignored'],
  },
  { row: 'C-48', scenario: 'zab/a-counter-that-is-used-up-begins-a-new-epoch', plants: ['zab/zxid-rollover'] },
  { row: 'C-49', scenario: 'zab/of-two-votes-one-is-better', plants: ['zab/vote-cycle'] },
  {
    row: 'C-49', scenario: 'zab/a-vote-of-a-round-that-is-over-elects-nobody', plants: ['zab/counts-stale-rounds'],
  },
  { row: 'C-50', scenario: 'zab/a-leader-whose-disk-fails-gives-way', plants: ['zab/leader-hangs'] },
  { row: 'RF-51', scenario: 'zab/what-a-node-has-in-its-cache-alone-is-lost-with-its-machine', plants: [HEARD] },
  {
    row: 'C-40', scenario: 'paxos-cas/a-read-finishes-the-change-that-it-finds',
    plants: ['paxos-cas/read-leaves-inflight'],
  },
  {
    row: 'PX-12', scenario: 'paxos/acceptances-of-several-ballots-choose-nothing',
    plants: ['paxos/learn-across-ballots'],
  },
  {
    row: 'PX-17', scenario: 'paxos/a-promise-makes-nothing-newer-that-was-accepted', plants: ['paxos/single-ballot'],
  },
  {
    row: 'PX-29', scenario: 'paxos-cas/a-replica-that-moves-takes-unfinished-rounds-with-it',
    plants: ['paxos-cas/paxos-state-not-migrated'],
  },
  {
    row: 'PX-30', scenario: 'paxos-cas/a-compare-that-timed-out-may-have-happened',
    plants: ['paxos-cas/retry-executed-again', 'client/retry-as-new', 'client/unknown-as-failed'],
  },
  {
    row: 'C-38', scenario: 'multi-paxos/what-is-asked-of-one-master-is-not-executed-by-the-next',
    plants: ['multi-paxos/master-lease-symmetric', 'multi-paxos/epoch-not-checked'],
  },
  {
    row: 'PX-26', scenario: 'multi-paxos/a-command-that-is-chosen-twice-is-executed-once',
    plants: ['client/no-dedupe'],
  },
  {
    row: 'P2c', scenario: 'paxos/the-value-of-the-highest-ballot-is-adopted',
    plants: ['paxos/adopt-first', 'paxos/adopt-lowest'],
  },
  { row: 'C-101', scenario: 'raft/a-leader-that-reaches-one-node-gives-way-to-it', plants: [UNCHECKED] },
];

/** What rows name besides and nothing here can turn on, and why. */
export const notPlanted: readonly { readonly row: string; readonly plant: string; readonly because: string }[] = [
  {
    row: 'C-18', plant: 'LC-10, of reads',
    because: 'the lease is looked at and the read answered in one step, and no step of this Raft is split',
  },
  { row: 'C-62', plant: 'RL-14', because: 'the jump of a clock is the fault of the scenario itself, which must fail' },
  { row: 'C-64', plant: 'RL-15', because: 'the wall clock is an option, and the scenario of it must fail' },
  { row: 'C-23', plant: 'RF-50', because: 'a log is one file here, without segments or a directory' },
  { row: 'C-24', plant: 'LC-01', because: 'leases here end by the time of the log, and no leader revokes any' },
  { row: 'C-26', plant: 'RF-39', because: 'the same as CS-06, client/sessions-not-in-snapshot' },
];

export function nameOfPlant(planted: Planted): string {
  return typeof planted === 'string' ? planted : planted.called;
}
