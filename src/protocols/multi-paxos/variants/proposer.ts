import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { DurationUs } from '../../../kernel/time.ts';
import { type Ballot, ballotOf, eraOf, roundOf } from '../ballot.ts';
import type { AcceptedValue, Value } from '../messages.ts';
import type { CountedPromise, Leader } from '../state.ts';
import { DefectivePaxos } from './defective.ts';

/** MP-06: what may be chosen already is passed over for what the proposer has. */
class IgnorePreviousValue extends DefectivePaxos {
  protected override chooseValue(reported: readonly AcceptedValue[]): Value | null {
    return this.instead(null, super.chooseValue(reported));
  }
}

/** MP-07: the first value that is reported, whatever its ballot. */
class AdoptFirst extends DefectivePaxos {
  protected override chooseValue(reported: readonly AcceptedValue[]): Value | null {
    return this.instead(reported[0]?.value ?? null, super.chooseValue(reported));
  }
}

/** MP-08: the value of the lowest ballot. */
class AdoptLowest extends DefectivePaxos {
  protected override chooseValue(reported: readonly AcceptedValue[]): Value | null {
    let lowest: AcceptedValue | null = null;
    for (const entry of reported) if (lowest === null || entry.ballot < lowest.ballot) lowest = entry;
    return this.instead(lowest?.value ?? null, super.chooseValue(reported));
  }
}

/** MP-09: a promise that comes late counts for whatever ballot is being prepared. */
class StalePromiseCounted extends DefectivePaxos {
  protected override isPromiseOf(answered: Ballot, ballot: Ballot): boolean {
    return this.instead(true, super.isPromiseOf(answered, ballot));
  }
}

/** MP-10: promises are counted, not collected. */
class DuplicatePromiseCounted extends DefectivePaxos {
  protected override countsPromise(node: NodeId, counted: readonly NodeId[]): boolean {
    return this.instead(true, super.countsPromise(node, counted));
  }
}

/** MP-11: so are acceptances. */
class DuplicateAcceptCounted extends DefectivePaxos {
  protected override countsAcceptance(node: NodeId, counted: readonly NodeId[]): boolean {
    return this.instead(true, super.countsAcceptance(node, counted));
  }
}

/** MP-12: who has accepted the slot in any ballot counts in this one. */
class LearnAcrossBallots extends DefectivePaxos {
  protected override isAcceptanceOf(answered: Ballot, ballot: Ballot): boolean {
    return this.instead(true, super.isAcceptanceOf(answered, ballot));
  }
}

/**
 * MP-15: rounds begin anew with each start: the first that this node's own acceptor does not refuse. That is the last
 * one of the former life, if nobody has prepared since.
 */
class BallotReuseAfterRestart extends DefectivePaxos {
  private hasPrepared = false;

  protected override nextRound(): number {
    const reference = super.nextRound();
    if (this.hasPrepared) return reference;
    this.hasPrepared = true;
    const { promised } = this.state.durable;
    const round = Math.max(1, roundOf(promised));
    const isRefused = ballotOf(round, this.self, eraOf(promised)) < promised;
    return this.instead(isRefused ? round + 1 : round, reference);
  }
}

/** MP-18: a slot of which nobody in the quorum has anything to show is left as it is. */
class HoleNotFilled extends DefectivePaxos {
  protected override holeFiller(): Value | null {
    return this.instead(null, super.holeFiller());
  }
}

/** MP-19: a slot below others in which this node has accepted nothing is a hole, whatever the others have to show. */
class HoleFilledWithoutAsking extends DefectivePaxos {
  protected override chooseValue(reported: readonly AcceptedValue[]): Value | null {
    const reference = super.chooseValue(reported);
    const slot = reported[0]?.slot;
    if (slot === undefined) return reference;
    const { durable: { accepted }, decided } = this.state;
    const isBelowOthers = [...accepted.keys()].some((other) => other > slot);
    const isHole = isBelowOthers && !accepted.has(slot) && !decided.has(slot);
    return this.instead(isHole ? null : reference, reference);
  }
}

