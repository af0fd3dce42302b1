import type { Exhibit } from './exhibit.ts';
import { clientExhibits } from './exhibits/clients.ts';
import { electionExhibits } from './exhibits/elections.ts';
import { readExhibits } from './exhibits/reads.ts';
import { replicationExhibits } from './exhibits/replication.ts';
import { storageExhibits } from './exhibits/storage.ts';

/** Every defect that can be armed, in the order of the catalogue. */
export const exhibits: readonly Exhibit[] = [
  ...[...electionExhibits, ...replicationExhibits, ...readExhibits, ...storageExhibits]
    .sort((a, b) => (a.row < b.row ? -1 : 1)),
  ...clientExhibits,
];
