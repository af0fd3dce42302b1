import type { Context } from '../../contract/context.ts';
import { ForwardingContext } from '../../contract/forwarding-context.ts';
import type { Message } from '../../contract/message.ts';
import type { NodeInit } from '../../contract/node.ts';
import type { Fired, Variant, VariantInfo } from '../../contract/variant.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { isSameAuthor } from './author.ts';
import { type Ballot, compareBallots, isSameBallot } from './ballot.ts';
import type { Accept, AcceptedProposal, Prepare, Promised, Proposal } from './messages.ts';
import { halves } from './halves.ts';
import { PaxosNode } from './paxos.ts';
import type { AcceptorRecord, Attempt, CountedPromise, Pursuit, Tally } from './state.ts';

/** A node with one defect. */
abstract class DefectivePaxos extends PaxosNode {
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

  /** The same of what is adopted: copies of one proposal are one and the same. */
  protected adopting(defective: Proposal | null, reference: Proposal | null): Proposal | null {
    const isSame = defective === reference
      || (defective !== null && reference !== null && isSameAuthor(defective.by, reference.by));
    if (!isSame) this.fired();
    return defective;
  }
}

// ── Acceptors ──────────────────────────────────────────────────────────

/** Says what is not on the disk yet. */
class HastyContext extends ForwardingContext {
  private readonly fired: Fired;

  constructor(ctx: Context, fired: Fired) {
    super(ctx);
    this.fired = fired;
  }

  override send(to: NodeId, message: Message): void {
    this.fired();
    this.ctx.sendNow(to, message);
  }
}

/** PX-01: a promise leaves before it is stored. */
class PromiseNotDurable extends DefectivePaxos {
  protected override onPrepare(ctx: Context, from: NodeId, message: Prepare): void {
    super.onPrepare(new HastyContext(ctx, this.fired), from, message);
  }
}

/** PX-02: so does an acceptance. */
class AcceptNotDurable extends DefectivePaxos {
  protected override onAccept(ctx: Context, from: NodeId, message: Accept): void {
    super.onAccept(new HastyContext(ctx, this.fired), from, message);
  }
}

/** PX-03: whatever is asked for is accepted. */
class AcceptIgnoresPromise extends DefectivePaxos {
  protected override mayAccept(record: AcceptorRecord, ballot: Ballot): boolean {
    return this.instead(true, super.mayAccept(record, ballot));
  }
}

/** PX-04: what was promised since does not count, only what was accepted. */
class AcceptChecksAcceptedOnly extends DefectivePaxos {
  protected override mayAccept(record: AcceptorRecord, ballot: Ballot): boolean {
    const { accepted } = record;
    const isNew = accepted === null || compareBallots(ballot, accepted.ballot) >= 0;
    return this.instead(isNew, super.mayAccept(record, ballot));
  }
}

/** PX-05: accepting is no promise. */
class AcceptKeepsOldPromise extends DefectivePaxos {
  protected override promisedAfter(record: AcceptorRecord, ballot: Ballot): Ballot | null {
    if (record.promised === null || compareBallots(record.promised, ballot) !== 0) this.fired();
    return record.promised;
  }
}

/**
 * PX-17: one ballot for what was promised and what was accepted: a promise makes what was accepted before look newer.
 * B is accepted with 2 by a2 and a3: chosen. a1, which has accepted A with 1, promises 3, and for 4 it reports A of 3.
 */
class SingleBallot extends DefectivePaxos {
  protected override promiseOf(key: string, ballot: Ballot, record: AcceptorRecord): Promised {
    const reference = super.promiseOf(key, ballot, record);
    const { promised, accepted } = record;
    if (accepted === null || promised === null || isSameBallot(promised, accepted.ballot)) return reference;
    this.fired();
    return { ...reference, accepted: { ...accepted, ballot: promised } };
  }
}

// ── Proposers ──────────────────────────────────────────────────────────

