import type { Exhibit } from './exhibit.ts';
import { applicationExhibits } from './exhibits/application.ts';
import { clientExhibits } from './exhibits/clients.ts';
import { electionExhibits } from './exhibits/elections.ts';
import { lockExhibits } from './exhibits/locks.ts';
import { membershipExhibits } from './exhibits/membership.ts';
import { multiPaxosExhibits } from './exhibits/multi-paxos.ts';
import { paxosCasExhibits } from './exhibits/paxos-cas.ts';
import { paxosExhibits } from './exhibits/paxos.ts';
import { readExhibits } from './exhibits/reads.ts';
import { recipeExhibits } from './exhibits/recipes.ts';
import { replicationExhibits } from './exhibits/replication.ts';
import { snapshotExhibits } from './exhibits/snapshots.ts';
import { storageExhibits } from './exhibits/storage.ts';
import { zabExhibits } from './exhibits/zab.ts';
import { zooKeeperExhibits } from './exhibits/zookeeper.ts';

/** Every defect that can be armed: those of Raft, of Multi-Paxos, of Zab, of clients, of locks, and of Paxos. */
export const exhibits: readonly Exhibit[] = [
  ...[
    ...electionExhibits, ...replicationExhibits, ...readExhibits, ...membershipExhibits, ...snapshotExhibits,
    ...storageExhibits, ...applicationExhibits,
  ].sort((a, b) => (a.row < b.row ? -1 : 1)),
  ...multiPaxosExhibits,
  ...zabExhibits,
  ...zooKeeperExhibits,
  ...recipeExhibits,
  ...clientExhibits,
  ...lockExhibits,
  ...paxosExhibits,
  ...paxosCasExhibits,
];
