import type { Context } from '../../../contract/context.ts';
import type { NodeInit } from '../../../contract/node.ts';
import type { Fired, Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { type Configuration, simple } from '../configuration.ts';
import { readInitial } from '../initial.ts';
import { lastIndex } from '../log.ts';
import type { AppendEntries, InstallSnapshot } from '../messages.ts';
import type { Leader, Snapshot } from '../state.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-40: a snapshot says who voted in the beginning, whatever has become of that. */
class SnapshotDropsConfig extends DefectiveRaft {
  private readonly firstOfAll: Configuration;

  constructor(init: NodeInit, fired: Fired) {
    super(init, fired);
    this.firstOfAll = simple(readInitial(init).voters);
  }

  protected override snapshotConfiguration(lastIncludedIndex: number): Configuration {
    const reference = super.snapshotConfiguration(lastIncludedIndex);
    if (JSON.stringify(reference) !== JSON.stringify(this.firstOfAll)) this.fired();
    return this.firstOfAll;
  }
}

/**
 * RF-41: entries that follow index 0 are taken for the first ones, also by a server whose log begins with a snapshot:
 * it puts them behind that.
 */
class PrevZeroAccept extends DefectiveRaft {
  protected override onAppendEntries(ctx: Context, from: NodeId, request: AppendEntries): void {
    const { baseIndex, baseTerm } = this.state.durable.log;
    if (request.prevLogIndex !== 0 || baseIndex === 0) return super.onAppendEntries(ctx, from, request);
    this.fired();
    super.onAppendEntries(ctx, from, { ...request, prevLogIndex: baseIndex, prevLogTerm: baseTerm });
  }
}

/**
 * RF-42: the term of an entry that is not there is 0, and 0 equals 0. A leader that has compacted the entry before
 * those that a follower lacks sends a heartbeat with that term; the follower, which has not got that far, agrees.
 */
class CompactedTermZero extends DefectiveRaft {
  /** By NodeId. Said once, and then it gets its snapshot, or the two would go on at the speed of the network. */
  private readonly saidAbout: number[] = [];

  protected override sendSnapshot(ctx: Context, leader: Leader, peer: NodeId): void {
    const prevLogIndex = (leader.nextIndex[peer] as number) - 1;
    if (this.saidAbout[peer] === prevLogIndex) return super.sendSnapshot(ctx, leader, peer);
    this.saidAbout[peer] = prevLogIndex;
    this.fired();
    const { durable: { currentTerm: term }, commitIndex: leaderCommit } = this.state;
    const message: AppendEntries = {
      kind: 'AppendEntries', term, requestId: leader.requestId, sentAtUs: this.leaseClockUs(ctx),
      prevLogIndex, prevLogTerm: 0, entries: [], leaderCommit,
    };
    ctx.sendNow(peer, message);
  }

  protected override holdsEntry(index: number, term: number): boolean {
    const isMissing = index > lastIndex(this.state.durable.log);
    return this.instead(isMissing ? term === 0 : super.holdsEntry(index, term), super.holdsEntry(index, term));
  }
}

/** RF-43: entries behind a snapshot stay, whoever wrote them. */
class SnapshotKeepsConflictingSuffix extends DefectiveRaft {
  protected override keepsSuffix(snapshot: Snapshot): boolean {
    const { log } = this.state.durable;
    const { lastIncludedIndex: index } = snapshot;
    return this.instead(index >= log.baseIndex && index <= lastIndex(log), super.keepsSuffix(snapshot));
  }
}

/** RF-44: a snapshot is installed whenever it comes. */
class SnapshotRegress extends DefectiveRaft {
  protected override isNews(snapshot: Pick<Snapshot, 'lastIncludedIndex'>): boolean {
    return this.instead(true, super.isNews(snapshot));
  }
}

/** RF-45: the next chunk goes on from the last one, of whichever snapshot the two are. */
class ChunkMixup extends DefectiveRaft {
  protected override isSameSnapshot(chunk: InstallSnapshot): boolean {
    return this.instead(this.state.incoming !== null, super.isSameSnapshot(chunk));
  }
}

/** Defects of how the log is kept short. */
export const snapshotVariants: readonly Variant[] = [
  {
    row: 'RF-40',
    id: 'raft/snapshot-drops-config',
    title: 'a snapshot carries the configuration of the beginning',
    breaks: 'Raft thesis, §5.1: a snapshot carries the latest configuration as of its last index',
    source: 'Raft thesis, §5.1',
    difficulty: 'E',
    firstCatcher: 'R24',
    in: 'node',
    create: (init, fired) => new SnapshotDropsConfig(init, fired),
  },
  {
    row: 'RF-41',
    id: 'raft/prev-zero-accept',
    title: 'entries that follow index 0 are appended, also behind a snapshot',
    breaks: 'Raft, §5.3: entries stand at the index that their leader gave them',
    source: 'https://github.com/willemt/raft/pull/118',
    difficulty: 'E',
    firstCatcher: 'R3',
    in: 'node',
    create: (init, fired) => new PrevZeroAccept(init, fired),
  },
  {
    row: 'RF-42',
    id: 'raft/compacted-term-zero',
    title: 'a compacted entry and one that is missing have the same term, 0',
    breaks: 'Raft, §5.3 and §7: a follower accepts only what follows an entry that it has, and else gets a snapshot',
    source: 'https://github.com/etcd-io/raft/pull/31',
    difficulty: 'E',
    firstCatcher: 'assertion',
    in: 'node',
    create: (init, fired) => new CompactedTermZero(init, fired),
  },
  {
    row: 'RF-43',
    id: 'raft/snapshot-keeps-conflicting-suffix',
    title: 'entries behind a snapshot stay in a log that does not hold its last entry',
    breaks: 'Raft, Figure 13, rules 6 and 7: such a log is discarded as a whole',
    source: 'Raft, Figure 13',
    difficulty: 'E',
    firstCatcher: 'R3',
    in: 'node',
    create: (init, fired) => new SnapshotKeepsConflictingSuffix(init, fired),
  },
  {
    row: 'RF-44',
    id: 'raft/snapshot-regress',
    title: 'an old snapshot is installed over a newer state',
    breaks: 'Raft, Figure 13: a snapshot of what is committed already says nothing new',
    source: 'https://github.com/RedisLabs/redisraft/issues/43',
    difficulty: 'E',
    firstCatcher: 'assertion',
    in: 'node',
    create: (init, fired) => new SnapshotRegress(init, fired),
  },
  {
    row: 'RF-45',
    id: 'raft/chunk-mixup',
    title: 'chunks of two snapshots are put together',
    breaks: 'Raft, Figure 13, rules 2 to 4: a chunk is written into the snapshot that it is of',
    source: 'Raft, Figure 13',
    difficulty: 'E',
    firstCatcher: 'assertion',
    in: 'node',
    create: (init, fired) => new ChunkMixup(init, fired),
  },
];
