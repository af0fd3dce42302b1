import type { ClientRequest } from '../../contract/client.ts';
import { CORRUPT, type DiskView } from '../../contract/disk.ts';
import type { NodeInit } from '../../contract/node.ts';
import type { CommandId, StateMachine } from '../../contract/state-machine.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import { type Configuration, type ConfigurationAt, simple } from './configuration.ts';
import { type Initial, readInitial } from './initial.ts';
import { emptyLog, hasTerm, lastIndex, lastTerm, type RaftLog, termAt } from './log.ts';
import type { InstallSnapshot, LogEntry } from './messages.ts';
import { readSettings } from './options.ts';

/** File names on the disk of a node. */
export const VOTE_FILE = 'vote';
export const LOG_FILE = 'log';
export const SNAPSHOT_FILE = 'snapshot';
export const MACHINE_FILE = 'machine';

/** The cell `vote`. Term and vote are one record: a vote that survives without its term could be cast again. */
export interface VoteRecord {
  readonly currentTerm: number;
  readonly votedFor: NodeId | null;
}

/** What stands on the disk in place of entries that were compacted away. */
export interface LogMark {
  readonly term: number;
}

/** The cell `snapshot` (§7, Figure 12): what replaces the log up to `lastIncludedIndex`. */
export interface Snapshot {
  readonly lastIncludedIndex: number;
  readonly lastIncludedTerm: number;
  /** The cluster's time at that index. */
  readonly timeUs: TimeUs;
  readonly configuration: Configuration;
  /** State of the service, sessions included. */
  readonly data: string;
}

/** The cell `machine`: the state of a service that is durable itself, in one record with what it has applied. */
export interface MachineRecord {
  readonly lastApplied: number;
  readonly data: string;
}

/** Figure 2, "Persistent state on all servers". Comes back after a crash, as far as it was written. */
export interface Durable {
  currentTerm: number;
  votedFor: NodeId | null;
  log: RaftLog;
  snapshot: Snapshot | null;
}

/** Asks, before it raises its term, whether it could win (thesis §9.6). */
export interface PreCandidate {
  readonly kind: 'pre-candidate';
  readonly votesGranted: NodeId[];
}

/** Has asked for votes in the current term. */
export interface Candidate {
  readonly kind: 'candidate';
  /** Who voted for us in this term, each voter once. */
  readonly votesGranted: NodeId[];
  /** Peers that have answered, whatever they said: they are not asked again. */
  readonly haveAnswered: NodeId[];
  /** The leader before wants us to follow it. */
  readonly isTransfer: boolean;
}

/**
 * How a follower is fed. `probe`: where its log meets ours is not known (again), one message at a time. `replicate`:
 * messages follow each other. `snapshot`: it lacks what we have compacted.
 */
export type Feed = 'probe' | 'replicate' | 'snapshot';

/** What is under way to one follower, oldest first. Numbers side by side: there is a message for each new entry. */
export interface Flights {
  /** Last index of each message. */
  readonly ends: number[];
  readonly bytes: number[];
}

/** A request whose entry is appended and not applied. */
export interface WaitingRequest {
  readonly index: number;
  readonly request: ClientRequest;
}

/** A read that is answered from memory once leadership was confirmed (thesis §6.4). */
export interface LeaderRead {
  /** Confirmed by answers to messages with this requestId or a later one: they were sent after the read came. */
  readonly context: number;
  readonly readIndex: number;
  /** Who asked: a client, or a follower under an id of its own. */
  readonly asker: ClientRequest | { readonly follower: NodeId; readonly id: number };
}

