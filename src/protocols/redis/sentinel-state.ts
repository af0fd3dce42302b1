import type { NodeInit } from '../../contract/node.ts';
import { nodeId, type NodeId } from '../../kernel/ids.ts';
import type { TimeUs } from '../../kernel/time.ts';
import type { InfoReply } from './messages.ts';

/** File name on the disk of a Sentinel. */
export const SENTINEL_FILE = 'sentinel';

/** The cell `sentinel`, which Sentinels keep as their configuration file: a vote that is forgotten is cast again. */
export interface SentinelRecord {
  /** The primary, and the epoch of the failover that made it so; 0 for the beginning. */
  readonly primary: NodeId;
  readonly configEpoch: number;
  /** The highest epoch that was seen. */
  readonly epoch: number;
  /** Who got this Sentinel's last vote, and in which epoch; 0 for none. */
  readonly votedFor: NodeId;
  readonly votedEpoch: number;
}

/** What a Sentinel knows of a server. All times of a Sentinel are by its wall clock, as in Redis. */
export interface Sight {
  /** When it gave the last sign of life. */
  aliveAtUs: TimeUs;
  info: InfoReply | null;
  infoAtUs: TimeUs;
  /** Since when it has been following whom it follows. */
  changedAtUs: TimeUs;
}

/** What a Sentinel knows of another one. */
export interface Opinion {
  saysDown: boolean;
  saidAtUs: TimeUs;
  votedFor: NodeId;
  votedEpoch: number;
}

/** A failover, step by step. Only the Sentinel that leads it goes beyond the first. */
export interface Failover {
  readonly epoch: number;
  readonly startedAtUs: TimeUs;
  /** `electing`: who leads it? `promoting`: a replica is to become the primary. `moving`: others are to follow it. */
  step: 'electing' | 'promoting' | 'moving';
  steppedAtUs: TimeUs;
  promoted: NodeId | null;
  /** Who was sent to the new primary. */
  readonly moved: NodeId[];
}

/** Everything that a Sentinel knows. */
export interface SentinelState {
  readonly kind: 'sentinel';
  config: SentinelRecord;
  /** Keyed by node, all servers, ascending. */
  readonly sights: ReadonlyMap<NodeId, Sight>;
  /** Keyed by node, the other Sentinels, ascending. */
  readonly opinions: ReadonlyMap<NodeId, Opinion>;
  failover: Failover | null;
  /** When a failover of anybody began last; `null`: never. */
  failoverAtUs: TimeUs | null;
  askedAtUs: TimeUs;
  /** Whether it finds the primary down, by itself and together with others (for notes). */
  isDown: boolean;
  isAgreedDown: boolean;
  /** When it looked last. Until `tiltUntilUs` it does nothing but look: its clock has jumped, or it was paused. */
  lookedAtUs: TimeUs;
  tiltUntilUs: TimeUs | null;
}

/** What its file kept, and nobody heard of yet. Servers come first among the nodes. */
export function recoverSentinel({ self, nodes, disk }: NodeInit, servers: number): SentinelState {
  const record = disk.cell(SENTINEL_FILE) as SentinelRecord | undefined;
  const others = nodes.slice(servers).filter((node) => node !== self);
  return {
    kind: 'sentinel',
    config: record ?? { primary: nodeId(0), configEpoch: 0, epoch: 0, votedFor: self, votedEpoch: 0 },
    sights: new Map(nodes.slice(0, servers).map((node): [NodeId, Sight] =>
      [node, { aliveAtUs: 0, info: null, infoAtUs: 0, changedAtUs: 0 }])),
    opinions: new Map(others.map((node): [NodeId, Opinion] =>
      [node, { saysDown: false, saidAtUs: 0, votedFor: node, votedEpoch: 0 }])),
    failover: null,
    failoverAtUs: null,
    askedAtUs: 0,
    isDown: false,
    isAgreedDown: false,
    lookedAtUs: 0,
    tiltUntilUs: null,
  };
}
