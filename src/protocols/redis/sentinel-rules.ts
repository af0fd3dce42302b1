import type { NodeInit } from '../../contract/node.ts';
import { majority } from '../../contract/quorum.ts';
import type { NodeId } from '../../kernel/ids.ts';
import { type DurationUs, type TimeUs, US_PER_S } from '../../kernel/time.ts';
import { type RedisSettings, readSettings, serversAmong } from './options.ts';
import { recoverSentinel, type SentinelState, type Sight } from './sentinel-state.ts';

/** How long what another Sentinel has said of the primary counts. */
const OPINION_US = 5 * US_PER_S;
/** A replica that was not heard for so long, or of which nothing is known for so long, is not promoted. */
const FRESH_US = 5 * US_PER_S;
/** A primary looks sane if its last INFO is no older than this: twice the period. */
const SANE_US = 20 * US_PER_S;

/** The state of a Sentinel and its rules over it. Rules answer, and do nothing else. */
export abstract class SentinelRules {
  readonly state: SentinelState;
  protected readonly self: NodeId;
  protected settings: RedisSettings;

  /** Recovery is this constructor. */
  constructor(init: NodeInit) {
    this.self = init.self;
    this.settings = readSettings(init.options);
    this.state = recoverSentinel(init, serversAmong(init.nodes.length, this.settings));
  }

  protected sightOf(server: NodeId): Sight {
    return this.state.sights.get(server) as Sight;
  }

  /** SDOWN: this Sentinel alone has heard nothing for too long; of the primary, but that it follows somebody. */
  protected isDown(server: NodeId, nowUs: TimeUs): boolean {
    const { aliveAtUs, info, changedAtUs } = this.sightOf(server);
    const { downAfterUs } = this.settings;
    if (nowUs - aliveAtUs > downAfterUs) return true;
    const isDeposed = server === this.state.config.primary && info !== null && info.primary !== null;
    return isDeposed && nowUs - changedAtUs > downAfterUs + SANE_US;
  }

  /** ODOWN: so many Sentinels say so that it counts as a fact. They agree on that, and on nothing else. */
  protected isAgreedDown(nowUs: TimeUs): boolean {
    if (!this.isDown(this.state.config.primary, nowUs)) return false;
    let count = 1;
    for (const { saysDown, saidAtUs } of this.state.opinions.values()) {
      if (saysDown && nowUs - saidAtUs <= OPINION_US) count += 1;
    }
    return count >= this.settings.quorum;
  }

  /** Whether a failover may begin: none of anybody's has begun for twice its time. */
  protected mayStartFailover(nowUs: TimeUs): boolean {
    const { failover, failoverAtUs } = this.state;
    return failover === null && (failoverAtUs === null || nowUs - failoverAtUs >= 2 * this.settings.failoverTimeoutUs);
  }

  /** One vote in each epoch, and none in an epoch that is over. */
  protected mayVote(epoch: number): boolean {
    return this.state.config.votedEpoch < epoch && this.state.config.epoch <= epoch;
  }

  /**
   * A failover is led by whoever has the votes of a majority of all Sentinels, those that are down included, and no
   * fewer than the quorum: two that lead in one epoch would promote two replicas.
   */
  protected isElected(votes: number): boolean {
    return votes >= majority(this.settings.sentinels) && votes >= this.settings.quorum;
  }

  /** The best replica: heard of just now, not cut off from its primary for long; of those, who has executed most. */
  protected bestReplica(nowUs: TimeUs): NodeId | null {
    const { config, sights } = this.state;
    const primaryDownUs = nowUs - this.sightOf(config.primary).aliveAtUs;
    let best: { readonly node: NodeId; readonly offset: number } | null = null;
    for (const [node, sight] of sights) {
      if (node === config.primary || !this.isCandidate(node, sight, nowUs, primaryDownUs)) continue;
      const offset = sight.info?.offset ?? 0;
      if (best === null || offset > best.offset) best = { node, offset };
    }
    return best?.node ?? null;
  }

  private isCandidate(node: NodeId, { aliveAtUs, info, infoAtUs }: Sight, nowUs: TimeUs, downUs: DurationUs): boolean {
    if (this.isDown(node, nowUs) || info === null) return false;
    const isFresh = nowUs - aliveAtUs <= FRESH_US && nowUs - infoAtUs <= FRESH_US;
    return isFresh && info.primary !== null && info.linkDownUs <= downUs + 10 * this.settings.downAfterUs;
  }

  /** Whether nothing speaks against sending others to the primary. */
  protected isPrimarySane(nowUs: TimeUs): boolean {
    const { primary } = this.state.config;
    const { info, infoAtUs } = this.sightOf(primary);
    return info !== null && info.primary === null && !this.isDown(primary, nowUs) && nowUs - infoAtUs <= SANE_US;
  }

  /** Whom this Sentinel names to others: once the promotion is done, the one that was promoted. */
  protected namedPrimary(): { readonly primary: NodeId; readonly configEpoch: number } {
    const { failover, config } = this.state;
    if (failover?.step !== 'moving' || failover.promoted === null) return config;
    return { primary: failover.promoted, configEpoch: failover.epoch };
  }
}
