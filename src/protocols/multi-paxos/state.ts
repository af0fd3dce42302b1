import type { ClientRequest } from '../../contract/client.ts';
import { CORRUPT, type DiskView } from '../../contract/disk.ts';
import type { NodeInit } from '../../contract/node.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import { type Ballot, NO_BALLOT } from './ballot.ts';
import { firstConfiguration, type Governing } from './configuration.ts';
import { layoutOf } from './initial.ts';
import { type Life, type Lives, NO_LIVES } from './lives.ts';
import type { AcceptedValue, Configuration, Rejoined, Value } from './messages.ts';
import { readSettings } from './options.ts';
import { quorumsOf } from './quorums.ts';

/** File names on the disk of a node. */
export const BALLOT_FILE = 'ballot';
export const JOURNAL_FILE = 'accepted';
export const SNAPSHOT_FILE = 'snapshot';
/** A cell: the lives of all nodes, where somebody has lost its disk. */
export const LIVES_FILE = 'lives';

/** The cell `ballot`: what the acceptor has promised, and the last round that the proposer has used. */
export interface BallotRecord {
  readonly promised: Ballot;
  readonly round: number;
  readonly window: number;
}

/** What stands on the disk in place of acceptances that were dropped: all slots up to this one are in the snapshot. */
export interface JournalMark {
  readonly truncatedTo: number;
}

/** The cell `snapshot`: what came of all slots up to this one. */
export interface Snapshot {
  readonly slot: number;
  /** The cluster's time at that slot. */
  readonly timeUs: TimeUs;
  /** Of the master at that slot. */
  readonly epoch: Ballot;
  /** No slot up to this one was chosen in a higher ballot. */
  readonly ballot: Ballot;
  /** Of the next slot, and those to come. */
  readonly configurations: readonly Configuration[];
  /** State of the service, sessions included. */
  readonly data: string;
}

/** What a crash must not take. */
export interface Durable {
  /** Proposer: the last round that it has used. */
  round: number;
  /** How far anybody ever proposes ahead: what changes of configurations count on. As the options had it at first. */
  readonly window: number;
  /** Acceptor. */
  promised: Ballot;
  /** Acceptor: by slot, what it has accepted last. In the file, one entry for each acceptance, in their order. */
  readonly accepted: Map<number, AcceptedValue>;
  /** Acceptor: nothing is kept of the slots up to here. All of them are in our snapshot. */
  truncatedTo: number;
  /** Replica. */
  snapshot: Snapshot | null;
  /** Which life each node is in, as far as we know. */
  lives: Lives;
}

/** One promise that a proposer has counted. */
export interface CountedPromise {
  readonly from: NodeId;
  readonly ballot: Ballot;
  readonly accepted: readonly AcceptedValue[];
  readonly truncatedTo: number;
  readonly lives: Lives;
}

/** Has prepared a ballot, and waits for a quorum of promises (PMMC's scout). */
export interface Candidate {
  readonly kind: 'candidate';
  readonly ballot: Ballot;
  readonly promises: CountedPromise[];
}

/** Waits for a quorum to accept one value in one slot (PMMC's commander). */
export interface Commander {
  readonly value: Value;
  /** Who has accepted it in our ballot, each acceptor once. */
  readonly acceptedBy: NodeId[];
  /** What each of them knew of everybody's lives, in the same order. */
  readonly livesTold: Lives[];
  sentAtUs: DurationUs;
}

/** A command of a client that was proposed. */
export interface ProposedRequest {
  readonly request: ClientRequest;
  readonly value: Value;
}

/** What a leader was asked to change. */
export interface PlannedChange {
  readonly members: readonly NodeId[];
  /** Those of them who have not learned yet what is chosen. */
  readonly waitsFor: readonly NodeId[];
  readonly isProposed: boolean;
  /** Until then, by our monotonic clock, they are waited for. */
  readonly untilUs: DurationUs;
}

