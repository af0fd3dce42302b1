import type { Context, PersistTag } from '../../../contract/context.ts';
import { ForwardingContext } from '../../../contract/forwarding-context.ts';
import type { NodeInit } from '../../../contract/node.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { hasTerm, type RaftLog, termAt } from '../log.ts';
import type { AppendEntries, LogEntry } from '../messages.ts';
import type { Leader, MachineRecord } from '../state.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-37: an empty disk is as good as a full one. */
class WipedNodeSameId extends DefectiveRaft {
  constructor(init: NodeInit, fired: Fired) {
    super(init, fired);
    if (super.isForeign(init)) fired();
  }

  protected override isForeign(): boolean {
    return false;
  }
}

/** RF-49: whatever cannot be read was never written, and so were those behind it. */
class TornTailVsCorruption extends DefectiveRaft {
  constructor(init: NodeInit, fired: Fired) {
    super(init, fired);
    if (super.isDamaged(init)) fired();
  }

  protected override isDamaged(): boolean {
    return false;
  }
}

/** RF-51: a sync that failed is asked for again, and the disk, which has dropped what it could not write, is done. */
class FsyncErrorIgnored extends DefectiveRaft {
  onPersistFailed(ctx: Context, tag: PersistTag | undefined): void {
    this.fired(); // The reference goes down.
    ctx.persist(tag);
  }
}

/**
 * RF-46: a completed write acknowledges the entry that it put at an index if the log holds one of the same term there,
 * by whichever write that came.
 */
class AsyncAppendAba extends DefectiveRaft {
  protected override onAppendEntries(ctx: Context, from: NodeId, request: AppendEntries): void {
    super.onAppendEntries(new TellsEntryTerm(ctx, this.state.durable.log), from, request);
  }

  override onPersisted(ctx: Context, tag: PersistTag): void {
    const { leaderId, durable: { log } } = this.state;
    if (tag.kind !== 'append' || this.isCurrent(tag) || leaderId === null) return super.onPersisted(ctx, tag);
    const matchIndex = tag['matchIndex'] as number;
    if (!hasTerm(log, matchIndex) || termAt(log, matchIndex) !== tag['entryTerm']) return;
    this.fired();
    ctx.sendNow(leaderId, this.accepted(0, 0, matchIndex));
  }
}

/** Adds to the tag of a write which entry was written last. */
class TellsEntryTerm extends ForwardingContext {
  private readonly log: RaftLog;

  constructor(ctx: Context, log: RaftLog) {
    super(ctx);
    this.log = log;
  }

  override persist(tag?: PersistTag): void {
    if (tag?.kind !== 'append') return super.persist(tag);
    super.persist({ ...tag, entryTerm: termAt(this.log, tag['matchIndex'] as number) });
  }
}

/** Entries that the pages of RF-47 hold. */
const PAGE = 4;

/** RF-47: what is committed is applied in pages, and after a full page that is not the last one entry is forgotten. */
class ApplyPageSkip extends DefectiveRaft {
  private inPage = 0;

  protected override applyCommitted(ctx: Context): void {
    this.inPage = 0;
    super.applyCommitted(ctx);
  }

  protected override nextToApply(): number {
    const next = super.nextToApply();
    this.inPage += 1;
    if (this.inPage <= PAGE || next === this.state.commitIndex) return next;
    this.inPage = 1;
    return this.instead(next + 1, next);
  }
}

/** RF-48: the state of the service is on the disk before the index up to which it was applied. */
class ApplyNotIdempotent extends DefectiveRaft {
  private recorded = 0;

  protected override machineRecord(): MachineRecord {
    const reference = super.machineRecord();
    const lastApplied = this.instead(Math.min(this.recorded, reference.lastApplied), reference.lastApplied);
    this.recorded = reference.lastApplied;
    return { lastApplied, data: reference.data };
  }
}

/** What RF-59 forgets of each entry: its term, which has been put into it since it was counted. */
const TERM_BYTES = 8;

