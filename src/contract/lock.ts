import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { Context } from './context.ts';
import type { Message, Plain } from './message.ts';
import type { Options, OptionTable } from './options.ts';

/** Until when a client's own rule says that it holds a lock, and by which of its clocks. */
export interface Validity {
  readonly clock: 'monotonic' | 'wall';
  /** A reading of that clock. The lock is held while the clock shows less. */
  readonly untilUs: TimeUs;
}

/** A lock that was granted to this client. */
export interface LockGrant {
  readonly lock: string;
  /**
   * Names the acquisition among all of the run: the lock value of Redlock, a session and a sequence elsewhere. What
   * servers say of the holder is known by it.
   */
  readonly owner: string;
  /** The fencing token that came with it; `null` where the lock gives none. */
  readonly token: number | null;
  readonly validity: Validity;
}

/** How an acquisition ended. */
export type AcquireEnd =
  | { readonly kind: 'granted'; readonly grant: LockGrant }
  /** Definite: the client does not hold the lock. What it has left at servers is on its way to be released. */
  | { readonly kind: 'refused'; readonly error: string }
  /** Servers may hold it for this client, or may yet: some did not answer. The client does not act on it. */
  | { readonly kind: 'unsure'; readonly error: string };

/** How a release ended. `not-held`: the servers that matter knew of no such holder (any more). */
export type ReleaseEnd = 'released' | 'not-held' | 'unsure';

/**
 * What a lock client tells the application around it. Calls come from within handlers of the lock client, at most one
 * `onAcquired` for each `acquire` and one `onReleased` for each `release`.
 */
export interface LockListener {
  /** From now on servers may be asked to let `owner` hold the lock: told before the first request leaves. */
  onAttempt(ctx: Context, lock: string, owner: string): void;
  onAcquired(ctx: Context, end: AcquireEnd): void;
  /** The holder's validity ends at another time from now on: it was extended. */
  onExtended(ctx: Context, grant: LockGrant): void;
  /** The client has learned that it holds the lock no more, before its validity was over. It stops to believe. */
  onLost(ctx: Context, owner: string): void;
  onReleased(ctx: Context, end: ReleaseEnd): void;
}

/**
 * A client of a lock: asks the servers on behalf of one application, and is part of its process. Synchronous handlers
 * over plain state, like a node; it holds one lock at a time. Names of its timers begin with `lock/`, and so do those
 * of its steps. It bounds an acquisition and a release by itself: each ends, whoever answers.
 */
export interface LockClient<S = unknown> {
  /** Plain data, owned by the lock client. */
  readonly state: S;
  onStart?(ctx: Context): void;
  /** A message that is not from the protected resource. */
  onMessage(ctx: Context, from: NodeId, message: Message): void;
  /** Of clients that have connections, see `Node`. */
  onConnected?(ctx: Context, connection: ConnectionId, peer: NodeId): void;
  onReceived?(ctx: Context, connection: ConnectionId, peer: NodeId, message: Message): void;
  onClosed?(ctx: Context, connection: ConnectionId, peer: NodeId): void;
  onTimer(ctx: Context, name: string): void;
  onContinue?(ctx: Context, step: string): void;
  /** Asks for a lock. Nothing is held, and nothing is being asked for. */
  acquire(ctx: Context, lock: string): void;
  /** Gives back what is held; also after its validity is over, and after it was lost. */
  release(ctx: Context): void;
}

/** What a lock client is made from, at its first start and at each restart of its process. */
export interface LockClientInit {
  readonly self: NodeId;
  /** All nodes of the cluster, ascending. */
  readonly nodes: readonly NodeId[];
  /** One value for each option of the system, those of its servers included. */
  readonly options: Options;
  /** Zero-based number of this client, and how many there are. */
  readonly client: number;
  readonly clients: number;
  /** Ids of requests begin here: no earlier incarnation of this client has used one of them, or a higher one. */
  readonly firstRequest: number;
  /** What the scenario says of clients: how long an operation may take, and how long one attempt of it. */
  readonly timeoutUs: DurationUs;
  readonly attemptTimeoutUs: DurationUs;
  readonly listener: LockListener;
}

/** Who stands at one server as the holder of a lock. */
export interface LockEntry {
  readonly owner: string;
  /** When the entry expires, by the server's wall clock; `null`: never. */
  readonly untilWallUs: TimeUs | null;
}

/**
 * How servers show who holds a lock, to whom watches them from outside: ghost knowledge, which no client has. A server
 * that is down keeps its entries in this sense, until it has started again without them: nobody else can have them.
 */
export interface LockServers<S = unknown> {
  /** Whether this node grants locks at all, now: a replica, a Sentinel or a server that stays out does not. */
  isGranting(state: S): boolean;
  /** The entry of a lock; `null` where it is free. It may have expired by the node's wall clock. Cost: constant. */
  entryOf(state: S, lock: string): LockEntry | null;
  /** On how many servers an owner has to stand to own the lock. */
  quorum(nodes: number, options: Options): number;
}

/** What the execution of a command means for who owns a lock. */
export interface OwnershipChange {
  readonly kind: 'granted' | 'released';
  readonly lock: string;
  readonly owner: string;
}

/** Reads who owns the locks of one run out of the commands that are committed, in their order. */
export interface LockOwnership {
  changes(command: Plain): readonly OwnershipChange[];
}

/** What a module adds to be a lock service: clients of its own, and what is known of them. */
export interface LockSystem<S = unknown> {
  /** Options of the clients, beside those of the servers. */
  readonly options: OptionTable;
  /** What is wrong with options that are each within their limits, and with which of them; `null` if nothing is. */
  optionsProblem?(options: Options): { readonly option: string; readonly message: string } | null;
  create(init: LockClientInit): LockClient;
  /** Events that notes of its clients carry. */
  readonly events: readonly string[];
  /** `null` where ownership is decided by a replicated state machine, which is watched as such. */
  readonly servers: LockServers<S> | null;
  /** Where a tree is kept, that decides who owns a lock. */
  ownership?(): LockOwnership;
  /** The length that is asked for, before drift. */
  ttlUs(options: Options): DurationUs;
  /** What a client takes off the length for the drift of clocks. */
  driftUs(options: Options): DurationUs;
  /** No validity is longer. Without it: what is asked for, less the drift. */
  validityUsMax?(options: Options): DurationUs;
  /**
   * For how long the lock of one who is gone may keep others waiting whose servers answer again: the part of the
   * module's `progressBudgetUs` that no disk and no election has a share in.
   */
  blockedUs(options: Options): DurationUs;
  /** How many commands of one session a client may have open at a time; 0 where there are no sessions. */
  readonly sessionCommands: number;
  givesTokens(options: Options): boolean;
}