/** A quorum has promised its ballot. Arrays are indexed by NodeId, this node included. */
export interface Leader {
  readonly kind: 'leader';
  readonly ballot: Ballot;
  /** In which its operations are executed, and no others: its ballot; or 0, where epochs are not checked. */
  readonly epoch: Ballot;
  /** What it was elected by, and those of acceptors of later configurations. */
  readonly promises: CountedPromise[];
  /** What phase 1 has left to be proposed: by slot, from `floor + 1` to `barrier`, no-ops in the holes. */
  adopted: ReadonlyMap<number, Value>;
  /** Up to here everything was chosen before: executed here, or dropped by somebody who has. Nothing is proposed. */
  floor: number;
  /** Behind this slot nothing was chosen in a lower ballot. */
  barrier: number;
  /** The last slot of the configurations whose acceptors have promised the ballot, and that we are in; or Infinity. */
  reach: number;
  /** Where it has proposed a stop, behind which nothing comes; or Infinity. */
  stopAt: number;
  /** Up to here no-ops are proposed when nobody has a command, so that a configuration to come is soon in force. */
  fillTo: number;
  change: PlannedChange | null;
  /** Who is told what is chosen: members of all configurations that we know, and those who are to be; not ourselves. */
  audience: readonly NodeId[];
  nextSlot: number;
  /** By slot. */
  readonly commanders: Map<number, Commander>;
  /** Who waits for a slot to be executed; by slot. */
  readonly requests: Map<number, ProposedRequest>;
  /** Who waits for room in the window, oldest first. */
  readonly queue: ClientRequest[];
  /** Who has answered a heartbeat since the last look. */
  readonly hasAnswered: boolean[];
  /** Who has promised a higher ballot. */
  readonly refusedBy: NodeId[];
  /** When the last heartbeat was sent that a replica has answered; -Infinity for never. */
  readonly grantedSentAtUs: number[];
  /** Last slot of the snapshot on each disk. */
  readonly snapshotSlots: number[];
  /** Where the cluster's time goes on from, and our clock when it did. */
  readonly timeBaseUs: TimeUs;
  readonly ledSinceUs: DurationUs;
  /** Until then, by our monotonic clock, nobody else can have become master; -Infinity without a lease. */
  leaseUntilUs: DurationUs;
  /** Slots of which the next heartbeat says that their values are chosen. */
  untold: number[];
  /** How many reads were answered within the lease. */
  leaseReads: number;
}

/** A role owns only what that role needs. */
export type Role = { readonly kind: 'follower' } | Candidate | Leader;

export const FOLLOWER: Role = Object.freeze({ kind: 'follower' });

/** A replica lets nobody else prepare until then, by its own monotonic clock. */
export interface Lease {
  /** `null`: to whoever it was before we crashed. */
  readonly to: NodeId | null;
  readonly untilUs: DurationUs;
}

/** An acceptor that has lost its disk, on its way back. */
export interface Rejoining {
  life: Life;
  /** Who knows of this life, and what it has said then. */
  readonly answers: Map<NodeId, Rejoined>;
  /** With `rejoin: observed`, in which slots it has heard of a proposal since, and the highest ballot of one. */
  readonly heardSlots: Set<number>;
  heardBallot: Ballot;
}

