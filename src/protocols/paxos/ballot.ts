import type { NodeId } from '../../kernel/ids.ts';

/** The number of a proposal ("Paxos Made Simple", §2.2). Proposers draw theirs from disjoint sets: no two are equal. */
export interface Ballot {
  readonly round: number;
  readonly proposer: NodeId;
}

/** Below zero where `a` is the lower ballot, above where it is the higher one. Ballots of one round go by proposer. */
export function compareBallots(a: Ballot, b: Ballot): number {
  return a.round - b.round || a.proposer - b.proposer;
}

export function isSameBallot(a: Ballot, b: Ballot): boolean {
  return a.round === b.round && a.proposer === b.proposer;
}

/** `3.0`: round 3 of the first node. Equal ballots have equal text. */
export function ballotText({ round, proposer }: Ballot): string {
  return `${round}.${proposer}`;
}
