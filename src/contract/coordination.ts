import type { NodeId } from '../kernel/ids.ts';
import type { DurationUs, TimeUs } from '../kernel/time.ts';
import type { Plain } from './message.ts';
import type { Node } from './node.ts';
import type { Options } from './options.ts';
import type { Operation } from './session.ts';
import type { StateMachine } from './state-machine.ts';
import type { OperationSource } from './workload.ts';

/** What a client knows of its session when that changes. `process`: its number in the history, now. */
export interface SessionLine {
  readonly process: number;
  readonly session: number;
  readonly state: 'connected' | 'disconnected' | 'expired' | 'closed';
  /** The last that the client has seen. */
  readonly zxid: number;
  /** To which it is connected, or which has told it that the session is over; `null` where there is none. */
  readonly server: NodeId | null;
}

/** An event of a watch as the client is handed it. */
export interface EventLine {
  readonly process: number;
  readonly session: number;
  readonly type: string;
  readonly path: string;
  readonly zxid: number;
}

/** Where a client with a session writes what it does, and what befalls it. */
export interface SessionRecorder {
  /** An operation begins. A process has at most one open operation. */
  invoke(process: number, f: string, key: string, value: Plain): void;
  /** The open operation of `process` ends; after `info` the process is retired. */
  complete(process: number, type: 'ok' | 'fail' | 'info', f: string, key: string, value: Plain, error?: string): void;
  session(line: SessionLine): void;
  event(line: EventLine): void;
}

/** One line of a script. */
export interface SessionStep {
  /** From the start of the client, by its own monotonic clock. */
  readonly atUs: TimeUs;
  readonly operation: Operation;
  /** The server to which the client takes its session first; `null`: it stays where it is. */
  readonly to: NodeId | null;
}

/** What a client with a session is made from, at its first start and at each restart after a crash. */
export interface ConnectedClientInit {
  readonly self: NodeId;
  readonly nodes: readonly NodeId[];
  readonly options: Options;
  readonly clients: number;
  /** The length of the session that is asked for. */
  readonly sessionTimeoutUs: DurationUs;
  /** One for each operation that may be open at a time: process numbers that were never in use. */
  readonly processes: readonly number[];
  /** How many processes all clients have at a time: numbers of one client are so far apart. */
  readonly processStride: number;
  /** Operations that earlier incarnations have begun: values must stay unique. */
  readonly operations: number;
  /** Whether its operations are those of the tree; else of what is kept in it. */
  readonly isOfTree: boolean;
  /** The kind of workload: one of {@link CoordinationService.workloads}. */
  readonly kind: string;
  readonly source: OperationSource;
  /** `null`: as `source` says, over and over. */
  readonly steps: readonly SessionStep[] | null;
  readonly recorder: SessionRecorder;
}

/**
 * What a module adds to be a coordination service: a tree of its own in place of the services behind client sessions,
 * and clients that speak to their servers on connections.
 */
export interface CoordinationService {
  readonly machine: StateMachine;
  /** Kinds of workload that its clients can do, the usual one first. */
  readonly workloads: readonly string[];
  /**
   * The commands that a node's state shows to be committed, behind those up to the place `after`, in their order, each
   * with its place among all of a run. A node may know of none; those that lead know of all. Cost: what is answered.
   */
  committedIn(state: unknown, after: number): readonly { readonly place: number; readonly command: Plain }[];
  createClient(init: ConnectedClientInit): Node;
}
