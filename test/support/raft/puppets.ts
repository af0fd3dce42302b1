import type { ClientRequest } from '../../../src/contract/client.ts';
import { type DiskView, WHOLE } from '../../../src/contract/disk.ts';
import type { Monitor } from '../../../src/contract/invariant.ts';
import type { Message, Plain } from '../../../src/contract/message.ts';
import type { CommandId } from '../../../src/contract/state-machine.ts';
import { type NodeId, nodeId } from '../../../src/kernel/ids.ts';
import type { LogEntry, RaftAnswer, RaftMessage } from '../../../src/protocols/raft/messages.ts';
import { raftInvariants } from '../../../src/protocols/raft/monitor.ts';
import {
  type Leader,
  LOG_FILE,
  type RaftState,
  VOTE_FILE,
  type VoteRecord,
} from '../../../src/protocols/raft/state.ts';
import { simple } from '../../../src/protocols/raft/configuration.ts';
import { emptyLog } from '../../../src/protocols/raft/log.ts';
import { newLeader } from '../../../src/protocols/raft/membership.ts';
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
  /** The log is cut from this index on, before `add`. */
  readonly cut?: number;
  readonly add?: readonly LogEntry[];
  readonly commitIndex?: number;
  readonly lastApplied?: number;
  /** Of the state machine; without it, nodes that have applied as many entries are in the same state. */
  readonly digest?: number;
  readonly executed?: readonly (CommandId | null)[];
  /** The disk keeps what it had: a later step without this, or {@link Puppets.sync}, writes it out. */
  readonly unsynced?: true;
}

/** By NodeId. A leader that does not say knows what it has synced itself, and nothing of the others. */
interface LeadersView {
  readonly matchIndex?: readonly number[];
  readonly nextIndex?: readonly number[];
}

interface Puppet {
  state: RaftState;
  synced: { vote: VoteRecord | undefined; log: LogEntry[] };
}

/**
 * Nodes without a will of their own, watched by a Raft monitor: what they know, what their disks keep and what they
 * say is what a test makes of them, so that it can plant what no Raft node would do.
 */
export class Puppets {
  readonly reported: Reported[] = [];
  readonly monitor: Monitor<RaftState>;
  readonly ids: readonly NodeId[];
  private readonly puppets: Puppet[] = [];

  constructor(size = 3) {
    this.ids = Array.from({ length: size }, (_, index) => nodeId(index));
    const nameOf = (process: NodeId): string => (process < c1 ? `n${process + 1}` : `c${process - c1 + 1}`);
    this.monitor = raftInvariants.observe({ nodes: this.ids, nameOf }, ({ id }, text) => {
      this.reported.push({ id, text });
    });
  }

  // ── Starts and events ────────────────────────────────────────────────

  /** All nodes start, from empty disks; what the monitor remembers, it keeps. */
  startAll(): void {
    for (const id of this.ids) this.start(id);
  }

  /** A node starts, or starts again, with this on its disk. */
  start(id: NodeId, { term = 0, log = [] }: { term?: number; log?: readonly LogEntry[] } = {}): void {
    const vote = { currentTerm: term, votedFor: null };
    const state: RaftState = {
      durable: { ...vote, log: { ...emptyLog(), entries: log.slice() }, snapshot: null },
      role: { kind: 'follower' },
      leaderId: null,
      commitIndex: 0,
      lastApplied: 0,
      leaderContactUs: null,
      configuration: simple(this.ids),
      configurations: [{ index: 0, configuration: simple(this.ids) }],
      machine: null,
      digest: 0,
      executed: [],
      pendingMachine: null,
      incoming: null,
      installing: null,
      followerReads: [],
      lastReadId: 0,
      isAmnesiac: false,
    };
    const puppet: Puppet = { state, synced: { vote, log: log.slice() } };
    this.puppets[id] = puppet;
    const synced: DiskView = {
      cell: (file) => (file === VOTE_FILE ? puppet.synced.vote : undefined),
      log: (file) => (file === LOG_FILE ? puppet.synced.log : []),
      head: () => WHOLE,
    };
    this.monitor.onStarted?.(id, state, synced);
  }

