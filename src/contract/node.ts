import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { ClientRequest } from './client.ts';
import type { Context, PersistTag } from './context.ts';
import type { DiskView } from './disk.ts';
import type { Message, Plain } from './message.ts';
import type { Options } from './options.ts';
import type { StateMachine } from './state-machine.ts';

/**
 * A protocol participant: synchronous handlers over plain state. Everything that the node knows is in `state`, which is
 * plain data (numbers, strings, arrays, Map, Set, frozen entries). Recovery is the constructor, from what the disk
 * kept. Handlers a protocol has no use for may be left out. A handler that returns a promise is an error.
 */
export interface Node<S = unknown> {
  readonly state: S;
  /** First event after the constructor: start timers, talk to peers. */
  onStart?(ctx: Context): void;
  onMessage?(ctx: Context, from: NodeId, message: Message): void;
  /** A connection is open: one that this node has asked for, or one that `peer` has. */
  onConnected?(ctx: Context, connection: ConnectionId, peer: NodeId): void;
  /** What `peer` has sent on a connection, in the order in which it was sent. */
  onReceived?(ctx: Context, connection: ConnectionId, peer: NodeId, message: Message): void;
  /** The other end has closed, is gone, or was never there. Not called for what this node closes itself. */
  onClosed?(ctx: Context, connection: ConnectionId, peer: NodeId): void;
  onTimer?(ctx: Context, name: string): void;
  onRequest?(ctx: Context, request: ClientRequest): void;
  onPersisted?(ctx: Context, tag: PersistTag): void;
  /**
   * The disk has failed to sync (EIO) what a `persist` covered, and takes it for synced from now on: another persist
   * would succeed. Messages behind it are lost. A node that has no handler then goes down with its machine. Whoever is
   * killed before it is told finds in the cache what the disk does not have, and nothing that says so.
   */
  readonly onPersistFailed?: ((ctx: Context, tag: PersistTag | undefined) => void) | undefined;
  onContinue?(ctx: Context, step: string): void;
  /** The operator asks for something that no client may ask for. A node that cannot do it now ignores it. */
  onOrder?(ctx: Context, order: Order): void;
  /** The operator has changed options of the running node. Those of a node that is down change all the same. */
  onOptions?(ctx: Context, options: Options): void;
}

/** What an operator asks of a node: a name of the module's {@link OrderTable} and the nodes that it is about. */
export interface Order {
  readonly kind: string;
  readonly nodes: readonly NodeId[];
}

/** What a node is made from, at its first start and at each restart. */
export interface NodeInit {
  readonly self: NodeId;
  /** All nodes of the cluster, ascending, `self` included. */
  readonly nodes: readonly NodeId[];
  /** One value for each option that the module declares. */
  readonly options: Options;
  readonly machine: StateMachine;
  /** Whether the operator starts a new node, one whose disk has to be empty: until it has written something. */
  readonly isNew: boolean;
  /**
   * How the scenario wants the run to begin, in the protocol's own terms; `null` for its ordinary beginning. The same
   * at each start, like a file that the operator wrote: what the disk knows better goes before it.
   */
  readonly initial: Plain;
  /** What the disk kept; empty at the first start. */
  readonly disk: DiskView;
}
