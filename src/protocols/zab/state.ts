import type { ClientRequest } from '../../contract/client.ts';
import { CORRUPT, type DiskView, EMPTY } from '../../contract/disk.ts';
import type { Plain } from '../../contract/message.ts';
import type { NodeInit } from '../../contract/node.ts';
import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import type { Notification, Txn, Vote } from './messages.ts';
import { NO_ZXID, type Zxid } from './zxid.ts';

/** File names on the disk of a node. The two epochs are written at different times, and so apart. */
export const ACCEPTED_EPOCH_FILE = 'acceptedEpoch';
export const CURRENT_EPOCH_FILE = 'currentEpoch';
export const LOG_FILE = 'log';
export const SNAPSHOT_FILE = 'snapshot';

/** What stands on the disk in place of transactions that were dropped: the last of them. */
export interface LogMark {
  readonly zxid: Zxid;
}

/** The cell `snapshot`: what came of all transactions up to this one, all of which were committed. */
export interface Snapshot {
  readonly zxid: Zxid;
  /** The cluster's time there. */
  readonly timeUs: TimeUs;
  /** State of the service, sessions included. */
  readonly data: string;
}

/** The transaction log, from the first one that was not dropped on. */
export interface ZabLog {
  /** The last transaction that was dropped; {@link NO_ZXID} for none. */
  base: Zxid;
  /** How many positions of the file were dropped. */
  dropped: number;
  /** By zxid, ascending. */
  readonly entries: Txn[];
  /** Places of the file that are allocated behind them. */
  room: number;
}

/** What a crash must not take. */
export interface Durable {
  /** The highest epoch that was promised in discovery. */
  acceptedEpoch: number;
  /** The epoch of the last NEWLEADER that was accepted: our history contains what it began with. */
  currentEpoch: number;
  readonly log: ZabLog;
  snapshot: Snapshot | null;
}

/** Looks for somebody to follow (Fast Leader Election). */
export interface Looking {
  readonly kind: 'looking';
  vote: Vote;
  /** Votes of this round, of those who are looking as well; by voter, ourselves included. */
  readonly votes: Map<NodeId, Vote>;
  /** What those say who have found a leader, counted apart; by voter. */
  readonly settled: Map<NodeId, Notification>;
  /** When we ask again. */
  notifyUs: DurationUs;
  /** A quorum votes as we do: we wait a moment for a better vote. */
  isFinalizing: boolean;
}

/**
 * What a follower is about: to reach its leader; to promise its epoch; to get its history; to write that, and then the
 * epoch; to wait until a quorum has; to take part.
 */
export type FollowerPhase = 'connecting' | 'discovery' | 'synchronisation' | 'writing' | 'waiting' | 'broadcast';

/** Follows whom the election has shown. */
export interface Following {
  readonly kind: 'following';
  readonly leader: NodeId;
  phase: FollowerPhase;
  connection: ConnectionId | null;
  /** Times that the leader was not to be reached. */
  refusals: number;
  /** Of LEADERINFO; 0 before. */
  epoch: number;
  /** What came with SNAP and is not on our disk yet. */
  snapshot: Snapshot | null;
  /** What came before NEWLEADER and is not in our log yet. */
  readonly history: Txn[];
  /** What comes between NEWLEADER and our answer. ACKs of it come after that answer. */
  readonly early: Txn[];
  /** The last transaction that the leader has told us to be committed. */
  committedTo: Zxid;
  /** The last proposal of its epoch that we have acknowledged. */
  ackedTo: Zxid;
}

/** A follower, as its leader knows it: it is there, has promised our epoch, gets our history, has it, takes part. */
export interface Learner {
  readonly node: NodeId;
  readonly connection: ConnectionId;
  phase: 'connected' | 'informed' | 'promised' | 'synchronising' | 'synchronised';
  currentEpoch: number;
  lastZxid: Zxid;
  heardAtUs: DurationUs;
}

/** Waits for a quorum to acknowledge it. */
export interface Outstanding {
  readonly txn: Txn;
  /** Each node once. */
  readonly ackedBy: NodeId[];
}

/** What is to become a transaction. */
export interface Submission {
  readonly command: Plain;
  /** Who is answered when it is applied here; `null`: nobody waits for it at this node. */
  readonly request: ClientRequest | null;
}

/** Was elected: has to find its epoch, to hand on its history, and only then leads. */
export interface Leading {
  readonly kind: 'leading';
  phase: 'discovery' | 'synchronisation' | 'broadcast';
  /** 0 until a quorum has said what it has promised. */
  epoch: number;
  /** What a follower is compared with: what we had when we were elected. */
  readonly currentEpoch: number;
  readonly lastZxid: Zxid;
  readonly learners: Map<ConnectionId, Learner>;
  /** What nodes had promised when they came, ourselves included. */
  readonly promised: Map<NodeId, number>;
  /** Who has promised our epoch. */
  readonly epochAckedBy: NodeId[];
  /** Who has our history on its disk, and the epoch. */
  readonly newLeaderAckedBy: NodeId[];
  /** Counter of the next proposal. */
  counter: number;
  /** By zxid, in their order. */
  readonly outstanding: Map<Zxid, Outstanding>;
  committedTo: Zxid;
  /** What has no zxid yet. */
  readonly submissions: Submission[];
  /** Who waits for a transaction to be applied; by zxid. */
  readonly waiting: Map<Zxid, ClientRequest>;
  /** Where the cluster's time goes on from, and our clock when it did. */
  timeBaseUs: TimeUs;
  ledSinceUs: DurationUs;
}