/** Leads the current term. All arrays of numbers per node are indexed by NodeId, this node included. */
export interface Leader {
  readonly kind: 'leader';
  /** Everybody else who gets the log, ascending. */
  targets: readonly NodeId[];
  /** Next entry to send. While a follower keeps up it runs ahead of what was acknowledged. */
  readonly nextIndex: number[];
  /** Highest index known to be synced there and to be ours. Never goes back. */
  readonly matchIndex: number[];
  readonly feed: Feed[];
  readonly inFlight: Flights[];
  readonly inFlightBytes: number[];
  /** While a follower gets a snapshot: how much of it has arrived there. */
  readonly snapshotOffset: number[];
  /** Number of the message in which we first sent from there. */
  readonly snapshotMovedAt: number[];
  /** The snapshot itself: it must not change under way. */
  readonly snapshotSent: (Snapshot | null)[];
  /** Number of the last message of ours. */
  requestId: number;
  /** The requestId with which we last stepped back: rejections of earlier ones have been answered by it. */
  readonly resumedAt: number[];
  /** The highest requestId that each node has answered, and when that message was sent. */
  readonly answeredId: number[];
  readonly answeredSentAtUs: DurationUs[];
  /** Index that array index 0 of `holders` stands for. */
  trackedFrom: number;
  /** How many voters are known to hold an entry on their disk; kept up above commitIndex only. */
  holders: number[];
  /** The same among the old voters of a joint configuration. */
  oldHolders: number[];
  /** Who waits for an entry, in the order of the log. */
  readonly requests: WaitingRequest[];
  /** Of entries of this term that are not committed. */
  uncommittedBytes: number;
  /** Commands are being collected, to travel together. */
  isBatching: boolean;
  /** CheckQuorum: who has answered since the last look. */
  readonly hasAnswered: boolean[];
  /** Reads that wait for a confirmation, in the order in which they came. */
  readonly reads: LeaderRead[];
  /** Where the cluster's time goes on from, and our clock when it did. */
  readonly timeBaseUs: TimeUs;
  readonly ledSinceUs: DurationUs;
  /** The successor that was asked for. */
  transferTo: NodeId | null;
  /** A TimeoutNow of ours is or was under way: somebody may be elected past every stickiness, so no lease holds. */
  hasSurrenderedLease: boolean;
  /** How many reads were answered within the lease. */
  leaseReads: number;
  /** Servers that are being caught up before they vote (thesis §4.2.1). */
  readonly promotions: Promotion[];
}

/** A learner on its way to vote. */
export interface Promotion {
  readonly node: NodeId;
  /** Rounds begun, this one included. */
  round: number;
  /** The round ends when the learner has this. */
  roundEnd: number;
  roundSinceUs: DurationUs;
}

/** A role owns only what that role needs. */
export type Role = { readonly kind: 'follower' } | PreCandidate | Candidate | Leader;

/** All followers share it: a frozen one and another have two shapes, and five shapes of a role are too many for V8. */
export const FOLLOWER: Role = Object.freeze({ kind: 'follower' });

/** Chunks of a snapshot that is on its way to us. */
export interface Incoming {
  readonly from: InstallSnapshot;
  data: string;
}

/** A read of a client that a follower will answer. */
export interface FollowerRead {
  readonly id: number;
  readonly request: ClientRequest;
  /** `null` until the leader has said from where on. */
  readIndex: number | null;
}

/** Everything that a node knows. */
export interface RaftState {
  readonly durable: Durable;
  role: Role;
  /** Leader of the current term, once known. */
  leaderId: NodeId | null;
  /** When we last heard a leader of our term, by our monotonic clock; `null` for never. */
  leaderContactUs: DurationUs | null;
  commitIndex: number;
  lastApplied: number;
  /**
   * When the last entry came to us, or a snapshot in its place, or we started, by our monotonic clock; not earlier.
   * Kept where it counts for the time of the log.
   */
  lastEntryAtUs: DurationUs;
  /** The configuration in force here. */
  configuration: Configuration;
  /** Whether a configuration is in force from its entry on, or only once that is applied. An option: it may change. */
  configuresOnAppend: boolean;
  /** The configurations that our log holds, ascending, behind the one that is in force before its first entry. */
  readonly configurations: ConfigurationAt[];
  /** State of the service, after `lastApplied`. */
  machine: unknown;
  /** Digest of `machine`: replicas that have applied the same must agree. */
  digest: number;
  /** Digest of its table of sessions; 0 for a machine that has none. */
  sessionsDigest: number;
  /** What the last step of application executed: element i belongs to entry `lastApplied - executed.length + 1 + i`. */
  readonly executed: (CommandId | null)[];
  /** A record of the machine that is put on the disk once the entries that it reflects are there. */
  pendingMachine: MachineRecord | null;
  incoming: Incoming | null;
  /** A whole snapshot that is being written: nothing is appended until it is on the disk. */
  installing: Snapshot | null;
  readonly followerReads: FollowerRead[];
  /** The last id of a question for a read index. */
  lastReadId: number;
  /** The disk is not what we left: a server that may have forgotten a vote or an entry takes no part. */
  readonly isAmnesiac: boolean;
}