/** MP-20: an acceptor that shows nothing of a slot has nothing to show, whatever it has dropped. */
class TruncatedTakenForEmpty extends DefectivePaxos {
  protected override floorOf(promises: readonly CountedPromise[]): number {
    return this.instead(this.state.executed, super.floorOf(promises));
  }
}

/** MP-24: the master's lease is as long as that of the replicas, and begins when their answer comes. */
class MasterLeaseSymmetric extends DefectivePaxos {
  protected override masterLeaseUs(): DurationUs {
    return this.settings.replicaLeaseUs;
  }

  protected override leaseFromUs(sentAtUs: DurationUs, nowUs: DurationUs): DurationUs {
    return this.instead(nowUs, super.leaseFromUs(sentAtUs, nowUs));
  }
}

/** MP-25: whoever is master executes what was asked of any other one. */
class EpochNotChecked extends DefectivePaxos {
  protected override isOfEpoch(asked: Ballot, epoch: Ballot): boolean {
    return this.instead(true, super.isOfEpoch(asked, epoch));
  }
}

/** MP-36: whom a thrifty leader has asked to accept, it asks again, and nobody else. */
class AsksItsQuorumAlone extends DefectivePaxos {
  private readonly asked = new Map<number, readonly NodeId[]>();

  protected override askedFirst(leader: Leader, slot: number): readonly NodeId[] {
    const asked = super.askedFirst(leader, slot);
    this.asked.set(slot, asked);
    return asked;
  }

  protected override askedAgain(slot: number): readonly NodeId[] {
    const everybody = super.askedAgain(slot);
    const asked = this.asked.get(slot) ?? everybody;
    return asked.length < everybody.length ? this.instead(asked, everybody) : everybody;
  }
}

const P2C = 'Paxos Made Simple, section 2.2, P2c: the value of the highest-numbered proposal among the responses';
const QUORUM = 'Paxos Made Simple, section 2.2: responses to one proposal from a majority of the acceptors';

