import type { ClientRequest } from '../../contract/client.ts';
import type { DiskView } from '../../contract/disk.ts';
import type { SessionCommand } from '../../contract/session.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { Ballot } from './ballot.ts';
import type { Layout } from './layout.ts';
import type { AcceptedProposal, Proposal } from './messages.ts';

/** The cell `round`: rounds up to this one may have been used; what comes after a crash goes on above it. */
export const ROUND_FILE = 'round';
/** The cell `keys`: names of all instances that have a cell of their own. */
export const KEYS_FILE = 'keys';
/** The cell of one instance, an {@link AcceptorRecord}. */
export const instanceFile = (key: string): string => `instance/${key}`;

export interface RoundRecord {
  readonly reserved: number;
}

/** What an acceptor remembers of one instance ("Paxos Made Simple", §2.5). Promise and acceptance are one record. */
export interface AcceptorRecord<P extends Proposal = Proposal> {
  /** The highest ballot that it has promised; `null`: none. */
  readonly promised: Ballot | null;
  /** What it has accepted with the highest ballot. */
  readonly accepted: AcceptedProposal<P> | null;
}

export const UNTOUCHED: AcceptorRecord<never> = Object.freeze({ promised: null, accepted: null });

/** What survives a crash. A node has what its roles need; the rest stays empty. */
export interface Durable<P extends Proposal = Proposal> {
  /** Of the proposer. */
  reservedRound: number;
  /** Of the acceptor, by key. */
  readonly instances: Map<string, AcceptorRecord<P>>;
}

/** Reads what is left after a crash. */
export function recoverDurable<P extends Proposal>(disk: DiskView): Durable<P> {
  const keys = (disk.cell(KEYS_FILE) as readonly string[] | undefined) ?? [];
  const instances = new Map<string, AcceptorRecord<P>>();
  for (const key of keys) {
    const record = disk.cell(instanceFile(key)) as AcceptorRecord<P> | undefined;
    // The files are synced apart, and who lost an instance that is listed has promised nothing in it.
    if (record !== undefined) instances.set(key, record);
  }
  return { reservedRound: (disk.cell(ROUND_FILE) as RoundRecord | undefined)?.reserved ?? 0, instances };
}

/** An `execute` of a client. */
export type Execute = Extract<SessionCommand, { kind: 'execute' }>;

/** A command of a client that waits for an instance. */
export interface Asked {
  /** Its last attempt: the one that is answered. */
  request: ClientRequest;
  readonly command: Execute;
  /** Our round when it came: ballots of later rounds began after it. */
  readonly cameInRound: number;
}

/** A promise that was counted. */
export interface CountedPromise<P extends Proposal = Proposal> {
  readonly from: NodeId;
  readonly accepted: AcceptedProposal<P> | null;
}

/** One try of a proposer to get something chosen, with one ballot. */
export interface Attempt<P extends Proposal = Proposal> {
  readonly ballot: Ballot;
  /** In the order in which they came. */
  readonly promises: CountedPromise<P>[];
  /** What phase 2 asks to accept; `null` during phase 1. */
  proposal: P | null;
  /** Who has accepted it. */
  readonly acceptedBy: NodeId[];
}

/** What a proposer does about one instance. */
export interface Pursuit<P extends Proposal = Proposal> {
  /** In the order in which they came first. */
  readonly asked: Asked[];
  /** `null` while backing off. */
  attempt: Attempt<P> | null;
  /** Ballots in a row that were overtaken. */
  defeats: number;
  /** Nobody has rejected anything since the start, or the last wait: the round may be too low by far. */
  isBlind: boolean;
}

/** Acceptances of one ballot. */
export interface Tally {
  readonly ballot: Ballot;
  readonly proposal: Proposal;
  readonly from: NodeId[];
}

/** What proposers and acceptors of any kind have. */
export interface CommonState<P extends Proposal = Proposal> {
  /** The roles of this node. */
  readonly roles: readonly Role[];
  readonly durable: Durable<P>;
  /** The highest round that we have used or heard of. */
  round: number;
  /** Of the proposer, by key: what it is at. */
  readonly pursuits: Map<string, Pursuit<P>>;
  /** What it knows to be chosen, by key. */
  readonly learned: Map<string, P>;
}

export type Role = 'proposer' | 'acceptor' | 'learner';

export function rolesOf({ proposers, acceptors, learners }: Layout, node: NodeId): Role[] {
  const roles: Role[] = [];
  if (proposers.includes(node)) roles.push('proposer');
  if (acceptors.includes(node)) roles.push('acceptor');
  if (learners.includes(node)) roles.push('learner');
  return roles;
}

/** Everything that a node of single-decree Paxos knows. */
export interface PaxosState extends CommonState {
  /** Of the learner, by key: what acceptors say, a tally for each ballot; gone once something is learned. */
  readonly tallies: Map<string, Tally[]>;
}
