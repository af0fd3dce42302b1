import type { Variant } from '../../../contract/variant.ts';

/** The defects of Multi-Paxos, in the order of their rows. */
export const paxosVariants: readonly Variant[] = [];
