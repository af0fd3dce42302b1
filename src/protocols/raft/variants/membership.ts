import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { DurationUs } from '../../../kernel/time.ts';
import { type Configuration, isVoter } from '../configuration.ts';
import { termAt } from '../log.ts';
import type { RequestVote } from '../messages.ts';
import type { Leader } from '../state.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-29: whoever gets the log keeps the lease alive, although learners promise nothing. */
class LeaseCountsNonvoters extends DefectiveRaft {
  protected override holdsLease(leader: Leader, nowUs: DurationUs): boolean {
    const isHeldBy = (node: NodeId): boolean => nowUs < (leader.answeredSentAtUs[node] as number) + this.leaseUs();
    const held = leader.targets.filter(isHeldBy).length + 1;
    const isLong = !this.hasSurrenderedLease(leader) && held >= this.quorumSize(this.state.configuration.voters.length);
    return this.instead(isLong, super.holdsLease(leader, nowUs));
  }
}

/** RF-30: learners count like voters, for votes and for commits. */
class NonvoterCounted extends DefectiveRaft {
  protected override counts(node: NodeId, voters: readonly NodeId[]): boolean {
    return this.instead(voters.includes(node) || this.state.configuration.learners.includes(node),
      super.counts(node, voters));
  }
}

/** RF-31: a leader changes the configuration before it knows what its predecessors have committed. */
class ChangeBeforeNoOp extends DefectiveRaft {
  protected override mayChangeConfiguration(): boolean {
    return this.instead(this.isLastChangeCommitted(), super.mayChangeConfiguration());
  }
}

/** RF-32: a change begins while the one before it is under way. */
class OverlappingChanges extends DefectiveRaft {
  protected override isLastChangeCommitted(): boolean {
    return this.instead(true, super.isLastChangeCommitted());
  }
}

/** RF-33: the configuration of an entry that was cut off stays in force. */
class ConfigNotRolledBack extends DefectiveRaft {
  protected override isRolledBack(configurationIndex: number, cutFrom: number): boolean {
    return this.instead(false, super.isRolledBack(configurationIndex, cutFrom));
  }
}

/** RF-34: the new voters alone decide in the joint phase. */
class JointOneMajority extends DefectiveRaft {
  protected override needsOldVoters(configuration: Configuration): boolean {
    return this.instead(false, super.needsOldVoters(configuration));
  }
}

/** RF-35: the joint phase is ended by the leader that began it, or by nobody. */
class JointNeverLeft extends DefectiveRaft {
  protected override leavesJoint(): boolean {
    const { configurations, durable: { log, currentTerm } } = this.state;
    const { index } = configurations.at(-1) as { readonly index: number };
    const isOurs = index > log.baseIndex && termAt(log, index) === currentTerm;
    return this.instead(super.leavesJoint() && isOurs, super.leavesJoint());
  }
}

/** RF-36: candidates are listened to, however lately the leader was heard. */
class RemovedServerDisrupts extends DefectiveRaft {
  protected override ignoresCandidate(isTransfer: boolean, nowUs: DurationUs): boolean {
    return this.instead(false, super.ignoresCandidate(isTransfer, nowUs));
  }
}

/** RF-58: a server that does not know yet that it votes refuses to. */
class LearnerRefusesVote extends DefectiveRaft {
  protected override mayGrantVote(candidate: NodeId, request: RequestVote): boolean {
    const reference = super.mayGrantVote(candidate, request);
    return this.instead(reference && isVoter(this.state.configuration, this.self), reference);
  }
}

