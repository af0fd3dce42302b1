import type { ClientRequest } from '../../contract/client.ts';
import type { Context, PersistTag } from '../../contract/context.ts';
import { ForwardingContext } from '../../contract/forwarding-context.ts';
import type { Message } from '../../contract/message.ts';
import type { NodeInit } from '../../contract/node.ts';
import type { Fired, Variant } from '../../contract/variant.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { lastIndex } from './log.ts';
import { type LogEntry, type RaftAnswer, type RequestVote } from './messages.ts';
import { RaftNode } from './raft.ts';
import type { VoteRecord } from './state.ts';

/** A Raft server with one defect. */
abstract class DefectiveRaft extends RaftNode {
  protected readonly fired: Fired;

  constructor(init: NodeInit, fired: Fired) {
    super(init);
    this.fired = fired;
  }

  /** The defect's answer; notes when the reference says something else. */
  protected instead<T>(defective: T, reference: T): T {
    if (defective !== reference) this.fired();
    return defective;
  }
}

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

/** RF-06: whoever asks first gets the vote, whatever its log lacks. */
class VoteNoLogCheck extends DefectiveRaft {
  protected override isUpToDate(candidate: RequestVote): boolean {
    return this.instead(true, super.isUpToDate(candidate));
  }
}

/** RF-08: votes are counted, not collected. */
class DuplicateVoteCounted extends DefectiveRaft {
  protected override countsVote(voter: NodeId, votesGranted: readonly NodeId[]): boolean {
    return this.instead(true, super.countsVote(voter, votesGranted));
  }
}

/** RF-13: what a message does not show is cut off. */
class TruncateAlways extends DefectiveRaft {
  protected override firstConflict(prevLogIndex: number, entries: readonly LogEntry[]): number | null {
    const { log } = this.state.durable;
    const next = Math.max(prevLogIndex, log.baseIndex) + 1;
    const isLonger = next <= lastIndex(log);
    return this.instead(isLonger ? next : null, super.firstConflict(prevLogIndex, entries));
  }
}

/** RF-20: a leader answers reads from what it has applied. Whether it still leads, it does not ask. */
class LocalLeaderReads extends DefectiveRaft {
  override onRequest(ctx: Context, request: ClientRequest): void {
    const { role, machine, lastApplied } = this.state;
    const answer = role.kind === 'leader' ? this.machine.query(machine, request.command) : null;
    if (answer === null) return super.onRequest(ctx, request);
    this.fired(); // The reference puts each read into its log.
    ctx.reply(request, { kind: 'applied', result: answer.result, index: lastApplied } satisfies RaftAnswer);
  }
}

/** Rows of the catalogue that can be armed in a Raft server. */
export const raftVariants: readonly Variant[] = [
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
  {
    row: 'RF-06',
    id: 'raft/vote-no-log-check',
    title: "a vote is granted without looking at the candidate's log",
    breaks: "Raft, §5.4.1: the candidate's log is at least as up-to-date as the voter's",
    source: 'Raft, §5.4.1',
    difficulty: 'E',
    firstCatcher: 'R4',
    in: 'node',
    create: (init, fired) => new VoteNoLogCheck(init, fired),
  },
  {
    row: 'RF-08',
    id: 'raft/duplicate-vote-counted',
    title: 'a vote that arrives twice counts twice',
    breaks: 'Raft, §5.2: votes from a majority of the servers',
    source: 'https://github.com/xnnyygn/xraft/issues/27',
    difficulty: 'M',
    firstCatcher: 'R16',
    in: 'node',
    create: (init, fired) => new DuplicateVoteCounted(init, fired),
  },
  {
    row: 'RF-13',
    id: 'raft/truncate-always',
    title: 'every AppendEntries cuts the log after the entry before it',
    breaks: 'Raft, Figure 2, AppendEntries receiver rule 3: only a conflicting entry and those after it are deleted',
    source: 'https://github.com/zhebrak/raftos/issues/26',
    difficulty: 'E',
    firstCatcher: 'R12',
    in: 'node',
    create: (init, fired) => new TruncateAlways(init, fired),
  },
  {
    row: 'RF-20',
    id: 'raft/local-leader-reads',
    title: 'the leader answers reads from its own state, without asking a majority',
    breaks: 'Raft, §8: a leader must check whether it has been deposed before it answers a read',
    source: 'https://aphyr.com/posts/316-jepsen-etcd-and-consul',
    difficulty: 'E',
    firstCatcher: 'R20',
    in: 'node',
    create: (init, fired) => new LocalLeaderReads(init, fired),
  },
];
