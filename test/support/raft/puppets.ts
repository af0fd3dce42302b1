import type { ClientRequest } from '../../../src/contract/client.ts';
import type { ClusterInfo, Monitor } from '../../../src/contract/invariant.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import { defaultOptions, type Options } from '../../../src/contract/options.ts';
import type { CommandId } from '../../../src/contract/state-machine.ts';
import { type NodeId, nodeId } from '../../../src/kernel/ids.ts';
import { type Configuration, simple } from '../../../src/protocols/raft/configuration.ts';
import { emptyLog, entryAt, lastIndex, lastTerm, termAt } from '../../../src/protocols/raft/log.ts';
import { newLeader } from '../../../src/protocols/raft/membership.ts';
import type { LogEntry, RaftAnswer, RaftMessage } from '../../../src/protocols/raft/messages.ts';
import { raftInvariants } from '../../../src/protocols/raft/monitor.ts';
import { raftOptions } from '../../../src/protocols/raft/options.ts';
import {
  type Leader, LOG_FILE, type RaftState, type Snapshot, SNAPSHOT_FILE, VOTE_FILE,
} from '../../../src/protocols/raft/state.ts';
import { listStore } from '../../../src/services/kv.ts';
import { SessionMachine } from '../../../src/services/sessions.ts';
import { Disk, type DiskFile } from '../../../src/world/disk.ts';
import { c1 } from './harness.ts';

/** What the monitor has reported. */
export interface Reported {
  readonly id: string;
  readonly text: string;
}

/** What one event of a node changes; what is not named stays. All of it is synced at once unless it says otherwise. */
export interface Step {
  readonly term?: number;
  readonly votedFor?: NodeId | null;
  /** The node leads the term, and believes this of each node; `false`: it follows. */
  readonly leads?: LeadersView | false;
  /** Whom the node takes for the leader of its term. */
  readonly leaderId?: NodeId | null;
  /** The log is cut from this index on, before `add`. */
  readonly cut?: number;
  readonly add?: readonly LogEntry[];
  /** The log is dropped up to this index, after `add`. */
  readonly drop?: number;
  /** A snapshot is taken, or has been installed; the log is dropped by `drop` alone. */
  readonly snapshot?: Snapshot;
  readonly commitIndex?: number;
  readonly lastApplied?: number;
  /** In force from now on; without it, the last one in the log takes effect as it is appended or cut. */
  readonly configuration?: Configuration;
  /** Of the state machine; without it, nodes that have applied as many entries are in the same state. */
  readonly digest?: number;
  readonly sessionsDigest?: number;
  readonly executed?: readonly (CommandId | null)[];
  /** The disk keeps what it had: a later step without this, or {@link Puppets.sync}, writes it out. */
  readonly unsynced?: true;
}

/** By NodeId. A leader that does not say knows what it has synced itself, and nothing of the others. */
interface LeadersView {
  readonly matchIndex?: readonly number[];
  readonly nextIndex?: readonly number[];
  readonly leaseReads?: number;
}

/** What a node starts from. */
interface Start {
  readonly term?: number;
  readonly log?: readonly LogEntry[];
  /** What stands before `log`, which goes on behind it. */
  readonly snapshot?: Snapshot;
  /** Who votes where neither log nor snapshot says it; all nodes without it. */
  readonly voters?: readonly NodeId[];
}

interface Puppet {
  readonly state: RaftState;
  readonly disk: Disk;
  /** Syncs that have begun. */
  readonly inFlight: DiskFile[];
}

const machine = new SessionMachine(listStore);

/** What every watched cluster of these tests has besides its nodes. */
export function clusterInfo(nodes: readonly NodeId[], options: Partial<Options> = {}): ClusterInfo {
  const nameOf = (process: NodeId): string => (process < c1 ? `n${process + 1}` : `c${process - c1 + 1}`);
  const complete = { ...defaultOptions(raftOptions), ...options } as Options;
  return { nodes, nameOf, options: complete, machine, monotonicUs: () => 0 };
}

/**
 * Nodes without a will of their own, watched by a Raft monitor: what they know, what their disks keep and what they
 * say is what a test makes of them, so that it can plant what no Raft node would do.
 */
export class Puppets {
  readonly reported: Reported[] = [];
  readonly monitor: Monitor<RaftState>;
  readonly ids: readonly NodeId[];
  private readonly configuresOnAppend: boolean;
  private readonly puppets: Puppet[] = [];

  constructor(size = 3, options: Partial<Options> = {}) {
    this.ids = Array.from({ length: size }, (_, index) => nodeId(index));
    this.configuresOnAppend = options['configurationFrom'] !== 'apply';
    this.monitor = raftInvariants.observe(clusterInfo(this.ids, options), ({ id }, text) => {
      this.reported.push({ id, text });
    });
  }

  // ── Starts and events ────────────────────────────────────────────────