/** RF-59: an entry is counted with its term, and released without. */
class UncommittedLeak extends DefectiveRaft {
  protected override release(leader: Leader, entry: LogEntry): void {
    const before = leader.uncommittedBytes;
    super.release(leader, entry);
    const leaked = Math.min(before - leader.uncommittedBytes, TERM_BYTES);
    if (leaked > 0) this.fired();
    leader.uncommittedBytes += leaked;
  }
}

/** Defects of disks that were changed, of writes that complete, and of what is applied. */
export const applicationVariants: readonly Variant[] = [
  {
    row: 'RF-37',
    id: 'raft/wiped-node-same-id',
    title: 'a server that has lost its disk takes part as if it had not',
    breaks: 'Raft, Figure 2: currentTerm, votedFor and log[] survive restarts',
    source: 'https://github.com/rethinkdb/rethinkdb/issues/5289',
    difficulty: 'E',
    firstCatcher: 'R10',
    in: 'node',
    create: (init, fired) => new WipedNodeSameId(init, fired),
  },
  {
    row: 'RF-46',
    id: 'raft/async-append-aba',
    title: 'the completion of an earlier write acknowledges a later entry of the same index and term',
    breaks: 'Raft, Figure 2: an entry is on stable storage before the server acknowledges it',
    source: 'https://github.com/etcd-io/raft/commit/897e1cf',
    difficulty: 'X',
    firstCatcher: 'R9',
    in: 'node',
    create: (init, fired) => new AsyncAppendAba(init, fired),
  },
  {
    row: 'RF-47',
    id: 'raft/apply-page-skip',
    title: 'committed entries are applied in pages, and one between two pages is forgotten',
    breaks: 'Raft, Figure 2, Rules for Servers: every committed entry is applied, in log order',
    source: 'https://github.com/etcd-io/raft/commit/8ecce32',
    difficulty: 'E',
    firstCatcher: 'R5',
    in: 'node',
    create: (init, fired) => new ApplyPageSkip(init, fired),
  },
  {
    row: 'RF-48',
    id: 'raft/apply-not-idempotent',
    title: 'the state of the service is stored apart from the index up to which it was applied',
    breaks: 'Raft, Figure 2, Rules for Servers: an entry is applied once',
    source: 'https://github.com/etcd-io/etcd/issues/13766',
    difficulty: 'E',
    firstCatcher: 'R5',
    in: 'node',
    create: (init, fired) => new ApplyNotIdempotent(init, fired),
  },
  {
    row: 'RF-49',
    id: 'raft/torn-tail-vs-corruption',
    title: 'a corrupt entry in the middle of the log is taken for a torn one, and cut off with all behind it',
    breaks: 'Raft, Figure 2: log[] survives restarts',
    source: 'https://www.usenix.org/conference/fast18/presentation/alagappan',
    difficulty: 'E',
    firstCatcher: 'R13',
    in: 'node',
    create: (init, fired) => new TornTailVsCorruption(init, fired),
  },
  {
    row: 'RF-51',
    id: 'raft/fsync-error-ignored',
    title: 'a sync that failed is repeated, and taken for success',
    breaks: 'Raft, Figure 2: an entry is on stable storage before the server acknowledges it',
    source: 'https://lwn.net/Articles/752063/',
    difficulty: 'E',
    firstCatcher: 'R9',
    in: 'node',
    create: (init, fired) => new FsyncErrorIgnored(init, fired),
  },
  {
    row: 'RF-59',
    id: 'raft/uncommitted-leak',
    title: 'the bound on uncommitted bytes counts more of an entry than it releases',
    breaks: 'what is committed does not count as uncommitted',
    source: 'https://github.com/etcd-io/etcd/pull/10199',
    difficulty: 'X',
    firstCatcher: 'at-last',
    in: 'node',
    create: (init, fired) => new UncommittedLeak(init, fired),
  },
];
