import type { ConnectionId, NodeId } from '../../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../../kernel/time.ts';
import type { ZabState } from '../zab/state.ts';
import type { Zxid } from '../zab/zxid.ts';
import type { Op, ReadOp, SessionId, SetWatches, SetWatches2, WatchOp } from './messages.ts';
import { noPending, type PendingChanges } from './tree/pending.ts';
import type { PrepareRequest } from './tree/prepare.ts';
import type { FuzzySave } from './tree/saved.ts';
import { noWatches, type Watches } from './watches.ts';

/** The cell that counts the starts of a server: no two of its sessions get the same id. */
export const STARTS_FILE = 'starts';

/** What a client has asked and not been answered yet. */
export type Queued =
  /** Is answered when its transaction is applied here. */
  | { readonly kind: 'write'; readonly xid: number; readonly op: Op['op'] }
  /** Is answered when this has been applied here; `null` until the leader has said what. */
  | { readonly kind: 'sync'; readonly xid: number; target: Zxid | null }
  | { readonly kind: 'read'; readonly xid: number; readonly op: ReadOp }
  | { readonly kind: 'watch'; readonly xid: number; readonly op: WatchOp }
  | { readonly kind: 'watches'; readonly packet: SetWatches | SetWatches2 }
  /** Is not answered: the session has gone on at another server. */
  | { readonly kind: 'moved' };

/** One client at this server. */
export interface ClientConnection {
  readonly client: NodeId;
  readonly connection: ConnectionId;
  /** Has said nothing yet; waits for a new session, or for the leader's word on the one that it has; is served. */
  phase: 'connected' | 'opening' | 'revalidating' | 'open';
  /** 0 before it has said which. */
  session: SessionId;
  password: number;
  /** What it has agreed on with this server. */
  timeoutUs: DurationUs;
  /** In the order in which it was asked, which is the one of answers. */
  readonly queue: Queued[];
}

/** A session, as the leader knows it. */
export interface TrackedSession {
  /** Its client may agree on another one with each server that it comes to. */
  timeoutUs: DurationUs;
  readonly password: number;
  /** The server that its client is at; `null` while it has come to none in this epoch. */
  owner: NodeId | null;
  /** The end of a tick: the leader ends the session when its own clock shows this, unless it hears of it before. */
  expiresUs: DurationUs;
  /** Its end is submitted: it may still be in no log. */
  isClosing: boolean;
}

/** What a leader has been asked to propose. */
export interface Asked {
  readonly session: SessionId;
  readonly xid: number;
  /** Whose client asks; of the end of a session that its leader has not heard of, the leader. */
  readonly origin: NodeId;
  readonly request: PrepareRequest;
  /** Whether the client was at another server when this came to the leader. */
  readonly hadMoved: boolean;
}

/** A snapshot that is being written. */
export interface SnapshotInProgress {
  /** What was applied when it was begun: what comes behind is applied again by whoever loads it. */
  readonly zxid: Zxid;
  readonly timeUs: TimeUs;
  /** As of this election: the tree of another role may show what is not committed. */
  readonly election: number;
  readonly save: FuzzySave;
}

/** What a server knows beside its Zab state. All of it is volatile, but for the count of starts. */
export interface ServiceState {
  readonly clients: Map<ConnectionId, ClientConnection>;
  /** By session: where its client is, among ours. */
  readonly connections: Map<SessionId, ConnectionId>;
  /** Those whose oldest question is a sync. */
  readonly syncing: Set<ConnectionId>;
  readonly watches: Watches;
  /** Sessions that were heard of since the last PING of the leader. */
  readonly touched: Set<SessionId>;
  /** Of a leader: all sessions, in the order in which it has learned of them. */
  readonly tracked: Map<SessionId, TrackedSession>;
  /** Of a leader: what its proposals make of the tree. */
  pending: PendingChanges;
  /** Starts of this server, this one included. */
  readonly starts: number;
  /** Sessions begun since this start. */
  begun: number;
  writing: SnapshotInProgress | null;
}

/** Everything that a server knows. */
export interface ZooKeeperState extends ZabState {
  readonly service: ServiceState;
}

/** A server that has just started. */
export function newService(starts: number): ServiceState {
  return {
    clients: new Map(), connections: new Map(), syncing: new Set(), watches: noWatches(), touched: new Set(),
    tracked: new Map(), pending: noPending(), starts, begun: 0, writing: null,
  };
}
