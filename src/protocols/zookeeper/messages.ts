import type { DurationUs } from '../../kernel/time.ts';
import type { Zxid } from '../zab/zxid.ts';

/** Names a session: the server that began it, and its count there and of its start, as one integer. Never 0. */
export type SessionId = number;

/** How a znode is created: until its session ends or not; with a number of its parent's behind its name or not. */
export type CreateMode = 'persistent' | 'ephemeral' | 'persistent-sequential' | 'ephemeral-sequential';

/** What ZooKeeper calls `Stat`. Zxids are of what created it, last set its data, and last gave or took a child. */
export interface Stat {
  readonly czxid: Zxid;
  readonly mzxid: Zxid;
  readonly pzxid: Zxid;
  /** How often the data was set. */
  readonly version: number;
  /** How often a child came or went. */
  readonly cversion: number;
  readonly aversion: number;
  /** The session with which it ends; 0: none. */
  readonly ephemeralOwner: SessionId;
  readonly dataLength: number;
  readonly numChildren: number;
}

/** A condition on a version that every version meets. */
export const ANY_VERSION = -1;

/** What a transaction is asked for, and what stands in a `multi`. */
export type WriteOp =
  | { readonly op: 'create'; readonly path: string; readonly data: string; readonly mode: CreateMode }
  | { readonly op: 'delete'; readonly path: string; readonly version: number }
  | { readonly op: 'set'; readonly path: string; readonly data: string; readonly version: number }
  /** Changes nothing: the others of its `multi` happen only if the version is this one. */
  | { readonly op: 'check'; readonly path: string; readonly version: number };

/** Is answered from the tree of the server that is asked. `watch`: one event, when the answer is true no more. */
export type ReadOp =
  | { readonly op: 'get'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'exists'; readonly path: string; readonly watch: boolean }
  | { readonly op: 'children'; readonly path: string; readonly watch: boolean };

/**
 * How long a watch stands: for one event; until it is removed; or so, for its znode and all below it. The last has no
 * events of children: they have events of their own.
 */
export type WatchMode = 'standard' | 'persistent' | 'persistent-recursive';

/** Which watches of a path are removed. `any`: all, and the only word that means those which are persistent. */
export type WatcherType = 'data' | 'children' | 'any';

/** Changes what a client is told of by the server that it is at, and nothing else. */
export type WatchOp =
  | { readonly op: 'add-watch'; readonly path: string; readonly mode: Exclude<WatchMode, 'standard'> }
  | { readonly op: 'remove-watches'; readonly path: string; readonly type: WatcherType };

/** One operation of a session. */
export type Op =
  | WriteOp
  | ReadOp
  | WatchOp
  /** All or nothing, under one zxid. */
  | { readonly op: 'multi'; readonly ops: readonly WriteOp[] }
  /** Brings the server that is asked up to what its leader has committed when it hears of this. */
  | { readonly op: 'sync'; readonly path: string }
  | { readonly op: 'close' };

/** Why it was not executed, by ZooKeeper's names. `RuntimeInconsistency`: an earlier one of its `multi` failed. */
export type ErrorCode =
  | 'NoNode'
  | 'NodeExists'
  | 'BadVersion'
  | 'NotEmpty'
  | 'NoChildrenForEphemerals'
  | 'BadArguments'
  | 'RuntimeInconsistency'
  | 'SessionExpired'
  | 'SessionMoved'
  | 'NoWatcher';

/** What a `multi` that failed says of one of its operations. `Ok`: it would have happened, and did not. */
export type MultiErrorCode = ErrorCode | 'Ok';

/** What came of one operation. */
export type OpResult =
  | { readonly op: 'create'; readonly path: string; readonly stat: Stat }
  | { readonly op: 'delete' }
  | { readonly op: 'set'; readonly stat: Stat }
  | { readonly op: 'check' }
  | { readonly op: 'get'; readonly data: string; readonly stat: Stat }
  | { readonly op: 'exists'; readonly stat: Stat }
  /** Names, not paths, ascending. */
  | { readonly op: 'children'; readonly children: readonly string[]; readonly stat: Stat }
  | { readonly op: 'multi'; readonly results: readonly OpResult[] }
  | { readonly op: 'sync' }
  | { readonly op: 'add-watch' }
  | { readonly op: 'remove-watches' }
  | { readonly op: 'close' }
  /** `results`, of a `multi` that failed: a word for each of its operations; empty for all others. */
  | { readonly op: 'error'; readonly error: ErrorCode; readonly results: readonly MultiErrorCode[] };