  /** All nodes start, from empty disks; what the monitor remembers, it keeps. */
  startAll(): void {
    for (const id of this.ids) this.start(id);
  }

  /** A node starts, or starts again, with this on its disk. */
  start(id: NodeId, { term = 0, log = [], snapshot, voters = this.ids }: Start = {}): void {
    const disk = new Disk();
    disk.put(VOTE_FILE, { currentTerm: term, votedFor: null });
    const included = snapshot?.lastIncludedIndex ?? 0;
    if (snapshot !== undefined) {
      disk.put(SNAPSHOT_FILE, snapshot);
      disk.dropUntil(LOG_FILE, included, { term: snapshot.lastIncludedTerm });
    }
    for (const entry of log) disk.append(LOG_FILE, entry);
    sync(disk, []);
    const held = emptyLog(included, snapshot?.lastIncludedTerm);
    held.entries.push(...log);
    const first = { index: included, configuration: snapshot?.configuration ?? simple(voters) };
    const digest = snapshot === undefined ? 0 : machine.digest(machine.load(snapshot.data));
    const state: RaftState = {
      durable: { currentTerm: term, votedFor: null, log: held, snapshot: snapshot ?? null },
      role: { kind: 'follower' },
      leaderId: null,
      leaderContactUs: null,
      lastEntryAtUs: 0,
      commitIndex: included,
      lastApplied: included,
      configuration: first.configuration,
      configuresOnAppend: this.configuresOnAppend,
      configurations: [first],
      machine: null,
      digest,
      sessionsDigest: 0,
      executed: [],
      pendingMachine: null,
      incoming: null,
      installing: null,
      followerReads: [],
      lastReadId: 0,
      isAmnesiac: false,
    };
    this.puppets[id] = { state, disk, inFlight: [] };
    log.forEach((entry, position) => { this.configure(state, included + 1 + position, entry); });
    state.configuration = (state.configurations.at(-1) ?? first).configuration;
    this.monitor.onStarted?.(id, state, disk.synced);
  }

  /** A handler of a node has done this. `meddle` may change what no handler could. */
  event(id: NodeId, step: Step = {}, meddle: (state: RaftState) => void = () => undefined): void {
    const { state } = this.puppet(id);
    const { durable } = state;
    if (step.term !== undefined) {
      durable.currentTerm = step.term;
      durable.votedFor = null;
      state.leaderId = null;
    }
    if (step.votedFor !== undefined) durable.votedFor = step.votedFor;
    if (step.leaderId !== undefined) state.leaderId = step.leaderId;
    this.write(id, step);
    if (step.unsynced !== true) this.sync(id);
    if (step.leads !== undefined) state.role = step.leads === false ? { kind: 'follower' } : this.role(id, step.leads);
    state.commitIndex = step.commitIndex ?? state.commitIndex;
    state.lastApplied = step.lastApplied ?? state.lastApplied;
    state.configuration = step.configuration ?? state.configuration;
    state.digest = step.digest ?? state.lastApplied;
    state.sessionsDigest = step.sessionsDigest ?? state.lastApplied;
    state.executed.splice(0, Infinity, ...(step.executed ?? []));
    meddle(state);
    this.monitor.afterEvent?.(id, state);
  }

  /** Each of these nodes appends these entries, as far as it lacks them at the end, and syncs them. */
  hold(ids: readonly NodeId[], log: readonly LogEntry[]): void {
    for (const id of ids) this.event(id, { add: log.slice(lastIndex(this.puppet(id).state.durable.log)) });
  }

  /** The disk writes out all that was written, or one file only. */
  sync(id: NodeId, file?: string): void {
    const { disk, state, inFlight } = this.puppet(id);
    const { currentTerm, votedFor } = state.durable;
    const vote = disk.written.cell(VOTE_FILE) as { currentTerm: number; votedFor: NodeId | null };
    if (file !== LOG_FILE && (vote.currentTerm !== currentTerm || vote.votedFor !== votedFor)) {
      disk.put(VOTE_FILE, { currentTerm, votedFor });
    }
    sync(disk, inFlight, file);
  }

  // ── Elections ────────────────────────────────────────────────────────

  /** A node becomes candidate in a term and asks all for their votes. */
  campaign(id: NodeId, term: number): void {
    this.event(id, { term, votedFor: id, leads: false });
    const { log } = this.puppet(id).state.durable;
    const request = { lastLogIndex: lastIndex(log), lastLogTerm: lastTerm(log), isTransfer: false };
    for (const peer of this.ids) if (peer !== id) this.send(id, peer, { kind: 'RequestVote', term, ...request });
  }

  /** A node votes for another, whatever it has done before. */
  vote(voter: NodeId, candidate: NodeId, term: number): void {
    this.event(voter, { term, votedFor: candidate });
    this.send(voter, candidate, { kind: 'RequestVoteReply', term, voteGranted: true });
  }

