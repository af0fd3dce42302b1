import type { DiskView } from '../../contract/disk.ts';
import type { ClusterInfo, InvariantInfo, InvariantSet, Monitor, ReportBreach } from '../../contract/invariant.ts';
import type { Message } from '../../contract/message.ts';
import type { NodeId } from '../../kernel/ids.ts';
import * as invariants from './invariants.ts';
import type { Hello, IsPrimaryDownReply, RedisMessage } from './messages.ts';
import { SENTINEL_FILE, type SentinelRecord, type SentinelState } from './sentinel-state.ts';
import type { RedisState } from './state.ts';

/**
 * Watches the Sentinels. What Redis promises of data is left to the checkers: it promises little. Remembers a few
 * numbers for each epoch, and there is one for each failover that was begun. Cost: constant for each event.
 */
class RedisMonitor implements Monitor<RedisState | SentinelState> {
  private readonly cluster: ClusterInfo;
  private readonly report: ReportBreach;
  /** By epoch. */
  private readonly leaders = new Map<number, NodeId>();
  private readonly primaries = new Map<number, NodeId>();
  /** By NodeId of a Sentinel, by epoch: for whom it has said that it voted. */
  private readonly votes = new Map<NodeId, Map<number, NodeId>>();

  constructor(cluster: ClusterInfo, report: ReportBreach) {
    this.cluster = cluster;
    this.report = report;
  }

  afterEvent(node: NodeId, state: RedisState | SentinelState): void {
    if (state.kind !== 'sentinel' || state.failover === null || state.failover.step === 'electing') return;
    const { epoch } = state.failover;
    this.same(this.leaders, epoch, node, invariants.oneLeader, 'lead the failover of epoch');
  }

  onSend(from: NodeId, _to: NodeId, message: Message, synced: DiskView): void {
    const sent = message as RedisMessage;
    if (sent.kind === 'Hello') this.onHello(sent);
    if (sent.kind === 'IsPrimaryDownReply' && sent.leaderEpoch > 0) this.onVote(from, sent, synced);
  }

  private onHello({ primary, configEpoch }: Hello): void {
    this.same(this.primaries, configEpoch, primary, invariants.oneConfiguration, 'are primaries by epoch');
  }

  private onVote(from: NodeId, { leader, leaderEpoch }: IsPrimaryDownReply, synced: DiskView): void {
    const votes = this.votes.get(from) ?? new Map<number, NodeId>();
    this.votes.set(from, votes);
    this.same(votes, leaderEpoch, leader, invariants.oneVote, `have the vote of ${this.name(from)} in epoch`);
    const durable = (synced.cell(SENTINEL_FILE) as SentinelRecord | undefined)?.votedEpoch ?? 0;
    if (durable >= leaderEpoch) return;
    const text = `${this.name(from)} tells its vote in epoch ${leaderEpoch}, but on its disk is one in ${durable}`;
    this.report(invariants.votesAreDurable, text);
  }

  /** Remembers who it is in this epoch, and reports another one. */
  private same(seen: Map<number, NodeId>, epoch: number, node: NodeId, invariant: InvariantInfo, what: string): void {
    const before = seen.get(epoch);
    if (before === undefined) seen.set(epoch, node);
    else if (before !== node) this.report(invariant, `${this.name(before)} and ${this.name(node)} ${what} ${epoch}`);
  }

  private name(node: NodeId): string {
    return this.cluster.nameOf(node);
  }
}

/** What is watched while Redis runs. */
export const redisInvariants: InvariantSet<RedisState | SentinelState> = {
  declared: invariants.declaredInvariants,
  observe: (cluster, report) => new RedisMonitor(cluster, report),
};