/** What has happened to a path that was watched. */
export type WatchEventType = 'NodeCreated' | 'NodeDeleted' | 'NodeDataChanged' | 'NodeChildrenChanged';

/** Client to server, first on each connection. */
export interface ConnectRequest {
  readonly kind: 'ConnectRequest';
  /** A server that has applied less refuses. */
  readonly lastZxid: Zxid;
  /** As the client wishes it; the server bounds it to 2 to 20 ticks. */
  readonly timeoutUs: DurationUs;
  /** 0: a new one. */
  readonly session: SessionId;
  readonly password: number;
}

/** `session` 0: the one that was asked for is over. */
export interface ConnectResponse {
  readonly kind: 'ConnectResponse';
  readonly timeoutUs: DurationUs;
  readonly session: SessionId;
  readonly password: number;
}

/** Answered in the order of `xid`, which goes up by one with each request of a session on one connection. */
export interface Request {
  readonly kind: 'Request';
  readonly xid: number;
  readonly op: Op;
}

/** `zxid`: of the transaction, or the last one that the server had applied. */
export interface Reply {
  readonly kind: 'Reply';
  readonly xid: number;
  readonly zxid: Zxid;
  readonly result: OpResult;
}

/** The watches of a client for one event each, by path. */
export interface StandardWatches {
  /** What is due since then fires at once. */
  readonly relativeZxid: Zxid;
  readonly data: readonly string[];
  readonly exists: readonly string[];
  readonly children: readonly string[];
}

/** All watches of a client, for the server that it has come to. */
export interface SetWatches extends StandardWatches {
  readonly kind: 'SetWatches';
}

/** The same of a client that has others as well: they stand from now on, and what they have missed is not told. */
export interface SetWatches2 extends StandardWatches {
  readonly kind: 'SetWatches2';
  readonly persistent: readonly string[];
  readonly persistentRecursive: readonly string[];
}

/** `zxid`: of the transaction that caused it, or what the server had applied when it found that it was due. */
export interface WatcherEvent {
  readonly kind: 'WatcherEvent';
  readonly type: WatchEventType;
  readonly path: string;
  readonly zxid: Zxid;
}

/** A client's sign of life, and the answer. */
export interface Ping {
  readonly kind: 'Ping';
  readonly zxid: Zxid;
}

/** What travels on the connection of a client to its server. */
export type ClientPacket =
  | ConnectRequest | ConnectResponse | Request | Reply | SetWatches | SetWatches2 | WatcherEvent | Ping;

/** What the log carries: the delta that {@link WriteOp}s come to. Repeated over a later tree it changes nothing. */
export type TreeChange =
  /** `path` with its number. `cversion`: children that its parent has had, with this one; deletions do not count. */
  | {
      readonly change: 'create'; readonly path: string; readonly data: string; readonly ephemeralOwner: SessionId;
      readonly cversion: number;
    }
  | { readonly change: 'delete'; readonly path: string }
  /** `version`: behind it. */
  | { readonly change: 'set'; readonly path: string; readonly data: string; readonly version: number }
  | { readonly change: 'check' }
  | { readonly change: 'multi'; readonly changes: readonly TreeChange[] }
  | { readonly change: 'create-session'; readonly timeoutUs: DurationUs; readonly password: number }
  /** `paths`: ephemeral znodes of the session, those that are proposed and not applied included. */
  | { readonly change: 'close-session'; readonly paths: readonly string[] }
  /** Was refused when it was prepared: occupies a zxid, so that its session is answered in order. */
  | { readonly change: 'error'; readonly error: ErrorCode; readonly results: readonly MultiErrorCode[] };

/** The command of a Zab transaction of this service, what ZooKeeper calls its header included. */
export interface TreeCommand {
  readonly zxid: Zxid;
  readonly session: SessionId;
  /** The client's xid; 0 for what servers do by themselves. */
  readonly xid: number;
  readonly change: TreeChange;
}

/** The `result` of the state machine for a {@link TreeCommand}: what came of it, and who is to be told. */
export interface TreeApplied {
  /** Of a session that begins, which is no operation: as of a `check`. */
  readonly result: OpResult;
  /** In the order in which they happened. */
  readonly events: readonly { readonly type: WatchEventType; readonly path: string }[];
}