/** Defects of what is proposed, counted and relied on. */
export const proposerVariants: readonly Variant[] = [
  {
    row: 'MP-06', id: 'multi-paxos/ignore-previous-value',
    title: 'a proposer puts a value of its own where another one may be chosen',
    breaks: P2C, source: 'Paxos Made Simple, section 2.2', difficulty: 'E', firstCatcher: 'P9',
    in: 'node', create: (init, fired) => new IgnorePreviousValue(init, fired),
  },
  {
    row: 'MP-07', id: 'multi-paxos/adopt-first',
    title: 'a proposer adopts the first value that is reported',
    breaks: P2C, source: 'Paxos Made Simple, section 2.2', difficulty: 'E', firstCatcher: 'P9',
    in: 'node', create: (init, fired) => new AdoptFirst(init, fired),
  },
  {
    row: 'MP-08', id: 'multi-paxos/adopt-lowest',
    title: 'a proposer adopts the value of the lowest ballot',
    breaks: P2C, source: 'Paxos Made Simple, section 2.2', difficulty: 'E', firstCatcher: 'P9',
    in: 'node', create: (init, fired) => new AdoptLowest(init, fired),
  },
  {
    row: 'MP-09', id: 'multi-paxos/stale-promise-counted',
    title: 'a promise of an earlier ballot counts for the present one',
    breaks: QUORUM, source: 'Paxos Made Simple, section 2.2', difficulty: 'E', firstCatcher: 'P16',
    in: 'node', create: (init, fired) => new StalePromiseCounted(init, fired),
  },
  {
    row: 'MP-10', id: 'multi-paxos/duplicate-promise-counted',
    title: 'a promise that arrives twice counts twice',
    breaks: QUORUM, source: 'Paxos Made Simple, section 2.2', difficulty: 'E', firstCatcher: 'P16',
    in: 'node', create: (init, fired) => new DuplicatePromiseCounted(init, fired),
  },
  {
    row: 'MP-11', id: 'multi-paxos/duplicate-accept-counted',
    title: 'an acceptance that arrives twice counts twice',
    breaks: QUORUM, source: 'Paxos Made Simple, section 2.2', difficulty: 'E', firstCatcher: 'P2',
    in: 'node', create: (init, fired) => new DuplicateAcceptCounted(init, fired),
  },
  {
    row: 'MP-12', id: 'multi-paxos/learn-across-ballots',
    title: 'acceptances of one slot in several ballots are counted together',
    breaks: 'Paxos Made Simple, section 2.2: a value is chosen when one proposal with it is accepted by a majority',
    source: 'https://github.com/ClusterLabs/booth/issues/47', difficulty: 'X', firstCatcher: 'P2',
    in: 'node', create: (init, fired) => new LearnAcrossBallots(init, fired),
  },
  {
    row: 'MP-15', id: 'multi-paxos/ballot-reuse-after-restart',
    title: 'a proposer that starts again uses its numbers once more',
    breaks: 'Paxos Made Simple, section 2.5: no two proposals are ever issued with the same number',
    source: 'https://github.com/Tencent/phxpaxos/issues/145', difficulty: 'E', firstCatcher: 'P11',
    in: 'node', create: (init, fired) => new BallotReuseAfterRestart(init, fired),
  },
  {
    row: 'MP-18', id: 'multi-paxos/hole-not-filled',
    title: 'a new leader leaves slots empty of which nothing was reported',
    breaks: 'Paxos Made Simple, section 3: gaps are filled with no-ops',
    source: 'Paxos Made Simple, section 3', difficulty: 'X', firstCatcher: 'takeover',
    in: 'node', create: (init, fired) => new HoleNotFilled(init, fired),
  },
  {
    row: 'MP-19', id: 'multi-paxos/hole-filled-without-asking',
    title: 'a new leader fills what it lacks itself with no-ops, whatever others have accepted there',
    breaks: 'PMMC, section 2: what the pvalues of a quorum show is proposed in place of anything else',
    source: 'PMMC, section 2', difficulty: 'E', firstCatcher: 'P9',
    in: 'node', create: (init, fired) => new HoleFilledWithoutAsking(init, fired),
  },
  {
    row: 'MP-20', id: 'multi-paxos/truncated-taken-for-empty',
    title: 'slots that an acceptor has dropped are taken for empty ones',
    breaks: 'Paxos Made Live, section 5.5: who lacks what was truncated gets a snapshot',
    source: 'Paxos Made Live, section 5.5', difficulty: 'E', firstCatcher: 'P9',
    in: 'node', create: (init, fired) => new TruncatedTakenForEmpty(init, fired),
  },
  {
    row: 'MP-24', id: 'multi-paxos/master-lease-symmetric',
    title: "the master's lease is as long as that of the replicas, and begins when their answer comes",
    breaks: "Paxos Made Live, section 5.2: the master's time-out is shorter than the replicas'",
    source: 'https://github.com/ceph/ceph/pull/1478', difficulty: 'M', firstCatcher: 'P15',
    in: 'node', create: (init, fired) => new MasterLeaseSymmetric(init, fired),
  },
  {
    row: 'MP-25', id: 'multi-paxos/epoch-not-checked',
    title: 'what was asked of one master is executed by the next one',
    breaks: 'Paxos Made Live, section 5.3: operations are conditional on the epoch in which they were asked for',
    source: 'Paxos Made Live, section 5.3', difficulty: 'E', firstCatcher: 'P15',
    in: 'node', create: (init, fired) => new EpochNotChecked(init, fired),
  },
  {
    row: 'MP-36', id: 'multi-paxos/thrift-without-retreat',
    title: 'a thrifty leader goes on asking the quorum that does not answer',
    breaks: 'Moraru et al. 2013: who is thrifty asks others when those that it has asked do not answer',
    source: 'Moraru, Andersen and Kaminsky, "There is more consensus in Egalitarian parliaments", 2013',
    difficulty: 'X', firstCatcher: 'goes-on',
    in: 'node', create: (init, fired) => new AsksItsQuorumAlone(init, fired),
  },
];
