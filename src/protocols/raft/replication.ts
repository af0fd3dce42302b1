import type { ClientRequest } from '../../contract/client.ts';
import type { Context } from '../../contract/context.ts';
import type { Plain } from '../../contract/message.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import type { TimeUs } from '../../kernel/time.ts';
import type { Configuration } from './configuration.ts';
import { Election } from './election.ts';
import { bytesOfCommand, entryAt, firstIndexOfTerm, hasTerm, lastIndex, lastTerm, termAt } from './log.ts';
import type {
  AppendEntries, AppendEntriesAccepted, AppendEntriesRejected, LogEntry, Outdated, RaftAnswer,
} from './messages.ts';
import type { Stamped } from './rules.ts';
import { type Feed, type Flights, type Leader, LOG_FILE, MACHINE_FILE, type WaitingRequest } from './state.ts';

/** How a log gets to every server, and how its entries are committed and applied (§5.3, §5.4). */
export abstract class Replication extends Election {
  /** The follower lacks what is compacted: it gets a snapshot instead (§7). */
  protected abstract sendSnapshot(ctx: Context, leader: Leader, peer: NodeId): void;
  /** An entry that says who takes part was appended, cut off, or applied. */
  protected abstract onConfigurationAppended(index: number, configuration: Configuration): void;
  protected abstract onConfigurationsCut(from: number): void;
  protected abstract onConfigurationApplied(index: number): void;
  /** The leader has committed more. */
  protected abstract onCommitted(ctx: Context, leader: Leader): void;
  /** Something was applied: whoever waited for it goes on. */
  protected abstract onApplied(ctx: Context): void;
  /** A follower has answered the leader, whatever it said. */
  protected abstract onAnswered(ctx: Context, leader: Leader, from: NodeId): void;
  /** A follower's log has caught up with something. */
  protected abstract onMatched(ctx: Context, leader: Leader, from: NodeId): void;

  // ── The leader appends (§5.3) ────────────────────────────────────────

  protected appendCommand(ctx: Context, leader: Leader, request: ClientRequest): void {
    const { currentTerm: term } = this.state.durable;
    const { command } = request;
    const timeUs = this.clusterTimeUs(ctx, leader);
    const entry: LogEntry = { kind: 'command', term, timeUs, bytes: bytesOfCommand(command), command };
    leader.requests.push({ index: this.appendAsLeader(ctx, leader, entry), request });
    this.replicateSoon(ctx, leader);
  }

  /** Returns the index of the entry. */
  protected appendAsLeader(ctx: Context, leader: Leader, entry: LogEntry): number {
    const { log } = this.state.durable;
    assert(entry.term >= lastTerm(log), 'terms do not go down along a log');
    log.entries[log.entries.length] = entry; // See storeEntries.
    const index = lastIndex(log);
    leader.holders.push(0);
    leader.oldHolders.push(0);
    leader.uncommittedBytes += entry.bytes;
    ctx.append(LOG_FILE, entry);
    this.noteEntry(ctx);
    if (entry.kind === 'configuration') this.onConfigurationAppended(index, entry.configuration);
    ctx.persist({ kind: 'own-entry', term: entry.term, index });
    return index;
  }

  /** The last entry is another one from now on, or we cannot say how old it is. */
  protected noteEntry(ctx: Context): void {
    if (this.settings.countsElections) this.state.lastEntryAtUs = ctx.monotonicUs();
  }

  /**
   * The last entry's time, and, if that counts, what has passed since we have it: it was given its time before it came
   * to us, so the time of the log is never ahead. From the entry's own time alone, it stands still from that entry to
   * our election, and with leaders that follow each other quickly a lease hardly ever runs out (etcd #13491).
   */
  protected timeOfLog(ctx: Context): TimeUs {
    const { durable: { log, snapshot }, lastEntryAtUs } = this.state;
    const lastUs = log.entries.at(-1)?.timeUs ?? snapshot?.timeUs ?? null;
    if (lastUs === null || !this.settings.countsElections) return lastUs ?? 0;
    return lastUs + ctx.monotonicUs() - lastEntryAtUs;
  }

