import type { Variant } from '../../../contract/variant.ts';
import { diskVariants } from './disks.ts';
import { electionVariants } from './elections.ts';
import { epochVariants } from './epochs.ts';
import { synchronisationVariants } from './synchronisation.ts';

/** The defects of Zab, in the order of their rows. */
export const zabVariants: readonly Variant[] = [
  ...synchronisationVariants, ...epochVariants, ...electionVariants, ...diskVariants,
].sort((a, b) => (a.row < b.row ? -1 : 1));
