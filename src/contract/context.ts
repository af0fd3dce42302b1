import type { ConnectionId, NodeId } from '../kernel/ids.ts';
import type { DurationUs } from '../kernel/time.ts';
import type { ClientRequest } from './client.ts';
import type { Message, Plain } from './message.ts';

/** Integers from one labelled stream. */
export interface RandomStream {
  /** A fair integer in [min, max], both included. Draws once. */
  between(min: number, max: number): number;
  /** True with probability `perMillion` / 1,000,000. Draws once. */
  chance(perMillion: number): boolean;
}

/** Comes back in `onPersisted`: says what the persist was for. */
export interface PersistTag {
  readonly kind: string;
  readonly [field: string]: number | string | boolean;
}

/** A protocol's own trace line: typed, and something that a scenario's `when` can wait for. */
export interface Note {
  readonly event: string;
  readonly [field: string]: Plain;
}

/**
 * What a node can do. Effects are buffered: they are carried out in order after the handler has returned, and not at
 * all if it throws. Reading clocks and drawing numbers happens at once.
 */
export interface Context {
  readonly self: NodeId;
  /** The other nodes, ascending. */
  readonly peers: readonly NodeId[];

  /**
   * Sends once everything that this node has asked to persist so far is synced; lost if the node crashes first.
   * So "write it before you say it" is the order of two lines.
   */
  send(to: NodeId, message: Message): void;
  /** {@link send} to every peer, in ascending order. */
  broadcast(message: Message): void;
  /** {@link send} of the answer to a client. */
  reply(request: ClientRequest, body: Plain): void;
  /** Sends without waiting for any persist. Each use is listed in the protocol's header, with its reason. */
  sendNow(to: NodeId, message: Message): void;

  /**
   * Opens an ordered connection: both ends are told by `onConnected`, or this one by `onClosed` if nobody is there.
   * What is sent on it arrives once and in order, or not at all. An end that has closed hears nothing more of it; the
   * other one hears what was sent before. A cut delays what is under way: whoever will not wait for longer closes.
   */
  connect(to: NodeId): ConnectionId;
  /** Ends a connection at once: what is sent on it, this node hears no more of. The other end gets `onClosed`. */
  close(connection: ConnectionId): void;
  /** {@link send} on a connection. Lost if this end is closed by then. */
  sendOn(connection: ConnectionId, message: Message): void;
  /** {@link sendNow} on a connection. */
  sendOnNow(connection: ConnectionId, message: Message): void;

  /** (Re)starts the timer of this name; it fires once, `afterUs` later by this node's monotonic clock. */
  setTimer(name: string, afterUs: DurationUs): void;
  cancelTimer(name: string): void;

  /** Replaces the value of a cell. `value` is frozen data from now on. */
  put(file: string, value: unknown): void;
  /** Adds one entry at the end of a log. */
  append(file: string, entry: unknown): void;
  /**
   * Makes a log longer by `count` places of zeros, which the next entries fill. These reach the disk in any order;
   * others make the file longer, and come one behind the other. No room is reserved: a full disk takes none of them.
   */
  allocate(file: string, count: number): void;
  /** Removes the entries of a log from one-based position `index` on, and what was allocated behind them. */
  truncateFrom(file: string, index: number): void;
  /**
   * Drops the entries of a log up to one-based position `index`, and puts `mark` in their place. A position beyond the
   * end leaves an empty log whose next entry has position `index + 1`. `mark` is frozen data from now on.
   */
  dropUntil(file: string, index: number, mark: unknown): void;
  /**
   * Asks for everything written so far to be synced. With a tag, `onPersisted(tag)` follows; persists complete in the
   * order in which they were asked for.
   */
  persist(tag?: PersistTag): void;

  /**
   * Ends this atomic step: `onContinue(step)` comes `costUs` later, and until then this node handles nothing else.
   * A pause or a crash can strike in between.
   */
  continueAs(step: string, costUs: DurationUs): void;

  /** This node's monotonic clock: drifts, never goes back. Its zero means nothing. */
  monotonicUs(): number;
  /** This node's wall clock: drifts and may jump, both ways. */
  wallUs(): number;
  /** This node's own stream for one purpose. */
  random(purpose: string): RandomStream;
  /** Writes a trace line of the protocol's own. */
  note(note: Note): void;
}
