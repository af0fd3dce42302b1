import type { Context, PersistTag } from '../../../contract/context.ts';
import { ForwardingContext } from '../../../contract/forwarding-context.ts';
import type { Message } from '../../../contract/message.ts';
import type { NodeInit } from '../../../contract/node.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { LogEntry } from '../messages.ts';
import { type Leader, VOTE_FILE, type VoteRecord } from '../state.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-01: a restart finds the term, but not the vote, and votes again. */
class VoteNotDurable extends DefectiveRaft {
  protected override voteRecord(): VoteRecord {
    const reference = super.voteRecord();
    const votedFor = this.instead(null, reference.votedFor);
    return { currentTerm: reference.currentTerm, votedFor };
  }
}

/** RF-02: a term is stored with the vote that is given in it, and not if none is. */
class TermNotDurable extends DefectiveRaft {
  private stored: VoteRecord;

  constructor(init: NodeInit, fired: Fired) {
    super(init, fired);
    this.stored = (init.disk.cell(VOTE_FILE) as VoteRecord | undefined) ?? { currentTerm: 0, votedFor: null };
  }

  protected override voteRecord(): VoteRecord {
    const reference = super.voteRecord();
    if (reference.votedFor !== null) this.stored = reference;
    else if (reference.currentTerm !== this.stored.currentTerm) this.fired();
    return this.stored;
  }
}

/** RF-03: entries are acknowledged from the cache, and synced with the next vote, whenever that comes. */
class AckBeforeFsync extends DefectiveRaft {
  override onMessage(ctx: Context, from: NodeId, message: Message): void {
    super.onMessage(message.kind === 'AppendEntries' ? new LeavesSyncForLater(ctx, this.fired) : ctx, from, message);
  }
}

/** Drops the persist of the handler that appends, so that nothing waits for it. */
class LeavesSyncForLater extends ForwardingContext {
  private readonly fired: Fired;
  private hasAppended = false;

  constructor(ctx: Context, fired: Fired) {
    super(ctx);
    this.fired = fired;
  }

  override append(file: string, entry: unknown): void {
    this.hasAppended = true;
    super.append(file, entry);
  }

  override persist(tag?: PersistTag): void {
    if (!this.hasAppended) return super.persist(tag);
    this.fired();
  }
}

/** RF-04: a leader counts itself for an entry that is not on its disk yet. */
class LeaderCountsUnsyncedSelf extends DefectiveRaft {
  protected override appendAsLeader(ctx: Context, leader: Leader, entry: LogEntry): number {
    const index = super.appendAsLeader(ctx, leader, entry);
    this.fired();
    this.raiseMatchIndex(ctx, leader, this.self, index);
    return index;
  }
}

/** Defects of what is on the disk, and when. */
export const storageVariants: readonly Variant[] = [
  {
    row: 'RF-01',
    id: 'raft/vote-not-durable',
    title: 'the vote is not stored with the term',
    breaks: 'Raft, Figure 2: votedFor is on stable storage before the server answers',
    source: 'https://github.com/willemt/raft/commit/854a06d',
    difficulty: 'E',
    firstCatcher: 'R9',
    in: 'node',
    create: (init, fired) => new VoteNotDurable(init, fired),
  },
  {
    row: 'RF-02',
    id: 'raft/term-not-durable',
    title: 'a term in which no vote was given is not stored',
    breaks: 'Raft, Figure 2: currentTerm is on stable storage before the server answers',
    source: 'https://github.com/willemt/raft/commit/854a06d',
    difficulty: 'E',
    firstCatcher: 'R9',
    in: 'node',
    create: (init, fired) => new TermNotDurable(init, fired),
  },
  {
    row: 'RF-03',
    id: 'raft/ack-before-fsync',
    title: 'a follower acknowledges entries from its cache and syncs them some time later',
    breaks: 'Raft, Figure 2: log[] is on stable storage before the server answers',
    source: 'https://github.com/etcd-io/etcd/issues/14140',
    difficulty: 'E',
    firstCatcher: 'R9',
    in: 'node',
    create: (init, fired) => new AckBeforeFsync(init, fired),
  },
  {
    row: 'RF-04',
    id: 'raft/leader-counts-unsynced-self',
    title: 'a leader counts its own entry before it is on its disk',
    breaks: 'Raft thesis, §10.2.1: the leader counts itself once its own write is complete',
    source: 'https://github.com/etcd-io/etcd/issues/14370',
    difficulty: 'E',
    firstCatcher: 'R13',
    in: 'node',
    create: (init, fired) => new LeaderCountsUnsyncedSelf(init, fired),
  },
];
