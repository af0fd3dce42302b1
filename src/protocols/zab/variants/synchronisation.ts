import type { Context } from '../../../contract/context.ts';
import type { NodeInit } from '../../../contract/node.ts';
import type { Variant } from '../../../contract/variant.ts';
import type { Txn } from '../messages.ts';
import type { SyncPlan } from '../rules.ts';
import type { Following, Leading, Learner, Snapshot } from '../state.ts';
import type { Zxid } from '../zxid.ts';
import { DefectiveZab, issue } from './defective.ts';

/** ZB-01: the service is kept as it is through an election, the log as it is as well. */
class RetainedDatabase extends DefectiveZab {
  protected override appliesWholeLog(): boolean {
    if (this.state.applied !== this.lastZxid) this.fired();
    return false;
  }
}

/** ZB-02: what came as a snapshot is in memory alone. */
class SnapshotNotStored extends DefectiveZab {
  protected override storesSnapshot(snapshot: Snapshot | null): boolean {
    return this.instead(false, super.storesSnapshot(snapshot));
  }

  /** Nobody looks for the snapshot that a log lacks. */
  protected override isDamaged(_init: NodeInit): boolean {
    return false;
  }
}

/** ZB-03: NEWLEADER is acknowledged while what came with it is in the cache of the disk. */
class AckBeforeHistory extends DefectiveZab {
  protected override acksDurably(): boolean {
    return this.instead(false, super.acksDurably());
  }
}

/** ZB-04: the epoch is stored first. */
class EpochBeforeHistory extends DefectiveZab {
  protected override storesHistoryFirst(): boolean {
    return this.instead(false, super.storesHistoryFirst());
  }
}

/** ZB-05: the history is handed to the sync processor, which writes it when it comes to it. */
class HistoryByProcessor extends DefectiveZab {
  protected override writeTxns(ctx: Context, history: readonly Txn[]): void {
    if (history.length > 0) this.fired();
    for (const txn of history) this.log(ctx, txn);
  }
}

/** ZB-06: proposals go to the log as they come, and their ACKs overtake that of NEWLEADER. */
class EarlyAck extends DefectiveZab {
  protected override mayLog(role: Following): boolean {
    const isWritten = role.phase !== 'writing' || role.snapshot === null;
    return this.instead(isWritten, super.mayLog(role));
  }
}

/** ZB-07: whatever is in the log at UPTODATE is delivered. */
class DeliversPending extends DefectiveZab {
  protected override committedAtUpToDate(role: Following): Zxid {
    return this.instead(this.lastZxid, super.committedAtUpToDate(role));
  }
}

/** ZB-08: the sync processor goes on through an election. */
class QueueSurvives extends DefectiveZab {
  protected override keepsQueue(): boolean {
    if (this.state.toLog.length > 0) this.fired();
    return true;
  }
}

/** ZB-09: a follower is sent what is committed; what is under way meanwhile falls between that and what comes next. */
class LosesWhatIsUnderWay extends DefectiveZab {
  protected override endOfSync(role: Leading): Zxid {
    const { log } = this.state.durable;
    if (role.phase === 'broadcast' && role.committedTo < (log.entries.at(-1)?.zxid ?? 0)) this.fired();
    return role.phase === 'broadcast' ? role.committedTo : super.endOfSync(role);
  }
}

/** ZB-10: a difference begins where the list of committed transactions does. */
class CommittedLogGap extends DefectiveZab {
  protected override planSync(theirs: Zxid): SyncPlan {
    const plan = super.planSync(theirs);
    const { log } = this.state.durable;
    const first = Math.max(0, log.entries.length - this.settings.committedLog);
    const start = log.entries[first - 1]?.zxid ?? log.base;
    if (theirs >= start) return plan;
    this.fired();
    return { kind: 'DIFF', from: start };
  }
}

/** ZB-12: what the leader does not have is left where it is. */
class NoTruncation extends DefectiveZab {
  protected override endOfTruncated(zxid: Zxid): Zxid {
    return this.instead(this.lastZxid, super.endOfTruncated(zxid));
  }
}

/** ZB-20: proposals go to those who have acknowledged NEWLEADER. */
class ForwardsLate extends DefectiveZab {
  protected override isForwardedTo(learner: Learner): boolean {
    return this.instead(learner.phase === 'synchronised', super.isForwardedTo(learner));
  }
}