/** Everything that a node knows. */
export interface PaxosState {
  readonly durable: Durable;
  /** Who proposes, whoever accepts; `null`: whoever accepts. */
  readonly proposers: readonly NodeId[] | null;
  role: Role;
  /** Whose ballot we follow, once known. */
  leaderId: NodeId | null;
  /** Highest ballot that we have seen anywhere. */
  seen: Ballot;
  /** Times in a row that a ballot of ours was pre-empted. */
  preemptions: number;
  lease: Lease | null;
  /** Last slot that was executed: all before it were, too. */
  executed: number;
  /** The cluster's time there: it never goes down. */
  timeUs: TimeUs;
  /** Of the master there, where masters say that they begin; 0 before the first. It never goes down. */
  epoch: Ballot;
  /** How many commands were not executed, since they were of another epoch. */
  refused: number;
  /** By slot: what is chosen, as far as we know and have not dropped it. */
  readonly decided: Map<number, Value>;
  /** Last slot that anybody has told us to have executed. */
  toLearn: number;
  /** State of the service, after `executed`. */
  machine: unknown;
  /** Digest of `machine`: replicas that have executed the same must agree. */
  digest: number;
  /** Last slot of a snapshot that is known to be on our disk. */
  snapshotSlot: number;
  /** Slot of each acceptance that the journal holds, in the order of the file. */
  readonly journal: number[];
  /** How many acceptances the journal has dropped. */
  journalBase: number;
  /** The last acceptance of a proposal of our own that is on our disk: what other acceptors say with Accepted. */
  ownAcceptance: { readonly ballot: Ballot; readonly slot: number } | null;
  /** That of the next slot to be executed, and those to come; they ascend. */
  configurations: readonly Governing[];
  /** Of the members of the one in force, who is known to have stored that it is; where we are none of them. */
  readonly reminded: NodeId[];
  /** How far we may propose ahead of what we have executed. */
  window: number;
  /** The disk is not what we left: an acceptor that may have forgotten a promise takes no part. */
  isAmnesiac: boolean;
  /** How far it is with taking part again; `null` where it does not try. */
  rejoining: Rejoining | null;
}

/** What is left after a crash. */
export function recover(init: NodeInit, isAmnesiac: boolean): PaxosState {
  const { disk, machine } = init;
  const settings = readSettings(init.options);
  const record = disk.cell(BALLOT_FILE) as BallotRecord | null | undefined;
  const lives = (disk.cell(LIVES_FILE) as Lives | undefined) ?? NO_LIVES;
  const snapshot = (disk.cell(SNAPSHOT_FILE) as Snapshot | undefined) ?? null;
  const { dropped, mark } = disk.head(JOURNAL_FILE);
  const truncatedTo = (mark as JournalMark | undefined)?.truncatedTo ?? 0;
  const journal = readable(disk);
  let promised = record?.promised ?? NO_BALLOT;
  const accepted = new Map<number, AcceptedValue>();
  for (const entry of journal) {
    // The files are synced apart: a crash can keep an acceptance and lose the promise that came with it.
    promised = Math.max(promised, entry.ballot);
    if (entry.slot > truncatedTo) accepted.set(entry.slot, entry);
  }
  const state = snapshot === null ? machine.initial() : machine.load(snapshot.data);
  const { proposers, acceptors } = layoutOf(init, settings);
  return {
    durable: {
      round: record?.round ?? 0, window: record?.window ?? settings.window, promised, accepted, truncatedTo, snapshot,
      lives,
    },
    proposers,
    role: FOLLOWER,
    leaderId: null,
    seen: Math.max(promised, snapshot?.ballot ?? NO_BALLOT),
    preemptions: 0,
    lease: null,
    executed: snapshot?.slot ?? 0,
    timeUs: snapshot?.timeUs ?? 0,
    epoch: snapshot?.epoch ?? NO_BALLOT,
    refused: 0,
    decided: new Map(),
    toLearn: 0,
    machine: state,
    digest: machine.digest(state),
    snapshotSlot: 0,
    journal: journal.map(({ slot }) => slot),
    journalBase: dropped,
    ownAcceptance: null,
    configurations: (snapshot?.configurations ?? [firstConfiguration(acceptors)])
      .map((configuration) => ({ ...configuration, quorums: quorumsOf(settings, configuration.members) })),
    reminded: [],
    window: settings.window,
    isAmnesiac,
    rejoining: null,
  };
}

/** The acceptances before the first one that cannot be read. */
function readable(disk: DiskView): readonly AcceptedValue[] {
  const entries = disk.log(JOURNAL_FILE);
  const end = entries.indexOf(CORRUPT);
  return (end === -1 ? entries : entries.slice(0, end)) as readonly AcceptedValue[];
}
