import type { Message, Plain } from '../../contract/message.ts';
import type { SessionResult } from '../../contract/session.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { Ballot } from './ballot.ts';

/** Names the command of a client that a proposal came from. A retry has the same name. */
export interface Author {
  readonly client: NodeId;
  readonly session: number;
  readonly sequence: number;
}

/** What can be chosen. Two proposals are one and the same if they have the same author. Frozen. */
export interface Proposal {
  readonly by: Author;
  readonly value: Plain;
}

/** A proposal that an acceptor has accepted, and with which ballot. */
export interface AcceptedProposal<P extends Proposal = Proposal> {
  readonly ballot: Ballot;
  readonly proposal: P;
}

/** Phase 1a: asks for a promise. All messages name the instance that they are about: the key. */
export interface Prepare extends Message {
  readonly kind: 'Prepare';
  readonly key: string;
  readonly ballot: Ballot;
}

/** Phase 1b (Promise in many texts): accepts nothing below `ballot` any more, and has accepted this so far. */
export interface Promised<P extends Proposal = Proposal> extends Message {
  readonly kind: 'Promised';
  readonly key: string;
  readonly ballot: Ballot;
  readonly accepted: AcceptedProposal<P> | null;
}

/** Phase 2a: asks to accept. */
export interface Accept<P extends Proposal = Proposal> extends Message {
  readonly kind: 'Accept';
  readonly key: string;
  readonly ballot: Ballot;
  readonly proposal: P;
}

/** Phase 2b: has accepted. To the proposer and to each learner. */
export interface Accepted<P extends Proposal = Proposal> extends Message {
  readonly kind: 'Accepted';
  readonly key: string;
  readonly ballot: Ballot;
  readonly proposal: P;
}

/** A Prepare or Accept of `ballot` comes too late: `promised` is higher. Attests nothing, and saves time. */
export interface Rejected extends Message {
  readonly kind: 'Rejected';
  readonly key: string;
  readonly ballot: Ballot;
  readonly promised: Ballot;
}

/** What an acceptor is asked, and what it answers. */
export type AcceptorMessage<P extends Proposal = Proposal> =
  Prepare | Promised<P> | Accept<P> | Accepted<P> | Rejected;

/** Everything that travels between nodes of single-decree Paxos. */
export type PaxosMessage = AcceptorMessage;

/** What a node answers a client. */
export type PaxosAnswer =
  | { readonly kind: 'result'; readonly result: SessionResult }
  /** Only proposers take commands: `proposer` is one. */
  | { readonly kind: 'not-proposer'; readonly proposer: NodeId };