const HISTORY = 'DSN 2011, section V.B, step f.2.1: the history and the epoch are stored, then acknowledged';

/** Defects of what followers are sent, store and say before they take part. */
export const synchronisationVariants: readonly Variant[] = [
  {
    row: 'ZB-01', id: 'zab/retained-db', title: 'the service is kept through an election without what was logged',
    breaks: 'the service of a node is what its log comes to', source: issue(2845),
    difficulty: 'E', firstCatcher: 'Z14', in: 'node', create: (init, fired) => new RetainedDatabase(init, fired),
  },
  {
    row: 'ZB-02', id: 'zab/snapshot-not-stored', title: 'NEWLEADER is acknowledged with a snapshot in memory alone',
    breaks: HISTORY, source: issue(3642),
    difficulty: 'E', firstCatcher: 'Z11', in: 'node', create: (init, fired) => new SnapshotNotStored(init, fired),
  },
  {
    row: 'ZB-03', id: 'zab/ack-before-history', title: 'NEWLEADER is acknowledged before the history is on the disk',
    breaks: HISTORY, source: issue(3911),
    difficulty: 'E', firstCatcher: 'Z17', in: 'node', create: (init, fired) => new AckBeforeHistory(init, fired),
  },
  {
    row: 'ZB-04', id: 'zab/epoch-before-history', title: 'the epoch is on the disk before the history is',
    breaks: 'whoever is in an epoch has the history that it began with', source: issue(4643),
    difficulty: 'E', firstCatcher: 'Z11', in: 'node', create: (init, fired) => new EpochBeforeHistory(init, fired),
  },
  {
    row: 'ZB-05', id: 'zab/history-by-processor', title: 'the history is left to the sync processor to be written',
    breaks: HISTORY, source: issue(4646),
    difficulty: 'E', firstCatcher: 'Z15', in: 'node', create: (init, fired) => new HistoryByProcessor(init, fired),
  },
  {
    row: 'ZB-06', id: 'zab/early-ack', title: 'a proposal is acknowledged before NEWLEADER is',
    breaks: 'the leader waits for the acknowledgement of NEWLEADER first', source: issue(4685),
    difficulty: 'E', firstCatcher: 'Z15', in: 'node', create: (init, fired) => new EarlyAck(init, fired),
  },
  {
    row: 'ZB-07', id: 'zab/delivers-pending', title: 'what is logged and not committed is delivered at UPTODATE',
    breaks: 'DSN 2011, section V.B, step f.2.2: the history that the epoch began with is delivered',
    source: issue(4394),
    difficulty: 'E', firstCatcher: 'Z5', in: 'node', create: (init, fired) => new DeliversPending(init, fired),
  },
  {
    row: 'ZB-08', id: 'zab/queue-survives', title: 'what waits to be logged is logged after an election',
    breaks: 'a follower logs what its leader proposes', source: issue(4712),
    difficulty: 'E', firstCatcher: 'Z14', in: 'node', create: (init, fired) => new QueueSurvives(init, fired),
  },
  {
    row: 'ZB-09', id: 'zab/loses-what-is-under-way', title: 'a follower that joins is not sent what is being proposed',
    breaks: 'what is proposed while a follower joins comes behind its history', source: issue(4785),
    difficulty: 'E', firstCatcher: 'Z12', in: 'node', create: (init, fired) => new LosesWhatIsUnderWay(init, fired),
  },
  {
    row: 'ZB-10', id: 'zab/committed-log-gap', title: 'who lacks more than the committed log gets that alone',
    breaks: 'a difference begins where the history of the follower ends', source: issue(4925),
    difficulty: 'E', firstCatcher: 'Z4', in: 'node', create: (init, fired) => new CommittedLogGap(init, fired),
  },
  {
    row: 'ZB-12', id: 'zab/trunc-missing', title: 'what the leader does not have is not cut off',
    breaks: 'a follower takes over the history of its leader', source: issue(1154),
    difficulty: 'E', firstCatcher: 'Z4', in: 'node', create: (init, fired) => new NoTruncation(init, fired),
  },
  {
    row: 'ZB-20', id: 'zab/forwards-late', title: 'proposals go to those only who have acknowledged NEWLEADER',
    breaks: 'what is proposed while a follower joins comes behind its history', source: 'Zab in TLA+, open notes',
    difficulty: 'E', firstCatcher: 'Z12', in: 'node', create: (init, fired) => new ForwardsLate(init, fired),
  },
];