/** Defects of who takes part, and of how that changes. */
export const membershipVariants: readonly Variant[] = [
  {
    row: 'RF-29',
    id: 'raft/lease-counts-nonvoters',
    title: 'answers of learners extend the lease of a leader',
    breaks: 'Raft thesis, §6.4.1: a lease rests on a majority of the voters',
    source: 'https://github.com/hashicorp/raft/issues/308',
    difficulty: 'E',
    firstCatcher: 'R21',
    in: 'node',
    create: (init, fired) => new LeaseCountsNonvoters(init, fired),
  },
  {
    row: 'RF-30',
    id: 'raft/nonvoter-counted',
    title: 'learners are counted, for votes and for commits',
    breaks: 'Raft thesis, §4.2.1: a learner is not counted towards majorities',
    source: 'https://github.com/hashicorp/raft/issues/483',
    difficulty: 'M',
    firstCatcher: 'R6',
    in: 'node',
    create: (init, fired) => new NonvoterCounted(init, fired),
  },
  {
    row: 'RF-31',
    id: 'raft/member-change-before-noop',
    title: 'a new leader changes the configuration before an entry of its term is committed',
    breaks: 'Raft thesis, §4.1, as corrected in 2015: no change before an entry of the current term is committed',
    source: 'https://groups.google.com/g/raft-dev/c/t4xj6dJTP6E/m/d2D9LrWRza8J',
    difficulty: 'X',
    firstCatcher: 'R17',
    in: 'node',
    create: (init, fired) => new ChangeBeforeNoOp(init, fired),
  },
  {
    row: 'RF-32',
    id: 'raft/overlapping-changes',
    title: 'a change of membership begins before the one before it is committed',
    breaks: 'Raft thesis, §4.1: one change at a time',
    source: 'https://github.com/RedisLabs/redisraft/issues/14',
    difficulty: 'E',
    firstCatcher: 'R17',
    in: 'node',
    create: (init, fired) => new OverlappingChanges(init, fired),
  },
  {
    row: 'RF-33',
    id: 'raft/config-not-rolled-back',
    title: 'a configuration stays in force when its entry is cut off',
    breaks: 'Raft thesis, §4.1: a server uses the latest configuration in its log',
    source: 'Raft thesis, §4.1',
    difficulty: 'X',
    firstCatcher: 'R18',
    in: 'node',
    create: (init, fired) => new ConfigNotRolledBack(init, fired),
  },
  {
    row: 'RF-34',
    id: 'raft/joint-one-majority',
    title: 'in the joint phase a majority of the new voters is enough',
    breaks: 'Raft, §6: agreement requires separate majorities of both configurations',
    source: 'Raft, §6',
    difficulty: 'X',
    firstCatcher: 'R16',
    in: 'node',
    create: (init, fired) => new JointOneMajority(init, fired),
  },
  {
    row: 'RF-35',
    id: 'raft/joint-never-left',
    title: 'a joint phase that outlives its leader is never left',
    breaks: 'Raft, §6: once the joint configuration is committed, the leader goes on to the new one',
    source: 'https://github.com/etcd-io/raft/commit/bd3c759',
    difficulty: 'X',
    firstCatcher: 'without-the-old-ones',
    in: 'node',
    create: (init, fired) => new JointNeverLeft(init, fired),
  },
  {
    row: 'RF-36',
    id: 'raft/removed-server-disrupts',
    title: 'servers that hear their leader listen to candidates all the same',
    breaks: 'Raft thesis, §4.2.3: a server that has heard a leader lately neither votes nor takes a higher term',
    source: 'https://github.com/logcabin/logcabin/commit/4f74c25',
    difficulty: 'X',
    firstCatcher: 'no-new-election',
    in: 'node',
    create: (init, fired) => new RemovedServerDisrupts(init, fired),
  },
  {
    row: 'RF-58',
    id: 'raft/learner-refuses-vote',
    title: 'a server that still takes itself for a learner refuses to vote',
    breaks: 'Raft thesis, §4.2.2: a server votes for whoever asks, also when its own configuration says otherwise',
    source: 'https://github.com/etcd-io/etcd/pull/10998',
    difficulty: 'X',
    firstCatcher: 'with-the-new-one',
    in: 'node',
    create: (init, fired) => new LearnerRefusesVote(init, fired),
  },
];
