import type { ClientRequest } from '../../../contract/client.ts';
import type { Context } from '../../../contract/context.ts';
import type { Variant } from '../../../contract/variant.ts';
import type { NodeId } from '../../../kernel/ids.ts';
import type { DurationUs } from '../../../kernel/time.ts';
import type { RaftAnswer } from '../messages.ts';
import type { Stamped } from '../rules.ts';
import type { Leader, LeaderRead } from '../state.ts';
import { DefectiveRaft } from './defective.ts';

/** RF-20: a leader answers reads from what it has applied. Whether it still leads, it does not ask. */
class LocalLeaderReads extends DefectiveRaft {
  override onRequest(ctx: Context, request: ClientRequest): void {
    const { role, machine, lastApplied } = this.state;
    const answer = role.kind === 'leader' ? this.machine.query(machine, request.command) : null;
    if (role.kind !== 'leader' || answer === null) return super.onRequest(ctx, request);
    const hasLease = this.settings.reads === 'lease' && this.holdsLease(role, this.leaseClockUs(ctx));
    if (!hasLease || !this.mayServeReads()) this.fired();
    ctx.reply(request, { kind: 'applied', result: answer.result, index: lastApplied } satisfies RaftAnswer);
  }
}

/** RF-21: a leader answers reads as of its commitIndex before it has learnt what its predecessors committed. */
class ReadIndexNoCurrentTerm extends DefectiveRaft {
  protected override mayServeReads(): boolean {
    return this.instead(true, super.mayServeReads());
  }
}

/** RF-22: a read is confirmed by the round of messages that was sent before it came. */
class ReadIndexEarlierRound extends DefectiveRaft {
  protected override readContext(leader: Leader, asker: LeaderRead['asker']): number {
    return this.instead(leader.requestId, super.readContext(leader, asker));
  }
}

/**
 * RF-23: a server has one context for all that it asks while it waits: what confirms the read that was first confirms
 * those that came later. The answers may have been under way since before they came.
 */
class ReadIndexContextReuse extends DefectiveRaft {
  protected override readContext(leader: Leader, asker: LeaderRead['asker']): number {
    const reference = super.readContext(leader, asker);
    const waiting = leader.reads.find((read) => servedBy(read.asker) === servedBy(asker));
    return this.instead(waiting?.context ?? reference, reference);
  }
}

/** The follower that will answer; `null` for the leader itself. */
function servedBy(asker: LeaderRead['asker']): NodeId | null {
  return 'follower' in asker ? asker.follower : null;
}

/** RF-24: a lease of a whole election timeout, and followers that have promised nothing. */
class LeaseNoMargin extends DefectiveRaft {
  protected override leaseUs(): DurationUs {
    return this.instead(this.settings.electionTimeoutUsMin, super.leaseUs());
  }

  protected override hearsLeader(nowUs: DurationUs): boolean {
    return this.instead(false, super.hearsLeader(nowUs));
  }
}

/** RF-25: a lease begins when the answers come, however long they were under way. */
class LeaseFromReply extends DefectiveRaft {
  protected override leaseFromUs(reply: Stamped, nowUs: DurationUs): DurationUs {
    return this.instead(nowUs, super.leaseFromUs(reply, nowUs));
  }
}

/** RF-26: whoever leads has a lease. */
class LeaseRoleOnly extends DefectiveRaft {
  protected override holdsLease(leader: Leader, nowUs: DurationUs): boolean {
    return this.instead(true, super.holdsLease(leader, nowUs));
  }
}

/** RF-27: a lease outlives the request to a successor to be elected at once. */
class LeaseThroughTransfer extends DefectiveRaft {
  protected override hasSurrenderedLease(leader: Leader): boolean {
    return this.instead(false, super.hasSurrenderedLease(leader));
  }
}

/** RF-28: leases are measured on the clock that is set back now and then. */
class LeaseWallClock extends DefectiveRaft {
  private offsetUs: DurationUs | null = null;

