import type { Context } from '../../../contract/context.ts';
import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import { lastIndex } from '../log.ts';
import type { PreVote, RequestVote } from '../messages.ts';
import type { Leader } from '../state.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-06: whoever asks first gets the vote, whatever its log lacks. */
class VoteNoLogCheck extends DefectiveRaft {
  protected override isUpToDate(candidate: RequestVote): boolean {
    return this.instead(true, super.isUpToDate(candidate));
  }
}

/** RF-07: the longer log wins, whatever stands in it. */
class VoteIndexOnly extends DefectiveRaft {
  protected override isUpToDate(candidate: RequestVote): boolean {
    return this.instead(candidate.lastLogIndex >= lastIndex(this.state.durable.log), super.isUpToDate(candidate));
  }
}

/** RF-08: votes are counted, not collected. */
class DuplicateVoteCounted extends DefectiveRaft {
  protected override countsVote(voter: NodeId, votesGranted: readonly NodeId[]): boolean {
    return this.instead(true, super.countsVote(voter, votesGranted));
  }
}

/** RF-09: a vote that comes late counts for the election that is being held when it comes. */
class StaleVoteCounted extends DefectiveRaft {
  protected override isVoteOf(term: number): boolean {
    return this.instead(true, super.isVoteOf(term));
  }
}

/** RF-10: a follower or candidate votes for whoever asks, whomever it has voted for. */
class MultiVote extends DefectiveRaft {
  protected override hasVoteFor(candidate: NodeId): boolean {
    const reference = super.hasVoteFor(candidate);
    return this.state.role.kind === 'leader' ? reference : this.instead(true, reference);
  }
}

/** RF-11: half of the voters are enough. */
class EvenQuorum extends DefectiveRaft {
  protected override quorumSize(voters: number): number {
    return this.instead(Math.ceil(voters / 2), super.quorumSize(voters));
  }
}

/**
 * RF-53: that it was elected reaches a server as a message to itself, which waits like any other and is dealt with
 * whatever has happened in between.
 */
class SelfElectedMessage extends DefectiveRaft {
  private electedIn = 0;

  protected override lead(ctx: Context): void {
    this.electedIn = this.state.durable.currentTerm;
    this.state.leaderId = null;
    ctx.setTimer('elected', ctx.random('mailbox').between(0, this.settings.heartbeatUs));
  }

  override onTimer(ctx: Context, name: string): void {
    if (name !== 'elected') return super.onTimer(ctx, name);
    const { role, durable } = this.state;
    // If it is a candidate of that term still, it was slow, and nothing else.
    if (role.kind !== 'candidate' || durable.currentTerm !== this.electedIn) this.fired();
    ctx.cancelTimer('election');
    this.state.leaderId = this.self;
    super.lead(ctx);
  }
}

/** RF-55: whoever asks for a pre-vote counts as a sign of the leader. */
class PreVoteRefreshesContact extends DefectiveRaft {
  protected override onPreVote(ctx: Context, from: NodeId, request: PreVote): void {
    super.onPreVote(ctx, from, request);
    if (this.state.role.kind === 'leader') return;
    this.fired();
    this.state.leaderContactUs = ctx.monotonicUs();
  }
}

/** RF-61: TimeoutNow leaves at once, however much the successor lacks. */
class TransferToLagging extends DefectiveRaft {
  protected override mayHandOver(leader: Leader, successor: NodeId): boolean {
    return this.instead(true, super.mayHandOver(leader, successor));
  }
}

/** RF-64: the term that a pre-vote asks about is taken for one that somebody is in. */
class PreVoteTermAdopted extends DefectiveRaft {
  protected override onPreVote(ctx: Context, from: NodeId, request: PreVote): void {
    super.onPreVote(ctx, from, request);
    if (request.nextTerm <= this.state.durable.currentTerm) return;
    this.fired();
    this.adoptTerm(ctx, request.nextTerm);
    this.storeVote(ctx);
  }
}