  /** A handler of a node has done this. `meddle` may change what no handler could. */
  event(id: NodeId, step: Step = {}, meddle: (state: RaftState) => void = () => undefined): void {
    const { state } = this.puppet(id);
    const { durable } = state;
    if (step.term !== undefined) {
      durable.currentTerm = step.term;
      durable.votedFor = null;
    }
    if (step.votedFor !== undefined) durable.votedFor = step.votedFor;
    this.write(id, durable.log.entries, step);
    if (step.unsynced !== true) this.sync(id);
    if (step.leads !== undefined) state.role = step.leads === false ? { kind: 'follower' } : this.role(id, step.leads);
    state.commitIndex = step.commitIndex ?? state.commitIndex;
    state.lastApplied = step.lastApplied ?? state.lastApplied;
    state.digest = step.digest ?? state.lastApplied;
    state.executed.splice(0, Infinity, ...(step.executed ?? []));
    meddle(state);
    this.monitor.afterEvent?.(id, state);
  }

  /** Each of these nodes appends these entries, as far as it lacks them at the end, and syncs them. */
  hold(ids: readonly NodeId[], log: readonly LogEntry[]): void {
    for (const id of ids) this.event(id, { add: log.slice(this.puppet(id).state.durable.log.entries.length) });
  }

  /** The disk writes out all that was written, or one file only. */
  sync(id: NodeId, file?: string): void {
    const { synced, state } = this.puppet(id);
    const { currentTerm, votedFor, log } = state.durable;
    if (file !== LOG_FILE) synced.vote = { currentTerm, votedFor };
    if (file !== VOTE_FILE) synced.log = log.entries.slice();
  }

  // ── Elections ────────────────────────────────────────────────────────

  /** A node becomes candidate in a term and asks all for their votes. */
  campaign(id: NodeId, term: number): void {
    this.event(id, { term, votedFor: id, leads: false });
    const { entries } = this.puppet(id).state.durable.log;
    const request = { lastLogIndex: entries.length, lastLogTerm: entries.at(-1)?.term ?? 0, isTransfer: false };
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

  // ── Messages ─────────────────────────────────────────────────────────

  send(from: NodeId, to: NodeId, message: RaftMessage): void {
    this.monitor.onSend?.(from, to, message, viewOf(this.puppet(from).synced));
  }

  /** The client sends attempt number `attempt`. */
  ask(to: NodeId, attempt: number, command: Plain): void {
    const request: ClientRequest = { kind: 'ClientRequest', client: c1, id: attempt, command };
    this.monitor.onSend?.(c1, to, request, viewOf({ vote: undefined, log: [] }));
  }

  /** A node answers the client's attempt number `attempt`. */
  answer(from: NodeId, attempt: number, body: RaftAnswer): void {
    const response = { kind: 'ClientResponse', id: attempt, body } as Message;
    this.monitor.onSend?.(from, c1, response, viewOf(this.puppet(from).synced));
  }

  // ── Behind it ────────────────────────────────────────────────────────

  private write(id: NodeId, log: LogEntry[], { cut, add = [] }: Step): void {
    if (cut !== undefined) {
      log.length = cut - 1;
      this.monitor.onTruncate?.(id, LOG_FILE, cut);
    }
    for (const added of add) {
      log.push(added);
      this.monitor.onAppend?.(id, LOG_FILE, log.length, added);
    }
  }

  private role(id: NodeId, { matchIndex, nextIndex }: LeadersView): Leader {
    const { state, synced } = this.puppet(id);
    const last = state.durable.log.entries.length;
    const leader = newLeader(this.ids.length, last, { timeBaseUs: 0, ledSinceUs: 0 });
    if (nextIndex !== undefined) leader.nextIndex.splice(0, Infinity, ...nextIndex);
    const own = this.ids.map((node) => (node === id ? synced.log.length : 0));
    leader.matchIndex.splice(0, Infinity, ...(matchIndex ?? own));
    return leader;
  }

  private puppet(id: NodeId): Puppet {
    return this.puppets[id] as Puppet;
  }
}

/** A disk with these contents. */
function viewOf({ vote, log }: { readonly vote: VoteRecord | undefined; readonly log: readonly LogEntry[] }): DiskView {
  return {
    cell: (file) => (file === VOTE_FILE ? vote : undefined),
    log: (file) => (file === LOG_FILE ? log : []),
    head: () => WHOLE,
  };
}
