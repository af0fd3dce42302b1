import type { Context, PersistTag } from '../../contract/context.ts';
import { withLazyData } from '../../contract/lazy-data.ts';
import { assert } from '../../kernel/assert.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { emptyLog, entryAt, lastIndex, type RaftLog, termAt } from './log.ts';
import type { InstallSnapshot, InstallSnapshotReply } from './messages.ts';
import { Replication } from './replication.ts';
import { type Leader, LOG_FILE, type LogMark, type Snapshot, SNAPSHOT_FILE } from './state.ts';

/** How the log is kept short, and how a server catches up that lacks what was dropped (§7; thesis §5). */
export abstract class Snapshots extends Replication {
  // ── Taking one (Figure 12) ───────────────────────────────────────────

  protected takeSnapshotWhenDue(ctx: Context): void {
    const { snapshotEvery } = this.settings;
    const { durable, lastApplied } = this.state;
    const included = durable.snapshot?.lastIncludedIndex ?? 0;
    if (snapshotEvery > 0 && lastApplied - included >= snapshotEvery) this.takeSnapshot(ctx);
  }

  protected takeSnapshot(ctx: Context): void {
    const { durable, lastApplied } = this.state;
    // Not before the last one is on the disk, or is written over.
    const included = durable.snapshot?.lastIncludedIndex ?? 0;
    if (lastApplied <= included || this.state.installing !== null) return;
    // Its content is settled now. The text is made for whoever reads it first: most snapshots are replaced by the
    // next one before anybody does, and the texts of all took a twentieth of the instructions of a run.
    const snapshot: Snapshot = withLazyData({
      lastIncludedIndex: lastApplied,
      lastIncludedTerm: termAt(durable.log, lastApplied),
      timeUs: entryAt(durable.log, lastApplied).timeUs,
      configuration: this.snapshotConfiguration(lastApplied),
    }, this.snapshotData());
    durable.snapshot = snapshot;
    ctx.note({ event: 'took-snapshot', index: lastApplied });
    ctx.put(SNAPSHOT_FILE, snapshot);
    ctx.persist({ kind: 'snapshot', index: lastApplied });
  }

  /** Only what a snapshot on the disk holds may go from the log. Some entries stay, for followers that lag a little. */
  protected onSnapshotPersisted(ctx: Context, tag: PersistTag): void {
    const { log } = this.state.durable;
    const until = (tag['index'] as number) - this.settings.snapshotRetained;
    if (until <= log.baseIndex) return;
    this.dropUntil(ctx, log, until, termAt(log, until));
  }

  private dropUntil(ctx: Context, log: RaftLog, index: number, term: number): void {
    log.entries.splice(0, index - log.baseIndex);
    log.baseIndex = index;
    log.baseTerm = term;
    ctx.dropUntil(LOG_FILE, index, Object.freeze({ term }) satisfies LogMark);
  }

  // ── Sending one (§7, Figure 13) ──────────────────────────────────────

  protected override sendSnapshot(ctx: Context, leader: Leader, peer: NodeId): void {
    const { snapshot, log } = this.state.durable;
    assert(snapshot !== null, 'a snapshot holds what the log has dropped');
    const sent = leader.snapshotSent[peer] ?? null;
    // One that the log goes on from will do to its end, also when there is a newer one.
    if (leader.feed[peer] !== 'snapshot' || sent === null || sent.lastIncludedIndex < log.baseIndex) {
      this.feed(leader, peer, 'snapshot');
      leader.snapshotSent[peer] = snapshot;
      leader.snapshotOffset[peer] = 0;
      leader.snapshotMovedAt[peer] = leader.requestId;
    }
    this.sendChunk(ctx, leader, peer);
  }