/** Defects of who is elected, and when. */
export const electionVariants: readonly Variant[] = [
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
    row: 'RF-07',
    id: 'raft/vote-index-only',
    title: 'a vote is granted to the longer log, whatever the terms of its entries',
    breaks: 'Raft, §5.4.1: of two logs, the one with the later last term is more up-to-date',
    source: 'Raft, §5.4.1',
    difficulty: 'M',
    firstCatcher: 'R4',
    in: 'node',
    create: (init, fired) => new VoteIndexOnly(init, fired),
  },
  {
    row: 'RF-08',
    id: 'raft/duplicate-vote-counted',
    title: 'a vote that arrives twice counts twice',
    breaks: 'Raft, §5.2: votes from a majority of the servers',
    source: 'https://github.com/xnnyygn/xraft/issues/27',
    difficulty: 'E',
    firstCatcher: 'R16',
    in: 'node',
    create: (init, fired) => new DuplicateVoteCounted(init, fired),
  },
  {
    row: 'RF-09',
    id: 'raft/stale-vote-counted',
    title: 'a vote for an earlier candidacy counts for the present one',
    breaks: 'Raft, §5.2: votes from a majority of the servers for the same term',
    source: 'https://github.com/willemt/raft/commit/b754309',
    difficulty: 'E',
    firstCatcher: 'R16',
    in: 'node',
    create: (init, fired) => new StaleVoteCounted(init, fired),
  },
  {
    row: 'RF-10',
    id: 'raft/multi-vote',
    title: 'a server votes for every candidate of a term that asks',
    breaks: 'Raft, §5.2: at most one candidate in a term gets the vote of a server',
    source: 'https://github.com/willemt/raft/commit/bdabd1d',
    difficulty: 'E',
    firstCatcher: 'R8',
    in: 'node',
    create: (init, fired) => new MultiVote(init, fired),
  },
  {
    row: 'RF-11',
    id: 'raft/even-quorum',
    title: 'in clusters of even size half of the nodes decide',
    breaks: 'Raft, §5.2: any two majorities have a server in common',
    source: 'https://github.com/hashicorp/raft/commit/163a55f',
    difficulty: 'E',
    firstCatcher: 'R6',
    in: 'node',
    create: (init, fired) => new EvenQuorum(init, fired),
  },
  {
    row: 'RF-53',
    id: 'raft/self-elected-message',
    title: 'that it was elected reaches a server as a message to itself, which can be late',
    breaks: 'Raft, §5.2: a server leads the term in which it was elected, and no other',
    source: 'https://github.com/ktoso/akka-raft/issues/58',
    difficulty: 'E',
    firstCatcher: 'R16',
    in: 'node',
    create: (init, fired) => new SelfElectedMessage(init, fired),
  },
  {
    row: 'RF-55',
    id: 'raft/prevote-refreshes-contact',
    title: 'a request for a pre-vote counts as a sign of the leader',
    breaks: 'Raft thesis, §9.6: a pre-vote changes nothing at who is asked',
    source: 'https://github.com/hashicorp/raft/pull/609',
    difficulty: 'E',
    firstCatcher: 'progress',
    in: 'node',
    create: (init, fired) => new PreVoteRefreshesContact(init, fired),
  },
  {
    row: 'RF-61',
    id: 'raft/transfer-to-lagging',
    title: 'leadership is handed over to a server that lacks entries',
    breaks: 'Raft thesis, §3.10: the leader brings the log of its successor up to date first',
    source: 'https://github.com/redpanda-data/redpanda/issues/2606',
    difficulty: 'X',
    firstCatcher: 'no-new-election',
    in: 'node',
    create: (init, fired) => new TransferToLagging(init, fired),
  },
  {
    row: 'RF-64',
    id: 'raft/prevote-term-adopt',
    title: 'the term that a pre-vote asks about is adopted as a real one',
    breaks: 'Raft thesis, §9.6: a term is raised only when the election can be won',
    source: 'Raft thesis, §9.6',
    difficulty: 'X',
    firstCatcher: 'no-new-election',
    in: 'node',
    create: (init, fired) => new PreVoteTermAdopted(init, fired),
  },
];
