import type { Variant } from '../../../contract/variant.ts';
import { epochVariants } from './epochs.ts';
import { synchronisationVariants } from './synchronisation.ts';

/** The defects of Zab, in the order of their rows. */
export const zabVariants: readonly Variant[] = [...synchronisationVariants, ...epochVariants]
  .sort((a, b) => (a.row < b.row ? -1 : 1));
