import type { InvariantInfo } from '../../contract/invariant.ts';

/** P1: of one instance at most one proposal is ever accepted by a quorum with one ballot: of all that was ever sent. */
export const chosenUnique: InvariantInfo = {
  id: 'P1',
  name: 'chosen-uniqueness',
  source: 'Paxos Made Simple, §2.1: only a single value is chosen',
};

/** P2: what a node takes for chosen is. */
export const learnedIsChosen: InvariantInfo = {
  id: 'P2',
  name: 'learned-is-chosen',
  source: 'Paxos Made Simple, §2.1: a process never learns that a value has been chosen unless it actually has been',
};

/** P3: what is chosen was asked for by a client, in these words. */
export const validity: InvariantInfo = {
  id: 'P3',
  name: 'validity',
  source: 'Paxos Made Simple, §2.1: only a value that has been proposed may be chosen',
};

/** P4: all requests to accept of one instance and ballot carry one proposal. */
export const oneProposalPerBallot: InvariantInfo = {
  id: 'P4',
  name: 'one-proposal-per-ballot',
  source: 'Paxos Made Simple, §2.2: different proposals have different numbers',
};

/** P5: the ballots that an acceptor says to have promised never go down, restarts included. */
export const promiseMonotone: InvariantInfo = {
  id: 'P5',
  name: 'promise-monotone',
  source: 'Paxos Made Simple, §2.2: it responds to a prepare request greater than any to which it has responded',
};

/** P6: nobody says to have accepted a ballot below one that it has said to have promised. */
export const acceptsNothingBelow: InvariantInfo = {
  id: 'P6',
  name: 'accepts-nothing-below-a-promise',
  source: 'Paxos Made Simple, §2.2, P1a',
};

/** P7: whoever accepts a ballot has promised it from then on. */
export const acceptingPromises: InvariantInfo = {
  id: 'P7',
  name: 'accepting-promises',
  source: 'Paxos Made Simple, §2.2: a request to accept is one to which an acceptor responds',
};

/** P8: what an acceptor says is on its disk when it says it. */
export const answersAreDurable: InvariantInfo = {
  id: 'P8',
  name: 'answers-are-durable',
  source: 'Paxos Made Simple, §2.5: an acceptor records its response in stable storage before it sends it',
};

/** P9: once something is chosen with a ballot, requests to accept with higher ones are for nothing else. */
export const safeAtBallot: InvariantInfo = {
  id: 'P9',
  name: 'safe-at-ballot',
  source: 'Paxos Made Simple, §2.2, P2b',
};

/** P10: nobody asks to accept before so many acceptors have promised that each quorum of phase 2 has one of them. */
export const quorumsMeet: InvariantInfo = {
  id: 'P10',
  name: 'quorums-meet',
  source: 'Howard, Malkhi and Spiegelman 2016, "Flexible Paxos"; Paxos Made Simple, §2.2, P2c',
};

/** P11: a ballot is prepared by one incarnation of one proposer. */
export const ballotUnique: InvariantInfo = {
  id: 'P11',
  name: 'ballot-uniqueness',
  source: 'Paxos Made Simple, §2.5: no two proposals are ever issued with the same number',
};

/** P16: what is asked to be accepted was reported with the highest ballot of all promises that were counted. */
export const adoptsHighest: InvariantInfo = {
  id: 'P16',
  name: 'adopts-the-highest',
  source: 'Paxos Made Simple, §2.2, P2c',
};

export const declaredInvariants: readonly InvariantInfo[] = [
  chosenUnique, learnedIsChosen, validity, oneProposalPerBallot, promiseMonotone, acceptsNothingBelow,
  acceptingPromises, answersAreDurable, safeAtBallot, quorumsMeet, ballotUnique, adoptsHighest,
];
