import type { InvariantInfo } from '../../contract/invariant.ts';

/** P1: in each slot at most one value is ever accepted by a quorum in one ballot. Looked at with each acceptance. */
export const chosenOnce: InvariantInfo = { id: 'P1', name: 'chosen-once', source: 'Paxos Made Simple, section 2.1' };

/** P2: what a leader decides, and what anybody executes, was chosen. Looked at when it is told, and executed. */
export const decidedIsChosen: InvariantInfo = {
  id: 'P2', name: 'decided-is-chosen', source: 'Paxos Made Simple, section 2.1',
};

/** P3: what is proposed was asked for by a client, or is a no-op. Looked at when it is proposed. */
export const validity: InvariantInfo = { id: 'P3', name: 'validity', source: 'Paxos Made Simple, section 2.1' };

/** P4: in one ballot, one value is proposed in a slot. Looked at when it is proposed. */
export const oneValuePerBallot: InvariantInfo = {
  id: 'P4', name: 'one-value-per-ballot', source: 'Paxos Made Simple, section 2.2',
};

/** P5: what an acceptor has promised never goes down, nor below what it has told anybody, restarts included. */
export const promiseMonotone: InvariantInfo = {
  id: 'P5', name: 'promise-monotone', source: 'Paxos Made Simple, section 2.5',
};

/** P6: nobody accepts a ballot below one that it has told anybody to have promised. Looked at when it accepts. */
export const promiseKept: InvariantInfo = {
  id: 'P6', name: 'promise-kept', source: 'Paxos Made Simple, section 2.2, P1a',
};

/** P7: who has accepted a ballot has promised it. Looked at when it accepts. */
export const acceptanceIsPromise: InvariantInfo = {
  id: 'P7', name: 'acceptance-is-promise', source: 'PMMC, section 2.2',
};

/** P8: what Promised and Accepted say is on the sender's disk when they leave. */
export const promisesAreDurable: InvariantInfo = {
  id: 'P8', name: 'promises-are-durable', source: 'Paxos Made Simple, section 2.5',
};

/** P9: who proposes in a slot in which something is chosen in a lower ballot proposes that. */
export const safeProposal: InvariantInfo = {
  id: 'P9', name: 'safe-proposal', source: 'Paxos Made Simple, section 2.2, P2b',
};

/**
 * P10: any prepare quorum meets any accept quorum, set by set, and each slot has the acceptors that the slots before it
 * say. Looked at when a node begins to go by them, and executes.
 */
export const quorumsIntersect: InvariantInfo = {
  id: 'P10', name: 'quorums-intersect', source: 'Flexible Paxos, section 3',
};

/** P11: no ballot is prepared by two proposers, or by two lives of one. Looked at when Prepare leaves. */
export const ballotUniqueness: InvariantInfo = {
  id: 'P11', name: 'ballot-uniqueness', source: 'Paxos Made Simple, section 2.5',
};

/** P12: replicas execute the same in each slot, leave none out, and are in the same state. Looked at then. */
export const orderedExecution: InvariantInfo = { id: 'P12', name: 'ordered-execution', source: 'PMMC, section 2.1' };

/** P13: what an acceptor drops is in its own snapshot on the disk, and in those of an accept quorum. */
export const truncationSafety: InvariantInfo = {
  id: 'P13', name: 'truncation-safety', source: 'Paxos Made Live, section 5.5',
};

/** P14: nobody proposes further ahead of what it has executed than the window. Looked at when it proposes. */
export const windowKept: InvariantInfo = { id: 'P14', name: 'window-kept', source: 'PMMC, section 2.1, WINDOW' };

/**
 * P15: at no instant of true time two nodes believe that they are master, by their leases and their clocks, and epochs
 * grow from one master to the next. Nobody answers a read by the lease once a quorum has promised a higher ballot.
 * Nothing is executed in another epoch than it was asked for in.
 */
export const masterExclusive: InvariantInfo = {
  id: 'P15', name: 'master-exclusive', source: 'Paxos Made Live, sections 5.2 and 5.3',
};

/**
 * P16: a leader was promised its ballot by a quorum of the acceptors of each slot that it may propose in, and adopts in
 * each what the highest ballot among these promises shows. Looked at when it begins to lead, and may propose further.
 */
export const adoption: InvariantInfo = { id: 'P16', name: 'adoption', source: 'Paxos Made Simple, section 2.2, P2c' };

/** All of them, in the order of their ids. */
export const declaredInvariants: readonly InvariantInfo[] = [
  chosenOnce, decidedIsChosen, validity, oneValuePerBallot, promiseMonotone, promiseKept, acceptanceIsPromise,
  promisesAreDurable, safeProposal, quorumsIntersect, ballotUniqueness, orderedExecution, truncationSafety, windowKept,
  masterExclusive, adoption,
];