/** PX-06: what acceptors have accepted is nobody's business. */
class IgnorePreviousValue extends DefectivePaxos {
  protected override valueToAdopt(promises: readonly CountedPromise[]): Proposal | null {
    return this.adopting(null, super.valueToAdopt(promises));
  }
}

/** PX-07: of several values, the one that was reported first. */
class AdoptFirst extends DefectivePaxos {
  protected override valueToAdopt(promises: readonly CountedPromise[]): Proposal | null {
    const first = promises.find(({ accepted }) => accepted !== null);
    return this.adopting(first?.accepted?.proposal ?? null, super.valueToAdopt(promises));
  }
}

/** PX-08: of several values, that of the lowest ballot. */
class AdoptLowest extends DefectivePaxos {
  protected override valueToAdopt(promises: readonly CountedPromise[]): Proposal | null {
    let lowest: AcceptedProposal | null = null;
    for (const { accepted } of promises) {
      if (accepted === null) continue;
      if (lowest === null || compareBallots(accepted.ballot, lowest.ballot) < 0) lowest = accepted;
    }
    return this.adopting(lowest?.proposal ?? null, super.valueToAdopt(promises));
  }
}

/** PX-09: a promise for an earlier ballot counts for the one that is prepared when it comes. */
class StalePromiseCounted extends DefectivePaxos {
  protected override countsPromise(attempt: Attempt, from: NodeId, promised: Promised): boolean {
    const isNew = !attempt.promises.some((counted) => counted.from === from);
    return this.instead(isNew, super.countsPromise(attempt, from, promised));
  }
}

/** PX-10: promises are counted, not who gave them. */
class DuplicatePromiseCounted extends DefectivePaxos {
  protected override countsPromise(attempt: Attempt, from: NodeId, promised: Promised): boolean {
    return this.instead(isSameBallot(attempt.ballot, promised.ballot), super.countsPromise(attempt, from, promised));
  }
}

/** PX-13: half of the acceptors are enough. */
class EvenQuorum extends DefectivePaxos {
  protected override prepareQuorum(): number {
    return this.instead(Math.ceil(this.layout.acceptors.length / 2), super.prepareQuorum());
  }

  protected override acceptQuorum(): number {
    return this.instead(Math.ceil(this.layout.acceptors.length / 2), super.acceptQuorum());
  }
}

/** PX-14: as many promises as acceptances leave acceptors over: the two quorums need not meet. */
class FlexibleNotIntersecting extends DefectivePaxos {
  protected override prepareQuorum(): number {
    const { acceptors, acceptQuorum } = this.layout;
    return this.instead(Math.max(1, acceptors.length - acceptQuorum), super.prepareQuorum());
  }
}

/** PX-15: rounds begin anew with each start. */
class BallotReuseAfterRestart extends DefectivePaxos {
  protected override roundAfterRestart(): number {
    return this.instead(0, super.roundAfterRestart());
  }
}

/** PX-28b: a read answers with what it has seen accepted, chosen or not. */
class ReadLeavesInFlight extends DefectivePaxos {
  protected override choose(ctx: Context, key: string, pursuit: Pursuit, attempt: Attempt): Proposal | null {
    const seen = this.valueToAdopt(attempt.promises);
    const isRead = pursuit.asked.every(({ command }) => command.operation.f === 'read');
    if (seen === null || !isRead) return super.choose(ctx, key, pursuit, attempt);
    this.fired();
    for (const { request } of pursuit.asked) this.answer(ctx, request, { kind: 'ok', value: seen.value });
    this.endPursuit(ctx, key);
    return null;
  }
}

// ── Learners ───────────────────────────────────────────────────────────

/** PX-11: acceptances are counted, not whose they are. */
class DuplicateAcceptCounted extends DefectivePaxos {
  protected override countsAcceptance(tally: Tally, acceptor: NodeId): boolean {
    return this.instead(true, super.countsAcceptance(tally, acceptor));
  }
}

