import type { Context, PersistTag } from '../../contract/context.ts';
import { assert } from '../../kernel/assert.ts';
import type { TimeUs } from '../../kernel/time.ts';
import type { Txn } from './messages.ts';
import { ZabRules } from './rules.ts';
import {
  ACCEPTED_EPOCH_FILE, CURRENT_EPOCH_FILE, indexAfter, LOG_FILE, type LogMark, type Snapshot, SNAPSHOT_FILE,
} from './state.ts';
import { NO_ZXID, type Zxid } from './zxid.ts';

/** The history of a node: epochs, transaction log and snapshot on its disk, and the service that they come to. */
export abstract class History extends ZabRules {
  /** A transaction was applied to the service, and this came of it. */
  protected abstract onApplied(ctx: Context, txn: Txn, result: unknown): void;

  // ── Epochs ───────────────────────────────────────────────────────────

  protected storeAcceptedEpoch(ctx: Context, epoch: number): void {
    this.state.durable.acceptedEpoch = epoch;
    ctx.put(ACCEPTED_EPOCH_FILE, epoch);
  }

  protected storeCurrentEpoch(ctx: Context, epoch: number): void {
    this.state.durable.currentEpoch = epoch;
    ctx.put(CURRENT_EPOCH_FILE, epoch);
  }

  // ── Log ──────────────────────────────────────────────────────────────

  /** Before the log runs over, it is made longer by a block: both are in one sync. */
  protected appendTxn(ctx: Context, txn: Txn): void {
    assert(txn.zxid > this.lastZxid, 'a history grows by ever later transactions');
    const { durable: { log } } = this.state;
    const { preAllocSize } = this.settings;
    if (log.room === 0 && preAllocSize > 0) {
      log.room = preAllocSize;
      ctx.allocate(LOG_FILE, preAllocSize);
    }
    log.entries.push(txn);
    log.room = Math.max(0, log.room - 1);
    ctx.append(LOG_FILE, txn);
  }

  /**
   * Cuts off what is behind `zxid`, from the log and from the service. The cut has a sync of its own: where that fails,
   * the node goes down before it writes anything behind what it meant to cut (ZOOKEEPER-3701).
   */
  protected truncateTo(ctx: Context, zxid: Zxid): void {
    const { durable: { log }, applied } = this.state;
    const end = indexAfter(log, zxid);
    if (end === log.entries.length) return;
    log.entries.length = end;
    log.room = 0;
    ctx.truncateFrom(LOG_FILE, log.dropped + end + 1);
    ctx.persist({ kind: 'truncated', zxid });
    ctx.note({ event: 'truncated', zxid });
    if (applied > zxid) this.rebuild();
  }

  /** A snapshot is in place of all that the log has. */
  protected replaceLog(ctx: Context, zxid: Zxid): void {
    const { log } = this.state.durable;
    log.dropped += log.entries.length;
    log.base = zxid;
    log.entries.length = 0;
    const mark: LogMark = { zxid };
    ctx.dropUntil(LOG_FILE, log.dropped, mark);
  }

  // ── The service ──────────────────────────────────────────────────────

  /** Makes the service anew from the snapshot and the log up to `until`. */
  protected rebuild(until: Zxid = this.lastZxid): void {
    const { state } = this;
    const { snapshot } = state.durable;
    state.machine = snapshot === null ? this.machine.initial() : this.machine.load(snapshot.data);
    state.applied = snapshot?.zxid ?? NO_ZXID;
    state.timeUs = snapshot?.timeUs ?? 0;
    state.sinceSnapshot = 0;
    this.applyLog(until);
  }

  /** Applies what the log has and the service has not: nobody is told what came of it. */
  protected applyLog(until: Zxid = this.lastZxid): void {
    const { log } = this.state.durable;
    const end = indexAfter(log, until);
    for (let at = indexAfter(log, this.state.applied); at < end; at++) this.apply(log.entries[at] as Txn);
    this.state.digest = this.machine.digest(this.state.machine);
  }

  /** The commit processor: applies what is committed, in the order of the log, as far as the log has it. */
  protected applyCommitted(ctx: Context, committedTo: Zxid): void {
    const { state } = this;
    const { log } = state.durable;
    const before = state.applied;
    const committed = log.entries.slice(indexAfter(log, state.applied), indexAfter(log, committedTo));
    for (const txn of this.inOrderOfCommit(committed)) this.onApplied(ctx, txn, this.apply(txn));
    if (state.applied === before) return;
    state.digest = this.machine.digest(state.machine);
    const { snapCount } = this.settings;
    if (snapCount > 0 && state.sinceSnapshot >= snapCount) this.takeSnapshot(ctx);
  }

  protected apply({ zxid, timeUs, command }: Txn): unknown {
    const { state } = this;
    state.applied = zxid;
    state.timeUs = timeUs;
    state.sinceSnapshot += 1;
    return this.machine.apply(state.machine, command, timeUs).result;
  }

  // ── Snapshots ────────────────────────────────────────────────────────

  /** Of what is committed, and nothing else: from a snapshot, no transaction can be cut off. */
  protected takeSnapshot(ctx: Context): void {
    const { applied, timeUs, machine } = this.state;
    this.keepSnapshot(ctx, applied, timeUs, this.machine.saveLater(machine));
  }

  /** The content is settled now; `makeData` makes the text for whoever reads it first. */
  protected keepSnapshot(ctx: Context, zxid: Zxid, timeUs: TimeUs, makeData: () => string): void {
    let data: string | null = null;
    this.storeSnapshot(ctx, Object.freeze({
      zxid,
      timeUs,
      get data(): string {
        data ??= makeData();
        return data;
      },
    }));
    ctx.persist({ kind: 'snapshot', zxid });
    ctx.note({ event: 'took-snapshot', zxid });
  }

  protected storeSnapshot(ctx: Context, snapshot: Snapshot): void {
    this.state.durable.snapshot = snapshot;
    this.state.sinceSnapshot = 0;
    ctx.put(SNAPSHOT_FILE, snapshot);
  }

  /** Only what a snapshot on the disk holds may go. Some of it stays, for followers that lag a little. */
  protected onSnapshotPersisted(ctx: Context, tag: PersistTag): void {
    const { log } = this.state.durable;
    const held = indexAfter(log, tag['zxid'] as Zxid);
    const count = Math.min(held, log.entries.length - this.settings.committedLog);
    if (count <= 0) return;
    log.base = (log.entries[count - 1] as Txn).zxid;
    log.dropped += count;
    log.entries.splice(0, count);
    const mark: LogMark = { zxid: log.base };
    ctx.dropUntil(LOG_FILE, log.dropped, mark);
  }
}