/** A role owns only what that role needs. */
export type Role = Looking | Following | Leading;

/** Everything that a node knows. */
export interface ZabState {
  readonly durable: Durable;
  role: Role;
  /** Logical clock of elections. */
  round: number;
  /** How often we have begun to look for a leader: what was begun before has no say any more. */
  election: number;
  /** Before that instant of our clock we join nobody who leads already: the last one was of an epoch that is over. */
  joinsFromUs: DurationUs;
  /** What we vote for, or did in the last election. */
  vote: Vote;
  /** The last transaction that is in `machine`. */
  applied: Zxid;
  /** The cluster's time there. */
  timeUs: TimeUs;
  /** State of the service. While we take part, all of it is committed; else it reflects our whole log. */
  machine: unknown;
  /** Digest of `machine`. */
  digest: number;
  /** Transactions applied since the last snapshot. */
  sinceSnapshot: number;
  /** Queue of the sync processor: what is to be written to the log. */
  readonly toLog: Txn[];
  /** A message that nobody may send at this point of the protocol; `null` while there was none. */
  illegal: string | null;
  /** The disk is not what we left: a node that may have forgotten a promise takes no part. */
  readonly isAmnesiac: boolean;
}

/** The end of a history. */
export function lastZxid({ base, entries }: ZabLog): Zxid {
  return entries.length === 0 ? base : (entries[entries.length - 1] as Txn).zxid;
}

/** Array index of the first transaction behind `zxid`. Cost: logarithmic. */
export function indexAfter({ entries }: ZabLog, zxid: Zxid): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle] as Txn).zxid <= zxid) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether a history has this very transaction, or ends there with what was dropped. */
export function holds(log: ZabLog, zxid: Zxid): boolean {
  if (zxid === log.base) return true;
  const before = log.entries[indexAfter(log, zxid) - 1];
  return before !== undefined && before.zxid === zxid;
}

/** What is left after a crash. The service reflects the snapshot only: the log is applied by whoever starts. */
export function recover(init: NodeInit, isAmnesiac: boolean): ZabState {
  const { disk, machine, self } = init;
  const acceptedEpoch = (disk.cell(ACCEPTED_EPOCH_FILE) as number | undefined) ?? 0;
  const currentEpoch = (disk.cell(CURRENT_EPOCH_FILE) as number | undefined) ?? 0;
  const snapshot = (disk.cell(SNAPSHOT_FILE) as Snapshot | undefined) ?? null;
  const { dropped, mark } = disk.head(LOG_FILE);
  const entries = [...readable(disk)];
  const found = disk.log(LOG_FILE).length;
  const allocated = disk.room(LOG_FILE);
  // What stands behind the end is cut off, and what is allocated goes with it.
  const room = found > entries.length ? 0 : allocated;
  const log: ZabLog = { base: (mark as LogMark | undefined)?.zxid ?? NO_ZXID, dropped, entries, room };
  if (snapshot !== null && lastZxid(log) < snapshot.zxid) {
    // The snapshot came from a leader, and the log of before was not dropped yet.
    log.base = snapshot.zxid;
    log.dropped += found;
    log.entries.length = 0;
    log.room = allocated;
  }
  const state = snapshot === null ? machine.initial() : machine.load(snapshot.data);
  const vote: Vote = { leader: self, zxid: NO_ZXID, epoch: currentEpoch };
  return {
    durable: { acceptedEpoch, currentEpoch, log, snapshot },
    role: { kind: 'looking', vote, votes: new Map(), settled: new Map(), notifyUs: 0, isFinalizing: false },
    round: 0,
    election: 0,
    joinsFromUs: 0,
    vote,
    applied: snapshot?.zxid ?? NO_ZXID,
    timeUs: snapshot?.timeUs ?? 0,
    machine: state,
    digest: machine.digest(state),
    sinceSnapshot: 0,
    toLog: [],
    illegal: null,
    isAmnesiac,
  };
}

/** How many places of a log there are before the first empty one: there, reading ends. */
export function endOfReading(entries: readonly unknown[]): number {
  const empty = entries.indexOf(EMPTY);
  return empty === -1 ? entries.length : empty;
}

/** The transactions before the first one that cannot be read. */
function readable(disk: DiskView): readonly Txn[] {
  const entries = disk.log(LOG_FILE);
  const read = entries.slice(0, endOfReading(entries));
  const corrupt = read.indexOf(CORRUPT);
  return (corrupt === -1 ? read : read.slice(0, corrupt)) as readonly Txn[];
}