  protected override leaseClockUs(ctx: Context): DurationUs {
    const wallUs = ctx.wallUs();
    const offsetUs = wallUs - super.leaseClockUs(ctx);
    // As long as it runs beside the other clock, it measures the same.
    if (offsetUs !== (this.offsetUs ??= offsetUs)) this.fired();
    return wallUs;
  }
}

/** Defects of reads without an entry in the log. */
export const readVariants: readonly Variant[] = [
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
  {
    row: 'RF-21',
    id: 'raft/readindex-no-current-term',
    title: 'a leader serves reads before it has committed an entry of its term',
    breaks: 'Raft thesis, §6.4, step 1: the leader waits until it has committed an entry of its term',
    source: 'https://github.com/etcd-io/etcd/issues/7331',
    difficulty: 'E',
    firstCatcher: 'R20',
    in: 'node',
    create: (init, fired) => new ReadIndexNoCurrentTerm(init, fired),
  },
  {
    row: 'RF-22',
    id: 'raft/readindex-earlier-round',
    title: 'a read is confirmed by a round of heartbeats that was begun before it came',
    breaks: 'Raft thesis, §6.4, step 3: the leader exchanges a new round of heartbeats',
    source: 'Raft thesis, §6.4',
    difficulty: 'X',
    firstCatcher: 'R20',
    in: 'node',
    create: (init, fired) => new ReadIndexEarlierRound(init, fired),
  },
  {
    row: 'RF-23',
    id: 'raft/readindex-context-reuse',
    title: 'reads that come while one waits reuse its context, and are confirmed by answers to its round',
    breaks: 'Raft thesis, §6.4, step 3: the leader exchanges a new round of heartbeats',
    source: 'https://github.com/etcd-io/etcd/issues/20418',
    difficulty: 'X',
    firstCatcher: 'R20',
    in: 'node',
    create: (init, fired) => new ReadIndexContextReuse(init, fired),
  },
  {
    row: 'RF-24',
    id: 'raft/lease-no-margin',
    title: 'a lease lasts a whole election timeout, and followers elect another leader meanwhile',
    breaks: 'Raft thesis, §6.4.1: a lease rests on a promise of the followers, and is shorter by the drift of clocks',
    source: 'https://github.com/hashicorp/consul/issues/54',
    difficulty: 'X',
    firstCatcher: 'R21',
    in: 'node',
    create: (init, fired) => new LeaseNoMargin(init, fired),
  },
  {
    row: 'RF-25',
    id: 'raft/lease-from-reply',
    title: 'a lease begins when the answers of the followers arrive',
    breaks: 'Raft thesis, §6.4.1: a lease begins when the heartbeats were sent',
    source: 'Raft thesis, §6.4.1',
    difficulty: 'E',
    firstCatcher: 'R21',
    in: 'node',
    create: (init, fired) => new LeaseFromReply(init, fired),
  },
  {
    row: 'RF-26',
    id: 'raft/lease-role-only',
    title: 'whoever believes that it leads serves reads as if it had a lease',
    breaks: 'Raft thesis, §6.4.1: a leader without a current lease asks a majority',
    source: 'https://github.com/sofastack/sofa-jraft/issues/25',
    difficulty: 'E',
    firstCatcher: 'R21',
    in: 'node',
    create: (init, fired) => new LeaseRoleOnly(init, fired),
  },
  {
    row: 'RF-27',
    id: 'raft/lease-through-transfer',
    title: 'a lease is kept while leadership is handed over',
    breaks: 'Raft thesis, §6.4.1: a leader that sends TimeoutNow gives up its lease',
    source: 'https://github.com/etcd-io/raft/issues/99',
    difficulty: 'X',
    firstCatcher: 'R21',
    in: 'node',
    create: (init, fired) => new LeaseThroughTransfer(init, fired),
  },
  {
    row: 'RF-28',
    id: 'raft/lease-wall-clock',
    title: 'leases are measured on the wall clock',
    breaks: 'Raft thesis, §6.4.1: leases assume a bound on how clocks differ',
    source: 'https://github.com/tikv/tikv/issues/964',
    difficulty: 'M',
    firstCatcher: 'R21',
    in: 'node',
    create: (init, fired) => new LeaseWallClock(init, fired),
  },
];
