import type { InvariantInfo } from '../../contract/invariant.ts';

/** S1: at most one Sentinel leads a failover in an epoch. Looked at when one is elected. */
export const oneLeader: InvariantInfo = {
  id: 'S1',
  name: 'one-leader-per-epoch',
  source: 'Redis, "High availability with Redis Sentinel", Configuration epochs',
};

/** S2: a Sentinel tells everybody of one and the same vote in an epoch, restarts included. */
export const oneVote: InvariantInfo = {
  id: 'S2',
  name: 'one-vote-per-epoch',
  source: 'Redis, "High availability with Redis Sentinel", Configuration epochs',
};

/** S3: a configuration epoch names one primary, whoever says it. */
export const oneConfiguration: InvariantInfo = {
  id: 'S3',
  name: 'one-primary-per-configuration-epoch',
  source: 'Redis, "High availability with Redis Sentinel", Configuration epochs',
};

/** S4: a vote is on the disk of its Sentinel when it is told. */
export const votesAreDurable: InvariantInfo = {
  id: 'S4',
  name: 'votes-are-durable',
  source: 'Redis, "High availability with Redis Sentinel", Sentinel persistent state',
};

export const declaredInvariants: readonly InvariantInfo[] = [oneLeader, oneVote, oneConfiguration, votesAreDurable];
