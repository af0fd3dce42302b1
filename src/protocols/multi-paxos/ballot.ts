import { type NodeId, nodeId } from '../../kernel/ids.ts';

/**
 * A ballot: its round and its proposer, as one integer, so that comparing ballots is comparing numbers: 3002 is round 3
 * of node `n2`. No two proposers have a ballot in common, and none has it twice, since rounds survive restarts.
 *
 * Above both stands the era: how many stops its proposer has executed. Whoever accepts in one era has promised not to
 * accept in an earlier one.
 */
export type Ballot = number;

/** Below every ballot: what an acceptor has promised that was never asked. */
export const NO_BALLOT: Ballot = 0;

/** More nodes than a cluster has. */
const NODES = 1_000;

/** Above every ballot without stops: a thousand million rounds. A multiple of {@link NODES}. */
const ERA = 1_000_000_000_000;

export function ballotOf(round: number, proposer: NodeId, era = 0): Ballot {
  return era * ERA + round * NODES + proposer + 1;
}

export function eraOf(ballot: Ballot): number {
  return Math.floor(ballot / ERA);
}

export function roundOf(ballot: Ballot): number {
  return Math.floor((ballot % ERA) / NODES);
}

/** Whose ballot this is. Not of {@link NO_BALLOT}. */
export function proposerOf(ballot: Ballot): NodeId {
  return nodeId((ballot % NODES) - 1);
}