  private sendChunk(ctx: Context, leader: Leader, peer: NodeId): void {
    const snapshot = leader.snapshotSent[peer] as Snapshot;
    const offset = leader.snapshotOffset[peer] as number;
    const data = snapshot.data.slice(offset, offset + this.settings.snapshotChunkBytes);
    const chunk: InstallSnapshot = {
      kind: 'InstallSnapshot',
      term: this.state.durable.currentTerm,
      requestId: leader.requestId,
      sentAtUs: this.leaseClockUs(ctx),
      lastIncludedIndex: snapshot.lastIncludedIndex,
      lastIncludedTerm: snapshot.lastIncludedTerm,
      timeUs: snapshot.timeUs,
      configuration: snapshot.configuration,
      offset,
      data,
      done: offset + data.length === snapshot.data.length,
    };
    ctx.sendNow(peer, chunk);
  }

  protected onInstallSnapshotReply(ctx: Context, from: NodeId, reply: InstallSnapshotReply): void {
    const { role, durable } = this.state;
    if (role.kind !== 'leader' || reply.term < durable.currentTerm) return;
    this.noteAnswer(ctx, role, from, reply);
    const sent = role.snapshotSent[from] ?? null;
    if (reply.isInstalled) {
      role.nextIndex[from] = Math.max(role.nextIndex[from] as number, reply.lastIncludedIndex + 1);
      this.raiseMatchIndex(ctx, role, from, reply.lastIncludedIndex);
    }
    if (this.state.role !== role || role.feed[from] !== 'snapshot' || sent === null) return;
    if (reply.lastIncludedIndex !== sent.lastIncludedIndex) return; // About one that was given up.
    if (reply.isInstalled) {
      role.snapshotSent[from] = null;
      this.feed(role, from, 'probe');
      this.onMatched(ctx, role, from);
      this.sendNext(ctx, role, from);
      return;
    }
    const offset = role.snapshotOffset[from] as number;
    // A late answer must not take us back, or chunks would be sent twice from there on, and again. One to the chunk
    // that is under way now may: the follower has lost what it had, in a crash, or to a first chunk that came late.
    const isLate = reply.requestId < (role.snapshotMovedAt[from] as number);
    if (reply.received === offset || (isLate && reply.received < offset)) return;
    role.requestId += 1;
    role.snapshotOffset[from] = reply.received;
    role.snapshotMovedAt[from] = role.requestId;
    this.sendChunk(ctx, role, from);
  }

  // ── Receiving one (Figure 13) ────────────────────────────────────────

  protected onInstallSnapshot(ctx: Context, from: NodeId, chunk: InstallSnapshot): void {
    const { state } = this;
    if (chunk.term < state.durable.currentTerm) return this.answerOutdated(ctx, from);
    this.follow(ctx, from);
    if (state.installing !== null) return;
    // What is committed here is what the snapshot says: the log goes on from it as it is.
    if (!this.isNews(chunk)) {
      state.incoming = null;
      return this.answerChunk(ctx, from, chunk, chunk.offset + chunk.data.length, true);
    }
    if (chunk.offset === 0 && !this.isSameSnapshot(chunk)) state.incoming = { from: chunk, data: '' };
    if (this.continuesSnapshot(chunk)) this.receive(chunk);
    const { incoming } = state;
    const isWhole = incoming !== null && chunk.done && incoming.data.length === chunk.offset + chunk.data.length;
    if (isWhole && this.isSameSnapshot(chunk)) {
      return this.beginInstall(ctx, from, chunk, incoming.data);
    }
    this.answerChunk(ctx, from, chunk, this.receivedOf(chunk), false);
  }

  private receive(chunk: InstallSnapshot): void {
    const { incoming } = this.state;
    assert(incoming !== null, 'a chunk goes on from another one');
    incoming.data += chunk.data;
  }

  /** How much we have of the snapshot that a chunk is of. */
  private receivedOf(chunk: InstallSnapshot): number {
    return this.isSameSnapshot(chunk) ? this.state.incoming?.data.length ?? 0 : 0;
  }

  private answerChunk(ctx: Context, to: NodeId, chunk: InstallSnapshot, received: number, isInstalled: boolean): void {
    const { requestId, sentAtUs, lastIncludedIndex } = chunk;
    const { currentTerm: term } = this.state.durable;
    const reply: InstallSnapshotReply = {
      kind: 'InstallSnapshotReply', term, requestId, sentAtUs, lastIncludedIndex, received, isInstalled,
    };
    ctx.send(to, reply);
  }

