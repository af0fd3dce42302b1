import type { Context, PersistTag } from '../../../contract/context.ts';
import { ForwardingContext } from '../../../contract/forwarding-context.ts';
import type { Message } from '../../../contract/message.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { VoteRecord } from '../state.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-01: a restart finds the term, but not the vote, and votes again. */
class VoteNotDurable extends DefectiveRaft {
  protected override voteRecord(): VoteRecord {
    const reference = super.voteRecord();
    const votedFor = this.instead(null, reference.votedFor);
    return { currentTerm: reference.currentTerm, votedFor };
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
];
