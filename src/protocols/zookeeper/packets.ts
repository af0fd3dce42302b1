import type { ConnectionId } from '../../kernel/ids.ts';
import type { DurationUs } from '../../kernel/time.ts';
import type { Ping } from '../zab/messages.ts';
import type { Zxid } from '../zab/zxid.ts';
import type { SessionId } from './messages.ts';
import type { PrepareRequest } from './tree/prepare.ts';

/** A follower hands on what a client asks to be done: its leader numbers it, whoever applies it answers. */
export interface ForwardedRequest {
  readonly kind: 'REQUEST';
  readonly session: SessionId;
  readonly xid: number;
  readonly request: PrepareRequest;
}

/** A client has come to this follower with a session that it has already. */
export interface Revalidate {
  readonly kind: 'REVALIDATE';
  /** The follower's connection to the client: who is to be answered. */
  readonly client: ConnectionId;
  readonly session: SessionId;
  readonly password: number;
  /** From now on; each server that a client comes to bounds what that wishes. */
  readonly timeoutUs: DurationUs;
}

/** What was found of a session that a client comes back with. Of some there is no word that would last. */
export type Standing = 'valid' | 'over' | 'unsettled';

/** `valid`: the session is served by this follower from now on, and by nobody else. */
export interface Revalidated {
  readonly kind: 'REVALIDATED';
  readonly client: ConnectionId;
  readonly standing: Standing;
}

/** A client of this follower wants what the leader has. */
export interface SyncRequest {
  readonly kind: 'SYNC';
  readonly client: ConnectionId;
  readonly xid: number;
}

/** What the leader had proposed when it heard of it. */
export interface SyncReply {
  readonly kind: 'SYNCED';
  readonly client: ConnectionId;
  readonly xid: number;
  readonly zxid: Zxid;
}

/** The follower's answer to PING: whose clients it has heard of since the last one. */
export interface TouchingPing extends Ping {
  readonly sessions: readonly SessionId[];
}

/** What servers say to each other beside the packets of Zab, on the connection of a follower to its leader. */
export type ServicePacket = ForwardedRequest | Revalidate | Revalidated | SyncRequest | SyncReply;
