import type { Context, PersistTag } from '../../../contract/context.ts';
import { CORRUPT } from '../../../contract/disk.ts';
import type { Node, NodeInit } from '../../../contract/node.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import type { Txn } from '../messages.ts';
import { endOfReading, type Following, type Leading, LOG_FILE } from '../state.ts';
import type { Zxid } from '../zxid.ts';
import { DefectiveZab, issue } from './defective.ts';

type OnPersistFailed = NonNullable<Node['onPersistFailed']>;

/** ZB-11: what comes behind a TRUNC is applied as it comes, and in the log when NEWLEADER has come. */
class InterruptedTrunc extends DefectiveZab {
  private truncated: unknown = null;

  protected override truncateTo(ctx: Context, zxid: Zxid): void {
    super.truncateTo(ctx, zxid);
    this.truncated = this.state.role;
  }

  protected override collect(role: Following, txn: Txn): void {
    super.collect(role, txn);
    if (role !== this.truncated) return;
    this.fired();
    this.apply(txn);
    this.state.digest = this.machine.digest(this.state.machine);
  }
}

/** ZB-13: whether the log could be cut is not looked at. */
class TruncFailureIgnored extends DefectiveZab {
  /** The election in which a log was cut and that is not known to be on the disk; -1: none. */
  private truncatedIn = -1;

  protected override truncateTo(ctx: Context, zxid: Zxid): void {
    if (zxid < this.lastZxid) this.truncatedIn = this.state.election;
    super.truncateTo(ctx, zxid);
  }

  override onPersisted(ctx: Context, tag: PersistTag): void {
    this.truncatedIn = -1;
    super.onPersisted(ctx, tag);
  }

  /** The reference has none, and goes down; so does this one with whatever else fails. */
  get onPersistFailed(): OnPersistFailed | undefined {
    if (this.truncatedIn !== this.state.election) return undefined;
    return (ctx, tag) => {
      this.fired();
      // What was written meanwhile is only said to have failed: it is stored by the next sync.
      if (tag?.kind !== 'truncated') ctx.persist(tag);
    };
  }
}

/** ZB-22: what writes the log of a leader dies of an error, and nothing else of the leader does. */
class LeaderHangs extends DefectiveZab {
  private hasHung = false;

  /** The reference has none, and goes down; so does this one where it does not lead. */
  get onPersistFailed(): OnPersistFailed | undefined {
    if (this.state.role.kind !== 'leading') return undefined;
    return () => {
      this.hasHung = true;
      this.fired();
    };
  }

  protected override prepare(ctx: Context, role: Leading): void {
    if (!this.hasHung) super.prepare(ctx, role);
  }

  protected override log(ctx: Context, txn: Txn): void {
    if (!this.hasHung) super.log(ctx, txn);
  }
}

/** ZB-26: a log ends at the first transaction that cannot be read, wherever that stands. */
class LogRecordSkipped extends DefectiveZab {
  constructor(init: NodeInit, fired: Fired) {
    super(init, fired);
    if (super.isDamaged(init)) fired();
  }

  protected override isDamaged(_init: NodeInit): boolean {
    return false;
  }
}

/** ZB-28: a log ends at the first empty place for whoever reads it, and behind what it holds for whoever writes. */
class AppendsBehindHole extends DefectiveZab {
  private readonly endsInHole: boolean;

  constructor(init: NodeInit, fired: Fired) {
    super(init, fired);
    const found = init.disk.log(LOG_FILE);
    const end = endOfReading(found);
    this.endsInHole = end < found.length && !found.slice(0, end).includes(CORRUPT);
  }

  protected override cutsBehindEnd(): boolean {
    return this.instead(!this.endsInHole, super.cutsBehindEnd());
  }
}

/** Defects of what a node makes of its disk, and of what its disk refuses. */
export const diskVariants: readonly Variant[] = [
  {
    row: 'ZB-11', id: 'zab/interrupted-trunc', title: 'what comes behind a TRUNC is in the service before it is logged',
    breaks: 'the service of a node is what its log comes to', source: issue(5094),
    difficulty: 'E', firstCatcher: 'Z14', in: 'node', create: (init, fired) => new InterruptedTrunc(init, fired),
  },
  {
    row: 'ZB-13', id: 'zab/trunc-failure-ignored', title: 'a log that could not be cut is taken for cut',
    breaks: 'a follower takes over the history of its leader', source: issue(3701),
    difficulty: 'X', firstCatcher: 'Z17', in: 'node', create: (init, fired) => new TruncFailureIgnored(init, fired),
  },
  {
    row: 'ZB-22', id: 'zab/leader-hangs', title: 'a leader whose log cannot be written goes on leading',
    breaks: 'whoever leads can write', source: issue(2247),
    difficulty: 'E', firstCatcher: 'takeover', in: 'node', create: (init, fired) => new LeaderHangs(init, fired),
  },
  {
    row: 'ZB-26', id: 'zab/log-record-skipped', title: 'a log ends silently at a transaction that cannot be read',
    breaks: 'what was acknowledged is on the disk',
    source: 'Alagappan et al., "Protocol-Aware Recovery for Consensus-Based Storage", FAST 2018',
    difficulty: 'E', firstCatcher: 'Z11', in: 'node', create: (init, fired) => new LogRecordSkipped(init, fired),
  },
  {
    row: 'ZB-28', id: 'zab/appends-behind-a-hole', title: 'a log is written behind an empty place, and not read there',
    breaks: 'what was acknowledged is read again',
    source: 'ZooKeeper 3.8, FileTxnLog: a file ends at its first empty record',
    difficulty: 'E', firstCatcher: 'Z11', in: 'node', create: (init, fired) => new AppendsBehindHole(init, fired),
  },
];