/** PX-12: acceptances of an instance are added up, whatever their ballots. */
class LearnAcrossBallots extends DefectivePaxos {
  protected override tallyOf(key: string, ballot: Ballot, proposal: Proposal): Tally {
    const before = this.state.tallies.get(key)?.[0] as MixedTally | undefined;
    const isMixed = before !== undefined && (before.isMixed || !isSameBallot(before.ballot, ballot));
    const tally: MixedTally = { ballot, proposal, from: before?.from ?? [], isMixed };
    this.state.tallies.set(key, [tally]);
    return tally;
  }

  protected override countsAcceptance(tally: Tally, acceptor: NodeId): boolean {
    const counts = super.countsAcceptance(tally, acceptor);
    const isEnough = counts && tally.from.length + 1 >= this.acceptQuorum();
    if (isEnough && (tally as MixedTally).isMixed) this.fired();
    return counts;
  }
}

interface MixedTally extends Tally {
  /** Not all of its acceptances are of one ballot. */
  readonly isMixed: boolean;
}

type Row = VariantInfo & { readonly node: new (init: NodeInit, fired: Fired) => PaxosNode };

const SIMPLE = 'Paxos Made Simple';

const rows: readonly Row[] = [
  {
    row: 'PX-01', id: 'paxos/promise-not-durable', node: PromiseNotDurable,
    title: 'a promise leaves before it is on the disk',
    breaks: `${SIMPLE}, §2.5: an acceptor records its response before it sends it`,
    source: `${SIMPLE}, §2.5`, difficulty: 'E', firstCatcher: 'P8',
  },
  {
    row: 'PX-02', id: 'paxos/accept-not-durable', node: AcceptNotDurable,
    title: 'an acceptance leaves before it is on the disk',
    breaks: `${SIMPLE}, §2.5: an acceptor records its response before it sends it`,
    source: 'https://github.com/scylladb/scylladb/issues/6149', difficulty: 'E', firstCatcher: 'P8',
  },
  {
    row: 'PX-03', id: 'paxos/accept-ignores-promise', node: AcceptIgnoresPromise,
    title: 'any ballot is accepted, whatever was promised',
    breaks: `${SIMPLE}, §2.2, P1a`, source: `${SIMPLE}, §2.2`, difficulty: 'E', firstCatcher: 'P6',
  },
  {
    row: 'PX-04', id: 'paxos/accept-checks-accepted-only', node: AcceptChecksAcceptedOnly,
    title: 'a ballot is compared with what was accepted, not with what was promised',
    breaks: `${SIMPLE}, §2.2, P1a`, source: `${SIMPLE}, §2.2`, difficulty: 'E', firstCatcher: 'P6',
  },
  {
    row: 'PX-05', id: 'paxos/accept-keeps-old-promise', node: AcceptKeepsOldPromise,
    title: 'accepting a ballot does not promise it',
    breaks: `${SIMPLE}, §2.2: whoever has responded to a ballot accepts no lower one`,
    source: 'https://github.com/scylladb/scylladb/issues/6139', difficulty: 'E', firstCatcher: 'P7',
  },
  {
    row: 'PX-06', id: 'paxos/ignore-previous-value', node: IgnorePreviousValue,
    title: 'a proposer proposes its own value, whatever was accepted before',
    breaks: `${SIMPLE}, §2.2, P2c`, source: `${SIMPLE}, §2.2`, difficulty: 'E', firstCatcher: 'linearizable',
  },
  {
    row: 'PX-07', id: 'paxos/adopt-first', node: AdoptFirst,
    title: 'of several reported values the first one to come is adopted',
    breaks: `${SIMPLE}, §2.2, P2c: the value of the highest-numbered proposal`,
    source: `${SIMPLE}, §2.2`, difficulty: 'X', firstCatcher: 'P9',
  },
  {
    row: 'PX-08', id: 'paxos/adopt-lowest', node: AdoptLowest,
    title: 'of several reported values that of the lowest ballot is adopted',
    breaks: `${SIMPLE}, §2.2, P2c: the value of the highest-numbered proposal`,
    source: `${SIMPLE}, §2.2`, difficulty: 'X', firstCatcher: 'P9',
  },
  {
    row: 'PX-09', id: 'paxos/stale-promise-counted', node: StalePromiseCounted,
    title: 'a late promise of an earlier ballot is counted',
    breaks: `${SIMPLE}, §2.2: responses to its prepare requests numbered n`,
    source: `${SIMPLE}, §2.2`, difficulty: 'E', firstCatcher: 'P10',
  },
  {
    row: 'PX-10', id: 'paxos/duplicate-promise-counted', node: DuplicatePromiseCounted,
    title: 'copies of one promise count as several',
    breaks: `${SIMPLE}, §2.2: from a majority of acceptors`,
    source: `${SIMPLE}, §2.2`, difficulty: 'E', firstCatcher: 'P10',
  },
  {
    row: 'PX-11', id: 'paxos/duplicate-accept-counted', node: DuplicateAcceptCounted,
    title: 'copies of one acceptance count as several',
    breaks: `${SIMPLE}, §2.2: accepted by a large enough set of acceptors`,
    source: `${SIMPLE}, §2.2`, difficulty: 'E', firstCatcher: 'P2',
  },
  {
    row: 'PX-12', id: 'paxos/learn-across-ballots', node: LearnAcrossBallots,
    title: 'acceptances of several ballots are added up',
    breaks: `${SIMPLE}, §2.3: a proposal, number included, has been accepted by a majority`,
    source: 'https://github.com/ClusterLabs/booth/issues/47', difficulty: 'E', firstCatcher: 'P2',
  },
  {
    row: 'PX-13', id: 'paxos/even-quorum', node: EvenQuorum,
    title: 'half of the acceptors are a quorum',
    breaks: `${SIMPLE}, §2.2: any two majorities have an acceptor in common`,
    source: `${SIMPLE}, §2.2`, difficulty: 'E', firstCatcher: 'P10',
  },
  {
    row: 'PX-14', id: 'paxos/flexible-not-intersecting', node: FlexibleNotIntersecting,
    title: 'promises and acceptances together are no more than there are acceptors',
    breaks: 'Howard, Malkhi and Spiegelman 2016: each quorum of phase 1 meets each quorum of phase 2',
    source: 'Howard, Malkhi and Spiegelman 2016, "Flexible Paxos"', difficulty: 'E', firstCatcher: 'P10',
  },
  {
    row: 'PX-15', id: 'paxos/ballot-reuse-after-restart', node: BallotReuseAfterRestart,
    title: 'a proposer that starts again uses its numbers once more',
    breaks: `${SIMPLE}, §2.5: no two proposals are ever issued with the same number`,
    source: 'https://github.com/Tencent/phxpaxos/issues/145', difficulty: 'E', firstCatcher: 'P11',
  },
  {
    row: 'PX-17', id: 'paxos/single-ballot', node: SingleBallot,
    title: 'what was accepted is reported with the ballot that was promised last',
    breaks: `${SIMPLE}, §2.2: the proposal with the highest number that it has accepted`,
    source: 'Sutra 2020, "On the correctness of Egalitarian Paxos"', difficulty: 'X', firstCatcher: 'P9',
  },
  {
    row: 'PX-28b', id: 'paxos/read-leaves-inflight', node: ReadLeavesInFlight,
    title: 'a read answers with what it has seen accepted, and does not finish the round',
    breaks: `${SIMPLE}, §2.3: what is learned is chosen`,
    source: 'https://issues.apache.org/jira/browse/CASSANDRA-12126', difficulty: 'M', firstCatcher: 'linearizable',
  },
];

/** Published defects of single-decree Paxos. */
export const paxosVariants: readonly Variant[] = [
  ...rows.map(({ node: Defective, ...info }): Variant =>
    ({ ...info, in: 'node', create: (init, fired) => new Defective(init, fired) })),
  ...halves,
];
