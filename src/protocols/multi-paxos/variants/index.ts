import type { Variant } from '../../../contract/variant.ts';
import { acceptorVariants } from './acceptor.ts';
import { membershipVariants } from './membership.ts';
import { proposerVariants } from './proposer.ts';
import { quorumVariants } from './quorums.ts';

/** The defects of Multi-Paxos, in the order of their rows. */
export const paxosVariants: readonly Variant[] = [
  ...acceptorVariants, ...proposerVariants, ...quorumVariants, ...membershipVariants,
].sort((a, b) => (a.row < b.row ? -1 : 1));