  /**
   * The snapshot is on the disk before the log goes: the two are files of their own, and a crash between them must
   * leave one of them whole.
   */
  private beginInstall(ctx: Context, from: NodeId, chunk: InstallSnapshot, data: string): void {
    const { lastIncludedIndex, lastIncludedTerm, timeUs, configuration, requestId, sentAtUs } = chunk;
    const snapshot: Snapshot = Object.freeze({ lastIncludedIndex, lastIncludedTerm, timeUs, configuration, data });
    this.state.incoming = null;
    this.state.installing = snapshot;
    ctx.put(SNAPSHOT_FILE, snapshot);
    ctx.persist({ kind: 'installed', leader: from, term: chunk.term, requestId, sentAtUs });
  }

  protected onInstalled(ctx: Context, tag: PersistTag): void {
    const { state } = this;
    const { durable, installing } = state;
    assert(installing !== null, 'a snapshot was being written');
    state.installing = null;
    this.install(ctx, installing);
    this.noteEntry(ctx);
    if (tag['term'] !== durable.currentTerm) return;
    const { lastIncludedIndex, data } = installing;
    const reply: InstallSnapshotReply = {
      kind: 'InstallSnapshotReply',
      term: durable.currentTerm,
      requestId: tag['requestId'] as number,
      sentAtUs: tag['sentAtUs'] as number,
      lastIncludedIndex,
      received: data.length,
      isInstalled: true,
    };
    ctx.send(tag['leader'] as NodeId, reply);
  }

  /** Figure 13, rules 5 to 8. */
  private install(ctx: Context, snapshot: Snapshot): void {
    const { state } = this;
    const { durable } = state;
    const { lastIncludedIndex, lastIncludedTerm } = snapshot;
    if (this.keepsSuffix(snapshot)) {
      if (lastIncludedIndex > durable.log.baseIndex) {
        this.dropUntil(ctx, durable.log, lastIncludedIndex, lastIncludedTerm);
      }
    } else {
      this.discardLog(ctx, snapshot);
    }
    durable.snapshot = snapshot;
    state.machine = this.machine.load(snapshot.data);
    state.digest = this.machine.digest(state.machine);
    state.sessionsDigest = this.machine.sessionsDigest?.(state.machine) ?? 0;
    state.executed.length = 0;
    state.commitIndex = lastIncludedIndex;
    state.lastApplied = lastIncludedIndex;
    this.onSnapshotInstalled(snapshot);
    ctx.note({ event: 'installed-snapshot', index: lastIncludedIndex });
    this.onApplied(ctx);
  }

  /** Figure 13, rule 7: a log that does not hold the snapshot's last entry goes as a whole. */
  private discardLog(ctx: Context, { lastIncludedIndex, lastIncludedTerm }: Snapshot): void {
    const { durable } = this.state;
    ctx.truncateFrom(LOG_FILE, durable.log.baseIndex + 1);
    durable.log = emptyLog(lastIncludedIndex, lastIncludedTerm);
    ctx.dropUntil(LOG_FILE, lastIncludedIndex, Object.freeze({ term: lastIncludedTerm }) satisfies LogMark);
  }

  /** The log on the disk is brought to what was recovered of it, where that is less than what it holds. */
  protected discardForeignLog(ctx: Context, dropped: number, held: number): void {
    const { log } = this.state.durable;
    if (dropped === log.baseIndex) {
      if (held > log.entries.length) ctx.truncateFrom(LOG_FILE, lastIndex(log) + 1);
      return;
    }
    ctx.truncateFrom(LOG_FILE, dropped + 1);
    ctx.dropUntil(LOG_FILE, log.baseIndex, Object.freeze({ term: log.baseTerm }) satisfies LogMark);
  }

  /** The configurations in force are those of the snapshot and of what is left behind it. */
  protected abstract onSnapshotInstalled(snapshot: Snapshot): void;
}
