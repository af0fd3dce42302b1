import type { Variant } from '../../../contract/variant.ts';
import { applicationVariants } from './application.ts';
import { electionVariants } from './elections.ts';
import { membershipVariants } from './membership.ts';
import { readVariants } from './reads.ts';
import { replicationVariants } from './replication.ts';
import { snapshotVariants } from './snapshots.ts';
import { storageVariants } from './storage.ts';

/** Rows of the catalogue that can be armed in a Raft server, in its order. */
export const raftVariants: readonly Variant[] = [
  ...electionVariants, ...replicationVariants, ...readVariants, ...membershipVariants, ...snapshotVariants,
  ...storageVariants, ...applicationVariants,
].sort((a, b) => (a.row < b.row ? -1 : 1));