  /** A node is elected by these others. */
  elect(id: NodeId, term: number, voters: readonly NodeId[]): void {
    this.campaign(id, term);
    for (const voter of voters) this.vote(voter, id, term);
    this.event(id, { leads: {} });
  }

  // ── Snapshots ────────────────────────────────────────────────────────

  /** A snapshot of a service to which nothing has happened, of what a node holds up to an index. */
  snapshotOf(id: NodeId, index: number, changes: Partial<Snapshot> = {}): Snapshot {
    const { durable: { log }, configurations } = this.puppet(id).state;
    const at = configurations.filter((found) => found.index <= index).at(-1);
    return {
      lastIncludedIndex: index,
      lastIncludedTerm: termAt(log, index),
      timeUs: index > log.baseIndex ? entryAt(log, index).timeUs : 0,
      configuration: at?.configuration ?? simple(this.ids),
      data: UNTOUCHED,
      ...changes,
    };
  }

  // ── Messages ─────────────────────────────────────────────────────────

  send(from: NodeId, to: NodeId, message: RaftMessage): void {
    this.monitor.onSend?.(from, to, message, this.puppet(from).disk.synced);
  }

  /** The client sends attempt number `attempt`. */
  ask(to: NodeId, attempt: number, command: Plain): void {
    const request: ClientRequest = { kind: 'ClientRequest', client: c1, id: attempt, command };
    this.monitor.onSend?.(c1, to, request, new Disk().synced);
  }

  /** A node answers the client's attempt number `attempt`. */
  answer(from: NodeId, attempt: number, body: RaftAnswer): void {
    const response = { kind: 'ClientResponse', id: attempt, body } as Message;
    this.monitor.onSend?.(from, c1, response, this.puppet(from).disk.synced);
  }

  // ── Behind it ────────────────────────────────────────────────────────

  private write(id: NodeId, { cut, add = [], drop, snapshot }: Step): void {
    const { state, disk } = this.puppet(id);
    const { log } = state.durable;
    if (cut !== undefined) {
      log.entries.length = cut - 1 - log.baseIndex;
      while ((state.configurations.at(-1)?.index ?? 0) >= cut) state.configurations.pop();
      const last = state.configurations.at(-1)?.configuration;
      if (this.configuresOnAppend && last !== undefined) state.configuration = last;
      disk.truncateFrom(LOG_FILE, cut);
      this.monitor.onTruncate?.(id, LOG_FILE, cut);
    }
    for (const added of add) {
      log.entries.push(added);
      this.configure(state, lastIndex(log), added);
      this.monitor.onAppend?.(id, LOG_FILE, disk.append(LOG_FILE, added), added);
    }
    if (snapshot !== undefined) {
      state.durable.snapshot = snapshot;
      disk.put(SNAPSHOT_FILE, snapshot);
    }
    if (drop === undefined) return;
    log.baseTerm = drop <= lastIndex(log) ? termAt(log, drop) : snapshot?.lastIncludedTerm ?? 0;
    log.entries.splice(0, drop - log.baseIndex);
    log.baseIndex = drop;
    disk.dropUntil(LOG_FILE, drop, { term: log.baseTerm });
    this.monitor.onDrop?.(id, LOG_FILE, drop);
  }

  private configure(state: RaftState, index: number, entry: LogEntry): void {
    if (entry.kind !== 'configuration') return;
    state.configurations.push({ index, configuration: entry.configuration });
    if (this.configuresOnAppend) state.configuration = entry.configuration;
  }

  private role(id: NodeId, { matchIndex, nextIndex, leaseReads = 0 }: LeadersView): Leader {
    const { state, disk } = this.puppet(id);
    const synced = disk.synced.head(LOG_FILE).dropped + disk.synced.log(LOG_FILE).length;
    const leader = newLeader(this.ids.length, lastIndex(state.durable.log), { timeBaseUs: 0, ledSinceUs: 0 });
    return {
      ...leader,
      nextIndex: nextIndex?.slice() ?? leader.nextIndex,
      matchIndex: matchIndex?.slice() ?? this.ids.map((node) => (node === id ? synced : 0)),
      leaseReads,
    };
  }

  private puppet(id: NodeId): Puppet {
    return this.puppets[id] as Puppet;
  }
}

/** What {@link Puppets.snapshotOf} saves: the digest of that is the digest that goes with it. */
const UNTOUCHED = machine.save(machine.initial());
export const UNTOUCHED_DIGEST = machine.digest(machine.initial());

/** Syncs all that was written, or what was written to one file. */
function sync(disk: Disk, inFlight: DiskFile[], only?: string): void {
  const start = (file: DiskFile): void => {
    inFlight.push(file);
  };
  disk.requestSync(start);
  const isDue = ({ name }: DiskFile): boolean => only === undefined || name === only;
  for (let at = inFlight.findIndex(isDue); at !== -1; at = inFlight.findIndex(isDue)) {
    const [file] = inFlight.splice(at, 1) as [DiskFile];
    disk.completeSync(file, start);
  }
}
