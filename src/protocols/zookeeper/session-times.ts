import type { ClusterInfo } from '../../contract/invariant.ts';
import type { Message } from '../../contract/message.ts';
import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import type { DurationUs } from '../../kernel/time.ts';
import type { Txn } from '../zab/messages.ts';
import { epochOf, showZxid } from '../zab/zxid.ts';
import type { ClientPacket, SessionId, TreeCommand } from './messages.ts';
import type { Revalidate, ServicePacket } from './packets.ts';
import type { ZooKeeperState } from './state.ts';

/** When a leader said last that it had heard of a session, and how long that may be silent from then on. */
interface Heard {
  readonly atUs: DurationUs;
  readonly lengthUs: DurationUs;
}

/** What one leader has said of sessions, by its own clock. */
interface Told {
  readonly epoch: number;
  readonly sinceUs: DurationUs;
  readonly heard: Map<SessionId, Heard>;
}

/**
 * When each leader has said that it had heard of a session, and whether it ends one too early by that: ghost knowledge,
 * from what leaders send and log. A leader says so by the answer to a ping of its own client, to its greeting, or to a
 * follower that asks for it (REVALIDATED); of a session that begins, by logging that. To begin with, it has heard of
 * all: whoever was heard of by a server before was heard of before that.
 *
 * What a follower has answered is not held against its leader, who may hear of it too late. Nor is what a leader
 * answers when it has decided already. Cost: constant for each message and each transaction.
 */
export class SessionTimes {
  private readonly cluster: ClusterInfo;
  private readonly leaders = new Map<NodeId, Told>();
  /** As they began: what a new leader knows of them. */
  private readonly lengthsUs = new Map<SessionId, DurationUs>();
  /** By connection of a client: its session, as it was greeted with. */
  private readonly sessions = new Map<ConnectionId, SessionId>();
  /** By connection of a client: what its server asks its leader for. */
  private readonly asked = new Map<ConnectionId, Revalidate>();

  constructor(cluster: ClusterInfo) {
    this.cluster = cluster;
  }

  /** A node has done something: it may lead from now on. */
  look(node: NodeId, { role }: ZooKeeperState): void {
    if (role.kind !== 'leading' || role.phase !== 'broadcast' || this.leaders.get(node)?.epoch === role.epoch) return;
    this.leaders.set(node, { epoch: role.epoch, sinceUs: this.cluster.monotonicUs(node), heard: new Map() });
  }

  onSend(from: NodeId, message: Message, connection: ConnectionId, state: ZooKeeperState | undefined): void {
    const packet = message as ClientPacket | ServicePacket;
    switch (packet.kind) {
      case 'ConnectResponse':
        if (packet.session === 0) return;
        this.sessions.set(connection, packet.session);
        return this.onHeard(from, packet.session, state, packet.timeoutUs);
      case 'Ping':
        return this.onHeard(from, this.sessions.get(connection), state);
      case 'REVALIDATE':
        this.asked.set(packet.client, packet);
        return;
      case 'REVALIDATED': {
        const asked = this.asked.get(packet.client);
        if (packet.standing === 'valid') this.onHeard(from, asked?.session, state, asked?.timeoutUs);
        return;
      }
      default:
    }
  }

  private onHeard(
    node: NodeId, session: SessionId | undefined, state: ZooKeeperState | undefined, agreedUs?: DurationUs,
  ): void {
    const told = this.leaders.get(node);
    if (session === undefined || told === undefined || state === undefined) return;
    const { role, service: { tracked } } = state;
    if (role.kind !== 'leading' || role.epoch !== told.epoch || tracked.get(session)?.isClosing !== false) return;
    const lengthUs = agreedUs ?? this.heardBy(told, session).lengthUs;
    told.heard.set(session, { atUs: this.cluster.monotonicUs(node), lengthUs });
  }

  private heardBy({ heard, sinceUs }: Told, session: SessionId): Heard {
    return heard.get(session) ?? { atUs: sinceUs, lengthUs: this.lengthsUs.get(session) ?? 0 };
  }

  /** A node logs a transaction. What is wrong with it: a session ends before its time; `null`: nothing. */
  onLogged(node: NodeId, { zxid, command }: Txn): string | null {
    const { session, xid, change } = command as unknown as TreeCommand;
    if (change.change === 'create-session') this.lengthsUs.set(session, change.timeoutUs);
    const told = this.leaders.get(node);
    if (told === undefined || told.epoch !== epochOf(zxid)) return null;
    const nowUs = this.cluster.monotonicUs(node);
    if (change.change === 'create-session') told.heard.set(session, { atUs: nowUs, lengthUs: change.timeoutUs });
    if (change.change !== 'close-session' || xid !== 0) return null;
    const { atUs, lengthUs } = this.heardBy(told, session);
    const aliveUs = nowUs - atUs;
    if (aliveUs >= lengthUs) return null;
    return `${this.cluster.nameOf(node)} ends session ${session} by ${showZxid(zxid)}, ${aliveUs} us after it has said `
      + `that it had heard of it, or began to lead; its length is ${lengthUs} us`;
  }
}
