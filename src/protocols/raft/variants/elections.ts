import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { RequestVote } from '../messages.ts';
import { DefectiveRaft } from './defective.ts';

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

/** Defects of who is elected. */
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
];