/** What is left after a crash: the durable part, and a machine that will apply the rest of the log again. */
export function recover(init: NodeInit, isAmnesiac: boolean): RaftState {
  const { disk, machine } = init;
  const initial = readInitial(init);
  const snapshot = (disk.cell(SNAPSHOT_FILE) as Snapshot | undefined) ?? null;
  const log = recoverLog(disk, snapshot);
  const vote = disk.cell(VOTE_FILE) as VoteRecord | undefined;
  const currentTerm = vote?.currentTerm ?? initial.term;
  const votedFor = vote?.votedFor ?? null;
  // The files are synced apart: a crash can keep an entry of a new term and lose that term. Nothing was promised in it.
  const logTerm = lastTerm(log);
  const isTermLost = logTerm > currentTerm;
  const service = recoverMachine(disk, snapshot, machine);
  const configurations = configurationsIn(log, snapshot, initial);
  return {
    durable: {
      currentTerm: isTermLost ? logTerm : currentTerm,
      votedFor: isTermLost ? null : votedFor,
      log,
      snapshot,
    },
    role: FOLLOWER,
    leaderId: null,
    leaderContactUs: null,
    commitIndex: service.lastApplied,
    lastEntryAtUs: 0,
    lastApplied: service.lastApplied,
    configuration: (configurations[configurations.length - 1] as ConfigurationAt).configuration,
    configuresOnAppend: readSettings(init.options).configuresOnAppend,
    configurations,
    machine: service.state,
    digest: machine.digest(service.state),
    sessionsDigest: machine.sessionsDigest?.(service.state) ?? 0,
    executed: [],
    pendingMachine: null,
    incoming: null,
    installing: null,
    followerReads: [],
    lastReadId: 0,
    isAmnesiac,
  };
}

/**
 * The log on the disk, if it goes on from the snapshot. The two files are synced apart, and a snapshot that was
 * received is on the disk before the log is replaced: one that does not hold the snapshot's last entry is older, or
 * another leader's.
 */
function recoverLog(disk: DiskView, snapshot: Snapshot | null): RaftLog {
  const { dropped, mark } = disk.head(LOG_FILE);
  const entries = readable(disk.log(LOG_FILE));
  const log: RaftLog = {
    baseIndex: dropped,
    baseTerm: (mark as LogMark | undefined)?.term ?? 0,
    entries: entries.slice(),
  };
  if (snapshot === null) return log;
  const { lastIncludedIndex, lastIncludedTerm } = snapshot;
  const holds = hasTerm(log, lastIncludedIndex) && termAt(log, lastIncludedIndex) === lastIncludedTerm;
  return holds ? log : emptyLog(lastIncludedIndex, lastIncludedTerm);
}

/** The entries before the first one that cannot be read. */
function readable(entries: readonly unknown[]): readonly LogEntry[] {
  const end = entries.indexOf(CORRUPT);
  return (end === -1 ? entries : entries.slice(0, end)) as readonly LogEntry[];
}

function recoverMachine(
  disk: DiskView, snapshot: Snapshot | null, machine: StateMachine,
): { readonly state: unknown; readonly lastApplied: number } {
  const record = disk.cell(MACHINE_FILE) as MachineRecord | undefined;
  const included = snapshot?.lastIncludedIndex ?? 0;
  if (record !== undefined && record.lastApplied > included) {
    return { state: machine.load(record.data), lastApplied: record.lastApplied };
  }
  if (snapshot === null) return { state: machine.initial(), lastApplied: 0 };
  return { state: machine.load(snapshot.data), lastApplied: included };
}

/** The configuration in force before the first entry of a log, and those that it holds. */
export function configurationsIn(log: RaftLog, snapshot: Snapshot | null, initial: Initial): ConfigurationAt[] {
  const found: ConfigurationAt[] = [snapshot === null
    ? { index: 0, configuration: simple(initial.voters) }
    : { index: snapshot.lastIncludedIndex, configuration: snapshot.configuration }];
  const from = snapshot?.lastIncludedIndex ?? 0;
  for (let index = Math.max(from, log.baseIndex) + 1; index <= lastIndex(log); index++) {
    const entry = log.entries[index - log.baseIndex - 1] as LogEntry;
    if (entry.kind === 'configuration') found.push({ index, configuration: entry.configuration });
  }
  return found;
}
