import type { ClientRequest } from '../../../contract/client.ts';
import type { Context } from '../../../contract/context.ts';
import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { entryAt, lastIndex } from '../log.ts';
import type {
  AppendEntries, AppendEntriesAccepted, AppendEntriesRejected, LogEntry, RaftAnswer,
} from '../messages.ts';
import type { Flights, Leader } from '../state.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-05: an entry that a majority holds is committed, whatever its term. */
class CommitOldTerm extends DefectiveRaft {
  protected override mayCommit(index: number): boolean {
    return this.instead(true, super.mayCommit(index));
  }
}

/** RF-12: what the leader has committed is taken for what we hold at the same index. */
class FollowerCommitUnbounded extends DefectiveRaft {
  protected override followerCommitIndex(leaderCommit: number, covered: number): number {
    const held = Math.min(leaderCommit, lastIndex(this.state.durable.log));
    return this.instead(Math.max(this.state.commitIndex, held), super.followerCommitIndex(leaderCommit, covered));
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

/** RF-14: an entry is there or not; which one, nobody looks. */
class NoPrevTermCheck extends DefectiveRaft {
  protected override holdsEntry(index: number, term: number): boolean {
    return this.instead(index <= lastIndex(this.state.durable.log), super.holdsEntry(index, term));
  }
}

/** RF-15: a follower acknowledges its whole log, of which the message may have covered a part. */
class AckOwnLastIndex extends DefectiveRaft {
  protected override acknowledgedIndex(covered: number): number {
    return this.instead(lastIndex(this.state.durable.log), super.acknowledgedIndex(covered));
  }

  /** Its leader believes it as far as it can. */
  protected override onAppendEntriesAccepted(ctx: Context, from: NodeId, reply: AppendEntriesAccepted): void {
    const matchIndex = Math.min(reply.matchIndex, lastIndex(this.state.durable.log));
    super.onAppendEntriesAccepted(ctx, from, { ...reply, matchIndex });
  }
}

/** RF-16: where a follower wants the next entry, it is believed to hold the one before. */
class MatchFromNack extends DefectiveRaft {
  protected override matchIndexFromRejection(known: number, reply: AppendEntriesRejected): number {
    const hinted = Math.min(reply.conflictIndex - 1, lastIndex(this.state.durable.log));
    return this.instead(Math.max(known, hinted), super.matchIndexFromRejection(known, reply));
  }

  protected override onAppendEntriesRejected(ctx: Context, from: NodeId, reply: AppendEntriesRejected): void {
    super.onAppendEntriesRejected(ctx, from, reply);
    const { role } = this.state;
    if (role.kind !== 'leader') return;
    role.nextIndex[from] = Math.max(role.nextIndex[from] as number, (role.matchIndex[from] as number) + 1);
  }
}

/** RF-17: the last reply to arrive says what a follower holds. */
class MatchRegress extends DefectiveRaft {
  protected override raisedMatchIndex(known: number, reported: number): number {
    return this.instead(reported, super.raisedMatchIndex(known, reported));
  }
}

/** RF-18: a follower has committed what the last message to arrive says. */
class CommitRegress extends DefectiveRaft {
  protected override followerCommitIndex(leaderCommit: number, covered: number): number {
    return this.instead(Math.min(leaderCommit, covered), super.followerCommitIndex(leaderCommit, covered));
  }
}

/** What a leader that applied its whole log would answer the request that appended an entry. */
abstract class ForetellsResults extends DefectiveRaft {
  /** Cost: the size of the state, and of what is not applied yet. */
  protected foretell(ctx: Context, request: ClientRequest, index: number): void {
    const { machine, lastApplied, durable: { log } } = this.state;
    const copy = this.machine.load(this.machine.save(machine));
    for (let at = lastApplied + 1; at <= index; at++) {
      const entry = entryAt(log, at);
      if (entry.kind !== 'command') continue;
      const { result } = this.machine.apply(copy, entry.command, entry.timeUs);
      if (at === index) ctx.reply(request, { kind: 'applied', result, index } satisfies RaftAnswer);
    }
    this.fired();
  }
}

/** RF-19: what changes something is answered when the leader has it. */
class AckOnAppend extends ForetellsResults {
  protected override appendCommand(ctx: Context, leader: Leader, request: ClientRequest): void {
    super.appendCommand(ctx, leader, request);
    if (this.machine.query(this.state.machine, request.command) !== null) return;
    const index = lastIndex(this.state.durable.log);
    this.foretell(ctx, request, index);
    leader.requests.pop();
  }
}

/** RF-54: what does not fit into a message is left out of it, and what follows is put in its place. */
class GapAppend extends DefectiveRaft {
  protected override entriesFrom(prevLogIndex: number): readonly LogEntry[] {
    const { entries, baseIndex } = this.state.durable.log;
    const { maxEntriesPerMessage, maxBytesPerMessage } = this.settings;
    const packed: LogEntry[] = [];
    let bytes = 0;
    for (let at = prevLogIndex - baseIndex; at < entries.length && packed.length < maxEntriesPerMessage; at++) {
      const entry = entries[at] as LogEntry;
      if (packed.length > 0 && bytes + entry.bytes > maxBytesPerMessage) continue;
      packed.push(entry);
      bytes += entry.bytes;
    }
    if (packed.length !== super.entriesFrom(prevLogIndex).length) this.fired();
    return packed;
  }
}

/** RF-60: a rejection while the window is full is taken for an old one, and the window stays full. */
class ReplicateStall extends DefectiveRaft {
  protected override isNewRejection(leader: Leader, from: NodeId, reply: AppendEntriesRejected): boolean {
    const reference = super.isNewRejection(leader, from, reply);
    const isFull = (leader.inFlight[from] as Flights).ends.length >= this.settings.maxInflightMessages;
    return isFull ? this.instead(false, reference) : reference;
  }
}

/**
 * RF-62: whoever refuses a message drops what is not committed, to get it again: also when the message is an old one,
 * and what is dropped has been acknowledged.
 */
class RollbackOnNack extends DefectiveRaft {
  protected override reject(ctx: Context, from: NodeId, request: AppendEntries): void {
    this.rollBack(ctx);
    super.reject(ctx, from, request);
  }

  protected override answerOutdated(ctx: Context, to: NodeId): void {
    if (this.state.role.kind === 'follower') this.rollBack(ctx);
    super.answerOutdated(ctx, to);
  }

  private rollBack(ctx: Context): void {
    const { commitIndex, durable: { log } } = this.state;
    if (commitIndex >= lastIndex(log) || commitIndex < log.baseIndex) return;
    this.fired();
    this.cutFrom(ctx, commitIndex + 1);
    ctx.persist();
  }
}

/** RF-63: a leader that is deposed tells everybody who still waits that it is done. */
class ZombieLeaderLocalCommit extends ForetellsResults {
  protected override abandon(ctx: Context, leader: Leader): void {
    for (const { index, request } of leader.requests) this.foretell(ctx, request, index);
    leader.requests.length = 0;
    super.abandon(ctx, leader);
  }
}

/** Defects of how a log gets to every server, and of what is committed and answered. */
export const replicationVariants: readonly Variant[] = [
  {
    row: 'RF-05',
    id: 'raft/commit-old-term',
    title: 'an entry of an earlier term is committed by counting who holds it',
    breaks: 'Raft, §5.4.2: only entries of the current term are committed by counting replicas',
    source: 'https://github.com/willemt/raft/commit/97c9183',
    difficulty: 'X',
    firstCatcher: 'R15',
    in: 'node',
    create: (init, fired) => new CommitOldTerm(init, fired),
  },
  {
    row: 'RF-12',
    id: 'raft/follower-commit-unbounded',
    title: "a follower commits up to the leader's commitIndex in a log that the message did not cover",
    breaks: 'Raft, Figure 2, AppendEntries receiver rule 5: commitIndex = min(leaderCommit, index of last new entry)',
    source: 'Raft, Figure 2',
    difficulty: 'E',
    firstCatcher: 'R5',
    in: 'node',
    create: (init, fired) => new FollowerCommitUnbounded(init, fired),
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
    row: 'RF-14',
    id: 'raft/no-prev-term-check',
    title: 'the consistency check asks whether there is an entry, not which',
    breaks: 'Raft, §5.3: a follower refuses entries if its log has no entry of prevLogTerm at prevLogIndex',
    source: 'Raft, §5.3',
    difficulty: 'E',
    firstCatcher: 'R3',
    in: 'node',
    create: (init, fired) => new NoPrevTermCheck(init, fired),
  },
  {
    row: 'RF-15',
    id: 'raft/ack-own-last-index',
    title: 'a follower acknowledges up to its last entry, not up to the last that the message covered',
    breaks: 'Raft, Figure 2, matchIndex: highest log entry known to be replicated on the server',
    source: 'https://github.com/microsoft/CCF/issues/6016',
    difficulty: 'E',
    firstCatcher: 'R13',
    in: 'node',
    create: (init, fired) => new AckOwnLastIndex(init, fired),
  },
  {
    row: 'RF-16',
    id: 'raft/match-from-nack',
    title: 'the leader takes the hint of a rejection for an acknowledgement',
    breaks: 'Raft, §5.3: after a rejection the leader decrements nextIndex and retries',
    source: 'https://github.com/microsoft/CCF/issues/5325',
    difficulty: 'E',
    firstCatcher: 'R13',
    in: 'node',
    create: (init, fired) => new MatchFromNack(init, fired),
  },
  {
    row: 'RF-17',
    id: 'raft/match-regress',
    title: 'a late reply lowers matchIndex',
    breaks: 'Raft, Figure 2, matchIndex: increases monotonically',
    source: 'https://github.com/bakwc/PySyncObj/issues/167',
    difficulty: 'E',
    firstCatcher: 'R13',
    in: 'node',
    create: (init, fired) => new MatchRegress(init, fired),
  },
  {
    row: 'RF-18',
    id: 'raft/commit-regress',
    title: 'a late message lowers commitIndex',
    breaks: 'Raft, Figure 2, commitIndex: increases monotonically',
    source: 'https://github.com/bakwc/PySyncObj/issues/166',
    difficulty: 'E',
    firstCatcher: 'R12',
    in: 'node',
    create: (init, fired) => new CommitRegress(init, fired),
  },
  {
    row: 'RF-19',
    id: 'raft/ack-on-append',
    title: 'a client is answered when the leader has appended its command',
    breaks: 'Raft, §5.3: the leader returns the result once the entry is committed and applied',
    source: 'Raft, §5.3',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'node',
    create: (init, fired) => new AckOnAppend(init, fired),
  },
  {
    row: 'RF-54',
    id: 'raft/gap-append',
    title: 'a message leaves out the entries that do not fit, and carries later ones',
    breaks: 'Raft, §5.3: entries follow the one at prevLogIndex without a gap',
    source: 'https://github.com/logcabin/logcabin/issues/160',
    difficulty: 'E',
    firstCatcher: 'R3',
    in: 'node',
    create: (init, fired) => new GapAppend(init, fired),
  },
  {
    row: 'RF-60',
    id: 'raft/replicate-stall',
    title: 'a follower that missed a full window is never sent it again',
    breaks: 'Raft, §5.3: the leader retries AppendEntries until all followers store all log entries',
    source: 'https://github.com/etcd-io/raft/issues/149',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'node',
    create: (init, fired) => new ReplicateStall(init, fired),
  },
  {
    row: 'RF-62',
    id: 'raft/rollback-on-nack',
    title: 'a follower that refuses a message drops its uncommitted entries',
    breaks: 'Raft, Figure 2, AppendEntries receiver rules 1 to 3: only a conflict deletes entries',
    source: 'https://github.com/microsoft/CCF/pull/6016',
    difficulty: 'E',
    firstCatcher: 'R13',
    in: 'node',
    create: (init, fired) => new RollbackOnNack(init, fired),
  },
  {
    row: 'RF-63',
    id: 'raft/zombie-leader-local-commit',
    title: 'a leader that steps down answers waiting clients as if their commands were committed',
    breaks: 'Raft, §8: only committed entries are answered; the outcome of the others is unknown',
    source: 'https://github.com/RedisLabs/redisraft/issues/28',
    difficulty: 'E',
    firstCatcher: 'linearizable',
    in: 'node',
    create: (init, fired) => new ZombieLeaderLocalCommit(init, fired),
  },
];
