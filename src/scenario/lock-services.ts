import type { LockSystem } from '../contract/lock.ts';
import type { MetricTable, ProtocolModule } from '../contract/module.ts';
import type { Options, OptionTable, OptionValue } from '../contract/options.ts';
import { leaseLock, leaseLockAssumptions } from '../clients/lease-lock.ts';
import { leaseServiceVariants } from '../services/lease-lock-variants.ts';
import { leaseLockVariants } from '../clients/lease-lock-variants.ts';
import { raft } from '../protocols/raft/module.ts';
import { lockVariants, redis, redisLockServers, singleInstanceLock } from '../protocols/redis/module.ts';
import { redlockSystem } from '../protocols/redlock/lock-system.ts';
import { redlockVariants } from '../protocols/redlock/variants.ts';
import { zooKeeperLock } from '../protocols/zookeeper/client/lock-system.ts';
import { zooKeeperLockVariants } from '../protocols/zookeeper/client/variants.ts';
import { zooKeeper } from '../protocols/zookeeper/module.ts';
import { redisLockAssumptions, redlockAssumptions, zooKeeperLockAssumptions } from './lock-assumptions.ts';
import { lockInvariants } from './lock-invariants.ts';

/** What notes of applications and resources say, whatever the lock. */
const applicationEvents: readonly string[] = [
  'granted', 'refused', 'unsure', 'extended', 'lost', 'validity-checked', 'validity-over', 'stored', 'stale',
  'released', 'release-failed', 'took-store', 'refused-store',
];

const lockMetrics: MetricTable = {
  grants: { kind: 'count', event: 'granted', doc: 'acquisitions that ended with the lock' },
  refusals: { kind: 'count', event: 'refused', doc: 'acquisitions that certainly ended without it' },
  releases: { kind: 'count', event: 'released', doc: 'releases that the servers have confirmed' },
  staleStores: { kind: 'count', event: 'refused-store', doc: 'stores that the resource refused for their token' },
};

/** What makes a lock service of a protocol. */
interface Parts extends Pick<ProtocolModule, 'name' | 'variants' | 'assumptions'> {
  readonly servers: ProtocolModule;
  readonly locks: LockSystem;
  /** Beside those of all locks. */
  readonly metrics?: MetricTable;
  /** Defaults of the servers' options that are others here. */
  readonly defaults?: Options;
}

/** Servers with clients of a lock: the options, events and invariants of both. */
function lockService({ servers, locks, metrics = {}, defaults = {}, ...parts }: Parts): ProtocolModule {
  const { invariants } = servers;
  return {
    ...servers,
    ...parts,
    locks,
    progressBudgetUs: (options) => servers.progressBudgetUs(options) + locks.blockedUs(options),
    options: { ...withDefaults(servers.options, defaults), ...locks.options },
    optionsProblem: (options) => servers.optionsProblem?.(options) ?? locks.optionsProblem?.(options) ?? null,
    metrics: { ...servers.metrics, ...lockMetrics, ...metrics },
    events: [...servers.events, ...locks.events, ...applicationEvents],
    invariants: {
      declared: [...invariants.declared, ...lockInvariants],
      observe: (cluster, report) => invariants.observe(cluster, report),
    },
  };
}

function withDefaults(table: OptionTable, defaults: Readonly<Record<string, OptionValue>>): OptionTable {
  const changed = Object.entries(defaults).map(([name, value]) => [name, { ...table[name], default: value }]);
  return { ...table, ...(Object.fromEntries(changed) as OptionTable) };
}

const redlock = redlockSystem(redisLockServers);
const underRaft = leaseLock(raft.client);

/** The lock services: clients of a lock, and the servers that they ask. */
export const lockServices: readonly ProtocolModule[] = [
  lockService({
    name: 'redlock',
    servers: redis,
    locks: redlock,
    defaults: { layout: 'independent' },
    variants: redlockVariants,
    assumptions: redlockAssumptions(redlock),
  }),
  lockService({
    name: 'redis-lock',
    servers: redis,
    locks: singleInstanceLock,
    variants: lockVariants,
    assumptions: redisLockAssumptions(singleInstanceLock, redis.assumptions),
    metrics: {
      entries: { kind: 'count', event: 'entered', doc: 'how often a holder has taken its lock again' },
      wakeUps: { kind: 'count', event: 'woken', doc: 'waiters that were told of a release' },
    },
  }),
  lockService({
    name: 'raft-lock',
    servers: raft,
    locks: underRaft,
    // Leases have to end, however often the leader changes.
    defaults: { logTime: 'all' },
    variants: [...leaseLockVariants(raft.client), ...leaseServiceVariants],
    assumptions: [...raft.assumptions, ...leaseLockAssumptions],
  }),
  lockService({
    name: 'zookeeper-lock',
    servers: zooKeeper,
    locks: zooKeeperLock,
    variants: zooKeeperLockVariants,
    assumptions: zooKeeperLockAssumptions(zooKeeperLock, zooKeeper.assumptions),
  }),
];