  /** Goes on from there by our own clock: never down along a log, and the same for all who read it. */
  protected clusterTimeUs(ctx: Context, leader: Leader): TimeUs {
    return leader.timeBaseUs + ctx.monotonicUs() - leader.ledSinceUs;
  }

  /** A window lets commands that come close together travel together. */
  private replicateSoon(ctx: Context, leader: Leader): void {
    if (this.settings.batchWindowUs === 0) this.replicate(ctx, leader);
    else this.beginBatch(ctx, leader);
  }

  protected beginBatch(ctx: Context, leader: Leader): void {
    if (leader.isBatching) return;
    leader.isBatching = true;
    ctx.setTimer('batch', this.settings.batchWindowUs);
  }

  protected onBatchEnd(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'leader', 'only a leader collects commands');
    role.isBatching = false;
    if (role.reads.length > 0) this.sendHeartbeats(ctx, role);
    else this.replicate(ctx, role);
  }

  // ── The leader sends (§5.3) ──────────────────────────────────────────

  /** Sends what is new to each follower that keeps up; the others get it when they have answered. */
  protected replicate(ctx: Context, leader: Leader): void {
    leader.requestId += 1;
    const sentAtUs = this.leaseClockUs(ctx);
    let last: AppendEntries | null = null;
    for (const peer of leader.targets) {
      if (leader.feed[peer] !== 'replicate' || this.isWindowFull(leader, peer)) continue;
      last = this.sendEntries(ctx, leader, peer, sentAtUs, last);
    }
  }

  /** §5.5 Heartbeats also repeat what was lost: a follower that lacks the entry before them rejects them. */
  protected onHeartbeat(ctx: Context): void {
    const { role } = this.state;
    assert(role.kind === 'leader', 'only a leader runs a heartbeat timer');
    ctx.setTimer('heartbeat', this.settings.heartbeatUs);
    this.sendHeartbeats(ctx, role);
  }

  protected sendHeartbeats(ctx: Context, leader: Leader): void {
    leader.requestId += 1;
    const sentAtUs = this.leaseClockUs(ctx);
    let last: AppendEntries | null = null;
    for (const peer of leader.targets) {
      if (leader.feed[peer] === 'snapshot') this.sendSnapshot(ctx, leader, peer);
      else last = this.sendEntries(ctx, leader, peer, sentAtUs, last);
    }
  }

  /**
   * Sends entries from nextIndex on, none if the window is full. Returns the message; `last` is used again if it says
   * the same. A follower that lacks what is compacted gets a snapshot.
   */
  private sendEntries(
    ctx: Context, leader: Leader, peer: NodeId, sentAtUs: TimeUs, last: AppendEntries | null,
  ): AppendEntries | null {
    const prevLogIndex = (leader.nextIndex[peer] as number) - 1;
    if (!hasTerm(this.state.durable.log, prevLogIndex)) {
      this.sendSnapshot(ctx, leader, peer);
      return last;
    }
    const isFull = this.isWindowFull(leader, peer);
    const isSame = last !== null && last.prevLogIndex === prevLogIndex && !isFull;
    const message = isSame ? last : this.appendEntries(leader, prevLogIndex, sentAtUs, isFull);
    if (leader.feed[peer] === 'replicate') this.launch(leader, peer, message);
    ctx.sendNow(peer, message);
    return isFull ? last : message;
  }

  protected sendNext(ctx: Context, leader: Leader, peer: NodeId): void {
    leader.requestId += 1;
    this.sendEntries(ctx, leader, peer, this.leaseClockUs(ctx), null);
  }

  private appendEntries(leader: Leader, prevLogIndex: number, sentAtUs: TimeUs, isEmpty: boolean): AppendEntries {
    const { durable, commitIndex } = this.state;
    return {
      kind: 'AppendEntries',
      term: durable.currentTerm,
      requestId: leader.requestId,
      sentAtUs,
      prevLogIndex,
      prevLogTerm: termAt(durable.log, prevLogIndex),
      entries: isEmpty ? NO_ENTRIES : this.entriesFrom(prevLogIndex),
      leaderCommit: commitIndex,
    };
  }

  /** As many entries as a message may carry, but at least one if there is one. */
  protected entriesFrom(prevLogIndex: number): readonly LogEntry[] {
    const { entries, baseIndex } = this.state.durable.log;
    const { maxEntriesPerMessage, maxBytesPerMessage } = this.settings;
    const start = prevLogIndex - baseIndex;
    const limit = Math.min(entries.length, start + maxEntriesPerMessage);
    if (start >= limit) return NO_ENTRIES;
    let end = start;
    let bytes = 0;
    while (end < limit) {
      bytes += (entries[end] as LogEntry).bytes;
      if (bytes > maxBytesPerMessage && end > start) break;
      end += 1;
    }
    return end === start + 1 ? [entries[start] as LogEntry] : entries.slice(start, end);
  }

  // ── Flow control: what is under way to one follower ──────────────────

  private isWindowFull(leader: Leader, peer: NodeId): boolean {
    const { maxInflightMessages, maxInflightBytes } = this.settings;
    return (leader.inFlight[peer] as Flights).ends.length >= maxInflightMessages ||
      (leader.inFlightBytes[peer] as number) >= maxInflightBytes;
  }

  /** While a follower keeps up, what was sent is taken for received. */
  private launch(leader: Leader, peer: NodeId, { prevLogIndex, entries }: AppendEntries): void {
    if (entries.length === 0) return;
    let bytes = 0;
    // Not `of`: V8 makes an object for each step, because the list for no entries is frozen.
    for (let position = 0; position < entries.length; position++) bytes += (entries[position] as LogEntry).bytes;
    const last = prevLogIndex + entries.length;
    leader.nextIndex[peer] = last + 1;
    const flights = leader.inFlight[peer] as Flights;
    flights.ends.push(last);
    flights.bytes.push(bytes);
    leader.inFlightBytes[peer] = (leader.inFlightBytes[peer] as number) + bytes;
  }

  /** An acceptance frees the window of everything up to what it acknowledges, also of messages that were lost. */
  private land(leader: Leader, peer: NodeId, matchIndex: number): void {
    const { ends, bytes } = leader.inFlight[peer] as Flights;
    while (ends.length > 0 && (ends[0] as number) <= matchIndex) {
      ends.shift();
      leader.inFlightBytes[peer] = (leader.inFlightBytes[peer] as number) - (bytes.shift() as number);
    }
  }

  protected feed(leader: Leader, peer: NodeId, feed: Feed): void {
    if (leader.feed[peer] === feed) return; // Nothing is under way but to who is fed by `replicate`.
    leader.feed[peer] = feed;
    const { ends, bytes } = leader.inFlight[peer] as Flights;
    // Not by `length`: an array that is emptied so loses its room.
    while (ends.length > 0) ends.pop();
    while (bytes.length > 0) bytes.pop();
    leader.inFlightBytes[peer] = 0;
  }

  // ── The leader hears (§5.3) ──────────────────────────────────────────

  protected onAppendEntriesAccepted(ctx: Context, from: NodeId, reply: AppendEntriesAccepted): void {
    const { role, durable } = this.state;
    if (role.kind !== 'leader' || reply.term < durable.currentTerm) return;
    this.noteAnswer(ctx, role, from, reply);
    this.land(role, from, reply.matchIndex);
    this.raiseMatchIndex(ctx, role, from, reply.matchIndex);
    if (this.state.role !== role) return; // It has committed its own removal.
    if ((role.nextIndex[from] as number) <= reply.matchIndex) role.nextIndex[from] = reply.matchIndex + 1;
    // A follower that gets a snapshot may catch up without it, by entries that were sent before.
    if (role.feed[from] !== 'snapshot' || hasTerm(durable.log, (role.nextIndex[from] as number) - 1)) {
      this.feed(role, from, 'replicate');
    }
    this.onMatched(ctx, role, from);
    this.sendWaiting(ctx, role, from);
  }

  /** Sends on, if there is something to send and it may be sent. */
  private sendWaiting(ctx: Context, leader: Leader, peer: NodeId): void {
    if (this.state.role !== leader || leader.feed[peer] !== 'replicate' || this.isWindowFull(leader, peer)) return;
    if ((leader.nextIndex[peer] as number) <= lastIndex(this.state.durable.log)) this.sendNext(ctx, leader, peer);
  }

  /**
   * §5.3 Steps back and tries again, with the follower's hint. Entries that overtake each other on the way are rejected
   * in bunches; one step back answers for all that were sent before it. Never below matchIndex: a rejection can be
   * older than an acceptance that has arrived already.
   */
  protected onAppendEntriesRejected(ctx: Context, from: NodeId, reply: AppendEntriesRejected): void {
    const { role, durable } = this.state;
    if (role.kind !== 'leader' || reply.term < durable.currentTerm) return;
    this.noteAnswer(ctx, role, from, reply);
    this.raiseMatchIndex(ctx, role, from, this.matchIndexFromRejection(role.matchIndex[from] as number, reply));
    if (this.state.role !== role || role.feed[from] === 'snapshot' || !this.isNewRejection(role, from, reply)) return;
    const nextIndex = Math.min(role.nextIndex[from] as number, reply.conflictIndex);
    role.nextIndex[from] = Math.max(nextIndex, (role.matchIndex[from] as number) + 1);
    this.feed(role, from, 'probe');
    role.resumedAt[from] = role.requestId + 1;
    this.sendNext(ctx, role, from);
  }

  /** Any answer in our term shows that we led when we sent what it answers. */
  protected noteAnswer(ctx: Context, leader: Leader, from: NodeId, reply: Stamped): void {
    leader.hasAnswered[from] = true;
    const answeredId = leader.answeredId[from] as number;
    if (reply.requestId <= answeredId) return;
    leader.answeredId[from] = reply.requestId;
    leader.answeredSentAtUs[from] = this.leaseFromUs(reply, this.leaseClockUs(ctx));
    this.onAnswered(ctx, leader, from);
  }

  // ── The follower (§5.3) ──────────────────────────────────────────────

  protected onAppendEntries(ctx: Context, from: NodeId, request: AppendEntries): void {
    const { state } = this;
    const { durable } = state;
    const { prevLogIndex, entries } = request;
    if (request.term < durable.currentTerm) return this.answerOutdated(ctx, from);
    this.follow(ctx, from);
    // Nothing goes behind a log that is about to be replaced: it could be neither kept nor told from what is kept.
    if (state.installing !== null) return;
    if (!this.holdsEntry(prevLogIndex, request.prevLogTerm)) return this.reject(ctx, from, request);
    const isWritten = this.storeEntries(ctx, prevLogIndex, entries);
    const covered = prevLogIndex + entries.length;
    const commitIndex = this.followerCommitIndex(request.leaderCommit, covered);
    if (commitIndex !== state.commitIndex) {
      state.commitIndex = commitIndex;
      this.applyCommitted(ctx);
    }
    const { requestId, sentAtUs } = request;
    const matchIndex = this.acknowledgedIndex(covered);
    if (isWritten && this.settings.asyncStorage) {
      ctx.persist({ kind: 'append', term: durable.currentTerm, to: from, requestId, sentAtUs, matchIndex });
      return;
    }
    if (isWritten) ctx.persist(); // Barrier: an acceptance leaves when the entries are synced.
    ctx.send(from, this.accepted(requestId, sentAtUs, matchIndex));
  }

  protected accepted(requestId: number, sentAtUs: TimeUs, matchIndex: number): AppendEntriesAccepted {
    return { kind: 'AppendEntriesAccepted', term: this.state.durable.currentTerm, requestId, sentAtUs, matchIndex };
  }

  /** Figure 2, AppendEntries receiver rules 3 and 4. Whether anything is written. */
  private storeEntries(ctx: Context, prevLogIndex: number, entries: readonly LogEntry[]): boolean {
    const { log } = this.state.durable;
    const conflict = this.firstConflict(prevLogIndex, entries);
    if (conflict !== null) {
      assert(conflict > prevLogIndex, 'the entry before a message agrees with it');
      this.cutFrom(ctx, conflict);
    }
    const held = lastIndex(log) - prevLogIndex;
    for (let position = Math.max(held, 0); position < entries.length; position++) {
      const entry = entries[position] as LogEntry;
      // Not by `push`: V8 gives up its code in line for good when a log, empty at first, changes its kind of array.
      log.entries[log.entries.length] = entry;
      ctx.append(LOG_FILE, entry);
      if (entry.kind === 'configuration') this.onConfigurationAppended(lastIndex(log), entry.configuration);
    }
    if (held < entries.length) this.noteEntry(ctx);
    return conflict !== null || held < entries.length;
  }

  /** This entry and all that follow it are ours no more. */
  protected cutFrom(ctx: Context, index: number): void {
    const { log } = this.state.durable;
    log.entries.length = index - 1 - log.baseIndex;
    ctx.truncateFrom(LOG_FILE, index);
    this.onConfigurationsCut(index);
  }

  /** Figure 2, AppendEntries receiver rule 1. */
  protected answerOutdated(ctx: Context, to: NodeId): void {
    const message: Outdated = { kind: 'Outdated', term: this.state.durable.currentTerm };
    ctx.send(to, message);
  }

  protected reject(ctx: Context, from: NodeId, request: AppendEntries): void {
    const { log, currentTerm: term } = this.state.durable;
    const { prevLogIndex, requestId, sentAtUs } = request;
    const isShort = prevLogIndex > lastIndex(log);
    const isCompacted = prevLogIndex <= log.baseIndex;
    const conflictIndex = isShort || isCompacted ? lastIndex(log) + 1
      : firstIndexOfTerm(log, termAt(log, prevLogIndex));
    const reply: AppendEntriesRejected = { kind: 'AppendEntriesRejected', term, requestId, sentAtUs, conflictIndex };
    ctx.send(from, reply);
  }

  // ── Commitment (§5.3, §5.4.2) ────────────────────────────────────────

  /**
   * Counts how many voters hold each entry, instead of sorting what each node holds: one step per entry and node,
   * however large the cluster.
   */
  protected raiseMatchIndex(ctx: Context, leader: Leader, node: NodeId, reported: number): void {
    const { log } = this.state.durable;
    const known = leader.matchIndex[node] as number;
    const index = this.raisedMatchIndex(known, reported);
    if (index === known) return;
    assert(index <= lastIndex(log), 'nobody holds more of our log than we do');
    leader.matchIndex[node] = index;
    if (index > known) this.countHolder(leader, node, known, index, 1);
    else this.countHolder(leader, node, index, known, -1);
    this.advanceCommitIndex(ctx, leader);
  }

  /** A voter holds so many more, or fewer, of the entries behind `after` up to `to`. */
  private countHolder(leader: Leader, node: NodeId, after: number, to: number, by: 1 | -1): void {
    const { commitIndex, configuration: { voters, oldVoters } } = this.state;
    const counts = this.counts(node, voters);
    const countsInOld = oldVoters.length > 0 && this.counts(node, oldVoters);
    const first = Math.max(after, commitIndex) + 1 - leader.trackedFrom;
    for (let position = first; position <= to - leader.trackedFrom; position++) {
      if (counts) leader.holders[position] = (leader.holders[position] as number) + by;
      if (countsInOld) leader.oldHolders[position] = (leader.oldHolders[position] as number) + by;
    }
  }

  /** Other voters count from now on. */
  protected recountHolders(leader: Leader): void {
    const { commitIndex, durable: { log } } = this.state;
    const tracked = lastIndex(log) - commitIndex;
    leader.trackedFrom = commitIndex + 1;
    leader.holders = filled(tracked, 0);
    leader.oldHolders = filled(tracked, 0);
    for (let node = 0 as NodeId; node < this.clusterSize; node++) {
      this.countHolder(leader, node, commitIndex, leader.matchIndex[node] as number, 1);
    }
  }

  protected advanceCommitIndex(ctx: Context, leader: Leader): void {
    const { state } = this;
    const last = lastIndex(state.durable.log);
    let index = state.commitIndex;
    while (index < last) {
      const position = index + 1 - leader.trackedFrom;
      if (!this.isQuorum(leader.holders[position] as number, leader.oldHolders[position] as number)) break;
      index += 1;
    }
    if (index === state.commitIndex || !this.mayCommit(index)) return;
    for (let at = state.commitIndex + 1; at <= index; at++) this.release(leader, entryAt(state.durable.log, at));
    state.commitIndex = index;
    forgetCommitted(leader, index);
    ctx.note({ event: 'committed', index });
    this.applyCommitted(ctx);
    this.onCommitted(ctx, leader);
  }

  /**
   * Only what we have appended ourselves is counted, and only that is released. Were the entries of our predecessors
   * counted, enough of them would keep us from taking a command, and without an entry of our own term none of them is
   * ever committed.
   */
  protected release(leader: Leader, entry: LogEntry): void {
    if (entry.term === this.state.durable.currentTerm) leader.uncommittedBytes -= entry.bytes;
  }

  /** Figure 2: what is committed is applied, in log order. Leaders answer here. */
  protected applyCommitted(ctx: Context): void {
    const { state } = this;
    const { log } = state.durable;
    const { executed } = state;
    let count = 0;
    while (state.lastApplied < state.commitIndex) {
      const index = this.nextToApply();
      const entry = entryAt(log, index);
      state.lastApplied = index;
      if (entry.kind !== 'command') {
        executed[count++] = null;
        if (entry.kind === 'configuration') this.onConfigurationApplied(index);
        continue;
      }
      const applied = this.machine.apply(state.machine, entry.command, entry.timeUs);
      executed[count++] = applied.executed;
      if (state.role.kind === 'leader') this.answer(ctx, state.role, index, applied.result);
    }
    // Neither emptied first nor cut by `length`: the array would lose its room, and make it again for each commit.
    while (executed.length > count) executed.pop();
    state.digest = this.machine.digest(state.machine);
    state.sessionsDigest = this.machine.sessionsDigest?.(state.machine) ?? 0;
    if (this.settings.durableMachine) this.recordMachine(ctx);
    this.onApplied(ctx);
  }

  /** Put on the disk only when the entries that it reflects are there: nobody could tell what a machine ahead lacks. */
  private recordMachine(ctx: Context): void {
    const { state } = this;
    if (state.pendingMachine !== null) return;
    state.pendingMachine = this.machineRecord();
    ctx.persist({ kind: 'machine' });
  }

  protected onMachineDue(ctx: Context): void {
    const { pendingMachine } = this.state;
    assert(pendingMachine !== null, 'a record of the machine was waiting');
    ctx.put(MACHINE_FILE, pendingMachine);
    this.state.pendingMachine = null;
  }

  // ── Client interaction (§8) ──────────────────────────────────────────

  private answer(ctx: Context, leader: Leader, index: number, result: Plain): void {
    const { requests } = leader;
    let at = 0;
    while (at < requests.length && (requests[at] as WaitingRequest).index < index) at += 1;
    if (requests[at]?.index !== index) return;
    const { request } = requests[at] as WaitingRequest;
    if (at === 0) requests.shift();
    else requests.splice(at, 1);
    ctx.reply(request, { kind: 'applied', result, index } satisfies RaftAnswer);
  }
}

const NO_ENTRIES: readonly LogEntry[] = Object.freeze([]);

/** Committed entries are not counted any more; now and then their counts are dropped. */
function forgetCommitted(leader: Leader, commitIndex: number): void {
  const committed = commitIndex + 1 - leader.trackedFrom;
  if (committed < 1_024) return;
  leader.holders.splice(0, committed);
  leader.oldHolders.splice(0, committed);
  leader.trackedFrom = commitIndex + 1;
}

/** An array of one value. One that is made with its length might have holes, and V8 looks for them ever after. */
export function filled<T>(length: number, value: T): T[] {
  const array: T[] = [];
  for (let at = 0; at < length; at++) array.push(value);
  return array;
}
